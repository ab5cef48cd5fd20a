//! What came of the entries and may not be in Redis yet, as it is: encoded when it is written.
//!
//! A leader writes it as soon as it is there. A follower keeps it until it sees that the leader has
//! written it, so that it can write it itself when the leader can't any more.

use crate::progress::Written;
use crate::world::Outputs;
use messages::{
    EntryId, Event, Fields, REQUEST_STREAM, RESPONSE_STREAM, dead_letter_stream, user_channel,
};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// How long replies are kept that may not have been sent: those who wait for them have given up.
const REPLY_KEPT: Duration = Duration::from_millis(crate::apply::REPLY_AGE_MAX_MS);

/// Listeners that were away for longer have refetched what they show.
const NOTIFICATION_AGE_MAX_MS: u64 = 60_000;

#[expect(clippy::large_enum_variant, reason = "nearly all are events")]
/// Something that is appended once, under an id of its own.
enum Append {
    /// To `response:stream`, and said to the account's owner.
    Event(EntryId, Event),
    /// An entry of `request:stream` that is put aside under its own id: a replay that comes by
    /// again adds nothing.
    Refused(EntryId, Fields),
}

/// What came of some entries, to be written together.
struct OutputBatch {
    appends: Vec<Append>,
    /// Replies and answers that were not sent: a channel and a text.
    messages: Vec<(String, String)>,
    /// Whether queries are among what is answered: by the state of then, which another leader may
    /// have left behind.
    has_answers: bool,
    /// The last entry that it came of.
    until: EntryId,
    /// When it was begun.
    made: Duration,
}

impl OutputBatch {
    const fn new(until: EntryId, made: Duration) -> Self {
        Self { appends: Vec::new(), messages: Vec::new(), has_answers: false, until, made }
    }

    /// Whether it can be seen in Redis, which gave out ids up to `written`, that it was written. A
    /// batch is written whole or not at all.
    fn is_settled(&self, written: EntryId, now: Duration) -> bool {
        if self.until < written.origin() {
            return true;
        }
        // One that appends nothing leaves no trace; it is kept for as long as somebody waits.
        let is_old = now.saturating_sub(self.made) > REPLY_KEPT;
        is_old
            && match self.appends.last() {
                None => true,
                Some(Append::Event(id, _)) => *id <= written,
                Some(Append::Refused(..)) => false,
            }
    }

    /// The first entry of which it has an event.
    fn first_origin(&self) -> Option<EntryId> {
        self.appends.iter().find_map(|append| match append {
            Append::Event(id, _) => Some(id.origin()),
            Append::Refused(..) => None,
        })
    }

    fn last_appends(&self) -> Written {
        let mut last = Written::default();
        for append in &self.appends {
            match append {
                Append::Event(id, _) => last.event = Some(*id),
                Append::Refused(id, _) => last.refused = Some(*id),
            }
        }
        last
    }

    fn is_empty(&self) -> bool {
        self.appends.is_empty() && self.messages.is_empty()
    }
}

/// Chunks that follow one another.
pub struct Outbox {
    batches: VecDeque<OutputBatch>,
    /// How many appends one batch has at most. A tick may close a million positions, and Redis
    /// serves others between two transactions.
    chunk_len: usize,
    /// Entries that somebody follows through the services, with what has to go with their events.
    /// Beside the events, which are many, and hardly ever followed.
    followed: BTreeMap<EntryId, String>,
}

impl Outbox {
    /// Nothing yet.
    pub const fn new(chunk_len: usize) -> Self {
        Self { batches: VecDeque::new(), chunk_len, followed: BTreeMap::new() }
    }

    /// What follows came of entries after `until`.
    pub fn begin(&mut self, until: EntryId, now: Duration) {
        self.batches.push_back(OutputBatch::new(until, now));
    }

    /// What follows came of this entry.
    pub fn goes_on_with(&mut self, entry: EntryId) {
        self.last().until = entry;
    }

    /// What follows came of an entry with this `traceparent`.
    pub fn is_followed(&mut self, entry: EntryId, traceparent: &str) {
        self.followed.insert(entry, traceparent.to_owned());
    }

    /// Nothing more follows for now.
    pub fn end(&mut self) {
        if self.batches.back().is_some_and(OutputBatch::is_empty) {
            self.batches.pop_back();
        }
    }

    /// An event for `response:stream`.
    pub fn event(&mut self, id: EntryId, event: Event) {
        self.append(Append::Event(id, event));
    }

    /// An entry that is put aside.
    pub fn refused(&mut self, id: EntryId, fields: Fields) {
        self.append(Append::Refused(id, fields));
    }

    /// A reply to a request.
    pub fn reply(&mut self, channel: String, text: String) {
        self.last().messages.push((channel, text));
    }

    /// The answer to a query.
    pub fn answer(&mut self, channel: String, text: String) {
        self.reply(channel, text);
        self.last().has_answers = true;
    }

    /// Puts into `outputs` what is to be written next: the oldest batch, and the replies of all. Who
    /// waits for a reply is not kept waiting for a burst that came before, and needs not be: what
    /// the reply says follows from the entries, whoever will write what else does.
    pub fn encode_next(&self, outputs: &mut impl Outputs, now_ms: u64) {
        let Some(oldest) = self.batches.front() else { return };
        for append in &oldest.appends {
            match append {
                Append::Event(id, event) => {
                    let is_news = now_ms.saturating_sub(id.ms) <= NOTIFICATION_AGE_MAX_MS;
                    let (mut fields, mut notification) = event.encode_for(*id);
                    if let Some(traceparent) = self.traceparent(*id) {
                        fields.set_traceparent(traceparent);
                        let member = format!("\"traceparent\":\"{traceparent}\",");
                        notification.insert_str("{".len(), &member);
                    }
                    outputs.append_at(RESPONSE_STREAM, *id, &fields);
                    if is_news {
                        outputs.publish(&user_channel(event.user_id), &notification);
                    }
                }
                Append::Refused(id, fields) => {
                    outputs.append_at(&dead_letter_stream(REQUEST_STREAM), *id, fields);
                }
            }
        }
        for (channel, text) in self.batches.iter().flat_map(|batch| &batch.messages) {
            outputs.publish(channel, text);
        }
    }

    /// That is written now.
    pub fn next_is_written(&mut self) -> Written {
        for batch in &mut self.batches {
            batch.messages = Vec::new();
            batch.has_answers = false;
        }
        let written = self.batches.pop_front();
        self.forget_followed();
        written.map(|batch| batch.last_appends()).unwrap_or_default()
    }

    /// Forgets what is written already, up to an id of `response:stream`.
    pub fn settle(&mut self, written: EntryId, now: Duration) {
        while self.batches.front().is_some_and(|batch| batch.is_settled(written, now)) {
            self.batches.pop_front();
        }
        self.forget_followed();
    }

    /// Of which entry's trace an output is a part.
    fn traceparent(&self, output: EntryId) -> Option<&str> {
        if self.followed.is_empty() {
            return None;
        }
        self.followed.get(&output.origin()).map(String::as_str)
    }

    /// Of the entries before the oldest batch's first nothing is left to be written.
    fn forget_followed(&mut self) {
        if self.followed.is_empty() {
            return;
        }
        match self.batches.iter().find_map(OutputBatch::first_origin) {
            Some(oldest) => self.followed = self.followed.split_off(&oldest),
            None => self.followed.clear(),
        }
    }

    /// Whether there is an answer that was not sent.
    pub fn has_answers(&self) -> bool {
        self.batches.iter().any(|batch| batch.has_answers)
    }

    /// How many times there is something to be written.
    pub fn len(&self) -> usize {
        self.batches.len()
    }

    pub fn is_empty(&self) -> bool {
        self.batches.is_empty()
    }

    fn append(&mut self, append: Append) {
        let last = self.last();
        let (until, made) = (last.until, last.made);
        if last.appends.len() >= self.chunk_len {
            self.batches.push_back(OutputBatch::new(until, made));
        }
        self.last().appends.push(append);
    }

    fn last(&mut self) -> &mut OutputBatch {
        self.batches.back_mut().expect("a batch was begun")
    }
}
