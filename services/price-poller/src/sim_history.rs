//! The past of a simulated market, up to where the simulation begins.

use crate::candles::{entries, fold};
use crate::config::Config;
use crate::feed::unix_ms;
use crate::publisher::{remember, send};
use crate::quote::quote;
use crate::sim::{PAST_STEP_S, Walk};
use messages::{
    CandlePart, MarketPrice, StreamMessage as _, Symbol, Timeframe, Trade, UPLOADER_STREAM,
};
use price::{OutOfRange, Qty};
use std::ops::Range;
use streams::Redis;
use tokio::task::spawn_blocking;

/// So many seconds at least; it begins with a whole day.
const PAST_S: u64 = 7 * Timeframe::D1.seconds();

// A step must not reach into the next candle.
const _: () = assert!(Timeframe::S30.seconds().is_multiple_of(PAST_STEP_S));

/// What was before the first live trade.
pub struct Past {
    /// In seconds, Unix time.
    pub span_s: Range<u64>,
    /// One for each step.
    pub steps: Vec<CandlePart>,
    /// Where the live walk goes on.
    pub last: Trade,
}

impl Past {
    /// The past that ends at `now_s` (Unix s). The same seed, rate and end give the same past.
    ///
    /// # Errors
    /// [`OutOfRange`] when the volume is too large for a number.
    pub fn new(symbol: Symbol, seed: u64, rate: u32, now_s: u64) -> Result<Self, OutOfRange> {
        let span_s = Timeframe::D1.start_of(now_s.saturating_sub(PAST_S))..now_s;
        let mut walk = Walk::past(symbol, seed, rate);
        let mut last = walk.next(span_s.start * 1_000_000);
        let mut steps = vec![part(&last, walk.trades_per_step(), now_s)?];
        let mut from_s = span_s.start + PAST_STEP_S;
        while from_s < now_s {
            last = walk.next(from_s * 1_000_000);
            steps.push(part(&last, walk.trades_per_step(), now_s)?);
            from_s += PAST_STEP_S;
        }
        Ok(Self { span_s, steps, last })
    }
}

/// What a step stands for.
fn part(trade: &Trade, trades: u32, end_s: u64) -> Result<CandlePart, OutOfRange> {
    let from_s = trade.time_us / 1_000_000;
    let volume = trade.qty.scaled().checked_mul(i128::from(trades)).ok_or(OutOfRange)?;
    Ok(CandlePart {
        from_s,
        until_s: (from_s + PAST_STEP_S).min(end_s),
        open: trade.price,
        high: trade.price,
        low: trade.price,
        close: trade.price,
        volume: Qty::from_scaled(volume),
        trades: trades.into(),
    })
}

/// Writes a past and, in the same transaction, where it ended: a poller that is stopped here
/// neither loses nor repeats it. Returns where it ended.
pub async fn write(config: &Config, redis: &Redis, symbol: Symbol) -> anyhow::Result<Trade> {
    let (seed, rate, now_s) = (config.sim_seed, config.sim_rate, unix_ms() / 1_000);
    // A quarter of a million steps.
    let past = spawn_blocking(move || Past::new(symbol, seed, rate, now_s)).await??;
    let mut batch = redis.batch();
    for timeframe in Timeframe::ALL {
        for entry in entries(symbol, timeframe, &fold(timeframe, &past.span_s, &past.steps)?) {
            batch.append(UPLOADER_STREAM, &entry.encode());
        }
    }
    let trade = past.last;
    let quote = quote(&trade, config.spread_bps)?;
    let timestamp_ms = trade.time_us / 1_000;
    remember(
        &MarketPrice { bid: quote.bid, ask: quote.ask, timestamp_ms, trade, disputed: None },
        &mut batch,
    );
    send(&mut batch).await;
    tracing::info!(%symbol, from_s = past.span_s.start, "the past was made up");
    Ok(trade)
}
