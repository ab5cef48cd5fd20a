//! The poller's settings.

use service::{MetricsArgs, RedisArgs};
use std::path::PathBuf;
use std::time::Duration;

/// Publishes prices from Binance, a recording or a simulation.
#[derive(Clone, Debug, clap::Parser)]
#[command(version)]
pub struct Config {
    /// The source of prices; `auto` is Binance if it answers within 5 s, else `sim`.
    #[arg(long, env = "PRICE_FEED", value_enum, default_value = "auto")]
    pub price_feed: PriceFeed,
    /// The largest move from the last price (hundredths of a per cent) that is accepted at once. A
    /// trade beyond it is held, and orders are refused, until trades at three distinct times
    /// spanning at least a second confirm it.
    #[arg(long, env = "MAX_TICK_MOVE_BPS", default_value_t = 500)]
    pub max_tick_move_bps: u32,
    /// The total notional of the trades that confirm a held price, in USD.
    #[arg(long, env = "CONFIRM_NOTIONAL_USD", default_value_t = 1_000)]
    pub confirm_notional_usd: u32,
    /// The largest confirmed move from the last price (hundredths of a per cent, per started hour
    /// since). A price beyond it pauses the symbol until an operator accepts it or the market
    /// returns.
    #[arg(long, env = "MAX_CONFIRMED_MOVE_BPS", default_value_t = 2_000)]
    pub max_confirmed_move_bps: u32,
    /// The maximum age of a price that fills orders (ms), also by the venue's time; a live feed
    /// without a trade of a symbol for this long disputes its price. Default: 3000 on a live feed,
    /// else 10000.
    #[arg(long, env = "STALE_PRICE_MS")]
    pub stale_price_ms: Option<u64>,
    /// Fill the charts with past candles on the first run.
    #[arg(long, env = "HISTORY", default_value_t = true, action = clap::ArgAction::Set)]
    pub history: bool,
    /// The URL of Binance's WebSocket server.
    #[arg(long, env = "BINANCE_URL", default_value = "wss://stream.binance.com:9443")]
    pub binance_url: String,
    /// The URL of Binance's HTTP server, for past candles.
    #[arg(long, env = "BINANCE_REST_URL", default_value = "https://api.binance.com")]
    pub binance_rest_url: String,
    /// The market of Binance that the trades are of. Trades of futures are those that
    /// `BINANCE_FUTURES_URL` sends, and their charts have no past half minutes.
    #[arg(long, env = "BINANCE_MARKET", value_enum, default_value = "spot")]
    pub binance_market: BinanceMarket,
    /// The URL of Binance's WebSocket server for futures, the source of mark prices.
    #[arg(long, env = "BINANCE_FUTURES_URL", default_value = "wss://fstream.binance.com/market")]
    pub binance_futures_url: String,
    /// The URL of Binance's HTTP server for futures, for funding rates.
    #[arg(long, env = "BINANCE_FUTURES_REST_URL", default_value = "https://fapi.binance.com")]
    pub binance_futures_rest_url: String,
    /// The time without a trade of a symbol after which the poller reconnects (ms).
    #[arg(long, env = "BINANCE_SILENCE_MS", default_value_t = 30_000)]
    pub binance_silence_ms: u64,
    /// A file or folder of Binance's public trade archives, plain or zip.
    #[arg(long, env = "REPLAY_PATH", required_if_eq("price_feed", "replay"))]
    pub replay_path: Option<PathBuf>,
    /// The replay speed, as a multiple of the recorded one; 0 is as fast as possible.
    #[arg(long, env = "REPLAY_SPEED", default_value_t = 1)]
    pub replay_speed: u32,
    /// The action after the last recorded trade.
    #[arg(long, env = "REPLAY_END", value_enum, default_value = "loop")]
    pub replay_end: ReplayEnd,
    /// The seed of the simulation. The same seed gives the same prices, so it must be secret if
    /// they must not be predictable. Random by default.
    #[arg(long, env = "SIM_SEED")]
    pub sim_seed: Option<u64>,
    /// The number of simulated trades per second of each asset, 1 to 1000.
    #[arg(long, env = "SIM_RATE", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub sim_rate: u32,
    #[command(flatten)]
    #[expect(missing_docs, reason = "documented where it is defined")]
    pub redis: RedisArgs,
    #[command(flatten)]
    #[expect(missing_docs, reason = "documented where it is defined")]
    pub metrics: MetricsArgs<9103>,
}

/// The source of prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum PriceFeed {
    /// Binance if it answers, else the simulation.
    Auto,
    /// Binance's live trades.
    Binance,
    /// A recording.
    Replay,
    /// A seeded random walk.
    Sim,
}

/// A market of Binance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum BinanceMarket {
    /// The spot market.
    Spot,
    /// USDⓈ-margined futures.
    Futures,
}

/// The action after the last recorded trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ReplayEnd {
    /// Start again from the first trade.
    Loop,
    /// Keep the last price.
    Stop,
}

impl Config {
    /// The time without a trade of a symbol after which the poller reconnects.
    pub const fn binance_silence(&self) -> Duration {
        Duration::from_millis(self.binance_silence_ms)
    }
}
