//! Changes of all positions of an instrument, from the oldest to the youngest, in slices.

use crate::exchange::Exchange;
use crate::funding::Payment;
use crate::instruments::InstrumentIndex;
use crate::slab::Slot;
use messages::{Event, EventKind, PositionChange, PositionChanged};

/// A change of all positions of an instrument.
pub struct Sweep {
    pub instrument: InstrumentIndex,
    /// The next position to change; none when the sweep has ended.
    pub next: Option<Slot>,
    pub change: Change,
}

/// The change of each position.
#[derive(Clone, Copy)]
pub enum Change {
    Funding(Payment),
    /// The liquidation price by the instrument's new parameters.
    LiquidationPrice,
}

impl Exchange {
    /// Changes up to `limit` positions. Returns how much of the limit is left.
    pub(crate) fn sweep(
        &mut self,
        sweep: &mut Sweep,
        limit: usize,
        events: &mut Vec<Event>,
    ) -> usize {
        let mut left = limit;
        while let Some(slot) = sweep.next
            && left > 0
        {
            left -= 1;
            sweep.next = self.book.younger(slot);
            match sweep.change {
                Change::Funding(payment) => self.fund(slot, payment, events),
                Change::LiquidationPrice => self.revalue(slot, events),
            }
        }
        left
    }

    /// Gives a position the liquidation price by its instrument's parameters. It keeps the one that it
    /// has where the new one does not fit.
    fn revalue(&mut self, slot: Slot, events: &mut Vec<Event>) {
        let position = self.book.get(slot);
        let terms = position.terms();
        let held = (terms.entry_price, terms.margin, terms.qty);
        let instrument = &self.instruments.get(position.instrument).instrument;
        let mut changed = position.clone();
        if changed.set_held(instrument, held).is_err() || changed.terms() == terms {
            return;
        }
        let account = changed.account;
        self.book.replace(slot, changed);
        let order = self.order(self.book.get(slot));
        let change = PositionChange::Instrument;
        let changed = PositionChanged { order, change, realized_pnl: None };
        self.tell(None, account, events, || EventKind::PositionChanged(Box::new(changed)));
    }
}
