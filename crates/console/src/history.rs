//! History without an engine: a snapshot, and what came after it, applied once more.

use crate::context::{Context, absent};
use anyhow::{Context as _, Result, bail, ensure};
use exchange::{Exchange, Outcome};
use messages::{DecodeError, EntryId, Fields, REQUEST_STREAM, RequestEntry, StreamMessage as _};
use serde_json::Value;
use sqlx::PgPool;
use std::fmt;
use streams::{Entry, Redis};
use time::OffsetDateTime;

/// Entries read at once.
const PAGE_LEN: usize = 1_000;

/// A row of `snapshots`, without the state.
pub struct Snapshot {
    pub id: i64,
    pub taken_at: OffsetDateTime,
    /// The last entry that the state includes.
    pub last_id: EntryId,
    /// What the engine wrote beside the state for people.
    pub data: Value,
    /// The compressed state's size.
    pub bytes: u64,
    pub epoch: i64,
}

/// Where a replay begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// With the state of this snapshot.
    Snapshot(i64),
    /// With the first entry that there ever was.
    Beginning,
}

/// One entry of `request:stream` and what came of it.
pub struct Step<'a> {
    pub entry: &'a Entry,
    /// What it asks for, and what came of that; or why it can't be read, so that nothing did.
    pub outcome: Result<(RequestEntry, Outcome), DecodeError>,
}

/// A state on its way through history.
pub struct Replay {
    pub origin: Origin,
    pub exchange: Exchange,
    /// The last entry that was read; one that can't be read is not in the state.
    pub read: EntryId,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Snapshot(id) => write!(f, "snapshot {id}"),
            Self::Beginning => f.write_str("the first entry of all"),
        }
    }
}

/// All snapshots, newest first.
pub async fn snapshots(pool: &PgPool) -> Result<Vec<Snapshot>> {
    let rows = sqlx::query!(
        r#"select id, timestamp, "lastStreamId", data, length(state)::bigint as "bytes!", epoch
           from snapshots order by id desc"#
    )
    .fetch_all(pool)
    .await
    .context("PostgreSQL does not tell of the snapshots")?;
    let snapshot = |id, taken_at, last_id: &str, data, bytes: i64, epoch| {
        let last_id = last_id.parse().with_context(|| format!("lastStreamId of snapshot {id}"))?;
        Ok(Snapshot { id, taken_at, last_id, data, bytes: bytes.unsigned_abs(), epoch })
    };
    let rows = rows.into_iter();
    rows.map(|r| snapshot(r.id, r.timestamp, &r.lastStreamId, r.data, r.bytes, r.epoch)).collect()
}

/// The state of a snapshot. Its hash and its invariants are checked.
pub async fn load(pool: &PgPool, id: i64) -> Result<Exchange> {
    let row =
        sqlx::query!(r#"select "lastStreamId", data, state from snapshots where id = $1"#, id)
            .fetch_optional(pool)
            .await
            .context("PostgreSQL does not give the snapshot")?
            .ok_or_else(|| absent(format!("there is no snapshot {id}")))?;
    let hash = row.data["stateHash"].as_str().context("its data has no stateHash")?;
    let bytes = zstd::stream::decode_all(row.state.as_slice())
        .context("its state can't be decompressed")?;
    let exchange = Exchange::restore(&bytes, hash)?;
    let (says, is) = (row.lastStreamId, exchange.last_id().to_string());
    ensure!(says == is, "its lastStreamId is {says}, and that of its state {is}");
    Ok(exchange)
}

/// A field of an entry as a text; nothing where it isn't there.
pub fn field(fields: &Fields, name: &str) -> String {
    let found = fields.iter().find(|(found, _)| *found == name);
    found.map(|(_, value)| String::from_utf8_lossy(value).into_owned()).unwrap_or_default()
}

/// The hash of a state: equal states have equal hashes.
pub fn state_hash(exchange: &Exchange) -> String {
    exchange.freeze().encode().hash
}

impl Replay {
    /// From the newest state that does not include `id` yet.
    pub async fn before(context: &Context, id: EntryId) -> Result<Self> {
        let snapshots = snapshots(&context.pool).await?;
        let mut candidates = snapshots.iter().filter(|snapshot| snapshot.last_id < id);
        Self::from_first(context, &mut candidates).await?.ok_or_else(|| {
            let oldest = snapshots.last().map_or_else(
                || "there is no snapshot".to_owned(),
                |oldest| format!("the oldest snapshot ends with {}", oldest.last_id),
            );
            absent(format!(
                "history does not reach back to {id}: {oldest}, and {REQUEST_STREAM} does not \
                 begin with its first entry any more"
            ))
        })
    }

    /// From the oldest state that history still goes on from.
    pub async fn oldest(context: &Context) -> Result<Self> {
        if let Some(replay) = Self::beginning(&context.redis).await? {
            return Ok(replay);
        }
        let snapshots = snapshots(&context.pool).await?;
        let replay = Self::from_first(context, &mut snapshots.iter().rev()).await?;
        replay.ok_or_else(|| {
            absent(format!("no snapshot is there that {REQUEST_STREAM} goes on from"))
        })
    }

    async fn from_first<'a>(
        context: &Context,
        candidates: &mut impl Iterator<Item = &'a Snapshot>,
    ) -> Result<Option<Self>> {
        let deleted = context.redis.stream_info(REQUEST_STREAM).await?;
        let deleted = deleted.map_or(EntryId::MIN, |info| info.max_deleted_entry_id);
        for snapshot in candidates {
            if !context.redis.contains(REQUEST_STREAM, snapshot.last_id).await? {
                continue;
            }
            if deleted > snapshot.last_id {
                eprintln!(
                    "velox: snapshot {} is left out: entry {deleted}, after it, was deleted by hand",
                    snapshot.id
                );
                continue;
            }
            match load(&context.pool, snapshot.id).await {
                Ok(exchange) => {
                    let origin = Origin::Snapshot(snapshot.id);
                    return Ok(Some(Self { origin, exchange, read: snapshot.last_id }));
                }
                Err(error) => eprintln!("velox: snapshot {} is left out: {error:#}", snapshot.id),
            }
        }
        Self::beginning(&context.redis).await
    }

    /// Where nothing was ever trimmed.
    async fn beginning(redis: &Redis) -> Result<Option<Self>> {
        let info = redis.stream_info(REQUEST_STREAM).await?;
        let is_whole = info.is_none_or(|info| info.entries_added == info.length);
        let (exchange, read) = (Exchange::default(), EntryId::MIN);
        Ok(is_whole.then_some(Self { origin: Origin::Beginning, exchange, read }))
    }

    /// Applies the entries up to and including `until`, and shows each step.
    pub async fn run(
        &mut self,
        redis: &Redis,
        until: EntryId,
        mut show: impl FnMut(&Step<'_>, &Exchange) -> Result<()>,
    ) -> Result<()> {
        loop {
            let page = redis.read_on(REQUEST_STREAM, self.read, PAGE_LEN).await?;
            let Some(page) = page else {
                bail!("{REQUEST_STREAM} was trimmed past {} while it was read", self.read);
            };
            let is_last = page.len() < PAGE_LEN;
            for entry in page.iter().take_while(|entry| entry.id <= until) {
                let outcome = self.apply(entry);
                show(&Step { entry, outcome }, &self.exchange)?;
            }
            if is_last || page.last().is_none_or(|last| last.id >= until) {
                return Ok(());
            }
        }
    }

    /// Applies one entry as the engine does: what can't be read is put aside.
    pub fn apply(&mut self, entry: &Entry) -> Result<(RequestEntry, Outcome), DecodeError> {
        self.read = entry.id;
        let request = RequestEntry::decode(&entry.fields)?;
        let outcome = self.exchange.apply(entry.id, &request);
        Ok((request, outcome))
    }
}
