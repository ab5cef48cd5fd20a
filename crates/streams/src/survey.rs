//! Looking around: which keys there are, how far consumer groups have come, what an operator moves.

use crate::connection::Redis;
use crate::entry::{Entry, array, entry_id, existing, integer, table, text};
use crate::error::Error;
use messages::{EntryId, Fields};
use redis::Value;
use std::time::Duration;

/// How many keys one step of a scan looks at.
const SCAN_LEN: usize = 1_000;

/// A consumer group of a stream as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupInfo {
    /// Its name.
    pub name: String,
    /// The names of its members, and how many entries each was handed and has not acknowledged.
    pub consumers: Vec<(String, u64)>,
    /// How many entries were handed out and are not acknowledged.
    pub pending: u64,
    /// The oldest of them.
    pub oldest_pending: Option<EntryId>,
    /// The last entry that was handed out.
    pub last_delivered: EntryId,
    /// How many entries were handed out in all, where Redis knows.
    pub entries_read: Option<u64>,
    /// How many entries it has still to read, where Redis knows.
    pub lag: Option<u64>,
}

/// An entry that was handed out and is not acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingEntry {
    /// Which.
    pub id: EntryId,
    /// To whom.
    pub consumer: String,
    /// How often.
    pub deliveries: u64,
}

/// Adds first and removes then, and only if it is still there: whoever is second adds nothing.
const MOVE: &str = r"
if #redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1]) == 0 then
  return false
end
local id = redis.call('XADD', KEYS[2], '*', unpack(ARGV, 2))
redis.call('XDEL', KEYS[1], ARGV[1])
return id
";

impl Redis {
    /// The keys that match a pattern, in order; with `kind` only those of one type (`stream`).
    pub async fn keys(&self, pattern: &str, kind: Option<&str>) -> Result<Vec<String>, Error> {
        let (mut keys, mut cursor) = (Vec::new(), "0".to_owned());
        loop {
            let mut command = redis::cmd("SCAN");
            command.arg(&cursor).arg("MATCH").arg(pattern).arg("COUNT").arg(SCAN_LEN);
            if let Some(kind) = kind {
                command.arg("TYPE").arg(kind);
            }
            let expected = "a cursor and keys";
            let reply = array(self.run(&command).await?, expected)?;
            let [next, page] =
                <[Value; 2]>::try_from(reply).map_err(|_| Error::unexpected(expected))?;
            for key in array(page, expected)? {
                keys.push(text(key)?);
            }
            cursor = text(next)?;
            if cursor == "0" {
                break;
            }
        }
        // A scan may meet a key twice.
        keys.sort_unstable();
        keys.dedup();
        Ok(keys)
    }

    /// How many keys there are.
    pub async fn key_count(&self) -> Result<u64, Error> {
        integer(&self.run(&redis::cmd("DBSIZE")).await?)
    }

    /// Bytes that a key takes in memory, about; nothing where it isn't there.
    pub async fn memory(&self, key: &str) -> Result<Option<u64>, Error> {
        let mut command = redis::cmd("MEMORY");
        match self.run(command.arg("USAGE").arg(key)).await? {
            Value::Nil => Ok(None),
            bytes => integer(&bytes).map(Some),
        }
    }

    /// When a key expires; nothing where it isn't there or never does.
    pub async fn expires_in(&self, key: &str) -> Result<Option<Duration>, Error> {
        let mut command = redis::cmd("PTTL");
        match self.run(command.arg(key)).await? {
            Value::Int(left) => Ok(u64::try_from(left).ok().map(Duration::from_millis)),
            _ => Err(Error::unexpected("a time")),
        }
    }

    /// The newest entry that a stream has.
    pub async fn last_entry(&self, stream: &str) -> Result<Option<Entry>, Error> {
        let mut command = redis::cmd("XREVRANGE");
        let reply = self.run(command.arg(stream).arg("+").arg("-").arg("COUNT").arg(1)).await?;
        Ok(existing(reply)?.pop())
    }

    /// The consumer groups of a stream; none where it isn't there.
    pub async fn groups(&self, stream: &str) -> Result<Vec<GroupInfo>, Error> {
        let mut groups = Vec::new();
        for progress in self.progress(stream).await? {
            let name = progress.group;
            let pending = self.pending_entries(stream, &name, EntryId::MIN, 1).await?;
            groups.push(GroupInfo {
                consumers: self.consumers(stream, &name).await?,
                pending: progress.pending,
                oldest_pending: pending.first().map(|pending| pending.id),
                last_delivered: progress.last_delivered,
                entries_read: progress.entries_read,
                lag: progress.unread,
                name,
            });
        }
        Ok(groups)
    }

    /// The first `count` entries after an id that were handed out and are not acknowledged.
    pub async fn pending_entries(
        &self,
        stream: &str,
        group: &str,
        after: EntryId,
        count: usize,
    ) -> Result<Vec<PendingEntry>, Error> {
        let expected = "a list of pending entries";
        let mut command = redis::cmd("XPENDING");
        command.arg(stream).arg(group).arg(format!("({after}")).arg("+").arg(count);
        let row = |row| {
            let [id, consumer, _idle, deliveries] = <[Value; 4]>::try_from(array(row, expected)?)
                .map_err(|_| Error::unexpected(expected))?;
            let (id, deliveries) = (entry_id(&id)?, integer(&deliveries)?);
            Ok(PendingEntry { id, consumer: text(consumer)?, deliveries })
        };
        array(self.run(&command).await?, expected)?.into_iter().map(row).collect()
    }

    /// Moves an entry to the end of another stream, with these fields, and gives its new id;
    /// nothing where it is not there (any more). Both or neither.
    pub async fn move_entry(
        &self,
        from: &str,
        id: EntryId,
        to: &str,
        fields: &Fields,
    ) -> Result<Option<EntryId>, Error> {
        let mut command = redis::cmd("EVAL");
        command.arg(MOVE).arg(2).arg(from).arg(to).arg(id.to_string());
        for (name, value) in fields.iter() {
            command.arg(name).arg(value);
        }
        match self.run(&command).await? {
            Value::Nil => Ok(None),
            id => entry_id(&id).map(Some),
        }
    }

    /// Removes an entry; false where there is none.
    pub async fn delete_entry(&self, stream: &str, id: EntryId) -> Result<bool, Error> {
        let mut command = redis::cmd("XDEL");
        Ok(integer(&self.run(command.arg(stream).arg(id.to_string())).await?)? > 0)
    }

    async fn consumers(&self, stream: &str, group: &str) -> Result<Vec<(String, u64)>, Error> {
        let mut command = redis::cmd("XINFO");
        let reply = self.run(command.arg("CONSUMERS").arg(stream).arg(group)).await?;
        let mut consumers = Vec::new();
        for reply in array(reply, "a list of consumers")? {
            let (mut name, mut pending) = (String::new(), 0);
            for (field, value) in table(reply)? {
                match field.as_str() {
                    "name" => name = text(value)?,
                    "pending" => pending = integer(&value)?,
                    _ => {}
                }
            }
            consumers.push((name, pending));
        }
        Ok(consumers)
    }
}
