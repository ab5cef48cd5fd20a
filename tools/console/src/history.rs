//! Replay of the history without an engine: a snapshot, and the entries after it.

use crate::context::{Context, absent};
use anyhow::{Context as _, Result, bail, ensure};
use exchange::{Exchange, Outcome};
use messages::{DecodeError, EntryId, Event, Fields, RequestEntry, Shard, StreamMessage as _};
use serde_json::Value;
use sqlx::PgPool;
use std::fmt;
use streams::Entry;
use time::OffsetDateTime;

/// The number of entries read per page.
const PAGE_LEN: usize = 1_000;

/// A row of `snapshots`, without the state.
pub struct Snapshot {
    pub id: i64,
    pub shard: Shard,
    pub taken_at: OffsetDateTime,
    /// The last entry that the state includes.
    pub last_id: EntryId,
    /// The engine's summary of the state, for people.
    pub data: Value,
    /// The size of the compressed state.
    pub bytes: u64,
    pub epoch: i64,
}

/// The start of a replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The state of this snapshot.
    Snapshot(i64),
    /// The first entry of the stream's whole history.
    Beginning,
}

/// An entry of `request:stream` and its outcome.
pub struct Step<'a> {
    pub entry: &'a Entry,
    /// The number of the first output of an entry in its shard.
    first_output: u32,
    /// The request and its outcome, or the reason the entry can't be read.
    pub outcome: Result<(RequestEntry, Outcome), DecodeError>,
}

/// A state that is advanced through the history.
pub struct Replay {
    pub origin: Origin,
    pub exchange: Exchange,
    /// The last entry read, including unreadable ones, which do not change the state.
    pub read: EntryId,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Snapshot(id) => write!(f, "snapshot {id}"),
            Self::Beginning => f.write_str("the first entry"),
        }
    }
}

/// All snapshots of the shard, newest first.
pub async fn snapshots(context: &Context) -> Result<Vec<Snapshot>> {
    let rows = sqlx::query!(
        r#"select id, timestamp, "lastStreamId", data, length(state)::bigint as "bytes!", epoch
           from snapshots where shard = $1 order by id desc"#,
        i32::from(context.shard.number()),
    )
    .fetch_all(&context.pool)
    .await
    .context("snapshots can't be read from PostgreSQL")?;
    let snapshot = |id, taken_at, last_id: &str, data, bytes: i64, epoch| {
        let last_id = last_id.parse().with_context(|| format!("lastStreamId of snapshot {id}"))?;
        Ok(Snapshot {
            id,
            shard: context.shard,
            taken_at,
            last_id,
            data,
            bytes: bytes.unsigned_abs(),
            epoch,
        })
    };
    let rows = rows.into_iter();
    rows.map(|r| snapshot(r.id, r.timestamp, &r.lastStreamId, r.data, r.bytes, r.epoch)).collect()
}

/// Loads the state of a snapshot, and checks its hash and invariants.
pub async fn load(pool: &PgPool, id: i64) -> Result<Exchange> {
    let row =
        sqlx::query!(r#"select "lastStreamId", data, state from snapshots where id = $1"#, id)
            .fetch_optional(pool)
            .await
            .context("the snapshot can't be read from PostgreSQL")?
            .ok_or_else(|| absent(format!("there is no snapshot {id}")))?;
    read_state(&row.lastStreamId, &row.data, &row.state)
}

/// Reads the state of a row of `snapshots`, and checks its hash and invariants.
pub fn read_state(last_id: &str, data: &Value, state: &[u8]) -> Result<Exchange> {
    let hash = data["stateHash"].as_str().context("the snapshot's data has no stateHash")?;
    let bytes =
        zstd::stream::decode_all(state).context("the snapshot's state can't be decompressed")?;
    let exchange = Exchange::restore(&bytes, hash)?;
    let (says, is) = (last_id, exchange.last_id().to_string());
    ensure!(says == is, "the snapshot's lastStreamId is {says}, but that of its state is {is}");
    Ok(exchange)
}

/// Returns a field of an entry as text; empty if it does not exist.
pub fn field(fields: &Fields, name: &str) -> String {
    let found = fields.iter().find(|(found, _)| *found == name);
    found.map(|(_, value)| String::from_utf8_lossy(value).into_owned()).unwrap_or_default()
}

/// The fields of an entry that stands for one that `request:stream` does not have: the entry with which
/// a snapshot ends. It is never applied.
pub fn stand_in(kind: &str, at_ms: u64, payload: &str) -> Fields {
    [("type", kind), ("timestamp", &at_ms.to_string()), ("payload", payload)]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()))
        .collect()
}

/// Computes the hash of a state: equal states have equal hashes.
pub fn state_hash(exchange: &Exchange) -> String {
    exchange.freeze().encode().hash
}

/// Passes the events that `response:stream` still holds to `show`, with their ids, and returns where
/// the stream begins, for people. It needs no snapshot.
pub async fn kept_events(
    context: &Context,
    mut show: impl FnMut(EntryId, &Event),
) -> Result<String> {
    let stream = context.responses();
    let (mut begins, mut after) = (format!("{stream} has no entries"), EntryId::MIN);
    loop {
        let page = context.redis.read_range(&stream, after, PAGE_LEN).await?;
        let (Some(first), Some(last)) = (page.first(), page.last()) else { return Ok(begins) };
        if after == EntryId::MIN {
            begins = format!("{stream} begins with {}", first.id);
        }
        after = last.id;
        for entry in &page {
            let event = Event::decode(&entry.fields);
            let event = event.with_context(|| format!("{} of {stream}", entry.id))?;
            show(entry.id, &event);
        }
    }
}

impl Step<'_> {
    /// The events of the entry, with their ids.
    pub fn events(&self) -> impl Iterator<Item = (EntryId, &Event)> {
        let events = self.outcome.iter().flat_map(|(_, outcome)| &outcome.events);
        (self.first_output..).zip(events).map(|(n, event)| (self.entry.id.output(n), event))
    }
}

impl Replay {
    /// Starts from the newest state that does not include `id`.
    pub async fn before(context: &Context, id: EntryId) -> Result<Self> {
        let snapshots = snapshots(context).await?;
        let mut candidates = snapshots.iter().filter(|snapshot| snapshot.last_id < id);
        Self::from_first(context, &mut candidates).await?.ok_or_else(|| {
            let oldest = snapshots.last().map_or_else(
                || "there is no snapshot".to_owned(),
                |oldest| format!("the oldest snapshot ends with {}", oldest.last_id),
            );
            absent(format!(
                "the history does not reach back to {id}: {oldest}, and {} does not begin with its \
                 first entry any more",
                context.requests()
            ))
        })
    }

    /// Applies everything that the history has.
    pub async fn to_the_end(context: &Context) -> Result<Self> {
        let end = EntryId::new(u64::MAX, u64::MAX);
        let mut replay = Self::before(context, end).await?;
        replay.run(context, end, |_, _| Ok(())).await?;
        Ok(replay)
    }

    /// Starts from the oldest state from which the stream still continues.
    pub async fn oldest(context: &Context) -> Result<Self> {
        if let Some(replay) = Self::beginning(context).await? {
            return Ok(replay);
        }
        let snapshots = snapshots(context).await?;
        let replay = Self::from_first(context, &mut snapshots.iter().rev()).await?;
        replay.ok_or_else(|| {
            absent(format!("there is no snapshot from which {} continues", context.requests()))
        })
    }

    async fn from_first<'a>(
        context: &Context,
        candidates: &mut impl Iterator<Item = &'a Snapshot>,
    ) -> Result<Option<Self>> {
        let stream = context.requests();
        let deleted = context.redis.stream_info(&stream).await?;
        let deleted = deleted.map_or(EntryId::MIN, |info| info.max_deleted_entry_id);
        for snapshot in candidates {
            if !context.redis.contains(&stream, snapshot.last_id).await? {
                continue;
            }
            if deleted > snapshot.last_id {
                eprintln!(
                    "velox: snapshot {} is skipped: entry {deleted}, after it, was deleted by hand",
                    snapshot.id
                );
                continue;
            }
            match load(&context.pool, snapshot.id).await {
                Ok(exchange) => {
                    let origin = Origin::Snapshot(snapshot.id);
                    return Ok(Some(Self { origin, exchange, read: snapshot.last_id }));
                }
                Err(error) => eprintln!("velox: snapshot {} is skipped: {error:#}", snapshot.id),
            }
        }
        Self::beginning(context).await
    }

    /// Starts from the first entry, if the stream was never trimmed.
    async fn beginning(context: &Context) -> Result<Option<Self>> {
        let info = context.redis.stream_info(&context.requests()).await?;
        let is_whole = info.is_none_or(|info| info.entries_added == info.length);
        let (exchange, read) = (Exchange::default(), EntryId::MIN);
        Ok(is_whole.then_some(Self { origin: Origin::Beginning, exchange, read }))
    }

    /// Applies the entries up to and including `until`, and passes each step to `show`.
    pub async fn run(
        &mut self,
        context: &Context,
        until: EntryId,
        mut show: impl FnMut(&Step<'_>, &Exchange) -> Result<()>,
    ) -> Result<()> {
        let stream = context.requests();
        loop {
            let page = context.redis.read_on(&stream, self.read, PAGE_LEN).await?;
            let Some(page) = page else {
                bail!("{stream} was trimmed past {} while it was read", self.read);
            };
            let is_last = page.len() < PAGE_LEN;
            for entry in page.iter().take_while(|entry| entry.id <= until) {
                let step = self.step(entry, context.shard);
                show(&step, &self.exchange)?;
            }
            if is_last || page.last().is_none_or(|last| last.id >= until) {
                return Ok(());
            }
        }
    }

    /// Applies one entry of a shard.
    pub fn step<'a>(&mut self, entry: &'a Entry, shard: Shard) -> Step<'a> {
        Step { entry, first_output: shard.first_output(), outcome: self.apply(entry) }
    }

    /// Applies one entry as the engine does: an unreadable one changes nothing.
    pub fn apply(&mut self, entry: &Entry) -> Result<(RequestEntry, Outcome), DecodeError> {
        self.read = entry.id;
        let request = RequestEntry::decode(&entry.fields)?;
        let outcome = self.exchange.apply(entry.id, &request);
        Ok((request, outcome))
    }
}
