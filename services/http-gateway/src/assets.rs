//! How callers may name what is traded here.

use messages::Symbol;

/// For the error that lists them.
pub const MUST_BE_AN_ASSET: &str = "must be one of BTCUSDT, ETHUSDT, SOLUSDT";

/// The symbol that a text means; `BTC` is short for `BTCUSDT`, and letters may be small.
pub fn parse(text: &str) -> Option<Symbol> {
    let text = text.to_ascii_uppercase();
    text.parse().or_else(|_| format!("{text}USDT").parse()).ok()
}
