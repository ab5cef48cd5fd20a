//! The production environment: Redis, PostgreSQL, and the system clock.

use crate::snapshots::PostgresStore;
use crate::world::{Clock, Log, Outputs, Reader, View, World, Writer};
use messages::{ENGINE_AFRESH, ENGINE_STATUS, EntryId, Fields};
use sqlx::PgPool;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use streams::{
    Batch, Entry, Epoch, Error, FenceError, FencedWriter, Lease, LogError, LogReader, Redis,
    ServerInfo, StreamCursor, StreamInfo,
};
use tokio::runtime::Handle;
use uuid::Uuid;

/// The prefix of the keys `engine:lease` and `engine:epoch`.
const LEASE_NAME: &str = "engine";

/// The time after its last renewal at which the lease expires. When an engine is killed, requests
/// go unanswered for about this long; a renewal that a busy machine delays for longer costs a
/// takeover.
const LEASE_TTL: Duration = Duration::from_millis(600);

/// The production environment. Clones share their connections.
#[derive(Clone)]
pub struct Production(Arc<Parts>);

struct Parts {
    log: RedisLog,
    store: PostgresStore,
    clock: SystemClock,
}

impl Production {
    /// Creates the environment of a loop that runs in the calling runtime. That runtime serves the
    /// connections by which the loop reads and writes; `aside` runs everything else. Rows of `equity`
    /// are at least `equity_interval` apart.
    pub fn new(redis: Redis, pool: PgPool, aside: Handle, equity_interval: Duration) -> Self {
        let store = PostgresStore::new(pool, aside.clone(), equity_interval);
        let clock = SystemClock { started: Instant::now(), aside };
        let lease = Lease::new(&redis, LEASE_NAME, &clock.unique_id().to_string(), LEASE_TTL);
        let log = RedisLog { redis, lease };
        Self(Arc::new(Parts { log, store, clock }))
    }
}

impl World for Production {
    type Log = RedisLog;
    type Store = PostgresStore;
    type Clock = SystemClock;

    fn log(&self) -> &RedisLog {
        &self.0.log
    }

    fn store(&self) -> &PostgresStore {
        &self.0.store
    }

    fn clock(&self) -> &SystemClock {
        &self.0.clock
    }
}

pub struct SystemClock {
    started: Instant,
    aside: Handle,
}

impl Clock for SystemClock {
    fn now_ms(&self) -> u64 {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let now = now.expect("the clock is set to a time after 1970");
        u64::try_from(now.as_millis()).expect("the next 500 million years fit")
    }

    fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.aside.spawn(task);
    }

    fn unique_id(&self) -> Uuid {
        Uuid::now_v7()
    }
}

pub struct RedisLog {
    redis: Redis,
    lease: Lease,
}

impl Log for RedisLog {
    type Reader = LogReader;
    type Outputs = Batch;
    type Writer = FencedWriter;

    fn reader(&self, positions: Vec<StreamCursor>) -> LogReader {
        LogReader::new(&self.redis, positions)
    }

    fn outputs(&self) -> Batch {
        self.redis.batch()
    }

    async fn info(&self, stream: &str) -> Result<Option<StreamInfo>, Error> {
        self.redis.stream_info(stream).await
    }

    async fn server(&self) -> Result<ServerInfo, Error> {
        self.redis.server_info().await
    }

    async fn is_begun_afresh(&self) -> Result<bool, Error> {
        Ok(self.redis.get(ENGINE_AFRESH).await?.is_some())
    }

    async fn goes_on(&self, stream: &str, after: EntryId) -> Result<bool, Error> {
        Ok(!self.redis.read_range(stream, after, 1).await?.is_empty())
    }

    async fn acquire(&self, floor: u64) -> Result<Option<Epoch>, Error> {
        self.lease.acquire(floor).await
    }

    async fn renew(&self, epoch: &Epoch) -> Result<bool, Error> {
        self.lease.renew(epoch).await
    }

    async fn release(&self) -> Result<(), Error> {
        self.lease.release().await
    }

    async fn announce(&self, status: &str, expiry: Duration) -> Result<bool, Error> {
        self.lease.set_expiring(ENGINE_STATUS, status, expiry).await
    }

    async fn writer(&self, epoch: &Epoch) -> Result<FencedWriter, FenceError> {
        self.lease.writer(epoch).await
    }
}

impl Reader for LogReader {
    async fn next(
        &mut self,
        count: usize,
        block: Duration,
    ) -> Result<Vec<(usize, Entry)>, LogError> {
        self.next(count, block).await
    }
}

impl Outputs for Batch {
    fn append_at(&mut self, stream: &str, id: EntryId, fields: &Fields) {
        self.append_at(stream, id, fields);
    }

    fn append(&mut self, stream: &str, fields: &Fields) {
        self.append(stream, fields);
    }

    fn publish(&mut self, channel: &str, message: &str) {
        self.publish(channel, message);
    }

    fn set(&mut self, key: &str, value: &str) {
        self.set(key, value);
    }

    fn trim_before(&mut self, stream: &str, oldest_kept: EntryId) {
        self.trim_before(stream, oldest_kept);
    }

    fn len(&self) -> usize {
        self.len()
    }
}

impl Writer for FencedWriter {
    type Outputs = Batch;

    async fn send(&mut self, outputs: &mut Batch) -> Result<u32, FenceError> {
        Ok(self.send(outputs).await?.already_there)
    }
}

impl View for RedisLog {
    async fn entry(&self, stream: &str, id: EntryId) -> Result<Option<Entry>, Error> {
        self.redis.entry(stream, id).await
    }

    async fn last_id(&self, stream: &str) -> Result<EntryId, Error> {
        self.redis.last_id(stream).await
    }
}

impl View for FencedWriter {
    async fn entry(&self, stream: &str, id: EntryId) -> Result<Option<Entry>, Error> {
        self.entry(stream, id).await
    }

    async fn last_id(&self, stream: &str) -> Result<EntryId, Error> {
        self.last_id(stream).await
    }
}
