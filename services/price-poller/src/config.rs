//! The poller's settings.

use service::{MetricsArgs, RedisArgs};
use std::path::PathBuf;
use std::time::Duration;

/// Brings prices from Binance, a recording or a simulation.
#[derive(Clone, Debug, clap::Parser)]
#[command(version)]
pub struct Config {
    /// Where prices come from; `auto` is Binance where it answers within 5 s, else `sim`.
    #[arg(long, env = "PRICE_FEED", value_enum, default_value = "auto")]
    pub price_feed: PriceFeed,
    /// Bid to ask, in hundredths of a per cent of the price.
    #[arg(long, env = "SPREAD_BPS", default_value_t = 10, value_parser = clap::value_parser!(u32).range(0..=1_000))]
    pub spread_bps: u32,
    /// A trade further from the last price than this (hundredths of a per cent) is held, and orders
    /// are refused, until trades at three moments within at least a second confirm it.
    #[arg(long, env = "MAX_TICK_MOVE_BPS", default_value_t = 500)]
    pub max_tick_move_bps: u32,
    /// The notional of the trades that confirm a held price, in USD together.
    #[arg(long, env = "CONFIRM_NOTIONAL_USD", default_value_t = 1_000)]
    pub confirm_notional_usd: u32,
    /// A confirmed price further from the last one than this (hundredths of a per cent, for each
    /// begun hour since) pauses the symbol until an operator accepts it or the market returns.
    #[arg(long, env = "MAX_CONFIRMED_MOVE_BPS", default_value_t = 2_000)]
    pub max_confirmed_move_bps: u32,
    /// A price older than this fills no order (ms), by the venue's time as well; a live feed without
    /// a trade of a symbol for this long disputes its price. 3000 on a live feed, else 10000.
    #[arg(long, env = "STALE_PRICE_MS")]
    pub stale_price_ms: Option<u64>,
    /// Fill the charts with the past on the first run.
    #[arg(long, env = "HISTORY", default_value_t = true, action = clap::ArgAction::Set)]
    pub history: bool,
    /// Binance's WebSocket server.
    #[arg(long, env = "BINANCE_URL", default_value = "wss://stream.binance.com:9443")]
    pub binance_url: String,
    /// Binance's HTTP server, for candles of the past.
    #[arg(long, env = "BINANCE_REST_URL", default_value = "https://api.binance.com")]
    pub binance_rest_url: String,
    /// Without a trade of a symbol for this long the connection is made anew (ms).
    #[arg(long, env = "BINANCE_SILENCE_MS", default_value_t = 30_000)]
    pub binance_silence_ms: u64,
    /// A file, or a folder of files, of Binance's public trade archives, plain or zip.
    #[arg(long, env = "REPLAY_PATH", required_if_eq("price_feed", "replay"))]
    pub replay_path: Option<PathBuf>,
    /// How many times faster than recorded; 0 is as fast as it goes.
    #[arg(long, env = "REPLAY_SPEED", default_value_t = 1)]
    pub replay_speed: u32,
    /// What comes after the last recorded trade.
    #[arg(long, env = "REPLAY_END", value_enum, default_value = "loop")]
    pub replay_end: ReplayEnd,
    /// The same seed gives the same prices, which anybody who knows it can compute ahead. Random
    /// when it is not set.
    #[arg(long, env = "SIM_SEED")]
    pub sim_seed: Option<u64>,
    /// Trades a second of each asset, 1 to 1000.
    #[arg(long, env = "SIM_RATE", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub sim_rate: u32,
    #[command(flatten)]
    #[expect(missing_docs, reason = "documented where it is defined")]
    pub redis: RedisArgs,
    #[command(flatten)]
    #[expect(missing_docs, reason = "documented where it is defined")]
    pub metrics: MetricsArgs<9103>,
}

/// Where prices come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum PriceFeed {
    /// Binance where it answers, else the simulation.
    Auto,
    /// Binance's live trades.
    Binance,
    /// A recording.
    Replay,
    /// A seeded random walk.
    Sim,
}

/// What comes after the last recorded trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ReplayEnd {
    /// The first one again.
    Loop,
    /// Nothing.
    Stop,
}

impl Config {
    /// Without a trade of a symbol for this long the connection is made anew.
    pub const fn binance_silence(&self) -> Duration {
        Duration::from_millis(self.binance_silence_ms)
    }
}
