//! What Redis holds, told to Prometheus for all services.
//!
//! The engine does it: it is not one of the groups whose lag it tells, so that a worker that is
//! gone still shows; nothing works without it anyway; and where there is a standby, it is told twice.
//! It runs beside the loop, which does not wait for it.

use messages::{
    MAIL_STREAM, QUERY_STREAM, REQUEST_STREAM, RESPONSE_STREAM, UPLOADER_STREAM, dead_letter_stream,
};
use service::{Health, Metric};
use std::time::{Duration, Instant, SystemTime};
use streams::{Error, Redis};

/// How often Redis is asked whether it is there.
const PING_INTERVAL: Duration = Duration::from_secs(1);

/// How often its streams are looked at: a few commands, none of which takes longer where there is
/// more.
const LOOK_INTERVAL: Duration = Duration::from_secs(5);

const STREAMS: [&str; 5] =
    [REQUEST_STREAM, QUERY_STREAM, RESPONSE_STREAM, UPLOADER_STREAM, MAIL_STREAM];

/// Those with entries that may be put aside.
const WITH_DEAD_LETTERS: [&str; 4] =
    [REQUEST_STREAM, RESPONSE_STREAM, UPLOADER_STREAM, MAIL_STREAM];

/// Those by whose ids the engine tells the time, and what follows from them.
const DERIVED: [&str; 2] = [REQUEST_STREAM, RESPONSE_STREAM];

const METRICS: &[Metric] = &[
    Metric::gauge("velox_redis_up", "1 if Redis answered when it was last asked."),
    Metric::gauge("velox_redis_memory_used_bytes", "Memory that Redis uses."),
    Metric::gauge("velox_redis_memory_max_bytes", "Memory that Redis may use; 0 for no limit."),
    Metric::gauge(
        "velox_redis_append_only_file_ok",
        "1 if Redis could write its append-only file the last time, 0 if the disk is full or broken.",
    ),
    Metric::gauge(
        "velox_redis_append_only",
        "1 if Redis writes an append-only file, 0 if all of it is gone when its process dies.",
    ),
    Metric::gauge(
        "velox_redis_evicts",
        "1 if Redis may remove streams to make room (maxmemory-policy is not noeviction).",
    ),
    Metric::gauge(
        "velox_request_stream_hole",
        "1 if an entry was deleted by hand out of what request:stream still holds.",
    ),
    Metric::gauge(
        "velox_stream_ahead_seconds",
        "How far the last id of a stream is ahead of this machine's clock; 0 if it is not.",
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
    Metric::gauge("velox_dead_letters", "Entries of each stream that were put aside.")
        .by("stream", &WITH_DEAD_LETTERS),
];

/// Looks again and again, and says under `/readyz` when Redis is away.
pub async fn observe(redis: Redis, health: Health) {
    service::describe(METRICS);
    let mut looked: Option<Instant> = None;
    loop {
        let problem = redis.ping().await.err().map(|error| error.to_string());
        metrics::gauge!("velox_redis_up").set(u32::from(problem.is_none()));
        health.set_missing("Redis", problem);
        if looked.is_none_or(|at| at.elapsed() >= LOOK_INTERVAL) {
            looked = Some(Instant::now());
            if let Err(error) = look(&redis, &health).await {
                tracing::debug!(%error, "the streams can't be looked at now");
            }
        }
        tokio::time::sleep(PING_INTERVAL).await;
    }
}

async fn look(redis: &Redis, health: &Health) -> Result<(), Error> {
    look_at_server(redis, health).await?;
    look_at_ids(redis, health).await?;
    for stream in STREAMS {
        metrics::gauge!("velox_stream_entries", "stream" => stream).set(len(redis, stream).await?);
        for group in redis.backlogs(stream).await? {
            let entries = group.pending.saturating_add(group.unread.unwrap_or_default());
            let labels = [("stream", stream.to_owned()), ("group", group.group)];
            metrics::gauge!("velox_stream_unacknowledged_entries", &labels)
                .set(service::count(entries));
            let age = group.oldest.map_or(0.0, |id| age_s(id.ms));
            metrics::gauge!("velox_stream_oldest_unacknowledged_age_seconds", &labels).set(age);
        }
    }
    for stream in WITH_DEAD_LETTERS {
        let dead = len(redis, &dead_letter_stream(stream)).await?;
        metrics::gauge!("velox_dead_letters", "stream" => stream).set(dead);
    }
    Ok(())
}

async fn look_at_server(redis: &Redis, health: &Health) -> Result<(), Error> {
    let server = match redis.server_info().await {
        // Some servers forbid the question. Nobody is alarmed by what nobody knows.
        Err(Error::Refused(_)) => {
            metrics::gauge!("velox_redis_append_only").set(1);
            return Ok(());
        }
        server => server?,
    };
    metrics::gauge!("velox_redis_memory_used_bytes").set(service::count(server.memory_used));
    metrics::gauge!("velox_redis_memory_max_bytes").set(service::count(server.memory_max));
    metrics::gauge!("velox_redis_append_only_file_ok").set(u32::from(server.can_persist));
    metrics::gauge!("velox_redis_append_only").set(u32::from(server.is_append_only));
    metrics::gauge!("velox_redis_evicts").set(u32::from(server.evicts().is_some()));
    health.set_remark("append-only file", server.durability_problem());
    Ok(())
}

/// Ids that were not given out by a clock, and entries that were deleted by hand.
async fn look_at_ids(redis: &Redis, health: &Health) -> Result<(), Error> {
    for stream in DERIVED {
        let Some(info) = redis.stream_info(stream).await? else { continue };
        let ahead = info.ahead(now_ms());
        metrics::gauge!("velox_stream_ahead_seconds", "stream" => stream)
            .set(Duration::from_millis(ahead).as_secs_f64());
        let last = info.last_generated_id;
        health.set_remark(
            stream,
            (ahead > messages::CLOCK_LEAD_MAX_MS)
                .then(|| format!("its last id, {last}, is {} s ahead of the clock", ahead / 1_000)),
        );
    }
    let hole = redis.stream_info(REQUEST_STREAM).await?.and_then(|info| info.hole());
    metrics::gauge!("velox_request_stream_hole").set(u32::from(hole.is_some()));
    health.set_remark(
        "history",
        hole.map(|id| {
            format!("entry {id} of {REQUEST_STREAM} was deleted by hand; it was applied before")
        }),
    );
    Ok(())
}

async fn len(redis: &Redis, stream: &str) -> Result<f64, Error> {
    let info = redis.stream_info(stream).await?;
    Ok(service::count(info.map_or(0, |info| info.length)))
}

fn age_s(ms: u64) -> f64 {
    Duration::from_millis(now_ms().saturating_sub(ms)).as_secs_f64()
}

/// Unix ms.
fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or_default()
}
