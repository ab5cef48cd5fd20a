//! The performance of an account.

mod changes;
pub mod closed;
pub mod leaderboard;
mod traded;
mod worth;

use crate::access::account::{Holding, NamedAccount};
use crate::access::caller::Caller;
use crate::clock::{milliseconds, time, unix_ms};
use crate::error::{ApiError, Database, Errors, SignedIn, error_sets};
use crate::fills::WrongPeriod;
use crate::json::{Json, True};
use crate::request::{Count, Defaulted, Moment, Optional, Valid, requests};
use crate::state::AppState;
use crate::trading_accounts::contract::WrongAccount;
use crate::trading_accounts::requests::AccountPath;
use axum::extract::State;
use changes::Found;
use closed::Extremes;
use performance::{Change, Day, Span};
use price::Usd;
use serde::Serialize;
use sqlx::PgPool;
use std::ops::Range;
use store::{account_resets, income};
use time::OffsetDateTime;
use traded::Breakdown;
use utoipa::ToSchema;
use uuid::Uuid;
use views::{
    ClosedPositions, Deposit, EquityPoint, MarketPerformance, PastReset, Performance,
    PerformanceDay, PerformanceSpan, PositionResult, SidePerformance,
};

/// The largest number of days that a response lists: the newest ones.
const DAYS_MAX: usize = 400;

/// The largest number of deposits that a response lists: the newest ones.
const DEPOSITS_MAX: usize = 500;

/// The default number of points of a curve.
const POINTS: u32 = 500;
const POINTS_MAX: u32 = 2_000;

requests! {
    /// The period to look at.
    pub struct PerformanceQuery in Query {
        /// The beginning, in Unix milliseconds; absent, it is that of the account.
        from_ms: Optional<Moment> = "from", 1_795_493_501_491_u64;
        /// The end, in Unix milliseconds; absent, or later, it is now.
        to_ms: Optional<Moment> = "to", 1_795_579_901_491_u64;
        /// The largest number of points of the curve.
        points: Defaulted<Count<POINTS_MAX>, POINTS> = "points";
    }
}

error_sets! {
    /// Errors of the number of points of a curve.
    WrongPoints = [ApiError::field("points", "must be a whole number from 1 to 2000")];
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
    /// The time at which the account was valued for the end of the period, in Unix milliseconds: now, if
    /// the period ends now; null if the last recorded worth before the end counts.
    #[schema(required)]
    valued_at: Option<u64>,
    /// The figures of the whole period.
    performance: Performance,
    /// The performance by market, in the order of their symbols. The parts add up to the period.
    markets: Vec<MarketPerformance>,
    /// The performance by the side of the positions: longs, then shorts.
    sides: Vec<SidePerformance>,
    /// The positions that were closed in it.
    positions: ClosedPositions,
    /// The one with the highest P&L after its costs, the first one of several; null if there are none.
    #[schema(required)]
    best_position: Option<PositionResult>,
    /// The one with the lowest P&L after its costs, the first one of several; null if there are none.
    #[schema(required)]
    worst_position: Option<PositionResult>,
    /// The money that came in or went out otherwise than by a reset, oldest first; of more than 500
    /// times, the last ones.
    deposits: Vec<Deposit>,
    /// The resets in it, oldest first.
    resets: Vec<PastReset>,
    /// The days from the first one on which the account had anything, oldest first; of more than 400, the
    /// last ones.
    days: Vec<PerformanceDay>,
    /// The weeks that those days are in, oldest first. Only days in the period count.
    weeks: Vec<PerformanceSpan>,
    /// The months that those days are in, oldest first. Only days in the period count.
    months: Vec<PerformanceSpan>,
    /// The day with the highest P&L, the first one of several; null if there are no days.
    #[schema(required)]
    best_day: Option<PerformanceDay>,
    /// The day with the lowest P&L, the first one of several; null if there are no days.
    #[schema(required)]
    worst_day: Option<PerformanceDay>,
    /// The worth of the account: at most `points` points, the last one of each equal part of the period
    /// in which it changed.
    curve: Vec<EquityPoint>,
}

/// Get the performance of an account
///
/// Returns return, drawdown, Sharpe and Sortino ratio, the P&L of each day, week and month, the curve of
/// the account's worth, what was traded by market and by side, and the figures of its closed positions,
/// in a period or since it was opened. The worth is recorded every minute in which it changes; at the end
/// of a period that ends now, it is that of this moment (`valuedAt`), unless the engine is unavailable.
#[utoipa::path(
    get,
    path = "/accounts/{accountId}/performance",
    tag = "accounts",
    operation_id = "getPerformance",
    params(AccountPath, PerformanceQuery),
    responses(
        (status = OK, description = "The performance.", body = AccountPerformance),
        Errors<(SignedIn, WrongAccount, OtherAccount, WrongPeriod, WrongPoints, Database)>,
    ),
)]
pub async fn read(
    State(app): State<AppState>,
    caller: Caller,
    Valid(AccountPath { account_id }): Valid<AccountPath>,
    Valid(PerformanceQuery { from_ms, to_ms, points }): Valid<PerformanceQuery>,
) -> Result<Json<AccountPerformance>, ApiError> {
    let account = Holding::find(&app, &caller, NamedAccount::Id(account_id)).await?.id();
    let (pool, now_ms) = (&app.pool, unix_ms());
    let is_past = to_ms.is_some_and(|to_ms| to_ms < now_ms);
    let worth = if is_past { None } else { worth::settled(&app, account).await? };
    let now_ms = worth.map_or(now_ms, |worth| worth.end_ms());
    let to_ms = to_ms.map_or(now_ms, |to_ms| to_ms.min(now_ms));
    let from_ms = match from_ms {
        Some(from_ms) => from_ms.min(to_ms),
        None => changes::beginning_ms(pool, account.0).await?.unwrap_or(to_ms).min(to_ms),
    };
    let mut found = changes::read(pool, &[account.0], from_ms..to_ms, points).await?;
    let Found { mut history, resets } =
        found.remove(&account.0).ok_or(ApiError::AccountNotFound)?;
    if let Some(worth) = worth.filter(|worth| worth.at_ms >= from_ms) {
        let change = Change::Equity(worth.equity);
        history.apply(worth.at_ms, change).map_err(changes::too_large)?;
    }
    let figures = history.finish().map_err(changes::too_large)?;
    let period = time(from_ms)..time(to_ms);
    let Breakdown { total, markets, sides } =
        traded::read(pool, account.in_engine(), &period).await?;
    let Extremes { best, worst } = closed::extremes(pool, account.in_engine(), &period).await?;
    let shown = &figures.days[figures.days.len().saturating_sub(DAYS_MAX)..];
    Ok(Json(AccountPerformance {
        success: True,
        account_id: account.0,
        valued_at: worth.map(|worth| worth.at_ms),
        performance: Performance {
            equity: figures.equity,
            net_deposits: figures.net_flows,
            pnl: figures.pnl,
            total_return: figures.total_return,
            max_drawdown: figures.max_drawdown,
            sharpe: figures.sharpe,
            sortino: figures.sortino,
            traded: total.traded().map_err(changes::too_large)?,
        },
        markets,
        sides,
        positions: ClosedPositions {
            outcomes: total.outcomes(),
            best: best.as_ref().map(|best| best.net_pnl),
            worst: worst.as_ref().map(|worst| worst.net_pnl),
            average_holding_ms: total.average_holding_ms(),
        },
        best_position: best,
        worst_position: worst,
        deposits: deposits(pool, account.0, &period).await?,
        resets: resets.iter().map(reset).collect(),
        days: shown.iter().map(PerformanceDay::from).collect(),
        weeks: since(&figures.weeks, shown),
        months: since(&figures.months, shown),
        best_day: figures.best_day().as_ref().map(PerformanceDay::from),
        worst_day: figures.worst_day().as_ref().map(PerformanceDay::from),
        curve: figures.points.iter().map(EquityPoint::from).collect(),
    }))
}

/// Returns the weeks or months that the shown days are in.
fn since(spans: &[Span], shown: &[Day]) -> Vec<PerformanceSpan> {
    let Some(first) = shown.first() else { return Vec::new() };
    let before = spans.partition_point(|span| span.start_ms <= first.start_ms);
    spans[before.saturating_sub(1)..].iter().map(PerformanceSpan::from).collect()
}

/// Returns the money that came into an account in a period or went out, otherwise than by a reset.
async fn deposits(
    pool: &PgPool,
    account: Uuid,
    period: &Range<OffsetDateTime>,
) -> Result<Vec<Deposit>, ApiError> {
    let rows = income::flows(pool, &[account], period.start, period.end).await?;
    let shown = &rows[rows.len().saturating_sub(DEPOSITS_MAX)..];
    let deposit = |row: &income::Row| {
        let kind = row.kind.parse().map_err(|_| {
            tracing::error!(line.id = row.id, "the kind of a line of income is unknown");
            ApiError::Internal
        })?;
        Ok(Deposit { time_ms: milliseconds(row.time), kind, amount: Usd::from(row.amount) })
    };
    shown.iter().map(deposit).collect()
}

fn reset(row: &account_resets::Row) -> PastReset {
    let messages::AccountReset { previous, balance } = row.reset();
    PastReset { time_ms: milliseconds(row.time), previous, balance }
}
