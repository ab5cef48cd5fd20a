//! The list of instruments that is played, and its changes.

use anyhow::{Context as _, Result, bail};
use model::amount::SCALE;
use std::fs;
use std::path::Path;
use toml::{Table, Value};

/// The lists that Velox ships with: one without costs, and one with fees, brackets and fundings.
const PLAIN: &str = include_str!("../../../markets.toml");
const COSTLY: &str = include_str!("../../../markets.binance.toml");

/// With costs, each change is one of one in this many instruments.
const CHANGED: u64 = 4;

/// One in this many instruments may be halted, and fills at the next quote: orders that wait for it
/// are acknowledged before they fill, so only programs trade in it.
const FOR_PROGRAMS: usize = 5;

/// A list of instruments.
#[derive(Clone, Debug)]
pub struct List {
    instruments: Vec<Table>,
}

/// A traded market.
#[derive(Clone, Debug)]
pub struct Market {
    /// The symbol.
    pub symbol: String,
    /// The initial price, at scale 10^8.
    pub first: i64,
    /// Prices and quantities are multiples of these, at scale 10^8.
    pub tick: i64,
    /// The step of quantities.
    pub step: i128,
    /// The highest leverage at any time.
    pub max_leverage: i64,
    /// True if the venue sends mark prices of it and settles its fundings.
    pub has_marks: bool,
    /// True if only programs trade in it.
    pub is_for_programs: bool,
}

impl List {
    /// A list that ships with Velox, with costs or without.
    ///
    /// # Panics
    /// Never: the lists are a part of the program.
    pub fn shipped(with_costs: bool) -> Self {
        Self::parse(if with_costs { COSTLY } else { PLAIN }).expect("the lists that ship are valid")
    }

    /// Reads a list from a file.
    ///
    /// # Errors
    /// When the file can't be read, or is no list of instruments.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path);
        let text = text.with_context(|| format!("{} can't be read", path.display()))?;
        Self::parse(&text).with_context(|| format!("{} can't be played", path.display()))
    }

    fn parse(text: &str) -> Result<Self> {
        let mut list: Table = text.parse()?;
        let instruments = match list.remove("instrument") {
            Some(Value::Array(instruments)) if !instruments.is_empty() => instruments,
            _ => bail!("it lists no instruments"),
        };
        let instruments: Vec<Table> =
            instruments.into_iter().map(Value::try_into).collect::<Result<_, _>>()?;
        let list = Self { instruments };
        let wrong = list.instruments.iter().find(|table| market(0, table).is_none());
        match wrong {
            None => Ok(list),
            Some(table) => bail!("an instrument is incomplete: {table:?}"),
        }
    }

    /// The markets of the list.
    pub fn markets(&self) -> Vec<Market> {
        let tables = self.instruments.iter().enumerate();
        tables.filter_map(|(n, table)| market(n, table)).collect()
    }

    /// The list with other limits and costs, so that the engine records a change of each instrument,
    /// or of one in [`CHANGED`]. The `n`th list differs from the one before.
    pub fn changed(&self, n: u64) -> String {
        let mut instruments = self.instruments.clone();
        for (place, table) in instruments.iter_mut().enumerate() {
            if has_costs(table) {
                change_costs(table, place, (n + place as u64) / CHANGED);
            } else {
                let (leverage, loss_bps) =
                    if n.is_multiple_of(2) { (100, 9_000) } else { (60, 8_000) };
                set(table, "max_leverage", leverage);
                set(table, "liquidation_loss_bps", loss_bps);
            }
        }
        let tables = instruments.iter().map(|table| {
            let fields = table.iter().map(|(name, value)| format!("{name} = {}\n", inline(value)));
            format!("[[instrument]]\n{}", fields.collect::<String>())
        });
        tables.collect::<Vec<_>>().join("\n")
    }
}

/// A value on one line, as TOML spells it.
fn inline(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{text:?}"),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Boolean(is_set) => is_set.to_string(),
        Value::Datetime(time) => time.to_string(),
        Value::Array(values) => {
            let values: Vec<String> = values.iter().map(inline).collect();
            format!("[{}]", values.join(", "))
        }
        Value::Table(table) => {
            let fields = table.iter().map(|(name, value)| format!("{name} = {}", inline(value)));
            format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
        }
    }
}

fn has_costs(table: &Table) -> bool {
    table.contains_key("brackets")
}

/// The `n`th variant of an instrument's costs. Fundings that come back are settled at once by a poller
/// that asks the venue for them.
fn change_costs(table: &mut Table, place: usize, n: u64) {
    set(table, "maker_fee_ppm", [200, 0, 100][modulo(n, 3)]);
    set(table, "taker_fee_ppm", [500, 1_000][modulo(n, 2)]);
    set(table, "liquidation_fee_ppm", [12_500, 5_000, 0, 12_500][modulo(n, 4)]);
    set(table, "trigger_price", ["quote", "mark", "quote"][modulo(n, 3)]);
    set(table, "status", if n % 8 == 3 { "reduce_only" } else { "trading" });
    if place % FOR_PROGRAMS == FOR_PROGRAMS - 1 {
        set(table, "fill", ["last", "next"][modulo(n, 2)]);
        set(table, "status", ["trading", "halted", "trading", "reduce_only"][modulo(n, 4)]);
    }
    if n % 4 == 1 {
        table.remove("funding");
    }
    // Rates that all rise by the same, and caps that all double, leave the margin without jumps.
    let (rise, factor) = ([0, -1_000, 500][modulo(n, 3)], [1, 2][modulo(n, 2)]);
    let Some(Value::Array(brackets)) = table.get_mut("brackets") else { return };
    for bracket in brackets.iter_mut().filter_map(Value::as_table_mut) {
        let cap = bracket.get("notional_cap").and_then(Value::as_str);
        let cap = cap.and_then(|cap| cap.parse::<i64>().ok());
        let ppm = bracket.get("maintenance_ppm").and_then(Value::as_integer);
        if let (Some(cap), Some(ppm)) = (cap, ppm) {
            set(bracket, "notional_cap", (cap * factor).to_string());
            set(bracket, "maintenance_ppm", (ppm + rise).min(500_000));
        }
    }
}

fn set(table: &mut Table, name: &str, value: impl Into<Value>) {
    table.insert(name.to_owned(), value.into());
}

fn modulo(n: u64, len: u64) -> usize {
    usize::try_from(n % len).expect("it is small")
}

fn market(place: usize, table: &Table) -> Option<Market> {
    let text = |name: &str| table.get(name)?.as_str();
    let first = table.get("simulation")?.get("first_price")?.as_str()?;
    let whole = i64::try_from(SCALE).ok()?;
    Some(Market {
        symbol: text("symbol")?.to_owned(),
        first: scaled(first)?,
        tick: text("price_tick").map_or(Some(whole / 100), scaled)?,
        step: text("quantity_step").map_or(Some(1), scaled)?.into(),
        max_leverage: table.get("max_leverage")?.as_integer()?,
        has_marks: has_costs(table),
        is_for_programs: has_costs(table) && place % FOR_PROGRAMS == FOR_PROGRAMS - 1,
    })
}

/// A decimal at scale 10^8.
fn scaled(decimal: &str) -> Option<i64> {
    let (whole, fraction) = decimal.split_once('.').unwrap_or((decimal, ""));
    let fraction = format!("{fraction:0<8}");
    if fraction.len() != 8 {
        return None;
    }
    format!("{whole}{fraction}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_change_of_a_list_differs_from_the_one_before_and_is_valid() {
        for list in [List::shipped(false), List::shipped(true)] {
            for n in 0..48 {
                let changed = list.changed(n);
                assert_ne!(changed, list.changed(n + 1), "{n}");
                let instruments = markets::parse(&changed).unwrap();
                assert_eq!(instruments.len(), list.markets().len());
            }
        }
    }

    #[test]
    fn decimals_are_read_to_the_digit() {
        let rows = [("92000", 9_200_000_000_000), ("0.0085", 850_000), ("2.1", 210_000_000)];
        assert!(rows.iter().all(|(text, expected)| scaled(text) == Some(*expected)));
        assert_eq!(scaled("0.000000001"), None);
    }
}
