//! A new division of accounts into shards: the states of all shards are joined and divided again.
//!
//! Each state stays whole: its accounts and its share of the totals are in one new state, and what
//! belongs to no account (limits, instruments, prices) is in all. [`Holdings`] tells whether anything
//! was lost on the way.

use super::RestoreError;
use super::join::join;
use super::v5::TotalsV5;
use super::v7::TotalsV7;
use super::values::Values;
use crate::exchange::Exchange;
use crate::ledger::{Ledger, add};
use messages::{EntryId, Shards, UserId};
use price::Usd;

/// The reason why states can't be divided anew.
#[derive(Debug, thiserror::Error)]
pub enum DivisionError {
    /// There is no state.
    #[error("there is no shard to divide")]
    Nothing,
    /// Limits, pauses or instruments differ between the states, so that those of one would be lost.
    #[error(
        "shard {shard} has other {what} than shard 0: start all services, wait until all shards are \
         at the same point, and stop them again"
    )]
    Differ {
        /// The number of the shard that differs from the first.
        shard: usize,
        /// The difference, as a noun.
        what: String,
    },
    /// An account is not in its shard.
    #[error("shard {shard} has account {account}, which belongs to another")]
    Misplaced {
        /// The number of the shard.
        shard: usize,
        /// The account.
        account: UserId,
    },
    /// A state includes entries after the one that the new states are to include.
    #[error("shard {shard} ends with entry {last_id}, which is after the end of the new shards")]
    Later {
        /// The number of the shard.
        shard: usize,
        /// The last entry that the state includes.
        last_id: EntryId,
    },
    /// The sums are out of range.
    #[error("the totals of all shards are out of range")]
    OutOfRange(#[from] price::OutOfRange),
    /// A new state fails the checks of a snapshot.
    #[error("a new state is not sound: {0}")]
    Unsound(#[from] RestoreError),
}

/// Divides the accounts of `states`, those of all shards in the order of their numbers, into other
/// shards. The new states include all entries up to `last_id`, which is not before the last of any.
///
/// Positions and orders keep their order within a state. Those of different states get one by their
/// numbers, unless they have different numbers already: they have never met.
///
/// # Errors
/// When the states are not those of one deployment at one point of its history.
pub fn divide(
    states: &[Exchange],
    shards: Shards,
    last_id: EntryId,
) -> Result<Vec<Exchange>, DivisionError> {
    for (shard, state) in states.iter().enumerate() {
        if state.last_id() > last_id {
            return Err(DivisionError::Later { shard, last_id: state.last_id() });
        }
    }
    let mut whole = join(states)?;
    whole.head.head.last_id = last_id;
    if states.len() != usize::from(shards.count()) {
        divide_caps(&mut whole, states, shards);
    }
    let parts = split(whole, shards);
    Ok(parts.iter().map(Values::restore).collect::<Result<_, _>>()?)
}

/// Gives each new shard its part of the open interest that an instrument admits.
fn divide_caps(whole: &mut Values, states: &[Exchange], shards: Shards) {
    let before = u16::try_from(states.len()).unwrap_or(u16::MAX);
    for (listed, costs) in states[0].instruments().zip(&mut whole.head.instruments) {
        let divided = listed.clone().of_shards(before).in_shard(shards.count());
        costs.open_interest_cap = divided.open_interest_cap;
    }
}

fn split(whole: Values, shards: Shards) -> Vec<Values> {
    let TotalsV5 { ledger, opened } = whole.totals.clone().into_totals();
    let mut parts: Vec<Values> =
        shards.all().map(|_| Values::empty(whole.head.clone(), whole.totals.clone())).collect();
    let of = |account: UserId| usize::from(shards.of(account).number());
    for value in whole.resets {
        parts[of(value.0)].resets.push(value);
    }
    for value in whole.accounts {
        parts[of(value.user_id)].accounts.push(value);
    }
    for value in whole.positions {
        parts[of(value.position.order.user_id)].positions.push(value);
    }
    for value in whole.closed {
        parts[of(value.closed.order.user_id)].closed.push(value);
    }
    for value in whole.closed_ids {
        parts[of(value.1)].closed_ids.push(value);
    }
    for value in whole.resting {
        parts[of(value.order.order.order.user_id)].resting.push(value);
    }
    for value in whole.ended {
        parts[of(value.order.order.order.user_id)].ended.push(value);
    }
    for value in whole.ended_ids {
        parts[of(value.1)].ended_ids.push(value);
    }
    for (shard, part) in shards.all().zip(&mut parts) {
        let share = |amount| share(amount, (shard.number(), shards.count()));
        part.totals = TotalsV7::new(part_of(&ledger, part, share), opened);
    }
    parts
}

/// The ledger of a part: the money of its accounts, and a share of what belongs to none. The fund of
/// each shard bears the losses of its accounts, so that all need one.
fn part_of(whole: &Ledger, part: &Values, share: impl Fn(Usd) -> Usd) -> Ledger {
    let sum = |amounts: &mut dyn Iterator<Item = Usd>| amounts.fold(Usd::ZERO, add);
    let mut ledger = Ledger {
        deposits: Usd::ZERO,
        balances: sum(&mut part.accounts.iter().map(|account| account.balance)),
        locked: sum(&mut part.positions.iter().map(|position| position.position.order.margin)),
        reserved: sum(&mut part.resting.iter().map(|order| order.order.order.order.reserved)),
        house: share(whole.house),
        fees: share(whole.fees),
        insurance: share(whole.insurance),
        shortfall: share(whole.shortfall),
    };
    // What the accounts of a shard have gained from the others' is counted as deposited there: only the
    // sum over all shards says what was.
    ledger.deposits = ledger.difference();
    ledger
}

/// The share of a shard in an amount: an equal one, and the first has the remainder, too.
fn share(amount: Usd, (shard, shards): (u16, u16)) -> Usd {
    let (amount, shards) = (amount.scaled(), i128::from(shards));
    let equal = amount / shards;
    Usd::from_scaled(if shard == 0 { amount - equal * (shards - 1) } else { equal })
}
