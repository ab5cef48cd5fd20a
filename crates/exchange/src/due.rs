//! The work of a tick, and its order.

use crate::order::PackedOrder;
use crate::slab::Slot;
use messages::Side;

/// The reasons for which a tick serves a position or an order, in the order of the tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Turn {
    /// The time of an order is over.
    End,
    Liquidation,
    StopLoss,
    TakeProfit,
    /// An order that reduces a position.
    Reducing,
    /// An order that opens a position.
    Opening,
}

/// A position or an order that a price has reached.
#[derive(Clone, Copy)]
pub struct Due {
    pub slot: Slot,
    pub turn: Turn,
    pub number: u64,
    pub along: i64,
    pub side: Side,
}

impl Due {
    /// The sort key of a tick: by turn, within each the longs before the shorts, then by the price
    /// that was reached first, then the older before the younger.
    pub const fn key(&self) -> (Turn, Side, i64, u64) {
        (self.turn, self.side, self.along, self.number)
    }

    pub const fn is_position(&self) -> bool {
        matches!(self.turn, Turn::Liquidation | Turn::StopLoss | Turn::TakeProfit)
    }

    pub fn of_order(order: &PackedOrder, slot: Slot, along: i64) -> Self {
        let turn = if order.reduce_only { Turn::Reducing } else { Turn::Opening };
        Self { slot, turn, number: order.number, along, side: order.concerned_side() }
    }
}
