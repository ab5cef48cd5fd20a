//! The texts of one account's event for the bearer of a listen key.

use super::{user_account, user_orders};
use messages::{EventKind, Instrument, Notification, PositionMode, Side, Symbol};
use price::Price;
use serde_json::{Value, json};

/// What the texts of an event depend on, besides the event.
pub struct Circumstances<'a> {
    /// How the account's orders make positions.
    pub mode: PositionMode,
    /// Returns the parameters of an instrument.
    pub instrument: &'a dyn Fn(Symbol) -> Option<Instrument>,
    /// Returns the last bid and ask of a symbol.
    pub quote: &'a dyn Fn(Symbol) -> Option<(Price, Price)>,
    pub now_ms: u64,
}

impl Circumstances<'_> {
    /// The side of a position, as the account's mode names it.
    pub const fn position_side(&self, side: Side) -> &'static str {
        match (self.mode, side) {
            (PositionMode::OneWay, _) => "BOTH",
            (_, Side::Long) => "LONG",
            (_, Side::Short) => "SHORT",
        }
    }

    /// The asset in which an instrument is settled.
    pub fn asset(&self, symbol: Option<Symbol>) -> String {
        let instrument = symbol.and_then(|symbol| (self.instrument)(symbol));
        instrument.map_or_else(|| "USDT".to_owned(), |instrument| instrument.quote_asset)
    }
}

/// Encodes an event: what happened to orders, then what it did to the balance and the positions.
pub fn texts(notification: &Notification, circumstances: &Circumstances<'_>) -> Vec<String> {
    let mut messages = user_orders::messages(notification, circumstances);
    messages.extend(user_account::message(notification, circumstances));
    if let EventKind::LeverageChanged(changed) = &notification.event.kind {
        messages.push(json!({
            "e": "ACCOUNT_CONFIG_UPDATE",
            "E": circumstances.now_ms,
            "T": notification.event.timestamp_ms,
            "ac": { "s": changed.asset, "l": changed.leverage },
        }));
    }
    messages.iter().map(Value::to_string).collect()
}

/// Encodes the end of a listen key.
pub fn listen_key_expired(key: &str, now_ms: u64) -> String {
    json!({ "e": "listenKeyExpired", "E": now_ms, "listenKey": key }).to_string()
}
