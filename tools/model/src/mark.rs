//! Mark prices and the trust in them, with `MARK_PRICE`, and the price that each thing goes by.

use crate::entry::{Entry, Id};
use crate::instrument::{TradingStatus, TriggerPrice};
use crate::model::{Model, Outcome, Verdict};
use crate::payload::{Payload, Unreadable};
use crate::symbol::Symbol;
use crate::tick::Tick;
use crate::ticket::is_price;

/// The last mark price of an instrument.
#[derive(Clone, Copy)]
pub struct Mark {
    /// The entry that brought it.
    id: Id,
    /// The price.
    price: i128,
    /// The source's own time of it, Unix ms.
    marked_at: Option<u64>,
}

impl Mark {
    /// The mark price as a quote: buys and sales, longs and shorts see the same.
    const fn seen(self, quote: Tick) -> Tick {
        Tick { bid: self.price, ask: self.price, ..quote }
    }
}

/// The prices that a request is checked by, whether a mark price is trusted or not.
#[derive(Clone, Copy)]
pub struct Seen {
    /// The price that liquidations go by.
    pub by_liquidations: Tick,
    /// The price that exits, triggers and trailing stops go by.
    pub by_triggers: Tick,
    /// The price that positions are valued at.
    pub by_values: Tick,
    /// The mark price, if triggers go by it.
    pub trigger_mark: Option<i128>,
}

/// The prices that what waits in an instrument sees at one entry.
#[derive(Clone, Copy)]
pub struct Prices {
    /// The quote, which limit prices wait for, and at which everything trades.
    pub quote: Tick,
    /// The price that liquidations wait for; none if that is a mark price that is not trusted.
    pub by_liquidations: Option<Tick>,
    /// The price that exits, triggers and trailing stops wait for, likewise.
    pub by_triggers: Option<Tick>,
    /// Whether an order may be filled at the quote.
    pub may_fill: bool,
    /// Whether the quote is new, so that it serves the orders that wait for one.
    pub is_new: bool,
    /// The time of the entry, as stream time.
    pub now_ms: u64,
}

impl Model {
    pub(crate) fn update_mark(
        &mut self,
        entry: &Entry,
        clock_ms: u64,
        payload: Payload<'_>,
    ) -> Result<Outcome, Unreadable> {
        let asset = payload.symbol("symbol")?;
        let price = payload.amount("markPriceInt")?;
        let index_price = payload.optional_amount("indexPriceInt")?;
        payload.optional_amount("fundingRateInt")?;
        payload.optional_number("nextFundingAt")?;
        let marked_at = payload.optional_number("markedAt")?;
        let mut wrong = Vec::new();
        if !is_price(price) || index_price.is_some_and(|price| !is_price(price)) {
            wrong.push("INVALID_PRICE");
        }
        if !self.instruments.contains_key(&asset)
            && (!wrong.is_empty() || self.instrument(asset).is_none())
        {
            wrong.push("UNKNOWN_ASSET");
        }
        if !wrong.is_empty() {
            return Ok(Outcome::without_events(Verdict::Rejected(wrong)));
        }
        self.marks.insert(asset, Mark { id: entry.id, price, marked_at });
        let is_trusted = self.trusted_mark(asset, entry.id, clock_ms).is_some();
        let events = if is_trusted { self.serve(asset, entry.id, clock_ms) } else { Vec::new() };
        Ok(Outcome { verdict: Verdict::Done, events })
    }

    /// Reports whether an order may be filled at the quote of an instrument.
    pub(crate) fn may_fill(&self, asset: Symbol, now: Id, clock_ms: u64) -> bool {
        let tick = self.ticks.get(&asset);
        tick.is_some_and(|tick| self.price_violations(asset, *tick, now, clock_ms).is_empty())
    }

    /// The mark price of an instrument, if it is trusted: it is as fresh as it must be, an order may
    /// be filled at the quote, and |2 × mark − (bid + ask)| × 10,000 ≤ deviation × (bid + ask).
    fn trusted_mark(&self, asset: Symbol, now: Id, clock_ms: u64) -> Option<Mark> {
        let mark = *self.marks.get(&asset)?;
        let by_ids = now.ms - mark.id.ms;
        let by_clocks = mark.marked_at.map_or(0, |marked_at| marked_at.abs_diff(clock_ms));
        if by_ids.max(by_clocks) > self.rules.stale_mark_ms || !self.may_fill(asset, now, clock_ms)
        {
            return None;
        }
        let tick = self.ticks[&asset];
        let both = tick.bid + tick.ask;
        let distance = (2 * mark.price - both).abs() * 10_000;
        let deviation_bps = i128::from(self.rules.mark_deviation_max_bps);
        // What does not fit is more than any distance.
        (distance <= both.saturating_mul(deviation_bps)).then_some(mark)
    }

    /// The prices that a request is checked by. The instrument has a quote.
    pub(crate) fn seen(&self, asset: Symbol) -> Seen {
        let quote = self.ticks[&asset];
        let instrument = &self.instruments[&asset];
        let is_maintained = instrument.is_maintained();
        let is_marked = instrument.trigger_price == TriggerPrice::Mark;
        let mark = self.marks.get(&asset).copied();
        let seen = |by_mark: bool| match mark {
            Some(mark) if by_mark => mark.seen(quote),
            _ => quote,
        };
        Seen {
            by_liquidations: seen(is_maintained),
            by_triggers: seen(is_marked),
            by_values: seen(is_maintained || is_marked),
            trigger_mark: mark.filter(|_| is_marked).map(|mark| mark.price),
        }
    }

    /// The prices that what waits in an instrument sees now; none without a quote or in a halt.
    pub(crate) fn prices(&self, asset: Symbol, now: Id, clock_ms: u64) -> Option<Prices> {
        let quote = *self.ticks.get(&asset)?;
        let instrument = &self.instruments[&asset];
        if instrument.status == TradingStatus::Halted {
            return None;
        }
        let mark = self.trusted_mark(asset, now, clock_ms);
        let seen = |by_mark: bool| {
            if by_mark { mark.map(|mark| mark.seen(quote)) } else { Some(quote) }
        };
        Some(Prices {
            quote,
            by_liquidations: seen(instrument.is_maintained()),
            by_triggers: seen(instrument.trigger_price == TriggerPrice::Mark),
            may_fill: self.may_fill(asset, now, clock_ms),
            is_new: false,
            now_ms: now.ms,
        })
    }
}
