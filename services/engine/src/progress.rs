//! What the engine has read and written, and whether the server still has it.

use crate::world::View;
use messages::{EntryId, REQUEST_STREAM, RESPONSE_STREAM, dead_letter_stream};
use streams::{Entry, Error};

/// How far an engine has come.
#[derive(Clone, Debug)]
pub struct Progress {
    /// The last entry of `request:stream` that was read, applied or put aside.
    pub read: EntryId,
    /// The entry itself, unless it was read before the snapshot was taken. A server that lost its
    /// end may give out the same id again; who compares the content is not fooled.
    pub last: Option<Entry>,
    /// The highest id that `response:stream` was seen to have given out.
    pub written: EntryId,
    /// The last entry that this engine has put aside.
    refused: EntryId,
}

/// What was written: up to which id to each stream.
#[derive(Clone, Copy, Debug, Default)]
pub struct Written {
    /// To `response:stream`.
    pub event: Option<EntryId>,
    /// To where entries are put aside.
    pub refused: Option<EntryId>,
}

impl Progress {
    /// Of a state that includes everything up to `read`.
    pub const fn new(read: EntryId, written: EntryId) -> Self {
        Self { read, last: None, written, refused: EntryId::MIN }
    }

    /// One more entry was read.
    pub fn advance(&mut self, entry: Entry) {
        self.read = entry.id;
        self.last = Some(entry);
    }

    /// More was written.
    pub fn wrote(&mut self, written: Written) {
        self.written = self.written.max(written.event.unwrap_or_default());
        self.refused = self.refused.max(written.refused.unwrap_or_default());
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
        if self.refused > EntryId::MIN {
            let refused = view.last_id(&dead_letter_stream(REQUEST_STREAM)).await?;
            if refused < self.refused {
                return Ok(false);
            }
        }
        Ok(view.last_id(RESPONSE_STREAM).await? >= self.written)
    }
}
