//! Making a stream anew from a copy of it, to the last id that it gave out.

use crate::connection::Redis;
use crate::entry::Entry;
use crate::error::Error;
use crate::inspect::StreamInfo;
use crate::publish::add;
use crate::survey::{GroupInfo, PendingEntry};
use messages::EntryId;

/// Of the group that is made to make a stream without entries.
const NOBODY: &str = "nobody";

impl Redis {
    /// Appends entries under their own ids, in their order: all or, after an error, perhaps none.
    pub async fn refill(&self, stream: &str, entries: &[Entry]) -> Result<(), Error> {
        let mut batch = self.batch();
        for entry in entries {
            batch.push(add(stream, Some(entry.id), &entry.fields));
        }
        batch.send().await.map(drop)
    }

    /// Makes a stream, if it isn't there, and has it go on as the original would: above the last
    /// id that it gave out, and with the count of all entries that it ever had.
    pub async fn continue_as(&self, stream: &str, original: &StreamInfo) -> Result<(), Error> {
        let mut batch = self.batch();
        let mut create = redis::cmd("XGROUP");
        create.arg("CREATE").arg(stream).arg(NOBODY).arg("0").arg("MKSTREAM");
        let mut destroy = redis::cmd("XGROUP");
        destroy.arg("DESTROY").arg(stream).arg(NOBODY);
        let mut set_id = redis::cmd("XSETID");
        set_id.arg(stream).arg(original.last_generated_id.to_string());
        set_id.arg("ENTRIESADDED").arg(original.entries_added).arg("MAXDELETEDID").arg("0-0");
        batch.push(create).push(destroy).push(set_id);
        batch.send().await.map(drop)
    }

    /// Makes a consumer group that goes on where the original stood, with what was handed out and
    /// not acknowledged still in the hands of whoever had it.
    pub async fn continue_group(
        &self,
        stream: &str,
        original: &GroupInfo,
        pending: &[PendingEntry],
    ) -> Result<(), Error> {
        let mut batch = self.batch();
        let mut create = redis::cmd("XGROUP");
        create.arg("CREATE").arg(stream).arg(&original.name);
        create.arg(original.last_delivered.to_string());
        if let Some(count) = original.entries_read {
            create.arg("ENTRIESREAD").arg(count);
        }
        batch.push(create);
        for PendingEntry { id, consumer, deliveries } in pending {
            let mut claim = redis::cmd("XCLAIM");
            claim.arg(stream).arg(&original.name).arg(consumer).arg(0).arg(id.to_string());
            claim.arg("RETRYCOUNT").arg(deliveries).arg("FORCE").arg("JUSTID");
            batch.push(claim);
        }
        batch.send().await.map(drop)
    }

    /// Removes everything that this database of the server holds.
    pub async fn remove_everything(&self) -> Result<(), Error> {
        self.run(&redis::cmd("FLUSHDB")).await.map(drop)
    }

    /// A page of a stream that somebody may trim meanwhile: the first `count` entries after an id,
    /// or nothing at all where the id itself is not the stream's any more, so that what follows it
    /// might not be what followed it.
    pub async fn read_on(
        &self,
        stream: &str,
        after: EntryId,
        count: usize,
    ) -> Result<Option<Vec<Entry>>, Error> {
        let page = self.read_range(stream, after, count).await?;
        let is_held = after == EntryId::MIN || self.contains(stream, after).await?;
        Ok(is_held.then_some(page))
    }
}
