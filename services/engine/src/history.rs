//! What the engine has read and written, and whether the server still has it.

use crate::world::View;
use messages::{EntryId, REQUEST_STREAM, RESPONSE_STREAM};
use std::collections::VecDeque;
use std::time::Duration;
use streams::{Entry, Error};

/// How long replies are kept that may not have been sent: those who wait for them have given up.
const REPLY_KEPT: Duration = Duration::from_millis(crate::core::REPLY_AGE_MAX_MS);

/// How far an engine has come.
#[derive(Clone, Debug)]
pub struct History {
    /// The last entry of `request:stream` that was read, applied or put aside.
    pub read: EntryId,
    /// The entry itself, unless it was read before the snapshot was taken. A server that lost its
    /// end may give out the same id again; who compares the content is not fooled.
    last: Option<Entry>,
    /// The highest id that `response:stream` was seen to have given out.
    pub written: EntryId,
}

impl History {
    /// Of a state that includes everything up to `read`.
    pub const fn new(read: EntryId, written: EntryId) -> Self {
        Self { read, last: None, written }
    }

    /// One more entry was read.
    pub fn advance(&mut self, entry: Entry) {
        self.read = entry.id;
        self.last = Some(entry);
    }

    /// Whether a server holds all of it. As its streams lose nothing but their ends, looking at
    /// the last of each is enough.
    pub async fn is_held_by(&self, view: &impl View) -> Result<bool, Error> {
        if self.read > EntryId::MIN {
            let found = view.entry(REQUEST_STREAM, self.read).await?;
            if found.is_none() || self.last.is_some() && found != self.last {
                return Ok(false);
            }
        }
        Ok(view.last_id(RESPONSE_STREAM).await? >= self.written)
    }
}

/// What came of some entries, to be written together.
pub struct Chunk<O> {
    /// What is to be written.
    pub outputs: O,
    /// The last id that it appends under, if it appends at all.
    pub appended: EntryId,
    /// The last entry that it came of.
    pub until: EntryId,
    /// When it was made.
    pub made: Duration,
    /// Whether it answers queries: by the state of then, which another leader may have left behind.
    pub has_answers: bool,
}

impl<O> Chunk<O> {
    /// Nothing yet.
    pub const fn new(outputs: O, until: EntryId, made: Duration) -> Self {
        Self { outputs, appended: EntryId::MIN, until, made, has_answers: false }
    }
}

/// Outputs that may not be in Redis yet, in order.
///
/// A leader writes them as soon as they are there. A follower keeps them until it sees that the
/// leader has written them, so that it can write them itself when the leader can't any more.
pub struct Unsettled<O>(VecDeque<Chunk<O>>);

impl<O> Unsettled<O> {
    pub const fn new() -> Self {
        Self(VecDeque::new())
    }

    pub fn push(&mut self, chunk: Chunk<O>) {
        self.0.push_back(chunk);
    }

    pub fn first(&mut self) -> Option<&mut Chunk<O>> {
        self.0.front_mut()
    }

    /// The first one is written.
    pub fn drop_first(&mut self) {
        self.0.pop_front();
    }

    pub fn has_answers(&self) -> bool {
        self.0.iter().any(|chunk| chunk.has_answers)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Forgets what is written already, up to an id of `response:stream`. A chunk is written whole
    /// or not at all, replies included; one that appends nothing leaves no trace, and is kept for
    /// as long as somebody may wait for its replies.
    pub fn settle(&mut self, written: EntryId, now: Duration) {
        while let Some(chunk) = self.0.front() {
            let is_past = chunk.until.output(u32::MAX) < written;
            let is_old = now.saturating_sub(chunk.made) > REPLY_KEPT;
            if !(is_past || is_old && chunk.appended <= written) {
                return;
            }
            self.0.pop_front();
        }
    }
}
