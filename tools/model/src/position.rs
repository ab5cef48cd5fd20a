//! Open positions and their formulas, which are those of the main README. Every division names its
//! rounding, and none is in the trader's favour.

use crate::amount::{SCALE, ceil_div, floor_div};
use crate::life::Life;
use crate::model::{Model, PositionState};
use crate::symbol::Symbol;
use crate::tick::Tick;
use crate::ticket::Ticket;

/// One hundred per cent in basis points.
const WHOLE_BPS: i128 = 10_000;

/// A position. Its id is the id of the order that opened it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The order's id.
    pub order_id: String,
    /// The owner.
    pub user_id: String,
    /// The instrument.
    pub asset: Symbol,
    /// `true` for `LONG`, `false` for `SHORT`.
    pub is_long: bool,
    /// The leverage, 1 to 100.
    pub leverage: i128,
    /// The quantity in the base asset.
    pub qty: i128,
    /// The margin, taken from the balance.
    pub margin: i128,
    /// The price at which it was filled, or the average of its fills.
    pub entry_price: i128,
    /// The price at which a margin call closes it.
    pub liquidation_price: i128,
    /// The price at which it is closed at a loss.
    pub stop_loss: Option<i128>,
    /// The price at which it is closed at a profit.
    pub take_profit: Option<i128>,
    /// The time of opening, as stream time.
    pub created_at: u64,
    /// The sum of its fees so far, without that of its liquidation.
    pub commission: i128,
    /// The sum of the funding received, negative if it was paid.
    pub funding: i128,
    /// The plain order that opened it, as first sent; none where another kind of order did.
    pub(crate) opened_by: Option<Ticket>,
    /// Its fills.
    pub(crate) life: Life,
    /// The id of the request that last changed its margin.
    pub(crate) margin_changed_by: Option<String>,
    /// The position's number, counted from the first ever opened.
    pub(crate) number: u64,
}

/// A position valued at the current price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// The position.
    pub position: Position,
    /// The price that it is valued at: the mark price if the instrument uses it, otherwise that at
    /// which it could be closed now.
    pub mark_price: i128,
    /// The P&L of closing it at that price.
    pub unrealized_pnl: i128,
}

/// The price at which a position is opened: the ask for a long, the bid for a short.
pub fn open_price(is_long: bool, tick: Tick) -> i128 {
    if is_long { tick.ask } else { tick.bid }
}

/// The price at which a position is closed: the bid for a long, the ask for a short.
pub fn close_price(is_long: bool, tick: Tick) -> i128 {
    if is_long { tick.bid } else { tick.ask }
}

/// Reports whether `a` is a worse price than `b` for closing a position.
pub fn is_worse(is_long: bool, a: i128, b: i128) -> bool {
    if is_long { a < b } else { a > b }
}

/// ⌈qty × entry price / leverage⌉
pub fn margin(qty: i128, entry_price: i128, leverage: i128) -> i128 {
    ceil_div(qty * entry_price, SCALE * leverage)
}

/// Reports whether ⌊qty × entry price / leverage⌋ is zero, so that the position would be free.
pub fn is_free(qty: i128, entry_price: i128, leverage: i128) -> bool {
    floor_div(qty * entry_price, SCALE * leverage) == 0
}

/// Entry price ∓ ⌊entry price × loss / (10,000 × leverage)⌋
pub fn liquidation_price(is_long: bool, entry_price: i128, leverage: i128, loss_bps: i128) -> i128 {
    let distance = floor_div(entry_price * loss_bps, WHOLE_BPS * leverage);
    if is_long { entry_price - distance } else { entry_price + distance }
}

/// Entry price ∓ ⌊margin × loss × 10^8 / (10,000 × qty)⌋, never below zero.
pub fn liquidation_price_by_margin(
    is_long: bool,
    entry_price: i128,
    (margin, qty): (i128, i128),
    loss_bps: i128,
) -> i128 {
    let distance = floor_div(margin * loss_bps * SCALE, WHOLE_BPS * qty);
    if is_long { (entry_price - distance).max(0) } else { entry_price + distance }
}

/// (qty × entry price + more × price) / (qty + more), up for a long and down for a short.
pub fn average_entry(
    is_long: bool,
    (qty, entry_price): (i128, i128),
    (more, price): (i128, i128),
) -> i128 {
    let value = qty * entry_price + more * price;
    if is_long { ceil_div(value, qty + more) } else { floor_div(value, qty + more) }
}

/// ⌊margin × part / qty⌋: the margin that is released with a part of a position.
pub fn released_margin(margin: i128, part: i128, qty: i128) -> i128 {
    floor_div(margin * part, qty)
}

impl Position {
    /// ⌊qty × (close − entry)⌋ for a long, ⌊qty × (entry − close)⌋ for a short.
    pub fn pnl(&self, close_price: i128) -> i128 {
        self.pnl_of(self.qty, close_price)
    }

    /// The same of a part of the quantity.
    pub fn pnl_of(&self, qty: i128, close_price: i128) -> i128 {
        let gain = close_price - self.entry_price;
        floor_div(qty * if self.is_long { gain } else { -gain }, SCALE)
    }
}

impl Model {
    /// An open position with its value.
    pub fn valued(&self, position: &Position) -> Open {
        let mark_price = self.mark_price(position);
        let unrealized_pnl = position.pnl(mark_price);
        Open { position: position.clone(), mark_price, unrealized_pnl }
    }

    /// The price that an open position is valued at.
    pub(crate) fn mark_price(&self, position: &Position) -> i128 {
        close_price(position.is_long, self.seen(position.asset).by_values)
    }

    /// The open positions of a user, the newest first.
    pub fn open_of<'a>(&'a self, user_id: &'a str) -> impl Iterator<Item = &'a Position> {
        self.open.values().rev().filter(move |position| position.user_id == user_id)
    }

    /// The number of open positions.
    pub fn open_count(&self) -> usize {
        self.open.len()
    }

    /// An open position by its order's id.
    pub fn find_open(&self, order_id: &str) -> Option<&Position> {
        self.numbers.get(order_id).map(|number| &self.open[number])
    }

    /// A user's open position.
    pub(crate) fn own_open(&self, user_id: &str, order_id: &str) -> Option<&Position> {
        self.find_open(order_id).filter(|position| position.user_id == user_id)
    }

    /// A position that is open, or closed and still known.
    pub fn known_position(&self, order_id: &str) -> Option<PositionState> {
        if let Some(position) = self.find_open(order_id) {
            return Some(PositionState::Open(self.valued(position)));
        }
        self.closed.known(order_id).map(|closed| PositionState::Closed(closed.clone()))
    }
}

impl PositionState {
    /// The position itself.
    pub const fn position(&self) -> &Position {
        match self {
            Self::Open(open) => &open.position,
            Self::Closed(closed) => &closed.position,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_average_entry_rounds_against_the_owner() {
        // (2 × 100 + 1 × 101) / 3 = 100.33…
        assert_eq!(average_entry(true, (2, 100), (1, 101)), 101);
        assert_eq!(average_entry(false, (2, 100), (1, 101)), 100);
        assert_eq!(average_entry(true, (1, 100), (1, 102)), 101);
    }

    #[test]
    fn a_part_releases_its_share_of_the_margin() {
        // 1,000 × 1 / 3 = 333.33…
        assert_eq!(released_margin(1_000, 1, 3), 333);
        assert_eq!(released_margin(1_000, 3, 3), 1_000);
    }

    #[test]
    fn the_liquidation_price_follows_the_margin() {
        // 2 units at 100 with a margin of 20: 90 % of it are 18, which are 9 a unit.
        let (entry, held) = (100 * SCALE, (20 * SCALE, 2 * SCALE));
        assert_eq!(liquidation_price_by_margin(true, entry, held, 9_000), 91 * SCALE);
        assert_eq!(liquidation_price_by_margin(false, entry, held, 9_000), 109 * SCALE);
        // 3 units with a margin of 10: 80 % of it are 8, which are 2.66666666… a unit.
        let held = (10 * SCALE, 3 * SCALE);
        assert_eq!(liquidation_price_by_margin(true, entry, held, 8_000), 9_733_333_334);
        assert_eq!(liquidation_price_by_margin(false, entry, held, 8_000), 10_266_666_666);
        // More than the whole price.
        assert_eq!(liquidation_price_by_margin(true, entry, (300 * SCALE, SCALE), 9_000), 0);
    }
}
