//! The past of a simulated market, up to the start of the simulation.

use crate::candles::{entries, fold};
use crate::config::Config;
use crate::feed::unix_ms;
use crate::publisher::{remember, send};
use crate::quote::quote;
use crate::sim::Walk;
use messages::{
    CandlePart, Feed, Fields, Instrument, MarketPrice, Run, StreamMessage as _, Symbol, Timeframe,
    Trade, UPLOADER_STREAM,
};
use price::{OutOfRange, Qty};
use std::ops::Range;
use streams::Redis;
use tokio::task::spawn_blocking;

const DAY_S: u64 = Timeframe::D1.seconds();

/// The ages of the past, oldest first: the age at which each starts (s), and the length of its
/// steps (s). Every age begins with a whole day.
const AGES: [(u64, u32); 3] = [(300 * DAY_S, 300), (30 * DAY_S, 60), (7 * DAY_S, 3)];

/// The age of a timeframe's oldest candle (s): at most about ten thousand candles each, so that the
/// past takes about a hundred entries per symbol.
const fn reach_s(timeframe: Timeframe) -> u64 {
    match timeframe {
        Timeframe::S30 | Timeframe::M1 => 7 * DAY_S,
        Timeframe::M5 => 30 * DAY_S,
        Timeframe::M15 => 90 * DAY_S,
        Timeframe::H1 | Timeframe::H4 | Timeframe::D1 => 300 * DAY_S,
    }
}

/// The market before the first live trade.
pub struct Past {
    /// The span of the past (Unix s).
    pub span_s: Range<u64>,
    /// One part for each step.
    pub steps: Vec<CandlePart>,
    /// The trade from which the live walk continues.
    pub last: Trade,
}

impl Past {
    /// Generates the past that ends at `now_s` (Unix s). The same seed, rate and end give the same
    /// past.
    ///
    /// # Errors
    /// [`OutOfRange`] when the volume overflows.
    pub fn new(
        instrument: &Instrument,
        seed: u64,
        rate: u32,
        now_s: u64,
    ) -> Result<Self, OutOfRange> {
        let start_of = |age_s: u64| Timeframe::D1.start_of(now_s.saturating_sub(age_s));
        let ends_s = AGES.iter().skip(1).map(|(age_s, _)| start_of(*age_s)).chain([now_s]);
        let span_s = start_of(AGES[0].0)..now_s;
        let mut walk = Walk::past(instrument, seed);
        let mut steps = Vec::new();
        let (mut from_s, mut last) = (span_s.start, None);
        for ((_, step_s), end_s) in AGES.into_iter().zip(ends_s) {
            walk.set_step(rate, step_s);
            while from_s < end_s {
                let trade = walk.next(from_s * 1_000_000);
                let until_s = (from_s + u64::from(step_s)).min(end_s);
                steps.push(part(&trade, walk.trades_per_step(), until_s)?);
                (from_s, last) = (until_s, Some(trade));
            }
        }
        let last = last.ok_or(OutOfRange)?;
        Ok(Self { span_s, steps, last })
    }

    /// The candles of a timeframe.
    ///
    /// # Errors
    /// [`OutOfRange`] when the volume overflows.
    pub fn candles(&self, timeframe: Timeframe) -> Result<Vec<CandlePart>, OutOfRange> {
        let start_s = Timeframe::D1.start_of(self.span_s.end.saturating_sub(reach_s(timeframe)));
        let inside = self.steps.partition_point(|step| step.from_s < start_s);
        fold(timeframe, &(start_s.max(self.span_s.start)..self.span_s.end), &self.steps[inside..])
    }

    /// The candles of all timeframes as stream entries.
    fn encoded(&self, symbol: Symbol) -> Result<Vec<Fields>, OutOfRange> {
        let mut all = Vec::new();
        for timeframe in Timeframe::ALL {
            let candles = self.candles(timeframe)?;
            all.extend(entries(symbol, timeframe, &candles).map(|entry| entry.encode()));
        }
        Ok(all)
    }
}

/// Converts a step into a candle part.
fn part(trade: &Trade, trades: u32, until_s: u64) -> Result<CandlePart, OutOfRange> {
    let from_s = trade.time_us / 1_000_000;
    let volume = trade.qty.scaled().checked_mul(i128::from(trades)).ok_or(OutOfRange)?;
    Ok(CandlePart {
        from_s,
        until_s,
        open: trade.price,
        high: trade.price,
        low: trade.price,
        close: trade.price,
        volume: Qty::from_scaled(volume),
        trades: trades.into(),
    })
}

/// Writes a past and its last price in one transaction, so that a poller stopped here neither loses
/// nor repeats it. Returns the last trade.
pub async fn write(
    config: &Config,
    seed: u64,
    redis: &Redis,
    instrument: &Instrument,
) -> anyhow::Result<Trade> {
    let (rate, now_s) = (config.sim_rate, unix_ms() / 1_000);
    // About three hundred thousand steps.
    let (simulated, symbol) = (instrument.clone(), instrument.symbol);
    let made = spawn_blocking(move || {
        let past = Past::new(&simulated, seed, rate, now_s)?;
        past.encoded(symbol).map(|candles| (past.span_s.start, past.last, candles))
    });
    let (from_s, trade, candles) = made.await??;
    let mut batch = redis.batch();
    for entry in &candles {
        batch.append(UPLOADER_STREAM, entry);
    }
    let quote = quote(&trade, instrument.spread_bps)?;
    let timestamp_ms = trade.time_us / 1_000;
    let (bid, ask, run) =
        (quote.bid, quote.ask, Some(Run { feed: Feed::Sim, began_ms: timestamp_ms }));
    let price = MarketPrice { bid, ask, timestamp_ms, trade, disputed: None, run };
    remember(&price, &mut batch);
    send(&mut batch).await;
    tracing::info!(%symbol, from_s, "past candles were simulated");
    Ok(trade)
}
