//! The API in the shape of Binance USDⓈ-M Futures, for programs that were written for it.
//!
//! It shares the engine and the tables with Velox's own API, and nothing of its rules: requests are
//! forms with signatures, errors are codes, and limits are weights. `docs/bots.md` says where Velox
//! differs from Binance.

mod account;
mod admission;
mod book;
mod call;
mod candles;
mod countdown;
mod error;
mod exits;
mod figures;
mod holdings;
mod known_orders;
mod limits;
mod market;
mod new_order;
mod operations;
mod order_lists;
mod order_view;
mod orders;
mod params;
mod premium;
mod prices;
mod records;
mod routing;
mod session;
mod settings;
mod signature;
mod socket;
mod tickers;
mod trade_rows;
mod trades;
mod user_stream;

pub use countdown::watch as watch_countdowns;
pub use known_orders::KnownOrders;
pub use limits::{LimitArgs, Limits};
pub use routing::router;

/// Returns the methods and paths of all operations.
pub fn operations() -> impl Iterator<Item = (axum::http::Method, &'static str)> {
    operations::OPERATIONS.iter().map(|operation| (operation.method.clone(), operation.path))
}
