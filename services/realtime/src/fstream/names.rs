//! The names of market streams.

use messages::Symbol;
use views::binance::Interval;

/// A market stream. Names that differ only in the pace of updates are one stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stream {
    Trade(Symbol),
    AggTrade(Symbol),
    BookTicker(Symbol),
    AllBookTickers,
    MarkPrice(Symbol),
    AllMarkPrices,
    Kline(Symbol, Interval),
    ContinuousKline(Symbol, Interval),
    MiniTicker(Symbol),
    AllMiniTickers,
    Ticker(Symbol),
    AllTickers,
    ForceOrder(Symbol),
    AllForceOrders,
    /// The changes of the order book.
    Depth(Symbol),
    /// The order book: one level each side, however many are asked for.
    Book(Symbol),
}

impl Stream {
    /// Returns the stream of a name, if there is one. The symbol may be in capital letters.
    pub fn parse(name: &str) -> Option<Self> {
        let (of, kind) = name.split_once('@').unwrap_or((name, ""));
        match (of, kind) {
            ("!bookTicker", "") => return Some(Self::AllBookTickers),
            ("!markPrice", "arr" | "arr@1s") => return Some(Self::AllMarkPrices),
            ("!miniTicker", "arr") => return Some(Self::AllMiniTickers),
            ("!forceOrder", "arr") => return Some(Self::AllForceOrders),
            ("!ticker", "arr") => return Some(Self::AllTickers),
            _ => {}
        }
        if let Some(interval) = kind.strip_prefix("continuousKline_") {
            let pair = of.strip_suffix("_perpetual").or_else(|| of.strip_suffix("_PERPETUAL"))?;
            return Some(Self::ContinuousKline(symbol(pair)?, interval.parse().ok()?));
        }
        let symbol = symbol(of)?;
        if let Some(interval) = kind.strip_prefix("kline_") {
            return Some(Self::Kline(symbol, interval.parse().ok()?));
        }
        let (kind, pace) = kind.split_once('@').unwrap_or((kind, ""));
        match (kind, pace) {
            ("trade", "") => Some(Self::Trade(symbol)),
            ("aggTrade", "") => Some(Self::AggTrade(symbol)),
            ("bookTicker", "") => Some(Self::BookTicker(symbol)),
            ("markPrice", "" | "1s") => Some(Self::MarkPrice(symbol)),
            ("miniTicker", "") => Some(Self::MiniTicker(symbol)),
            ("ticker", "") => Some(Self::Ticker(symbol)),
            ("forceOrder", "") => Some(Self::ForceOrder(symbol)),
            ("depth", _) if is_depth_pace(pace) => Some(Self::Depth(symbol)),
            ("depth5" | "depth10" | "depth20", _) if is_depth_pace(pace) => {
                Some(Self::Book(symbol))
            }
            _ => None,
        }
    }
}

fn is_depth_pace(pace: &str) -> bool {
    matches!(pace, "" | "0ms" | "100ms" | "250ms" | "500ms")
}

fn symbol(text: &str) -> Option<Symbol> {
    text.to_ascii_uppercase().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use testkit::hostile::{cases, damaged_text};
    use testkit::symbols::BTC;

    #[test]
    fn every_name_of_the_clients_is_a_stream() {
        let rows = [
            ("btcusdt@trade", Stream::Trade(BTC)),
            ("BTCUSDT@aggTrade", Stream::AggTrade(BTC)),
            ("btcusdt@bookTicker", Stream::BookTicker(BTC)),
            ("!bookTicker", Stream::AllBookTickers),
            ("btcusdt@markPrice", Stream::MarkPrice(BTC)),
            ("btcusdt@markPrice@1s", Stream::MarkPrice(BTC)),
            ("!markPrice@arr", Stream::AllMarkPrices),
            ("!markPrice@arr@1s", Stream::AllMarkPrices),
            ("btcusdt@kline_1m", Stream::Kline(BTC, Interval::M1)),
            ("btcusdt@kline_1M", Stream::Kline(BTC, Interval::Month)),
            ("btcusdt_perpetual@continuousKline_4h", Stream::ContinuousKline(BTC, Interval::H4)),
            ("btcusdt@miniTicker", Stream::MiniTicker(BTC)),
            ("!miniTicker@arr", Stream::AllMiniTickers),
            ("btcusdt@ticker", Stream::Ticker(BTC)),
            ("!ticker@arr", Stream::AllTickers),
            ("btcusdt@forceOrder", Stream::ForceOrder(BTC)),
            ("!forceOrder@arr", Stream::AllForceOrders),
            ("btcusdt@depth", Stream::Depth(BTC)),
            ("btcusdt@depth@100ms", Stream::Depth(BTC)),
            ("btcusdt@depth5", Stream::Book(BTC)),
            ("btcusdt@depth20@500ms", Stream::Book(BTC)),
        ];
        for (name, stream) in rows {
            assert_eq!(Stream::parse(name), Some(stream), "{name}");
        }
        for name in ["", "0", "@", "btcusdt", "!forceOrder", "btcusdt@kline_2m"] {
            assert_eq!(Stream::parse(name), None, "{name}");
        }
    }

    proptest! {
        #![proptest_config(cases(1_000))]

        #[test]
        fn hostile_names(name in damaged_text(&["btcusdt_perpetual@continuousKline_4h", "btcusdt@depth20@500ms"])) {
            let _ = Stream::parse(&name);
        }
    }
}
