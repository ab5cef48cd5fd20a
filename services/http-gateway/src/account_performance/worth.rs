//! The worth of an account at this moment, once the database has everything that led to it.

use super::changes;
use crate::access::account::AccountId;
use crate::clock::{time, unix_ms};
use crate::error::ApiError;
use crate::state::AppState;
use crate::sum::amount;
use messages::{Query, Response};
use price::Usd;
use sqlx::PgPool;
use std::time::Duration;
use store::equity;
use time::OffsetDateTime;

/// The number of times that the engine is asked before the recorded worth has to do: after an order,
/// db-worker needs some milliseconds to write its lines.
const ATTEMPTS: u32 = 10;

/// The pause between two attempts.
const PAUSE: Duration = Duration::from_millis(50);

/// The worth of an account at a time.
#[derive(Clone, Copy, Debug)]
pub struct Worth {
    /// The time, Unix ms.
    pub at_ms: u64,
    /// Balance, used margin, reserve and unrealized P&L at the prices of that time.
    pub equity: Usd,
}

impl Worth {
    /// The end of a period that includes this time, Unix ms.
    pub const fn end_ms(&self) -> u64 {
        self.at_ms + 1
    }
}

/// Returns what an account is worth by the engine. The statement in the database adds up to its
/// balance, so no deposit that the worth includes is missing there and would be taken for a gain.
/// None if the engine does not answer, does not know the account, or is ahead of the database all the
/// time.
///
/// # Errors
/// When PostgreSQL is unavailable, or a sum fits no amount.
pub async fn settled(app: &AppState, account: AccountId) -> Result<Option<Worth>, ApiError> {
    for attempt in 0..ATTEMPTS {
        if attempt > 0 {
            tokio::time::sleep(PAUSE).await;
        }
        let at_ms = unix_ms();
        let Ok(Response::Balance { balance: sheet }) =
            app.engine.ask(account, Query::GetBalance).await
        else {
            return Ok(None);
        };
        let worth = Worth { at_ms, equity: sheet.equity };
        let stored = stored_balance(&app.pool, account, time(worth.end_ms())).await?;
        if sheet.equity.checked_sub(sheet.unrealized_pnl) == Ok(stored) {
            return Ok(Some(worth));
        }
    }
    Ok(None)
}

/// Returns the balance of an account at a time, with used margin and reserve: that of its last row
/// before, and the lines of its statement since.
async fn stored_balance(
    pool: &PgPool,
    account: AccountId,
    at: OffsetDateTime,
) -> Result<Usd, ApiError> {
    let recorded = equity::newest_before(pool, &[account.0], at).await?.pop();
    let (balance, since, entry_seq) = match &recorded {
        Some(row) => (row.wallet_balance, row.time, row.entry_seq),
        None => (0, OffsetDateTime::UNIX_EPOCH, -1),
    };
    // The second half of an event's id begins with that of the entry which it is derived from.
    let sum = sqlx::query_scalar!(
        r#"select coalesce(sum(amount), 0)::text as "sum!"
           from income
           where user_id = $1 and "time" >= $2 and "time" < $4
               and ("time" > $2 or split_part(id, '-', 2)::bigint >> 32 > $3)"#,
        account.0,
        since,
        entry_seq,
        at,
    )
    .fetch_one(pool)
    .await?;
    Usd::from(balance).checked_add(amount(&sum)?).map_err(changes::too_large)
}
