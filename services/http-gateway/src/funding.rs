//! Fundings: the next one of every market, from Redis, and the settled ones, from PostgreSQL.

use crate::clock::time;
use crate::error::{ApiError, Database, Errors, error_sets};
use crate::fills::WrongPeriod;
use crate::json::{Json, True};
use crate::market_figures;
use crate::market_list::{self, Asset, Listing};
use crate::orders::contract::{WrongCursor, WrongQuery};
use crate::request::{
    Count, Defaulted, Description, FieldType, Moment, Optional, Problem, Raw, Valid, requests,
};
use crate::state::AppState;
use axum::extract::State;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use markets::Markets;
use messages::{ENGINE_STATUS, EngineStatus, Instrument, SettleFunding, Symbol, UntrustedMark};
use serde::Serialize;
use store::funding_rates::{self, Cursor, Filter, Unreadable};
use utoipa::ToSchema;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use views::{FundingRate, MarkedMarket};

/// The default number of fundings on a page.
const PAGE_LEN: u32 = 50;
const PAGE_LEN_MAX: u32 = 100;

/// The number of mark prices that are read at the same time.
const CONCURRENT_READS: usize = 16;

requests! {
    /// The fundings to list: those that match everything that is given.
    pub struct FundingQuery in Query given Markets {
        /// The market. Lower case, and `BTC` for `BTCUSDT`, are accepted.
        market: Optional<Asset> = "symbol", "BTCUSDT";
        /// The earliest time, in Unix milliseconds.
        from_ms: Optional<Moment> = "from", 1_795_493_501_491_u64;
        /// The time before which the fundings were, in Unix milliseconds.
        to_ms: Optional<Moment> = "to", 1_795_579_901_491_u64;
        /// The number of fundings on a page.
        limit: Defaulted<Count<PAGE_LEN_MAX>, PAGE_LEN> = "limit";
        /// The `nextCursor` of the previous page.
        cursor: Optional<Cursor> = "cursor", "1795478400000.BTCUSDT";
    }
}

error_sets! {
    /// Errors of the market whose fundings are listed.
    WrongSymbol = [ApiError::field("symbol", market_list::example_problem())];
    /// Errors of mark prices, which are in Redis.
    Unmarked = [ApiError::RedisUnavailable];
}

impl FieldType for Cursor {
    type Value = Self;
    type Given = ();

    fn read(raw: Raw<'_>, (): &()) -> Result<Self, Problem> {
        let text = raw.text()?;
        let found = text.split_once('.').and_then(|(time_ms, symbol)| {
            let funding_time = Moment::read(Raw::Text(time_ms), &()).map(time).ok()?;
            Some(Self { funding_time, symbol: symbol.parse().ok()? })
        });
        found.ok_or_else(|| "must be a nextCursor returned by this API".into())
    }

    fn description() -> Description {
        let object = ObjectBuilder::new().schema_type(Type::String);
        Description::inline(object.pattern(Some(r"^[0-9]{1,15}\.[A-Z0-9]{2,16}$")))
    }
}

/// The next funding of every market, and a page of the settled ones.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FundingList {
    /// Always true.
    success: True,
    /// The markets that have a mark price, with their next fundings. Empty if `from`, `to` or `cursor`
    /// ask for the past.
    markets: Vec<MarkedMarket>,
    /// The settled fundings, newest first.
    fundings: Vec<FundingRate>,
    /// The `cursor` of the next page; null on the last one.
    #[schema(required)]
    next_cursor: Option<String>,
}

/// List fundings
///
/// Returns the mark price and the next funding of every market that has them, and a page of the
/// settled fundings, newest first. A funding appears a moment after it is settled. Needs no sign-in.
#[utoipa::path(
    get,
    path = "/funding",
    tag = "market data",
    operation_id = "listFundings",
    params(FundingQuery),
    responses(
        (status = OK, description = "The fundings.", body = FundingList),
        Errors<(WrongQuery, WrongCursor, WrongPeriod, (WrongSymbol, Listing), Unmarked, Database)>,
    ),
    security(()),
)]
pub async fn list(
    State(app): State<AppState>,
    Valid(query): Valid<FundingQuery>,
) -> Result<Json<FundingList>, ApiError> {
    let FundingQuery { market, from_ms, to_ms, limit, cursor } = query;
    let is_past = from_ms.is_some() || to_ms.is_some() || cursor.is_some();
    let markets = if is_past { Vec::new() } else { marked(&app, market).await? };
    let filter = Filter { symbol: market, from: from_ms.map(time), to: to_ms.map(time) };
    // One more row than requested shows whether there is a next page.
    let rows = funding_rates::page(&app.pool, &filter, cursor, i64::from(limit) + 1).await?;
    let mut fundings = rows.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let page_len = usize::try_from(limit).expect("a page has 1 to 100 fundings");
    let has_next = fundings.len() > page_len;
    fundings.truncate(page_len);
    let next_cursor = fundings.last().filter(|_| has_next);
    let next_cursor = next_cursor.map(|last| format!("{}.{}", last.funding_ms, last.symbol));
    let fundings = fundings.iter().map(FundingRate::from).collect();
    Ok(Json(FundingList { success: True, markets, fundings, next_cursor }))
}

/// Reads the mark prices of the markets that have one, or of one of them.
async fn marked(app: &AppState, market: Option<Symbol>) -> Result<Vec<MarkedMarket>, ApiError> {
    let markets = app.markets().await?;
    let mut wanted = markets.all().to_vec();
    wanted.retain(|instrument| {
        instrument.has_mark() && market.is_none_or(|market| market == instrument.symbol)
    });
    let untrusted = untrusted(app).await?;
    let reads = wanted.into_iter().map(|instrument| with_mark(app, instrument, &untrusted));
    stream::iter(reads).buffered(CONCURRENT_READS).try_collect().await
}

async fn with_mark(
    app: &AppState,
    instrument: Instrument,
    untrusted: &[UntrustedMark],
) -> Result<MarkedMarket, ApiError> {
    let mark = market_figures::mark(&app.redis, &instrument).await?;
    let problem = untrusted.iter().find(|untrusted| untrusted.symbol == instrument.symbol);
    Ok(MarkedMarket::new(&instrument, mark.as_ref(), problem.map(|untrusted| untrusted.reason)))
}

/// Reads the mark prices that close nothing from the engine's status; none while there is no engine.
async fn untrusted(app: &AppState) -> Result<Vec<UntrustedMark>, ApiError> {
    let json = app.redis.get(&app.redis.shards().first().key(ENGINE_STATUS)).await?;
    let status = json.and_then(|json| serde_json::from_str::<EngineStatus>(&json).ok());
    Ok(status.map(|status| status.untrusted_marks).unwrap_or_default())
}

fn read(row: funding_rates::Row) -> Result<SettleFunding, ApiError> {
    row.try_into().map_err(|error: Unreadable| {
        tracing::error!(%error, "a row of funding_rates can't be read");
        ApiError::Internal
    })
}
