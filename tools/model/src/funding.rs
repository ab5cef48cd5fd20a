//! `SETTLE_FUNDING`: what longs pay to shorts, by way of the house, or shorts to longs.

use crate::account::Event;
use crate::amount::{SCALE, fits, floor_mul_div};
use crate::entry::Entry;
use crate::message::put_nonzero;
use crate::model::{Model, Outcome, Verdict};
use crate::payload::{Payload, Unreadable};
use crate::position::Position;
use crate::symbol::Symbol;
use crate::ticket::is_price;
use serde_json::json;

/// The maximum lead of a settlement's time over the id of its entry, ms.
const LEAD_MAX_MS: u64 = 60_000;

/// One part per million of a rate at scale.
const PPM: i128 = SCALE / 1_000_000;

/// A settlement of an instrument.
#[derive(Clone, Copy)]
struct Settlement {
    /// Its time, Unix ms.
    time: u64,
    /// The rate that longs pay, within the instrument's cap.
    rate: i128,
    /// The price at which positions are valued.
    mark_price: i128,
}

impl Model {
    pub(crate) fn settle_funding(
        &mut self,
        entry: &Entry,
        clock_ms: u64,
        payload: Payload<'_>,
    ) -> Result<Outcome, Unreadable> {
        let asset = payload.symbol("symbol")?;
        let time = payload.number("fundingTime")?;
        let rate = payload.amount("fundingRateInt")?;
        let mark_price = payload.amount("markPriceInt")?;
        let instrument = self.instrument(asset);
        let mut wrong = Vec::new();
        if instrument.is_none() {
            wrong.push("UNKNOWN_ASSET");
        }
        let funding = instrument.and_then(|instrument| instrument.funding);
        let is_early = time > entry.id.ms.saturating_add(LEAD_MAX_MS);
        let Some(funding) = funding.filter(|_| is_price(mark_price) && !is_early) else {
            wrong.push("INVALID_FUNDING");
            return Ok(Outcome::without_events(Verdict::Rejected(wrong)));
        };
        if self.funded.get(&asset).is_some_and(|last| time <= *last) {
            return Ok(Outcome::done());
        }
        self.funded.insert(asset, time);
        let rate_max = funding.cap_ppm * PPM;
        let rate = rate.clamp(-rate_max, rate_max);
        let mut events = self.fund(asset, Settlement { time, rate, mark_price });
        if self.may_fill(asset, entry.id, clock_ms) {
            events.extend(self.serve(asset, entry.id, clock_ms));
        }
        Ok(Outcome { verdict: Verdict::Done, events })
    }

    /// Settles the positions that were open at the time, the oldest first.
    fn fund(&mut self, asset: Symbol, settlement: Settlement) -> Vec<Event> {
        let of_asset = self.open.values().filter(|position| position.asset == asset);
        let meant = of_asset.filter(|position| position.created_at <= settlement.time);
        let meant: Vec<_> = meant.cloned().collect();
        meant.into_iter().filter_map(|position| self.fund_one(position, settlement)).collect()
    }

    /// Pays ⌊∓quantity × mark price × rate⌋ to the owner of a position. What is negative is paid from
    /// the balance, then from the margin but for one unit; the owner owes nothing more.
    fn fund_one(&mut self, mut position: Position, settlement: Settlement) -> Option<Event> {
        let Settlement { time, rate, mark_price } = settlement;
        let value = position.qty * mark_price;
        let rate_received = if position.is_long { -rate } else { rate };
        let amount = floor_mul_div(value, rate_received, SCALE * SCALE);
        let account = self.accounts.get_mut(&position.user_id).expect("positions have owners");
        let owed = (-amount).max(0);
        let from_balance = owed.min(account.balance);
        let from_margin = (owed - from_balance).min(position.margin - 1);
        let moved = if amount > 0 { amount } else { -(from_balance + from_margin) };
        if moved == 0 {
            return None;
        }
        account.balance += moved + from_margin;
        account.used_margin -= from_margin;
        self.house -= moved;
        position.funding += moved;
        if from_margin > 0 {
            position.margin -= from_margin;
            let earlier = position.liquidation_price;
            position.set_liquidation_price(&self.instruments[&position.asset]);
            if !fits(position.liquidation_price) {
                position.liquidation_price = earlier;
            }
        }
        let mut payload = json!({
            "order": position.message(),
            "amountInt": moved.to_string(),
            "fundingRateInt": rate.to_string(),
            "markPriceInt": mark_price.to_string(),
            "fundingTime": time,
        });
        put_nonzero(&mut payload, "fromMarginInt", from_margin);
        let event = self.event("FUNDING_SETTLED", None, &position.user_id, payload);
        self.put_open(position);
        Some(event)
    }
}
