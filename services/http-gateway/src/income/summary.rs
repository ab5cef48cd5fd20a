//! The sums of a statement, from PostgreSQL.

use super::{KINDS, WrongKind};
use crate::access::caller::Reader;
use crate::clock::time;
use crate::error::{ApiError, Database, Errors, OfAccount};
use crate::fills::WrongPeriod;
use crate::json::{Json, True};
use crate::market_list::{Asset, Listing};
use crate::orders::contract::WrongAsset;
use crate::request::{CommaList, Moment, Optional, Valid, requests};
use crate::state::AppState;
use axum::extract::State;
use markets::Markets;
use messages::{IncomeKind, Symbol, UserId};
use price::Usd;
use serde::Serialize;
use sqlx::PgPool;
use store::income::{Filter, words};
use utoipa::ToSchema;
use views::{IncomeSum, IncomeTotal};

requests! {
    /// The lines to sum up: those that match everything that is given.
    pub struct IncomeSumQuery in Query given Markets {
        /// The kinds, separated by commas; absent means all.
        kinds: CommaList<IncomeKind, KINDS> = "kind";
        /// The asset. Lines that are about none, such as deposits, do not match.
        market: Optional<Asset> = "asset";
        /// The earliest time, in Unix milliseconds.
        from_ms: Optional<Moment> = "from", 1_795_493_501_491_u64;
        /// The time before which the events were, in Unix milliseconds.
        to_ms: Optional<Moment> = "to", 1_795_579_901_491_u64;
    }
}

/// The sums of a statement.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IncomeSummary {
    /// Always true.
    success: True,
    /// The sum of each kind that was asked for, always in the same order.
    sums: Vec<IncomeSum>,
    /// The sum of them all.
    total: IncomeTotal,
}

/// Sum up the statement
///
/// Returns the exact sum of the lines of each kind, and of all, in a period.
#[utoipa::path(
    get,
    path = "/income/summary",
    tag = "trading",
    operation_id = "sumIncome",
    params(IncomeSumQuery),
    responses(
        (status = OK, description = "The sums.", body = IncomeSummary),
        Errors<(OfAccount, WrongKind, WrongPeriod, (WrongAsset, Listing), Database)>,
    ),
)]
pub async fn read(
    State(app): State<AppState>,
    Reader(account): Reader,
    Valid(query): Valid<IncomeSumQuery>,
) -> Result<Json<IncomeSummary>, ApiError> {
    let IncomeSumQuery { kinds, market, from_ms, to_ms } = query;
    let filter = Filter { kinds, asset: market, from: from_ms.map(time), to: to_ms.map(time) };
    let sums = sums(&app.pool, account.engine_id(), &filter).await?;
    let amount = sums.iter().try_fold(Usd::ZERO, |total, sum| total.checked_add(sum.amount));
    let amount = amount.map_err(|_| too_large())?;
    let total = IncomeTotal { amount, lines: sums.iter().map(|sum| sum.lines).sum() };
    Ok(Json(IncomeSummary { success: True, sums, total }))
}

/// Returns the sum of each kind, also of those that have no lines.
pub async fn sums(
    pool: &PgPool,
    user_id: UserId,
    filter: &Filter,
) -> Result<Vec<IncomeSum>, ApiError> {
    let found = sqlx::query!(
        // The sum of BIGINTs is a NUMERIC, which may not fit a BIGINT.
        r#"select kind, sum(amount)::text as "amount!", count(*) as "lines!"
           from income
           where user_id = $1
               and (cardinality($2::text[]) = 0 or kind = any($2))
               and ($3::text is null or asset = $3)
               and ($4::timestamptz is null or "time" >= $4)
               and ($5::timestamptz is null or "time" < $5)
           group by kind"#,
        user_id.0,
        &words(&filter.kinds) as &[String],
        filter.asset.as_ref().map(Symbol::as_str),
        filter.from,
        filter.to,
    )
    .fetch_all(pool)
    .await?;
    let asked = |kind: &&IncomeKind| filter.kinds.is_empty() || filter.kinds.contains(kind);
    let sum = |kind: &IncomeKind| {
        let Some(row) = found.iter().find(|row| row.kind == kind.as_str()) else {
            return Ok(IncomeSum { kind: *kind, amount: Usd::ZERO, lines: 0 });
        };
        let (Ok(amount), Ok(lines)) = (row.amount.parse(), row.lines.try_into()) else {
            return Err(too_large());
        };
        Ok(IncomeSum { kind: *kind, amount: Usd::from_scaled(amount), lines })
    };
    IncomeKind::ALL.iter().filter(asked).map(sum).collect()
}

fn too_large() -> ApiError {
    tracing::error!("a sum of income does not fit an amount");
    ApiError::Internal
}
