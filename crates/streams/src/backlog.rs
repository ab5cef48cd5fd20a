//! How far the readers of a stream are behind, and how the server itself is doing.

use crate::connection::Redis;
use crate::entry::{existing, text};
use crate::error::Error;
use crate::inspect::range;
use messages::EntryId;
use redis::Value;

/// What one consumer group has not acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupBacklog {
    /// The group.
    pub group: String,
    /// Entries that it has been handed and has not acknowledged.
    pub pending: u64,
    /// Entries that it has not been handed yet; unknown after entries were deleted by hand.
    pub unread: Option<u64>,
    /// The oldest entry of either kind.
    pub oldest: Option<EntryId>,
}

/// What a Redis server says of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServerInfo {
    /// Memory that it uses (bytes).
    pub memory_used: u64,
    /// Memory that it may use (bytes); zero: as much as there is.
    pub memory_max: u64,
    /// Whether its append-only file could be written the last time. A full disk shows here.
    pub can_persist: bool,
}

impl Redis {
    /// What the groups of a stream have before them; none where the stream isn't there.
    pub async fn backlogs(&self, stream: &str) -> Result<Vec<GroupBacklog>, Error> {
        let mut backlogs = Vec::new();
        for progress in self.progress(stream).await? {
            let from = self.oldest_needed(stream, &progress).await?;
            let found = existing(self.run(&range(stream, &from.to_string(), "+", 1)).await?)?;
            backlogs.push(GroupBacklog {
                oldest: found.first().map(|entry| entry.id),
                group: progress.group,
                pending: progress.pending,
                unread: progress.unread,
            });
        }
        Ok(backlogs)
    }

    /// What the server calls its version.
    pub async fn server_version(&self) -> Result<String, Error> {
        let info = self.info("server").await?;
        let version = info.lines().find_map(|line| line.strip_prefix("redis_version:"));
        Ok(version.unwrap_or("unknown").to_owned())
    }

    /// How the server is doing.
    pub async fn server_info(&self) -> Result<ServerInfo, Error> {
        let mut info = ServerInfo::default();
        for section in ["memory", "persistence"] {
            for (name, value) in
                self.info(section).await?.lines().filter_map(|line| line.split_once(':'))
            {
                let number = || value.trim().parse().unwrap_or_default();
                match name {
                    "used_memory" => info.memory_used = number(),
                    "maxmemory" => info.memory_max = number(),
                    "aof_last_write_status" => info.can_persist = value.trim() == "ok",
                    _ => {}
                }
            }
        }
        Ok(info)
    }

    /// What INFO says in one section.
    async fn info(&self, section: &str) -> Result<String, Error> {
        let mut command = redis::cmd("INFO");
        match self.run(command.arg(section)).await? {
            Value::VerbatimString { text, .. } => Ok(text),
            reply => text(reply),
        }
    }
}
