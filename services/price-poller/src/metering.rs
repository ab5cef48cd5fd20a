//! What the poller counts.

use messages::Symbol;
use service::Metric;

/// All of them, for `/metrics`.
pub const METRICS: &[Metric] = &[
    Metric::counter("velox_ticks_published_total", "Prices published.")
        .by("symbol", &Symbol::NAMES),
    Metric::gauge(
        "velox_feed_last_tick_timestamp_seconds",
        "When the last price was published (Unix time).",
    )
    .by("symbol", &Symbol::NAMES),
    Metric::gauge("velox_feed_connected", "1 while the source of prices delivers."),
    Metric::counter(
        "velox_trades_dropped_total",
        "Trades dropped because Redis was away for longer than they can be held.",
    ),
    Metric::counter("velox_feed_reconnects_total", "Connections to the venue that ended."),
    Metric::counter("velox_feed_frames_malformed_total", "Frames of the venue that made no sense."),
    Metric::counter("velox_feed_trades_repeated_total", "Trades that the venue sent once more."),
    Metric::counter(
        "velox_odd_prints_total",
        "Prices far from the last one, by what became of them.",
    )
    .by("outcome", &["held", "confirmed", "discarded", "released"]),
];
