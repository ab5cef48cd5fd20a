//! Rows of `account_resets`: db-worker writes them, the gateway reads them.

use crate::moment::time_of;
use crate::{StoreError, compare, table};
use messages::{AccountReset, EntryId, UserId};
use price::Usd;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

/// A new beginning of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reset {
    /// The id of the event.
    pub id: EntryId,
    /// The account.
    pub account_id: UserId,
    /// The stream time of the reset (Unix ms).
    pub timestamp_ms: u64,
    /// The balances before and after.
    pub reset: AccountReset,
}

table! {
    /// A row of `account_resets`, as it is stored.
    pub Row, Columns;
    /// The id of the event.
    id: String = "id",
    /// The account.
    account_id: Uuid = "account_id",
    /// The stream time of the reset.
    time: OffsetDateTime = "time",
    /// The balance after all positions were closed.
    previous: i64 = "previous",
    /// The balance that replaced it.
    balance: i64 = "balance",
}

/// Inserts resets in one statement and returns the number of new ones. One that is already stored
/// stays as it is; one that is stored with other values is refused.
///
/// # Errors
/// [`StoreError::Unstorable`] if any of the resets can't be stored.
pub async fn insert_all<'a>(
    connection: &mut PgConnection,
    resets: impl Iterator<Item = &'a Reset>,
) -> Result<u64, StoreError> {
    let rows = resets.map(Row::of).collect::<Result<Vec<_>, _>>()?;
    if rows.is_empty() {
        return Ok(0);
    }
    let columns = Columns::of(&rows);
    let done = sqlx::query!(
        r#"insert into account_resets (id, account_id, "time", previous, balance)
           select * from unnest(
               $1::text[], $2::uuid[], $3::timestamptz[], $4::bigint[], $5::bigint[]
           )
           on conflict (id) do nothing"#,
        &columns.id,
        &columns.account_id,
        &columns.time,
        &columns.previous,
        &columns.balance,
    )
    .execute(&mut *connection)
    .await?;
    if done.rows_affected() < rows.len() as u64 {
        let stored = sqlx::query_as!(
            Row,
            r#"select id, account_id, "time", previous, balance
               from account_resets where id = any($1)"#,
            &columns.id,
        )
        .fetch_all(connection)
        .await?;
        compare(&rows, &stored, |row| format!("reset {}", row.id))?;
    }
    Ok(done.rows_affected())
}

/// Returns the resets of accounts in a period that ends before `to`, oldest first.
///
/// # Errors
/// When PostgreSQL is unavailable.
pub async fn between(
    pool: &PgPool,
    accounts: &[Uuid],
    from: OffsetDateTime,
    to: OffsetDateTime,
) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        r#"select id, account_id, "time", previous, balance
           from account_resets
           where account_id = any($1) and "time" >= $2 and "time" < $3
           order by "time", length(id), id"#,
        accounts,
        from,
        to,
    )
    .fetch_all(pool)
    .await
}

impl Row {
    fn of(reset: &Reset) -> Result<Self, StoreError> {
        let Reset { id, account_id, timestamp_ms, reset } = reset;
        Ok(Self {
            id: id.to_string(),
            account_id: account_id.0,
            time: time_of(timestamp_ms * 1_000)?,
            previous: reset.previous.to_i64()?,
            balance: reset.balance.to_i64()?,
        })
    }

    /// Returns the balances before and after.
    pub fn reset(&self) -> AccountReset {
        AccountReset { balance: Usd::from(self.balance), previous: Usd::from(self.previous) }
    }
}
