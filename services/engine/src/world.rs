//! The environment of the engine as traits, so that a simulation can replace it.
//!
//! Everything that can fail, wait or tell the time is behind these traits; the rest of the engine
//! is a function of what they return. The production environment is Redis, PostgreSQL and the
//! system clock; the simulated one is in `tools/simulation`, where all of it fails on purpose.
//!
//! The traits are here and not beside the types that implement them: they are what the engine's
//! loop needs, a small part of what `streams` offers, and the engine's rows are its own. In
//! `streams` they would be generic names for one caller.

use exchange::Exchange;
use exchange::snapshot::FrozenExchange;
use messages::{EntryId, Fields, UserId};
use std::time::Duration;
use streams::{Entry, Epoch, Error, FenceError, LogError, ServerInfo, StreamCursor, StreamInfo};
use uuid::Uuid;

/// An environment. Clones share it.
pub trait World: Clone + Send + Sync + 'static {
    /// The streams.
    type Log: Log;
    /// The store of snapshots.
    type Store: SnapshotStore;
    /// The clock and the spawner of tasks.
    type Clock: Clock;

    /// The streams.
    fn log(&self) -> &Self::Log;
    /// The store of snapshots.
    fn store(&self) -> &Self::Store;
    /// The clock and the spawner of tasks.
    fn clock(&self) -> &Self::Clock;
}

/// The clock and the spawner of tasks.
pub trait Clock: Send + Sync + 'static {
    /// Returns the time of the wall clock, Unix ms. It may step in either direction.
    fn now_ms(&self) -> u64;
    /// Returns a monotonic time.
    fn elapsed(&self) -> Duration;
    /// Sleeps for a duration.
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send;
    /// Spawns a task that is not waited for.
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static);
    /// Returns a unique id.
    fn unique_id(&self) -> Uuid;
}

/// A view of the entries that a server holds.
pub trait View: Sync {
    /// Returns an entry, if the stream holds it.
    fn entry(
        &self,
        stream: &str,
        id: EntryId,
    ) -> impl Future<Output = Result<Option<Entry>, Error>> + Send;
    /// Returns the last id that a stream has generated.
    fn last_id(&self, stream: &str) -> impl Future<Output = Result<EntryId, Error>> + Send;
}

/// The streams, and the lease that permits writing to them.
pub trait Log: View + Send + 'static {
    /// A reader of streams in order.
    type Reader: Reader;
    /// A batch of commands to be written at once.
    type Outputs: Outputs;
    /// A writer for one epoch.
    type Writer: Writer<Outputs = Self::Outputs>;

    /// Creates a reader that continues from these positions.
    fn reader(&self, positions: Vec<StreamCursor>) -> Self::Reader;
    /// Creates an empty batch.
    fn outputs(&self) -> Self::Outputs;
    /// Returns the state of a stream; `None` if it does not exist.
    fn info(&self, stream: &str) -> impl Future<Output = Result<Option<StreamInfo>, Error>> + Send;
    /// Returns the state of the server that holds the streams.
    fn server(&self) -> impl Future<Output = Result<ServerInfo, Error>> + Send;
    /// Returns whether an operator has decided that history begins anew on this server.
    fn is_begun_afresh(&self) -> impl Future<Output = Result<bool, Error>> + Send;
    /// Returns whether a stream has an entry above an id.
    fn goes_on(
        &self,
        stream: &str,
        after: EntryId,
    ) -> impl Future<Output = Result<bool, Error>> + Send;

    /// Takes the lease if it is free, with an epoch above `floor`.
    fn acquire(&self, floor: u64) -> impl Future<Output = Result<Option<Epoch>, Error>> + Send;
    /// Renews the lease. Returns false if another engine has it.
    fn renew(&self, epoch: &Epoch) -> impl Future<Output = Result<bool, Error>> + Send;
    /// Releases the lease.
    fn release(&self) -> impl Future<Output = Result<(), Error>> + Send;
    /// Writes the engine's status, unless another engine has the lease.
    fn announce(
        &self,
        status: &str,
        expiry: Duration,
    ) -> impl Future<Output = Result<bool, Error>> + Send;
    /// Opens a connection on which this epoch writes.
    fn writer(
        &self,
        epoch: &Epoch,
    ) -> impl Future<Output = Result<Self::Writer, FenceError>> + Send;
}

/// See [`streams::LogReader`].
pub trait Reader: Send {
    /// Waits up to `block` for entries, and returns them with the index of their position.
    fn next(
        &mut self,
        count: usize,
        block: Duration,
    ) -> impl Future<Output = Result<Vec<(usize, Entry)>, LogError>> + Send;
}

/// See [`streams::Batch`]: it is written whole or not at all.
pub trait Outputs: Send + 'static {
    /// Appends an entry unless the stream has this id or a later one.
    fn append_at(&mut self, stream: &str, id: EntryId, fields: &Fields);
    /// Appends an entry under the server's next id.
    fn append(&mut self, stream: &str, fields: &Fields);
    /// Publishes a reply to the `replyTo` of a request.
    fn reply(&mut self, reply_to: &str, reply: &str);
    /// Publishes a change of an account to its owner.
    fn notify(&mut self, account: UserId, notification: &str);
    /// Sets a key.
    fn set(&mut self, key: &str, value: &str);
    /// Removes every entry below an id.
    fn trim_before(&mut self, stream: &str, oldest_kept: EntryId);
    /// Returns the number of commands.
    fn len(&self) -> usize;
    /// Returns whether there are no commands.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// See [`streams::FencedWriter`]: one connection, usable until its first error. Its [`View`] is
/// that of the connection's server.
pub trait Writer: View + Send {
    /// The batch that it writes.
    type Outputs: Outputs;

    /// Writes the batch, and removes what is written from it. Returns the number of entries that
    /// were there already.
    fn send(
        &mut self,
        outputs: &mut Self::Outputs,
    ) -> impl Future<Output = Result<u32, FenceError>> + Send;
}

/// The store of snapshots.
pub trait SnapshotStore: Clone + Send + Sync + 'static {
    /// An encoded state.
    type Encoded: Send;

    /// Encodes a state in the background.
    fn encode(
        &self,
        frozen: FrozenExchange,
    ) -> impl Future<Output = Result<Self::Encoded, StoreError>> + Send;
    /// Stores a snapshot in the name of an epoch and deletes all but the newest `kept`.
    fn store(
        &self,
        encoded: &Self::Encoded,
        epoch: u64,
        kept: u32,
    ) -> impl Future<Output = Result<Stored, StoreError>> + Send;
    /// Returns the newest sound snapshot, or none if there are no snapshots.
    fn newest(&self) -> impl Future<Output = Result<Newest, StoreError>> + Send;
    /// Counts the records of a history before `first` (Unix ms), the time of the first entry of
    /// `request:stream`; `None` if the stream is empty.
    fn remembered(
        &self,
        first: Option<u64>,
    ) -> impl Future<Output = Result<Remembered, StoreError>> + Send;
}

/// Records of a history that is not in `request:stream`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Remembered {
    /// The number of accounts created before.
    pub users: u64,
    /// The number of orders closed and balances adjusted before.
    pub records: u64,
    /// True if there ever was a snapshot.
    pub snapshots: bool,
}

/// The newest stored state and epoch.
#[derive(Default)]
pub struct Newest {
    /// The newest sound state.
    pub exchange: Option<Exchange>,
    /// The newest epoch in whose name a snapshot was stored.
    pub epoch: u64,
}

/// A stored snapshot.
#[derive(Debug)]
pub struct Stored {
    /// The last entry of the oldest snapshot, once there are as many as are to be kept. With fewer,
    /// the stream is not trimmed: one damaged snapshot must not prevent a recovery.
    pub oldest_kept: Option<EntryId>,
    /// Size of the compressed state.
    pub bytes: usize,
}

/// The reason why a snapshot could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The store is unavailable or refuses; retrying may help.
    #[error("{0}")]
    Away(String),
    /// A later epoch has stored one already, or another engine a later one in an epoch of the same
    /// number: this engine no longer leads.
    #[error("an engine of a later epoch has stored a snapshot")]
    Superseded,
    /// The snapshot is damaged.
    #[error("{0}")]
    Damaged(String),
    /// The snapshots are those of another division of the accounts.
    #[error("the snapshots are those of {found} shards, and SHARDS is {wanted}")]
    OtherShards {
        /// The number of shards of the newest snapshot.
        found: u16,
        /// The number of shards in the settings.
        wanted: u16,
    },
}
