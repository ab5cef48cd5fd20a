//! Rows of `balance_adjustments`.

use super::Adjustment;
use messages::AccountState;
use sqlx::PgPool;
use worker::{StoreError, time_of};

/// One after the other: there are few. Those that are there already stay as they are.
pub async fn store<'a>(
    pool: &PgPool,
    adjustments: impl Iterator<Item = &'a Adjustment>,
) -> Result<u64, StoreError> {
    let mut rows = 0;
    for adjustment in adjustments {
        let Adjustment { account, amount, attribution, .. } = adjustment;
        let done = sqlx::query!(
            r#"insert into balance_adjustments (
                   "userId", sequence, "amountInt", "balanceInt", "adjustedBy", reason,
                   "requestId", "adjustedAt"
               )
               values ($1, $2, $3, $4, $5, $6, $7, $8)
               on conflict ("userId", sequence) do nothing"#,
            adjustment.user_id.0,
            sequence(account)?,
            amount.to_i64()?,
            account.balance.to_i64()?,
            attribution.by,
            attribution.reason,
            adjustment.request_id.map(|id| id.0),
            time_of(adjustment.timestamp_ms * 1_000)?,
        )
        .execute(pool)
        .await?;
        rows += done.rows_affected();
    }
    Ok(rows)
}

fn sequence(account: &AccountState) -> Result<i64, StoreError> {
    i64::try_from(account.sequence)
        .map_err(|_| StoreError::Unstorable("the account's sequence is out of range".to_owned()))
}
