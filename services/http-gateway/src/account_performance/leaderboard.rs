//! The accounts that take part in the leaderboard, by return or by drawdown.

use super::changes::{self, Found};
use crate::access::caller::Caller;
use crate::clock::{milliseconds, time, unix_ms};
use crate::error::{ApiError, Database, Errors, NamesUser, error_sets};
use crate::json::{Json, True};
use crate::request::{Count, Defaulted, Valid, requests};
use crate::state::AppState;
use axum::extract::State;
use messages::UserId;
use serde::Serialize;
use sqlx::PgPool;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use store::accounts;
use strum::{Display, EnumString, IntoStaticStr, VariantArray};
use tokio::sync::Mutex;
use tokio::time::Instant;
use utoipa::ToSchema;
use uuid::Uuid;
use views::Standing;

/// The default number of accounts that are listed.
const LEN: u32 = 50;
const LEN_MAX: u32 = 100;

/// The time for which a computed leaderboard is shown. What accounts are worth is recorded once a
/// minute.
const FRESH_FOR: Duration = Duration::from_mins(1);

/// The number of accounts whose histories are read together.
const READ_LEN: usize = 100;

/// The length of an account's short name, in hexadecimal digits.
const TRADER_LEN: usize = 12;

const DAY_MS: u64 = performance::DAY_MS;

/// The period of a leaderboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Period {
    /// The last 24 hours.
    Day,
    /// The last 7 days.
    Week,
    /// All time.
    All,
}

/// The order of a leaderboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum RankedBy {
    /// The highest return first.
    Return,
    /// The smallest drawdown first.
    Drawdown,
}

impl Period {
    /// The word in requests.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    const fn beginning_ms(self, now_ms: u64) -> u64 {
        match self {
            Self::Day => now_ms.saturating_sub(DAY_MS),
            Self::Week => now_ms.saturating_sub(7 * DAY_MS),
            Self::All => 0,
        }
    }
}

impl RankedBy {
    /// The word in requests.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

requests! {
    /// The leaderboard to show.
    pub struct LeaderboardQuery in Query {
        /// The period.
        period: Period = "period";
        /// The order.
        by: RankedBy = "by";
        /// The number of accounts.
        limit: Defaulted<Count<LEN_MAX>, LEN> = "limit";
    }
}

error_sets! {
    /// Errors of the parameters of a leaderboard.
    WrongLeaderboard = [ApiError::field("period", "must be day, week or all")];
}

/// The leaderboard.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Leaderboard {
    /// Always true.
    success: True,
    /// The time at which it was computed, in Unix milliseconds.
    #[schema(minimum = 0)]
    as_of: u64,
    /// The number of accounts in it.
    #[schema(minimum = 0)]
    accounts: u64,
    /// The first accounts.
    standings: Vec<Standing>,
    /// The accounts of the caller in it, first or not; none of a visitor.
    own: Vec<Standing>,
}

/// Get the leaderboard
///
/// Returns the open accounts whose owners take part (`onLeaderboard`) and that have traded in the
/// period, by return or by drawdown, to everybody. It is at most a minute old.
#[utoipa::path(
    get,
    path = "/leaderboard",
    tag = "accounts",
    operation_id = "getLeaderboard",
    params(LeaderboardQuery),
    security(()),
    responses(
        (status = OK, description = "The leaderboard.", body = Leaderboard),
        Errors<(NamesUser, WrongLeaderboard, Database)>,
    ),
)]
pub async fn read(
    State(app): State<AppState>,
    caller: Option<Caller>,
    Valid(LeaderboardQuery { period, by, limit }): Valid<LeaderboardQuery>,
) -> Result<Json<Leaderboard>, ApiError> {
    let computed = app.leaderboards.get(&app.pool, period).await?;
    let mut ranked: Vec<&Ranked> = computed.accounts.iter().collect();
    // The order of ids decides between equals: it is fixed, and nobody can choose an id.
    ranked.sort_by_key(|ranked| {
        let Standing { total_return, max_drawdown, .. } = ranked.standing;
        let (gain, loss) = (-total_return.scaled(), max_drawdown.scaled());
        match by {
            RankedBy::Return => (gain, loss, ranked.account_id),
            RankedBy::Drawdown => (loss, gain, ranked.account_id),
        }
    });
    let placed = (1..)
        .zip(&ranked)
        .map(|(rank, ranked)| (ranked.owner, Standing { rank, ..ranked.standing.clone() }));
    let user_id = caller.map(|caller| caller.user_id);
    let own = placed.clone().filter(|(owner, _)| Some(*owner) == user_id);
    let limit = usize::try_from(limit).expect("a page has 1 to 100 accounts");
    Ok(Json(Leaderboard {
        success: True,
        as_of: computed.as_of_ms,
        accounts: ranked.len() as u64,
        own: own.map(|(_, standing)| standing).collect(),
        standings: placed.map(|(_, standing)| standing).take(limit).collect(),
    }))
}

/// The leaderboards that were computed last, one of each period. Each is computed by one request at a
/// time.
#[derive(Default)]
pub struct Leaderboards([Mutex<Option<Arc<Computed>>>; Period::VARIANTS.len()]);

/// A leaderboard without an order.
struct Computed {
    at: Instant,
    as_of_ms: u64,
    accounts: Vec<Ranked>,
}

/// An account on a leaderboard, without its rank.
struct Ranked {
    account_id: Uuid,
    owner: UserId,
    standing: Standing,
}

impl Leaderboards {
    async fn get(&self, pool: &PgPool, period: Period) -> Result<Arc<Computed>, ApiError> {
        let mut computed = self.0[period as usize].lock().await;
        if let Some(fresh) = computed.as_ref().filter(|last| last.at.elapsed() < FRESH_FOR) {
            return Ok(fresh.clone());
        }
        Ok(computed.insert(Arc::new(compute(pool, period).await?)).clone())
    }
}

async fn compute(pool: &PgPool, period: Period) -> Result<Computed, ApiError> {
    let (at, as_of_ms) = (Instant::now(), unix_ms());
    let from_ms = period.beginning_ms(as_of_ms);
    let mut rows = accounts::on_leaderboard(pool).await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.account_id).collect();
    let traded = traded_since(pool, &ids, from_ms).await?;
    rows.retain(|row| traded.contains(&row.account_id));
    let mut ranked = Vec::with_capacity(rows.len());
    for rows in rows.chunks(READ_LEN) {
        let ids: Vec<Uuid> = rows.iter().map(|row| row.account_id).collect();
        let mut found = changes::read(pool, &ids, from_ms..as_of_ms, 1).await?;
        for row in rows {
            let Some(found) = found.remove(&row.account_id) else { continue };
            let (account_id, owner) = (row.account_id, UserId(row.user_id));
            ranked.push(Ranked { account_id, owner, standing: standing(row, found)? });
        }
    }
    Ok(Computed { at, as_of_ms, accounts: ranked })
}

/// Returns the accounts that have traded in a period.
async fn traded_since(
    pool: &PgPool,
    accounts: &[Uuid],
    from_ms: u64,
) -> Result<HashSet<Uuid>, ApiError> {
    let traded = sqlx::query_scalar!(
        r#"select wanted.id as "id!" from unnest($1::uuid[]) as wanted (id)
           where exists (select from fills where user_id = wanted.id and executed_at >= $2)"#,
        accounts,
        time(from_ms),
    )
    .fetch_all(pool)
    .await?;
    Ok(traded.into_iter().collect())
}

fn standing(row: &accounts::Row, found: Found) -> Result<Standing, ApiError> {
    let Found { history, resets } = found;
    let figures = history.finish().map_err(changes::too_large)?;
    let mut trader = blake3::hash(row.account_id.as_bytes()).to_hex().to_string();
    trader.truncate(TRADER_LEN);
    Ok(Standing {
        rank: 0,
        trader,
        name: row.name.clone(),
        total_return: figures.total_return,
        max_drawdown: figures.max_drawdown,
        pnl: figures.pnl,
        equity: figures.equity,
        resets: resets.len() as u64,
        last_reset_ms: resets.last().map(|reset| milliseconds(reset.time)),
    })
}
