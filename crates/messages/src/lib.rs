#![doc = include_str!("../README.md")]
#![deny(clippy::float_arithmetic)]

mod account_fill;
mod candle;
mod codec;
mod costs;
mod depth;
mod edit;
mod event;
mod ids;
mod income;
mod instrument;
mod kinds;
mod mail;
mod market;
mod order;
mod position;
mod query;
mod rejection;
mod reply;
mod request;
mod rules;
mod shards;
mod status;
mod symbol;
mod words;

pub use account_fill::AccountFill;
pub use candle::{CandleHistory, CandlePart, MarketData, Timeframe};
pub use codec::{DecodeError, Fields, StreamMessage};
pub use costs::{
    Bracket, FillPolicy, Funding, FundingSource, InstrumentStatus, LiquidationModel, PriceSource,
    WHOLE_PPM, amount_after,
};
pub use edit::Edit;
pub use event::{
    AccountReset, AccountState, Event, EventKind, FundingSettled, LeverageChanged, Notification,
    PositionChange, PositionChanged,
};
pub use ids::{EntryId, InvalidId, MailId, OrderId, RequestId, UserId};
pub use income::{Income, IncomeKind};
pub use instrument::{Instrument, InvalidInstrument, LEVERAGE_MAX, Simulation, WHOLE_BPS};
pub use mail::{ApiKeyCreated, MagicLink, Mail, MailEntry, PasswordChanged};
pub use market::{
    DisputePrice, DisputeReason, InvalidFunding, InvalidTrade, MarkPrice, MarkProblem, MarketPrice,
    PriceUpdate, Run, SettleFunding, Trade,
};
pub use order::{
    CALLBACK_BPS, CLIENT_ORDER_ID_CHARS_MAX, Execution, ExpiryReason, Fill, FillRole,
    MAX_OPEN_ORDERS, Order, OrderKind, OrderSide, OrderStatus, PositionMode, TimeInForce,
    order_number,
};
pub use position::{CloseReason, ClosedPosition, Position, Side};
pub use query::{GetOpenOrders, GetOrder, OrderRef, Query, QueryEntry};
pub use rejection::Rejection;
pub use reply::{
    AccountSettings, BalanceSheet, ClosedPositions, Equity, OpenPosition, PositionState, Reply,
    Response, RestingOrder,
};
pub use request::{
    AdjustBalance, AmendOrder, Attribution, CancelOrders, ChangeLeverage, ChangeMargin,
    ChangePositionMode, ClosePosition, ClosePositions, ModifyPosition, PlaceOrder,
    RESET_BALANCE_USD, RegisterUser, Request, RequestEntry, ResetAccount, ReversePosition,
};
pub use rules::{MARK_DEVIATION_MAX_BPS, Rules, STALE_MARK_MS};
pub use shards::{SHARDS_MAX, Shard, Shards};
pub use status::{
    DisputedPrice, EngineState, EngineStatus, Feed, FeedStatus, OpenInterest, ServiceStatus,
    UntrustedMark,
};
pub use symbol::Symbol;

/// Commands and prices in the total order in which the engine applies them.
pub const REQUEST_STREAM: &str = "request:stream";
/// Reads that the engine answers from memory.
pub const QUERY_STREAM: &str = "query:stream";
/// The engine's events, under ids derived from the requests.
pub const RESPONSE_STREAM: &str = "response:stream";
/// The venue's trades and historical candles ([`MarketData`]) for the database.
pub const UPLOADER_STREAM: &str = "batch:uploader:stream";
/// Mails to be sent ([`MailEntry`]).
pub const MAIL_STREAM: &str = "mail:stream";
/// The engine's [`EngineStatus`].
pub const ENGINE_STATUS: &str = "engine:status";

/// The key with which an operator confirms that history starts afresh, although PostgreSQL holds
/// one.
pub const ENGINE_AFRESH: &str = "engine:afresh";
/// The list of all instruments as a JSON array of [`Instrument`], in the order in which they were
/// first listed. The engine writes it; every other service learns from it which instruments exist.
pub const MARKETS: &str = "engine:markets";
/// The quantities of all open positions as a JSON array of [`OpenInterest`], without instruments that
/// have none. The engine writes it once a second while they change.
pub const OPEN_INTEREST: &str = "engine:open-interest";
/// The price feed's [`FeedStatus`].
pub const FEED_STATUS: &str = "feed:status";
/// The prefix of the keys of all running services ([`service_key`]).
pub const SERVICE_KEYS: &str = "service:";

/// The consumer group of [`UPLOADER_STREAM`] that writes to the database.
pub const UPLOADER_GROUP: &str = "batch-uploader";
/// The consumer group of [`MAIL_STREAM`] that sends the mails.
pub const MAIL_GROUP: &str = "mailer";

/// The period in which one idempotency key gives one order id (ms, from midnight UTC). A key is
/// valid for at least this long: the id of the previous period is sent along, and the engine knows
/// the ids of closed orders for two periods.
pub const IDEMPOTENCY_PERIOD_MS: u64 = 24 * 60 * 60 * 1_000;

/// The maximum lead of an entry id over its sender's clock (ms): far above queueing delays and
/// normal clock differences, far below the error of a clock that was set wrong.
pub const CLOCK_LEAD_MAX_MS: u64 = 60_000;

/// The stream for entries of `stream` that could not be handled, in the same shard.
pub fn dead_letter_stream(stream: &str) -> String {
    match stream.split_once(":{") {
        Some((name, tag)) => format!("{name}:dead:{{{tag}"),
        None => format!("{stream}:dead"),
    }
}

/// The channel on which one gateway receives the replies to its requests.
pub fn reply_channel(gateway: &str) -> String {
    format!("reply:{gateway}")
}

/// The channel of one user's account changes.
pub fn user_channel(user_id: UserId) -> String {
    format!("user:{user_id}")
}

/// The channel of one symbol's prices.
pub fn market_channel(symbol: Symbol) -> String {
    format!("market:{symbol}")
}

/// The key of a symbol's latest [`MarketPrice`]: the first value of a subscription and the starting
/// point of a simulated feed.
pub fn last_price_key(symbol: Symbol) -> String {
    format!("feed:last:{symbol}")
}

/// The channel of one symbol's mark prices, each a [`MarkPrice`].
pub fn mark_channel(symbol: Symbol) -> String {
    format!("mark:{symbol}")
}

/// The key of a symbol's latest [`MarkPrice`].
pub fn last_mark_key(symbol: Symbol) -> String {
    format!("feed:mark:{symbol}")
}

/// The key of the time of a symbol's last settled funding (Unix ms), by which the price-poller knows
/// those that it has missed.
pub fn last_funding_key(symbol: Symbol) -> String {
    format!("feed:funding:{symbol}")
}

/// The key with which an operator accepts the held price of `symbol`; its value is that price as a
/// decimal. The price-poller reads it.
pub fn accepted_price_key(symbol: Symbol) -> String {
    format!("feed:accept:{symbol}")
}

/// The key of a one-time WebSocket ticket; its value is the user's id.
pub fn ticket_key(ticket: &str) -> String {
    format!("ws:ticket:{ticket}")
}

/// The key of one process's [`ServiceStatus`].
pub fn service_key(name: &str, instance: &str) -> String {
    format!("{SERVICE_KEYS}{name}:{instance}")
}
