//! Fills, from PostgreSQL.

pub mod summary;

use crate::access::caller::Reader;
use crate::clock::time;
use crate::csv::{self, Format, iso, or_empty};
use crate::error::{ApiError, Database, Errors, OfAccount, error_sets};
use crate::income::WrongFormat;
use crate::json::{Json, True};
use crate::market_list::{Asset, Listing};
use crate::orders::contract::{WrongAsset, WrongCursor, WrongQuery};
use crate::request::{
    Count, Defaulted, Description, FieldType, Moment, Optional, Problem, Raw, Valid, requests,
};
use crate::state::AppState;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use markets::Markets;
use messages::{AccountFill, CloseReason, EntryId, FillRole, OrderId, OrderSide, UserId};
use serde::Serialize;
use sqlx::PgPool;
use std::fmt::{self, Write as _};
use store::fills::{self, Filter, Unreadable};
use utoipa::ToSchema;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use views::Fill;

/// The default number of fills on a page.
const PAGE_LEN: u32 = 50;
const PAGE_LEN_MAX: u32 = 100;

const CSV_HEADER: &str = "fill id,order id,position id,asset,side,quantity,price,realized P&L,fee,role,\
    reason,tick id,time\r\n";

requests! {
    /// The fills to list: those that match everything that is given.
    pub struct FillsQuery in Query given Markets {
        /// The asset.
        market: Optional<Asset> = "asset";
        /// The order.
        order_id: Optional<OrderId> = "orderId", "0853d9e4-965f-518c-9cd8-65029e3511e3";
        /// The position.
        position_id: Optional<OrderId> = "positionId", "0853d9e4-965f-518c-9cd8-65029e3511e3";
        /// The side of the trade.
        side: Optional<OrderSide> = "side";
        /// The role.
        role: Optional<FillRole> = "role";
        /// The reason for which a position was closed without an order.
        reason: Optional<CloseReason> = "reason";
        /// The earliest time, in Unix milliseconds.
        from_ms: Optional<Moment> = "from", 1_795_493_501_491_u64;
        /// The time before which the fills were made, in Unix milliseconds.
        to_ms: Optional<Moment> = "to", 1_795_579_901_491_u64;
        /// The number of fills on a page. A CSV file has all fills.
        limit: Defaulted<Count<PAGE_LEN_MAX>, PAGE_LEN> = "limit";
        /// The `nextCursor` of the previous page. A CSV file has all fills.
        cursor: Optional<EntryId> = "cursor", "1795493501491-4294967296";
        /// The format: `json` for a page, `csv` for a file of all fills that match, oldest first.
        format: Format = "format";
    }
}

error_sets! {
    /// Errors of the period of a list.
    WrongPeriod = [ApiError::field("from", "must be a time in Unix milliseconds")];
    /// Errors of the side and the other words of a list of fills.
    WrongWord = [
        ApiError::field("side", "must be BUY or SELL"),
        ApiError::field("role", "must be MAKER or TAKER"),
    ];
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
/// after the trade. With `format=csv`, a file of all fills that match, oldest first, with a header
/// row; amounts are exact decimals, times are ISO 8601 (UTC).
#[utoipa::path(
    get,
    path = "/fills",
    tag = "trading",
    operation_id = "listFills",
    params(FillsQuery),
    responses(
        (
            status = OK,
            description = "The fills.",
            content((FillList = "application/json"), (String = "text/csv")),
        ),
        Errors<(
            OfAccount,
            WrongQuery,
            WrongCursor,
            (WrongPeriod, WrongWord),
            WrongFormat,
            (WrongAsset, Listing),
            Database,
        )>,
    ),
)]
pub async fn list(
    State(app): State<AppState>,
    Reader(account): Reader,
    Valid(query): Valid<FillsQuery>,
) -> Result<Response, ApiError> {
    let FillsQuery { market, order_id, position_id, side, role, reason, from_ms, to_ms, .. } =
        query;
    let FillsQuery { limit, cursor, format, .. } = query;
    let (from, to) = (from_ms.map(time), to_ms.map(time));
    let filter = Filter { asset: market, order_id, position_id, side, role, reason, from, to };
    if format == Format::Csv {
        return file(app.pool.clone(), account.engine_id(), filter).await;
    }
    // One more row than requested shows whether there is a next page.
    let rows =
        fills::page(&app.pool, account.engine_id(), &filter, cursor, i64::from(limit) + 1).await?;
    let mut fills = rows.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let page_len = usize::try_from(limit).expect("a page has 1 to 100 fills");
    let has_next = fills.len() > page_len;
    fills.truncate(page_len);
    let next_cursor = fills.last().filter(|_| has_next).map(|fill| fill.id.to_string());
    let fills = fills.iter().map(Fill::from).collect();
    Ok(Json(FillList { success: True, fills, next_cursor }).into_response())
}

async fn file(pool: PgPool, user_id: UserId, filter: Filter) -> Result<Response, ApiError> {
    let pieces = csv::pieces(move |after| {
        let pool = pool.clone();
        async move {
            let rows = fills::page_onward(&pool, user_id, &filter, after, csv::PIECE_LEN).await?;
            let is_last = i64::try_from(rows.len()) != Ok(csv::PIECE_LEN);
            let fills = rows.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
            Ok((
                csv::rows(&fills, write_row),
                fills.last().filter(|_| !is_last).map(|fill| fill.id),
            ))
        }
    });
    csv::file("velox-fills.csv", CSV_HEADER, pieces).await
}

fn write_row(fill: &AccountFill, text: &mut String) -> fmt::Result {
    write!(
        text,
        "{},{},{},{},{},{},{},{},{},{},{},{},{}\r\n",
        fill.id,
        fill.order_id,
        fill.position_id,
        fill.asset,
        fill.side,
        fill.qty,
        fill.price,
        fill.realized_pnl,
        fill.fee,
        fill.role,
        or_empty(fill.reason),
        or_empty(fill.tick_id),
        iso(fill.id.ms),
    )
}

fn read(row: fills::Row) -> Result<AccountFill, ApiError> {
    row.try_into().map_err(|error: Unreadable| {
        tracing::error!(fill.id = error.id, "a row of fills can't be read");
        ApiError::Internal
    })
}
