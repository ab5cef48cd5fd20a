//! The engine's part of what OpenTelemetry collects: how long an order waited in the stream, and how
//! long its batch took. The core knows nothing of it; a `traceparent` only goes through it, from an
//! entry to what comes of it.

use std::time::{Duration, SystemTime};
use streams::Entry;

/// An order that somebody follows.
pub struct Followed {
    traceparent: String,
    appended: SystemTime,
    read: SystemTime,
}

/// Those among the entries of a read; none where nobody collects.
pub fn followed(entries: &[(usize, Entry)]) -> Vec<Followed> {
    if !service::is_traced() {
        return Vec::new();
    }
    let read = SystemTime::now();
    let followed = entries.iter().filter_map(|(_, entry)| {
        let traceparent = entry.fields.traceparent()?.to_owned();
        let appended = SystemTime::UNIX_EPOCH + Duration::from_millis(entry.id.ms);
        Some(Followed { traceparent, appended: appended.min(read), read })
    });
    followed.collect()
}

/// Their outputs are written.
pub fn written(followed: &[Followed]) {
    let now = SystemTime::now();
    for Followed { traceparent, appended, read } in followed {
        service::record_span("stream", traceparent, *appended, *read);
        service::record_span("engine", traceparent, *read, now);
    }
}
