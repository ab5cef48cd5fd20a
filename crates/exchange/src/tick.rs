//! A price: what it reaches is served in order, in rounds, and in slices if it is much.

use crate::close::Closing;
use crate::due::{Due, Turn};
use crate::exchange::{Exchange, Tick};
use crate::instruments::InstrumentIndex;
use crate::valuation::Quote;
use messages::{CloseReason, DisputePrice, Event, PriceUpdate, Rejection, Response};

/// The number of positions that a tick looks up together before it closes them: as many as stay in
/// the fastest cache until their turn.
const LOOK_AHEAD: usize = 32;

/// The rest of the last tick's work, between two slices.
#[derive(Default)]
pub struct Dues {
    due: std::vec::IntoIter<Due>,
    /// The number of positions among them.
    closes: usize,
    /// The instrument of the tick, until nothing more is reached.
    instrument: Option<InstrumentIndex>,
}

impl Dues {
    /// The number of positions that the tick will still close.
    pub const fn closes(&self) -> usize {
        self.closes
    }

    fn new(instrument: InstrumentIndex, due: Vec<Due>) -> Self {
        let closes = due.partition_point(|due| due.turn < Turn::Reducing);
        let ended = due.partition_point(|due| due.turn == Turn::End);
        Self { due: due.into_iter(), closes: closes - ended, instrument: Some(instrument) }
    }

    fn next(&mut self) -> Option<Due> {
        let due = self.due.next()?;
        self.closes -= usize::from(due.is_position());
        Some(due)
    }
}

impl Exchange {
    pub(crate) fn update_price(
        &mut self,
        update: &PriceUpdate,
        limit: usize,
        events: &mut Vec<Event>,
    ) -> Result<(), Rejection> {
        let PriceUpdate { symbol, bid, ask, traded_at_ms, valid_for_ms, .. } = *update;
        let Some(quote) = Quote::new(bid, ask) else {
            return Err(Rejection::InvalidPrice { bid, ask });
        };

        let index = self.find_instrument(symbol)?;
        let listed = self.instruments.get_mut(index);
        listed.tick = Some(Tick { quote, id: self.last_id, traded_at_ms, valid_for_ms });
        listed.dispute = None;
        if self.book.follow(index, quote, self.last_id.ms) {
            self.due = Dues::new(index, self.book.take_due(index, quote, self.last_id.ms));
            events.reserve(limit.min(self.due.due.len()));
            self.serve_due(limit, events);
        }
        Ok(())
    }

    pub(crate) fn dispute_price(&mut self, dispute: &DisputePrice) -> Result<Response, Rejection> {
        let index = self.find_instrument(dispute.symbol)?;
        self.instruments.get_mut(index).dispute = Some(dispute.reason);
        Ok(Response::Done)
    }

    fn serve_due(&mut self, limit: usize, events: &mut Vec<Event>) {
        for n in 0..limit {
            if n.is_multiple_of(LOOK_AHEAD) {
                self.look_ahead(limit - n);
            }
            let Some(due) = self.next_due() else { break };
            self.serve(due, events);
        }
        // The next round belongs to the slice that finds it.
        if self.due.due.as_slice().is_empty() && !self.begins_round() {
            // Free the memory of a burst at its end.
            self.due = Dues::default();
        }
    }

    fn next_due(&mut self) -> Option<Due> {
        self.due.next().or_else(|| {
            self.begins_round();
            self.due.next()
        })
    }

    /// Begins another round if the tick has reached what the last one opened.
    fn begins_round(&mut self) -> bool {
        let Some(index) = self.due.instrument else { return false };
        let tick = self.instruments.get(index).tick.expect("a tick is being served");
        let is_reached = self.book.is_reached(index, tick.quote, self.last_id.ms);
        if is_reached {
            let due = self.book.take_due(index, tick.quote, self.last_id.ms);
            self.due = Dues::new(index, due);
        }
        is_reached
    }

    fn serve(&mut self, due: Due, events: &mut Vec<Event>) {
        let reason = match due.turn {
            Turn::Liquidation => CloseReason::Liquidation,
            Turn::StopLoss => CloseReason::StopLoss,
            Turn::TakeProfit => CloseReason::TakeProfit,
            Turn::End | Turn::Reducing | Turn::Opening => return self.serve_order(due, events),
        };
        let position = self.book.get(due.slot);
        let tick = self.tick_of(position);
        let price = tick.quote.close_price(position.side);
        let closing = Closing { reason, price, tick_id: tick.id, request_id: None, order: None };
        self.close_position(due.slot, &closing, events);
    }

    /// Checks that the indexes hold the next positions. This loads their data into the cache before
    /// they are closed: in these short loops the processor fetches several positions at once, while
    /// the closing loop would wait for them one after the other.
    fn look_ahead(&self, limit: usize) {
        let due = self.due.due.as_slice();
        let due = &due[..due.len().min(limit).min(LOOK_AHEAD)];
        let positions = due.iter().filter(|due| due.is_position());
        for Due { slot, .. } in positions.clone() {
            self.book.check_id(*slot);
        }
        for Due { slot, .. } in positions {
            let owner = self.accounts.get(self.book.get(*slot).account);
            self.book.check_owner(*slot, owner.held);
        }
    }

    /// Reports whether the last tick has more to serve.
    pub fn is_closing(&self) -> bool {
        !self.due.due.as_slice().is_empty()
    }

    /// Serves up to `limit` more of the positions and orders that the last tick reached, and returns
    /// the next events.
    pub fn close_more(&mut self, limit: usize) -> Vec<Event> {
        let mut events = Vec::with_capacity(limit.min(self.due.due.len()));
        self.serve_due(limit, &mut events);
        self.check_money(&events);
        events
    }
}
