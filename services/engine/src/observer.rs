//! Metrics of Redis and its streams, on behalf of all services.
//!
//! The engine exports them because it is in none of the groups whose lag it measures, so the lag of
//! a dead worker still shows, and because nothing works without an engine anyway. A standby exports
//! them too. The observer runs beside the main loop, which does not wait for it.

use messages::{
    MAIL_STREAM, QUERY_STREAM, REQUEST_STREAM, RESPONSE_STREAM, UPLOADER_STREAM, dead_letter_stream,
};
use service::{Health, Metric};
use std::time::{Duration, Instant, SystemTime};
use streams::{Error, Redis};

/// The interval between pings of Redis.
const PING_INTERVAL: Duration = Duration::from_secs(1);

/// The interval between inspections of the streams: a few commands whose cost does not grow with
/// their length.
const LOOK_INTERVAL: Duration = Duration::from_secs(5);

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

/// Inspects Redis periodically, and reports under `/readyz` when it is unavailable.
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
                tracing::debug!(%error, "inspecting the streams failed");
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
        // Some servers forbid the command. An unknown value must not raise an alert.
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

/// Looks for ids ahead of the clock and for entries that were deleted by hand.
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
            format!("entry {id} of {REQUEST_STREAM} was deleted by hand, after it was applied")
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

/// Returns the current time, Unix ms.
fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or_default()
}
