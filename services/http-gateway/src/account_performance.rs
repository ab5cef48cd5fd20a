//! The performance of an account.

mod changes;
mod closed;
pub mod leaderboard;

use crate::access::account::{Holding, NamedAccount};
use crate::access::caller::Caller;
use crate::clock::{milliseconds, time, unix_ms};
use crate::error::{ApiError, Database, Errors, SignedIn, error_sets};
use crate::fills::WrongPeriod;
use crate::income::summary;
use crate::json::{Json, True};
use crate::request::{Moment, Optional, Valid, requests};
use crate::state::AppState;
use crate::trading_accounts::contract::WrongAccount;
use crate::trading_accounts::requests::AccountPath;
use axum::extract::State;
use changes::Found;
use messages::IncomeKind;
use serde::Serialize;
use store::account_resets;
use store::income::Filter;
use utoipa::ToSchema;
use uuid::Uuid;
use views::{ClosedPositions, EquityPoint, PastReset, Performance, PerformanceDay};

/// The largest number of days that a response lists: the newest ones.
const DAYS_MAX: usize = 400;

requests! {
    /// The period to look at.
    pub struct PerformanceQuery in Query {
        /// The beginning, in Unix milliseconds; absent, it is that of the account.
        from_ms: Optional<Moment> = "from", 1_795_493_501_491_u64;
        /// The end, in Unix milliseconds; absent, or later, it is now.
        to_ms: Optional<Moment> = "to", 1_795_579_901_491_u64;
    }
}

error_sets! {
    /// Errors of the account of a path, for an API key of another one.
    OtherAccount = [ApiError::KeyAccountMismatch];
}

/// The performance of an account in a period.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccountPerformance {
    /// Always true.
    success: True,
    /// The account.
    account_id: Uuid,
    /// The figures of the whole period.
    performance: Performance,
    /// The positions that were closed in it.
    positions: ClosedPositions,
    /// The resets in it, oldest first.
    resets: Vec<PastReset>,
    /// The days from the first one on which the account had anything, oldest first; of more than 400, the
    /// last ones.
    days: Vec<PerformanceDay>,
    /// The worth of the account: at most 500 points, the last one of each equal part of the period in
    /// which it changed.
    curve: Vec<EquityPoint>,
}

/// Get the performance of an account
///
/// Returns return, drawdown, Sharpe and Sortino ratio, the P&L of each day, the curve of the account's
/// worth and the figures of its closed positions, in a period or since it was opened. The worth is
/// recorded every minute in which it changes.
#[utoipa::path(
    get,
    path = "/accounts/{accountId}/performance",
    tag = "accounts",
    operation_id = "getPerformance",
    params(AccountPath, PerformanceQuery),
    responses(
        (status = OK, description = "The performance.", body = AccountPerformance),
        Errors<(SignedIn, WrongAccount, OtherAccount, WrongPeriod, Database)>,
    ),
)]
pub async fn read(
    State(app): State<AppState>,
    caller: Caller,
    Valid(AccountPath { account_id }): Valid<AccountPath>,
    Valid(PerformanceQuery { from_ms, to_ms }): Valid<PerformanceQuery>,
) -> Result<Json<AccountPerformance>, ApiError> {
    let account = Holding::find(&app, &caller, NamedAccount::Id(account_id)).await?.id();
    let (pool, now_ms) = (&app.pool, unix_ms());
    let to_ms = to_ms.unwrap_or(now_ms).min(now_ms);
    let from_ms = match from_ms {
        Some(from_ms) => from_ms.min(to_ms),
        None => changes::beginning_ms(pool, account.0).await?.unwrap_or(to_ms).min(to_ms),
    };
    let mut found = changes::read(pool, &[account.0], from_ms..to_ms).await?;
    let Found { history, resets } = found.remove(&account.0).ok_or(ApiError::AccountNotFound)?;
    let figures = history.finish().map_err(changes::too_large)?;
    let kinds = [IncomeKind::Commission, IncomeKind::FundingFee, IncomeKind::LiquidationFee];
    let (from, to) = (Some(time(from_ms)), Some(time(to_ms)));
    let filter = Filter { kinds: kinds.to_vec(), asset: None, from, to };
    let costs = summary::sums(pool, account.in_engine(), &filter).await?;
    let cost = |kind| costs.iter().find(|sum| sum.kind == kind).map(|sum| sum.amount);
    let [commission, funding, liquidation_fees] = kinds.map(|kind| cost(kind).unwrap_or_default());
    let shown = figures.days.len().saturating_sub(DAYS_MAX);
    Ok(Json(AccountPerformance {
        success: True,
        account_id: account.0,
        performance: Performance {
            equity: figures.equity,
            net_deposits: figures.net_flows,
            pnl: figures.pnl,
            total_return: figures.total_return,
            max_drawdown: figures.max_drawdown,
            sharpe: figures.sharpe,
            sortino: figures.sortino,
            commission,
            funding,
            liquidation_fees,
        },
        positions: closed::sum(pool, account.in_engine(), time(from_ms)..time(to_ms)).await?,
        resets: resets.iter().map(reset).collect(),
        days: figures.days[shown..].iter().map(PerformanceDay::from).collect(),
        curve: figures.points.iter().map(EquityPoint::from).collect(),
    }))
}

fn reset(row: &account_resets::Row) -> PastReset {
    let messages::AccountReset { previous, balance } = row.reset();
    PastReset { time_ms: milliseconds(row.time), previous, balance }
}
