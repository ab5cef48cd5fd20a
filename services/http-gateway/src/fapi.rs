//! The API in the shape of Binance USDⓈ-M Futures, for programs that were written for it.
//!
//! It shares the engine and the tables with Velox's own API, and nothing of its rules: requests are
//! forms with signatures, errors are codes, and limits are weights. `docs/bots.md` says where Velox
//! differs from Binance.

mod book;
mod call;
mod candles;
mod error;
mod figures;
mod interval;
mod limits;
mod market;
mod params;
mod premium;
mod prices;
mod routing;
mod signature;
mod tickers;
mod trade_rows;
mod trades;

pub use limits::{LimitArgs, Limits};
pub use routing::router;
