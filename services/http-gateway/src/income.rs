//! The account's statement, from PostgreSQL.

pub mod summary;

use crate::access::caller::Reader;
use crate::clock::time;
use crate::csv::{self, Format, iso, or_empty};
use crate::error::{ApiError, Database, Errors, OfAccount, error_sets};
use crate::fills::WrongPeriod;
use crate::json::{Json, True};
use crate::market_list::{Asset, Listing};
use crate::orders::contract::{WrongAsset, WrongCursor, WrongQuery};
use crate::request::{
    CommaList, Count, Defaulted, Description, FieldType, Moment, Optional, Problem, Raw, Valid,
    requests,
};
use crate::state::AppState;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use markets::Markets;
use messages::{IncomeKind, UserId};
use serde::Serialize;
use sqlx::PgPool;
use std::fmt::{self, Write as _};
use store::income::{self, Cursor, Filter, Row, Unreadable};
use utoipa::ToSchema;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use views::{Income, IncomeId};

/// The default number of lines on a page.
const PAGE_LEN: u32 = 50;
const PAGE_LEN_MAX: u32 = 100;

/// The number of kinds, and so of those that a request may name.
const KINDS: usize = IncomeKind::ALL.len();

const CSV_HEADER: &str = "income id,kind,amount,asset,order id,position id,time\r\n";

requests! {
    /// The lines to list: those that match everything that is given.
    pub struct IncomeQuery in Query given Markets {
        /// The kinds, separated by commas; absent means all.
        kinds: CommaList<IncomeKind, KINDS> = "kind";
        /// The asset. Lines that are about none, such as deposits, do not match.
        market: Optional<Asset> = "asset";
        /// The earliest time, in Unix milliseconds.
        from_ms: Optional<Moment> = "from", 1_795_493_501_491_u64;
        /// The time before which the events were, in Unix milliseconds.
        to_ms: Optional<Moment> = "to", 1_795_579_901_491_u64;
        /// The number of lines on a page. A CSV file has all lines.
        limit: Defaulted<Count<PAGE_LEN_MAX>, PAGE_LEN> = "limit";
        /// The `nextCursor` of the previous page. A CSV file has all lines.
        cursor: Optional<IncomeId> = "cursor", "1795493501491-4294967296.COMMISSION";
        /// The format: `json` for a page, `csv` for a file of all lines that match, oldest first.
        format: Format = "format";
    }
}

error_sets! {
    /// Errors of the kinds of a list.
    WrongKind = [ApiError::field(
        "kind",
        "must be TRANSFER, REALIZED_PNL, COMMISSION, FUNDING_FEE, LIQUIDATION_FEE or ADJUSTMENT",
    )];
    /// Errors of the format of a list.
    WrongFormat = [ApiError::field("format", "must be json or csv")];
}

impl FieldType for IncomeId {
    type Value = Self;
    type Given = ();

    fn read(raw: Raw<'_>, (): &()) -> Result<Self, Problem> {
        raw.text()?.parse().map_err(|_| "must be a nextCursor returned by this API".into())
    }

    fn description() -> Description {
        let object = ObjectBuilder::new().schema_type(Type::String);
        Description::inline(object.pattern(Some(Self::PATTERN)))
    }
}

/// A page of a statement.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IncomeList {
    /// Always true.
    success: True,
    /// The lines, newest first.
    income: Vec<Income>,
    /// The `cursor` of the next page; null on the last one.
    #[schema(required)]
    next_cursor: Option<String>,
}

/// Read the statement
///
/// Returns a page of the account's statement, newest first: a line for each change of what the
/// account holds. All lines add up to its balance, used margin and reserve. A line appears when it
/// is stored, a moment after the event. With `format=csv`, a file of all lines that match, oldest
/// first, with a header row; amounts are exact decimals, times are ISO 8601 (UTC).
#[utoipa::path(
    get,
    path = "/income",
    tag = "trading",
    operation_id = "listIncome",
    params(IncomeQuery),
    responses(
        (
            status = OK,
            description = "The lines.",
            content((IncomeList = "application/json"), (String = "text/csv")),
        ),
        Errors<(
            OfAccount,
            (WrongQuery, WrongCursor, WrongFormat),
            (WrongKind, WrongPeriod),
            (WrongAsset, Listing),
            Database,
        )>,
    ),
)]
pub async fn list(
    State(app): State<AppState>,
    Reader(account): Reader,
    Valid(query): Valid<IncomeQuery>,
) -> Result<Response, ApiError> {
    let IncomeQuery { kinds, market, from_ms, to_ms, limit, cursor, format } = query;
    let filter = Filter { kinds, asset: market, from: from_ms.map(time), to: to_ms.map(time) };
    if format == Format::Csv {
        return file(app.pool.clone(), account.engine_id(), filter).await;
    }
    let after = cursor.map(|IncomeId { id, kind }| Cursor { id, kind });
    // One more row than requested shows whether there is a next page.
    let rows =
        income::page(&app.pool, account.engine_id(), &filter, after, i64::from(limit) + 1).await?;
    let mut income = rows.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let page_len = usize::try_from(limit).expect("a page has 1 to 100 lines");
    let has_next = income.len() > page_len;
    income.truncate(page_len);
    let next_cursor = income.last().filter(|_| has_next).map(|line| line.income_id.to_string());
    Ok(Json(IncomeList { success: True, income, next_cursor }).into_response())
}

async fn file(pool: PgPool, user_id: UserId, filter: Filter) -> Result<Response, ApiError> {
    let pieces = csv::pieces(move |after| {
        let (pool, filter) = (pool.clone(), filter.clone());
        async move {
            let rows = income::page_onward(&pool, user_id, &filter, after, csv::PIECE_LEN).await?;
            let is_last = i64::try_from(rows.len()) != Ok(csv::PIECE_LEN);
            let lines = rows.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
            let end = lines.last().filter(|_| !is_last).map(|line| line.income_id);
            Ok((csv::rows(&lines, write_row), end.map(|IncomeId { id, kind }| Cursor { id, kind })))
        }
    });
    csv::file("velox-income.csv", CSV_HEADER, pieces).await
}

fn write_row(line: &Income, text: &mut String) -> fmt::Result {
    let Income { income_id, kind, amount, asset, order_id, position_id, time_ms } = line;
    let (asset, order_id, position_id) =
        (or_empty(*asset), or_empty(*order_id), or_empty(*position_id));
    let time = iso(*time_ms);
    write!(text, "{income_id},{kind},{amount},{asset},{order_id},{position_id},{time}\r\n")
}

fn read(row: Row) -> Result<Income, ApiError> {
    let line: Result<messages::Income, Unreadable> = row.try_into();
    line.map(|line| (&line).into()).map_err(|error| {
        tracing::error!(income.id = error.id, "a row of income can't be read");
        ApiError::Internal
    })
}
