//! Random costs of the traded instrument, mark prices, fundings and resets.

use crate::draw::{Draw, user_id};
use crate::world::START_MS;
use messages::{
    Bracket, FillPolicy, Funding, FundingSource, Instrument, InstrumentStatus, LiquidationModel,
    MarkPrice, PriceSource, Request, ResetAccount, SettleFunding,
};
use price::{Rate, Usd};
use rand::RngExt as _;

impl Draw {
    /// Draws fees, a maintenance margin, a funding, and the prices by which the instrument goes.
    pub fn add_costs(&mut self, instrument: &mut Instrument) {
        let bracket = Bracket {
            notional_cap: Usd::from_scaled(i64::MAX.into()),
            max_leverage: instrument.max_leverage,
            maintenance_ppm: *self.pick(&[4_000, 25_000]),
            maintenance_amount: Usd::ZERO,
        };
        let funding = Funding { source: FundingSource::Venue, interval_hours: 8, cap_ppm: 30_000 };
        instrument.brackets = vec![bracket];
        instrument.maker_fee_ppm = *self.pick(&[0, 200]);
        instrument.taker_fee_ppm = *self.pick(&[500, 1_000]);
        instrument.liquidation_fee_ppm = *self.pick(&[0, 12_500]);
        instrument.funding = Some(funding);
        instrument.liquidation_model =
            *self.pick(&[LiquidationModel::MarginLoss, LiquidationModel::Maintenance]);
        instrument.trigger_price = *self.pick(&[PriceSource::Quote, PriceSource::Mark]);
        instrument.fill = *self.pick(&[FillPolicy::Last, FillPolicy::Last, FillPolicy::Next]);
        let trading = InstrumentStatus::Trading;
        let statuses = [trading, trading, trading, InstrumentStatus::ReduceOnly];
        instrument.status = *self.pick(&statuses);
    }

    /// Draws a mark price near the quote, sometimes too far from it to close anything.
    pub fn mark(&mut self) -> Request {
        let reach = if self.random.random_bool(0.1) { 1_500 } else { 40 };
        let mark = self.desk.price(self.desk.mid + self.random.random_range(-reach..=reach));
        Request::MarkPrice(MarkPrice {
            symbol: self.desk.symbol,
            mark,
            index: None,
            funding_rate: None,
            next_funding_ms: None,
            marked_at_ms: None,
        })
    }

    /// Draws a funding of this moment.
    pub fn fund(&mut self) -> Request {
        let rate = Rate::from_scaled(self.random.random_range(-3_000_000..=3_000_000));
        let (symbol, mark) = (self.desk.symbol, self.desk.price(self.desk.mid));
        Request::SettleFunding(SettleFunding {
            symbol,
            funding_ms: START_MS + self.now_ms,
            rate,
            mark,
        })
    }

    /// Draws a new beginning of an account.
    pub fn reset(&mut self, user: u128) -> Request {
        let balance = Usd::from_scaled(
            self.scale.wealth * self.random.random_range(50..5_000) * price::SCALE,
        );
        Request::ResetAccount(user_id(user), ResetAccount { balance })
    }
}
