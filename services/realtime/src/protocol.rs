//! What travels over the socket: frames of clients become our types here, and ours become text.

use crate::board::Topic;
use crate::candles::Candle;
use messages::{Event, EventKind, MarketPrice, Symbol, Timeframe, UserId};
use serde::Deserialize;
use serde_json::{Value, json};
use views::{Account, ClosedOrder, OpenedOrder};

/// The longest message of a client: a token and a list of all channels fit.
pub const CLIENT_MESSAGE_LEN_MAX: usize = 8 * 1024;

const CLIENT_ID_LEN_MAX: usize = 128;

/// Why a connection is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Close {
    /// Another connection with the same client id took its place.
    Replaced,
    /// The server stops.
    GoingAway,
    /// Text is spoken here.
    Binary,
    /// Too many messages.
    Flood,
    /// A message is longer than any of a client's.
    TooLarge,
    /// The ticket could not be checked at the moment.
    TryAgain,
    /// No first message in time.
    AuthTimeout,
    /// A bad first message, ticket or token.
    AuthFailed,
    /// The user has too many connections.
    TooManyConnections,
    /// The user has signed out, or the session's time is over.
    SessionEnded,
    /// Its private messages could not be delivered fast enough.
    TooSlow,
}

impl Close {
    /// The WebSocket close code and reason.
    pub const fn code(self) -> (u16, &'static str) {
        match self {
            Self::Replaced => (1000, "replaced by a new connection of the same client"),
            Self::GoingAway => (1001, "the server is stopping; connect again"),
            Self::Binary => (1003, "messages are text"),
            Self::Flood => (1008, "too many messages"),
            Self::TooLarge => (1009, "messages have at most 8 KiB"),
            Self::TryAgain => (1013, "the ticket can't be checked at the moment; try again"),
            Self::AuthTimeout => (4001, "no hello or auth message in time"),
            Self::AuthFailed => (4002, "the first message, ticket or token is not valid"),
            Self::TooManyConnections => (4003, "too many connections of this user"),
            Self::SessionEnded => (4004, "the session is over; sign in again"),
            Self::TooSlow => (4008, "too slow: account messages were lost; fetch and reconnect"),
        }
    }
}

/// What a client says.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum ClientMessage {
    /// Only public topics, please.
    Hello {
        /// Tells the client's connections apart from others'.
        #[serde(rename = "clientId", default)]
        client_id: Option<String>,
    },
    /// This is who I am.
    Auth {
        /// Tells the client's connections apart from others'.
        #[serde(rename = "clientId", default)]
        client_id: Option<String>,
        /// A one-time ticket,
        #[serde(default)]
        ticket: Option<String>,
        /// or a session's token.
        #[serde(default)]
        token: Option<String>,
    },
    /// Tell me about these.
    Subscribe {
        /// `price:BTCUSDT`, `candles:BTCUSDT:1m`.
        channels: Vec<String>,
    },
    /// No longer about these.
    Unsubscribe {
        /// As in subscribe.
        channels: Vec<String>,
    },
    /// Are you there?
    Ping,
}

impl ClientMessage {
    /// Reads a text.
    ///
    /// # Errors
    /// A sentence for the client.
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

/// # Errors
/// A sentence for the client.
pub fn check_client_id(id: &str) -> Result<(), String> {
    if id.is_empty() || id.len() > CLIENT_ID_LEN_MAX {
        return Err(format!("clientId must have 1 to {CLIENT_ID_LEN_MAX} bytes"));
    }
    Ok(())
}

/// A channel that can be subscribed to.
///
/// # Errors
/// A sentence for the client.
pub fn channel(name: &str) -> Result<Topic, String> {
    let parts: Vec<&str> = name.split(':').collect();
    let symbol = |text: &str| text.parse::<Symbol>().map_err(|error| error.to_string());
    match parts.as_slice() {
        ["price", asset] => symbol(asset).map(Topic::Price),
        ["candles", asset, duration] => {
            let timeframe = duration.parse::<Timeframe>().map_err(|error| error.to_string())?;
            Ok(Topic::Candle(symbol(asset)?, timeframe))
        }
        _ => Err("a channel is price:{asset} or candles:{asset}:{duration}".to_owned()),
    }
}

/// The name of a topic that can be subscribed to.
pub fn channel_name(topic: Topic) -> Option<String> {
    match topic {
        Topic::Status => None,
        Topic::Price(symbol) => Some(format!("price:{symbol}")),
        Topic::Candle(symbol, timeframe) => Some(format!("candles:{symbol}:{timeframe}")),
    }
}

/// The answer to a first message.
pub fn connection(client_id: &str, user_id: Option<UserId>, feed: &str) -> String {
    json!({
        "type": "connection",
        "status": if user_id.is_some() { "authenticated" } else { "public" },
        "assets": Symbol::ALL,
        "clientId": client_id,
        "userId": user_id,
        "feed": feed,
    })
    .to_string()
}

/// Where prices come from, or `stale`.
pub fn status(feed: &str, message: &str) -> String {
    json!({ "type": "status", "feed": feed, "message": message }).to_string()
}

/// Bid and ask, and why nothing is filled at them, where that is so. The numbers are the digits,
/// which no float could hold.
pub fn price_update(price: &MarketPrice) -> String {
    let MarketPrice { bid, ask, timestamp_ms, trade, disputed, run: _ } = price;
    let disputed =
        disputed.map_or_else(String::new, |reason| format!(r#","disputed":{}"#, json!(reason)));
    format!(
        r#"{{"type":"price_update","symbol":"{}","data":{{"bidPrice":{bid},"askPrice":{ask},"timestamp":{timestamp_ms}{disputed}}}}}"#,
        trade.symbol,
    )
}

/// The candle that is being made.
pub fn candle_update(symbol: Symbol, timeframe: Timeframe, candle: &Candle) -> String {
    let Candle { time_s, open, high, low, close, volume, is_partial } = candle;
    format!(
        r#"{{"type":"candle_update","symbol":"{symbol}","duration":"{timeframe}","data":{{"time":{time_s},"open":{open},"high":{high},"low":{low},"close":{close},"volume":{volume},"partial":{is_partial}}}}}"#,
    )
}

/// What a change of an account is to its user: the order, if one changed, and the balance, under
/// the same sequence number.
pub fn account_updates(event: &Event) -> Vec<String> {
    let order = match &event.kind {
        EventKind::UserRegistered { .. } | EventKind::BalanceAdjusted { .. } => None,
        EventKind::PositionOpened(order) => Some(("ORDER_OPENED", json!(OpenedOrder::from(order)))),
        EventKind::PositionModified(order) => {
            Some(("ORDER_MODIFIED", json!(OpenedOrder::from(order))))
        }
        EventKind::PositionClosed(closed) => {
            Some(("ORDER_CLOSED", json!(ClosedOrder::from(closed))))
        }
    };
    let (sequence, timestamp) = (event.account.sequence, event.timestamp_ms);
    let order_update = order.map(|(name, order)| {
        json!({
            "type": "order_update",
            "sequence": sequence,
            "event": name,
            "requestId": event.request_id,
            "timestamp": timestamp,
            "order": order,
        })
    });
    let balance_update = json!({
        "type": "balance_update",
        "sequence": sequence,
        "timestamp": timestamp,
        "data": Account::from(&event.account),
    });
    order_update.into_iter().chain([balance_update]).map(|update| update.to_string()).collect()
}

/// What a client is told who said something that is not understood.
pub fn error(problem: &str) -> String {
    json!({ "type": "error", "code": "BAD_MESSAGE", "error": problem }).to_string()
}

/// What a client is subscribed to now.
pub fn subscribed(channels: &[String]) -> String {
    json!({ "type": "subscribed", "channels": channels }).to_string()
}

/// The answer to a ping.
pub fn pong() -> String {
    Value::from_iter([("type", "pong")]).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hostile::{cases, damaged_text, nearly_json};
    use proptest::prelude::*;

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
        fn hostile_channels(name in damaged_text(&["price:BTCUSDT", "candles:SOLUSDT:15m"])) {
            check_channel(&name)?;
        }
    }

    fn check_channel(name: &str) -> Result<(), TestCaseError> {
        match channel(name) {
            Ok(topic) => prop_assert_eq!(channel_name(topic), Some(name.to_owned())),
            // However long the name is.
            Err(problem) => prop_assert!(!problem.is_empty() && problem.len() <= 1_000),
        }
        Ok(())
    }
}
