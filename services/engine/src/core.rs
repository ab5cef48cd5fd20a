//! From stream entries to what is to be written: no I/O, and the clock is an argument.

use crate::history::{Chunk, History, Unsettled};
use crate::metering;
use crate::world::{Clock, Log, Outputs as _};
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

/// How much is written at once at most, about: a tick may close a million positions, and Redis
/// serves others between two transactions.
const CHUNK_LEN: usize = 4_000;

/// Where what comes of the entries goes: chunks that follow one another.
pub struct Sink<'a, L: Log> {
    log: &'a L,
    full: &'a mut Unsettled<L::Outputs>,
    chunk: Chunk<L::Outputs>,
    /// The highest id that `response:stream` was seen to have given out.
    written: EntryId,
    now_ms: u64,
}

/// Applies one entry of `request:stream` and puts what comes of it into the sink.
pub fn apply<L: Log>(exchange: &mut Exchange, entry: &Entry, sink: &mut Sink<'_, L>) {
    let request = match RequestEntry::decode(&entry.fields) {
        Ok(request) => request,
        Err(error) => return sink.refuse(entry, &error),
    };
    let Outcome { answer, events } = exchange.apply(entry.id, &request);
    metering::applied(entry.id, request.request_id, &request.request, &answer);
    metering::closed(&events);
    if let Some(request_id) = request.request_id {
        tracing::debug!(request.id = %request_id, entry.id = %entry.id, "applied");
    }
    if sink.is_written(entry) {
        return;
    }
    sink.chunk.until = entry.id;
    for (n, event) in (0..).zip(events) {
        sink.event(entry.id.output(n), event, entry.fields.traceparent());
    }
    match (&answer, &request.request) {
        (Err(rejection), Request::PriceUpdate(_)) => sink.refuse(entry, rejection),
        _ => sink.reply(entry.id, &request, answer),
    }
}

/// Answers one entry of `query:stream`. A query that can't be read has nobody to answer to.
pub fn answer<L: Log>(exchange: &Exchange, entry: &Entry, sink: &mut Sink<'_, L>) {
    match QueryEntry::decode(&entry.fields) {
        Ok(query) => {
            let outcome = exchange.answer(query.user_id, query.query);
            let reply = Reply { request_id: query.request_id, outcome };
            sink.chunk.outputs.publish(&query.reply_to, &reply.to_json());
            sink.chunk.has_answers = true;
        }
        Err(error) => tracing::warn!(entry.id = %entry.id, %error, "a query can't be read"),
    }
}

impl<'a, L: Log> Sink<'a, L> {
    /// Into `full`, for entries after those that `history` knows.
    pub fn new(
        log: &'a L,
        full: &'a mut Unsettled<L::Outputs>,
        history: &History,
        clock: &impl Clock,
    ) -> Self {
        let chunk = Chunk::new(log.outputs(), history.read, clock.elapsed());
        Self { log, full, chunk, written: history.written, now_ms: clock.now_ms() }
    }

    /// No more comes.
    pub fn close(self) {
        if !self.chunk.outputs.is_empty() {
            self.full.push(self.chunk);
        }
    }

    /// Outputs are written in the order of their ids: below one that is there, all are there.
    fn is_written(&self, entry: &Entry) -> bool {
        entry.id.output(u32::MAX) < self.written
    }

    fn event(&mut self, id: EntryId, event: Event, traceparent: Option<&str>) {
        let mut fields = event.encode();
        if let Some(traceparent) = traceparent {
            fields.set_traceparent(traceparent);
        }
        self.chunk.outputs.append_at(RESPONSE_STREAM, id, &fields);
        self.chunk.appended = id;
        if self.now_ms.saturating_sub(id.ms) <= NOTIFICATION_AGE_MAX_MS {
            let channel = user_channel(event.user_id);
            let mut json = Notification { id, event }.to_json();
            if let Some(traceparent) = traceparent {
                json.insert_str(1, &format!("\"traceparent\":\"{traceparent}\","));
            }
            self.chunk.outputs.publish(&channel, &json);
        }
        if self.chunk.outputs.len() >= CHUNK_LEN {
            let next = Chunk::new(self.log.outputs(), self.chunk.until, self.chunk.made);
            self.full.push(std::mem::replace(&mut self.chunk, next));
        }
    }

    fn reply(&mut self, id: EntryId, request: &RequestEntry, outcome: Result<Answer, Rejection>) {
        let (Some(request_id), Some(reply_to)) = (request.request_id, &request.reply_to) else {
            return;
        };
        let age_ms = self.now_ms.saturating_sub(id.ms);
        if age_ms <= REPLY_AGE_MAX_MS {
            metering::waited_in_stream(age_ms);
            self.chunk.outputs.publish(reply_to, &Reply { request_id, outcome }.to_json());
        }
    }

    /// Puts an entry aside with the reason, under its own id: a replay that comes by again adds
    /// nothing.
    fn refuse(&mut self, entry: &Entry, error: &dyn std::error::Error) {
        if self.is_written(entry) {
            return;
        }
        tracing::warn!(entry.id = %entry.id, %error, "an entry of {REQUEST_STREAM} is skipped");
        metering::dead_lettered();
        let mut fields: Fields =
            entry.fields.iter().map(|(name, value)| (name.to_owned(), value.to_vec())).collect();
        fields.push("error", error.to_string().into_bytes());
        self.chunk.outputs.append_at(&dead_letter_stream(REQUEST_STREAM), entry.id, &fields);
        (self.chunk.until, self.chunk.appended) = (entry.id, entry.id.output(0));
    }
}
