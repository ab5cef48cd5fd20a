//! The WebSocket protocol: parses client messages, and encodes server messages as text.

use crate::board::Topic;
use crate::candles::Candle;
use crate::tape::Move;
use markets::Markets;
use messages::{EventKind, MarkPrice, MarketPrice, Notification, Symbol, Timeframe, Trade};
use serde::Deserialize;
use serde_json::{Value, json};
use session::Ticket;
use views::{Account, ClosedOrder, Fill, Income, OpenedOrder, PlacedOrder};

/// The maximum length of a client message: a token or a list of a few hundred channels fits.
pub const CLIENT_MESSAGE_LEN_MAX: usize = 8 * 1024;

const CLIENT_ID_LEN_MAX: usize = 128;

/// The reason a connection is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Close {
    /// Another connection with the same client id took its place.
    Replaced,
    /// The server is stopping.
    GoingAway,
    /// The client sent a binary message.
    Binary,
    /// The client sent too many messages.
    Flood,
    /// A message exceeds [`CLIENT_MESSAGE_LEN_MAX`].
    TooLarge,
    /// The ticket or session could not be checked.
    TryAgain,
    /// The first message did not arrive in time.
    AuthTimeout,
    /// The first message, ticket or token is not valid.
    AuthFailed,
    /// The user has too many connections.
    TooManyConnections,
    /// The user has signed out, or the session has expired.
    SessionEnded,
    /// The client did not read its account messages fast enough.
    TooSlow,
}

impl Close {
    /// The WebSocket close code and reason.
    pub const fn code(self) -> (u16, &'static str) {
        match self {
            Self::Replaced => (1000, "replaced by a new connection with the same clientId"),
            Self::GoingAway => (1001, "the server is stopping; connect again"),
            Self::Binary => (1003, "binary messages are not supported; send text"),
            Self::Flood => (1008, "too many messages"),
            Self::TooLarge => (1009, "message too large: the maximum is 8 KiB"),
            Self::TryAgain => (1013, "the ticket or session can't be checked right now; try again"),
            Self::AuthTimeout => (4001, "no hello or auth message was received in time"),
            Self::AuthFailed => (4002, "the first message, ticket or token is not valid"),
            Self::TooManyConnections => (4003, "too many connections for this user"),
            Self::SessionEnded => (4004, "the session has expired; sign in again"),
            Self::TooSlow => (4008, "too slow: account messages were lost; reconnect and fetch"),
        }
    }
}

/// A client message.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum ClientMessage {
    /// Starts a session without authentication, for public topics only.
    Hello {
        /// Identifies the client: a new connection replaces the one with the same id.
        #[serde(rename = "clientId", default)]
        client_id: Option<String>,
    },
    /// Starts an authenticated session, with a ticket or a token.
    Auth {
        /// Identifies the client: a new connection replaces the one with the same id.
        #[serde(rename = "clientId", default)]
        client_id: Option<String>,
        /// A one-time ticket.
        #[serde(default)]
        ticket: Option<String>,
        /// A session's token.
        #[serde(default)]
        token: Option<String>,
    },
    /// Subscribes to channels.
    Subscribe {
        /// The channels, such as `price:BTCUSDT`, `trades:BTCUSDT` and `candles:BTCUSDT:1m`.
        channels: Vec<String>,
    },
    /// Unsubscribes from channels.
    Unsubscribe {
        /// The channels, in the form used for subscribing.
        channels: Vec<String>,
    },
    /// Asks for a pong.
    Ping,
}

impl ClientMessage {
    /// Parses a text message.
    ///
    /// # Errors
    /// Returns a sentence for the client.
    pub fn parse(text: &str) -> Result<Self, String> {
        let message = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if let Self::Hello { client_id: Some(id) } | Self::Auth { client_id: Some(id), .. } =
            &message
        {
            check_client_id(id)?;
        }
        Ok(message)
    }
}

/// Checks the length of a client id.
///
/// # Errors
/// Returns a sentence for the client.
pub fn check_client_id(id: &str) -> Result<(), String> {
    if id.is_empty() || id.len() > CLIENT_ID_LEN_MAX {
        return Err(format!("clientId must have 1 to {CLIENT_ID_LEN_MAX} bytes"));
    }
    Ok(())
}

/// Parses the name of a channel.
///
/// # Errors
/// Returns a sentence for the client.
pub fn channel(name: &str, markets: &Markets) -> Result<Topic, String> {
    let parts: Vec<&str> = name.split(':').collect();
    let market = |text: &str| {
        let found = text.parse().ok().and_then(|symbol: Symbol| markets.index_of(symbol));
        found.ok_or_else(|| format!("the asset must be one of {}", markets.names()))
    };
    match parts.as_slice() {
        ["price", asset] => market(asset).map(Topic::Price),
        ["mark", asset] => market(asset).map(Topic::Mark),
        ["trades", asset] => market(asset).map(Topic::Trades),
        ["candles", asset, duration] => {
            let timeframe = duration.parse::<Timeframe>().map_err(|error| error.to_string())?;
            Ok(Topic::Candle(market(asset)?, timeframe))
        }
        _ => {
            let channels =
                "price:{asset}, mark:{asset}, trades:{asset} or candles:{asset}:{duration}";
            Err(format!("a channel is {channels}"))
        }
    }
}

/// Returns the channel name of a topic that can be subscribed to.
pub fn channel_name(topic: Topic, markets: &Markets) -> Option<String> {
    let symbol = |market: usize| markets.all().get(market).map(|instrument| instrument.symbol);
    match topic {
        Topic::Status => None,
        Topic::Price(market) => Some(format!("price:{}", symbol(market)?)),
        Topic::Mark(market) => Some(format!("mark:{}", symbol(market)?)),
        Topic::Trades(market) => Some(format!("trades:{}", symbol(market)?)),
        Topic::Candle(market, timeframe) => {
            Some(format!("candles:{}:{timeframe}", symbol(market)?))
        }
    }
}

/// Encodes the response to the first message.
pub fn connection(
    client_id: &str,
    ticket: Option<Ticket>,
    feed: &str,
    markets: &Markets,
) -> String {
    json!({
        "type": "connection",
        "status": if ticket.is_some() { "authenticated" } else { "public" },
        "assets": markets.symbols().collect::<Vec<_>>(),
        "clientId": client_id,
        "userId": ticket.map(|ticket| ticket.session.user_id),
        "accountId": ticket.map(|ticket| ticket.account()),
        "feed": feed,
    })
    .to_string()
}

/// Encodes the status: the source of prices, or `stale`.
pub fn status(feed: &str, message: &str) -> String {
    json!({ "type": "status", "feed": feed, "message": message }).to_string()
}

/// Encodes bid and ask, and the reason if the price is disputed. The numbers have all digits, more
/// than a float could hold.
pub fn price_update(price: &MarketPrice) -> String {
    let MarketPrice { bid, ask, timestamp_ms, trade, disputed, run: _ } = price;
    let disputed =
        disputed.map_or_else(String::new, |reason| format!(r#","disputed":{}"#, json!(reason)));
    format!(
        r#"{{"type":"price_update","symbol":"{}","data":{{"bidPrice":{bid},"askPrice":{ask},"timestamp":{timestamp_ms}{disputed}}}}}"#,
        trade.symbol,
    )
}

/// Encodes a mark price with all digits, and what is known of its index price and the next funding.
pub fn mark_update(price: &MarkPrice) -> String {
    let MarkPrice { symbol, mark, index, funding_rate, next_funding_ms, marked_at_ms } = price;
    let known = [
        ("indexPrice", index.map(|index| index.to_string())),
        ("fundingRate", funding_rate.map(|rate| rate.to_string())),
        ("nextFundingTime", next_funding_ms.map(|time_ms| time_ms.to_string())),
        ("timestamp", marked_at_ms.map(|time_ms| time_ms.to_string())),
    ];
    let known = known.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let fields = [("markPrice", mark.to_string())].into_iter().chain(known);
    let fields: Vec<String> = fields.map(|(name, value)| format!(r#""{name}":{value}"#)).collect();
    let data = fields.join(",");
    format!(r#"{{"type":"mark_update","symbol":"{symbol}","data":{{{data}}}}}"#)
}

/// Encodes a running candle.
pub fn candle_update(symbol: Symbol, timeframe: Timeframe, candle: &Candle) -> String {
    let Candle { time_s, open, high, low, close, volume, is_partial } = candle;
    format!(
        r#"{{"type":"candle_update","symbol":"{symbol}","duration":"{timeframe}","data":{{"time":{time_s},"open":{open},"high":{high},"low":{low},"close":{close},"volume":{volume},"partial":{is_partial}}}}}"#,
    )
}

/// Encodes a change of an account for its user: the order and the position that changed, the
/// balance, the fill, and the lines of the statement, all with the same sequence number.
pub fn account_updates(Notification { id, event }: &Notification) -> Vec<String> {
    let (sequence, timestamp) = (event.account.sequence, event.timestamp_ms);
    let update = |kind: &str, name: &str, place: &str, data: Value| {
        json!({
            "type": kind,
            "sequence": sequence,
            "event": name,
            "requestId": event.request_id,
            "timestamp": timestamp,
            place: data,
        })
    };
    let mut updates = Vec::new();
    if let Some(order) = event.execution.as_ref().and_then(|execution| execution.order.as_ref()) {
        let order = json!(PlacedOrder::from(order));
        updates.push(update("order_update", "ORDER_FILLED", "order", order));
    }
    let name = event.kind.type_name();
    match &event.kind {
        EventKind::PositionOpened(order) | EventKind::PositionModified(order) => {
            updates.push(update("order_update", name, "order", json!(OpenedOrder::from(order))));
        }
        EventKind::PositionClosed(closed) => {
            updates.push(update("order_update", name, "order", json!(ClosedOrder::from(closed))));
        }
        EventKind::PositionChanged(changed) => {
            let order = json!(OpenedOrder::from(&changed.order));
            let mut message = update("position_update", name, "order", order);
            message["change"] = json!(changed.change);
            updates.push(message);
        }
        EventKind::OrderAccepted(order)
        | EventKind::OrderAmended(order)
        | EventKind::OrderActivated(order)
        | EventKind::OrderCanceled(order)
        | EventKind::OrderExpired(order) => {
            let order = json!(PlacedOrder::from(&**order));
            updates.push(update("order_update", name, "order", order));
        }
        EventKind::FundingSettled(funding) => {
            let order = json!(OpenedOrder::from(&funding.order));
            let mut message = update("position_update", name, "order", order);
            message["funding"] = json!(views::Funding::from(&**funding));
            updates.push(message);
        }
        EventKind::UserRegistered(_)
        | EventKind::AccountReset(_)
        | EventKind::BalanceAdjusted(_)
        | EventKind::PositionModeChanged(_)
        | EventKind::LeverageChanged(_) => {}
    }
    updates.push(json!({
        "type": "balance_update",
        "sequence": sequence,
        "timestamp": timestamp,
        "data": Account::from(&event.account),
    }));
    if let Some(fill) = event.fill(*id) {
        updates.push(update("fill", "FILL", "fill", json!(Fill::from(&fill))));
    }
    let income = event.income(*id);
    if !income.is_empty() {
        let lines = income.iter().map(Income::from).collect::<Vec<_>>();
        updates.push(update("income", "INCOME", "income", json!(lines)));
    }
    updates.iter().map(Value::to_string).collect()
}

/// Encodes a trade with all digits. The feed does not tell which side took: `move` says where the
/// price went.
pub fn trade(trade: &Trade, moved: Option<Move>) -> String {
    let Trade { trade_id, price, qty, time_us, .. } = trade;
    let moved = match moved {
        Some(Move::Up) => r#","move":"UP""#,
        Some(Move::Down) => r#","move":"DOWN""#,
        None => "",
    };
    let time_ms = time_us / 1_000;
    format!(r#"{{"id":{trade_id},"price":{price},"quantity":{qty},"time":{time_ms}{moved}}}"#)
}

/// Encodes what the messages with a market's trades begin with.
pub fn trade_head(symbol: Symbol) -> String {
    format!(r#"{{"type":"trade_update","symbol":"{symbol}","data":["#)
}

/// Encodes the trades of a market, given the beginning of the message.
pub fn trade_update<'a>(head: &str, trades: impl Iterator<Item = &'a str>) -> String {
    let mut text = head.to_owned();
    for (n, trade) in trades.enumerate() {
        text.push_str(if n == 0 { "" } else { "," });
        text.push_str(trade);
    }
    text.push_str("]}");
    text
}

/// Encodes the response to a bad message.
pub fn error(problem: &str) -> String {
    json!({ "type": "error", "code": "BAD_MESSAGE", "error": problem }).to_string()
}

/// Encodes the channels of a client.
pub fn subscribed(channels: &[String]) -> String {
    json!({ "type": "subscribed", "channels": channels }).to_string()
}

/// Encodes the response to a ping.
pub fn pong() -> String {
    Value::from_iter([("type", "pong")]).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use testkit::hostile::{cases, damaged_text, nearly_json};

    proptest! {
        #![proptest_config(cases(3_000))]

        #[test]
        fn hostile_messages(text in nearly_json(&[
            r#"{"type":"hello","clientId":"page"}"#,
            r#"{"type":"auth","clientId":"page","ticket":"0190a6e4","token":null}"#,
            r#"{"type":"subscribe","channels":["price:BTCUSDT","candles:BTCUSDT:1m"]}"#,
            r#"{"type":"unsubscribe","channels":["price:BTCUSDT"]}"#,
            r#"{"type":"ping"}"#,
        ])) {
            match ClientMessage::parse(&text) {
                Ok(ClientMessage::Hello { client_id } | ClientMessage::Auth { client_id, .. }) => {
                    let len = client_id.map_or(1, |id| id.len());
                    prop_assert!((1..=CLIENT_ID_LEN_MAX).contains(&len), "{len}");
                }
                Ok(ClientMessage::Subscribe { channels } | ClientMessage::Unsubscribe { channels }) => {
                    for name in &channels {
                        check_channel(name)?;
                    }
                }
                Ok(ClientMessage::Ping) => {}
                Err(problem) => prop_assert!(serde_json::from_str::<Value>(&error(&problem)).is_ok()),
            }
        }

        #[test]
        fn hostile_channels(name in damaged_text(&["price:BTCUSDT", "trades:BTCUSDT", "candles:SOLUSDT:15m"])) {
            check_channel(&name)?;
        }
    }

    fn check_channel(name: &str) -> Result<(), TestCaseError> {
        let markets = Markets::from(markets::shipped());
        match channel(name, &markets) {
            Ok(topic) => prop_assert_eq!(channel_name(topic, &markets), Some(name.to_owned())),
            // The problem is short, however long the name is.
            Err(problem) => prop_assert!(!problem.is_empty() && problem.len() <= 1_000),
        }
        Ok(())
    }
}
