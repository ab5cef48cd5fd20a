//! Reads `markets.toml`.

use messages::{
    Bracket, FillPolicy, Funding, FundingSource, Instrument, InstrumentStatus, InvalidInstrument,
    LiquidationModel, PriceSource, Simulation, Symbol, amount_after,
};
use price::{Price, Qty, Usd};
use serde::Deserialize;
use std::collections::HashSet;
use std::fmt::Display;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// The file that this version ships with.
const SHIPPED: &str = include_str!("../../../markets.toml");

/// The reason why a file is not a list of instruments.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file can't be read.
    #[error("{path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// The text is not TOML, or lacks a parameter, or has an unknown one.
    #[error("{0}")]
    Malformed(#[from] toml::de::Error),
    /// A parameter is outside its range.
    #[error(transparent)]
    Invalid(#[from] InvalidInstrument),
    /// Two tables have the same symbol.
    #[error("{0} is listed twice")]
    Twice(Symbol),
    /// Two tables have the same name at the venue, whose trades would be the price of one of them.
    #[error("{0} is the feed_symbol of two instruments")]
    SameFeed(Symbol),
    /// There is no table.
    #[error("there is no [[instrument]] table")]
    Empty,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    instrument: Vec<Table>,
}

/// An instrument as operators write it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    symbol: Symbol,
    name: String,
    base_asset: String,
    quote_asset: String,
    feed_symbol: Option<Symbol>,
    price_decimals: u8,
    quantity_decimals: u8,
    max_leverage: u8,
    spread_bps: u32,
    liquidation_loss_bps: u32,
    stale_price_ms: Option<u64>,
    #[serde(default, deserialize_with = "optional_decimal")]
    price_tick: Option<Price>,
    #[serde(default, deserialize_with = "optional_decimal")]
    quantity_step: Option<Qty>,
    #[serde(default, deserialize_with = "optional_decimal")]
    min_notional: Option<Usd>,
    #[serde(default, deserialize_with = "optional_decimal")]
    min_quantity: Option<Qty>,
    #[serde(default)]
    brackets: Vec<BracketTable>,
    #[serde(default)]
    maker_fee_ppm: u32,
    #[serde(default)]
    taker_fee_ppm: u32,
    #[serde(default)]
    liquidation_fee_ppm: u32,
    funding: Option<FundingTable>,
    #[serde(default)]
    liquidation_model: Word<LiquidationModel>,
    #[serde(default)]
    trigger_price: Word<PriceSource>,
    #[serde(default)]
    fill: Word<FillPolicy>,
    #[serde(default, deserialize_with = "optional_decimal")]
    open_interest_cap: Option<Qty>,
    #[serde(default)]
    status: Word<InstrumentStatus>,
    simulation: SimulationTable,
}

/// A word in small letters, such as `reduce_only`.
#[derive(Default)]
struct Word<T>(T);

impl<'de, T: FromStr<Err: Display>> Deserialize<'de> for Word<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let is_small = !text.bytes().any(|byte| byte.is_ascii_uppercase());
        let word = text.to_uppercase().parse().ok().filter(|_| is_small);
        word.map(Self).ok_or_else(|| serde::de::Error::custom(format!("unknown word {text:?}")))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FundingTable {
    source: Word<FundingSource>,
    interval_hours: u8,
    cap_ppm: u32,
}

/// A bracket. Its maintenance amount follows from the bracket before.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BracketTable {
    #[serde(deserialize_with = "decimal")]
    notional_cap: Usd,
    max_leverage: u8,
    maintenance_ppm: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SimulationTable {
    #[serde(deserialize_with = "decimal")]
    first_price: Price,
    volatility_ppb: u32,
}

/// Returns the instruments of the file that this version ships with.
pub fn shipped() -> Vec<Instrument> {
    parse(SHIPPED).expect("the shipped file is tested")
}

/// Reads a file.
///
/// # Errors
/// [`FileError`] says what is wrong, and where.
pub fn read(path: &Path) -> Result<Vec<Instrument>, FileError> {
    let unreadable = |source| FileError::Unreadable { path: path.to_owned(), source };
    parse(&std::fs::read_to_string(path).map_err(unreadable)?)
}

/// Parses the text of a file.
///
/// # Errors
/// [`FileError`] says what is wrong, and where.
pub fn parse(text: &str) -> Result<Vec<Instrument>, FileError> {
    let File { instrument: tables } = toml::from_str(text)?;
    if tables.is_empty() {
        return Err(FileError::Empty);
    }
    let instruments = tables.into_iter().map(|table| Instrument::from(table).checked());
    let instruments: Vec<Instrument> = instruments.collect::<Result<_, _>>()?;
    if let Some(symbol) = repeated(instruments.iter().map(|instrument| instrument.symbol)) {
        return Err(FileError::Twice(symbol));
    }
    if let Some(symbol) = repeated(instruments.iter().map(|instrument| instrument.feed_symbol)) {
        return Err(FileError::SameFeed(symbol));
    }
    Ok(instruments)
}

/// Returns a symbol that occurs twice.
pub(crate) fn repeated(symbols: impl Iterator<Item = Symbol>) -> Option<Symbol> {
    let mut known = HashSet::new();
    let mut symbols = symbols;
    symbols.find(|symbol| !known.insert(*symbol))
}

impl From<Table> for Instrument {
    fn from(table: Table) -> Self {
        let SimulationTable { first_price, volatility_ppb } = table.simulation;
        Self {
            symbol: table.symbol,
            name: table.name,
            base_asset: table.base_asset,
            quote_asset: table.quote_asset,
            feed_symbol: table.feed_symbol.unwrap_or(table.symbol),
            price_decimals: table.price_decimals,
            quantity_decimals: table.quantity_decimals,
            max_leverage: table.max_leverage,
            spread_bps: table.spread_bps,
            liquidation_loss_bps: table.liquidation_loss_bps,
            stale_price_ms: table.stale_price_ms,
            price_tick: table.price_tick,
            quantity_step: table.quantity_step,
            min_notional: table.min_notional,
            min_quantity: table.min_quantity,
            brackets: brackets(&table.brackets),
            maker_fee_ppm: table.maker_fee_ppm,
            taker_fee_ppm: table.taker_fee_ppm,
            liquidation_fee_ppm: table.liquidation_fee_ppm,
            funding: table.funding.map(|funding| Funding {
                source: funding.source.0,
                interval_hours: funding.interval_hours,
                cap_ppm: funding.cap_ppm,
            }),
            liquidation_model: table.liquidation_model.0,
            trigger_price: table.trigger_price.0,
            fill: table.fill.0,
            open_interest_cap: table.open_interest_cap,
            status: table.status.0,
            simulation: Simulation { first_price, volatility_ppb },
        }
    }
}

/// The brackets with their maintenance amounts. One that does not fit is found when the instrument
/// is checked.
fn brackets(tables: &[BracketTable]) -> Vec<Bracket> {
    let mut brackets: Vec<Bracket> = Vec::new();
    for table in tables {
        let BracketTable { notional_cap, max_leverage, maintenance_ppm } = *table;
        let amount = brackets.last().map(|before| amount_after(before, maintenance_ppm));
        let maintenance_amount = amount.and_then(Result::ok).unwrap_or(Usd::ZERO);
        brackets.push(Bracket { notional_cap, max_leverage, maintenance_ppm, maintenance_amount });
    }
    brackets
}

/// Reads an amount from a decimal in quotes, which TOML does not turn into a float.
fn decimal<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: FromStr<Err: Display>,
    D: serde::Deserializer<'de>,
{
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(serde::de::Error::custom)
}

fn optional_decimal<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: FromStr<Err: Display>,
    D: serde::Deserializer<'de>,
{
    decimal(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_file_is_sound() {
        let symbols: Vec<String> =
            shipped().iter().map(|instrument| instrument.symbol.to_string()).collect();
        assert_eq!(symbols, ["BTCUSDT", "ETHUSDT", "SOLUSDT"]);
    }

    #[test]
    fn a_file_that_is_wrong_is_refused_with_the_place() {
        let replaced = |from: &str, to: &str| SHIPPED.replacen(from, to, 1);
        let rows = [
            (String::new(), "there is no [[instrument]] table"),
            ("[[instrument]]".to_owned(), "missing field"),
            ("garbage".to_owned(), "expected"),
            (replaced("ETHUSDT", "BTCUSDT"), "BTCUSDT is listed twice"),
            (
                replaced("name = \"Ether\"", "name = \"Ether\"\nfeed_symbol = \"BTCUSDT\""),
                "BTCUSDT is the feed_symbol of two instruments",
            ),
            (replaced("symbol = \"BTCUSDT\"", "symbol = \"BTC-USDT\""), "capital letters"),
            (replaced("max_leverage = 100", "max_leverage = 101"), "max_leverage is 101"),
            (replaced("max_leverage = 100", "max_leverage = 300"), "max_leverage"),
            (replaced("max_leverage = 100", "leverage = 100"), "unknown field `leverage`"),
            (replaced("spread_bps = 10", "spread_bps = -1"), "spread_bps"),
            (replaced("\"92000\"", "92000.5"), "first_price"),
            (replaced("\"92000\"", "\"0\""), "simulation.first_price must be above zero"),
            (replaced("\"92000\"", "\"many\""), "first_price"),
        ];
        for (text, problem) in rows {
            let error = parse(&text).expect_err(problem).to_string();
            assert!(error.contains(problem), "{error:?} does not name {problem:?}");
        }
    }

    #[test]
    fn a_cost_that_is_wrong_is_refused_with_the_place() {
        let sound = r#"
            min_quantity = "0.001"
            maker_fee_ppm = 200
            taker_fee_ppm = 500
            liquidation_fee_ppm = 12_500
            funding = { source = "venue", interval_hours = 8, cap_ppm = 3_000 }
            liquidation_model = "maintenance"
            trigger_price = "mark"
            fill = "next"
            open_interest_cap = "1000"
            status = "reduce_only"
            brackets = [
                { notional_cap = "50000", max_leverage = 100, maintenance_ppm = 4_000 },
                { notional_cap = "600000", max_leverage = 50, maintenance_ppm = 500_000 },
            ]
            simulation ="#;
        // Without the comments, which say the same words.
        let tables = &SHIPPED[SHIPPED.find("\n[[").expect("there are tables")..];
        let file = tables.replacen("\nsimulation =", sound, 1);
        assert_eq!(parse(&file).expect("it is sound").len(), 3);
        let rows = [
            ("\"0.001\"", "\"0\"", "min_quantity must be above zero"),
            ("maker_fee_ppm = 200", "maker_fee_ppm = 100_001", "maker_fee_ppm is 100001"),
            ("taker_fee_ppm = 500", "taker_fee_ppm = 100_001", "taker_fee_ppm is 100001"),
            ("= 12_500", "= 100_001", "liquidation_fee_ppm is 100001, not 0 to 100000"),
            ("taker_fee_ppm = 500", "taker_fee_ppm = -1", "invalid value: integer `-1`"),
            ("\"venue\"", "\"index\"", "unknown word \"index\""),
            ("interval_hours = 8", "interval_hours = 5", "funding.interval_hours is 5, not a"),
            ("interval_hours = 8", "interval_hours = 0", "funding.interval_hours is 0, not a"),
            ("cap_ppm = 3_000", "cap_ppm = 0", "funding.cap_ppm is 0, not 1 to 1000000"),
            ("cap_ppm = 3_000", "cap = 3_000", "unknown field `cap`"),
            ("\"maintenance\"", "\"MAINTENANCE\"", "unknown word \"MAINTENANCE\""),
            ("\"mark\"", "\"index\"", "unknown word \"index\""),
            ("\"next\"", "\"first\"", "unknown word \"first\""),
            ("\"1000\"", "\"-1\"", "open_interest_cap must be above zero"),
            ("\"reduce_only\"", "\"closed\"", "unknown word \"closed\""),
            ("\"600000\"", "\"50000\"", "brackets has in bracket 2 a notional_cap that is not"),
            ("\"50000\"", "50000", "notional_cap"),
            ("max_leverage = 50,", "max_leverage = 101,", "bracket 2 a max_leverage of 101"),
            ("max_leverage = 50,", "max_leverage = 0,", "bracket 2 a max_leverage of 0"),
            ("100, maintenance", "99, maintenance", "bracket 1 a max_leverage of 99; it starts at"),
            ("= 500_000", "= 4_000", "bracket 2 a maintenance_ppm of 4000; it rises"),
            ("= 500_000", "= 500_001", "bracket 2 a maintenance_ppm of 500001; it rises"),
            ("\"50000\"", "\"0.00000001\"", "bracket 2 a maintenance_amount that is not out of"),
            ("brackets = [", "brackets = []\nother = [", "unknown field `other`"),
        ];
        for (from, to, problem) in rows {
            assert!(file.contains(from), "{from}");
            let error = parse(&file.replacen(from, to, 1)).expect_err(problem).to_string();
            assert!(error.contains(problem), "{error:?} does not name {problem:?}");
        }
        let model = "\nliquidation_model = \"maintenance\"\nsimulation =";
        let error = parse(&SHIPPED.replacen("\nsimulation =", model, 1)).expect_err("no brackets");
        assert!(error.to_string().contains("brackets must be given"), "{error}");
    }

    #[test]
    fn a_file_that_is_missing_is_named() {
        let error = read(Path::new("/nowhere/markets.toml")).expect_err("there is no file");
        assert!(error.to_string().starts_with("/nowhere/markets.toml: "), "{error}");
    }
}
