//! Prices and their age.

use crate::amount::fits;
use crate::entry::Id;
use crate::instrument::TradingStatus;
use crate::model::{Model, Outcome, Rejection, Verdict};
use crate::payload::{Payload, Unreadable};
use crate::symbol::Symbol;

/// The last price of an instrument.
#[derive(Clone, Copy)]
pub struct Tick {
    /// The entry that brought it.
    pub id: Id,
    /// The price at which longs close and shorts open.
    pub bid: i128,
    /// The price at which longs open and shorts close.
    pub ask: i128,
    /// The feed's own time of the trade, Unix ms.
    pub(crate) traded_at: Option<u64>,
    /// The time for which the feed vouches for the price, ms.
    pub(crate) valid_for: Option<u64>,
}

impl Model {
    pub(crate) fn update_price(
        &mut self,
        id: Id,
        clock_ms: u64,
        payload: Payload<'_>,
    ) -> Result<Outcome, Unreadable> {
        let asset = payload.symbol("symbol")?;
        let (bid, ask) = (payload.amount("bidPriceInt")?, payload.amount("askPriceInt")?);
        let traded_at = payload.optional_number("tradedAt")?;
        let valid_for = payload.optional_number("validForMs")?;
        if !fits(bid) || !fits(ask) || bid <= 0 || bid > ask {
            return Ok(Outcome::rejected("INVALID_PRICE"));
        }
        if self.instrument(asset).is_none() {
            return Ok(Outcome::rejected("UNKNOWN_ASSET"));
        }
        let tick = Tick { id, bid, ask, traded_at, valid_for };
        self.ticks.insert(asset, tick);
        self.disputed.remove(&asset);
        let events = self.serve_quote(asset, id, clock_ms);
        Ok(Outcome { verdict: Verdict::Done, events })
    }

    /// Marks the last price of an instrument as disputed: it fills nothing until the next price.
    pub(crate) fn dispute(&mut self, payload: Payload<'_>) -> Result<Outcome, Unreadable> {
        let asset = payload.symbol("symbol")?;
        if self.instrument(asset).is_none() {
            return Ok(Outcome::rejected("UNKNOWN_ASSET"));
        }
        self.disputed.insert(asset);
        Ok(Outcome::done())
    }

    /// The reason not to trade an instrument: a halt, or for what may open less than that.
    pub(crate) fn status_violation(&self, asset: Symbol, opens: bool) -> Option<Rejection> {
        let is_refused = match self.instruments[&asset].status {
            TradingStatus::Trading => false,
            TradingStatus::ReduceOnly => opens,
            TradingStatus::Halted => true,
        };
        is_refused.then_some("NOT_TRADING")
    }

    /// The age from which on a price of an instrument fills nothing, ms.
    pub(crate) fn stale_price_ms(&self, asset: Symbol) -> u64 {
        let of_instrument = self.instruments[&asset].stale_price_ms;
        of_instrument.unwrap_or(self.rules.stale_price_ms)
    }

    /// The reasons not to fill anything at an instrument's last price. Its age is the larger of
    /// two: by the ids of the entries, and by the clocks of feed and sender.
    pub(crate) fn price_violations(
        &self,
        asset: Symbol,
        tick: Tick,
        now: Id,
        clock_ms: u64,
    ) -> Vec<Rejection> {
        let mut wrong = Vec::from_iter(self.status_violation(asset, false));
        if self.disputed.contains(&asset) {
            wrong.push("PRICE_DISPUTED");
        }
        let stale_price_ms = self.stale_price_ms(asset);
        let age_max_ms = stale_price_ms.min(tick.valid_for.unwrap_or(u64::MAX));
        let by_ids = now.ms - tick.id.ms;
        let by_clocks = tick.traded_at.map_or(0, |traded_at| traded_at.abs_diff(clock_ms));
        if by_ids > age_max_ms || by_clocks > age_max_ms {
            wrong.push("STALE_PRICE");
        }
        wrong
    }
}
