//! Rows of PostgreSQL that the adopted history does not contain: closed orders, balance
//! adjustments, fills, lines of statements and states of orders after its end.

use super::plan::Plan;
use crate::context::Context;
use crate::words::moment;
use anyhow::{Context as _, Result};
use messages::EntryId;
use sqlx::{AssertSqlSafe, PgConnection};
use time::OffsetDateTime;
use uuid::Uuid;

/// Rows that contradict the adopted history: their positions are open in it, or were never opened.
#[derive(Default)]
pub struct Contradicting {
    /// The ids of the closed orders, latest first.
    pub closed_orders: Vec<Uuid>,
    /// The number of balance adjustments.
    pub adjustments: i64,
    /// The number of orders whose last state is lost. Their earlier states are not stored.
    pub orders: i64,
    /// The number of fills.
    pub fills: i64,
    /// The number of lines of statements.
    pub income: i64,
}

impl Contradicting {
    /// Finds the rows of the shard's accounts after the entry with which the adopted history ends.
    pub async fn find(context: &Context, end: EntryId) -> Result<Self> {
        let (pool, end) = (&context.pool, time_of(end)?);
        let (shard, shards) = numbers(context);
        let closed_orders = sqlx::query_scalar!(
            r#"select "orderId" from closed_orders
               where "closedAt" > $1 and shard_of("userId", $3) = $2 order by "closedAt" desc"#,
            end,
            shard,
            shards,
        )
        .fetch_all(pool)
        .await
        .context("PostgreSQL")?;
        let adjustments = sqlx::query_scalar!(
            r#"select count(*) as "count!" from balance_adjustments
               where "adjustedAt" > $1 and shard_of("userId", $3) = $2"#,
            end,
            shard,
            shards,
        )
        .fetch_one(pool)
        .await
        .context("PostgreSQL")?;
        let counts = sqlx::query!(
            r#"select
                (select count(*) from orders
                 where updated_at > $1 and shard_of(user_id, $3) = $2) as "orders!",
                (select count(*) from fills
                 where executed_at > $1 and shard_of(user_id, $3) = $2) as "fills!",
                (select count(*) from income
                 where "time" > $1 and shard_of(user_id, $3) = $2) as "income!""#,
            end,
            shard,
            shards,
        )
        .fetch_one(pool)
        .await
        .context("PostgreSQL")?;
        let (orders, fills, income) = (counts.orders, counts.fills, counts.income);
        Ok(Self { closed_orders, adjustments, orders, fills, income })
    }

    pub const fn is_empty(&self) -> bool {
        self.closed_orders.is_empty()
            && self.adjustments == 0
            && self.orders == 0
            && self.fills == 0
            && self.income == 0
    }
}

/// Moves the contradicting rows into tables of their own, so that the record agrees with the state,
/// and an order that is closed again is recorded. Returns the names of the tables.
pub async fn set_aside(
    connection: &mut PgConnection,
    context: &Context,
    plan: &Plan,
) -> Result<Vec<String>> {
    let (shard, shards) = numbers(context);
    let (end, found) = (time_of(plan.requests.end)?, &plan.contradicting);
    let mut rows = Vec::new();
    if !found.closed_orders.is_empty() {
        rows.push(("closed_orders", "closedAt", "userId"));
    }
    if found.adjustments > 0 {
        rows.push(("balance_adjustments", "adjustedAt", "userId"));
    }
    if found.orders > 0 {
        rows.push(("orders", "updated_at", "user_id"));
    }
    if found.fills > 0 {
        rows.push(("fills", "executed_at", "user_id"));
    }
    if found.income > 0 {
        rows.push(("income", "time", "user_id"));
    }
    let mut tables = Vec::new();
    for (table, time, account) in rows {
        let name = format!("{table}_replaced_{}", plan.made_at);
        let create = format!(r#"create table "{name}" (like {table})"#);
        sqlx::query(AssertSqlSafe(create)).execute(&mut *connection).await.context("PostgreSQL")?;
        let moved = format!(
            r#"with moved as (
                   delete from {table}
                   where "{time}" > $1 and shard_of("{account}", $3) = $2 returning *
               )
               insert into "{name}" select * from moved"#,
        );
        sqlx::query(AssertSqlSafe(moved))
            .bind(end)
            .bind(shard)
            .bind(shards)
            .execute(&mut *connection)
            .await
            .context("PostgreSQL")?;
        tables.push(name);
    }
    Ok(tables)
}

/// The number of the shard, and that of all shards, as the database has them.
fn numbers(context: &Context) -> (i32, i32) {
    (context.shard.number().into(), context.redis.shards().count().into())
}

fn time_of(id: EntryId) -> Result<OffsetDateTime> {
    moment(id.ms).context("the end of the history is not a valid time")
}
