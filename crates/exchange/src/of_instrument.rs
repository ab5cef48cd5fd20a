//! Everything in one instrument that waits for a price, and where.

use crate::ladder::{Ladder, Trigger};
use crate::order::PackedOrder;
use crate::position::PackedPosition;
use crate::slab::Slot;
use crate::trails::Trails;
use crate::valuation::Quote;
use crate::waits::Waits;
use crate::watch::{Sources, TriggersOf, Watch, closed_by, watch};
use messages::PriceSource;
use std::collections::BTreeMap;

/// The triggers of one instrument.
pub struct OfInstrument {
    pub quote: Waits,
    /// The positions and orders that wait for the mark price, if any ever did.
    pub mark: Option<Box<Waits>>,
    pub next_quote: Option<Box<NextQuote>>,
    pub sources: Sources,
}

/// The orders that wait for the next quote, by number.
pub type NextQuote = BTreeMap<u64, Slot>;

/// The place in which an order waits.
pub enum Place<'a> {
    NextQuote(&'a mut NextQuote),
    Ladder(&'a mut Ladder, i64),
    Trail { callback_bps: u16, activation: u64 },
}

impl Default for OfInstrument {
    fn default() -> Self {
        let (quote, sources) = (Waits::of(PriceSource::Quote), Sources::default());
        Self { quote, mark: None, next_quote: None, sources }
    }
}

impl OfInstrument {
    pub fn waits(&self, source: PriceSource) -> Option<&Waits> {
        match source {
            PriceSource::Quote => Some(&self.quote),
            PriceSource::Mark => self.mark.as_deref(),
        }
    }

    pub fn waits_mut(&mut self, source: PriceSource) -> &mut Waits {
        match source {
            PriceSource::Quote => &mut self.quote,
            PriceSource::Mark => self.mark.get_or_insert_with(|| Box::new(Waits::of(source))),
        }
    }

    /// Calls a function with each ladder in which a position is, and its trigger there.
    #[inline]
    pub fn each_ladder(
        &mut self,
        position: &PackedPosition,
        slot: Slot,
        mut with: impl FnMut(&mut Ladder, Trigger),
    ) {
        let sources = self.sources;
        if sources == Sources::default() {
            // Most instruments know no other price. Constants spare the questions about sources.
            let ladders = &mut self.quote.sides[position.side as usize];
            let (sources, source) = (Sources::default(), PriceSource::Quote);
            return ladders.each(&TriggersOf::of(position, slot, sources, source), &mut with);
        }
        for source in sources.used() {
            let triggers = TriggersOf::of(position, slot, sources, source);
            let ladders = &mut self.waits_mut(source).sides[position.side as usize];
            ladders.each(&triggers, &mut with);
        }
    }

    pub fn trails(&mut self) -> &mut [Trails; 2] {
        &mut self.waits_mut(self.sources.exits).rare.get_or_insert_default().trails
    }

    /// The place of an order.
    pub fn place_of(&mut self, order: &PackedOrder) -> Place<'_> {
        let side = closed_by(order.side) as usize;
        match watch(order) {
            Watch::NextQuote => Place::NextQuote(self.next_quote.get_or_insert_default()),
            Watch::Limit { along } => Place::Ladder(&mut self.quote.sides[side].gains, along),
            Watch::Trigger { is_loss, along } => {
                let waits = self.waits_mut(self.sources.exits);
                Place::Ladder(waits.sides[side].of(is_loss), along)
            }
            Watch::Trail { callback_bps, activation } => Place::Trail { callback_bps, activation },
        }
    }
}

/// The prices of an instrument at one moment.
#[derive(Clone, Copy)]
pub struct Prices {
    pub quote: Quote,
    /// The mark price, while it may close positions.
    pub mark: Option<Quote>,
    pub now_ms: u64,
}

impl Prices {
    pub const fn of(&self, source: PriceSource) -> Option<Quote> {
        match source {
            PriceSource::Quote => Some(self.quote),
            PriceSource::Mark => self.mark,
        }
    }
}

impl OfInstrument {
    #[inline]
    pub fn is_reached(&self, prices: Prices) -> bool {
        self.quote.is_reached(prices.quote, prices.now_ms)
            || matches!((&self.mark, prices.mark), (Some(waits), Some(mark))
                if waits.is_reached(mark, prices.now_ms))
    }
}
