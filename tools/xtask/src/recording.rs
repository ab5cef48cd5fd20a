//! A recorded market for the browser tests: two assets whose prices oscillate and one that falls.

use anyhow::{Context as _, Result};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

/// The falling asset: a long at 100x, opened at any time, is liquidated at the next step.
pub const FALLING: &str = "SOLUSDT";

/// The number of trades; they last longer than the tests.
const TRADES: u64 = 3_600;
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

const ASSETS: [Asset; 3] = [
    Asset { name: "BTCUSDT", start: 9_200_000, qty: "0.012", wave_bps: 40, step_bps: 0 },
    Asset { name: "ETHUSDT", start: 340_000, qty: "0.35", wave_bps: 40, step_bps: 0 },
    // A position at 100x is liquidated after a fall of 90 basis points.
    Asset { name: FALLING, start: 15_500, qty: "8.5", wave_bps: 20, step_bps: 150 },
];

/// Writes the trades in the format of Binance's public archives. They begin now, so that charts end
/// today.
pub fn write(folder: &Path) -> Result<()> {
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
