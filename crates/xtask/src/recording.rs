//! A market for the browser's tests to replay: two assets that go to and fro, and one that falls.

use anyhow::{Context as _, Result};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

/// The asset that falls: a long of 100x that is opened at any moment is liquidated at the next
/// step.
pub const FALLING: &str = "SOLUSDT";

/// Longer than the tests take.
const TRADES: u64 = 3_600;
const TRADE_EVERY_MS: u64 = 200;

/// Up and down in eight seconds.
const WAVE_LEN: u64 = 40;

/// A fall every ten seconds.
const TRADES_PER_STEP: u64 = 50;

struct Asset {
    name: &'static str,
    /// In hundredths of a dollar.
    start: u64,
    qty: &'static str,
    /// How high the wave is. A tick more or less with every trade, so that everything moves.
    wave_bps: u64,
    /// How much it falls at each step: less than what is held back as an odd print.
    step_bps: u64,
}

const ASSETS: [Asset; 3] = [
    Asset { name: "BTCUSDT", start: 9_200_000, qty: "0.012", wave_bps: 40, step_bps: 0 },
    Asset { name: "ETHUSDT", start: 340_000, qty: "0.35", wave_bps: 40, step_bps: 0 },
    // A position of 100x has lost all that it may after 90.
    Asset { name: FALLING, start: 15_500, qty: "8.5", wave_bps: 20, step_bps: 150 },
];

/// Writes it in the format of Binance's public archives. It begins now, so that charts end today.
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
