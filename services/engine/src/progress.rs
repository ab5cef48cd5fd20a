//! The last ids that the engine has read and written, and the check that a server still holds them.

use crate::world::View;
use messages::{EntryId, REQUEST_STREAM, RESPONSE_STREAM, dead_letter_stream};
use streams::{Entry, Error};

/// The last ids that an engine has read and written.
#[derive(Clone, Debug)]
pub struct Progress {
    /// The last entry of `request:stream` that was read: applied or dead-lettered.
    pub read: EntryId,
    /// The entry itself, unless it was read before the snapshot was taken. A server that lost its
    /// last entries may generate the same id again; comparing the content detects that.
    pub last: Option<Entry>,
    /// The highest id that `response:stream` is known to have generated.
    pub written: EntryId,
    /// The last entry that this engine has dead-lettered.
    refused: EntryId,
}

/// The last ids written to each stream.
#[derive(Clone, Copy, Debug, Default)]
pub struct Written {
    /// The last id written to `response:stream`.
    pub event: Option<EntryId>,
    /// The last id written to the dead-letter stream.
    pub refused: Option<EntryId>,
}

impl Written {
    /// Takes the ids of an earlier write where this one has none.
    pub fn or(self, earlier: Self) -> Self {
        Self { event: self.event.or(earlier.event), refused: self.refused.or(earlier.refused) }
    }
}

impl Progress {
    /// Starts from a state that includes every entry up to `read`.
    pub const fn new(read: EntryId, written: EntryId) -> Self {
        Self { read, last: None, written, refused: EntryId::MIN }
    }

    /// Records that an entry was read.
    pub fn advance(&mut self, entry: Entry) {
        self.read = entry.id;
        self.last = Some(entry);
    }

    /// Records that outputs were written.
    pub fn wrote(&mut self, written: Written) {
        self.written = self.written.max(written.event.unwrap_or_default());
        self.refused = self.refused.max(written.refused.unwrap_or_default());
    }

    /// Returns whether a server holds all of these ids. Streams lose nothing but their ends, so
    /// checking the last entry of each is enough.
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
