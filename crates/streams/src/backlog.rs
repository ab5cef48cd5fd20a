//! How far the readers of a stream are behind.

use crate::connection::Redis;
use crate::entry::existing;
use crate::error::Error;
use crate::inspect::range;
use messages::EntryId;

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
}
