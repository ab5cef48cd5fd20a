//! What the engine needs of the world, so that a simulated one can take its place.
//!
//! Everything that can fail, wait or tell the time is behind these traits; what is left is a
//! function of what they return. Production's world is Redis, PostgreSQL and the system's clock;
//! the other one is in `crates/simulation`, where all of it fails on purpose.

use exchange::Exchange;
use exchange::snapshot::FrozenExchange;
use messages::{EntryId, Fields};
use std::time::Duration;
use streams::{Entry, Epoch, Error, FenceError, LogError, ServerInfo, StreamCursor, StreamInfo};
use uuid::Uuid;

/// All of it. Clones see the same world.
pub trait World: Clone + Send + Sync + 'static {
    /// The streams.
    type Log: Log;
    /// Where snapshots are kept.
    type Store: SnapshotStore;
    /// Time, and what runs in it.
    type Clock: Clock;

    /// The streams.
    fn log(&self) -> &Self::Log;
    /// Where snapshots are kept.
    fn store(&self) -> &Self::Store;
    /// Time, and what runs in it.
    fn clock(&self) -> &Self::Clock;
}

/// Time, and what runs in it.
pub trait Clock: Send + Sync + 'static {
    /// What the wall clock says, Unix ms. It may step in either direction.
    fn now_ms(&self) -> u64;
    /// Time that only ever goes on.
    fn elapsed(&self) -> Duration;
    /// Comes back after this long.
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send;
    /// Runs beside the caller, and is not waited for.
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static);
    /// An id that nobody else has.
    fn unique_id(&self) -> Uuid;
}

/// What a server holds.
pub trait View: Sync {
    /// An entry.
    fn entry(
        &self,
        stream: &str,
        id: EntryId,
    ) -> impl Future<Output = Result<Option<Entry>, Error>> + Send;
    /// The highest id that a stream ever gave out.
    fn last_id(&self, stream: &str) -> impl Future<Output = Result<EntryId, Error>> + Send;
}

/// The streams, and the right to write to them.
pub trait Log: View + Send + 'static {
    /// Reads streams in order.
    type Reader: Reader;
    /// Collects what is to be written at once.
    type Outputs: Outputs;
    /// Writes as long as its epoch lasts.
    type Writer: Writer<Outputs = Self::Outputs>;

    /// Reads on from these positions.
    fn reader(&self, positions: Vec<StreamCursor>) -> Self::Reader;
    /// Starts a collection.
    fn outputs(&self) -> Self::Outputs;
    /// A stream as it stands.
    fn info(&self, stream: &str) -> impl Future<Output = Result<Option<StreamInfo>, Error>> + Send;
    /// The server that holds them.
    fn server(&self) -> impl Future<Output = Result<ServerInfo, Error>> + Send;
    /// Whether an operator has decided that history begins anew on this server.
    fn is_begun_afresh(&self) -> impl Future<Output = Result<bool, Error>> + Send;
    /// Whether a stream has an entry above an id.
    fn goes_on(
        &self,
        stream: &str,
        after: EntryId,
    ) -> impl Future<Output = Result<bool, Error>> + Send;

    /// Takes the lease if it is free, with an epoch above `floor`.
    fn acquire(&self, floor: u64) -> impl Future<Output = Result<Option<Epoch>, Error>> + Send;
    /// Keeps the lease; false when it is another engine's.
    fn renew(&self, epoch: &Epoch) -> impl Future<Output = Result<bool, Error>> + Send;
    /// Lets others have the lease.
    fn release(&self) -> impl Future<Output = Result<(), Error>> + Send;
    /// Says what the engine does, unless another one has the lease.
    fn announce(
        &self,
        status: &str,
        expiry: Duration,
    ) -> impl Future<Output = Result<bool, Error>> + Send;
    /// A fresh connection on which this epoch writes.
    fn writer(
        &self,
        epoch: &Epoch,
    ) -> impl Future<Output = Result<Self::Writer, FenceError>> + Send;
}

/// See [`streams::LogReader`].
pub trait Reader: Send {
    /// Waits up to `block` for entries, and gives them with the index of their position.
    fn next(
        &mut self,
        count: usize,
        block: Duration,
    ) -> impl Future<Output = Result<Vec<(usize, Entry)>, LogError>> + Send;
}

/// See [`streams::Batch`]: all of it is written, or nothing.
pub trait Outputs: Send + 'static {
    /// Appends an entry unless the stream has this id or a later one.
    fn append_at(&mut self, stream: &str, id: EntryId, fields: &Fields);
    /// Appends an entry under the server's next id.
    fn append(&mut self, stream: &str, fields: &Fields);
    /// Says something to those who listen.
    fn publish(&mut self, channel: &str, message: &str);
    /// Removes every entry below an id.
    fn trim_before(&mut self, stream: &str, oldest_kept: EntryId);
    /// How much there is to be written.
    fn len(&self) -> usize;
    /// Whether there is nothing.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// See [`streams::FencedWriter`]: one connection, good until its first error. It sees what the
/// server of this connection holds.
pub trait Writer: View + Send {
    /// What it writes.
    type Outputs: Outputs;

    /// Writes; gives how many entries were there already. What was written is gone from `outputs`.
    fn send(
        &mut self,
        outputs: &mut Self::Outputs,
    ) -> impl Future<Output = Result<u32, FenceError>> + Send;
}

/// Where snapshots are kept.
pub trait SnapshotStore: Clone + Send + Sync + 'static {
    /// An encoded state.
    type Encoded: Send;

    /// Encodes a state, beside whatever else runs.
    fn encode(
        &self,
        frozen: FrozenExchange,
    ) -> impl Future<Output = Result<Self::Encoded, StoreError>> + Send;
    /// Stores it in the name of an epoch and drops all but the newest `kept`.
    fn store(
        &self,
        encoded: &Self::Encoded,
        epoch: u64,
        kept: u32,
    ) -> impl Future<Output = Result<Stored, StoreError>> + Send;
    /// The newest snapshot that is sound, or nothing where there is none at all.
    fn newest(&self) -> impl Future<Output = Result<Newest, StoreError>> + Send;
    /// What there is of a history before `first` (Unix ms), the beginning of the one that
    /// `request:stream` holds; nothing where that holds none.
    fn remembered(
        &self,
        first: Option<u64>,
    ) -> impl Future<Output = Result<Remembered, StoreError>> + Send;
}

/// Traces of a history that is not in `request:stream`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Remembered {
    /// Accounts that were made before.
    pub users: u64,
    /// Orders that were closed before, and adjustments of balances.
    pub records: u64,
    /// Whether there ever was a snapshot.
    pub snapshots: bool,
}

/// What is stored.
#[derive(Default)]
pub struct Newest {
    /// The newest sound state.
    pub exchange: Option<Exchange>,
    /// The newest epoch in whose name a snapshot was stored.
    pub epoch: u64,
}

/// A snapshot that was stored.
pub struct Stored {
    /// The last entry of the oldest snapshot, once there are as many as are kept. While there are
    /// fewer, the stream is not trimmed: one damaged snapshot must not be the end.
    pub oldest_kept: Option<EntryId>,
    /// Size of the compressed state.
    pub bytes: usize,
}

/// Why a snapshot could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The store is away or refuses; trying again may help.
    #[error("{0}")]
    Away(String),
    /// A later epoch has stored one already: this engine leads no more.
    #[error("an engine of a later epoch has stored a snapshot")]
    Superseded,
    /// The snapshot can't be used.
    #[error("{0}")]
    Damaged(String),
}
