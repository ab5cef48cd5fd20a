//! Instruments with their parameters, and `SET_INSTRUMENT`.

use crate::amount::{SCALE, ceil_div, fits, floor_div};
use crate::payload::{Payload, Unreadable};
use crate::ticket::is_price;

/// The highest fee, in parts per million.
const FEE_PPM_MAX: u64 = 100_000;

/// One whole in parts per million.
pub const MILLION: i128 = 1_000_000;

/// The parameters of an instrument.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// The least quantity of an opening order.
    pub min_quantity: Option<i128>,
    /// The brackets of notionals, the lowest first.
    pub brackets: Vec<Bracket>,
    /// The fee of a maker, in parts per million of the notional.
    pub maker_fee_ppm: i128,
    /// The fee of a taker, in parts per million of the notional.
    pub taker_fee_ppm: i128,
    /// The fee of a liquidation, in parts per million of the notional.
    pub liquidation_fee_ppm: i128,
    /// The funding, if positions pay and receive it.
    pub funding: Option<Funding>,
    /// The condition under which a position is liquidated.
    pub liquidation_model: LiquidationModel,
    /// The price that exits and triggers wait for.
    pub trigger_price: TriggerPrice,
    /// The price at which orders fill.
    pub fill: FillAt,
    /// The most that the open positions of one side may have together.
    pub open_interest_cap: Option<i128>,
    /// Whether it is traded.
    pub status: TradingStatus,
}

/// A bracket of notionals: above the cap of the bracket below, up to and including its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bracket {
    /// The highest notional.
    pub notional_cap: i128,
    /// The highest leverage of a position of such a notional.
    pub max_leverage: i128,
    /// The share of the notional that is the maintenance margin, in parts per million.
    pub maintenance_ppm: i128,
    /// The amount by which that share exceeds the maintenance margin, because lower brackets have
    /// lower shares.
    pub maintenance_amount: i128,
}

/// The funding of an instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Funding {
    /// The source of the rate.
    pub source: FundingSource,
    /// The hours from one settlement to the next.
    pub interval_hours: u64,
    /// The highest rate, either way, in parts per million.
    pub cap_ppm: i128,
}

/// The source of a funding rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FundingSource {
    /// The venue that the prices are from.
    Venue,
    /// The distance of the mark price from the index price.
    Premium,
}

/// The condition under which a position is liquidated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LiquidationModel {
    /// The position has lost a share of its margin.
    #[default]
    MarginLoss,
    /// The position's margin has become its maintenance margin.
    Maintenance,
}

/// The price that exits and triggers wait for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TriggerPrice {
    /// The quote.
    #[default]
    Quote,
    /// The mark price.
    Mark,
}

/// The price at which orders fill.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FillAt {
    /// The last before them.
    #[default]
    Last,
    /// The next after them.
    Next,
}

/// The orders that an instrument accepts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TradingStatus {
    /// All orders.
    #[default]
    Trading,
    /// Orders that reduce a position.
    ReduceOnly,
    /// No orders; no order fills.
    Halted,
}

/// The parameters of the instruments of a history that lists none.
impl Default for Instrument {
    fn default() -> Self {
        Self {
            max_leverage: 100,
            liquidation_loss_bps: 9_000,
            stale_price_ms: None,
            price_tick: None,
            quantity_step: None,
            min_notional: None,
            min_quantity: None,
            brackets: Vec::new(),
            maker_fee_ppm: 0,
            taker_fee_ppm: 0,
            liquidation_fee_ppm: 0,
            funding: None,
            liquidation_model: LiquidationModel::default(),
            trigger_price: TriggerPrice::default(),
            fill: FillAt::default(),
            open_interest_cap: None,
            status: TradingStatus::default(),
        }
    }
}

impl Instrument {
    /// Reads the parameters of `SET_INSTRUMENT`.
    pub(crate) fn read(payload: Payload<'_>) -> Result<Self, Unreadable> {
        let step = |name| match payload.optional_amount(name)? {
            Some(step) if !is_price(step) => Err(Unreadable),
            step => Ok(step),
        };
        let fee_ppm = |name| match payload.optional_number(name)?.unwrap_or(0) {
            ppm if ppm <= FEE_PPM_MAX => Ok(i128::from(ppm)),
            _ => Err(Unreadable),
        };
        let liquidation_models = [
            ("MARGIN_LOSS", LiquidationModel::MarginLoss),
            ("MAINTENANCE", LiquidationModel::Maintenance),
        ];
        let trigger_prices = [("QUOTE", TriggerPrice::Quote), ("MARK", TriggerPrice::Mark)];
        let statuses = [
            ("TRADING", TradingStatus::Trading),
            ("REDUCE_ONLY", TradingStatus::ReduceOnly),
            ("HALTED", TradingStatus::Halted),
        ];
        let instrument = Self {
            max_leverage: within(payload, "maxLeverage", 100)?.into(),
            liquidation_loss_bps: within(payload, "liquidationLossBps", 10_000)?.into(),
            stale_price_ms: payload.optional_number("stalePriceMs")?,
            price_tick: step("priceTickInt")?,
            quantity_step: step("quantityStepInt")?,
            min_notional: step("minNotionalInt")?,
            min_quantity: step("minQuantityInt")?,
            brackets: read_brackets(payload)?,
            maker_fee_ppm: fee_ppm("makerFeePpm")?,
            taker_fee_ppm: fee_ppm("takerFeePpm")?,
            liquidation_fee_ppm: fee_ppm("liquidationFeePpm")?,
            funding: payload.given("funding").map(|it| Funding::read(Payload(it))).transpose()?,
            liquidation_model: choice(payload, "liquidationModel", &liquidation_models)?,
            trigger_price: choice(payload, "triggerPrice", &trigger_prices)?,
            fill: choice(payload, "fill", &[("LAST", FillAt::Last), ("NEXT", FillAt::Next)])?,
            open_interest_cap: step("openInterestCapInt")?,
            status: choice(payload, "status", &statuses)?,
        };
        let lacks_brackets = instrument.brackets.is_empty() && instrument.is_maintained();
        if lacks_brackets || !instrument.has_sound_brackets() {
            Err(Unreadable)
        } else {
            Ok(instrument)
        }
    }

    /// Reports whether the brackets go together: caps rise, leverages never do, shares rise, and
    /// the maintenance margin has no jump at a cap.
    fn has_sound_brackets(&self) -> bool {
        let is_sound = |bracket: &Bracket| {
            is_price(bracket.notional_cap)
                && bracket.max_leverage >= 1
                && (1..=MILLION / 2).contains(&bracket.maintenance_ppm)
                && fits(bracket.maintenance_amount)
        };
        let follow = |pair: &[Bracket]| {
            let (below, above) = (pair[0], pair[1]);
            let more_ppm = above.maintenance_ppm - below.maintenance_ppm;
            let more_amount = above.maintenance_amount - below.maintenance_amount;
            above.notional_cap > below.notional_cap
                && above.max_leverage <= below.max_leverage
                && more_ppm > 0
                && more_amount * MILLION == below.notional_cap * more_ppm
        };
        let is_first = |first: &Bracket| {
            first.max_leverage == self.max_leverage && first.maintenance_amount == 0
        };
        self.brackets.iter().all(is_sound)
            && self.brackets.first().is_none_or(is_first)
            && self.brackets.windows(2).all(follow)
    }

    /// Reports whether a maintenance margin decides on liquidations.
    pub(crate) fn is_maintained(&self) -> bool {
        self.liquidation_model == LiquidationModel::Maintenance
    }

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

    /// Reports whether a quantity is less than the least that an order opens.
    pub(crate) fn has_too_little(&self, qty: i128) -> bool {
        self.min_quantity.is_some_and(|least| qty < least)
    }

    /// Reports whether ⌈quantity × entry price⌉ is more than a position of this leverage may have:
    /// the cap of the last bracket that allows it. Without brackets there is no limit.
    pub(crate) fn is_too_large(&self, qty: i128, price: i128, leverage: i128) -> bool {
        let notional = ceil_div(qty * price, SCALE);
        let mut allowing = self.brackets.iter().filter(|bracket| bracket.max_leverage >= leverage);
        let highest = allowing.next_back().map_or(0, |bracket| bracket.notional_cap);
        !self.brackets.is_empty() && notional > highest
    }
}

impl Bracket {
    fn read(payload: Payload<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            notional_cap: payload.amount("notionalCapInt")?,
            max_leverage: payload.number("maxLeverage")?.into(),
            maintenance_ppm: payload.number("maintenancePpm")?.into(),
            maintenance_amount: payload.amount("maintenanceAmountInt")?,
        })
    }
}

impl Funding {
    fn read(payload: Payload<'_>) -> Result<Self, Unreadable> {
        let sources = [("VENUE", FundingSource::Venue), ("PREMIUM", FundingSource::Premium)];
        let source = payload.text("source")?;
        let interval_hours = within(payload, "intervalHours", 24)?;
        if 24 % interval_hours != 0 {
            return Err(Unreadable);
        }
        Ok(Self {
            source: named(source, &sources)?,
            interval_hours,
            cap_ppm: within(payload, "capPpm", 1_000_000)?.into(),
        })
    }
}

fn read_brackets(payload: Payload<'_>) -> Result<Vec<Bracket>, Unreadable> {
    let Some(value) = payload.given("brackets") else { return Ok(Vec::new()) };
    let brackets = value.as_array().ok_or(Unreadable)?;
    brackets.iter().map(|bracket| Bracket::read(Payload(bracket))).collect()
}

/// A number from one to a limit.
fn within(payload: Payload<'_>, name: &str, max: u64) -> Result<u64, Unreadable> {
    let number = payload.number(name)?;
    if (1..=max).contains(&number) { Ok(number) } else { Err(Unreadable) }
}

/// One of several values by its name; the first if none is given.
fn choice<T: Copy>(
    payload: Payload<'_>,
    name: &str,
    values: &[(&str, T)],
) -> Result<T, Unreadable> {
    let text = payload.optional_text(name)?;
    text.map_or(Ok(values[0].1), |text| named(text, values))
}

fn named<T: Copy>(text: &str, values: &[(&str, T)]) -> Result<T, Unreadable> {
    values.iter().find(|(name, _)| *name == text).map(|(_, value)| *value).ok_or(Unreadable)
}
