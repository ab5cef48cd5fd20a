use crate::connection::Redis;
use crate::entry::{array, entry_id, integer, table, text};
use crate::error::Error;
use crate::inspect::is_no_such_key;
use messages::EntryId;
use redis::Value;

/// The progress of a consumer group.
pub(crate) struct Progress {
    pub(crate) group: String,
    pub(crate) pending: u64,
    /// The number of entries not delivered yet; unknown after entries were deleted by hand.
    pub(crate) unread: Option<u64>,
    pub(crate) last_delivered: EntryId,
    /// The number of entries ever delivered, if Redis knows it.
    pub(crate) entries_read: Option<u64>,
}

impl Redis {
    /// Removes every entry below `oldest_kept`; returns their number.
    pub async fn trim_before(&self, stream: &str, oldest_kept: EntryId) -> Result<u64, Error> {
        integer(&self.run(&trim(stream, oldest_kept)).await?)
    }

    /// Removes the entries that every consumer group of the stream has acknowledged; returns their
    /// number. Removes nothing from a stream without groups.
    ///
    /// Safe while the groups keep reading: they only move forward, so an entry that was behind all
    /// of them stays behind them. A group created at the same moment starts with the entries that
    /// are left.
    pub async fn trim_acknowledged(&self, stream: &str) -> Result<u64, Error> {
        self.trim_acknowledged_before(stream, EntryId::new(u64::MAX, u64::MAX)).await
    }

    /// Like [`Self::trim_acknowledged`], but leaves the entries from `kept` on.
    pub async fn trim_acknowledged_before(
        &self,
        stream: &str,
        kept: EntryId,
    ) -> Result<u64, Error> {
        let mut oldest_needed: Option<EntryId> = None;
        for progress in self.progress(stream).await? {
            let needed = self.oldest_needed(stream, &progress).await?;
            oldest_needed = Some(oldest_needed.map_or(needed, |oldest| oldest.min(needed)));
        }
        match oldest_needed {
            Some(oldest) if oldest > EntryId::MIN => {
                self.trim_before(stream, oldest.min(kept)).await
            }
            _ => Ok(0),
        }
    }

    /// Returns the oldest entry that a group may still need, if the group exists.
    pub(crate) async fn oldest_unacknowledged(
        &self,
        stream: &str,
        group: &str,
    ) -> Result<Option<EntryId>, Error> {
        let progress = self.progress(stream).await?;
        match progress.into_iter().find(|progress| progress.group == group) {
            Some(progress) => self.oldest_needed(stream, &progress).await.map(Some),
            None => Ok(None),
        }
    }

    pub(crate) async fn progress(&self, stream: &str) -> Result<Vec<Progress>, Error> {
        let mut command = redis::cmd("XINFO");
        match self.run(command.arg("GROUPS").arg(stream)).await {
            Ok(reply) => array(reply, "a list of groups")?.into_iter().map(progress).collect(),
            Err(error) if is_no_such_key(&error) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Returns the oldest entry that the group still needs: the oldest pending one, or else the one
    /// after the last delivered. Queried after the group's progress, so that an entry delivered
    /// since is either pending or not counted as delivered.
    pub(crate) async fn oldest_needed(
        &self,
        stream: &str,
        progress: &Progress,
    ) -> Result<EntryId, Error> {
        let unread = next_id(progress.last_delivered);
        if progress.pending == 0 {
            return Ok(unread);
        }
        let mut command = redis::cmd("XPENDING");
        let reply = self.run(command.arg(stream).arg(&progress.group)).await?;
        match array(reply, "a summary of pending entries")?.get(1) {
            Some(Value::Nil) => Ok(unread),
            Some(oldest) => Ok(entry_id(oldest)?.min(unread)),
            None => Err(Error::unexpected("a summary of pending entries")),
        }
    }
}

pub(crate) fn trim(stream: &str, oldest_kept: EntryId) -> redis::Cmd {
    let mut command = redis::cmd("XTRIM");
    command.arg(stream).arg("MINID").arg("=").arg(oldest_kept.to_string());
    command
}

fn next_id(id: EntryId) -> EntryId {
    match id.seq.checked_add(1) {
        Some(seq) => EntryId::new(id.ms, seq),
        None => EntryId::new(id.ms.saturating_add(1), 0),
    }
}

fn progress(reply: Value) -> Result<Progress, Error> {
    let (mut group, mut pending, mut last_delivered) = (None, None, None);
    let (mut unread, mut entries_read) = (None, None);
    for (name, value) in table(reply)? {
        match name.as_str() {
            "name" => group = Some(text(value)?),
            "pending" => pending = Some(integer(&value)?),
            "lag" if value != Value::Nil => unread = Some(integer(&value)?),
            "entries-read" if value != Value::Nil => entries_read = Some(integer(&value)?),
            "last-delivered-id" => last_delivered = Some(entry_id(&value)?),
            _ => {}
        }
    }
    let progress = group.zip(pending).zip(last_delivered);
    progress
        .map(|((group, pending), last_delivered)| Progress {
            group,
            pending,
            unread,
            last_delivered,
            entries_read,
        })
        .ok_or_else(|| Error::unexpected("a group with its progress"))
}
