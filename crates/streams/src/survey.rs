//! Queries and commands for operators: keys, consumer groups, pending and moved entries.

use crate::connection::Redis;
use crate::entry::{Entry, array, entry_id, existing, integer, table, text};
use crate::error::Error;
use crate::script::Lua;
use messages::{EntryId, Fields};
use redis::Value;
use std::time::Duration;

/// The number of keys per step of a scan.
const SCAN_LEN: usize = 1_000;

/// The state of a consumer group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupInfo {
    /// The name of the group.
    pub name: String,
    /// The names of the consumers, each with the number of its pending entries.
    pub consumers: Vec<(String, u64)>,
    /// The number of entries delivered and not acknowledged.
    pub pending: u64,
    /// The oldest pending entry.
    pub oldest_pending: Option<EntryId>,
    /// The last entry that was delivered.
    pub last_delivered: EntryId,
    /// The number of entries ever delivered, if Redis knows it.
    pub entries_read: Option<u64>,
    /// The number of entries not delivered yet, if Redis knows it.
    pub lag: Option<u64>,
}

/// An entry that was delivered and not acknowledged yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingEntry {
    /// The id of the entry.
    pub id: EntryId,
    /// The consumer that it was last delivered to.
    pub consumer: String,
    /// The number of deliveries.
    pub deliveries: u64,
}

/// Moves an entry only if it still exists, so that of two concurrent callers only one adds it.
static MOVE: Lua = Lua::new(
    r"
if #redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1]) == 0 then
  return false
end
local id = redis.call('XADD', KEYS[2], '*', unpack(ARGV, 2))
redis.call('XDEL', KEYS[1], ARGV[1])
return id
",
);

impl Redis {
    /// Returns the keys that match a pattern, sorted; with `kind` only those of one type
    /// (`stream`).
    pub async fn keys(&self, pattern: &str, kind: Option<&str>) -> Result<Vec<String>, Error> {
        let mut keys = Vec::new();
        for server in self.each_server().await? {
            let mut cursor = "0".to_owned();
            loop {
                let mut command = redis::cmd("SCAN");
                command.arg(&cursor).arg("MATCH").arg(pattern).arg("COUNT").arg(SCAN_LEN);
                if let Some(kind) = kind {
                    command.arg("TYPE").arg(kind);
                }
                let expected = "a cursor and keys";
                let reply = array(server.run(&command).await?, expected)?;
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
        }
        // A scan may return a key twice.
        keys.sort_unstable();
        keys.dedup();
        Ok(keys)
    }

    /// Returns the number of keys.
    pub async fn key_count(&self) -> Result<u64, Error> {
        let mut count = 0;
        for server in self.each_server().await? {
            count += integer(&server.run(&redis::cmd("DBSIZE")).await?)?;
        }
        Ok(count)
    }

    /// Returns the approximate memory of a key (bytes), or `None` if it does not exist.
    pub async fn memory(&self, key: &str) -> Result<Option<u64>, Error> {
        let mut command = redis::cmd("MEMORY");
        match self.run(command.arg("USAGE").arg(key)).await? {
            Value::Nil => Ok(None),
            bytes => integer(&bytes).map(Some),
        }
    }

    /// Returns the time until a key expires; `None` if it does not exist or never expires.
    pub async fn expires_in(&self, key: &str) -> Result<Option<Duration>, Error> {
        let mut command = redis::cmd("PTTL");
        match self.run(command.arg(key)).await? {
            Value::Int(left) => Ok(u64::try_from(left).ok().map(Duration::from_millis)),
            _ => Err(Error::unexpected("a time")),
        }
    }

    /// Returns the newest entry of a stream.
    pub async fn last_entry(&self, stream: &str) -> Result<Option<Entry>, Error> {
        let mut command = redis::cmd("XREVRANGE");
        let reply = self.run(command.arg(stream).arg("+").arg("-").arg("COUNT").arg(1)).await?;
        Ok(existing(reply)?.pop())
    }

    /// Returns the consumer groups of a stream; empty if it does not exist.
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

    /// Returns the first `count` pending entries of a group after an id.
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

    /// Atomically moves an entry to the end of another stream, with these fields, and returns its
    /// new id; `None` if the entry does not exist (any more).
    pub async fn move_entry(
        &self,
        from: &str,
        id: EntryId,
        to: &str,
        fields: &Fields,
    ) -> Result<Option<EntryId>, Error> {
        let id = id.to_string();
        let mut arguments = vec![id.as_bytes()];
        arguments.extend(fields.iter().flat_map(|(name, value)| [name.as_bytes(), value]));
        match self.script(&MOVE, &[from, to], &arguments, Duration::MAX).await? {
            Value::Nil => Ok(None),
            id => entry_id(&id).map(Some),
        }
    }

    /// Removes an entry; returns false if it does not exist.
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
