//! Metrics of Redis and its streams, on behalf of all services.
//!
//! The engine exports them because it is in none of the groups whose lag it measures, so the lag of
//! a dead worker still shows, and because nothing works without an engine anyway. A standby exports
//! them too. The observer runs beside the main loop, which does not wait for it.

use crate::shard_metrics::{self, labels_of};
use messages::{
    MAIL_STREAM, QUERY_STREAM, REQUEST_STREAM, RESPONSE_STREAM, Shard, UPLOADER_STREAM,
};
use service::{Health, Metric};
use std::time::{Duration, Instant, SystemTime};
use streams::{Error, Redis};

/// The interval between pings of Redis.
const PING_INTERVAL: Duration = Duration::from_secs(1);

/// The interval between inspections of the streams: a few commands whose cost does not grow with
/// their length.
const LOOK_INTERVAL: Duration = Duration::from_secs(5);

/// The streams of each shard, and those of all of them together.
const SHARDED: [&str; 3] = [REQUEST_STREAM, QUERY_STREAM, RESPONSE_STREAM];
const SHARED: [&str; 2] = [UPLOADER_STREAM, MAIL_STREAM];

const STREAMS: [&str; 5] =
    [REQUEST_STREAM, QUERY_STREAM, RESPONSE_STREAM, UPLOADER_STREAM, MAIL_STREAM];

/// The streams whose entries may be dead-lettered.
const WITH_DEAD_LETTERS: [&str; 4] =
    [REQUEST_STREAM, RESPONSE_STREAM, UPLOADER_STREAM, MAIL_STREAM];

/// The stream whose ids are the engine's time, and the one whose ids are derived from them.
const DERIVED: [&str; 2] = [REQUEST_STREAM, RESPONSE_STREAM];

const METRICS: &[Metric] = &[
    Metric::gauge("velox_redis_up", "1 if Redis answered the last ping."),
    Metric::gauge("velox_redis_memory_used_bytes", "Memory that Redis uses."),
    Metric::gauge("velox_redis_memory_max_bytes", "Memory that Redis may use; 0 for no limit."),
    Metric::gauge(
        "velox_redis_append_only_file_ok",
        "1 if the last write of the append-only file succeeded, 0 if the disk is full or broken.",
    ),
    Metric::gauge(
        "velox_redis_append_only",
        "1 if Redis writes an append-only file, 0 if it loses all data when its process dies.",
    ),
    Metric::gauge(
        "velox_redis_evicts",
        "1 if Redis may remove streams to make room (maxmemory-policy is not noeviction).",
    ),
    Metric::gauge(
        "velox_request_stream_hole",
        "1 if an entry was deleted by hand from the kept part of request:stream.",
    ),
    Metric::gauge(
        "velox_stream_ahead_seconds",
        "Time by which the last id of a stream is ahead of this machine's clock; 0 if it is not.",
    )
    .by("stream", &DERIVED),
    Metric::gauge("velox_stream_entries", "Length of each stream.").by("stream", &STREAMS),
    Metric::gauge(
        "velox_stream_unacknowledged_entries",
        "Entries that a consumer group has not acknowledged, read by it or not.",
    )
    .by("group", &[]),
    Metric::gauge(
        "velox_stream_oldest_unacknowledged_age_seconds",
        "Age of the oldest entry that a consumer group has not acknowledged; 0 if there is none.",
    )
    .by("group", &[]),
    Metric::gauge("velox_dead_letters", "Dead-lettered entries of each stream.")
        .by("stream", &WITH_DEAD_LETTERS),
];

/// Inspects the server and the streams of a shard periodically, and reports under `/readyz` when Redis
/// is unavailable.
pub async fn observe(redis: Redis, shard: Shard, health: Health) {
    shard_metrics::describe(METRICS, redis.shards());
    let redis = redis.at(&shard.key(REQUEST_STREAM));
    let observer = Observer { redis, shard, health };
    let mut looked: Option<Instant> = None;
    loop {
        let problem = observer.redis.ping().await.err().map(|error| error.to_string());
        observer.gauge("velox_redis_up", problem.is_none());
        observer.health.set_missing("Redis", problem);
        if looked.is_none_or(|at| at.elapsed() >= LOOK_INTERVAL) {
            looked = Some(Instant::now());
            if let Err(error) = observer.look().await {
                tracing::debug!(%error, "inspecting the streams failed");
            }
        }
        tokio::time::sleep(PING_INTERVAL).await;
    }
}

struct Observer {
    redis: Redis,
    shard: Shard,
    health: Health,
}

impl Observer {
    fn gauge(&self, name: &'static str, value: impl Into<Value>) {
        let Value(value) = value.into();
        metrics::gauge!(name, labels_of(Some(self.shard), [])).set(value);
    }

    async fn look(&self) -> Result<(), Error> {
        self.look_at_server().await?;
        self.look_at_ids().await?;
        for stream in SHARDED {
            self.look_at_stream(Some(self.shard), stream, &self.shard.key(stream)).await?;
        }
        for stream in SHARED {
            self.look_at_stream(None, stream, stream).await?;
        }
        Ok(())
    }

    /// Measures a stream. `name` is that of the metrics; the stream's own may have a tag.
    async fn look_at_stream(
        &self,
        shard: Option<Shard>,
        name: &'static str,
        stream: &str,
    ) -> Result<(), Error> {
        let labels = || labels_of(shard, [("stream", name.into())]);
        metrics::gauge!("velox_stream_entries", labels()).set(self.len(stream).await?);
        for group in self.redis.backlogs(stream).await? {
            let entries = group.pending.saturating_add(group.unread.unwrap_or_default());
            let labels = || {
                labels_of(shard, [("stream", name.into()), ("group", group.group.clone().into())])
            };
            metrics::gauge!("velox_stream_unacknowledged_entries", labels())
                .set(service::count(entries));
            let age = group.oldest.map_or(0.0, |id| age_s(id.ms));
            metrics::gauge!("velox_stream_oldest_unacknowledged_age_seconds", labels()).set(age);
        }
        if WITH_DEAD_LETTERS.contains(&name) {
            let dead = self.len(&self.redis.dead_letters(stream)).await?;
            metrics::gauge!("velox_dead_letters", labels()).set(dead);
        }
        Ok(())
    }

    async fn look_at_server(&self) -> Result<(), Error> {
        let server = match self.redis.server_info().await {
            // Some servers forbid the command. An unknown value must not raise an alert.
            Err(Error::Refused(_)) => {
                self.gauge("velox_redis_append_only", true);
                return Ok(());
            }
            server => server?,
        };
        self.gauge("velox_redis_memory_used_bytes", service::count(server.memory_used));
        self.gauge("velox_redis_memory_max_bytes", service::count(server.memory_max));
        self.gauge("velox_redis_append_only_file_ok", server.can_persist);
        self.gauge("velox_redis_append_only", server.is_append_only);
        self.gauge("velox_redis_evicts", server.evicts().is_some());
        self.health.set_remark("append-only file", server.durability_problem());
        Ok(())
    }

    /// Looks for ids ahead of the clock and for entries that were deleted by hand.
    async fn look_at_ids(&self) -> Result<(), Error> {
        for name in DERIVED {
            let stream = self.shard.key(name);
            let Some(info) = self.redis.stream_info(&stream).await? else { continue };
            let ahead = info.ahead(now_ms());
            metrics::gauge!(
                "velox_stream_ahead_seconds",
                labels_of(Some(self.shard), [("stream", name.into())])
            )
            .set(Duration::from_millis(ahead).as_secs_f64());
            let last = info.last_generated_id;
            let problem =
                || format!("its last id, {last}, is {} s ahead of the clock", ahead / 1_000);
            self.health.set_remark(name, (ahead > messages::CLOCK_LEAD_MAX_MS).then(problem));
        }
        let stream = self.shard.key(REQUEST_STREAM);
        let hole = self.redis.stream_info(&stream).await?.and_then(|info| info.hole());
        self.gauge("velox_request_stream_hole", hole.is_some());
        self.health.set_remark(
            "history",
            hole.map(|id| {
                format!("entry {id} of {stream} was deleted by hand, after it was applied")
            }),
        );
        Ok(())
    }

    async fn len(&self, stream: &str) -> Result<f64, Error> {
        let info = self.redis.stream_info(stream).await?;
        Ok(service::count(info.map_or(0, |info| info.length)))
    }
}

/// The value of a gauge.
struct Value(f64);

impl From<bool> for Value {
    fn from(is_so: bool) -> Self {
        Self(u8::from(is_so).into())
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self(value)
    }
}

fn age_s(ms: u64) -> f64 {
    Duration::from_millis(now_ms().saturating_sub(ms)).as_secs_f64()
}

/// Returns the current time, Unix ms.
fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or_default()
}
