//! The backlogs of a stream's consumer groups.

use crate::connection::Redis;
use crate::entry::existing;
use crate::error::Error;
use crate::inspect::range;
use messages::EntryId;

/// The entries that one consumer group has not acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupBacklog {
    /// The group.
    pub group: String,
    /// The number of entries delivered and not acknowledged.
    pub pending: u64,
    /// The number of entries not delivered yet; unknown after entries were deleted by hand.
    pub unread: Option<u64>,
    /// The oldest entry of either kind.
    pub oldest: Option<EntryId>,
}

impl Redis {
    /// Returns the backlogs of a stream's groups; empty if the stream does not exist.
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
}
