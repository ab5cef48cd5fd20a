//! Everything that waits for a price: the liquidations and exits of positions, and resting orders,
//! in ladders by price, so that a tick that reaches nothing costs four comparisons whatever waits.

use crate::by_owner::ByOwner;
use crate::due::{Due, Turn};
use crate::instruments::InstrumentIndex;
use crate::ladder::{Places, Trigger, Waiting};
use crate::of_instrument::{OfInstrument, Place, Prices};
use crate::order::PackedOrder;
use crate::position::PackedPosition;
use crate::slab::{Slab, Slot};
use crate::trailing::{self, Reached};
use crate::valuation::Quote;
use crate::waits::{Ladders, SIDES, Waits};
use crate::watch::{Sources, against_quote, closed_by, price_at, time, trigger_of};
use messages::{PriceSource, Side};
use price::Price;

/// The number of triggers from which on one pass over a ladder is cheaper than removing them one by
/// one.
const MANY: usize = 256;

/// The triggers of all positions and orders.
#[derive(Default)]
pub struct Triggers {
    by_instrument: Vec<OfInstrument>,
    places: Places,
    /// The lists of the trailing stops, in which an order can be instead of a ladder.
    links: ByOwner,
}

impl Triggers {
    /// Makes room for an instrument, and sets the prices for which its triggers wait. None of them
    /// may be waiting if they change.
    pub fn cover(&mut self, instrument: InstrumentIndex, sources: Sources) {
        if self.by_instrument.len() <= instrument.get() {
            self.by_instrument.resize_with(instrument.get() + 1, Default::default);
        }
        self.by_instrument[instrument.get()].sources = sources;
    }

    /// Reports whether there is room for an instrument.
    pub fn is_covered(&self, instrument: InstrumentIndex) -> bool {
        instrument.get() < self.by_instrument.len()
    }

    /// The prices for which the triggers of an instrument wait.
    pub fn sources(&self, instrument: InstrumentIndex) -> Sources {
        self.by_instrument[instrument.get()].sources
    }

    /// Starts watching a position.
    pub fn insert(&mut self, position: &PackedPosition, slot: Slot) {
        self.places.cover(Waiting::Position, slot);
        let Self { by_instrument, places, .. } = self;
        let of = &mut by_instrument[position.instrument.get()];
        of.each_ladder(position, slot, |ladder, trigger| ladder.insert(trigger, places));
    }

    /// Stops watching a position. Its trigger prices must be those with which it was inserted.
    pub fn remove(&mut self, position: &PackedPosition, slot: Slot) {
        let Self { by_instrument, places, .. } = self;
        let of = &mut by_instrument[position.instrument.get()];
        of.each_ladder(position, slot, |ladder, trigger| ladder.remove(trigger, places));
    }

    /// Starts watching an order. An active trailing stop gets its peak at `quote`, or the peak that
    /// it is given.
    pub fn insert_order(&mut self, order: &mut PackedOrder, slot: Slot, peak: i64) {
        self.places.cover(Waiting::Order, slot);
        let Self { by_instrument, places, links } = self;
        let of = &mut by_instrument[order.instrument.get()];
        match of.place_of(order) {
            Place::NextQuote(waiting) => {
                waiting.insert(order.number, slot);
            }
            Place::Ladder(ladder, along) => ladder.insert(trigger_of(order, slot, along), places),
            Place::Trail { callback_bps, .. } => {
                let trail = &mut of.trails()[closed_by(order.side) as usize];
                let activation = trail.insert(slot, callback_bps, peak, links);
                order.set_activation(activation);
            }
        }
        if let Some(at_ms) = order.expires_at_ms() {
            let ends = &mut of.quote.rare.get_or_insert_default().ends;
            ends.insert(trigger_of(order, slot, time(at_ms)), places);
        }
    }

    /// Stops watching an order.
    pub fn remove_order(&mut self, order: &PackedOrder, slot: Slot) {
        let Self { by_instrument, places, links } = self;
        let of = &mut by_instrument[order.instrument.get()];
        match of.place_of(order) {
            Place::NextQuote(waiting) => {
                waiting.remove(&order.number).expect("a waiting order is among them");
            }
            Place::Ladder(ladder, along) => ladder.remove(trigger_of(order, slot, along), places),
            Place::Trail { callback_bps, activation } => {
                let trail = &mut of.trails()[closed_by(order.side) as usize];
                trail.remove(slot, callback_bps, activation, links);
            }
        }
        self.remove_end(order, slot);
    }

    /// Replaces an active trailing stop by one with the same peak.
    pub fn replace_trailing(&mut self, before: &PackedOrder, order: &mut PackedOrder, slot: Slot) {
        let callbacks = [before, &*order].map(|order| order.trailing().map_or(0, |(bps, _)| bps));
        let (_, activation) = before.trailing().expect("it is active");
        self.remove_end(before, slot);
        let Self { by_instrument, places, links } = self;
        let of = &mut by_instrument[order.instrument.get()];
        let trail = &mut of.trails()[closed_by(order.side) as usize];
        trail.change(slot, callbacks, activation, links);
        order.set_activation(activation);
        if let Some(at_ms) = order.expires_at_ms() {
            let ends = &mut of.quote.rare.get_or_insert_default().ends;
            ends.insert(trigger_of(order, slot, time(at_ms)), places);
        }
    }

    /// Moves the peaks of trailing stops to new prices, and reports whether these reach anything.
    #[inline]
    pub fn follow(&mut self, instrument: InstrumentIndex, prices: Prices) -> bool {
        self.follow_mark(instrument, prices);
        self.follow_quote(instrument, prices.quote, prices.now_ms)
            || self.is_reached(instrument, prices)
    }

    /// Moves the peaks of trailing stops that follow the quote, and reports whether it reaches
    /// anything.
    #[inline]
    pub fn follow_quote(&mut self, instrument: InstrumentIndex, quote: Quote, now_ms: u64) -> bool {
        let Self { by_instrument, links, .. } = self;
        let waits = &mut by_instrument[instrument.get()].quote;
        waits.follow(quote, links);
        waits.is_reached(quote, now_ms)
    }

    fn follow_mark(&mut self, instrument: InstrumentIndex, prices: Prices) {
        let Self { by_instrument, links, .. } = self;
        let waits = by_instrument[instrument.get()].mark.as_deref_mut();
        if let (Some(waits), Some(mark)) = (waits, prices.mark) {
            waits.follow(mark, links);
        }
    }

    /// The peak of an active trailing stop, and the price at which it trades.
    pub fn peak_and_stop(&self, order: &PackedOrder) -> Option<(i64, Price)> {
        let (callback_bps, activation) = order.trailing().filter(|_| !order.is_due)?;
        let side = closed_by(order.side);
        let of = &self.by_instrument[order.instrument.get()];
        let rare = of.waits(of.sources.exits)?.rare.as_ref()?;
        let peak = rare.trails[side as usize].peak(activation);
        Some((peak, price_at(order.side, trailing::stop(peak, callback_bps))))
    }

    /// Reports whether prices reach anything.
    pub fn is_reached(&self, instrument: InstrumentIndex, prices: Prices) -> bool {
        self.by_instrument[instrument.get()].is_reached(prices)
    }

    /// Removes and returns what prices reach, in the order in which it is served.
    pub fn take(
        &mut self,
        instrument: InstrumentIndex,
        prices: Prices,
        positions: &Slab<PackedPosition>,
        orders: &Slab<PackedOrder>,
    ) -> Vec<Due> {
        let mut due = self.take_ended(instrument, prices.now_ms, orders);
        // A position that both prices reach is liquidated.
        for source in self.sources(instrument).all() {
            if let Some(quote) = prices.of(source) {
                self.take_reached((instrument, source), quote, (positions, orders), &mut due);
            }
        }
        due.sort_unstable_by_key(Due::key);
        due
    }

    /// Removes and returns the orders that wait for the next quote and are meant, oldest first, as if
    /// the first of all prices had reached them.
    pub fn take_waiting(
        &mut self,
        instrument: InstrumentIndex,
        orders: &Slab<PackedOrder>,
        is_meant: impl Fn(&PackedOrder) -> bool,
    ) -> Vec<Due> {
        let waiting = &self.by_instrument[instrument.get()].next_quote;
        let slots = waiting.iter().flat_map(|waiting| waiting.values()).copied();
        let meant: Vec<Slot> = slots.filter(|slot| is_meant(orders.get(*slot))).collect();
        for slot in &meant {
            self.remove_order(orders.get(*slot), *slot);
        }
        meant.into_iter().map(|slot| Due::of_order(orders.get(slot), slot, i64::MIN)).collect()
    }

    fn take_reached(
        &mut self,
        (instrument, source): (InstrumentIndex, PriceSource),
        quote: Quote,
        (positions, orders): (&Slab<PackedPosition>, &Slab<PackedOrder>),
        due: &mut Vec<Due>,
    ) {
        for side in SIDES {
            let at = against_quote(side, quote);
            let of = &self.by_instrument[instrument.get()];
            let Some(waits) = of.waits(source) else { return };
            let ladders = &waits.sides[side as usize];
            let reached = ladders.reached((side, at), (of.sources, source), positions, orders);
            self.remove_all(instrument, side, &reached, positions, orders);
            due.extend(reached);
            let Self { by_instrument, links, places: _ } = self;
            if let Some(rare) = &mut by_instrument[instrument.get()].waits_mut(source).rare {
                let taken = rare.trails[side as usize].take(at, links);
                for Reached { slot, along } in taken {
                    self.remove_end(orders.get(slot), slot);
                    due.push(Due::of_order(orders.get(slot), slot, along));
                }
            }
        }
    }

    fn take_ended(
        &mut self,
        instrument: InstrumentIndex,
        now_ms: u64,
        orders: &Slab<PackedOrder>,
    ) -> Vec<Due> {
        let Some(rare) = &self.by_instrument[instrument.get()].quote.rare else {
            return Vec::new();
        };
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
        if let Some(rare) = &mut by_instrument[order.instrument.get()].quote.rare {
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
        let OfInstrument { quote, mark, .. } = &mut by_instrument[instrument.get()];
        for waits in std::iter::once(quote).chain(mark.as_deref_mut()) {
            let Ladders { losses, gains } = &mut waits.sides[side as usize];
            losses.drop_marked(places);
            gains.drop_marked(places);
        }
    }

    /// Forgets the slots of positions and of orders from `slots` on, which are free, and gives back what
    /// the triggers left do not need.
    pub fn release(&mut self, [positions, orders]: [usize; 2]) {
        self.places.release(Waiting::Position, positions);
        self.places.release(Waiting::Order, orders);
        self.links.release(orders);
        for OfInstrument { quote, mark, .. } in &mut self.by_instrument {
            for waits in std::iter::once(quote).chain(mark.as_deref_mut()) {
                for Ladders { losses, gains } in &mut waits.sides {
                    losses.release();
                    gains.release();
                }
            }
        }
    }

    /// The numbers of watched positions and orders.
    pub fn len(&self) -> (usize, usize) {
        let mut counts = (0, 0);
        for of in &self.by_instrument {
            let liquidations = of.waits(of.sources.liquidation).into_iter();
            for ladders in liquidations.flat_map(|waits| &waits.sides) {
                counts.0 += ladders.losses.count(Waiting::Position);
            }
            counts.1 += of.next_quote.as_ref().map_or(0, |waiting| waiting.len());
            counts.1 +=
                of.quote.orders_len() + of.mark.as_ref().map_or(0, |mark| mark.orders_len());
        }
        counts
    }

    /// The first activation and the peak of each group of trailing stops, by instrument and side.
    pub fn peaks(&self) -> Vec<[Vec<(u64, i64)>; 2]> {
        let peaks = |of: &OfInstrument| {
            of.waits(of.sources.exits).map_or_else(Default::default, Waits::peaks)
        };
        self.by_instrument.iter().map(peaks).collect()
    }
}
