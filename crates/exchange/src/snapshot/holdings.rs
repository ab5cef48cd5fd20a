//! The sums of what the accounts of several states hold, to be compared before and after a new division.

use super::RestoreError;
use super::division::DivisionError;
use super::fields::Output;
use super::values::Values;
use crate::exchange::Exchange;
use crate::ledger::Ledger;
use messages::{Side, Symbol, UserId};
use price::Qty;
use serde::Serialize;
use std::collections::BTreeMap;

/// The holdings of all accounts, and the totals: the same however accounts are divided into states.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Holdings {
    /// The number of accounts.
    pub accounts: usize,
    /// The number of open positions.
    pub open_positions: usize,
    /// The number of resting orders.
    pub open_orders: usize,
    /// BLAKE3 of the hashes of all accounts' states, in the order of the accounts, in hex.
    pub accounts_hash: String,
    /// The totals over all accounts.
    pub ledger: Ledger,
    /// The open interest of each instrument that has some: the longs', then the shorts'.
    pub open_interest: BTreeMap<Symbol, [Qty; 2]>,
}

impl Holdings {
    /// Sums up what the accounts of all states hold.
    ///
    /// # Errors
    /// When the sums are out of range.
    pub fn of(states: &[Exchange]) -> Result<Self, DivisionError> {
        let mut holdings = Self {
            accounts: 0,
            open_positions: 0,
            open_orders: 0,
            accounts_hash: String::new(),
            ledger: Ledger::default(),
            open_interest: BTreeMap::new(),
        };
        let mut hashers = BTreeMap::new();
        for state in states {
            holdings.accounts += state.account_count();
            holdings.open_positions += state.open_positions();
            holdings.open_orders += state.open_orders();
            holdings.ledger = holdings.ledger.checked_add(&state.ledger())?;
            for listed in state.instruments.all() {
                let sums = holdings.open_interest.entry(listed.symbol).or_default();
                for side in [Side::Long, Side::Short] {
                    let place = side as usize;
                    sums[place] = sums[place].checked_add(listed.open_interest[place])?;
                }
            }
            hash_accounts(state, &mut hashers)?;
        }
        holdings.open_interest.retain(|_, sums| *sums != [Qty::ZERO; 2]);
        let mut all = blake3::Hasher::new();
        for (account, hasher) in hashers {
            all.update(account.0.as_bytes());
            all.update(hasher.finalize().as_bytes());
        }
        holdings.accounts_hash = all.finalize().to_hex().to_string();
        Ok(holdings)
    }
}

/// Adds everything that a state holds for an account to the account's hash. Numbers of positions and
/// indexes of instruments, which mean something within one state only, are left out or named.
fn hash_accounts(
    state: &Exchange,
    hashers: &mut BTreeMap<UserId, blake3::Hasher>,
) -> Result<(), RestoreError> {
    let mut values = Values::of(state)?;
    let symbols: Vec<Symbol> = state.instruments.all().iter().map(|listed| listed.symbol).collect();
    let named = |index: &mut u32| symbols[std::mem::take(index) as usize];
    let mut add = |account: UserId, value: &dyn Fn(&mut Output)| {
        let mut output = Output::new();
        value(&mut output);
        hashers.entry(account).or_default().update(&output.into_bytes());
    };
    for account in &mut values.accounts {
        let mut leverages: Vec<(Symbol, u8)> = std::mem::take(&mut account.leverages)
            .into_iter()
            .map(|(mut index, leverage)| (named(&mut index), leverage))
            .collect();
        leverages.sort_unstable();
        add(account.user_id, &|output| output.put(&(&*account, &leverages)));
    }
    for (account, request_id) in &values.resets {
        add(*account, &|output| output.put(request_id));
    }
    for position in &mut values.positions {
        position.position.number = 0;
        let symbol = named(&mut position.position.order.instrument);
        add(position.position.order.user_id, &|output| output.put(&(symbol, &*position)));
    }
    for closed in &mut values.closed {
        let symbol = named(&mut closed.closed.order.instrument);
        add(closed.closed.order.user_id, &|output| output.put(&(symbol, &*closed)));
    }
    for resting in &mut values.resting {
        resting.order.order.number = 0;
        add(resting.order.order.order.user_id, &|output| output.put(&*resting));
    }
    for ended in &values.ended {
        add(ended.order.order.order.user_id, &|output| output.put(ended));
    }
    for ids in [&values.closed_ids, &values.ended_ids] {
        for id in ids {
            add(id.1, &|output| output.put(id));
        }
    }
    Ok(())
}
