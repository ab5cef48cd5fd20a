//! From stream entries to what is to be written: no I/O, and the clock is an argument.

use crate::metering;
use exchange::{Exchange, Outcome};
use messages::{
    Answer, EntryId, Event, Fields, Notification, QueryEntry, REQUEST_STREAM, RESPONSE_STREAM,
    Rejection, Reply, Request, RequestEntry, StreamMessage, dead_letter_stream, user_channel,
};
use streams::{Batch, Entry};

/// Who waits for a reply has given up by then: gateways wait 5 s.
const REPLY_AGE_MAX_MS: u64 = 10_000;

/// Listeners that were away for longer have refetched what they show.
const NOTIFICATION_AGE_MAX_MS: u64 = 60_000;

/// Applies one entry of `request:stream` and puts what comes of it into `outputs`.
pub fn apply(exchange: &mut Exchange, entry: &Entry, now_ms: u64, outputs: &mut Batch) {
    let request = match RequestEntry::decode(&entry.fields) {
        Ok(request) => request,
        Err(error) => return refuse(entry, &error, outputs),
    };
    let Outcome { answer, events } = exchange.apply(entry.id, &request);
    metering::applied(&request.request, &answer, &events);
    if let Some(request_id) = request.request_id {
        tracing::debug!(request.id = %request_id, entry.id = %entry.id, "applied");
    }
    for (n, event) in (0..).zip(events) {
        write_event(entry.id.output(n), event, now_ms, outputs);
    }
    match (&answer, &request.request) {
        (Err(rejection), Request::PriceUpdate(_)) => refuse(entry, rejection, outputs),
        _ => reply(entry.id, &request, answer, now_ms, outputs),
    }
}

/// Answers one entry of `query:stream`. A query that can't be read has nobody to answer to.
pub fn answer(exchange: &Exchange, entry: &Entry, outputs: &mut Batch) {
    match QueryEntry::decode(&entry.fields) {
        Ok(query) => {
            let outcome = exchange.answer(query.user_id, query.query);
            let reply = Reply { request_id: query.request_id, outcome };
            outputs.publish(&query.reply_to, &reply.to_json());
        }
        Err(error) => tracing::warn!(entry.id = %entry.id, %error, "a query can't be read"),
    }
}

fn write_event(id: EntryId, event: Event, now_ms: u64, outputs: &mut Batch) {
    outputs.append_at(RESPONSE_STREAM, id, &event.encode());
    if now_ms.saturating_sub(id.ms) <= NOTIFICATION_AGE_MAX_MS {
        let channel = user_channel(event.user_id);
        outputs.publish(&channel, &Notification { id, event }.to_json());
    }
}

fn reply(
    id: EntryId,
    request: &RequestEntry,
    outcome: Result<Answer, Rejection>,
    now_ms: u64,
    outputs: &mut Batch,
) {
    let (Some(request_id), Some(reply_to)) = (request.request_id, &request.reply_to) else {
        return;
    };
    if now_ms.saturating_sub(id.ms) <= REPLY_AGE_MAX_MS {
        outputs.publish(reply_to, &Reply { request_id, outcome }.to_json());
    }
}

/// Puts an entry aside with the reason, under its own id: a replay that comes by again adds nothing.
fn refuse(entry: &Entry, error: &dyn std::error::Error, outputs: &mut Batch) {
    tracing::warn!(entry.id = %entry.id, %error, "an entry of {REQUEST_STREAM} is skipped");
    metering::dead_lettered();
    let mut fields: Fields =
        entry.fields.iter().map(|(name, value)| (name.to_owned(), value.to_vec())).collect();
    fields.push("error", error.to_string().into_bytes());
    outputs.append_at(&dead_letter_stream(REQUEST_STREAM), entry.id, &fields);
}
