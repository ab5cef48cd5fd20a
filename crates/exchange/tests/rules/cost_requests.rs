//! Random mark prices, fundings, resets, and instruments with costs, for histories in which trading is
//! not free.

use crate::desk::instrument;
use crate::order_history::{OrderHistory, TRADED};
use messages::{
    Bracket, FillPolicy, Funding, FundingSource, Instrument, InstrumentStatus, LiquidationModel,
    MarkPrice, PriceSource, Request, ResetAccount, Rules, SettleFunding, UserId, amount_after,
};
use price::{Price, Qty, Rate, Usd};
use rand::RngExt;

/// Brackets of which the positions of these histories fill all.
const BRACKETS: [(i128, u8, u32); 4] =
    [(2_000, 100, 4_000), (10_000, 50, 6_500), (40_000, 20, 10_000), (90_000, 5, 25_000)];

impl OrderHistory {
    /// Draws what only histories with costs have.
    pub fn draw_cost(&mut self, user: UserId, symbol: usize) -> Request {
        match self.random.random_range(0..200) {
            0..150 => self.mark(symbol),
            150..185 => self.settle_funding(symbol),
            185..188 => self.set_costs(symbol, true),
            188..190 => self.set_mark_rules(),
            _ => self.reset(user),
        }
    }

    /// Draws a mark price, mostly near the quote, and seldom one that is no price.
    fn mark(&mut self, symbol: usize) -> Request {
        let mid = self.mids[symbol];
        let far = match self.random.random_range(0..200) {
            0..4 => 1_000,
            4..20 => 120,
            _ => 15,
        };
        let mark = mid + mid * self.random.random_range(-far..=far) / 10_000;
        let mark = Price::from_scaled(if self.random.random_bool(0.005) { -mark } else { mark });
        let index = self.random.random_bool(0.5).then_some(mark);
        Request::MarkPrice(MarkPrice {
            symbol: TRADED[symbol].0,
            mark,
            index,
            funding_rate: self.random.random_bool(0.5).then(|| Rate::from_scaled(10_000)),
            next_funding_ms: Some(self.id.ms + 1_000),
            marked_at_ms: self.random.random_bool(0.5).then(|| self.clock_ms()),
        })
    }

    fn settle_funding(&mut self, symbol: usize) -> Request {
        let late_ms = match self.random.random_range(0..20) {
            0 => 5_000,
            1 => self.random.random_range(0..300),
            _ => 0,
        };
        let early_ms = if self.random.random_bool(0.02) { 61_000 } else { 0 };
        let rate = match self.random.random_range(0..20) {
            0 => 0,
            1..6 => self.random.random_range(-30_000_000..30_000_000),
            _ => self.random.random_range(-400_000..400_000),
        };
        let mark = if self.random.random_bool(0.02) { 0 } else { self.mids[symbol] };
        Request::SettleFunding(SettleFunding {
            symbol: TRADED[symbol].0,
            funding_ms: self.id.ms - late_ms + early_ms,
            rate: Rate::from_scaled(rate),
            mark: Price::from_scaled(mark),
        })
    }

    fn reset(&mut self, user: UserId) -> Request {
        let usd = if self.wrong() { 50 } else { self.random.random_range(100..2_000) };
        let balance = Usd::from_scaled(usd * price::SCALE + self.random.random_range(0..100));
        Request::ResetAccount(user, ResetAccount { balance })
    }

    fn set_mark_rules(&mut self) -> Request {
        let stale_mark_ms = Some(self.random.random_range(500..20_000));
        let bps = Some(self.random.random_range(20..600));
        match self.set_rules() {
            Request::SetRules(rules) => {
                Request::SetRules(Rules { stale_mark_ms, mark_deviation_max_bps: bps, ..rules })
            }
            other => other,
        }
    }

    /// Draws the parameters of an instrument with costs.
    pub fn set_costs(&mut self, symbol: usize, is_change: bool) -> Request {
        let known = match self.set_instrument(symbol, is_change) {
            Request::SetInstrument(instrument) => *instrument,
            _ => instrument(TRADED[symbol].0),
        };
        let is_same = !is_change || self.random.random_bool(0.3);
        let maintenance = if is_same { symbol < 2 } else { self.random.random() };
        let by_mark = if is_same { symbol != 1 } else { self.random.random() };
        let is_next = if is_same { symbol == 2 } else { self.random.random_bool(0.3) };
        let liquidation_model =
            if maintenance { LiquidationModel::Maintenance } else { LiquidationModel::MarginLoss };
        let is_tight = is_change && self.random.random_bool(0.3);
        let status = match self.random.random_range(0..6) {
            0 if is_change => InstrumentStatus::ReduceOnly,
            1 if is_change => InstrumentStatus::Halted,
            _ => InstrumentStatus::Trading,
        };
        let hours = [1, 4, 8][self.random.random_range(0..3)];
        let funding =
            Funding { source: FundingSource::Venue, interval_hours: hours, cap_ppm: 20_000 };
        let has_funding = self.random.random_bool(0.9);
        let unit = 100_000_000 * price::SCALE / TRADED[symbol].1;
        Request::SetInstrument(Box::new(Instrument {
            max_leverage: 100,
            min_quantity: Some(Qty::from_scaled((unit * 2 / 1_000).max(1) * 1_000)),
            brackets: if maintenance || self.random.random() {
                brackets(is_tight)
            } else {
                Vec::new()
            },
            maker_fee_ppm: self.random.random_range(0..400),
            taker_fee_ppm: self.random.random_range(0..1_200),
            liquidation_fee_ppm: self.random.random_range(0..15_000),
            funding: has_funding.then_some(funding),
            liquidation_model,
            fill: if is_next { FillPolicy::Next } else { FillPolicy::Last },
            trigger_price: if by_mark { PriceSource::Mark } else { PriceSource::Quote },
            open_interest_cap: is_tight.then(|| Qty::from_scaled(unit * 20_000)),
            status,
            ..known
        }))
    }
}

fn brackets(is_tight: bool) -> Vec<Bracket> {
    let mut brackets: Vec<Bracket> = Vec::new();
    for (usd, max_leverage, ppm) in BRACKETS {
        let ppm = if is_tight { ppm * 3 } else { ppm };
        let amount = brackets.last().map_or(Ok(Usd::ZERO), |before| amount_after(before, ppm));
        brackets.push(Bracket {
            notional_cap: Usd::from_scaled(usd * price::SCALE),
            max_leverage,
            maintenance_ppm: ppm,
            maintenance_amount: amount.unwrap(),
        });
    }
    brackets
}
