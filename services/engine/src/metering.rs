//! What the engine counts.

use exchange::Exchange;
use messages::{Answer, Change, Event, Rejection, Request};
use std::time::Duration;

/// One entry was applied.
pub fn applied(request: &Request, answer: &Result<Answer, Rejection>) {
    metrics::counter!("velox_engine_entries_total", "type" => request.kind()).increment(1);
    if let Err(rejection) = answer {
        metrics::counter!("velox_engine_rejections_total", "code" => rejection.code()).increment(1);
    }
}

/// These events came of an entry, or of a slice of it.
pub fn closed(events: &[Event]) {
    for event in events {
        if let Change::OrderClosed(closed) = &event.change {
            let reason = closed.close_reason.as_str();
            metrics::counter!("velox_engine_orders_closed_total", "reason" => reason).increment(1);
        }
    }
}

/// An entry was put aside.
pub fn dead_lettered() {
    metrics::counter!("velox_engine_dead_letters_total").increment(1);
}

/// A batch was applied and its outputs were written.
pub fn batch_done(exchange: &Exchange, entries: usize, already_there: u32, took: Duration) {
    metrics::histogram!("velox_engine_batch_seconds").record(took.as_secs_f64());
    metrics::counter!("velox_engine_batched_entries_total").increment(entries as u64);
    metrics::counter!("velox_engine_outputs_already_there_total").increment(already_there.into());
    let positions = u32::try_from(exchange.open_positions()).unwrap_or(u32::MAX);
    metrics::gauge!("velox_engine_open_positions").set(positions);
    let accounts = u32::try_from(exchange.account_count()).unwrap_or(u32::MAX);
    metrics::gauge!("velox_engine_accounts").set(accounts);
}

/// A snapshot was stored: how long the order flow waited for it, and how long the work took.
pub fn snapshot_done(pause: Duration, took: Duration, bytes: usize, now_ms: u64) {
    metrics::histogram!("velox_engine_snapshot_pause_seconds").record(pause.as_secs_f64());
    metrics::histogram!("velox_engine_snapshot_write_seconds").record(took.as_secs_f64());
    metrics::gauge!("velox_engine_snapshot_bytes").set(u32::try_from(bytes).unwrap_or(u32::MAX));
    metrics::gauge!("velox_engine_snapshot_timestamp_seconds")
        .set(Duration::from_millis(now_ms).as_secs_f64());
}

/// The engine leads in this epoch.
pub fn leads(epoch: u64) {
    metrics::gauge!("velox_engine_leads").set(1);
    metrics::gauge!("velox_engine_epoch").set(u32::try_from(epoch).unwrap_or(u32::MAX));
}

/// The engine follows another one, or waits for its time.
pub fn follows() {
    metrics::gauge!("velox_engine_leads").set(0);
}

/// The state is up to date with the stream.
pub fn replayed(entries: usize) {
    metrics::gauge!("velox_engine_replayed_entries")
        .set(u32::try_from(entries).unwrap_or(u32::MAX));
}
