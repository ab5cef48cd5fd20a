use crate::connection::Redis;
use crate::entry::{Entry, entry_id, existing, integer, table, text};
use crate::error::Error;
use messages::EntryId;
use redis::Value;

/// The state of a stream, from XINFO STREAM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamInfo {
    /// The number of entries.
    pub length: u64,
    /// The highest id ever generated, even if that entry is gone.
    pub last_generated_id: EntryId,
    /// The number of entries ever added, including trimmed ones.
    pub entries_added: u64,
    /// The id of the oldest entry.
    pub first_entry_id: Option<EntryId>,
    /// The highest id of an entry deleted individually (XDEL); [`EntryId::MIN`] if there is none.
    /// Trimming does not change it.
    pub max_deleted_entry_id: EntryId,
}

impl StreamInfo {
    /// The time (ms) by which the last id is ahead of a clock, or zero.
    pub const fn ahead(&self, now_ms: u64) -> u64 {
        self.last_generated_id.ms.saturating_sub(now_ms)
    }

    /// The highest id deleted individually from within the entries that are left, if any.
    pub fn hole(&self) -> Option<EntryId> {
        let is_within = self.first_entry_id.is_none_or(|first| self.max_deleted_entry_id >= first);
        (self.max_deleted_entry_id > EntryId::MIN && is_within).then_some(self.max_deleted_entry_id)
    }
}

impl Redis {
    /// Checks that the server answers.
    pub async fn ping(&self) -> Result<(), Error> {
        self.run(&redis::cmd("PING")).await.map(drop)
    }

    /// Returns the value of a key.
    pub async fn get(&self, key: &str) -> Result<Option<String>, Error> {
        let mut command = redis::cmd("GET");
        match self.run(command.arg(key)).await? {
            Value::Nil => Ok(None),
            value => text(value).map(Some),
        }
    }

    /// Removes a key and returns its value; of several concurrent callers, one gets it.
    pub async fn take(&self, key: &str) -> Result<Option<String>, Error> {
        let mut command = redis::cmd("GETDEL");
        match self.run(command.arg(key)).await? {
            Value::Nil => Ok(None),
            value => text(value).map(Some),
        }
    }

    /// Returns the state of a stream, or `None` if it does not exist.
    pub async fn stream_info(&self, stream: &str) -> Result<Option<StreamInfo>, Error> {
        existing_info(self.run(&stream_info(stream)).await)
    }

    /// Returns the highest id that a stream ever generated, or [`EntryId::MIN`].
    pub async fn last_id(&self, stream: &str) -> Result<EntryId, Error> {
        last_generated_id(self.run(&stream_info(stream)).await)
    }

    /// Returns whether a stream has the entry with this id.
    pub async fn contains(&self, stream: &str, id: EntryId) -> Result<bool, Error> {
        self.entry(stream, id).await.map(|entry| entry.is_some())
    }

    /// Returns the entry with this id.
    pub async fn entry(&self, stream: &str, id: EntryId) -> Result<Option<Entry>, Error> {
        let reply = self.run(&range(stream, &id.to_string(), &id.to_string(), 1)).await?;
        Ok(existing(reply)?.pop())
    }

    /// Returns the number of entries delivered to a group and not acknowledged.
    pub async fn pending(&self, stream: &str, group: &str) -> Result<u64, Error> {
        let mut command = redis::cmd("XPENDING");
        match self.run(command.arg(stream).arg(group)).await? {
            Value::Array(summary) => summary.first().map_or(Ok(0), integer),
            _ => Err(Error::unexpected("a summary of pending entries")),
        }
    }

    /// Returns the first `count` entries that a group has not acknowledged, delivered or not; empty
    /// if the stream or the group does not exist.
    pub async fn unacknowledged(
        &self,
        stream: &str,
        group: &str,
        count: usize,
    ) -> Result<Vec<Entry>, Error> {
        let Some(oldest) = self.oldest_unacknowledged(stream, group).await? else {
            return Ok(Vec::new());
        };
        existing(self.run(&range(stream, &oldest.to_string(), "+", count)).await?)
    }

    /// Returns the first `count` entries after an id.
    pub async fn read_range(
        &self,
        stream: &str,
        after: EntryId,
        count: usize,
    ) -> Result<Vec<Entry>, Error> {
        existing(self.run(&range(stream, &format!("({after}"), "+", count)).await?)
    }
}

pub(crate) fn range(stream: &str, from: &str, to: &str, count: usize) -> redis::Cmd {
    let mut command = redis::cmd("XRANGE");
    command.arg(stream).arg(from).arg(to).arg("COUNT").arg(count);
    command
}

pub(crate) fn stream_info(stream: &str) -> redis::Cmd {
    let mut command = redis::cmd("XINFO");
    command.arg("STREAM").arg(stream);
    command
}

fn existing_info(reply: Result<Value, Error>) -> Result<Option<StreamInfo>, Error> {
    match reply {
        Ok(reply) => parse_info(reply).map(Some),
        Err(error) if is_no_such_key(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

pub(crate) fn last_generated_id(reply: Result<Value, Error>) -> Result<EntryId, Error> {
    Ok(existing_info(reply)?.map_or(EntryId::MIN, |info| info.last_generated_id))
}

pub(crate) fn is_no_such_key(error: &Error) -> bool {
    matches!(error, Error::Refused(refusal) if refusal.message == "no such key")
}

fn parse_info(reply: Value) -> Result<StreamInfo, Error> {
    let mut info = StreamInfo {
        length: 0,
        last_generated_id: EntryId::MIN,
        entries_added: 0,
        first_entry_id: None,
        max_deleted_entry_id: EntryId::MIN,
    };
    for (name, value) in table(reply)? {
        match name.as_str() {
            "length" => info.length = integer(&value)?,
            "last-generated-id" => info.last_generated_id = entry_id(&value)?,
            "max-deleted-entry-id" => info.max_deleted_entry_id = entry_id(&value)?,
            "entries-added" => info.entries_added = integer(&value)?,
            "first-entry" => {
                if let Value::Array(entry) = value {
                    info.first_entry_id = entry.first().map(entry_id).transpose()?;
                }
            }
            _ => {}
        }
    }
    Ok(info)
}
