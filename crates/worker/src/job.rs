//! The interface of a worker's job.

use messages::{DecodeError, EntryId, Fields};
use store::StoreError;
use streams::Retention;

/// Decodes the entries of one stream and stores them in PostgreSQL.
pub trait Job {
    /// The stream; each shard has its own if [`Self::SHARDED`].
    const STREAM: &'static str;
    /// Whether each shard has a stream of its own.
    const SHARDED: bool = false;
    /// The consumer group, which is also the worker's name in metrics.
    const GROUP: &'static str;
    /// The group as a label value, so that metrics exist before the first entry.
    const NAMES: &'static [&'static str] = &[Self::GROUP];
    /// The entries that stay in the stream for other readers after they were acknowledged.
    const KEPT: Option<Retention> = None;
    /// The part of an entry that is stored.
    type Item;

    /// Decodes the entry with this id; returns `None` if there is nothing to store.
    ///
    /// # Errors
    /// When the entry can't be decoded.
    fn decode(id: EntryId, fields: &Fields) -> Result<Option<Self::Item>, DecodeError>;

    /// Stores the items and returns the number of new rows. Storing an item again succeeds and
    /// changes nothing, so a failed call may leave some items stored. An item already stored with
    /// other values is [`StoreError::Unstorable`]: it must be reported, not dropped.
    fn store(&self, items: &[Self::Item]) -> impl Future<Output = Result<u64, StoreError>> + Send;
}
