//! Rebuilding a stream from a copy, including the last id that it generated.

use crate::connection::Redis;
use crate::entry::Entry;
use crate::error::Error;
use crate::inspect::StreamInfo;
use crate::publish::add;
use crate::survey::{GroupInfo, PendingEntry};
use messages::EntryId;

/// The name of the group that is created only to create an empty stream.
const NOBODY: &str = "nobody";

impl Redis {
    /// Appends entries under their ids, in order. After an error, all or none may be written.
    pub async fn refill(&self, stream: &str, entries: &[Entry]) -> Result<(), Error> {
        let mut batch = self.batch();
        for entry in entries {
            batch.push(add(stream, Some(entry.id), &entry.fields));
        }
        batch.send().await.map(drop)
    }

    /// Creates a stream if it does not exist, and sets the last generated id and the count of all
    /// entries ever added to those of the original.
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

    /// Creates a consumer group at the position of the original, with the same pending entries at
    /// the same consumers.
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

    /// Removes all keys of this database of the server, or of the cluster.
    pub async fn remove_everything(&self) -> Result<(), Error> {
        for server in self.each_server().await? {
            server.run(&redis::cmd("FLUSHDB")).await?;
        }
        Ok(())
    }

    /// Reads a page of a stream that may be trimmed meanwhile: the first `count` entries after an
    /// id, or `None` if the entry with that id is gone, since entries after it may be missing.
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
