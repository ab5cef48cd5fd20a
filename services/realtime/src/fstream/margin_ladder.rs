//! The prices at which the positions of one side, in one instrument, are warned of a liquidation.

use messages::{OrderId, Position, Side, UserId};
use price::{Price, Rounding};
use std::collections::BTreeSet;

/// The part of the way from the entry to the liquidation price at which an account is warned, in
/// per cent.
const WARNED_PERCENT: u32 = 80;

/// The part of the way to which a price must come back before the account is warned again.
const CALM_PERCENT: u32 = 70;

/// A position of an account.
pub type Key = (UserId, OrderId);

/// The two prices of a position, as places: the higher, the worse for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Levels {
    warned: i128,
    calm: i128,
}

impl Levels {
    /// The levels of a position. Both distances are rounded down, towards the entry. `None` where
    /// the liquidation price is not on the losing side of the entry, or out of range.
    pub fn of(position: &Position) -> Option<Self> {
        let side = position.side;
        let entry = place(side, position.entry_price);
        let way = place(side, position.liquidation_price).checked_sub(entry)?;
        let at = |percent| {
            let part = Price::from_scaled(way).ratio(percent, 100, Rounding::Floor).ok()?;
            entry.checked_add(part.scaled())
        };
        let (warned, calm) = (at(WARNED_PERCENT)?, at(CALM_PERCENT)?);
        (way > 0).then_some(Self { warned, calm: calm.min(warned - 1) })
    }
}

/// The place of a price for the positions of a side.
pub const fn place(side: Side, price: Price) -> i128 {
    match side {
        Side::Long => -price.scaled(),
        Side::Short => price.scaled(),
    }
}

/// The positions of one side, sorted by the price for which they wait: a price that reaches none
/// costs two comparisons.
#[derive(Default)]
pub struct Ladder {
    /// Those that are to be warned, by the level of the warning.
    calm: BTreeSet<(i128, Key, i128)>,
    /// Those that were warned, by the level below which they are so again.
    warned: BTreeSet<(i128, Key, i128)>,
}

impl Ladder {
    pub fn insert(&mut self, key: Key, levels: Levels, is_warned: bool) {
        if is_warned {
            self.warned.insert((levels.calm, key, levels.warned));
        } else {
            self.calm.insert((levels.warned, key, levels.calm));
        }
    }

    /// Removes a position; returns whether it was warned.
    pub fn remove(&mut self, key: Key, levels: Levels) -> bool {
        self.calm.remove(&(levels.warned, key, levels.calm));
        self.warned.remove(&(levels.calm, key, levels.warned))
    }

    pub fn is_empty(&self) -> bool {
        self.calm.is_empty() && self.warned.is_empty()
    }

    /// Moves the price, and hands over the positions that it warns of.
    pub fn move_to(&mut self, place: i128, mut warn: impl FnMut(Key)) {
        while let Some((calm, key, warned)) = self.warned.last().copied()
            && calm >= place
        {
            self.warned.pop_last();
            self.calm.insert((warned, key, calm));
        }
        while let Some((warned, key, calm)) = self.calm.first().copied()
            && warned <= place
        {
            self.calm.pop_first();
            self.warned.insert((calm, key, warned));
            warn(key);
        }
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use testkit::symbols::ETH;
    use uuid::Uuid;

    /// A position with an entry and a liquidation price.
    pub fn position(side: Side, entry: &str, liquidation: &str) -> Position {
        let [zero, one] = ["0", "1"];
        Position {
            order_id: OrderId(Uuid::from_u128(1)),
            user_id: UserId(Uuid::from_u128(2)),
            asset: ETH,
            side,
            leverage: 10,
            qty: one.parse().unwrap(),
            margin: one.parse().unwrap(),
            entry_price: entry.parse().unwrap(),
            liquidation_price: liquidation.parse().unwrap(),
            stop_loss: None,
            take_profit: None,
            created_at_ms: 0,
            commission: zero.parse().unwrap(),
            funding: zero.parse().unwrap(),
        }
    }

    /// Returns which of these prices warn.
    fn warnings(position: &Position, prices: &[&str]) -> Vec<bool> {
        let mut ladder = Ladder::default();
        let key = (position.user_id, position.order_id);
        ladder.insert(key, Levels::of(position).unwrap(), false);
        let mut moved = |price: &&str| {
            let mut count = 0;
            ladder.move_to(place(position.side, price.parse().unwrap()), |_| count += 1);
            count == 1
        };
        prices.iter().map(&mut moved).collect()
    }

    #[test]
    fn a_position_is_warned_at_four_fifths_and_again_after_a_recovery() {
        let long = position(Side::Long, "1000", "900");
        let prices = ["920.00000001", "920", "900", "925", "930.1", "920", "929.9", "920"];
        let expected = [false, true, false, false, false, true, false, false];
        assert_eq!(warnings(&long, &prices), expected);
        let short = position(Side::Short, "1000", "1100");
        let prices = ["1079.99999999", "1080", "1070.1", "1080", "1070", "1085"];
        assert_eq!(warnings(&short, &prices), [false, true, false, false, false, true]);
    }

    #[test]
    fn both_levels_are_rounded_towards_the_entry_and_never_the_same() {
        // 80 % of the way are 0.8 units, 70 % of it 0.7.
        let short = position(Side::Short, "1", "1.00000001");
        assert_eq!(
            warnings(&short, &["0.99999999", "1", "1", "0.99999999", "1"]),
            [false, true, false, false, true]
        );
        let long = position(Side::Long, "1", "0.99999998");
        assert_eq!(warnings(&long, &["1", "0.99999999"]), [false, true]);
    }

    #[test]
    fn a_position_that_is_liquidated_in_profit_has_no_way_to_go() {
        assert_eq!(Levels::of(&position(Side::Long, "1000", "1000")), None);
        assert_eq!(Levels::of(&position(Side::Short, "1000", "990")), None);
    }
}
