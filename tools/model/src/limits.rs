//! The limits in force and the listed instruments. Both change by entries of their own.

use crate::amount::{SCALE, floor_div};
use crate::model::{Model, Outcome};
use crate::payload::{Payload, Unreadable};
use crate::symbol::Symbol;
use crate::ticket::is_price;

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
}

/// The parameters of an instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instrument {
    /// The highest leverage of a new position.
    pub max_leverage: i128,
    /// The share of its margin that a position may lose, in basis points.
    pub liquidation_loss_bps: i128,
    /// The age from which on a price of this instrument fills nothing, ms.
    pub stale_price_ms: Option<u64>,
    /// The step of an order's prices.
    pub price_tick: Option<i128>,
    /// The step of an order's quantity.
    pub quantity_step: Option<i128>,
    /// The least quantity × price of an opening order.
    pub min_notional: Option<i128>,
}

/// The maximum number of resting orders where the rules say nothing.
const MAX_OPEN_ORDERS: usize = 200;

/// The instruments of a history that lists none, and their parameters.
const BEFORE_LISTINGS: [&str; 3] = ["BTCUSDT", "ETHUSDT", "SOLUSDT"];
const PARAMETERS_BEFORE_LISTINGS: Instrument = Instrument {
    max_leverage: 100,
    liquidation_loss_bps: 9_000,
    stale_price_ms: None,
    price_tick: None,
    quantity_step: None,
    min_notional: None,
};

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
        }
    }
}

impl Model {
    pub(crate) fn set_rules(&mut self, payload: Payload<'_>) -> Result<Outcome, Unreadable> {
        let whole = |number: u64| number.try_into().map_err(|_| Unreadable);
        let count = |name| whole(payload.number(name)?);
        let max_open_orders = payload.optional_number("maxOpenOrders")?.map(whole).transpose()?;
        self.rules = Rules {
            max_open_positions: count("maxOpenPositions")?,
            stale_price_ms: payload.number("stalePriceMs")?,
            closed_retention_ms: payload.number("closedRetentionMs")?,
            closed_retention_max: count("closedRetentionMax")?,
            order_id_retention_ms: payload.optional_number("orderIdRetentionMs")?,
            clock_lead_max_ms: payload.optional_number("clockLeadMaxMs")?,
            max_open_orders: max_open_orders.unwrap_or(MAX_OPEN_ORDERS),
        };
        Ok(Outcome::done())
    }

    pub(crate) fn set_instrument(&mut self, payload: Payload<'_>) -> Result<Outcome, Unreadable> {
        let within = |name, max| match payload.number(name)? {
            number if (1..=max).contains(&number) => Ok(i128::from(number)),
            _ => Err(Unreadable),
        };
        let step = |name| match payload.optional_amount(name)? {
            Some(step) if !is_price(step) => Err(Unreadable),
            step => Ok(step),
        };
        let symbol = payload.symbol("symbol")?;
        let instrument = Instrument {
            max_leverage: within("maxLeverage", 100)?,
            liquidation_loss_bps: within("liquidationLossBps", 10_000)?,
            stale_price_ms: payload.optional_number("stalePriceMs")?,
            price_tick: step("priceTickInt")?,
            quantity_step: step("quantityStepInt")?,
            min_notional: step("minNotionalInt")?,
        };
        self.instruments.insert(symbol, instrument);
        Ok(Outcome::done())
    }

    /// Returns an instrument if it is listed. The first use of one of three lists these three, in a
    /// history that lists none itself.
    pub(crate) fn instrument(&mut self, symbol: Symbol) -> Option<Instrument> {
        let before = BEFORE_LISTINGS.map(|text| Symbol::read(text).expect("it is a symbol"));
        if self.instruments.is_empty() && before.contains(&symbol) {
            let listed = before.map(|symbol| (symbol, PARAMETERS_BEFORE_LISTINGS));
            self.instruments = listed.into();
        }
        self.instruments.get(&symbol).copied()
    }
}

impl Instrument {
    /// Reports whether a price is a multiple of the tick.
    pub(crate) fn is_on_tick(&self, price: i128) -> bool {
        self.price_tick.is_none_or(|tick| price % tick == 0)
    }

    /// Reports whether a quantity is a multiple of the step.
    pub(crate) fn is_on_step(&self, qty: i128) -> bool {
        self.quantity_step.is_none_or(|step| qty % step == 0)
    }

    /// Reports whether ⌊quantity × price⌋ is less than the least that an order opens.
    pub(crate) fn is_too_small(&self, qty: i128, price: i128) -> bool {
        self.min_notional.is_some_and(|least| floor_div(qty * price, SCALE) < least)
    }
}
