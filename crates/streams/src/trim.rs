use crate::connection::Redis;
use crate::entry::{array, entry_id, integer, table, text};
use crate::error::Error;
use crate::inspect::is_no_such_key;
use messages::EntryId;
use redis::Value;

/// How far a consumer group has come.
pub(crate) struct Progress {
    pub(crate) group: String,
    pub(crate) pending: u64,
    /// How many entries it has not been handed yet; unknown where entries were deleted by hand.
    pub(crate) unread: Option<u64>,
    pub(crate) last_delivered: EntryId,
    /// How many entries it was handed in all, where Redis knows.
    pub(crate) entries_read: Option<u64>,
}

impl Redis {
    /// Removes every entry below `oldest_kept`; returns how many.
    pub async fn trim_before(&self, stream: &str, oldest_kept: EntryId) -> Result<u64, Error> {
        integer(&self.run(&trim(stream, oldest_kept)).await?)
    }

    /// Removes what every consumer group of the stream has read and acknowledged; returns how
    /// many entries that were. Removes nothing from a stream without groups.
    ///
    /// Safe while the groups go on reading: they only ever move forward, so what was behind all
    /// of them when they were asked stays behind them. A group that joins at the same moment
    /// starts with what is left.
    pub async fn trim_acknowledged(&self, stream: &str) -> Result<u64, Error> {
        let mut oldest_needed: Option<EntryId> = None;
        for progress in self.progress(stream).await? {
            let needed = self.oldest_needed(stream, &progress).await?;
            oldest_needed = Some(oldest_needed.map_or(needed, |oldest| oldest.min(needed)));
        }
        match oldest_needed {
            Some(oldest) if oldest > EntryId::MIN => self.trim_before(stream, oldest).await,
            _ => Ok(0),
        }
    }

    /// The oldest entry that a group may still need, if there is such a group.
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

    /// The oldest entry that the group still needs: the oldest one pending, or else whatever
    /// comes after the last one that it read. Asked after the group's progress, so that what was
    /// read since is either pending or not counted as read.
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
        match array(reply, "a summary of what is pending")?.get(1) {
            Some(Value::Nil) => Ok(unread),
            Some(oldest) => Ok(entry_id(oldest)?.min(unread)),
            None => Err(Error::unexpected("a summary of what is pending")),
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
