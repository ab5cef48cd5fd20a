//! Writes to the servers of several shards, none of which waits for another.

use crate::feed::unix_ms;
use crate::publisher::{BATCH_LEN, LATE_AFTER, RETRY_INTERVAL};
use messages::{Fields, REQUEST_STREAM, Request, RequestEntry, Shard, StreamMessage as _, Symbol};
use service::Health;
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use streams::{Batch, Redis};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

/// The number of batches for the other keys that may wait while one of their servers is away. More are
/// dropped: prices of the shards on all other servers must not wait.
const WAITING_BATCHES: usize = 10_000;

/// The longest time for which the publisher waits until the batches before are written.
const FLUSH_MAX: Duration = Duration::from_secs(2);

/// The commands that are sent together: requests for the engine of every shard, and the rest.
pub struct Outgoing {
    pub batch: Batch,
    /// The requests, where they take other ways than the batch.
    requests: Option<Vec<Request>>,
}

impl Outgoing {
    /// Begins with nothing. The requests are part of the batch.
    pub fn together(redis: &Redis) -> Self {
        Self { batch: redis.batch(), requests: None }
    }

    /// Lets the requests take other ways than the batch.
    pub fn apart(self) -> Self {
        Self { requests: Some(Vec::new()), ..self }
    }

    /// Adds a request for the engine of every shard.
    pub fn request(&mut self, request: Request) {
        match &mut self.requests {
            Some(requests) => requests.push(request),
            None => {
                self.batch.append_to_all(REQUEST_STREAM, &entry(request));
            }
        }
    }
}

/// Encodes a request of the feed, which gets no reply.
fn entry(request: Request) -> Fields {
    let timestamp_ms = unix_ms();
    RequestEntry { request_id: None, timestamp_ms, reply_to: None, request }.encode()
}

/// The ways to the shards, and to everything else in Redis.
pub struct Lanes {
    shards: Vec<mpsc::UnboundedSender<Sending>>,
    others: mpsc::Sender<OtherSending>,
    /// True from the first dropped batch until one is taken again.
    is_full: AtomicBool,
    tasks: JoinSet<()>,
}

/// A request on its way to a shard.
struct Sending {
    what: What,
    fields: Fields,
    at: Instant,
    /// Completed when the shard has it.
    delivered: Option<oneshot::Sender<()>>,
}

/// The effect of a request, as far as a later one may make up for it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum What {
    /// The price of a symbol, or that it is disputed.
    Price(Symbol),
    MarkPrice(Symbol),
    /// Something that every shard has to get.
    Other,
}

/// A batch for other keys, or the question whether those before it are written.
enum OtherSending {
    Batch(Batch),
    Flush(oneshot::Sender<()>),
}

impl Lanes {
    /// Begins to write. Each lane that waits for its server is reported as a part of `health`.
    pub fn open(redis: &Redis, health: &Health) -> Self {
        let mut tasks = JoinSet::new();
        let mut shards = Vec::new();
        for shard in redis.shards().all() {
            let (sender, receiver) = mpsc::unbounded_channel();
            let lane = Lane {
                redis: redis.at(&shard.key(REQUEST_STREAM)),
                shard,
                health: health.part(shard.to_string()),
                waiting: VecDeque::new(),
            };
            tasks.spawn(lane.run(receiver));
            shards.push(sender);
        }
        let (others, receiver) = mpsc::channel(WAITING_BATCHES);
        tasks.spawn(write_others(receiver, health.part("market data")));
        Self { shards, others, is_full: AtomicBool::new(false), tasks }
    }

    /// Waits until everything is written.
    pub async fn close(self) {
        let Self { shards, others, is_full: _, tasks } = self;
        drop((shards, others));
        tasks.join_all().await;
    }

    /// Hands everything over. The results are those of the requests that every shard has to get: each
    /// completes when one of them has it. Never waits.
    pub fn send(&self, out: Outgoing) -> Vec<oneshot::Receiver<()>> {
        let mut deliveries = Vec::new();
        for request in out.requests.unwrap_or_default() {
            let (what, fields) = (What::of(&request), entry(request));
            for shard in &self.shards {
                let delivered = (what == What::Other).then(|| {
                    let (delivered, delivery) = oneshot::channel();
                    deliveries.push(delivery);
                    delivered
                });
                let (fields, at) = (fields.clone(), Instant::now());
                // An error means that the process is stopping.
                let _ = shard.send(Sending { what, fields, at, delivered });
            }
        }
        if !out.batch.is_empty() {
            let sent = self.others.try_send(OtherSending::Batch(out.batch));
            let is_full = matches!(sent, Err(TrySendError::Full(_)));
            if is_full && !self.is_full.swap(true, Ordering::Relaxed) {
                tracing::error!(
                    waiting = WAITING_BATCHES,
                    "market data is dropped: a server of Redis is away; prices go to the others"
                );
            } else if !is_full && self.is_full.swap(false, Ordering::Relaxed) {
                tracing::info!("market data is written again");
            }
        }
        deliveries
    }

    /// Waits until all batches before are written, or a server of Redis is away.
    pub async fn flush(&self) {
        let (written, done) = oneshot::channel();
        if self.others.try_send(OtherSending::Flush(written)).is_ok() {
            let _ = timeout(FLUSH_MAX, done).await;
        }
    }
}

impl What {
    const fn of(request: &Request) -> Self {
        match request {
            Request::PriceUpdate(update) => Self::Price(update.symbol),
            Request::DisputePrice(dispute) => Self::Price(dispute.symbol),
            Request::MarkPrice(mark) => Self::MarkPrice(mark.symbol),
            _ => Self::Other,
        }
    }
}

/// The way to one shard.
struct Lane {
    redis: Redis,
    shard: Shard,
    health: Health,
    /// The requests that are not written yet, oldest first.
    waiting: VecDeque<Sending>,
}

impl Lane {
    async fn run(mut self, mut arriving: mpsc::UnboundedReceiver<Sending>) {
        let stream = self.shard.key(REQUEST_STREAM);
        loop {
            if self.waiting.is_empty() {
                self.health.set_ready();
                match arriving.recv().await {
                    Some(sending) => self.waiting.push_back(sending),
                    None => return,
                }
            }
            while let Ok(sending) = arriving.try_recv() {
                self.waiting.push_back(sending);
            }
            self.drop_what_is_late();
            let count = self.waiting.len().min(BATCH_LEN);
            let mut batch = self.redis.batch();
            for sending in self.waiting.iter().take(count) {
                batch.append(&stream, &sending.fields);
            }
            match batch.send().await {
                Ok(_) => {
                    for sending in self.waiting.drain(..count) {
                        // An error means that the process is stopping.
                        let _ = sending.delivered.map(|delivered| delivered.send(()));
                    }
                }
                Err(error) => {
                    self.health.set_not_ready(error.to_string());
                    sleep(RETRY_INTERVAL).await;
                }
            }
        }
    }

    /// Drops prices that have waited for too long, if a later one is waiting.
    fn drop_what_is_late(&mut self) {
        let is_late = |sending: &Sending| sending.at.elapsed() > LATE_AFTER;
        if !self.waiting.front().is_some_and(is_late) {
            return;
        }
        let mut last = HashMap::new();
        for (place, sending) in self.waiting.iter().enumerate() {
            last.insert(sending.what, place);
        }
        let mut place = 0;
        self.waiting.retain(|sending| {
            let is_last = last.get(&sending.what) == Some(&place);
            place += 1;
            sending.what == What::Other || is_last || !is_late(sending)
        });
    }
}

async fn write_others(mut arriving: mpsc::Receiver<OtherSending>, health: Health) {
    while let Some(sending) = arriving.recv().await {
        match sending {
            OtherSending::Batch(mut batch) => {
                while let Err(error) = batch.send().await {
                    health.set_not_ready(error.to_string());
                    sleep(RETRY_INTERVAL).await;
                }
                health.set_ready();
            }
            // An error means that the process is stopping.
            OtherSending::Flush(written) => drop(written.send(())),
        }
    }
}
