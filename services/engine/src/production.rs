//! The production environment: Redis, PostgreSQL, and the system clock.

use crate::snapshots::PostgresStore;
use crate::world::{Clock, Log, Outputs, Reader, View, World, Writer};
use messages::{ENGINE_AFRESH, ENGINE_STATUS, EntryId, Fields, REQUEST_STREAM, Shard, UserId};
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
    /// Creates the environment of a shard's loop, which runs in the calling runtime. That runtime serves the
    /// connections by which the loop reads and writes; `aside` runs everything else. Rows of `equity`
    /// are at least `equity_interval` apart.
    pub fn new(
        redis: &Redis,
        shard: Shard,
        pool: PgPool,
        aside: Handle,
        equity_interval: Duration,
    ) -> Self {
        let place = (shard, redis.shards().count());
        let store = PostgresStore::new(pool, place, aside.clone(), equity_interval);
        let clock = SystemClock { started: Instant::now(), aside };
        // Names the process for operators.
        let holder = format!("{}/{}", streams::instance(), clock.unique_id());
        let redis = redis.at(&shard.key(REQUEST_STREAM));
        let lease = Lease::new(&redis, shard, LEASE_NAME, &holder, LEASE_TTL);
        let log = RedisLog { redis, shard, lease };
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

/// The streams of a shard. The engine uses the names that they have without a tag.
pub struct RedisLog {
    redis: Redis,
    shard: Shard,
    lease: Lease,
}

/// A batch of commands for a shard.
pub struct ShardBatch {
    batch: Batch,
    /// The messages that wait until replicas have the rest, if they wait for that.
    messages: Option<Batch>,
    shard: Shard,
}

/// A writer to a shard.
pub struct ShardWriter {
    writer: FencedWriter,
    shard: Shard,
}

impl Log for RedisLog {
    type Reader = LogReader;
    type Outputs = ShardBatch;
    type Writer = ShardWriter;

    fn reader(&self, mut positions: Vec<StreamCursor>) -> LogReader {
        for position in &mut positions {
            position.stream = self.shard.key(&position.stream);
        }
        LogReader::new(&self.redis, positions)
    }

    fn outputs(&self) -> ShardBatch {
        let messages = self.redis.replication().map(|_| self.redis.batch());
        ShardBatch { batch: self.redis.batch(), messages, shard: self.shard }
    }

    async fn info(&self, stream: &str) -> Result<Option<StreamInfo>, Error> {
        self.redis.stream_info(&self.shard.key(stream)).await
    }

    async fn server(&self) -> Result<ServerInfo, Error> {
        self.redis.server_info().await
    }

    async fn is_begun_afresh(&self) -> Result<bool, Error> {
        Ok(self.redis.get(&self.shard.key(ENGINE_AFRESH)).await?.is_some())
    }

    async fn goes_on(&self, stream: &str, after: EntryId) -> Result<bool, Error> {
        Ok(!self.redis.read_range(&self.shard.key(stream), after, 1).await?.is_empty())
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
        self.lease.set_expiring(&self.shard.key(ENGINE_STATUS), status, expiry).await
    }

    async fn writer(&self, epoch: &Epoch) -> Result<ShardWriter, FenceError> {
        Ok(ShardWriter { writer: self.lease.writer(epoch).await?, shard: self.shard })
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

impl Outputs for ShardBatch {
    fn append_at(&mut self, stream: &str, id: EntryId, fields: &Fields) {
        self.batch.append_at(&self.shard.key(stream), id, fields);
    }

    fn append(&mut self, stream: &str, fields: &Fields) {
        self.batch.append(&self.shard.key(stream), fields);
    }

    fn reply(&mut self, reply_to: &str, reply: &str) {
        self.messages().reply(reply_to, reply);
    }

    fn notify(&mut self, account: UserId, notification: &str) {
        let channel = self.shard.user_channel(account);
        self.messages().publish(&channel, notification);
    }

    fn set(&mut self, key: &str, value: &str) {
        self.batch.set(&self.shard.key(key), value);
    }

    fn trim_before(&mut self, stream: &str, oldest_kept: EntryId) {
        self.batch.trim_before(&self.shard.key(stream), oldest_kept);
    }

    fn len(&self) -> usize {
        self.batch.len() + self.messages.as_ref().map_or(0, Batch::len)
    }
}

impl ShardBatch {
    /// The batch that messages are part of.
    fn messages(&mut self) -> &mut Batch {
        self.messages.as_mut().unwrap_or(&mut self.batch)
    }
}

impl Writer for ShardWriter {
    type Outputs = ShardBatch;

    async fn send(&mut self, outputs: &mut ShardBatch) -> Result<u32, FenceError> {
        let ShardBatch { batch, messages, .. } = outputs;
        let Some(messages) = messages else {
            return Ok(self.writer.send(batch).await?.already_there);
        };
        if batch.is_empty() && messages.is_empty() {
            return Ok(0);
        }
        // A request is answered when a replica has its entry, which was there before its outputs.
        let outcome = self.writer.send_confirmed(batch).await?;
        self.writer.send(messages).await?;
        batch.clear();
        Ok(outcome.already_there)
    }
}

impl View for RedisLog {
    async fn entry(&self, stream: &str, id: EntryId) -> Result<Option<Entry>, Error> {
        self.redis.entry(&self.shard.key(stream), id).await
    }

    async fn last_id(&self, stream: &str) -> Result<EntryId, Error> {
        self.redis.last_id(&self.shard.key(stream)).await
    }
}

impl View for ShardWriter {
    async fn entry(&self, stream: &str, id: EntryId) -> Result<Option<Entry>, Error> {
        self.writer.entry(&self.shard.key(stream), id).await
    }

    async fn last_id(&self, stream: &str) -> Result<EntryId, Error> {
        self.writer.last_id(&self.shard.key(stream)).await
    }
}
