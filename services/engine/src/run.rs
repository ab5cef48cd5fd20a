//! The loop: read, apply, write, remember.

use crate::config::Config;
use crate::recovery::{self, Recovered, RecoveryError, Refusal};
use crate::snapshots::{self, SnapshotError, Written};
use crate::status::{StatusKey, unix_ms};
use crate::{core, metering};
use exchange::Exchange;
use messages::{
    EngineState, EntryId, QUERY_STREAM, REQUEST_STREAM, Request, RequestEntry, RequestId,
    StreamMessage,
};
use service::Health;
use sqlx::PgPool;
use std::time::{Duration, Instant};
use streams::{Batch, Entry, LogError, LogReader, Position, Redis};
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// Entries read at once. Large enough that a replay spends its time applying, small enough that
/// the outputs of a batch fit in one transaction and a reply waits for few others.
const BATCH_LEN: usize = 1_000;

/// How long a read waits for entries: the loop goes round at least this often, and renews its
/// status.
const READ_BLOCK: Duration = Duration::from_millis(500);

/// Between attempts to reach PostgreSQL or Redis.
const RETRY_INTERVAL: Duration = Duration::from_millis(200);

/// How old a query may be that is answered after a start: gateways wait 5 s.
const QUERY_AGE_MAX_MS: u64 = 5_000;

/// How long the last snapshot may take when the engine stops. Without it the next start replays.
const LAST_SNAPSHOT_TIMEOUT: Duration = Duration::from_secs(10);

/// Why the engine stopped.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// It will not trade until a person has decided something.
    #[error("the engine refuses to trade: {0}")]
    Refused(#[from] Refusal),
}

/// Runs the engine until `shutdown`.
///
/// # Errors
/// [`EngineError::Refused`] when history is missing. Outages of Redis and PostgreSQL are waited for.
pub async fn run(
    config: &Config,
    redis: Redis,
    pool: PgPool,
    health: Health,
    shutdown: CancellationToken,
) -> Result<(), EngineError> {
    let mut status = StatusKey::new(redis.clone());
    let result = async {
        let Some(recovered) = recover(&redis, &pool, &mut status, &health, &shutdown).await? else {
            return Ok(());
        };
        let mut engine = Engine::new(config, redis, pool, status.clone(), recovered.exchange);
        engine.replay(recovered.stream_end, &shutdown).await?;
        health.set_ready();
        engine.trade(&shutdown).await?;
        engine.take_last_snapshot().await;
        Ok(())
    }
    .await;
    health.set_not_ready("stopped");
    let last_words = match &result {
        Ok(()) => "stopped on request".to_owned(),
        Err(error @ EngineError::Refused(_)) => error.to_string(),
    };
    status.set_last_words(last_words).await;
    result
}

/// Tries until Redis and PostgreSQL are there. `None` when asked to stop before.
async fn recover(
    redis: &Redis,
    pool: &PgPool,
    status: &mut StatusKey,
    health: &Health,
    shutdown: &CancellationToken,
) -> Result<Option<Recovered>, EngineError> {
    status.set(EngineState::Starting, "looking for the newest snapshot").await;
    let mut waiting_for = String::new();
    while !shutdown.is_cancelled() {
        match recovery::recover(redis, pool).await {
            Ok(recovered) => return Ok(Some(recovered)),
            Err(RecoveryError::Refused(refusal)) => return Err(refusal.into()),
            Err(RecoveryError::NotYet(reason)) => {
                health.set_not_ready(reason.clone());
                if reason == waiting_for {
                    status.renew().await;
                } else {
                    waiting_for.clone_from(&reason);
                    status.set(EngineState::Starting, reason).await;
                }
                sleep(RETRY_INTERVAL).await;
            }
        }
    }
    Ok(None)
}

struct Engine<'a> {
    config: &'a Config,
    redis: Redis,
    pool: PgPool,
    status: StatusKey,
    exchange: Exchange,
    /// What came of the entries that were applied and is not in Redis yet.
    outputs: Batch,
    /// The last entry read of `request:stream`, applied or put aside.
    request_id: EntryId,
    /// The last entry read of `query:stream`.
    query_id: EntryId,
    snapshot: SnapshotTimer,
}

/// When the next snapshot is due, and the one that is being written.
struct SnapshotTimer {
    taken: Instant,
    contains: EntryId,
    writing: Option<Writing>,
}

struct Writing {
    contains: EntryId,
    pause: Duration,
    task: JoinHandle<Result<Written, SnapshotError>>,
}

impl<'a> Engine<'a> {
    fn new(
        config: &'a Config,
        redis: Redis,
        pool: PgPool,
        status: StatusKey,
        exchange: Exchange,
    ) -> Self {
        let outputs = redis.batch();
        let query_id = EntryId::new(unix_ms().saturating_sub(QUERY_AGE_MAX_MS), 0);
        let contains = exchange.last_id();
        let snapshot = SnapshotTimer { taken: Instant::now(), contains, writing: None };
        let request_id = contains;
        Self { config, redis, pool, status, exchange, outputs, request_id, query_id, snapshot }
    }

    /// Applies what the stream holds beyond the snapshot, writing all outputs again: those that
    /// are there already are refused by their ids.
    async fn replay(
        &mut self,
        stream_end: EntryId,
        shutdown: &CancellationToken,
    ) -> Result<(), EngineError> {
        let from = self.exchange.last_id();
        let message = format!("applying {REQUEST_STREAM} from {from} to {stream_end}");
        self.status.set(EngineState::Replaying, message).await;
        let mut reader = LogReader::new(&self.redis, vec![self.request_position()]);
        let started = Instant::now();
        let mut count = 0_usize;
        while self.request_id < stream_end && !shutdown.is_cancelled() {
            let entries = self.read(&mut reader).await?;
            if entries.is_empty() && self.nothing_follows().await {
                // The last entries were deleted by hand: there is nothing more to wait for.
                break;
            }
            count += entries.len();
            self.process(entries, shutdown).await?;
            self.status.renew().await;
        }
        let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::info!(entries = count, took_ms, "history is applied");
        metrics::gauge!("velox_engine_replayed_entries")
            .set(u32::try_from(count).unwrap_or(u32::MAX));
        Ok(())
    }

    async fn trade(&mut self, shutdown: &CancellationToken) -> Result<(), EngineError> {
        self.announce_rules().await;
        self.status.set(EngineState::Ready, "trading").await;
        let queries =
            Position { stream: QUERY_STREAM.to_owned(), after: self.query_id, continuous: false };
        let mut reader = LogReader::new(&self.redis, vec![self.request_position(), queries]);
        while !shutdown.is_cancelled() {
            let entries = tokio::select! {
                entries = self.read(&mut reader) => entries?,
                () = shutdown.cancelled() => break,
            };
            self.process(entries, shutdown).await?;
            self.status.renew().await;
            self.take_snapshot_if_due().await;
        }
        Ok(())
    }

    fn request_position(&self) -> Position {
        let after = self.exchange.last_id();
        Position { stream: REQUEST_STREAM.to_owned(), after, continuous: true }
    }

    async fn nothing_follows(&self) -> bool {
        let next = self.redis.read_range(REQUEST_STREAM, self.request_id, 1).await;
        next.is_ok_and(|entries| entries.is_empty())
    }

    /// Waits for entries; nothing when there are none for a while, or Redis is away.
    async fn read(&self, reader: &mut LogReader) -> Result<Vec<(usize, Entry)>, EngineError> {
        match reader.next(BATCH_LEN, READ_BLOCK).await {
            Ok(entries) => Ok(entries),
            Err(LogError::HistoryLost { id, .. }) => {
                Err(Refusal::HistoryLost { applied: id }.into())
            }
            Err(LogError::Redis(error)) => {
                tracing::warn!(%error, "streams can't be read; trying again");
                sleep(RETRY_INTERVAL).await;
                Ok(Vec::new())
            }
        }
    }

    /// Applies the requests and answers the queries of one read, and writes what came of them.
    async fn process(
        &mut self,
        entries: Vec<(usize, Entry)>,
        shutdown: &CancellationToken,
    ) -> Result<(), EngineError> {
        if entries.is_empty() {
            return Ok(());
        }
        let started = Instant::now();
        let now_ms = unix_ms();
        for (stream, entry) in &entries {
            if *stream == 0 {
                core::apply(&mut self.exchange, entry, now_ms, &mut self.outputs);
                self.request_id = entry.id;
            } else {
                core::answer(&self.exchange, entry, &mut self.outputs);
                self.query_id = entry.id;
            }
        }
        let already_there = self.write_outputs(shutdown).await?;
        metering::batch_done(&self.exchange, entries.len(), already_there, started.elapsed());
        Ok(())
    }

    /// Writes until it is written: an entry's outputs are never left out. When asked to stop
    /// meanwhile they are left to the next start, which computes them again.
    async fn write_outputs(&mut self, shutdown: &CancellationToken) -> Result<u32, EngineError> {
        let mut logged = false;
        loop {
            match self.outputs.send().await {
                Ok(outcome) => return Ok(outcome.already_there),
                Err(_) if shutdown.is_cancelled() => return Ok(0),
                Err(error) => {
                    if !logged {
                        tracing::error!(%error, outputs = self.outputs.len(), "outputs can't be written; trying again");
                        logged = true;
                    }
                    sleep(RETRY_INTERVAL).await;
                    self.check_history().await?;
                }
            }
        }
    }

    /// After an outage Redis may have come back without its last second: what was applied must
    /// still be there before anything that follows from it is written.
    async fn check_history(&self) -> Result<(), EngineError> {
        let applied = self.exchange.last_id();
        match self.redis.contains(REQUEST_STREAM, applied).await {
            Ok(false) if applied > EntryId::MIN => Err(Refusal::HistoryLost { applied }.into()),
            // Away still: the next attempt to write says so.
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// Limits are part of history: where the settings differ from it, an entry says so.
    async fn announce_rules(&mut self) {
        let rules = self.config.rules();
        if rules == self.exchange.rules() {
            return;
        }
        let entry = RequestEntry {
            request_id: Some(RequestId(uuid::Uuid::now_v7())),
            timestamp_ms: unix_ms(),
            reply_to: None,
            request: Request::SetRules(rules),
        };
        if let Err(error) = self.redis.append(REQUEST_STREAM, &entry.encode()).await {
            tracing::warn!(%error, "new limits wait for the next start");
        }
    }

    async fn take_snapshot_if_due(&mut self) {
        if self.snapshot.writing.as_ref().is_some_and(|writing| writing.task.is_finished()) {
            self.finish_snapshot().await;
        }
        let due = self.snapshot.taken.elapsed() >= self.config.snapshot_interval()
            && self.snapshot.contains != self.exchange.last_id();
        // Outputs that are not in Redis would be lost: the next start would not compute them again.
        if due && self.snapshot.writing.is_none() && self.outputs.is_empty() {
            self.start_snapshot();
        }
    }

    fn start_snapshot(&mut self) {
        let started = Instant::now();
        let frozen = self.exchange.freeze();
        let (pause, contains) = (started.elapsed(), frozen.last_id());
        let (pool, kept) = (self.pool.clone(), self.config.snapshots_kept);
        let task = tokio::spawn(async move { snapshots::write(&pool, frozen, kept).await });
        self.snapshot.taken = started;
        self.snapshot.writing = Some(Writing { contains, pause, task });
    }

    async fn finish_snapshot(&mut self) {
        let Some(Writing { contains, pause, task }) = self.snapshot.writing.take() else { return };
        match task.await.expect("writing a snapshot does not panic") {
            Ok(written) => {
                self.snapshot.contains = contains;
                metering::snapshot_done(pause, written.took, written.bytes);
                let took_ms = u64::try_from(written.took.as_millis()).unwrap_or(u64::MAX);
                tracing::debug!(snapshot.last_id = %contains, took_ms, bytes = written.bytes, "snapshot written");
                self.trim(written.oldest_kept).await;
            }
            // Trading goes on; the next snapshot, or a replay, makes up for it.
            Err(error) => tracing::warn!(%error, "a snapshot was not written"),
        }
    }

    /// Drops what no start can need: requests before the oldest snapshot, queries long answered.
    async fn trim(&self, oldest_kept: Option<EntryId>) {
        let requests = oldest_kept.map(|oldest| (REQUEST_STREAM, oldest));
        for (stream, oldest) in requests.into_iter().chain([(QUERY_STREAM, self.query_id)]) {
            match self.redis.trim_before(stream, oldest).await {
                Ok(count) => tracing::debug!(stream, count, "trimmed"),
                Err(error) => {
                    tracing::warn!(stream, %error, "trimming failed; it is tried again later");
                }
            }
        }
    }

    /// Spares the next start the replay.
    async fn take_last_snapshot(&mut self) {
        let last = async {
            self.finish_snapshot().await;
            if self.snapshot.contains != self.exchange.last_id() && self.outputs.is_empty() {
                self.start_snapshot();
                self.finish_snapshot().await;
            }
        };
        if tokio::time::timeout(LAST_SNAPSHOT_TIMEOUT, last).await.is_err() {
            tracing::warn!("the last snapshot took too long; the next start replays instead");
        }
    }
}
