//! The states of all shards as one.

use super::division::DivisionError;
use super::v7::TotalsV7;
use super::values::Values;
use crate::exchange::Exchange;
use crate::instruments::{InstrumentIndex, Listed};
use crate::ledger::Ledger;
use messages::{EntryId, Shards};
use std::collections::BTreeMap;

/// Joins the states of all shards, in the order of their numbers. What ended at the same time is ordered
/// by account.
pub fn join(states: &[Exchange]) -> Result<Values, DivisionError> {
    let Some((first, others)) = states.split_first() else { return Err(DivisionError::Nothing) };
    check_places(states)?;
    for (shard, other) in (1..).zip(others) {
        check_alike(first, other, shard)?;
    }
    let mut ledger = Ledger::default();
    for state in states {
        ledger = ledger.checked_add(&state.ledger())?;
    }
    let mut parts = states.iter().map(Values::of).collect::<Result<Vec<_>, _>>()?;
    let opened = number_anew(&mut parts);
    for (part, state) in parts.iter_mut().zip(states) {
        name_instruments_as(part, state, first);
    }
    take_newest_prices(&mut parts, states);
    let mut parts = parts.into_iter();
    let mut whole = parts.next().ok_or(DivisionError::Nothing)?;
    for part in parts {
        whole.head.head.last_id = whole.head.head.last_id.max(part.head.head.last_id);
        whole.resets.extend(part.resets);
        whole.accounts.extend(part.accounts);
        whole.positions.extend(part.positions);
        whole.closed.extend(part.closed);
        whole.closed_ids.extend(part.closed_ids);
        whole.resting.extend(part.resting);
        whole.ended.extend(part.ended);
        whole.ended_ids.extend(part.ended_ids);
    }
    sort(&mut whole);
    whole.totals = TotalsV7::new(ledger, opened);
    Ok(whole)
}

/// Restores the order of the values. Those that ended stay in their order within an account, whose
/// newer ones hide the older.
fn sort(whole: &mut Values) {
    whole.resets.sort_by_key(|(account, _)| *account);
    whole.accounts.sort_by_key(|account| account.user_id);
    whole.positions.sort_by_key(|position| position.position.number);
    whole.resting.sort_by_key(|resting| resting.order.order.number);
    whole.closed.sort_by_key(|closed| (closed.closed.closed_at_ms, closed.closed.order.user_id));
    whole.ended.sort_by_key(|ended| {
        let ended = &ended.order.order;
        (ended.ended_at_ms, ended.order.user_id)
    });
    for ids in [&mut whole.closed_ids, &mut whole.ended_ids] {
        ids.sort_by_key(|(_, account, ended_at_ms)| (*ended_at_ms, *account));
    }
}

fn check_places(states: &[Exchange]) -> Result<(), DivisionError> {
    let shards = Shards::new(u16::try_from(states.len()).unwrap_or(u16::MAX), false);
    for (shard, state) in states.iter().enumerate() {
        let mut accounts = state.accounts.entries().map(|(_, account)| account.user_id);
        let misplaced = accounts.find(|account| usize::from(shards.of(*account).number()) != shard);
        if let Some(account) = misplaced {
            return Err(DivisionError::Misplaced { shard, account });
        }
    }
    Ok(())
}

/// Checks that everything that belongs to no account is the same in two states, but for prices.
fn check_alike(first: &Exchange, other: &Exchange, shard: usize) -> Result<(), DivisionError> {
    let differ = |what: &str| Err(DivisionError::Differ { shard, what: what.to_owned() });
    if first.rules != other.rules {
        return differ("limits");
    }
    if first.pause != other.pause {
        return differ("pauses of trading");
    }
    if first.instruments.all().len() != other.instruments.all().len() {
        return differ("instruments");
    }
    for listed in first.instruments.all() {
        let Some(index) = other.instruments.find(listed.symbol) else {
            return differ("instruments");
        };
        let found = other.instruments.get(index);
        if found.instrument != listed.instrument {
            return differ(&format!("parameters of {}", listed.symbol));
        }
        if found.funded_ms != listed.funded_ms {
            return differ(&format!("fundings of {}", listed.symbol));
        }
    }
    Ok(())
}

/// Gives positions and orders of different states different numbers, unless they have them already.
/// Returns the number of the next.
fn number_anew(parts: &mut [Values]) -> u64 {
    let mut numbered: BTreeMap<u64, usize> = BTreeMap::new();
    let mut keys = Vec::new();
    for (part, values) in parts.iter_mut().enumerate() {
        for number in values.numbers_mut() {
            *numbered.entry(*number).or_default() += 1;
            keys.push((*number, part));
        }
    }
    let opened = parts.iter().map(|part| part.totals.totals.opened).max().unwrap_or_default();
    if numbered.values().all(|count| *count == 1) {
        return opened;
    }
    keys.sort_unstable();
    let new: BTreeMap<(u64, usize), u64> = keys.into_iter().zip(0..).collect();
    for (part, values) in parts.iter_mut().enumerate() {
        for number in values.numbers_mut() {
            *number = new[&(*number, part)];
        }
    }
    opened.max(new.len() as u64)
}

/// Refers to the instruments by their indexes in another state, in which they may be listed in another
/// order.
fn name_instruments_as(part: &mut Values, state: &Exchange, first: &Exchange) {
    let index_in_first = |index: u32| {
        let symbol = state.symbol_at(InstrumentIndex(index));
        first.instruments.find(symbol).map_or(index, |index| index.0)
    };
    for terms in part.terms_mut() {
        terms.instrument = index_in_first(terms.instrument);
    }
    for account in &mut part.accounts {
        for (instrument, _) in &mut account.leverages {
            *instrument = index_in_first(*instrument);
        }
        account.leverages.sort_unstable();
    }
}

/// Moves the newest price of each instrument, and the newest mark price, into the first part. Where
/// another state has not seen it, what it reaches there is served at the next one.
fn take_newest_prices(parts: &mut [Values], states: &[Exchange]) {
    for (place, listed) in states[0].instruments.all().iter().enumerate() {
        let of_each: Vec<(usize, &Listed)> = states
            .iter()
            .filter_map(|state| Some((state, state.instruments.find(listed.symbol)?)))
            .map(|(state, index)| (index.get(), state.instruments.get(index)))
            .collect();
        let newest = |id: fn(&Listed) -> Option<EntryId>| {
            // Of equal ones, the first.
            let latest = (0..of_each.len()).rev().max_by_key(|part| id(of_each[*part].1));
            latest.unwrap_or_default()
        };
        let quoted = newest(|listed| listed.tick.map(|tick| tick.id));
        let marked = newest(|listed| listed.mark.map(|mark| mark.tick.id));
        let is_behind = of_each.iter().any(|(_, listed)| {
            listed.is_behind
                || listed.tick != of_each[quoted].1.tick
                || listed.mark != of_each[marked].1.mark
        });
        let from = &mut parts[quoted].head.head.instruments[of_each[quoted].0];
        let (tick, dispute) = (from.tick.take(), from.dispute.take());
        let mark = parts[marked].head.instruments[of_each[marked].0].mark.take();
        let head = &mut parts[0].head;
        (head.head.instruments[place].tick, head.head.instruments[place].dispute) = (tick, dispute);
        head.instruments[place].mark = mark;
        head.instruments[place].is_behind = is_behind;
    }
}
