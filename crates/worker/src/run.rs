//! The worker loop: read, gather, store, acknowledge.

use crate::batch::Batch;
use crate::job::Job;
use crate::metering;
use crate::settings::{Batching, Membership};
use futures_util::future::join_all;
use messages::{EntryId, Shard};
use metrics::{Gauge, Label};
use service::Health;
use std::ops::Range;
use std::time::{Duration, Instant, SystemTime};
use store::StoreError;
use streams::{Delivery, Failure, Group, GroupConfig, Redis};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// The longest time a read waits for entries, and so the delay before a shutdown is noticed.
const READ_BLOCK: Duration = Duration::from_millis(500);

/// The pause between attempts to reach Redis or PostgreSQL.
const RETRY_INTERVAL: Duration = Duration::from_millis(500);

/// The interval at which acknowledged entries are trimmed and the lag is measured.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(10);

/// Runs a worker until `shutdown`, on the stream of each shard at the same time if there are several.
/// Waits out outages of Redis and PostgreSQL.
pub async fn run<J: Job>(
    job: &J,
    membership: Membership,
    batching: Batching,
    redis: &Redis,
    health: &Health,
    shutdown: CancellationToken,
) {
    metering::describe::<J>();
    let shards = redis.shards();
    if !J::SHARDED || !shards.is_tagged() {
        return work(job, Stream::of::<J>(None), membership, batching, redis, health, shutdown)
            .await;
    }
    let parts = shards.all().map(|shard| (shard, health.part(shard.to_string())));
    let parts: Vec<(Shard, Health)> = parts.collect();
    health.set_ready();
    let working = parts.iter().map(|(shard, health)| {
        let (membership, shutdown) = (membership.clone(), shutdown.clone());
        work(job, Stream::of::<J>(Some(*shard)), membership, batching, redis, health, shutdown)
    });
    join_all(working).await;
}

/// The stream of a worker, and the lag that its metrics show.
struct Stream {
    name: String,
    lag: Gauge,
}

impl Stream {
    fn of<J: Job>(shard: Option<Shard>) -> Self {
        let mut labels = vec![Label::new("worker", J::GROUP)];
        labels.extend(shard.map(|shard| Label::new("shard", shard.number().to_string())));
        let name = shard.map_or_else(|| J::STREAM.to_owned(), |shard| shard.key(J::STREAM));
        Self { name, lag: metrics::gauge!("velox_worker_lag_entries", labels) }
    }
}

async fn work<J: Job>(
    job: &J,
    stream: Stream,
    membership: Membership,
    batching: Batching,
    redis: &Redis,
    health: &Health,
    shutdown: CancellationToken,
) {
    let Stream { name: stream, lag: measured } = stream;
    let Membership { consumer, claim_idle } = membership;
    let config =
        GroupConfig { group: J::GROUP.to_owned(), consumer, claim_idle, confirmed: J::SHARDED };
    let waiting = |reason| health.set_not_ready(reason);
    let joined = Group::join_when_available(redis, &stream, config, waiting, &shutdown).await;
    let Some(group) = joined else { return };
    let mut worker = Worker { job, group, health, shutdown: &shutdown };
    let mut batch = Batch::new();
    let mut kept_up: Option<Instant> = None;
    health.set_ready();
    while !shutdown.is_cancelled() {
        if let Some(patience) = batch.patience(batching) {
            let block = patience.min(READ_BLOCK);
            match worker.group.next(batch.room(batching), block).await {
                Ok(deliveries) => worker.gather(deliveries, &mut batch).await,
                Err(error) => {
                    health.set_not_ready(format!("waiting for Redis: {error}"));
                    sleep(RETRY_INTERVAL).await;
                    continue;
                }
            }
        }
        if batch.patience(batching).is_none() {
            worker.store(batch.take()).await;
        }
        health.set_ready();
        if kept_up.is_none_or(|at| at.elapsed() >= UPKEEP_INTERVAL) {
            kept_up = Some(Instant::now());
            let lag = match J::KEPT {
                Some(retention) => redis.keep_recent(&stream, retention).await,
                None => redis.keep_trimmed(&stream).await,
            };
            if let Some(lag) = lag {
                measured.set(service::count(lag));
            }
        }
    }
    // One attempt to store the last batch; if it fails, the entries are delivered again.
    worker.store(batch).await;
    tracing::info!("stopped");
}

struct Worker<'a, J> {
    job: &'a J,
    group: Group,
    health: &'a Health,
    shutdown: &'a CancellationToken,
}

impl<J: Job> Worker<'_, J> {
    async fn gather(&mut self, deliveries: Vec<Delivery>, batch: &mut Batch<J::Item>) {
        let mut done: Vec<EntryId> = Vec::new();
        for delivery in deliveries {
            match J::decode(delivery.entry.id, &delivery.entry.fields) {
                Ok(Some(item)) => batch.push(delivery, item),
                Ok(None) => done.push(delivery.entry.id),
                Err(error) => self.fail(&delivery, &error.to_string()).await,
            }
        }
        self.acknowledge(&done).await;
    }

    /// Stores a batch. A refused batch is split in halves until the offending entry is found.
    async fn store(&mut self, batch: Batch<J::Item>) {
        if batch.items.is_empty() {
            return;
        }
        let (items, deliveries) = (batch.items, batch.deliveries);
        metrics::histogram!("velox_worker_batch_entries", "worker" => J::GROUP)
            .record(service::count(items.len() as u64));
        let began = SystemTime::now();
        let mut done = Vec::with_capacity(items.len());
        let mut parts: Vec<Range<usize>> = std::iter::once(0..items.len()).collect();
        while let Some(part) = parts.pop() {
            match self.store_patiently(&items[part.clone()]).await {
                Ok(()) => {
                    trace(&deliveries[part.clone()], began);
                    done.extend(deliveries[part].iter().map(|delivery| delivery.entry.id));
                }
                Err(Some(reason)) if part.len() == 1 => {
                    self.fail(&deliveries[part.start], &reason).await;
                }
                Err(Some(_)) => {
                    let middle = part.start + part.len() / 2;
                    parts.extend([middle..part.end, part.start..middle]);
                }
                // Shutdown: the rest stays unacknowledged and another member claims it.
                Err(None) => break,
            }
        }
        self.acknowledge(&done).await;
    }

    /// Stores items, waiting for PostgreSQL as long as it takes. The error is the reason why they
    /// can't be stored, or `None` on shutdown.
    async fn store_patiently(&self, items: &[J::Item]) -> Result<(), Option<String>> {
        let mut waiting = false;
        loop {
            match self.job.store(items).await {
                Ok(new) => {
                    metrics::counter!("velox_worker_rows_total", "worker" => J::GROUP)
                        .increment(new);
                    if waiting {
                        tracing::info!("PostgreSQL is available again");
                    }
                    return Ok(());
                }
                Err(StoreError::Unstorable(reason)) => return Err(Some(reason)),
                Err(error @ StoreError::Unavailable(_)) => {
                    self.health.set_not_ready(format!("waiting for {error}"));
                    if !waiting {
                        tracing::warn!(%error, items = items.len(), "waiting for PostgreSQL");
                        waiting = true;
                    }
                    if self.shutdown.run_until_cancelled(sleep(RETRY_INTERVAL)).await.is_none() {
                        return Err(None);
                    }
                }
            }
        }
    }

    async fn fail(&mut self, delivery: &Delivery, reason: &str) {
        let id = delivery.entry.id;
        match self.group.fail(delivery, reason).await {
            Ok(Failure::WillRetry) => {
                tracing::warn!(entry.id = %id, reason, deliveries = delivery.deliveries, "entry can't be stored");
            }
            Ok(Failure::DeadLettered) => {
                metrics::counter!("velox_worker_dead_letters_total", "worker" => J::GROUP)
                    .increment(1);
                tracing::error!(entry.id = %id, reason, "entry dead-lettered");
            }
            Err(error) => tracing::warn!(entry.id = %id, %error, "recording a failure failed"),
        }
    }

    /// Acknowledges entries. On failure they are delivered again and stored again without effect.
    async fn acknowledge(&mut self, ids: &[EntryId]) {
        if ids.is_empty() {
            return;
        }
        metrics::counter!("velox_worker_entries_total", "worker" => J::GROUP)
            .increment(ids.len() as u64);
        if let Err(error) = self.group.acknowledge(ids).await {
            tracing::warn!(%error, entries = ids.len(), "acknowledging entries failed");
        }
    }
}

/// Records a span for each stored entry that belongs to a trace.
fn trace(deliveries: &[Delivery], began: SystemTime) {
    if !service::is_traced() {
        return;
    }
    let now = SystemTime::now();
    for traceparent in deliveries.iter().filter_map(|delivery| delivery.entry.fields.traceparent())
    {
        service::record_span("persist", traceparent, began, now);
    }
}
