//! Rows of `balance_adjustments`: db-worker writes them, the engine and the console count them.

use crate::moment::time_of;
use crate::{StoreError, compare, table};
use messages::{AccountState, AdjustBalance, RequestId, UserId};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

/// An adjustment of a balance by an operator.
pub struct Adjustment {
    /// The owner of the account.
    pub user_id: UserId,
    /// The id of the request.
    pub request_id: Option<RequestId>,
    /// The stream time of the adjustment (Unix ms).
    pub timestamp_ms: u64,
    /// The account after the adjustment.
    pub account: AccountState,
    /// The amount, the operator and the reason.
    pub adjust: AdjustBalance,
}

table! {
    /// A row of `balance_adjustments`, as it is stored.
    Row, Columns;
    user_id: Uuid = "userId",
    sequence: i64 = "sequence",
    amount: i64 = "amountInt",
    balance: i64 = "balanceInt",
    adjusted_by: String = "adjustedBy",
    reason: String = "reason",
    request_id: Option<Uuid> = "requestId",
    adjusted_at: OffsetDateTime = "adjustedAt",
}

/// Inserts adjustments in one statement and returns the number of new ones. One that is already
/// stored stays as it is; one that is stored with other values is refused.
///
/// # Errors
/// [`StoreError::Unstorable`] if any of the adjustments can't be stored.
pub async fn insert_all<'a>(
    connection: &mut PgConnection,
    adjustments: impl Iterator<Item = &'a Adjustment>,
) -> Result<u64, StoreError> {
    let rows = adjustments.map(Row::of).collect::<Result<Vec<_>, _>>()?;
    if rows.is_empty() {
        return Ok(0);
    }
    let columns = Columns::of(&rows);
    let new = insert(connection, &columns).await?;
    if new < rows.len() as u64 {
        let stored = stored(connection, &columns).await?;
        compare(&rows, &stored, |row| {
            format!("adjustment {} of user {}", row.sequence, row.user_id)
        })?;
    }
    Ok(new)
}

impl Row {
    fn of(adjustment: &Adjustment) -> Result<Self, StoreError> {
        let Adjustment { account, adjust: AdjustBalance { amount, attribution }, .. } = adjustment;
        let sequence = i64::try_from(account.sequence).map_err(|_| {
            StoreError::Unstorable("the account's sequence is out of range".to_owned())
        })?;
        Ok(Self {
            user_id: adjustment.user_id.0,
            sequence,
            amount: amount.to_i64()?,
            balance: account.balance.to_i64()?,
            adjusted_by: attribution.by.clone(),
            reason: attribution.reason.clone(),
            request_id: adjustment.request_id.map(|id| id.0),
            adjusted_at: time_of(adjustment.timestamp_ms * 1_000)?,
        })
    }
}

async fn insert(connection: &mut PgConnection, columns: &Columns) -> Result<u64, StoreError> {
    let done = sqlx::query!(
        r#"insert into balance_adjustments (
               "userId", sequence, "amountInt", "balanceInt", "adjustedBy", reason, "requestId",
               "adjustedAt"
           )
           select * from unnest(
               $1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[],
               $7::uuid[], $8::timestamptz[]
           )
           on conflict ("userId", sequence) do nothing"#,
        &columns.user_id,
        &columns.sequence,
        &columns.amount,
        &columns.balance,
        &columns.adjusted_by,
        &columns.reason,
        columns.request_id.as_slice() as &[Option<Uuid>],
        &columns.adjusted_at,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

async fn stored(connection: &mut PgConnection, columns: &Columns) -> Result<Vec<Row>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"select
               "userId" as user_id, sequence, "amountInt" as amount, "balanceInt" as balance,
               "adjustedBy" as adjusted_by, reason, "requestId" as request_id,
               "adjustedAt" as adjusted_at
           from balance_adjustments
           where ("userId", sequence) in (select * from unnest($1::uuid[], $2::bigint[]))"#,
        &columns.user_id,
        &columns.sequence,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows)
}
