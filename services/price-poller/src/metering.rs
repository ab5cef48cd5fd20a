//! The poller's metrics.

use messages::{DisputeReason, DisputedPrice, Symbol};
use service::Metric;

/// All metrics of the poller, for `/metrics`.
pub const METRICS: &[Metric] = &[
    Metric::counter("velox_ticks_published_total", "Prices published.").by("symbol", &[]),
    Metric::gauge(
        "velox_feed_last_tick_timestamp_seconds",
        "When the last price was published (Unix time).",
    )
    .by("symbol", &[]),
    Metric::gauge(
        "velox_feed_last_trade_timestamp_seconds",
        "When the last trade arrived, including trades that made no price (Unix time).",
    )
    .by("symbol", &[]),
    Metric::gauge(
        "velox_feed_price_disputed",
        "1 while the symbol's last price is disputed and fills nothing, whatever the reason.",
    )
    .by("symbol", &[]),
    Metric::gauge(
        "velox_feed_price_paused",
        "1 while the symbol waits for an operator to accept its price.",
    )
    .by("symbol", &[]),
    Metric::counter("velox_marks_published_total", "Mark prices published.").by("symbol", &[]),
    Metric::counter(
        "velox_fundings_published_total",
        "Fundings whose rates were published for settlement.",
    )
    .by("symbol", &[]),
    Metric::counter(
        "velox_mark_reconnects_total",
        "Connections for the venue's mark prices that ended.",
    ),
    Metric::gauge("velox_feed_connected", "1 while the source of prices delivers."),
    Metric::counter(
        "velox_trades_dropped_total",
        "Trades dropped because Redis was away for too long to buffer them.",
    ),
    Metric::counter("velox_feed_reconnects_total", "Connections to the venue that ended."),
    Metric::counter("velox_feed_frames_malformed_total", "Malformed frames from the venue."),
    Metric::counter(
        "velox_feed_trades_repeated_total",
        "Trades and mark prices that the venue sent again.",
    ),
    Metric::counter(
        "velox_feed_trades_unlisted_total",
        "Trades left out because their instrument is not listed.",
    ),
    Metric::counter("velox_odd_prints_total", "Prices far from the last one, by outcome.")
        .by("outcome", &["held", "confirmed", "discarded", "paused", "accepted"]),
];

/// Starts the series of an instrument.
pub fn begin(symbol: Symbol) {
    service::begin(METRICS, "symbol", symbol.as_str());
}

/// Sets the gauges of disputed and paused prices.
pub fn set_disputed(symbols: impl Iterator<Item = Symbol>, disputed: &[DisputedPrice]) {
    for symbol in symbols {
        let price = disputed.iter().find(|price| price.symbol == symbol);
        let is_paused = price.is_some_and(|price| price.reason == DisputeReason::Paused);
        let symbol = symbol.to_string();
        metrics::gauge!("velox_feed_price_disputed", "symbol" => symbol.clone())
            .set(u32::from(price.is_some()));
        metrics::gauge!("velox_feed_price_paused", "symbol" => symbol).set(u32::from(is_paused));
    }
}
