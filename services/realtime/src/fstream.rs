//! The WebSocket protocol of Binance's USDⓈ-M futures, beside the server's own, for programs that
//! were written against it.
//!
//! - `paths` reads what a request's path and query ask for, `requests` and `names` what a client
//!   sends; `connection` is the session of one client.
//! - `market` makes the public events from prices and mark prices. `hub` hands them to the clients
//!   that are subscribed: each text is made once, and only if somebody wants it.
//! - `liquidations` are public as well, without whose they are.
//! - `tail` reads the accounts' events from `response:stream`, in order and without a gap, for the
//!   bearers of listen keys; `user_events` and `user_orders` make the texts.
//! - `margin_watch` follows the positions of these accounts, for `MARGIN_CALL`.

mod bucket;
mod connection;
mod day;
mod encode;
mod hub;
mod keeper;
mod liquidations;
mod listener;
mod margin_call;
mod margin_ladder;
mod margin_question;
mod margin_watch;
mod market;
mod names;
mod paths;
mod registry;
mod requests;
mod subscriptions;
mod tail;
mod user_account;
mod user_events;
mod user_orders;

pub use connection::serve;
pub use hub::Hub;
pub use keeper::{Keeper, load};
pub use liquidations::{Liquidations, may_be_one as may_be_liquidation};
pub use margin_question::Questions;
pub use margin_watch::MarginWatch;
pub use market::MarketStreams;
pub use paths::{is_host, opening};
pub use registry::Registry;
pub use requests::MESSAGE_LEN_MAX;
pub use tail::Tail;

/// The maximum memory for texts that a client does not read, besides the kernel's buffers: the
/// statistics of a thousand instruments are one text.
pub const WRITE_BUFFER_LEN_MAX: usize = 4 * 1024 * 1024;
