//! Candles and the statistics of the last 24 hours, from the trades of one symbol.

use super::bucket::Bucket;
use messages::{MarketPrice, Run, Trade};
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::Instant;
use views::binance::Interval;

const MINUTE_MS: u64 = 60_000;
const DAY_MS: u64 = 24 * 60 * MINUTE_MS;

/// The time for which a candle stays open after its end for trades that arrive late.
const CLOSE_DELAY: Duration = Duration::from_secs(1);

/// A candle that is running, or has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candle {
    pub bucket: Bucket,
    /// The first ms after it (Unix ms).
    pub end_ms: u64,
    /// It has ended, and subscribers were told so.
    pub is_closed: bool,
}

/// The candles of a symbol and the minutes of its last 24 hours.
#[derive(Default)]
pub struct Day {
    candles: [Option<Candle>; Interval::ALL.len()],
    minutes: VecDeque<Bucket>,
    last_id: Option<u64>,
    run: Option<Run>,
    /// The last trade's time (Unix ms), and when it arrived.
    last: Option<(u64, Instant)>,
}

/// The sums of the last 24 hours.
pub struct Ticker {
    pub sums: Bucket,
    /// The last trade's quantity.
    pub open_time_ms: u64,
}

impl Day {
    /// Adds the trade behind a price, once, and returns the candles that it has ended; `None` if the
    /// trade is known. Everything starts over with a new run, whose ids and times do.
    pub fn add(&mut self, price: &MarketPrice) -> Option<Vec<(Interval, Candle)>> {
        if self.run != price.run {
            *self = Self { run: price.run, ..Self::default() };
        }
        let trade = &price.trade;
        if self.last_id.is_some_and(|last| trade.trade_id <= last) {
            return None;
        }
        self.last_id = Some(trade.trade_id);
        let time_ms = trade.time_us / 1_000;
        if self.last.is_none_or(|(last_ms, _)| last_ms <= time_ms) {
            self.last = Some((time_ms, Instant::now()));
        }
        self.add_to_minutes(time_ms, trade);
        let mut ended = Vec::new();
        for interval in Interval::ALL {
            ended.extend(self.add_to_candle(interval, time_ms, trade).map(|old| (interval, old)));
        }
        Some(ended)
    }

    /// Adds a trade to a candle; returns the one before it if it ends with the trade.
    fn add_to_candle(&mut self, interval: Interval, time_ms: u64, trade: &Trade) -> Option<Candle> {
        let (start_ms, end_ms) = interval.bounds_ms(time_ms);
        let place = &mut self.candles[interval.index()];
        let bucket = Bucket::begin(start_ms, trade);
        match place {
            Some(candle) if candle.bucket.start_ms > start_ms => None,
            Some(candle) if candle.bucket.start_ms == start_ms => {
                // After its close was told, a late trade is too late.
                if !candle.is_closed {
                    candle.bucket.append(&bucket);
                }
                None
            }
            _ => {
                let old = place.replace(Candle { bucket, end_ms, is_closed: false });
                old.filter(|old| !old.is_closed).map(|old| Candle { is_closed: true, ..old })
            }
        }
    }

    fn add_to_minutes(&mut self, time_ms: u64, trade: &Trade) {
        let minute = Bucket::begin(time_ms - time_ms % MINUTE_MS, trade);
        let is_later = |known: &&mut Bucket| known.start_ms <= minute.start_ms;
        match self.minutes.iter_mut().rev().find(is_later) {
            Some(known) if known.start_ms == minute.start_ms => known.append(&minute),
            _ => {
                let at = self.minutes.partition_point(|known| known.start_ms < minute.start_ms);
                self.minutes.insert(at, minute);
            }
        }
        let oldest_ms = time_ms.saturating_sub(DAY_MS);
        while self.minutes.front().is_some_and(|first| first.start_ms < oldest_ms) {
            self.minutes.pop_front();
        }
    }

    /// Closes the candles whose time is over, and returns them.
    pub fn close_due(&mut self) -> Vec<(Interval, Candle)> {
        let Some(now_ms) = self.now_ms() else { return Vec::new() };
        let mut ended = Vec::new();
        for interval in Interval::ALL {
            if let Some(candle) = &mut self.candles[interval.index()]
                && !candle.is_closed
                && candle.end_ms <= now_ms
            {
                candle.is_closed = true;
                ended.push((interval, *candle));
            }
        }
        ended
    }

    /// The time of the trades by now, less the delay that late ones may have.
    fn now_ms(&self) -> Option<u64> {
        let (time_ms, arrived) = self.last?;
        let passed = arrived.elapsed().saturating_sub(CLOSE_DELAY).as_millis();
        u64::try_from(passed).ok().map(|passed| time_ms + passed)
    }

    /// Returns the running candle of a length.
    pub fn candle(&self, interval: Interval) -> Option<Candle> {
        self.candles[interval.index()].filter(|candle| !candle.is_closed)
    }

    /// Returns the sums of the last 24 hours by the time of the trades: from the start of the first
    /// minute that lies within them, or of the first one that was seen.
    pub fn ticker(&self) -> Option<Ticker> {
        let (time_ms, arrived) = self.last?;
        let passed = u64::try_from(arrived.elapsed().as_millis()).unwrap_or(u64::MAX);
        let oldest_ms = time_ms.saturating_add(passed).saturating_sub(DAY_MS);
        let mut within = self.minutes.iter().filter(|minute| minute.start_ms >= oldest_ms);
        let mut sums = *within.next()?;
        within.for_each(|minute| sums.append(minute));
        Some(Ticker { open_time_ms: sums.start_ms, sums })
    }

    /// The run of the trades.
    pub const fn run(&self) -> Option<Run> {
        self.run
    }

    /// The candles, to be kept.
    pub fn kept_candles(&self) -> impl Iterator<Item = (Interval, Bucket)> {
        let candles = Interval::ALL.into_iter().zip(self.candles);
        candles.filter_map(|(interval, candle)| Some((interval, candle?.bucket)))
    }

    /// The minutes from a time on, to be kept.
    pub fn minutes_since(&self, start_ms: u64) -> impl Iterator<Item = &Bucket> {
        self.minutes.iter().filter(move |minute| minute.start_ms >= start_ms)
    }

    /// Adds what was kept before the first trade that was seen.
    pub fn restore(&mut self, run: Option<Run>, kept: Kept) {
        if self.last_id.is_some() && self.run != run {
            return;
        }
        self.run = run;
        let seen = self.minutes.front().map(|first| first.first_id);
        let is_earlier = |bucket: &Bucket| seen.is_none_or(|seen| bucket.last_id < seen);
        for (interval, bucket) in kept.candles.into_iter().filter(|(_, b)| is_earlier(b)) {
            let place = &mut self.candles[interval.index()];
            match place {
                None => {
                    let (_, end_ms) = interval.bounds_ms(bucket.start_ms);
                    *place = Some(Candle { bucket, end_ms, is_closed: false });
                }
                Some(own) if own.bucket.start_ms == bucket.start_ms => {
                    own.bucket = joined(bucket, &own.bucket);
                }
                Some(_) => {}
            }
            self.last_id = self.last_id.max(Some(bucket.last_id));
        }
        for bucket in kept.minutes.into_iter().filter(is_earlier) {
            match self.minutes.iter_mut().find(|own| own.start_ms == bucket.start_ms) {
                Some(own) => *own = joined(bucket, own),
                None => self.minutes.push_back(bucket),
            }
        }
        self.minutes.make_contiguous().sort_by_key(|minute| minute.start_ms);
    }
}

/// What was kept of a symbol.
#[derive(Default)]
pub struct Kept {
    pub candles: Vec<(Interval, Bucket)>,
    pub minutes: Vec<Bucket>,
}

fn joined(mut earlier: Bucket, later: &Bucket) -> Bucket {
    earlier.append(later);
    earlier
}

#[cfg(test)]
mod tests {
    use super::*;
    use messages::Feed;
    use testkit::symbols::BTC;

    /// 2024-02-14 15:47:09.500 UTC.
    const START_MS: u64 = 1_707_925_629_500;

    fn trade(trade_id: u64, time_ms: u64, price: &str, qty: &str) -> MarketPrice {
        let (price, qty) = (price.parse().unwrap(), qty.parse().unwrap());
        let trade = Trade { symbol: BTC, trade_id, price, qty, time_us: time_ms * 1_000 };
        let run = Some(Run { feed: Feed::Binance, began_ms: 1 });
        MarketPrice { bid: price, ask: price, timestamp_ms: time_ms, trade, disputed: None, run }
    }

    fn shown(candle: &Candle) -> String {
        let Bucket { first_id, last_id, open, high, low, close, volume, trades, .. } =
            candle.bucket;
        let quote = candle.bucket.quote_volume();
        format!("{first_id}-{last_id} {open} {high} {low} {close} {volume} {quote} {trades}")
    }

    #[tokio::test(start_paused = true)]
    async fn a_candle_ends_once_with_the_next_trade_or_with_its_time() {
        let mut day = Day::default();
        assert!(day.add(&trade(1, START_MS, "100", "0.5")).unwrap().is_empty());
        assert!(day.add(&trade(2, START_MS + 100, "103.25", "1")).unwrap().is_empty());
        assert!(day.add(&trade(2, START_MS + 100, "103.25", "1")).is_none());
        let candle = day.candle(Interval::M1).unwrap();
        assert_eq!(shown(&candle), "1-2 100 103.25 100 103.25 1.5 153.25 2");
        let ended = day.add(&trade(3, START_MS + 60_000, "99", "2")).unwrap();
        let names: Vec<_> = ended.iter().map(|(interval, _)| interval.as_str()).collect();
        assert_eq!(names, ["1m", "3m"]);
        assert_eq!(shown(&ended[0].1), "1-2 100 103.25 100 103.25 1.5 153.25 2");
        assert!(ended[0].1.is_closed);
        // A late trade of the ended minute changes only the statistics.
        assert!(day.add(&trade(4, START_MS + 200, "98", "1")).unwrap().is_empty());
        assert_eq!(shown(&day.candle(Interval::M1).unwrap()), "3-3 99 99 99 99 2 198 1");

        assert!(day.add(&trade(5, START_MS + 60_001, "99", "1")).unwrap().is_empty());
        tokio::time::advance(Duration::from_millis(50_499 + 999)).await;
        assert!(day.close_due().is_empty());
        tokio::time::advance(Duration::from_millis(1)).await;
        let ended = day.close_due();
        assert_eq!((ended.len(), ended[0].0), (1, Interval::M1));
        assert_eq!(shown(&ended[0].1), "3-5 99 99 99 99 3 297 2");
        assert!(day.close_due().is_empty() && day.candle(Interval::M1).is_none());
        assert!(day.add(&trade(6, START_MS + 60_002, "99", "1")).unwrap().is_empty());
        assert!(day.add(&trade(7, START_MS + 120_000, "97", "1")).unwrap().is_empty());
        let sums = day.ticker().unwrap().sums;
        assert_eq!((sums.trades, sums.volume.to_string()), (7, "7.5".to_owned()));
        assert_eq!((sums.open.to_string(), sums.close.to_string()), ("100".into(), "97".into()));
    }

    #[tokio::test(start_paused = true)]
    async fn the_statistics_cover_24_hours() {
        let mut day = Day::default();
        let minute_ms = START_MS - START_MS % 60_000;
        for n in 0..1_500 {
            day.add(&trade(n + 1, minute_ms + n * 60_000, "100", "1"));
        }
        let ticker = day.ticker().unwrap();
        let last_ms = minute_ms + 1_499 * 60_000;
        assert_eq!(ticker.open_time_ms, last_ms - DAY_MS);
        assert_eq!(ticker.sums.trades, 1_441);
        tokio::time::advance(Duration::from_secs(61)).await;
        assert_eq!(day.ticker().unwrap().sums.trades, 1_439);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_kept_is_joined_without_counting_a_trade_twice() {
        let (mut whole, mut before, mut after) = (Day::default(), Day::default(), Day::default());
        for n in 0..100 {
            let trade = trade(n + 1, START_MS + n * 7_000, &format!("{}", 100 + n % 13), "0.25");
            whole.add(&trade);
            if n < 60 {
                before.add(&trade)
            } else {
                after.add(&trade)
            };
        }
        let kept = || Kept {
            candles: before.kept_candles().collect(),
            minutes: before.minutes_since(0).copied().collect(),
        };
        let run = before.run();
        let mut again = Day::default();
        again.restore(run, kept());
        assert!(again.add(&trade(60, START_MS, "1", "1")).is_none(), "it was counted before");
        after.restore(run, kept());
        for interval in Interval::ALL {
            assert_eq!(after.candle(interval), whole.candle(interval), "{interval:?}");
        }
        assert_eq!(after.ticker().unwrap().sums, whole.ticker().unwrap().sums);
        after.restore(run, kept());
        assert_eq!(after.ticker().unwrap().sums, whole.ticker().unwrap().sums);
        let other = Some(Run { feed: Feed::Replay, began_ms: 2 });
        let sums = whole.ticker().unwrap().sums;
        whole.restore(other, kept());
        assert_eq!(whole.ticker().unwrap().sums, sums);
    }
}
