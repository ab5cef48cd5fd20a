//! Everything in one instrument that waits for one price, the quote or the mark price.

use crate::by_owner::ByOwner;
use crate::due::{Due, Turn};
use crate::ladder::{Ladder, Trigger, Waiting};
use crate::order::PackedOrder;
use crate::position::PackedPosition;
use crate::slab::Slab;
use crate::trails::Trails;
use crate::valuation::Quote;
use crate::watch::{Sources, TriggersOf, against, against_quote, time};
use messages::{PriceSource, Side};

/// The sides in the order in which a price serves them.
pub const SIDES: [Side; 2] = [Side::Long, Side::Short];

/// The positions and orders of one instrument that wait for one price.
pub struct Waits {
    /// The triggers by the price at which they close: longs and sell orders at the bid, shorts and
    /// buy orders at the ask. The mark price is both.
    pub sides: [Ladders; 2],
    /// The waits that most instruments don't have.
    pub rare: Option<Box<RareWaits>>,
}

/// The triggers at one of bid and ask.
pub struct Ladders {
    /// Triggers at prices that move against a trader: the nearer of stop-loss and liquidation price
    /// of positions, and the triggers of stop orders.
    pub losses: Ladder,
    /// Triggers at prices that move in favour of a trader: take-profits of positions, the prices of
    /// limit orders, the triggers of take-profit orders, and activation prices.
    pub gains: Ladder,
}

/// The active trailing stops, and the orders with an end by their time.
pub struct RareWaits {
    pub trails: [Trails; 2],
    pub ends: Ladder,
}

impl Default for RareWaits {
    fn default() -> Self {
        Self { trails: Default::default(), ends: Ladder::new(0, 1) }
    }
}

impl Waits {
    pub fn of(source: PriceSource) -> Self {
        // A position may wait for its liquidation at one price, and for its stop-loss at the other.
        let column = match source {
            PriceSource::Quote => 0,
            PriceSource::Mark => 2,
        };
        let ladders = || Ladders { losses: Ladder::new(column, 0), gains: Ladder::new(1, 0) };
        Self { sides: [ladders(), ladders()], rare: None }
    }

    /// Moves the peaks of trailing stops.
    #[inline]
    pub fn follow(&mut self, quote: Quote, links: &mut ByOwner) {
        if let Some(rare) = &mut self.rare {
            for side in SIDES {
                rare.trails[side as usize].follow(against_quote(side, quote), links);
            }
        }
    }

    #[inline]
    pub fn is_reached(&self, quote: Quote, now_ms: u64) -> bool {
        let Self { sides, rare } = self;
        let is_reached = SIDES.into_iter().any(|side| {
            let at = against_quote(side, quote);
            let Ladders { losses, gains } = &sides[side as usize];
            losses.is_reached(at) || gains.is_reached(-at)
        });
        is_reached || rare.as_ref().is_some_and(|rare| rare.is_reached(quote, now_ms))
    }

    /// The first activation and the peak of each group of trailing stops, by side.
    pub fn peaks(&self) -> [Vec<(u64, i64)>; 2] {
        let rare = self.rare.as_ref();
        rare.map_or_else(Default::default, |rare| rare.trails.each_ref().map(Trails::peaks))
    }

    /// The number of orders.
    pub fn orders_len(&self) -> usize {
        let ladders = self.sides.iter().flat_map(|side| [&side.losses, &side.gains]);
        let trails = self.rare.iter().flat_map(|rare| &rare.trails);
        ladders.map(|ladder| ladder.count(Waiting::Order)).sum::<usize>()
            + trails.map(Trails::len).sum::<usize>()
    }
}

impl RareWaits {
    fn is_reached(&self, quote: Quote, now_ms: u64) -> bool {
        let is_reached = |side: Side| {
            let at = against_quote(side, quote);
            self.trails[side as usize].is_reached(at)
        };
        self.ends.is_reached(time(now_ms)) || SIDES.into_iter().any(is_reached)
    }
}

impl Ladders {
    pub const fn of(&mut self, is_loss: bool) -> &mut Ladder {
        if is_loss { &mut self.losses } else { &mut self.gains }
    }

    /// Calls a function with each ladder in which a position is, and its trigger there.
    #[inline]
    pub fn each(&mut self, triggers: &TriggersOf, with: &mut impl FnMut(&mut Ladder, Trigger)) {
        if let Some(loss) = triggers.loss {
            with(&mut self.losses, loss);
        }
        if let Some(gain) = triggers.gain {
            with(&mut self.gains, gain);
        }
    }

    /// Returns the positions and orders that a price has reached, in an arbitrary order, each
    /// position once.
    pub fn reached(
        &self,
        (side, at): (Side, i64),
        (sources, source): (Sources, PriceSource),
        positions: &Slab<PackedPosition>,
        orders: &Slab<PackedOrder>,
    ) -> Vec<Due> {
        let order = |trigger: &Trigger| {
            Due::of_order(orders.get(trigger.slot), trigger.slot, trigger.along)
        };
        let by_loss = self.losses.reached(at).into_iter().map(|trigger| {
            if trigger.of == Waiting::Order {
                return order(&trigger);
            }
            let Trigger { along, number, slot, .. } = trigger;
            let margin_call = against(side, positions.get(slot).trigger_prices().margin_call);
            let is_liquidated = sources.liquidation == source && margin_call <= at;
            let (turn, along) = if is_liquidated {
                (Turn::Liquidation, margin_call)
            } else {
                (Turn::StopLoss, along)
            };
            Due { slot, turn, number, along, side }
        });
        let by_gain = self.gains.reached(-at).into_iter().filter_map(|trigger| {
            if trigger.of == Waiting::Order {
                return Some(order(&trigger));
            }
            let Trigger { along, number, slot, .. } = trigger;
            let TriggersOf { loss, .. } =
                TriggersOf::of(positions.get(slot), slot, sources, source);
            let due = Due { slot, turn: Turn::TakeProfit, number, along, side };
            loss.is_none_or(|loss| loss.along > at).then_some(due)
        });
        by_loss.chain(by_gain).collect()
    }
}
