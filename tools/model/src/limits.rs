//! The limits in force and the list of instruments. Both change by entries of their own.

use crate::instrument::Instrument;
use crate::model::{Model, Outcome};
use crate::payload::{Payload, Unreadable};
use crate::symbol::Symbol;

/// The limits in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The maximum number of open positions of one account.
    pub max_open_positions: usize,
    /// The age from which on a price fills nothing, ms.
    pub stale_price_ms: u64,
    /// The time for which a closed order is known, ms.
    pub closed_retention_ms: u64,
    /// The maximum number of closed orders that are known.
    pub closed_retention_max: usize,
    /// The time for which the id of a closed order is known, ms; none where ids are known only with
    /// their orders.
    pub order_id_retention_ms: Option<u64>,
    /// The maximum lead of an entry's id over its sender's clock, ms.
    pub clock_lead_max_ms: Option<u64>,
    /// The maximum number of resting orders of one account.
    pub max_open_orders: usize,
    /// The age from which on a mark price is not trusted, ms.
    pub stale_mark_ms: u64,
    /// The distance of a mark price from the middle of the quote that is still trusted, in basis
    /// points.
    pub mark_deviation_max_bps: u64,
}

/// The maximum number of resting orders where the rules say nothing.
const MAX_OPEN_ORDERS: usize = 200;

/// The instruments of a history that lists none.
const BEFORE_LISTINGS: [&str; 3] = ["BTCUSDT", "ETHUSDT", "SOLUSDT"];

/// The age from which on a mark price is not trusted, where the rules say nothing, ms.
const STALE_MARK_MS: u64 = 10_000;

/// The distance of a mark price from the quote that is still trusted, where the rules say nothing, in
/// basis points.
const MARK_DEVIATION_MAX_BPS: u64 = 500;

/// The limits that hold until an entry sets others.
impl Default for Rules {
    fn default() -> Self {
        Self {
            max_open_positions: 100,
            stale_price_ms: 10_000,
            closed_retention_ms: 24 * 60 * 60 * 1_000,
            closed_retention_max: 100_000,
            order_id_retention_ms: None,
            clock_lead_max_ms: None,
            max_open_orders: MAX_OPEN_ORDERS,
            stale_mark_ms: STALE_MARK_MS,
            mark_deviation_max_bps: MARK_DEVIATION_MAX_BPS,
        }
    }
}

impl Model {
    pub(crate) fn set_rules(&mut self, payload: Payload<'_>) -> Result<Outcome, Unreadable> {
        let whole = |number: u64| number.try_into().map_err(|_| Unreadable);
        let count = |name| whole(payload.number(name)?);
        let max_open_orders = payload.optional_number("maxOpenOrders")?.map(whole).transpose()?;
        let deviation = payload.optional_number("markDeviationMaxBps")?;
        self.rules = Rules {
            max_open_positions: count("maxOpenPositions")?,
            stale_price_ms: payload.number("stalePriceMs")?,
            closed_retention_ms: payload.number("closedRetentionMs")?,
            closed_retention_max: count("closedRetentionMax")?,
            order_id_retention_ms: payload.optional_number("orderIdRetentionMs")?,
            clock_lead_max_ms: payload.optional_number("clockLeadMaxMs")?,
            max_open_orders: max_open_orders.unwrap_or(MAX_OPEN_ORDERS),
            stale_mark_ms: payload.optional_number("staleMarkMs")?.unwrap_or(STALE_MARK_MS),
            mark_deviation_max_bps: deviation.unwrap_or(MARK_DEVIATION_MAX_BPS),
        };
        Ok(Outcome::done())
    }

    /// Returns an instrument if it is listed. The first use of one of three lists these three, in a
    /// history that lists none itself.
    pub(crate) fn instrument(&mut self, symbol: Symbol) -> Option<Instrument> {
        let before = BEFORE_LISTINGS.map(|text| Symbol::read(text).expect("it is a symbol"));
        if self.instruments.is_empty() && before.contains(&symbol) {
            let listed = before.map(|symbol| (symbol, Instrument::default()));
            self.instruments = listed.into();
        }
        self.instruments.get(&symbol).cloned()
    }
}
