//! The markets: their list, and the names by which callers refer to them.

use crate::error::{ApiError, Errors, error_sets};
use crate::json::Json;
use crate::request::{Description, FieldType, Problem, Raw};
use crate::state::AppState;
use axum::extract::State;
use markets::Markets;
use messages::{Instrument, Symbol};
use serde::Serialize;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use views::Market;

error_sets! {
    /// Errors of an operation that needs the list of markets.
    Listing = [ApiError::EngineNotReady(NOT_LISTED.to_owned())];
}

/// The reason for a refusal before the engine has written the list.
pub const NOT_LISTED: &str = "the engine has not listed the markets yet";

/// Finds a market by its symbol in any case, or by its base asset: `BTC` is short for `BTCUSDT`.
pub fn find<'a>(markets: &'a Markets, text: &str) -> Option<&'a Instrument> {
    let text = text.to_ascii_uppercase();
    let by_symbol = text.parse().ok().and_then(|symbol: Symbol| markets.get(symbol));
    by_symbol.or_else(|| markets.all().iter().find(|market| market.base_asset == text))
}

/// Returns the problem of a field that is not a market.
pub fn problem(markets: &Markets) -> String {
    format!("must be one of {}", markets.names())
}

/// Returns the problem as the API's description shows it.
pub fn example_problem() -> String {
    problem(&markets::shipped().into())
}

/// The name of a market.
pub struct Asset;

impl FieldType for Asset {
    type Value = Symbol;
    type Given = Markets;

    fn read(raw: Raw<'_>, markets: &Markets) -> Result<Symbol, Problem> {
        let found = find(markets, &raw.text()?).map(|market| market.symbol);
        found.ok_or_else(|| problem(markets).into())
    }

    fn description() -> Description {
        Description::shared("Asset", Self::schema())
    }
}

impl PartialSchema for Asset {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::String).examples(["BTCUSDT"]).into()
    }
}

impl ToSchema for Asset {}

/// The markets.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MarketList {
    /// All markets, in the order in which they were first listed.
    markets: Vec<Market>,
}

/// List markets
///
/// Returns every contract that can be traded, with its limits. Needs no sign-in.
#[utoipa::path(
    get,
    path = "/markets",
    tag = "market data",
    operation_id = "listMarkets",
    responses(
        (status = OK, description = "The markets.", body = MarketList),
        Errors<(Listing,)>,
    ),
    security(()),
)]
pub async fn list(State(app): State<AppState>) -> Result<Json<MarketList>, ApiError> {
    let markets = app.markets().await?;
    Ok(Json(MarketList { markets: markets.all().iter().map(Market::from).collect() }))
}
