//! Everything that waits for a price: the liquidations and exits of positions, and resting orders,
//! in ladders by price, so that a tick that reaches nothing costs four comparisons whatever waits.

use crate::by_owner::ByOwner;
use crate::due::{Due, Turn};
use crate::instruments::InstrumentIndex;
use crate::ladder::{Ladder, Places, Trigger, Waiting};
use crate::order::PackedOrder;
use crate::position::PackedPosition;
use crate::slab::{Slab, Slot};
use crate::trailing::{self, Reached, Trail};
use crate::valuation::Quote;
use crate::watch::{
    TriggersOf, Watch, against, against_quote, closed_by, price_at, time, trigger_of, watch,
};
use messages::Side;
use price::Price;

/// The sides in the order in which a tick serves them.
const SIDES: [Side; 2] = [Side::Long, Side::Short];

/// The number of triggers from which on one pass over a ladder is cheaper than removing them one by
/// one.
const MANY: usize = 256;

/// The triggers of all positions and orders.
#[derive(Default)]
pub struct Triggers {
    by_instrument: Vec<Waits>,
    places: Places,
    /// The lists of the trailing stops, in which an order can be instead of a ladder.
    links: ByOwner,
}

/// The triggers of one instrument.
#[derive(Default)]
struct Waits {
    /// By the price at which they close: longs and sell orders at the bid, shorts and buy orders at
    /// the ask.
    sides: [Ladders; 2],
    /// The waits that most instruments don't have.
    rare: Option<Box<RareWaits>>,
}

/// The triggers at one of bid and ask.
struct Ladders {
    /// By prices that move against a trader: the nearer of stop-loss and liquidation price of
    /// positions, and the triggers of stop orders.
    losses: Ladder,
    /// By prices that move in favour of a trader: take-profits of positions, the prices of limit
    /// orders, the triggers of take-profit orders, and activation prices.
    gains: Ladder,
}

impl Default for Ladders {
    fn default() -> Self {
        Self { losses: Ladder::new(0, 0), gains: Ladder::new(1, 0) }
    }
}

/// The active trailing stops, and the orders with an end by their time.
struct RareWaits {
    trails: [Trail; 2],
    ends: Ladder,
}

impl Default for RareWaits {
    fn default() -> Self {
        Self { trails: Default::default(), ends: Ladder::new(0, 1) }
    }
}

impl Triggers {
    /// Makes room for an instrument.
    pub fn cover(&mut self, instrument: InstrumentIndex) {
        if self.by_instrument.len() <= instrument.get() {
            self.by_instrument.resize_with(instrument.get() + 1, Default::default);
        }
    }

    /// Starts watching a position.
    pub fn insert(&mut self, position: &PackedPosition, slot: Slot) {
        self.places.cover(Waiting::Position, slot);
        let Self { by_instrument, places, .. } = self;
        let sides = &mut by_instrument[position.instrument.get()].sides;
        let Ladders { losses, gains } = &mut sides[position.side as usize];
        let TriggersOf { loss, gain } = TriggersOf::of(position, slot);
        losses.insert(loss, places);
        if let Some(gain) = gain {
            gains.insert(gain, places);
        }
    }

    /// Stops watching a position. Its trigger prices must be those with which it was inserted.
    pub fn remove(&mut self, position: &PackedPosition, slot: Slot) {
        let Self { by_instrument, places, .. } = self;
        let sides = &mut by_instrument[position.instrument.get()].sides;
        let Ladders { losses, gains } = &mut sides[position.side as usize];
        let TriggersOf { loss, gain } = TriggersOf::of(position, slot);
        losses.remove(loss, places);
        if let Some(gain) = gain {
            gains.remove(gain, places);
        }
    }

    /// Starts watching an order. An active trailing stop gets its peak at `quote`, or the peak that
    /// it is given.
    pub fn insert_order(&mut self, order: &mut PackedOrder, slot: Slot, peak: i64) {
        self.places.cover(Waiting::Order, slot);
        let Self { by_instrument, places, links } = self;
        let Waits { sides, rare } = &mut by_instrument[order.instrument.get()];
        let side = closed_by(order.side);
        match watch(order) {
            Watch::Ladder { is_loss, along } => {
                sides[side as usize].of(is_loss).insert(trigger_of(order, slot, along), places);
            }
            Watch::Trail { callback_bps, .. } => {
                let trail = &mut rare.get_or_insert_default().trails[side as usize];
                let activation = trail.insert(slot, callback_bps, peak, links);
                order.set_activation(activation);
            }
        }
        if let Some(at_ms) = order.expires_at_ms() {
            let ends = &mut rare.get_or_insert_default().ends;
            ends.insert(trigger_of(order, slot, time(at_ms)), places);
        }
    }

    /// Stops watching an order.
    pub fn remove_order(&mut self, order: &PackedOrder, slot: Slot) {
        self.remove_price(order, slot);
        if let Some(at_ms) = order.expires_at_ms() {
            let Self { by_instrument, places, .. } = self;
            let rare = by_instrument[order.instrument.get()].rare.as_mut();
            let ends = &mut rare.expect("an order has an end").ends;
            ends.remove(trigger_of(order, slot, time(at_ms)), places);
        }
    }

    /// Replaces an active trailing stop by one with the same peak.
    pub fn replace_trailing(&mut self, before: &PackedOrder, order: &mut PackedOrder, slot: Slot) {
        let callbacks = [before, &*order].map(|order| order.trailing().map_or(0, |(bps, _)| bps));
        let (_, activation) = before.trailing().expect("it is active");
        self.remove_end(before, slot);
        let Self { by_instrument, places, links } = self;
        let rare = by_instrument[order.instrument.get()].rare.as_mut();
        let rare = rare.expect("a trailing stop is in a trail");
        let trail = &mut rare.trails[closed_by(order.side) as usize];
        trail.change(slot, callbacks, activation, links);
        order.set_activation(activation);
        if let Some(at_ms) = order.expires_at_ms() {
            rare.ends.insert(trigger_of(order, slot, time(at_ms)), places);
        }
    }

    fn remove_price(&mut self, order: &PackedOrder, slot: Slot) {
        let Self { by_instrument, places, links } = self;
        let Waits { sides, rare } = &mut by_instrument[order.instrument.get()];
        let side = closed_by(order.side);
        match watch(order) {
            Watch::Ladder { is_loss, along } => {
                sides[side as usize].of(is_loss).remove(trigger_of(order, slot, along), places);
            }
            Watch::Trail { callback_bps, activation } => {
                let rare = rare.as_mut().expect("a trailing stop is in a trail");
                rare.trails[side as usize].remove(slot, callback_bps, activation, links);
            }
        }
    }

    /// Moves the peaks of trailing stops to a new price, and reports whether it reaches anything.
    #[inline]
    pub fn follow(&mut self, instrument: InstrumentIndex, quote: Quote, now_ms: u64) -> bool {
        let Self { by_instrument, links, .. } = self;
        let waits = &mut by_instrument[instrument.get()];
        if let Some(rare) = &mut waits.rare {
            for side in SIDES {
                rare.trails[side as usize].follow(against_quote(side, quote), links);
            }
        }
        waits.is_reached(quote, now_ms)
    }

    /// The peak of an active trailing stop, and the price at which it trades.
    pub fn peak_and_stop(&self, order: &PackedOrder) -> Option<(i64, Price)> {
        let (callback_bps, activation) = order.trailing().filter(|_| !order.is_due)?;
        let side = closed_by(order.side);
        let rare = self.by_instrument[order.instrument.get()].rare.as_ref()?;
        let peak = rare.trails[side as usize].peak(activation);
        Some((peak, price_at(order.side, trailing::stop(peak, callback_bps))))
    }

    /// Reports whether a tick reaches anything.
    pub fn is_reached(&self, instrument: InstrumentIndex, quote: Quote, now_ms: u64) -> bool {
        self.by_instrument[instrument.get()].is_reached(quote, now_ms)
    }

    /// Removes and returns what a tick reaches, in the order in which it is served.
    pub fn take(
        &mut self,
        (instrument, quote, now_ms): (InstrumentIndex, Quote, u64),
        positions: &Slab<PackedPosition>,
        orders: &Slab<PackedOrder>,
    ) -> Vec<Due> {
        let mut due = self.take_ended(instrument, now_ms, orders);
        for side in SIDES {
            let at = against_quote(side, quote);
            let sides = &self.by_instrument[instrument.get()].sides;
            let reached = sides[side as usize].reached(side, at, positions, orders);
            self.remove_all(instrument, side, &reached, positions, orders);
            due.extend(reached);
            let Self { by_instrument, links, places: _ } = self;
            if let Some(rare) = &mut by_instrument[instrument.get()].rare {
                let taken = rare.trails[side as usize].take(at, links);
                for Reached { slot, along } in taken {
                    self.remove_end(orders.get(slot), slot);
                    due.push(Due::of_order(orders.get(slot), slot, along));
                }
            }
        }
        due.sort_unstable_by_key(Due::key);
        due
    }

    fn take_ended(
        &mut self,
        instrument: InstrumentIndex,
        now_ms: u64,
        orders: &Slab<PackedOrder>,
    ) -> Vec<Due> {
        let Some(rare) = &self.by_instrument[instrument.get()].rare else { return Vec::new() };
        let ended = rare.ends.reached(time(now_ms));
        for Trigger { slot, .. } in &ended {
            self.remove_order(orders.get(*slot), *slot);
        }
        let due = |Trigger { along, number, slot, .. }: Trigger| Due {
            slot,
            turn: Turn::End,
            number,
            along,
            side: Side::Long,
        };
        ended.into_iter().map(due).collect()
    }

    fn remove_end(&mut self, order: &PackedOrder, slot: Slot) {
        let Some(at_ms) = order.expires_at_ms() else { return };
        let Self { by_instrument, places, .. } = self;
        if let Some(rare) = &mut by_instrument[order.instrument.get()].rare {
            rare.ends.remove(trigger_of(order, slot, time(at_ms)), places);
        }
    }

    fn remove_all(
        &mut self,
        instrument: InstrumentIndex,
        side: Side,
        due: &[Due],
        positions: &Slab<PackedPosition>,
        orders: &Slab<PackedOrder>,
    ) {
        if due.len() < MANY {
            for due in due {
                if due.is_position() {
                    self.remove(positions.get(due.slot), due.slot);
                } else {
                    self.remove_order(orders.get(due.slot), due.slot);
                }
            }
            return;
        }
        for due in due {
            if due.is_position() {
                self.places.mark(Waiting::Position, due.slot);
            } else {
                self.remove_end(orders.get(due.slot), due.slot);
                self.places.mark(Waiting::Order, due.slot);
            }
        }
        let Self { by_instrument, places, .. } = self;
        let Ladders { losses, gains } = &mut by_instrument[instrument.get()].sides[side as usize];
        losses.drop_marked(places);
        gains.drop_marked(places);
    }

    /// The numbers of watched positions and orders.
    pub fn len(&self) -> (usize, usize) {
        let mut counts = (0, 0);
        for Waits { sides, rare } in &self.by_instrument {
            for Ladders { losses, gains } in sides {
                counts.0 += losses.count(Waiting::Position);
                counts.1 += losses.count(Waiting::Order) + gains.count(Waiting::Order);
            }
            counts.1 += rare.iter().flat_map(|rare| &rare.trails).map(Trail::len).sum::<usize>();
        }
        counts
    }

    /// The first activation and the peak of each group of trailing stops, by instrument and side.
    pub fn peaks(&self) -> Vec<[Vec<(u64, i64)>; 2]> {
        let peaks = |waits: &Waits| {
            let rare = waits.rare.as_ref();
            rare.map_or_else(Default::default, |rare| rare.trails.each_ref().map(Trail::peaks))
        };
        self.by_instrument.iter().map(peaks).collect()
    }
}

impl Waits {
    fn is_reached(&self, quote: Quote, now_ms: u64) -> bool {
        let Self { sides, rare } = self;
        let is_reached = SIDES.into_iter().any(|side| {
            let at = against_quote(side, quote);
            let Ladders { losses, gains } = &sides[side as usize];
            losses.is_reached(at) || gains.is_reached(-at)
        });
        is_reached || rare.as_ref().is_some_and(|rare| rare.is_reached(quote, now_ms))
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
    const fn of(&mut self, is_loss: bool) -> &mut Ladder {
        if is_loss { &mut self.losses } else { &mut self.gains }
    }

    fn reached(
        &self,
        side: Side,
        at: i64,
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
            let prices = positions.get(slot).trigger_prices();
            let margin_call = against(side, prices.margin_call);
            let (turn, along) = if margin_call <= at {
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
            let TriggersOf { loss, .. } = TriggersOf::of(positions.get(slot), slot);
            let due = Due { slot, turn: Turn::TakeProfit, number, along, side };
            (loss.along > at).then_some(due)
        });
        by_loss.chain(by_gain).collect()
    }
}
