//! Prices: their age, and the positions that they close.

use crate::amount::fits;
use crate::close::Closing;
use crate::entry::Id;
use crate::model::{Model, Outcome, Rejection, Verdict};
use crate::payload::{Payload, Unreadable};
use crate::position::{Position, close_price, is_worse};
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
    traded_at: Option<u64>,
    /// The time for which the feed vouches for the price, ms.
    valid_for: Option<u64>,
}

/// The order in which one tick closes: margin calls, then stop-losses, then take-profits.
const REASONS: [&str; 3] = ["MARGIN_CALL", "STOP_LOSS", "TAKE_PROFIT"];
const MARGIN_CALL: usize = 0;
const STOP_LOSS: usize = 1;
const TAKE_PROFIT: usize = 2;

impl Model {
    pub(crate) fn update_price(
        &mut self,
        id: Id,
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

        let due = self.due(asset, tick);
        let mut events = Vec::new();
        for (n, (reason, number)) in due.iter().enumerate() {
            let following = due.len() - 1 - n;
            let closing = Closing { reason, tick, now_ms: id.ms, by: None, following };
            events.push(self.settle(*number, &closing));
        }
        Ok(Outcome { verdict: Verdict::Done, events })
    }

    /// The numbers of the positions that a tick closes, with the reasons, in their order: by
    /// reason, longs before shorts, the price that is reached first, then the older position.
    fn due(&self, asset: Symbol, tick: Tick) -> Vec<(&'static str, u64)> {
        let mut due = Vec::new();
        for position in self.open.values().filter(|position| position.asset == asset) {
            if let Some((reason, price)) = position.reached(tick) {
                // A falling price reaches the highest first, a rising one the lowest.
                let is_falling = position.is_long == (reason != TAKE_PROFIT);
                let along = if is_falling { -price } else { price };
                due.push((reason, !position.is_long, along, position.number));
            }
        }
        due.sort_unstable();
        due.into_iter().map(|(reason, .., number)| (REASONS[reason], number)).collect()
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

    /// The reasons not to fill anything at an instrument's last price. Its age is the larger of
    /// two: by the ids of the entries, and by the clocks of feed and sender.
    pub(crate) fn price_violations(
        &self,
        asset: Symbol,
        tick: Tick,
        now: Id,
        clock_ms: u64,
    ) -> Vec<Rejection> {
        let mut wrong = Vec::new();
        if self.disputed.contains(&asset) {
            wrong.push("PRICE_DISPUTED");
        }
        let of_instrument = self.instruments[&asset].stale_price_ms;
        let stale_price_ms = of_instrument.unwrap_or(self.rules.stale_price_ms);
        let age_max_ms = stale_price_ms.min(tick.valid_for.unwrap_or(u64::MAX));
        let by_ids = now.ms - tick.id.ms;
        let by_clocks = tick.traded_at.map_or(0, |traded_at| traded_at.abs_diff(clock_ms));
        if by_ids > age_max_ms || by_clocks > age_max_ms {
            wrong.push("STALE_PRICE");
        }
        wrong
    }
}

impl Position {
    /// The first reason to close it at this price, and the trigger price. A margin call and a
    /// stop-loss are reached by a price that is as bad or worse, a take-profit by one that is as
    /// good or better.
    fn reached(&self, tick: Tick) -> Option<(usize, i128)> {
        let now = close_price(self.is_long, tick);
        let is_lost = |trigger: i128| !is_worse(self.is_long, trigger, now);
        let is_gained = |trigger: i128| !is_worse(self.is_long, now, trigger);
        if is_lost(self.liquidation_price) {
            return Some((MARGIN_CALL, self.liquidation_price));
        }
        if let Some(price) = self.stop_loss.filter(|price| is_lost(*price)) {
            return Some((STOP_LOSS, price));
        }
        self.take_profit.filter(|price| is_gained(*price)).map(|price| (TAKE_PROFIT, price))
    }
}
