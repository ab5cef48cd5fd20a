//! From stream entries to what is to be written: no I/O, and the clock is an argument.

use crate::metering;
use crate::world::Outputs;
use exchange::{Exchange, Outcome};
use messages::{
    Answer, EntryId, Event, Fields, Notification, QueryEntry, REQUEST_STREAM, RESPONSE_STREAM,
    Rejection, Reply, Request, RequestEntry, StreamMessage, dead_letter_stream, user_channel,
};
use streams::Entry;

/// Who waits for a reply has given up by then: gateways wait 5 s.
pub const REPLY_AGE_MAX_MS: u64 = 10_000;

/// Listeners that were away for longer have refetched what they show.
const NOTIFICATION_AGE_MAX_MS: u64 = 60_000;

/// Where what comes of the entries goes.
pub struct Sink<'a, O> {
    /// To be written together.
    pub outputs: &'a mut O,
    /// The last id that was asked for in a stream of outputs.
    pub appended: &'a mut EntryId,
    /// The highest id that `response:stream` was seen to have given out.
    pub written: EntryId,
    /// What the wall clock says.
    pub now_ms: u64,
}

/// Applies one entry of `request:stream` and puts what comes of it into the sink.
pub fn apply<O: Outputs>(exchange: &mut Exchange, entry: &Entry, sink: &mut Sink<'_, O>) {
    let request = match RequestEntry::decode(&entry.fields) {
        Ok(request) => request,
        Err(error) => return sink.refuse(entry, &error),
    };
    let Outcome { answer, events } = exchange.apply(entry.id, &request);
    metering::applied(&request.request, &answer, &events);
    if let Some(request_id) = request.request_id {
        tracing::debug!(request.id = %request_id, entry.id = %entry.id, "applied");
    }
    // Outputs are written in the order of their ids: below one that is there, all are there.
    if entry.id.output(u32::MAX) < sink.written {
        return;
    }
    for (n, event) in (0..).zip(events) {
        sink.event(entry.id.output(n), event);
    }
    match (&answer, &request.request) {
        (Err(rejection), Request::PriceUpdate(_)) => sink.refuse(entry, rejection),
        _ => sink.reply(entry.id, &request, answer),
    }
}

/// Answers one entry of `query:stream`. A query that can't be read has nobody to answer to.
pub fn answer(exchange: &Exchange, entry: &Entry, outputs: &mut impl Outputs) {
    match QueryEntry::decode(&entry.fields) {
        Ok(query) => {
            let outcome = exchange.answer(query.user_id, query.query);
            let reply = Reply { request_id: query.request_id, outcome };
            outputs.publish(&query.reply_to, &reply.to_json());
        }
        Err(error) => tracing::warn!(entry.id = %entry.id, %error, "a query can't be read"),
    }
}

impl<O: Outputs> Sink<'_, O> {
    fn event(&mut self, id: EntryId, event: Event) {
        self.outputs.append_at(RESPONSE_STREAM, id, &event.encode());
        *self.appended = id;
        if self.now_ms.saturating_sub(id.ms) <= NOTIFICATION_AGE_MAX_MS {
            let channel = user_channel(event.user_id);
            self.outputs.publish(&channel, &Notification { id, event }.to_json());
        }
    }

    fn reply(&mut self, id: EntryId, request: &RequestEntry, outcome: Result<Answer, Rejection>) {
        let (Some(request_id), Some(reply_to)) = (request.request_id, &request.reply_to) else {
            return;
        };
        if self.now_ms.saturating_sub(id.ms) <= REPLY_AGE_MAX_MS {
            self.outputs.publish(reply_to, &Reply { request_id, outcome }.to_json());
        }
    }

    /// Puts an entry aside with the reason, under its own id: a replay that comes by again adds
    /// nothing.
    fn refuse(&mut self, entry: &Entry, error: &dyn std::error::Error) {
        if entry.id.output(u32::MAX) < self.written {
            return;
        }
        tracing::warn!(entry.id = %entry.id, %error, "an entry of {REQUEST_STREAM} is skipped");
        metering::dead_lettered();
        let mut fields: Fields =
            entry.fields.iter().map(|(name, value)| (name.to_owned(), value.to_vec())).collect();
        fields.push("error", error.to_string().into_bytes());
        self.outputs.append_at(&dead_letter_stream(REQUEST_STREAM), entry.id, &fields);
        *self.appended = entry.id.output(0);
    }
}
