//! The market events of every symbol, made from its prices and mark prices.

use super::day::Day;
use super::encode;
use super::hub::Hub;
use super::keeper::{Keep, Keeper, Loaded};
use super::names::Stream;
use markets::Markets;
use messages::{MarkPrice, MarketPrice, Symbol};
use price::{Price, Qty};
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};
use tokio::time::Instant;
use views::binance::Interval;

/// The interval at which candles are sent while they run.
const CANDLE_INTERVAL: Duration = Duration::from_millis(250);

/// The interval at which mark prices and the statistics of 24 hours are sent.
const TICKER_INTERVAL: Duration = Duration::from_secs(1);

/// The interval at which the statistics are kept for the next start.
const KEEP_INTERVAL: Duration = Duration::from_secs(5);

/// The order book that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    pub id: u64,
    /// The time of the trade behind it (Unix ms).
    pub time_ms: u64,
    pub bid: (Price, Qty),
    pub ask: (Price, Qty),
}

/// The market events of every symbol.
pub struct MarketStreams {
    markets: BTreeMap<Symbol, Market>,
    candles_sent: Instant,
    tickers_sent: Instant,
    kept: Instant,
    keeper: Keeper,
}

#[derive(Default)]
struct Market {
    day: Day,
    price: Option<MarketPrice>,
    mark: Option<MarkPrice>,
    shown: Option<Shown>,
    is_quote_new: bool,
    are_candles_new: bool,
    is_ticker_new: bool,
    unkept: Option<Keep>,
}

impl MarketStreams {
    pub fn new(keeper: Keeper) -> Self {
        let (markets, now) = (BTreeMap::new(), Instant::now());
        Self { markets, candles_sent: now, tickers_sent: now, kept: now, keeper }
    }

    /// Takes a price. Its trade goes to subscribers at once, unless it is known.
    pub fn take(&mut self, price: &MarketPrice, hub: &Hub) {
        let symbol = price.trade.symbol;
        let market = self.markets.entry(symbol).or_default();
        market.price = Some(*price);
        market.is_quote_new = true;
        hub.set_quote(symbol, (price.bid, price.ask));
        let Some(ended) = market.day.add(price) else { return };
        let now_ms = unix_ms();
        for (interval, candle) in ended {
            send_candle(hub, symbol, interval, &candle, now_ms);
        }
        if hub.wants(Stream::Trade(symbol)) {
            hub.append(Stream::Trade(symbol), encode::trade(price, now_ms));
        }
        if hub.wants(Stream::AggTrade(symbol)) {
            hub.append(Stream::AggTrade(symbol), encode::agg_trade(price, now_ms));
        }
        (market.are_candles_new, market.is_ticker_new) = (true, true);
        let from_ms = price.trade.time_us / 1_000 / 60_000 * 60_000;
        market.unkept.get_or_insert(Keep { from_ms }).include(from_ms);
    }

    pub fn take_mark(&mut self, mark: &MarkPrice) {
        self.markets.entry(mark.symbol).or_default().mark = Some(*mark);
    }

    /// Takes what a server before this one has kept of a symbol.
    pub fn restore(&mut self, symbol: Symbol, loaded: Loaded) {
        let market = self.markets.entry(symbol).or_default();
        market.day.restore(loaded.run, loaded.kept);
    }

    /// Sends the quotes that are new since the last time.
    pub fn send_quotes(&mut self, listed: &Markets, hub: &Hub) {
        let now_ms = unix_ms();
        for (symbol, market) in &mut self.markets {
            if std::mem::take(&mut market.is_quote_new)
                && let (Some(price), Some(instrument)) = (&market.price, listed.get(*symbol))
            {
                let before = market.shown;
                let newest = before.map_or(0, |before| before.id);
                let shown = Shown {
                    id: price.update_id().max(newest + 1),
                    time_ms: price.trade.time_us / 1_000,
                    bid: (price.bid, instrument.shown_quantity(price.bid)),
                    ask: (price.ask, instrument.shown_quantity(price.ask)),
                };
                if before.is_none_or(|old| (old.bid, old.ask) != (shown.bid, shown.ask)) {
                    market.shown = Some(shown);
                    send_quote(hub, *symbol, before.as_ref(), &shown, now_ms);
                }
            }
        }
    }

    /// Sends what is sent at intervals, and closes the candles whose time is over.
    pub fn send_due(&mut self, hub: &Hub) {
        let now_ms = unix_ms();
        for (symbol, market) in &mut self.markets {
            for (interval, candle) in market.day.close_due() {
                send_candle(hub, *symbol, interval, &candle, now_ms);
            }
        }
        if self.candles_sent.elapsed() >= CANDLE_INTERVAL {
            self.candles_sent = Instant::now();
            self.send_candles(hub, now_ms);
        }
        if self.tickers_sent.elapsed() >= TICKER_INTERVAL {
            self.tickers_sent = Instant::now();
            self.send_marks(hub, now_ms);
            self.send_tickers(hub, now_ms);
        }
        if self.kept.elapsed() >= KEEP_INTERVAL {
            self.kept = Instant::now();
            self.keep();
        }
    }

    fn send_candles(&mut self, hub: &Hub, now_ms: u64) {
        for (symbol, market) in &mut self.markets {
            if !std::mem::take(&mut market.are_candles_new) {
                continue;
            }
            for interval in Interval::ALL {
                let Some(candle) = market.day.candle(interval) else { continue };
                let stream = Stream::Kline(*symbol, interval);
                if hub.wants(stream) {
                    let text = encode::kline(*symbol, interval, &candle, now_ms);
                    hub.post(stream, None, text);
                }
                let stream = Stream::ContinuousKline(*symbol, interval);
                if hub.wants(stream) {
                    let text = encode::continuous_kline(*symbol, interval, &candle, now_ms);
                    hub.post(stream, None, text);
                }
            }
        }
    }

    fn send_marks(&self, hub: &Hub, now_ms: u64) {
        let wants_all = hub.wants(Stream::AllMarkPrices);
        let mut all = Vec::new();
        for (symbol, market) in &self.markets {
            let stream = Stream::MarkPrice(*symbol);
            if !wants_all && !hub.wants(stream) {
                continue;
            }
            let last = market.price.map(|price| price.trade.price);
            let text = encode::mark_price(*symbol, market.mark.as_ref(), last, now_ms);
            let Some(text) = text else { continue };
            if wants_all {
                all.push(text.clone());
            }
            hub.post(stream, None, text);
        }
        send_all(hub, Stream::AllMarkPrices, &all);
    }

    fn send_tickers(&mut self, hub: &Hub, now_ms: u64) {
        let wants_mini = hub.wants(Stream::AllMiniTickers);
        let wants_full = hub.wants(Stream::AllTickers);
        let (mut all_mini, mut all_full) = (Vec::new(), Vec::new());
        for (symbol, market) in &mut self.markets {
            let is_new = std::mem::take(&mut market.is_ticker_new);
            let (mini, full) = (Stream::MiniTicker(*symbol), Stream::Ticker(*symbol));
            let wants_mini_of_it = is_new && hub.wants(mini);
            let wants_full_of_it = is_new && hub.wants(full);
            if !(wants_mini || wants_full || wants_mini_of_it || wants_full_of_it) {
                continue;
            }
            let (Some(ticker), Some(price)) = (market.day.ticker(), &market.price) else {
                continue;
            };
            if wants_mini || wants_mini_of_it {
                let text = encode::mini_ticker(*symbol, &ticker, now_ms);
                if wants_mini_of_it {
                    hub.post(mini, None, text.clone());
                }
                all_mini.push(text);
            }
            if wants_full || wants_full_of_it {
                let text = encode::ticker(*symbol, &ticker, price, now_ms);
                if wants_full_of_it {
                    hub.post(full, None, text.clone());
                }
                all_full.push(text);
            }
        }
        send_all(hub, Stream::AllMiniTickers, &all_mini);
        send_all(hub, Stream::AllTickers, &all_full);
    }

    /// Hands what has changed to the keeper, unless that is still busy.
    fn keep(&mut self) {
        for (symbol, market) in &mut self.markets {
            if let Some(keep) = market.unkept.take()
                && !self.keeper.keep(*symbol, &market.day, keep)
            {
                market.unkept = Some(keep);
            }
        }
    }
}

fn send_quote(hub: &Hub, symbol: Symbol, before: Option<&Shown>, shown: &Shown, now_ms: u64) {
    let (ticker, all) = (Stream::BookTicker(symbol), Stream::AllBookTickers);
    if hub.wants(ticker) || hub.wants(all) {
        let text = encode::book_ticker(symbol, shown, now_ms);
        hub.post(all, Some(symbol), text.clone());
        hub.post(ticker, None, text);
    }
    if hub.wants(Stream::Depth(symbol)) {
        hub.post(Stream::Depth(symbol), None, encode::depth(symbol, before, shown, now_ms));
    }
    if hub.wants(Stream::Book(symbol)) {
        hub.post(Stream::Book(symbol), None, encode::book(symbol, before, shown, now_ms));
    }
}

/// Sends a candle that has ended.
fn send_candle(
    hub: &Hub,
    symbol: Symbol,
    interval: Interval,
    candle: &super::day::Candle,
    now_ms: u64,
) {
    let stream = Stream::Kline(symbol, interval);
    if hub.wants(stream) {
        hub.append(stream, encode::kline(symbol, interval, candle, now_ms));
    }
    let stream = Stream::ContinuousKline(symbol, interval);
    if hub.wants(stream) {
        hub.append(stream, encode::continuous_kline(symbol, interval, candle, now_ms));
    }
}

fn send_all(hub: &Hub, stream: Stream, texts: &[String]) {
    if !texts.is_empty() && hub.wants(stream) {
        hub.post(stream, None, format!("[{}]", texts.join(",")));
    }
}

pub(super) fn unix_ms() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    u64::try_from(now.unwrap_or_default().as_millis()).unwrap_or(u64::MAX)
}
