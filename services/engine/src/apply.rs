//! From stream entries to what is to be written: no I/O, and the clock is an argument.

use crate::metering;
use crate::outbox::Outbox;
use crate::progress::Progress;
use crate::world::Clock;
use exchange::{Exchange, Outcome};
use messages::{
    EntryId, Event, Fields, QueryEntry, REQUEST_STREAM, Rejection, Reply, Request, RequestEntry,
    Response, StreamMessage,
};
use streams::Entry;

/// Who waits for a reply has given up by then: gateways wait 5 s.
pub const REPLY_AGE_MAX_MS: u64 = 10_000;

/// So many positions are closed between two signs that the loop is alive.
const SLICE_LEN: usize = 1_000;

/// Where what comes of the entries of one read goes.
pub struct Sink<'a> {
    outbox: &'a mut Outbox,
    /// The highest id that `response:stream` was seen to have given out.
    written: EntryId,
    now_ms: u64,
}

/// Applies one entry of `request:stream` and puts what comes of it into the sink. `beat` is called
/// between the slices of a tick that closes many positions.
pub fn apply(exchange: &mut Exchange, entry: &Entry, sink: &mut Sink<'_>, beat: impl Fn()) {
    if let Err(error) = entry.id.check_request() {
        return sink.refuse(entry, &error);
    }
    let request = match RequestEntry::decode(&entry.fields) {
        Ok(request) => request,
        Err(error) => return sink.refuse(entry, &error),
    };
    let is_written = sink.is_written(entry);
    if !is_written {
        sink.outbox.goes_on_with(entry.id);
        if let Some(traceparent) = entry.fields.traceparent() {
            sink.outbox.is_followed(entry.id, traceparent);
        }
    }
    let Outcome { answer, mut events } = exchange.apply_slice(entry.id, &request, SLICE_LEN);
    metering::applied(entry.id, request.request_id, &request.request, &answer);
    if let Some(request_id) = request.request_id {
        tracing::debug!(request.id = %request_id, entry.id = %entry.id, "applied");
    }
    let mut outputs = 0;
    loop {
        metering::closed(&events);
        if !is_written {
            outputs = sink.events(entry.id, outputs, events);
        }
        if !exchange.is_closing() {
            break;
        }
        beat();
        events = exchange.close_more(SLICE_LEN);
    }
    if !is_written {
        match (&answer, &request.request) {
            (Err(rejection), Request::PriceUpdate(_)) => sink.refuse(entry, rejection),
            _ => sink.reply(entry.id, request, answer),
        }
    }
}

/// Answers one entry of `query:stream`. A query that can't be read has nobody to answer to.
pub fn answer(exchange: &Exchange, entry: &Entry, sink: &mut Sink<'_>) {
    match QueryEntry::decode(&entry.fields) {
        Ok(query) => {
            let outcome = exchange.answer(query.user_id, query.query);
            let reply = Reply { request_id: query.request_id, outcome };
            sink.outbox.answer(query.reply_to, reply.to_json());
        }
        Err(error) => tracing::warn!(entry.id = %entry.id, %error, "a query can't be read"),
    }
}

impl<'a> Sink<'a> {
    /// Into `outbox`, for entries after those that `history` knows.
    pub fn new(outbox: &'a mut Outbox, progress: &Progress, clock: &impl Clock) -> Self {
        outbox.begin(progress.read, clock.elapsed());
        Self { outbox, written: progress.written, now_ms: clock.now_ms() }
    }

    /// No more comes.
    pub fn close(self) {
        self.outbox.end();
    }

    /// Outputs are written in the order of their ids: below one that is there, all are there.
    fn is_written(&self, entry: &Entry) -> bool {
        entry.id < self.written.origin()
    }

    /// The events of an entry from its `n`th output on; gives the number of the next one.
    fn events(&mut self, id: EntryId, mut n: u32, events: Vec<Event>) -> u32 {
        for event in events {
            self.outbox.event(id.output(n), event);
            n += 1;
        }
        n
    }

    fn reply(&mut self, id: EntryId, request: RequestEntry, outcome: Result<Response, Rejection>) {
        let (Some(request_id), Some(reply_to)) = (request.request_id, request.reply_to) else {
            return;
        };
        let age_ms = self.now_ms.saturating_sub(id.ms);
        if age_ms <= REPLY_AGE_MAX_MS {
            metering::waited_in_stream(age_ms);
            self.outbox.reply(reply_to, Reply { request_id, outcome }.to_json());
        }
    }

    /// Puts an entry aside with the reason.
    fn refuse(&mut self, entry: &Entry, error: &dyn std::error::Error) {
        if self.is_written(entry) {
            return;
        }
        tracing::warn!(entry.id = %entry.id, %error, "an entry of {REQUEST_STREAM} is skipped");
        metering::dead_lettered();
        let mut fields: Fields =
            entry.fields.iter().map(|(name, value)| (name.to_owned(), value.to_vec())).collect();
        fields.push("error", error.to_string().into_bytes());
        self.outbox.goes_on_with(entry.id);
        self.outbox.refused(entry.id, fields);
    }
}
