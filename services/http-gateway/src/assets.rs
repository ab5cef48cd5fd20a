//! The names by which callers refer to the traded assets.

use messages::Symbol;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// The problem of a field that is not an asset.
pub const MUST_BE_AN_ASSET: &str = "must be one of BTCUSDT, ETHUSDT, SOLUSDT";

/// Parses a symbol in any case; `BTC` is short for `BTCUSDT`.
pub fn parse(text: &str) -> Option<Symbol> {
    let text = text.to_ascii_uppercase();
    text.parse().or_else(|_| format!("{text}USDT").parse()).ok()
}

/// The assets, for the API's description.
pub struct Asset;

impl PartialSchema for Asset {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(Symbol::ALL.map(Symbol::as_str)))
            .into()
    }
}

impl ToSchema for Asset {}
