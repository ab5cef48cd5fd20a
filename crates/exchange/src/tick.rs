//! A price: what it reaches is served in order, in rounds, and in slices if it is much.

use crate::close::Closing;
use crate::due::{Due, Turn};
use crate::exchange::{Exchange, Tick};
use crate::instruments::{InstrumentIndex, Mark};
use crate::of_instrument::Prices;
use crate::sweep::Sweep;
use crate::valuation::Quote;
use messages::{
    CloseReason, DisputePrice, EntryId, Event, InstrumentStatus, MARK_DEVIATION_MAX_BPS, MarkPrice,
    MarkProblem, PriceUpdate, Rejection, Response, STALE_MARK_MS, Symbol,
};

/// The number of positions that a tick looks up together before it closes them: as many as stay in
/// the fastest cache until their turn.
const LOOK_AHEAD: usize = 32;

/// The number of positions and orders that a burst reaches at least. One that reaches half of all gives
/// their memory back at its end.
const BURST: usize = 512;

/// The rest of the last tick's work, between two slices.
#[derive(Default)]
pub struct Dues {
    due: std::vec::IntoIter<Due>,
    /// The number of positions among them.
    closes: usize,
    /// The number of positions and orders of all rounds.
    reached: usize,
    /// The instrument of the tick, until nothing more is reached.
    instrument: Option<InstrumentIndex>,
    /// The positions that the entry changes one after the other before its prices are served.
    pub sweep: Option<Sweep>,
}

impl Dues {
    /// The number of positions that the tick will still close.
    pub const fn closes(&self) -> usize {
        self.closes
    }

    fn new(instrument: InstrumentIndex, due: Vec<Due>) -> Self {
        let closes = due.partition_point(|due| due.turn < Turn::Reducing);
        let ended = due.partition_point(|due| due.turn == Turn::End);
        Self {
            closes: closes - ended,
            reached: due.len(),
            due: due.into_iter(),
            instrument: Some(instrument),
            sweep: None,
        }
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
        listed.is_behind = false;
        let now_ms = self.last_id.ms;
        if listed.is_plain {
            if self.book.follow_quote(index, quote, now_ms) {
                let due = self.book.take_due(index, Prices { quote, mark: None, now_ms });
                self.serve_all(index, due, limit, events);
            }
            return Ok(());
        }
        self.update_rest(index, limit, events);
        Ok(())
    }

    /// Serves the prices of an instrument that knows a mark price, or is halted.
    #[cold]
    fn update_rest(&mut self, index: InstrumentIndex, limit: usize, events: &mut Vec<Event>) {
        match self.prices(index) {
            Some(prices) => {
                let is_reached = self.book.follow(index, prices);
                let mut due = self.take_waiting(index);
                if is_reached {
                    due.append(&mut self.book.take_due(index, prices));
                }
                due.sort_unstable_by_key(Due::key);
                self.serve_all(index, due, limit, events);
            }
            None => self.instruments.get_mut(index).is_behind = true,
        }
    }

    pub(crate) fn update_mark(
        &mut self,
        update: &MarkPrice,
        limit: usize,
        events: &mut Vec<Event>,
    ) -> Result<(), Rejection> {
        let MarkPrice { symbol, mark, index, .. } = *update;
        let quote = Quote::of_mark(mark);
        let is_price = index.is_none_or(|index| Quote::of_mark(index).is_some());
        let Some(quote) = quote.filter(|_| is_price) else {
            return Err(Rejection::InvalidPrice { bid: mark, ask: mark });
        };
        let instrument = self.find_instrument(symbol)?;
        let (id, traded_at_ms) = (self.last_id, update.marked_at_ms);
        let tick = Tick { quote, id, traded_at_ms, valid_for_ms: None };
        let MarkPrice { funding_rate, next_funding_ms, .. } = *update;
        let listed = self.instruments.get_mut(instrument);
        listed.mark = Some(Mark { tick, index, funding_rate, next_funding_ms });
        listed.is_plain = false;
        if let Some(prices) = self.prices(instrument).filter(|prices| prices.mark.is_some()) {
            self.serve_prices(instrument, prices, limit, events);
        }
        Ok(())
    }

    fn serve_prices(
        &mut self,
        instrument: InstrumentIndex,
        prices: Prices,
        limit: usize,
        events: &mut Vec<Event>,
    ) {
        if self.book.follow(instrument, prices) {
            let due = self.book.take_due(instrument, prices);
            self.serve_all(instrument, due, limit, events);
        }
    }

    /// Serves the first round of a price, and those that follow from it.
    fn serve_all(
        &mut self,
        instrument: InstrumentIndex,
        due: Vec<Due>,
        limit: usize,
        events: &mut Vec<Event>,
    ) {
        if !due.is_empty() {
            self.due = Dues::new(instrument, due);
            events.reserve(limit.min(self.due.due.len()));
            self.serve_due(limit, events);
        }
    }

    /// The prices that may close positions and fill orders of an instrument now. None while it has
    /// no quote or is halted.
    pub(crate) fn prices(&self, index: InstrumentIndex) -> Option<Prices> {
        let listed = self.instruments.get(index);
        let quote = listed.tick?.quote;
        if listed.instrument.status == InstrumentStatus::Halted {
            return None;
        }
        let mark = self.trusted_mark(index).ok();
        Some(Prices { quote, mark, now_ms: self.last_id.ms })
    }

    /// Returns the mark price if it may close positions: a mark price that is too old, or further
    /// from the quote than the rules allow, closes nothing.
    pub(crate) fn trusted_mark(&self, index: InstrumentIndex) -> Result<Quote, MarkProblem> {
        self.trusted_mark_at(index, (self.last_id, self.clock_ms))
    }

    fn trusted_mark_at(
        &self,
        index: InstrumentIndex,
        (now, clock_ms): (EntryId, u64),
    ) -> Result<Quote, MarkProblem> {
        let mark = self.instruments.get(index).mark.ok_or(MarkProblem::Missing)?;
        let tick = self.fresh_tick_at(index, (now, clock_ms));
        let Ok(tick) = tick else { return Err(MarkProblem::NoQuote) };
        let stale_ms = self.rules.stale_mark_ms.unwrap_or(STALE_MARK_MS);
        if mark.tick.age_ms(now, clock_ms) > stale_ms {
            return Err(MarkProblem::Stale);
        }
        let bps = self.rules.mark_deviation_max_bps.unwrap_or(MARK_DEVIATION_MAX_BPS);
        if !mark.tick.quote.is_near(tick.quote, bps) {
            return Err(MarkProblem::Far);
        }
        Ok(mark.tick.quote)
    }

    /// The instruments that go by a mark price, with the problem of their mark price at a time by both
    /// clocks (Unix ms), if it has one.
    pub fn mark_problems(
        &self,
        now_ms: u64,
    ) -> impl Iterator<Item = (Symbol, Option<MarkProblem>)> {
        let now = EntryId::new(now_ms.max(self.last_id.ms), self.last_id.seq);
        let listed = (0..).map(InstrumentIndex).zip(self.instruments.all());
        listed.filter(|(_, listed)| listed.instrument.needs_mark()).map(move |(index, listed)| {
            (listed.symbol, self.trusted_mark_at(index, (now, now_ms)).err())
        })
    }

    pub(crate) fn dispute_price(&mut self, dispute: &DisputePrice) -> Result<Response, Rejection> {
        let index = self.find_instrument(dispute.symbol)?;
        self.instruments.get_mut(index).dispute = Some(dispute.reason);
        Ok(Response::Done)
    }

    /// Begins to change all positions of an instrument, and serves up to `limit`.
    pub(crate) fn begin_sweep(&mut self, sweep: Sweep, limit: usize, events: &mut Vec<Event>) {
        self.due = Dues { sweep: Some(sweep), ..Dues::default() };
        self.serve_due(limit, events);
    }

    fn serve_due(&mut self, limit: usize, events: &mut Vec<Event>) {
        let limit = if self.due.sweep.is_some() { self.go_on(limit, events) } else { limit };
        if self.due.sweep.is_some() {
            return;
        }
        for n in 0..limit {
            if n.is_multiple_of(LOOK_AHEAD) {
                self.look_ahead(limit - n);
            }
            let Some(due) = self.next_due() else { break };
            self.serve(due, events);
        }
        // The next round belongs to the slice that finds it.
        if self.due.due.as_slice().is_empty() && !self.begins_round() {
            let Dues { reached, .. } = std::mem::take(&mut self.due);
            if reached >= BURST.max(self.book.len() + self.book.orders_len()) {
                self.book.release();
            }
        }
    }

    fn next_due(&mut self) -> Option<Due> {
        self.due.next().or_else(|| {
            self.begins_round();
            self.due.next()
        })
    }

    /// Goes on with a sweep. Returns how much of the limit is left when it has ended; the prices of
    /// the instrument are served then, unless the last quote fills nothing.
    fn go_on(&mut self, limit: usize, events: &mut Vec<Event>) -> usize {
        let Some(mut sweep) = self.due.sweep.take() else { return limit };
        let left = self.sweep(&mut sweep, limit, events);
        if sweep.next.is_some() {
            self.due.sweep = Some(sweep);
        } else {
            let index = sweep.instrument;
            let is_served = self.fresh_tick(index).is_ok();
            self.instruments.get_mut(index).is_behind = !is_served;
            if let Some(prices) = self.prices(index).filter(|_| is_served) {
                self.book.follow(index, prices);
                self.due.instrument = Some(index);
            }
        }
        left
    }

    /// Begins another round if the tick has reached what the last one opened.
    fn begins_round(&mut self) -> bool {
        let Some(index) = self.due.instrument else { return false };
        let Some(prices) = self.prices(index) else { return false };
        let is_reached = self.book.is_reached(index, prices);
        if is_reached {
            let reached = self.due.reached;
            self.due = Dues::new(index, self.book.take_due(index, prices));
            self.due.reached += reached;
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
        !self.due.due.as_slice().is_empty() || self.due.sweep.is_some()
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
