//! Which positions a price closes: ladders sorted by price, so that a tick that closes nothing
//! costs six comparisons however many positions are open, and one that closes k costs k·log n.

use crate::position::Position;
use crate::slab::Slot;
use crate::valuation::Quote;
use messages::{CloseReason, OrderType};
use price::Price;
use std::collections::BTreeMap;

/// The triggers of one asset's positions.
///
/// A tick closes in this order: margin calls, then stop-losses, then take-profits; of each the
/// longs before the shorts, the price that was reached first before the others, the older
/// position before the younger.
pub struct Triggers {
    ladders: [(CloseReason, OrderType, Ladder); 6],
}

impl Default for Triggers {
    fn default() -> Self {
        use CloseReason::{MarginCall, StopLoss, TakeProfit};
        use Direction::{Falling, Rising};
        use OrderType::{Long, Short};
        Self {
            ladders: [
                (MarginCall, Long, Ladder::new(Falling)),
                (MarginCall, Short, Ladder::new(Rising)),
                (StopLoss, Long, Ladder::new(Falling)),
                (StopLoss, Short, Ladder::new(Rising)),
                (TakeProfit, Long, Ladder::new(Rising)),
                (TakeProfit, Short, Ladder::new(Falling)),
            ],
        }
    }
}

impl Triggers {
    /// Starts watching a position.
    pub fn insert(&mut self, position: &Position, slot: Slot) {
        self.for_each_of(position, |ladder, price| ladder.insert(price, position.number, slot));
    }

    /// Stops watching it. Its trigger prices must be those with which it was inserted.
    pub fn remove(&mut self, position: &Position) {
        self.for_each_of(position, |ladder, price| ladder.remove(price, position.number));
    }

    /// The next position that this price closes, and why. The caller removes it before asking again.
    pub fn next_reached(&self, quote: Quote) -> Option<(Slot, CloseReason)> {
        self.ladders.iter().find_map(|(reason, order_type, ladder)| {
            let slot = ladder.first_reached(quote.close_price(*order_type))?;
            Some((slot, *reason))
        })
    }

    /// How many positions are watched.
    pub fn len(&self) -> usize {
        let margin_calls =
            self.ladders.iter().filter(|(reason, ..)| *reason == CloseReason::MarginCall);
        margin_calls.map(|(.., ladder)| ladder.rungs.len()).sum()
    }

    fn for_each_of(&mut self, position: &Position, mut act: impl FnMut(&mut Ladder, i64)) {
        let prices = position.trigger_prices();
        for (reason, order_type, ladder) in &mut self.ladders {
            let price = match reason {
                CloseReason::MarginCall => Some(prices.margin_call),
                CloseReason::StopLoss => prices.stop_loss,
                CloseReason::TakeProfit => prices.take_profit,
                CloseReason::Manual => unreachable!("no ladder waits for a trader"),
            };
            if let Some(price) = price
                && *order_type == position.order_type
            {
                act(ladder, price);
            }
        }
    }
}

/// Which way the price moves to reach a trigger.
#[derive(Clone, Copy)]
enum Direction {
    Falling,
    Rising,
}

/// Trigger prices in the order in which the moving price reaches them.
struct Ladder {
    direction: Direction,
    /// By (price in the direction of travel, position number): falling prices are negated, so
    /// that the next to be reached is first in both directions.
    rungs: BTreeMap<(i64, u64), Slot>,
    /// The first rung's price, kept here because every tick looks at it.
    next: i64,
}

/// No price gets here: the `next` of an empty ladder.
const UNREACHABLE: i64 = i64::MAX;

impl Ladder {
    const fn new(direction: Direction) -> Self {
        Self { direction, rungs: BTreeMap::new(), next: UNREACHABLE }
    }

    const fn along(&self, price: i64) -> i64 {
        match self.direction {
            Direction::Falling => -price,
            Direction::Rising => price,
        }
    }

    fn insert(&mut self, price: i64, number: u64, slot: Slot) {
        let key = self.along(price);
        self.rungs.insert((key, number), slot);
        self.next = self.next.min(key);
    }

    fn remove(&mut self, price: i64, number: u64) {
        let key = self.along(price);
        let removed = self.rungs.remove(&(key, number));
        assert!(
            removed.is_some(),
            "a position is removed from the ladders with the prices it has there"
        );
        if key == self.next {
            self.next = self.rungs.first_key_value().map_or(UNREACHABLE, |(&(key, _), _)| key);
        }
    }

    fn first_reached(&self, price: Price) -> Option<Slot> {
        let price = price.to_i64().expect("quotes are checked to fit when they arrive");
        if self.next > self.along(price) {
            return None;
        }
        self.rungs.first_key_value().map(|(_, &slot)| slot)
    }
}
