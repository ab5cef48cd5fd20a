//! Outputs not yet confirmed in Redis. Held unencoded; encoded on write.
//!
//! A leader writes them at once. A follower keeps them until it sees that the leader has written
//! them, so that it can write them itself when it takes over.

use crate::progress::Written;
use crate::world::Outputs;
use messages::{EntryId, Event, Fields, REQUEST_STREAM, RESPONSE_STREAM, dead_letter_stream};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// The time for which possibly unsent replies are kept: the callers have given up by then.
const REPLY_KEPT: Duration = Duration::from_millis(crate::apply::REPLY_AGE_MAX_MS);

/// The maximum age of an event that is published: clients that were disconnected for longer have
/// fetched their data again.
const NOTIFICATION_AGE_MAX_MS: u64 = 60_000;

#[expect(clippy::large_enum_variant, reason = "nearly all are events")]
/// An entry to be appended once, under a given id.
enum Append {
    /// An event for `response:stream`, also published to the account's owner.
    Event(EntryId, Event),
    /// A dead-lettered entry of `request:stream`, under its own id: a replay adds it only once.
    Refused(EntryId, Fields),
}

/// The outputs of some entries, written together.
struct OutputBatch {
    appends: Vec<Append>,
    /// The unsent replies and answers: `replyTo` and text.
    messages: Vec<(String, String)>,
    /// True if the messages include answers to queries: they reflect the state of that moment,
    /// which another leader may have changed.
    has_answers: bool,
    /// The last entry whose outputs it contains.
    until: EntryId,
    /// The time at which it was begun.
    made: Duration,
}

impl OutputBatch {
    const fn new(until: EntryId, made: Duration) -> Self {
        Self { appends: Vec::new(), messages: Vec::new(), has_answers: false, until, made }
    }

    /// Returns whether the last id of `response:stream`, `written`, shows that the batch was
    /// written. A batch is written whole or not at all.
    fn is_settled(&self, written: EntryId, now: Duration) -> bool {
        if self.until < written.origin() {
            return true;
        }
        // A batch without appends leaves no trace; it is kept for as long as callers wait.
        let is_old = now.saturating_sub(self.made) > REPLY_KEPT;
        is_old
            && match self.appends.last() {
                None => true,
                Some(Append::Event(id, _)) => *id <= written,
                Some(Append::Refused(..)) => false,
            }
    }

    /// Returns the first entry of which it has an event.
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

/// The unwritten batches, in order.
pub struct Outbox {
    batches: VecDeque<OutputBatch>,
    /// The maximum number of appends in a batch. A tick may close a million positions, and Redis
    /// serves other clients between two transactions.
    batch_len: usize,
    /// The traced entries and the `traceparent` of their events. Kept apart from the events, which
    /// are many and rarely traced.
    followed: BTreeMap<EntryId, String>,
}

impl Outbox {
    /// Creates an empty outbox.
    pub const fn new(batch_len: usize) -> Self {
        Self { batches: VecDeque::new(), batch_len, followed: BTreeMap::new() }
    }

    /// Begins a batch with the outputs of entries after `until`.
    pub fn begin(&mut self, until: EntryId, now: Duration) {
        self.batches.push_back(OutputBatch::new(until, now));
    }

    /// Notes that the next outputs are those of this entry.
    pub fn goes_on_with(&mut self, entry: EntryId) {
        self.last().until = entry;
    }

    /// Notes the `traceparent` of an entry, for its events.
    pub fn is_followed(&mut self, entry: EntryId, traceparent: &str) {
        self.followed.insert(entry, traceparent.to_owned());
    }

    /// Ends the batch, and removes it if it is empty.
    pub fn end(&mut self) {
        if self.batches.back().is_some_and(OutputBatch::is_empty) {
            self.batches.pop_back();
        }
    }

    /// Adds an event for `response:stream`.
    pub fn event(&mut self, id: EntryId, event: Event) {
        self.append(Append::Event(id, event));
    }

    /// Adds a dead-lettered entry.
    pub fn refused(&mut self, id: EntryId, fields: Fields) {
        self.append(Append::Refused(id, fields));
    }

    /// Adds a reply to a request.
    pub fn reply(&mut self, reply_to: String, text: String) {
        self.last().messages.push((reply_to, text));
    }

    /// Adds the answer to a query.
    pub fn answer(&mut self, reply_to: String, text: String) {
        self.reply(reply_to, text);
        self.last().has_answers = true;
    }

    /// Encodes the oldest batches and the replies of all batches into `outputs`. Replies skip the
    /// queue: they depend only on entries already in the stream, so it is safe to publish them
    /// before the events of an earlier burst.
    pub fn encode_next(&self, outputs: &mut impl Outputs, now_ms: u64) {
        let oldest = self.batches.range(..self.next_len());
        for append in oldest.flat_map(|batch| &batch.appends) {
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
                        outputs.notify(event.user_id, &notification);
                    }
                }
                Append::Refused(id, fields) => {
                    outputs.append_at(&dead_letter_stream(REQUEST_STREAM), *id, fields);
                }
            }
        }
        for (reply_to, text) in self.batches.iter().flat_map(|batch| &batch.messages) {
            outputs.reply(reply_to, text);
        }
    }

    /// Removes the oldest batches and all replies, which are written now. Returns the last ids
    /// written.
    pub fn next_is_written(&mut self) -> Written {
        let mut written = Written::default();
        for batch in self.batches.drain(..self.next_len()) {
            written = batch.last_appends().or(written);
        }
        for batch in &mut self.batches {
            batch.messages = Vec::new();
            batch.has_answers = false;
        }
        self.forget_followed();
        written
    }

    /// Returns the number of batches to be written together: as many of the oldest as have no more
    /// appends than one may have. The batches of a follower are small, one for each of its reads, and
    /// after a takeover each write waits for Redis, and for a replica.
    fn next_len(&self) -> usize {
        let mut appends = 0;
        let next = self.batches.iter().take_while(|batch| {
            appends += batch.appends.len();
            appends <= self.batch_len
        });
        next.count()
    }

    /// Removes the batches that are written, up to an id of `response:stream`.
    pub fn settle(&mut self, written: EntryId, now: Duration) {
        while self.batches.front().is_some_and(|batch| batch.is_settled(written, now)) {
            self.batches.pop_front();
        }
        self.forget_followed();
    }

    /// Returns the `traceparent` of the entry that an output belongs to.
    fn traceparent(&self, output: EntryId) -> Option<&str> {
        if self.followed.is_empty() {
            return None;
        }
        self.followed.get(&output.origin()).map(String::as_str)
    }

    /// Removes traced entries before the first one of the oldest batch: their outputs are written.
    fn forget_followed(&mut self) {
        if self.followed.is_empty() {
            return;
        }
        match self.batches.iter().find_map(OutputBatch::first_origin) {
            Some(oldest) => self.followed = self.followed.split_off(&oldest),
            None => self.followed.clear(),
        }
    }

    /// Returns whether there is an unsent answer to a query.
    pub fn has_answers(&self) -> bool {
        self.batches.iter().any(|batch| batch.has_answers)
    }

    /// Returns the number of batches.
    pub fn len(&self) -> usize {
        self.batches.len()
    }

    pub fn is_empty(&self) -> bool {
        self.batches.is_empty()
    }

    fn append(&mut self, append: Append) {
        let last = self.last();
        let (until, made) = (last.until, last.made);
        if last.appends.len() >= self.batch_len {
            self.batches.push_back(OutputBatch::new(until, made));
        }
        self.last().appends.push(append);
    }

    fn last(&mut self) -> &mut OutputBatch {
        self.batches.back_mut().expect("a batch was begun")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use messages::UserId;

    /// The commands of a write, in order.
    #[derive(Default)]
    struct Listed(Vec<String>);

    impl Outputs for Listed {
        fn append_at(&mut self, _stream: &str, id: EntryId, _fields: &Fields) {
            self.0.push(id.to_string());
        }

        fn append(&mut self, stream: &str, _fields: &Fields) {
            self.0.push(stream.to_owned());
        }

        fn reply(&mut self, reply_to: &str, _reply: &str) {
            self.0.push(reply_to.to_owned());
        }

        fn notify(&mut self, account: UserId, _notification: &str) {
            self.0.push(account.to_string());
        }

        fn set(&mut self, key: &str, _value: &str) {
            self.0.push(key.to_owned());
        }

        fn trim_before(&mut self, stream: &str, _oldest_kept: EntryId) {
            self.0.push(stream.to_owned());
        }

        fn len(&self) -> usize {
            self.0.len()
        }
    }

    fn write(outbox: &mut Outbox) -> (Vec<String>, Written) {
        let mut outputs = Listed::default();
        outbox.encode_next(&mut outputs, 0);
        (outputs.0, outbox.next_is_written())
    }

    #[test]
    fn the_batches_of_a_backlog_are_written_together() {
        let mut outbox = Outbox::new(3);
        for (ms, appends) in [(1, 1), (2, 0), (3, 1), (4, 2), (5, 1), (6, 7)] {
            outbox.begin(EntryId::new(ms, 0), Duration::ZERO);
            (0..appends).for_each(|n| outbox.refused(EntryId::new(ms, n), Fields::default()));
            outbox.reply(format!("reply:{ms}"), String::new());
            outbox.end();
        }
        let replies = (1..=6).map(|ms| format!("reply:{ms}"));
        let expected: Vec<String> =
            ["1-0", "3-0"].map(str::to_owned).into_iter().chain(replies).collect();
        let (listed, written) = write(&mut outbox);
        assert_eq!(listed, expected);
        assert_eq!((written.event, written.refused), (None, Some(EntryId::new(3, 0))));
        assert_eq!(write(&mut outbox).0, ["4-0", "4-1", "5-0"]);
        assert_eq!(write(&mut outbox).0, ["6-0", "6-1", "6-2"]);
        assert_eq!(write(&mut outbox).0, ["6-3", "6-4", "6-5"]);
        assert_eq!(write(&mut outbox).0, ["6-6"]);
        assert!(outbox.is_empty());
    }
}
