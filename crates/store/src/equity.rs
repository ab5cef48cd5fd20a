//! Rows of `equity`: the engine writes and thins them, the gateway reads them.

use crate::moment::time_of;
use crate::{StoreError, table};
use futures_util::Stream;
use messages::{EntryId, Equity};
use price::Usd;
use sqlx::postgres::types::PgInterval;
use sqlx::{PgConnection, PgPool};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// The number of rows in one statement.
const INSERT_LEN: usize = 20_000;

/// The longest period that is thinned in one transaction.
const THINNED_AT_ONCE: Duration = Duration::DAY;

table! {
    /// A row of `equity`, as it is stored.
    pub Row, Columns;
    /// The account.
    account_id: Uuid = "account_id",
    /// The stream time of the last entry that the row includes.
    time: OffsetDateTime = "time",
    /// The second half of that entry's id.
    entry_seq: i64 = "entry_seq",
    /// The balance, the used margin and the reserve.
    wallet_balance: i64 = "wallet_balance",
    /// The P&L of the open positions.
    unrealized_pnl: i64 = "unrealized_pnl",
}

/// Inserts what accounts were worth after an entry, and returns the number of new rows. An account
/// whose newest row says the same, or is later, gets none, nor does one whose amounts no column
/// holds.
///
/// # Errors
/// When PostgreSQL is unavailable.
pub async fn insert_changed(
    connection: &mut PgConnection,
    after: EntryId,
    equities: &[Equity],
) -> sqlx::Result<u64> {
    let mut new = 0;
    for some in equities.chunks(INSERT_LEN) {
        let rows: Vec<_> = some.iter().filter_map(|of| Row::of(of, after).ok()).collect();
        let columns = Columns::of(&rows);
        let done = sqlx::query!(
            r#"insert into equity (account_id, "time", entry_seq, wallet_balance, unrealized_pnl)
               select * from unnest(
                   $1::uuid[], $2::timestamptz[], $3::bigint[], $4::bigint[], $5::bigint[]
               ) as given (account_id, "time", entry_seq, wallet_balance, unrealized_pnl)
               where not exists (
                   select from (
                       select * from equity
                       where equity.account_id = given.account_id
                       order by "time" desc limit 1
                   ) last
                   where last."time" >= given."time"
                       or (last.wallet_balance, last.unrealized_pnl)
                           = (given.wallet_balance, given.unrealized_pnl)
               )"#,
            &columns.account_id,
            &columns.time,
            &columns.entry_seq,
            &columns.wallet_balance,
            &columns.unrealized_pnl,
        )
        .execute(&mut *connection)
        .await?;
        new += done.rows_affected();
    }
    Ok(new)
}

/// Thins the rows that have become old enough: of each step of an account, the last, the lowest and
/// the highest one stay, so that the extremes of its history do. A reset or an adjustment divides a
/// step, because worths on its two sides can't be compared. Returns the number of deleted rows.
///
/// # Errors
/// When PostgreSQL is unavailable. What was thinned before stays so.
pub async fn thin(pool: &PgPool, now: OffsetDateTime) -> sqlx::Result<u64> {
    let steps = sqlx::query!(
        r#"select
               step as "step!",
               greatest(until, date_bin(step, oldest, 'epoch')) as "from!",
               date_bin('1 hour', $1::timestamptz - age, 'epoch') as "to!"
           from equity_thinned cross join (select min("time") as oldest from equity) rows
           where oldest is not null
           order by age"#,
        now,
    )
    .fetch_all(pool)
    .await?;
    let mut deleted = 0;
    for row in steps {
        let mut from = row.from;
        while from < row.to {
            let to = (from + THINNED_AT_ONCE).min(row.to);
            let mut transaction = pool.begin().await?;
            deleted += thin_period(&mut transaction, row.step, (from, to)).await?;
            sqlx::query!("update equity_thinned set until = $2 where step = $1", row.step, to)
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await?;
            from = to;
        }
    }
    Ok(deleted)
}

async fn thin_period(
    connection: &mut PgConnection,
    step: PgInterval,
    (from, to): (OffsetDateTime, OffsetDateTime),
) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        r#"delete from equity
           using (
               select account_id, "time",
                   row_number() over (part order by "time" desc) as place,
                   row_number() over (part order by worth) as from_low,
                   row_number() over (part order by worth desc) as from_high
               from (
                   select account_id, "time", worth, date_bin($1, "time", 'epoch') as step,
                       count(*) filter (where worth is null)
                           over (partition by account_id order by "time") as flows
                   from (
                       select account_id, "time", wallet_balance::numeric + unrealized_pnl as worth
                       from equity where "time" >= $2 and "time" < $3
                       union all
                       select account_id, "time", null
                       from account_resets where "time" >= $2 and "time" < $3
                       union all
                       select "userId", "adjustedAt", null
                       from balance_adjustments where "adjustedAt" >= $2 and "adjustedAt" < $3
                   ) rows
               ) rows
               where worth is not null
               window part as (partition by account_id, step, flows)
           ) ranked
           where equity.account_id = ranked.account_id and equity."time" = ranked."time"
               and place > 1 and from_low > 1 and from_high > 1
               and equity."time" >= $2 and equity."time" < $3"#,
        step,
        from,
        to,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

/// Returns the newest row of each account before a time.
///
/// # Errors
/// When PostgreSQL is unavailable.
pub async fn newest_before(
    pool: &PgPool,
    accounts: &[Uuid],
    before: OffsetDateTime,
) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        r#"select equity.*
           from unnest($1::uuid[]) as wanted (id)
           cross join lateral (
               select account_id, "time", entry_seq, wallet_balance, unrealized_pnl
               from equity where account_id = wanted.id and "time" < $2
               order by "time" desc limit 1
           ) equity"#,
        accounts,
        before,
    )
    .fetch_all(pool)
    .await
}

/// Returns the rows of accounts in a period that ends before `to`: account by account, oldest first.
pub fn between(
    pool: &PgPool,
    accounts: &[Uuid],
    from: OffsetDateTime,
    to: OffsetDateTime,
) -> impl Stream<Item = sqlx::Result<Row>> {
    sqlx::query_as!(
        Row,
        r#"select account_id, "time", entry_seq, wallet_balance, unrealized_pnl
           from equity
           where account_id = any($1) and "time" >= $2 and "time" < $3
           order by account_id, "time""#,
        accounts,
        from,
        to,
    )
    .fetch(pool)
}

impl Row {
    /// Returns what the account was worth.
    pub fn equity(&self) -> Usd {
        Usd::from_scaled(i128::from(self.wallet_balance) + i128::from(self.unrealized_pnl))
    }

    fn of(equity: &Equity, after: EntryId) -> Result<Self, StoreError> {
        Ok(Self {
            account_id: equity.user_id.0,
            time: time_of(after.ms * 1_000)?,
            entry_seq: i64::try_from(after.seq).unwrap_or(i64::MAX),
            wallet_balance: equity.wallet_balance.to_i64()?,
            unrealized_pnl: equity.unrealized_pnl.to_i64()?,
        })
    }
}
