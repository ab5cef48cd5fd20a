//! The changes of the worth of accounts: the rows of `equity`, with the money that came in or went out
//! between them.

use crate::clock::{milliseconds, time};
use crate::error::ApiError;
use futures_util::TryStreamExt as _;
use messages::EntryId;
use performance::{Change, Curve, History};
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

/// Reads the histories of accounts in a period (Unix ms), with curves of at most so many points.
pub async fn read(
    pool: &PgPool,
    accounts: &[Uuid],
    period: Range<u64>,
    points: u32,
) -> Result<BTreeMap<Uuid, Found>, ApiError> {
    let (from, to) = (time(period.start), time(period.end));
    let mut newest: BTreeMap<Uuid, equity::Row> = BTreeMap::new();
    for row in equity::newest_before(pool, accounts, from).await? {
        newest.insert(row.account_id, row);
    }
    // What came in since the last row before the period is not earned in it.
    let since = newest.values().map(|row| row.time).min().unwrap_or(from);
    let mut resets: BTreeMap<Uuid, Vec<account_resets::Row>> = BTreeMap::new();
    for row in account_resets::between(pool, accounts, since, to).await? {
        resets.entry(row.account_id).or_default().push(row);
    }
    let mut flows: BTreeMap<Uuid, VecDeque<(Place, Change)>> = BTreeMap::new();
    for (id, place, change) in self::flows(pool, accounts, (since, to), &resets).await? {
        flows.entry(id).or_default().push_back((place, change));
    }
    let unrecorded = worth_unrecorded(pool, accounts, &newest, from).await?;
    let mut found: BTreeMap<Uuid, Account> = BTreeMap::new();
    for id in accounts {
        let mut flows = flows.remove(id).unwrap_or_default();
        let before = if let Some(row) = newest.get(id) {
            Some(worth_at(row, &mut flows, period.start)?)
        } else {
            flows.retain(|((ms, _), _)| *ms >= period.start);
            unrecorded.get(id).copied()
        };
        let history = History::new(period.start, period.end, before).with_points(points.into());
        found.insert(*id, Account { history, flows });
    }
    let mut rows = std::pin::pin!(equity::between(pool, accounts, from, to));
    while let Some(row) = rows.try_next().await? {
        if let Some(account) = found.get_mut(&row.account_id) {
            account.value(&row)?;
        }
    }
    let with_resets = |(id, account): (Uuid, Account)| {
        let history = account.end()?;
        let mut resets = resets.remove(&id).unwrap_or_default();
        resets.retain(|row| row.time >= from);
        Ok((id, Found { history, resets }))
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

/// Returns what accounts were worth at a time that have no row before it: what their statements say. An
/// account that was opened since has nothing.
async fn worth_unrecorded(
    pool: &PgPool,
    accounts: &[Uuid],
    recorded: &BTreeMap<Uuid, equity::Row>,
    at: OffsetDateTime,
) -> Result<BTreeMap<Uuid, Usd>, ApiError> {
    let is_missing = |id: &&Uuid| !recorded.contains_key(id);
    let missing: Vec<Uuid> = accounts.iter().filter(is_missing).copied().collect();
    let sums = sqlx::query!(
        r#"select user_id, sum(amount)::bigint as "sum!"
           from income where user_id = any($1) and "time" < $2 group by user_id"#,
        &missing,
        at,
    )
    .fetch_all(pool)
    .await?;
    Ok(sums.into_iter().map(|row| (row.user_id, Usd::from(row.sum))).collect())
}

/// Returns what an account was worth at a time (Unix ms), from the last row before it and the flows
/// since then, which are taken from all flows.
fn worth_at(
    row: &equity::Row,
    flows: &mut VecDeque<(Place, Change)>,
    at_ms: u64,
) -> Result<Usd, ApiError> {
    let recorded = (milliseconds(row.time), row.entry_seq);
    let mut curve = Curve::new(row.equity());
    while let Some((place, change)) = flows.pop_front_if(|((ms, _), _)| *ms < at_ms) {
        if place > recorded {
            curve.apply(change).map_err(too_large)?;
        }
    }
    Ok(curve.equity())
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
