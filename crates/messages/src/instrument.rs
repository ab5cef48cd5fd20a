//! Instruments: the contracts that can be traded, with their parameters.

use crate::costs::{
    Bracket, FillPolicy, Funding, InstrumentStatus, LiquidationModel, PriceSource, WHOLE_PPM,
    check_brackets,
};
use crate::order::FillRole;
use crate::symbol::Symbol;
use price::{OutOfRange, Price, Qty, Rounding, Usd};
use serde::{Deserialize, Serialize};

/// The highest leverage that an instrument may allow.
pub const LEVERAGE_MAX: u8 = 100;

/// The leverage in an instrument before an account sets one, if the instrument allows it.
const DEFAULT_LEVERAGE: u8 = 20;

/// One hundred per cent in basis points.
pub const WHOLE_BPS: u32 = 10_000;

/// The widest spread of an instrument, in basis points of the price.
const SPREAD_BPS_MAX: u32 = 1_000;

/// The maximum number of decimals that an amount has.
const DECIMALS_MAX: u8 = 8;

/// The maximum volatility of a simulated price, in billionths of the price per second: 1 %.
const VOLATILITY_PPB_MAX: u32 = 10_000_000;

/// The highest fee: 10 % of the notional.
const FEE_PPM_MAX: u32 = 100_000;

/// The maximum length of a name, in characters.
const NAME_CHARS_MAX: usize = 40;

/// A contract that can be traded, with its parameters. Positions keep the parameters of the moment
/// at which they were opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Instrument {
    /// The name of the instrument.
    pub symbol: Symbol,
    /// The name of the base asset for people, such as `Bitcoin`.
    pub name: String,
    /// The asset in which quantities are given, such as `BTC`.
    pub base_asset: String,
    /// The asset in which prices are given, such as `USDT`.
    pub quote_asset: String,
    /// The name of the instrument at the venue whose trades give its price.
    pub feed_symbol: Symbol,
    /// The number of decimals with which prices are shown.
    pub price_decimals: u8,
    /// The number of decimals with which quantities are shown.
    pub quantity_decimals: u8,
    /// The highest leverage of a new position.
    pub max_leverage: u8,
    /// The distance from bid to ask, in basis points of the price.
    pub spread_bps: u32,
    /// The share of its margin that a position may lose before it is liquidated, in basis points.
    pub liquidation_loss_bps: u32,
    /// The age from which on a price fills nothing, ms; [`crate::Rules::stale_price_ms`] if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stale_price_ms: Option<u64>,
    /// The price of an order must be a multiple of it; any price if absent.
    #[serde(rename = "priceTickInt", default, skip_serializing_if = "Option::is_none")]
    pub price_tick: Option<Price>,
    /// The quantity of an order must be a multiple of it; any quantity if absent.
    #[serde(rename = "quantityStepInt", default, skip_serializing_if = "Option::is_none")]
    pub quantity_step: Option<Qty>,
    /// The lowest value of an order that opens a position, USD; any value if absent.
    #[serde(rename = "minNotionalInt", default, skip_serializing_if = "Option::is_none")]
    pub min_notional: Option<Usd>,
    /// The least quantity of an order that opens a position; any quantity if absent.
    #[serde(rename = "minQuantityInt", default, skip_serializing_if = "Option::is_none")]
    pub min_quantity: Option<Qty>,
    /// The maintenance margins and the highest leverages by notional, lowest notional first. Empty
    /// if neither depends on it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub brackets: Vec<Bracket>,
    /// The fee of a maker, in millionths of the notional.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub maker_fee_ppm: u32,
    /// The fee of a taker, in millionths of the notional.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub taker_fee_ppm: u32,
    /// The fee of a liquidation, beside that of the taker, in millionths of the notional.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub liquidation_fee_ppm: u32,
    /// The funding; none if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub funding: Option<Funding>,
    /// The condition under which a position is liquidated.
    #[serde(default, skip_serializing_if = "is_default")]
    pub liquidation_model: LiquidationModel,
    /// The price that reaches stop-losses, take-profits and the triggers of orders.
    #[serde(default, skip_serializing_if = "is_default")]
    pub trigger_price: PriceSource,
    /// The quote at which a market order fills.
    #[serde(default, skip_serializing_if = "is_default")]
    pub fill: FillPolicy,
    /// The limit of the quantity of all open positions on one side; none if absent.
    #[serde(rename = "openInterestCapInt", default, skip_serializing_if = "Option::is_none")]
    pub open_interest_cap: Option<Qty>,
    /// The kinds of orders that are accepted.
    #[serde(default, skip_serializing_if = "is_default")]
    pub status: InstrumentStatus,
    /// The parameters of its simulated prices.
    pub simulation: Simulation,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// The parameters of an instrument's prices while they are simulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Simulation {
    /// The price at which a simulation without a past begins.
    #[serde(rename = "firstPriceInt")]
    pub first_price: Price,
    /// The usual move within one second, in billionths of the price.
    pub volatility_ppb: u32,
}

/// A parameter of an instrument outside its range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{symbol}: {parameter} {problem}")]
pub struct InvalidInstrument {
    /// The instrument.
    pub symbol: Symbol,
    /// The parameter, as `markets.toml` spells it.
    pub parameter: &'static str,
    /// The problem.
    pub problem: String,
}

impl Instrument {
    /// Returns the instrument if every parameter is in its range.
    ///
    /// # Errors
    /// [`InvalidInstrument`] names the first parameter that is not.
    pub fn checked(self) -> Result<Self, InvalidInstrument> {
        self.check().map(|()| self)
    }

    /// Checks that every parameter is in its range.
    ///
    /// # Errors
    /// [`InvalidInstrument`] names the first parameter that is not.
    pub fn check(&self) -> Result<(), InvalidInstrument> {
        let Simulation { first_price, volatility_ppb } = self.simulation;
        let texts = [
            ("name", is_name(&self.name), "must have 1 to 40 characters"),
            (
                "base_asset",
                is_asset(&self.base_asset),
                "must be 1 to 16 capital letters and digits",
            ),
            (
                "quote_asset",
                is_asset(&self.quote_asset),
                "must be 1 to 16 capital letters and digits",
            ),
            (
                "simulation.first_price",
                first_price.is_positive() && first_price.to_i64().is_ok(),
                POSITIVE,
            ),
            ("price_tick", is_sound(self.price_tick.map(Price::to_i64)), POSITIVE),
            ("quantity_step", is_sound(self.quantity_step.map(Qty::to_i64)), POSITIVE),
            ("min_notional", is_sound(self.min_notional.map(Usd::to_i64)), POSITIVE),
            ("min_quantity", is_sound(self.min_quantity.map(Qty::to_i64)), POSITIVE),
            ("open_interest_cap", is_sound(self.open_interest_cap.map(Qty::to_i64)), POSITIVE),
        ];
        let fee_max = FEE_PPM_MAX.into();
        let decimals = DECIMALS_MAX.into();
        let numbers = [
            ("price_decimals", u64::from(self.price_decimals), 0, decimals),
            ("quantity_decimals", self.quantity_decimals.into(), 0, decimals),
            ("max_leverage", self.max_leverage.into(), 1, LEVERAGE_MAX.into()),
            ("spread_bps", self.spread_bps.into(), 0, SPREAD_BPS_MAX.into()),
            ("liquidation_loss_bps", self.liquidation_loss_bps.into(), 1, WHOLE_BPS.into()),
            ("stale_price_ms", self.stale_price_ms.unwrap_or(1), 1, u64::from(u32::MAX)),
            ("simulation.volatility_ppb", volatility_ppb.into(), 1, VOLATILITY_PPB_MAX.into()),
            ("maker_fee_ppm", self.maker_fee_ppm.into(), 0, fee_max),
            ("taker_fee_ppm", self.taker_fee_ppm.into(), 0, fee_max),
            ("liquidation_fee_ppm", self.liquidation_fee_ppm.into(), 0, fee_max),
        ];
        let text = texts.into_iter().find(|(_, is_valid, _)| !is_valid);
        let text = text.map(|(parameter, _, problem)| (parameter, problem.to_owned()));
        let number = numbers.into_iter().find(|(_, n, min, max)| !(min..=max).contains(&n));
        let number = number
            .map(|(parameter, n, min, max)| (parameter, format!("is {n}, not {min} to {max}")));
        let costs = || self.funding.and_then(Funding::problem).or_else(|| self.bracket_problem());
        match text.or(number).or_else(costs) {
            None => Ok(()),
            Some((parameter, problem)) => {
                Err(InvalidInstrument { symbol: self.symbol, parameter, problem })
            }
        }
    }

    fn bracket_problem(&self) -> Option<(&'static str, String)> {
        let problem = match self.liquidation_model {
            LiquidationModel::Maintenance if self.brackets.is_empty() => {
                Some("must be given for the liquidation model maintenance".to_owned())
            }
            _ => check_brackets(&self.brackets, self.max_leverage).err(),
        };
        problem.map(|problem| ("brackets", problem))
    }

    /// The price that liquidates positions.
    pub const fn liquidation_source(&self) -> PriceSource {
        match self.liquidation_model {
            LiquidationModel::MarginLoss => PriceSource::Quote,
            LiquidationModel::Maintenance => PriceSource::Mark,
        }
    }

    /// Reports whether positions are valued at the mark price: something of the instrument waits
    /// for it.
    pub fn needs_mark(&self) -> bool {
        [self.liquidation_source(), self.trigger_price].contains(&PriceSource::Mark)
    }

    /// The fee of a fill, in millionths of its notional.
    pub const fn fee_ppm(&self, role: FillRole) -> u32 {
        match role {
            FillRole::Maker => self.maker_fee_ppm,
            FillRole::Taker => self.taker_fee_ppm,
        }
    }

    /// The leverage before an account sets one.
    pub fn default_leverage(&self) -> u8 {
        DEFAULT_LEVERAGE.min(self.max_leverage)
    }

    /// Reports whether the price feed has to send mark prices of the instrument.
    pub fn has_mark(&self) -> bool {
        self.needs_mark() || self.funding.is_some()
    }

    /// The margin at which a position is liquidated at a price, rounded up: what
    /// [`Self::liquidation_loss_bps`] leaves of the margin that it holds, or the maintenance margin of
    /// its value.
    pub fn maintenance_margin(&self, margin: Usd, qty: Qty, mark: Price) -> Usd {
        match self.liquidation_model {
            LiquidationModel::MarginLoss => {
                let kept_bps = WHOLE_BPS.saturating_sub(self.liquidation_loss_bps);
                margin.ratio(kept_bps, WHOLE_BPS, Rounding::Ceiling).unwrap_or(margin)
            }
            LiquidationModel::Maintenance => {
                let value = (qty * mark).round(Rounding::Floor).unwrap_or(Usd::ZERO);
                let found = self.brackets.iter().find(|bracket| value <= bracket.notional_cap);
                let Some(bracket) = found.or_else(|| self.brackets.last()) else {
                    return Usd::ZERO;
                };
                let share = value.ratio(bracket.maintenance_ppm, WHOLE_PPM, Rounding::Ceiling);
                let less = share.and_then(|share| share.checked_sub(bracket.maintenance_amount));
                less.unwrap_or(margin).max(Usd::ZERO)
            }
        }
    }

    /// The highest notional of a position with this leverage; none if there is no limit.
    #[inline]
    pub fn max_notional(&self, leverage: u8) -> Option<Usd> {
        self.brackets.first()?;
        let allowed = self.brackets.iter().rev().find(|bracket| bracket.max_leverage >= leverage);
        Some(allowed.map_or(Usd::ZERO, |bracket| bracket.notional_cap))
    }
}

/// The bounds of an amount, as the end of a sentence.
const POSITIVE: &str = "must be above zero and fit in 64 bits at scale 10^8";

fn is_sound(amount: Option<Result<i64, OutOfRange>>) -> bool {
    amount.is_none_or(|amount| amount.is_ok_and(|amount| amount > 0))
}

fn is_name(text: &str) -> bool {
    let has_content = text.chars().any(|char| !char.is_whitespace() && !char.is_control());
    has_content && text.chars().count() <= NAME_CHARS_MAX
}

fn is_asset(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    (1..=Symbol::LEN_MAX).contains(&text.len()) && text.bytes().all(is_allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sound() -> Instrument {
        let symbol = Symbol::from_static("BTCUSDT");
        let first_price = Price::from_scaled(9_200_000_000_000);
        Instrument {
            symbol,
            name: "Bitcoin".to_owned(),
            base_asset: "BTC".to_owned(),
            quote_asset: "USDT".to_owned(),
            feed_symbol: symbol,
            price_decimals: 2,
            quantity_decimals: 5,
            max_leverage: 100,
            spread_bps: 10,
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
            liquidation_model: LiquidationModel::MarginLoss,
            trigger_price: PriceSource::Quote,
            fill: FillPolicy::Last,
            open_interest_cap: None,
            status: InstrumentStatus::Trading,
            simulation: Simulation { first_price, volatility_ppb: 80_000 },
        }
    }

    #[test]
    fn a_position_is_liquidated_at_what_its_model_leaves() {
        let bracket = |cap, maintenance_ppm, amount| Bracket {
            notional_cap: Usd::from_scaled(cap),
            max_leverage: 20,
            maintenance_ppm,
            maintenance_amount: Usd::from_scaled(amount),
        };
        let brackets = vec![bracket(1_000, 4_000, 0), bracket(9_000, 5_000, 1)];
        let model = LiquidationModel::Maintenance;
        let by_value = Instrument { brackets, liquidation_model: model, ..sound() };
        let qty = Qty::from_scaled(100_000_000);
        for (value, margin) in [(1_000, 4), (1_001, 5), (9_001, 45)] {
            let found = by_value.maintenance_margin(Usd::ZERO, qty, Price::from_scaled(value));
            assert_eq!(found, Usd::from_scaled(margin), "{value}");
        }
        let found = sound().maintenance_margin(Usd::from_scaled(11), qty, Price::ZERO);
        assert_eq!(found, Usd::from_scaled(2));
    }

    #[test]
    fn every_parameter_has_a_range() {
        let sound = sound();
        assert_eq!(sound.clone().checked(), Ok(sound.clone()));
        let simulation = sound.simulation;
        let no_price = Simulation { first_price: Price::from_scaled(0), ..simulation };
        let no_moves = Simulation { volatility_ppb: 0, ..simulation };
        let rows = [
            ("name", Instrument { name: " ".to_owned(), ..sound.clone() }),
            ("name", Instrument { name: "x".repeat(41), ..sound.clone() }),
            ("base_asset", Instrument { base_asset: "btc".to_owned(), ..sound.clone() }),
            ("quote_asset", Instrument { quote_asset: String::new(), ..sound.clone() }),
            ("price_decimals", Instrument { price_decimals: 9, ..sound.clone() }),
            ("quantity_decimals", Instrument { quantity_decimals: 9, ..sound.clone() }),
            ("max_leverage", Instrument { max_leverage: 0, ..sound.clone() }),
            ("max_leverage", Instrument { max_leverage: 101, ..sound.clone() }),
            ("spread_bps", Instrument { spread_bps: 1_001, ..sound.clone() }),
            ("liquidation_loss_bps", Instrument { liquidation_loss_bps: 0, ..sound.clone() }),
            ("liquidation_loss_bps", Instrument { liquidation_loss_bps: 10_001, ..sound.clone() }),
            ("stale_price_ms", Instrument { stale_price_ms: Some(0), ..sound.clone() }),
            ("price_tick", Instrument { price_tick: Some(Price::ZERO), ..sound.clone() }),
            ("quantity_step", Instrument { quantity_step: Some(Qty::ZERO), ..sound.clone() }),
            ("min_notional", Instrument { min_notional: Some(Usd::ZERO), ..sound.clone() }),
            ("min_quantity", Instrument { min_quantity: Some(Qty::ZERO), ..sound.clone() }),
            (
                "open_interest_cap",
                Instrument { open_interest_cap: Some(Qty::ZERO), ..sound.clone() },
            ),
            ("maker_fee_ppm", Instrument { maker_fee_ppm: 100_001, ..sound.clone() }),
            ("taker_fee_ppm", Instrument { taker_fee_ppm: 100_001, ..sound.clone() }),
            ("liquidation_fee_ppm", Instrument { liquidation_fee_ppm: 100_001, ..sound.clone() }),
            (
                "brackets",
                Instrument { liquidation_model: LiquidationModel::Maintenance, ..sound.clone() },
            ),
            ("simulation.first_price", Instrument { simulation: no_price, ..sound.clone() }),
            ("simulation.volatility_ppb", Instrument { simulation: no_moves, ..sound }),
        ];
        for (parameter, instrument) in rows {
            let error = instrument.checked().expect_err(parameter);
            assert_eq!(error.parameter, parameter);
        }
    }
}
