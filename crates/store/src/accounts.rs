//! Rows of `accounts`: the gateway writes and reads them, the console reads them, and db-worker writes
//! with what they began.

use crate::StoreError;
use crate::account_resets::Reset;
use crate::moment::time_of;
use messages::UserId;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

/// A row of `accounts`, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The account, which the engine knows as a user of this id.
    pub account_id: Uuid,
    /// The person who owns it. The first account of a person has the same id.
    pub user_id: Uuid,
    /// The name that its owner has given it.
    pub name: String,
    /// The time at which it was opened.
    pub opened_at: OffsetDateTime,
    /// The time at which it was closed.
    pub closed_at: Option<OffsetDateTime>,
    /// The balance with which it began, or began again; unknown of accounts from before the table.
    pub starting_balance: Option<i64>,
    /// The time of its last reset.
    pub reset_at: Option<OffsetDateTime>,
    /// Whether it takes part in the leaderboard.
    pub on_leaderboard: bool,
    /// The position mode that it was opened with and the engine may not have yet.
    pub pending_mode: Option<String>,
    /// The hash of the request that opened it, if that had an idempotency key.
    pub opened_by: Option<Vec<u8>>,
}

impl Row {
    /// Returns whether this is the first account of its owner.
    pub fn is_first(&self) -> bool {
        self.account_id == self.user_id
    }
}

/// Selects rows; a condition follows.
macro_rules! select {
    ($condition:literal $(, $argument:expr)*) => {
        sqlx::query_as!(
            Row,
            r#"select
                   account_id, user_id, name, opened_at, closed_at, starting_balance, reset_at,
                   on_leaderboard, pending_mode, opened_by
               from accounts where "# + $condition
            $(, $argument)*
        )
    };
}

/// Returns one account.
///
/// # Errors
/// When PostgreSQL is unavailable.
pub async fn find(pool: &PgPool, account_id: Uuid) -> sqlx::Result<Option<Row>> {
    select!("account_id = $1", account_id).fetch_optional(pool).await
}

/// Returns the accounts of a person, closed ones too, the first before the others and those in the
/// order in which they were opened.
///
/// # Errors
/// When PostgreSQL is unavailable.
pub async fn of_user(pool: &PgPool, user_id: UserId) -> sqlx::Result<Vec<Row>> {
    select!("user_id = $1 order by account_id <> user_id, opened_at, account_id", user_id.0)
        .fetch_all(pool)
        .await
}

/// Writes with what accounts began again, and returns the number of changed rows. A reset that is
/// older than the one that is stored changes nothing: it is delivered a second time.
///
/// # Errors
/// [`StoreError::Unstorable`] if any of the resets can't be stored.
pub async fn begin_again<'a>(
    connection: &mut PgConnection,
    resets: impl Iterator<Item = &'a Reset>,
) -> Result<u64, StoreError> {
    let (mut ids, mut balances, mut times) = (Vec::new(), Vec::new(), Vec::new());
    for Reset { account_id, timestamp_ms, reset, .. } in resets {
        ids.push(account_id.0);
        balances.push(reset.balance.to_i64()?);
        times.push(time_of(timestamp_ms * 1_000)?);
    }
    if ids.is_empty() {
        return Ok(0);
    }
    let done = sqlx::query!(
        r#"with newest as (
               select distinct on (account_id) account_id, balance, reset_at
               from unnest($1::uuid[], $2::bigint[], $3::timestamptz[]) with ordinality
                   as resets (account_id, balance, reset_at, n)
               order by account_id, n desc
           )
           update accounts set starting_balance = newest.balance, reset_at = newest.reset_at
           from newest
           where accounts.account_id = newest.account_id
               and (accounts.reset_at is null or accounts.reset_at < newest.reset_at)"#,
        &ids,
        &balances,
        &times,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

/// Returns the accounts that take part in the leaderboard and are open, in a fixed order.
///
/// # Errors
/// When PostgreSQL is unavailable.
pub async fn on_leaderboard(pool: &PgPool) -> sqlx::Result<Vec<Row>> {
    select!("on_leaderboard and closed_at is null order by account_id").fetch_all(pool).await
}
