//! What changed the worth of accounts: the rows of `equity`, with the money that came in or went out
//! between them.

use crate::clock::time;
use crate::error::ApiError;
use crate::trading_accounts::milliseconds;
use futures_util::TryStreamExt as _;
use messages::EntryId;
use performance::{Change, History};
use price::{OutOfRange, Usd};
use sqlx::PgPool;
use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use store::{account_resets, equity, income};
use time::OffsetDateTime;
use uuid::Uuid;

/// The place of a change in the order of `request:stream`: the time and the second half of the id of
/// the entry that made it.
type Place = (u64, i64);

/// The changes of one account.
struct Account {
    history: History,
    /// The money that came in or went out and is not applied yet.
    flows: VecDeque<(Place, Change)>,
}

/// An account's history, and its resets.
pub struct Found {
    /// The history, to its end.
    pub history: History,
    /// The resets, oldest first.
    pub resets: Vec<account_resets::Row>,
}

/// Reads the histories of accounts in a period (Unix ms).
pub async fn read(
    pool: &PgPool,
    accounts: &[Uuid],
    period: Range<u64>,
) -> Result<BTreeMap<Uuid, Found>, ApiError> {
    let (from, to) = (time(period.start), time(period.end));
    let mut before = worth_before(pool, accounts, from).await?;
    let mut resets: BTreeMap<Uuid, Vec<account_resets::Row>> = BTreeMap::new();
    for row in account_resets::between(pool, accounts, from, to).await? {
        resets.entry(row.account_id).or_default().push(row);
    }
    let mut found: BTreeMap<Uuid, Account> = BTreeMap::new();
    for id in accounts {
        let history = History::new(period.start, period.end, before.remove(id));
        found.insert(*id, Account { history, flows: VecDeque::new() });
    }
    for (id, place, change) in flows(pool, accounts, (from, to), &resets).await? {
        if let Some(account) = found.get_mut(&id) {
            account.flows.push_back((place, change));
        }
    }
    let mut rows = std::pin::pin!(equity::between(pool, accounts, from, to));
    while let Some(row) = rows.try_next().await? {
        if let Some(account) = found.get_mut(&row.account_id) {
            account.value(&row)?;
        }
    }
    let with_resets = |(id, account): (Uuid, Account)| {
        let history = account.end()?;
        Ok((id, Found { history, resets: resets.remove(&id).unwrap_or_default() }))
    };
    found.into_iter().map(with_resets).collect()
}

/// Returns the time of the first line of an account's statement (Unix ms), if it has one.
pub async fn beginning_ms(pool: &PgPool, account: Uuid) -> Result<Option<u64>, ApiError> {
    let first =
        sqlx::query_scalar!(r#"select min("time") from income where user_id = $1"#, account,)
            .fetch_one(pool)
            .await?;
    Ok(first.map(milliseconds))
}

/// Returns what accounts were worth before a time. An account that was opened since has nothing; one
/// that has no row yet has what its statement says.
async fn worth_before(
    pool: &PgPool,
    accounts: &[Uuid],
    before: OffsetDateTime,
) -> Result<BTreeMap<Uuid, Usd>, ApiError> {
    let rows = equity::newest_before(pool, accounts, before).await?;
    let mut worth: BTreeMap<Uuid, Usd> =
        rows.into_iter().map(|row| (row.account_id, row.equity())).collect();
    let missing: Vec<Uuid> =
        accounts.iter().filter(|id| !worth.contains_key(id)).copied().collect();
    let sums = sqlx::query!(
        r#"select user_id, sum(amount)::bigint as "sum!"
           from income where user_id = any($1) and "time" < $2 group by user_id"#,
        &missing,
        before,
    )
    .fetch_all(pool)
    .await?;
    worth.extend(sums.into_iter().map(|row| (row.user_id, Usd::from(row.sum))));
    Ok(worth)
}

/// Returns the money that came into accounts or went out, in the order in which it did.
async fn flows(
    pool: &PgPool,
    accounts: &[Uuid],
    (from, to): (OffsetDateTime, OffsetDateTime),
    resets: &BTreeMap<Uuid, Vec<account_resets::Row>>,
) -> Result<Vec<(Uuid, Place, Change)>, ApiError> {
    let rows = income::flows(pool, accounts, from, to).await?;
    let flow = |row: income::Row| {
        Some((row.user_id, place(&row.id)?, Change::Flow(Usd::from(row.amount))))
    };
    let mut flows: Vec<_> = rows.into_iter().filter_map(flow).collect();
    flows.extend(resets.values().flatten().filter_map(|row| {
        let messages::AccountReset { previous, balance } = row.reset();
        Some((row.account_id, place(&row.id)?, Change::Reset { previous, balance }))
    }));
    flows.sort_by_key(|(_, place, _)| *place);
    Ok(flows)
}

/// Returns the place of the entry that an event's id is derived from.
fn place(event: &str) -> Option<Place> {
    let id: EntryId = event.parse().ok()?;
    Some((id.ms, i64::try_from(id.seq >> 32).ok()?))
}

impl Account {
    fn value(&mut self, row: &equity::Row) -> Result<(), ApiError> {
        let ms = milliseconds(row.time);
        self.apply_flows(Some((ms, row.entry_seq)))?;
        self.apply(ms, Change::Equity(row.equity()))
    }

    fn end(mut self) -> Result<History, ApiError> {
        self.apply_flows(None)?;
        Ok(self.history)
    }

    /// Applies the flows up to an entry, or all.
    fn apply_flows(&mut self, last: Option<Place>) -> Result<(), ApiError> {
        let is_due = |(place, _): &mut (Place, Change)| last.is_none_or(|last| *place <= last);
        while let Some(((ms, _), change)) = self.flows.pop_front_if(is_due) {
            self.apply(ms, change)?;
        }
        Ok(())
    }

    fn apply(&mut self, ms: u64, change: Change) -> Result<(), ApiError> {
        self.history.apply(ms, change).map_err(too_large)
    }
}

/// Returns the error for a history whose figures don't fit an amount.
pub fn too_large(error: OutOfRange) -> ApiError {
    tracing::error!(%error, "what an account is worth does not fit an amount");
    ApiError::Internal
}
