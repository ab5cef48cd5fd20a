//! The table `equity`: what every account was worth, minute by minute.
//!
//! The rows are made of the states that become snapshots, so they cost the loop nothing and never
//! say what Redis has lost. They are written beside the snapshots, which don't wait for them.

use exchange::snapshot::FrozenExchange;
use messages::{EntryId, Equity};
use sqlx::PgPool;
use std::sync::Arc;
use std::time::Duration;
use store::equity;
use time::OffsetDateTime;
use tokio::runtime::Handle;
use tokio::sync::Mutex;

/// The interval between two thinnings of old rows.
const THINNING_INTERVAL_MS: u64 = 60 * 60 * 1_000;

/// The writer of the table, with what it wrote last.
pub struct EquityHistory {
    interval_ms: u64,
    /// Locked while rows are written.
    written: Mutex<Written>,
}

/// The newest rows. Unchanged accounts are recognized by them.
#[derive(Default)]
struct Written {
    /// The stream time of the rows, Unix ms; 0 before the first ones.
    at_ms: u64,
    /// All accounts, in the order in which the state has them.
    equities: Vec<Equity>,
    /// The stream time of the last thinning, Unix ms.
    thinned_ms: u64,
}

/// The worth of all accounts after an entry.
pub struct Valuation {
    after: EntryId,
    equities: Vec<Equity>,
}

impl EquityHistory {
    /// Creates the writer of rows that are at least `interval` apart in stream time.
    pub fn new(interval: Duration) -> Self {
        let interval_ms = u64::try_from(interval.as_millis()).unwrap_or(u64::MAX);
        Self { interval_ms, written: Mutex::default() }
    }

    /// Values all accounts, once in an interval and not while rows are written. Takes time in
    /// proportion to their number.
    pub fn value(&self, frozen: &FrozenExchange) -> Option<Valuation> {
        let after = frozen.last_id();
        let interval = |ms: u64| ms / self.interval_ms;
        let written_ms = self.written.try_lock().ok()?.at_ms;
        let is_due = interval(after.ms) != interval(written_ms);
        is_due.then(|| Valuation { after, equities: frozen.equities() })
    }

    /// Begins to write the accounts that have changed and to thin old rows, unless that is still going
    /// on. A failure is logged: the next snapshot makes up for it.
    pub fn write(self: &Arc<Self>, aside: &Handle, pool: &PgPool, valuation: &Arc<Valuation>) {
        let (history, pool, valuation) = (self.clone(), pool.clone(), valuation.clone());
        aside.spawn(async move {
            if let Ok(mut written) = history.written.try_lock() {
                written.write(&pool, &valuation).await;
            }
        });
    }
}

impl Written {
    async fn write(&mut self, pool: &PgPool, valuation: &Valuation) {
        match self.insert(pool, valuation).await {
            Ok(rows) => tracing::debug!(entry.id = %valuation.after, rows, "equities written"),
            Err(error) => tracing::warn!(%error, "the equities of accounts were not written"),
        }
        let now_ms = valuation.after.ms;
        if now_ms.abs_diff(self.thinned_ms) < THINNING_INTERVAL_MS {
            return;
        }
        let now = i128::from(now_ms) * 1_000_000;
        let Ok(now) = OffsetDateTime::from_unix_timestamp_nanos(now) else { return };
        match equity::thin(pool, now).await {
            Ok(rows) => {
                tracing::debug!(rows, "old equities thinned");
                self.thinned_ms = now_ms;
            }
            Err(error) => tracing::warn!(%error, "old equities were not thinned"),
        }
    }

    async fn insert(&mut self, pool: &PgPool, valuation: &Valuation) -> sqlx::Result<u64> {
        let Valuation { after, equities } = valuation;
        // The accounts of a state keep their places until an engine starts over.
        let is_new =
            |(place, equity): &(usize, &Equity)| self.equities.get(*place) != Some(*equity);
        let changed = equities.iter().enumerate().filter(is_new);
        let changed: Vec<Equity> = changed.map(|(_, equity)| *equity).collect();
        let mut transaction = pool.begin().await?;
        let rows = equity::insert_changed(&mut transaction, *after, &changed).await?;
        transaction.commit().await?;
        self.at_ms = after.ms;
        self.equities.clone_from(equities);
        Ok(rows)
    }
}
