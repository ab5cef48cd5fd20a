//! Fills, from PostgreSQL.

use crate::access::caller::CurrentUser;
use crate::error::{ApiError, Database, Errors, SignedIn, error_sets};
use crate::json::{Json, True};
use crate::market_list::{Asset, Listing};
use crate::orders::contract::{WrongAsset, WrongCursor, WrongQuery};
use crate::request::{
    Count, Defaulted, Description, FieldType, Moment, Optional, Problem, Raw, Valid, requests,
};
use crate::state::AppState;
use axum::extract::State;
use markets::Markets;
use messages::{AccountFill, EntryId, OrderId};
use serde::Serialize;
use store::fills::{self, Filter, Unreadable};
use time::OffsetDateTime;
use utoipa::ToSchema;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use views::Fill;

/// The default number of fills on a page.
const PAGE_LEN: u32 = 50;
const PAGE_LEN_MAX: u32 = 100;

requests! {
    /// The fills to list: those that match everything that is given.
    pub struct FillsQuery in Query given Markets {
        /// The asset.
        market: Optional<Asset> = "asset";
        /// The order.
        order_id: Optional<OrderId> = "orderId", "0853d9e4-965f-518c-9cd8-65029e3511e3";
        /// The position.
        position_id: Optional<OrderId> = "positionId", "0853d9e4-965f-518c-9cd8-65029e3511e3";
        /// The earliest time, in Unix milliseconds.
        from_ms: Optional<Moment> = "from", 1_795_493_501_491_u64;
        /// The time before which the fills were made, in Unix milliseconds.
        to_ms: Optional<Moment> = "to", 1_795_579_901_491_u64;
        /// The number of fills on a page.
        limit: Defaulted<Count<PAGE_LEN_MAX>, PAGE_LEN> = "limit";
        /// The `nextCursor` of the previous page.
        cursor: Optional<EntryId> = "cursor", "1795493501491-4294967296";
    }
}

error_sets! {
    /// Errors of the period of a list.
    WrongPeriod = [ApiError::field("from", "must be a time in Unix milliseconds")];
}

impl FieldType for EntryId {
    type Value = Self;
    type Given = ();

    fn read(raw: Raw<'_>, (): &()) -> Result<Self, Problem> {
        raw.text()?.parse().map_err(|_| "must be a nextCursor returned by this API".into())
    }

    fn description() -> Description {
        let object = ObjectBuilder::new().schema_type(Type::String);
        Description::inline(object.pattern(Some("^[0-9]{1,20}-[0-9]{1,20}$")))
    }
}

/// A list of fills.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FillList {
    /// Always true.
    success: True,
    /// The fills, newest first.
    fills: Vec<Fill>,
    /// The `cursor` of the next page; null on the last one.
    #[schema(required)]
    next_cursor: Option<String>,
}

/// List fills
///
/// Returns a page of the account's fills, newest first. A fill appears when it is stored, a moment
/// after the trade.
#[utoipa::path(
    get,
    path = "/fills",
    tag = "trading",
    operation_id = "listFills",
    params(FillsQuery),
    responses(
        (status = OK, description = "The fills.", body = FillList),
        Errors<(SignedIn, WrongQuery, WrongCursor, WrongPeriod, (WrongAsset, Listing), Database)>,
    ),
)]
pub async fn list(
    State(app): State<AppState>,
    user: CurrentUser,
    Valid(query): Valid<FillsQuery>,
) -> Result<Json<FillList>, ApiError> {
    let FillsQuery { market, order_id, position_id, from_ms, to_ms, limit, cursor } = query;
    let (from, to) = (from_ms.map(time), to_ms.map(time));
    let filter = Filter { asset: market, order_id, position_id, from, to };
    // One more row than requested shows whether there is a next page.
    let rows = fills::page(&app.pool, user.0, &filter, cursor, i64::from(limit) + 1).await?;
    let mut fills = rows.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let page_len = usize::try_from(limit).expect("a page has 1 to 100 fills");
    let has_next = fills.len() > page_len;
    fills.truncate(page_len);
    let next_cursor = fills.last().filter(|_| has_next).map(|fill| fill.id.to_string());
    let fills = fills.iter().map(Fill::from).collect();
    Ok(Json(FillList { success: True, fills, next_cursor }))
}

fn time(unix_ms: u64) -> OffsetDateTime {
    let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(unix_ms) * 1_000_000);
    time.expect("a moment is before the year 10000")
}

fn read(row: fills::Row) -> Result<AccountFill, ApiError> {
    row.try_into().map_err(|error: Unreadable| {
        tracing::error!(fill.id = error.id, "a row of fills can't be read");
        ApiError::Internal
    })
}
