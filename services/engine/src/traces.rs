//! The engine's OpenTelemetry spans: the time an order waited in the stream, and the time its batch
//! took. The core knows nothing of them: the outbox passes the `traceparent` of an entry on to its
//! events.

use std::time::{Duration, SystemTime};
use streams::Entry;

/// A traced order.
pub struct Followed {
    traceparent: String,
    appended: SystemTime,
    read: SystemTime,
}

/// Returns the traced entries of a read; none if tracing is off.
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

/// Records the spans of traced orders, whose outputs are written now.
pub fn written(followed: &[Followed]) {
    let now = SystemTime::now();
    for Followed { traceparent, appended, read } in followed {
        service::record_span("stream", traceparent, *appended, *read);
        service::record_span("engine", traceparent, *read, now);
    }
}
