//! Turns stream entries into outputs. No I/O; the clock is an argument.

use crate::metering;
use crate::outbox::Outbox;
use crate::progress::Progress;
use crate::world::Clock;
use exchange::{Exchange, Outcome};
use messages::{
    EntryId, Event, Fields, QueryEntry, REQUEST_STREAM, Rejection, Reply, Request, RequestEntry,
    Response, Shard, StreamMessage,
};
use streams::Entry;

/// The age of a request above which it gets no reply: gateways wait 5 s.
pub const REPLY_AGE_MAX_MS: u64 = 10_000;

/// The number of positions closed between two heartbeats.
const SLICE_LEN: usize = 1_000;

/// Collects the outputs of the entries of one read.
pub struct Sink<'a> {
    outbox: &'a mut Outbox,
    /// The highest id that `response:stream` is known to have generated.
    written: EntryId,
    /// The number of an entry's first output in this shard.
    first_output: u32,
    now_ms: u64,
}

/// Applies one entry of `request:stream` and adds its outputs to the sink. Calls `beat` between the
/// slices of a tick that closes many positions.
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
    let Outcome { response, mut events } = exchange.apply_slice(entry.id, &request, SLICE_LEN);
    metering::applied(entry.id, request.request_id, &request.request, &response);
    if let Some(request_id) = request.request_id {
        tracing::debug!(request.id = %request_id, entry.id = %entry.id, "applied");
    }
    let mut outputs = sink.first_output;
    loop {
        metering::happened(&events);
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
        match (&response, &request.request) {
            (Err(rejection), Request::PriceUpdate(_)) => sink.refuse(entry, rejection),
            _ => sink.reply(entry.id, request, response),
        }
    }
}

/// Answers one entry of `query:stream`. A query that cannot be decoded gets no reply: its channel is
/// unknown.
pub fn answer(exchange: &Exchange, entry: &Entry, sink: &mut Sink<'_>) {
    match QueryEntry::decode(&entry.fields) {
        Ok(query) => {
            let outcome = exchange.answer(query.user_id, query.query);
            let reply = Reply { request_id: query.request_id, outcome };
            sink.outbox.answer(query.reply_to, reply.to_json());
        }
        Err(error) => tracing::warn!(entry.id = %entry.id, %error, "a query cannot be decoded"),
    }
}

impl<'a> Sink<'a> {
    /// Creates a sink into `outbox` for the entries after `progress.read`.
    pub fn new(
        outbox: &'a mut Outbox,
        progress: &Progress,
        clock: &impl Clock,
        shard: Shard,
    ) -> Self {
        outbox.begin(progress.read, clock.elapsed());
        let (written, first_output) = (progress.written, shard.first_output());
        Self { outbox, written, first_output, now_ms: clock.now_ms() }
    }

    /// Ends the batch.
    pub fn close(self) {
        self.outbox.end();
    }

    /// Returns whether the outputs of an entry are written already. Outputs are written in the
    /// order of their ids, so all of them below the last one are there.
    fn is_written(&self, entry: &Entry) -> bool {
        entry.id < self.written.origin()
    }

    /// Adds events of an entry from its `n`th output on; returns the number of the next output.
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

    /// Dead-letters an entry with the reason.
    fn refuse(&mut self, entry: &Entry, error: &dyn std::error::Error) {
        if self.is_written(entry) {
            return;
        }
        tracing::warn!(entry.id = %entry.id, %error, "an entry of {REQUEST_STREAM} is dead-lettered");
        metering::dead_lettered();
        let mut fields: Fields =
            entry.fields.iter().map(|(name, value)| (name.to_owned(), value.to_vec())).collect();
        fields.push("error", error.to_string().into_bytes());
        self.outbox.goes_on_with(entry.id);
        self.outbox.refused(entry.id, fields);
    }
}
