//! A recorded market for the browser tests: assets whose prices oscillate, one of them with all
//! costs, and one that falls.

use anyhow::{Context as _, Result};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

/// The falling asset: a long at 100x, opened at any time, is liquidated at the next step.
pub const FALLING: &str = "SOLUSDT";

/// The asset with fees, fundings and maintenance margins; the others have those of the seed's list.
pub const COSTLY: &str = "BNBUSDT";

/// The number of trades; they last longer than the tests.
const TRADES: u64 = 9_000;
const TRADE_EVERY_MS: u64 = 200;

/// The trades in one oscillation, eight seconds.
const WAVE_LEN: u64 = 40;

/// The trades between two falls, ten seconds.
const TRADES_PER_STEP: u64 = 50;

struct Asset {
    name: &'static str,
    /// The initial price in cents.
    start: u64,
    qty: &'static str,
    /// The amplitude of the oscillation. At least a tick with every trade, so that the price always
    /// moves.
    wave_bps: u64,
    /// The fall at each step, smaller than what the poller holds back as an outlier.
    step_bps: u64,
}

const ASSETS: [Asset; 4] = [
    Asset { name: "BTCUSDT", start: 9_200_000, qty: "0.012", wave_bps: 40, step_bps: 0 },
    Asset { name: "ETHUSDT", start: 340_000, qty: "0.35", wave_bps: 40, step_bps: 0 },
    // A position at 100x is liquidated after a fall of 90 basis points.
    Asset { name: FALLING, start: 15_500, qty: "8.5", wave_bps: 20, step_bps: 150 },
    Asset { name: COSTLY, start: 90_000, qty: "1.5", wave_bps: 30, step_bps: 0 },
];

/// The instrument of [`COSTLY`], shaped like the venue's. Its rate is the premium, since a recording
/// has none, and its first funding comes after the tests.
const COSTLY_INSTRUMENT: &str = r#"
[[instrument]]
symbol = "BNBUSDT"
name = "BNB"
base_asset = "BNB"
quote_asset = "USDT"
price_decimals = 2
quantity_decimals = 2
price_tick = "0.01"
quantity_step = "0.01"
min_quantity = "0.01"
min_notional = "5"
max_leverage = 75
spread_bps = 2
maker_fee_ppm = 200
taker_fee_ppm = 500
liquidation_fee_ppm = 15_000
funding = { source = "premium", interval_hours = 8, cap_ppm = 3_750 }
liquidation_model = "maintenance"
liquidation_loss_bps = 9_000
trigger_price = "mark"
brackets = [
    { notional_cap = "10000", max_leverage = 75, maintenance_ppm = 5_000 },
    { notional_cap = "50000", max_leverage = 50, maintenance_ppm = 6_000 },
    { notional_cap = "150000000", max_leverage = 1, maintenance_ppm = 500_000 },
]
simulation = { first_price = "900", volatility_ppb = 90_000 }
"#;

/// The list of instruments in the folder.
pub const MARKETS_FILE: &str = "markets.toml";

/// Writes the instruments: those of `shipped`, which lists them, and [`COSTLY`]; and the trades, in
/// the format of Binance's public archives. They begin now, so that charts end today.
pub fn write(folder: &Path, shipped: &Path) -> Result<()> {
    let listed = fs::read_to_string(shipped).with_context(|| shipped.display().to_string())?;
    fs::write(folder.join(MARKETS_FILE), listed + COSTLY_INSTRUMENT)?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now_ms = u64::try_from(now.context("the clock is before 1970")?.as_millis())?;
    for asset in &ASSETS {
        let file = folder.join(format!("{}-trades.csv", asset.name));
        fs::write(&file, trades(asset, now_ms)?).with_context(|| file.display().to_string())?;
    }
    Ok(())
}

fn trades(asset: &Asset, from_ms: u64) -> Result<String> {
    let mut lines = String::new();
    let mut level = asset.start;
    for n in 0..TRADES {
        if n > 0 && n % TRADES_PER_STEP == 0 {
            level -= level * asset.step_bps / 10_000;
        }
        let height = (n % WAVE_LEN).min(WAVE_LEN - n % WAVE_LEN);
        let cents = level + level * asset.wave_bps * height / (WAVE_LEN / 2) / 10_000;
        let time_ms = from_ms + n * TRADE_EVERY_MS;
        let price = format!("{}.{:02}", cents / 100, cents % 100);
        writeln!(lines, "{},{price},{},0,{time_ms},false,true", n + 1, asset.qty)?;
    }
    Ok(lines)
}
