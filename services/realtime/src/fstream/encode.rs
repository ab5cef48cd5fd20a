//! The texts of market events.

use super::day::{Candle, Ticker};
use super::market::Shown;
use messages::{ClosedPosition, MarkPrice, MarketPrice, OrderSide, Symbol};
use price::{Price, Qty};
use views::binance::Interval;

/// The time between two fundings of an instrument that does not say its next one: it has none, and
/// clients require a time.
const FUNDING_INTERVAL_MS: u64 = 8 * 60 * 60 * 1_000;

/// The scale of a percentage with three decimals, of which an amount's unit has a thousandth.
const THOUSANDTH: i128 = 100_000;

/// Encodes a trade. The side of its taker is not known: it is told as one whose taker sold, as the
/// candles' volumes of buying takers are zero.
pub fn trade(price: &MarketPrice, now_ms: u64) -> String {
    let trade = &price.trade;
    let (symbol, id, time_ms) = (trade.symbol, trade.trade_id, trade.time_us / 1_000);
    let (price, qty) = (trade.price, trade.qty);
    format!(
        r#"{{"e":"trade","E":{now_ms},"T":{time_ms},"s":"{symbol}","t":{id},"p":"{price}","q":"{qty}","X":"MARKET","m":true}}"#
    )
}

/// Encodes a trade as the sum of one.
pub fn agg_trade(price: &MarketPrice, now_ms: u64) -> String {
    let trade = &price.trade;
    let (symbol, id, time_ms) = (trade.symbol, trade.trade_id, trade.time_us / 1_000);
    let (price, qty) = (trade.price, trade.qty);
    format!(
        r#"{{"e":"aggTrade","E":{now_ms},"a":{id},"s":"{symbol}","p":"{price}","q":"{qty}","nq":"{qty}","f":{id},"l":{id},"T":{time_ms},"m":true}}"#
    )
}

/// Encodes the house's bid and ask. `nautilus_trader` wants as many decimals on both sides.
pub fn book_ticker(symbol: Symbol, shown: &Shown, now_ms: u64) -> String {
    let Shown { id, time_ms, bid, ask, .. } = shown;
    format!(
        r#"{{"e":"bookTicker","u":{id},"s":"{symbol}","b":"{}","B":"{}","a":"{}","A":"{}","T":{time_ms},"E":{now_ms}}}"#,
        bid.0.to_fixed(),
        bid.1.to_fixed(),
        ask.0.to_fixed(),
        ask.1.to_fixed(),
    )
}

/// Encodes the change from one book to the next, as the levels that are gone and those that are new.
pub fn depth(symbol: Symbol, before: Option<&Shown>, shown: &Shown, now_ms: u64) -> String {
    let bids = changes(before.map(|before| before.bid), shown.bid);
    let asks = changes(before.map(|before| before.ask), shown.ask);
    depth_update(symbol, (before, shown), now_ms, &bids, &asks)
}

/// Encodes the whole book.
pub fn book(symbol: Symbol, before: Option<&Shown>, shown: &Shown, now_ms: u64) -> String {
    let (bid, ask) = (level(shown.bid.0, shown.bid.1), level(shown.ask.0, shown.ask.1));
    depth_update(symbol, (before, shown), now_ms, &bid, &ask)
}

fn depth_update(
    symbol: Symbol,
    (before, shown): (Option<&Shown>, &Shown),
    now_ms: u64,
    bids: &str,
    asks: &str,
) -> String {
    let Shown { id, time_ms, .. } = shown;
    let previous = before.map_or(id - 1, |before| before.id);
    let first = previous + 1;
    format!(
        r#"{{"e":"depthUpdate","E":{now_ms},"T":{time_ms},"s":"{symbol}","U":{first},"u":{id},"pu":{previous},"b":[{bids}],"a":[{asks}]}}"#
    )
}

fn changes(before: Option<(Price, Qty)>, now: (Price, Qty)) -> String {
    match before {
        Some(before) if before == now => String::new(),
        Some((price, _)) if price != now.0 => {
            format!("{},{}", level(price, Qty::from_scaled(0)), level(now.0, now.1))
        }
        _ => level(now.0, now.1),
    }
}

fn level(price: Price, qty: Qty) -> String {
    let (price, qty) = (price.to_fixed(), qty.to_fixed());
    format!(r#"["{price}","{qty}"]"#)
}

/// Encodes the mark price; that of an instrument without one is its last price.
pub fn mark_price(
    symbol: Symbol,
    mark: Option<&MarkPrice>,
    last: Option<Price>,
    now_ms: u64,
) -> Option<String> {
    let price = mark.map(|mark| mark.mark).or(last)?;
    let index = mark.and_then(|mark| mark.index).unwrap_or(price);
    let rate = mark.and_then(|mark| mark.funding_rate);
    let rate = rate.map_or_else(|| "0.00000000".to_owned(), |rate| rate.to_string());
    let next_ms = mark.and_then(|mark| mark.next_funding_ms);
    let next_ms = next_ms.unwrap_or((now_ms / FUNDING_INTERVAL_MS + 1) * FUNDING_INTERVAL_MS);
    Some(format!(
        r#"{{"e":"markPriceUpdate","E":{now_ms},"s":"{symbol}","p":"{price}","ap":"{price}","i":"{index}","P":"{price}","r":"{rate}","T":{next_ms}}}"#
    ))
}

/// Encodes a liquidation as the order that closed the position.
pub fn force_order(closed: &ClosedPosition, now_ms: u64) -> String {
    let ClosedPosition { order, close_price: price, closed_at_ms: time_ms, .. } = closed;
    let (symbol, qty) = (order.asset, order.qty);
    let side = OrderSide::closing(order.side);
    format!(
        r#"{{"e":"forceOrder","E":{now_ms},"o":{{"s":"{symbol}","S":"{side}","o":"LIMIT","f":"IOC","q":"{qty}","p":"{price}","ap":"{price}","X":"FILLED","l":"{qty}","z":"{qty}","T":{time_ms}}}}}"#
    )
}

/// Encodes a candle.
pub fn kline(symbol: Symbol, interval: Interval, candle: &Candle, now_ms: u64) -> String {
    let candle = k(Some(symbol), interval, candle);
    format!(r#"{{"e":"kline","E":{now_ms},"s":"{symbol}","k":{candle}}}"#)
}

/// Encodes a candle of the perpetual contract of a pair, which is the instrument itself.
pub fn continuous_kline(
    symbol: Symbol,
    interval: Interval,
    candle: &Candle,
    now_ms: u64,
) -> String {
    let candle = k(None, interval, candle);
    format!(
        r#"{{"e":"continuous_kline","E":{now_ms},"ps":"{symbol}","ct":"PERPETUAL","k":{candle}}}"#
    )
}

fn k(symbol: Option<Symbol>, interval: Interval, candle: &Candle) -> String {
    let Candle { bucket, end_ms, is_closed } = candle;
    let (start_ms, last_ms, interval) = (bucket.start_ms, end_ms - 1, interval.as_str());
    let symbol = symbol.map_or_else(String::new, |symbol| format!(r#""s":"{symbol}","#));
    let (first, last, trades) = (bucket.first_id, bucket.last_id, bucket.trades);
    let (open, high, low, close) = (bucket.open, bucket.high, bucket.low, bucket.close);
    let (volume, quote) = (bucket.volume, bucket.quote_volume());
    format!(
        r#"{{"t":{start_ms},"T":{last_ms},{symbol}"i":"{interval}","f":{first},"L":{last},"o":"{open}","c":"{close}","h":"{high}","l":"{low}","v":"{volume}","n":{trades},"x":{is_closed},"q":"{quote}","V":"0","Q":"0","B":"0"}}"#
    )
}

/// Encodes the short statistics of the last 24 hours.
pub fn mini_ticker(symbol: Symbol, ticker: &Ticker, now_ms: u64) -> String {
    let sums = &ticker.sums;
    let (open, high, low, close) = (sums.open, sums.high, sums.low, sums.close);
    let (volume, quote) = (sums.volume, sums.quote_volume());
    format!(
        r#"{{"e":"24hrMiniTicker","E":{now_ms},"s":"{symbol}","c":"{close}","o":"{open}","h":"{high}","l":"{low}","v":"{volume}","q":"{quote}"}}"#
    )
}

/// Encodes the statistics of the last 24 hours.
pub fn ticker(symbol: Symbol, ticker: &Ticker, last: &MarketPrice, now_ms: u64) -> String {
    let Ticker { sums, open_time_ms } = ticker;
    let (open, high, low, close) = (sums.open, sums.high, sums.low, sums.close);
    let change = close.scaled() - open.scaled();
    let percent = change.saturating_mul(THOUSANDTH).checked_div(open.scaled()).unwrap_or_default();
    let percent = Price::from_scaled(percent.saturating_mul(THOUSANDTH));
    let (change, average) = (Price::from_scaled(change), sums.average_price());
    let (volume, quote, qty) = (sums.volume, sums.quote_volume(), last.trade.qty);
    let (first, last, trades) = (sums.first_id, sums.last_id, sums.trades);
    format!(
        r#"{{"e":"24hrTicker","E":{now_ms},"s":"{symbol}","p":"{change}","P":"{percent}","w":"{average}","c":"{close}","Q":"{qty}","o":"{open}","h":"{high}","l":"{low}","v":"{volume}","q":"{quote}","O":{open_time_ms},"C":{now_ms},"F":{first},"L":{last},"n":{trades}}}"#
    )
}
