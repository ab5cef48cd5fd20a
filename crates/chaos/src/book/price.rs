//! Applies a price to every open position of its asset.

use super::{Book, Event, Outcome, Position, Record, Tick, Verdict};
use crate::amount::{SCALE, fits, floor_div, read};
use crate::entry::Id;
use serde_json::Value;

/// The order in which one tick closes: margin calls, then stop-losses, then take-profits.
const REASONS: [&str; 3] = ["MARGIN_CALL", "STOP_LOSS", "TAKE_PROFIT"];

impl Book {
    pub(super) fn update_price(&mut self, id: Id, payload: &Value) -> Option<Outcome> {
        let asset = payload.get("symbol")?.as_str()?;
        let (bid, ask) = (read(payload, "bidPriceInt")?, read(payload, "askPriceInt")?);
        if !fits(bid) || !fits(ask) || bid <= 0 || bid > ask {
            return Some(Outcome::refused(vec!["INVALID_PRICE"]));
        }
        if self.instrument(asset).is_none() {
            return Some(Outcome::refused(vec!["UNKNOWN_ASSET"]));
        }
        let number = |name: &str| payload.get(name).and_then(Value::as_u64);
        let (traded_at, valid_for) = (number("tradedAt"), number("validForMs"));
        let tick = Tick { id, bid, ask, traded_at, valid_for };
        self.ticks.insert(asset.to_owned(), tick);
        self.disputed.remove(asset);

        // By reason, longs before shorts, the price that is reached first, then the older position.
        let mut reached = Vec::new();
        for position in self.open.iter().filter(|position| position.asset == asset) {
            if let Some((rank, price)) = position.reached(tick) {
                let falling = position.is_long == (REASONS[rank] != "TAKE_PROFIT");
                let along = if falling { -price } else { price };
                reached.push((rank, !position.is_long, along, position.number));
            }
        }
        reached.sort_unstable();
        let mut events = Vec::new();
        for (rank, .., number) in reached {
            let index = self.open.iter().position(|position| position.number == number)?;
            events.push(self.settle(index, REASONS[rank], tick, id.ms, None));
        }
        Some(Outcome { verdict: Verdict::Silent, events })
    }

    /// Marks the last price of an asset as disputed: it fills nothing until the next price.
    pub(super) fn dispute(&mut self, payload: &Value) -> Option<Outcome> {
        let asset = payload.get("symbol")?.as_str()?;
        if self.instrument(asset).is_some() {
            self.disputed.insert(asset.to_owned());
        }
        Some(Outcome { verdict: Verdict::Silent, events: Vec::new() })
    }

    /// Closes a position at the tick's own price and pays it out.
    pub(super) fn settle(
        &mut self,
        index: usize,
        reason: &'static str,
        tick: Tick,
        now_ms: u64,
        by: Option<String>,
    ) -> Event {
        let position = self.open.remove(index);
        let close_price = if position.is_long { tick.bid } else { tick.ask };
        let pnl = position.pnl(close_price);
        let final_pnl = pnl.max(-position.margin);
        let shortfall = final_pnl - pnl;
        let user_id = position.user_id.clone();
        let account = self.accounts.get_mut(&user_id).expect("positions have owners");
        account.balance += position.margin + final_pnl;
        account.used_margin -= position.margin;
        self.house -= final_pnl;
        self.shortfall += shortfall;

        let closed = Record {
            position,
            reason,
            close_price,
            final_pnl,
            shortfall,
            tick_id: tick.id,
            closed_at: now_ms,
            by: by.clone(),
        };
        let payload = serde_json::json!({ "order": closed.message() });
        self.closed_index.insert(closed.position.order_id.clone(), self.closed.len());
        self.closed.push(closed);
        self.event("ORDER_CLOSED", by, &user_id, payload)
    }

    /// The price at which the position could be closed now: the bid (long) or the ask (short).
    pub(super) fn way_out(&self, position: &Position) -> i128 {
        let tick = self.ticks[&position.asset];
        if position.is_long { tick.bid } else { tick.ask }
    }
}

impl Position {
    /// The first reason to close it at this price, and the trigger price.
    fn reached(&self, tick: Tick) -> Option<(usize, i128)> {
        let (bid, ask) = (tick.bid, tick.ask);
        let loss = |price: i128| if self.is_long { bid <= price } else { ask >= price };
        let gain = |price: i128| if self.is_long { bid >= price } else { ask <= price };
        if loss(self.liquidation_price) {
            return Some((0, self.liquidation_price));
        }
        if let Some(price) = self.stop_loss.filter(|price| loss(*price)) {
            return Some((1, price));
        }
        self.take_profit.filter(|price| gain(*price)).map(|price| (2, price))
    }

    /// ⌊qty × (close − execution)⌋ for a long, ⌊qty × (execution − close)⌋ for a short.
    pub(super) fn pnl(&self, close_price: i128) -> i128 {
        let gain = close_price - self.entry_price;
        floor_div(self.qty * if self.is_long { gain } else { -gain }, SCALE)
    }
}
