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

/// A fall every ten seconds, of less than what is held back as an odd print, and of more than a
/// position of 100x can lose.
const TRADES_PER_STEP: u64 = 50;
const STEP_PER_MILLE: u64 = 15;

/// Up and down by a twentieth of a per cent: more than a tick of any asset, each time.
const WAVE_LEN: u64 = 40;
const WAVE_PER_20_000: u64 = 10;

/// Writes it in the format of Binance's public archives. It begins now, so that charts end today.
pub fn write(folder: &Path) -> Result<()> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now_ms = u64::try_from(now.context("the clock is before 1970")?.as_millis())?;
    // In hundredths of a dollar.
    for (asset, start, qty) in
        [("BTCUSDT", 9_200_000, "0.012"), ("ETHUSDT", 340_000, "0.35"), (FALLING, 15_500, "8.5")]
    {
        let mut lines = String::new();
        let mut level = start;
        for n in 0..TRADES {
            if asset == FALLING && n > 0 && n % TRADES_PER_STEP == 0 {
                level -= level * STEP_PER_MILLE / 1_000;
            }
            let height = (n % WAVE_LEN).min(WAVE_LEN - n % WAVE_LEN);
            let cents = level + level * height * WAVE_PER_20_000 / WAVE_LEN / 10_000;
            let time_ms = now_ms + n * TRADE_EVERY_MS;
            let price = format!("{}.{:02}", cents / 100, cents % 100);
            writeln!(lines, "{},{price},{qty},0,{time_ms},false,true", n + 1)?;
        }
        let file = folder.join(format!("{asset}-trades.csv"));
        fs::write(&file, lines).with_context(|| file.display().to_string())?;
    }
    Ok(())
}
