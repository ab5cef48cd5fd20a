//! The loop: read a batch, store it, acknowledge it.

use crate::config::Config;
use crate::store::{StoreError, store};
use messages::{Change, ClosedOrder, EntryId, Event, RESPONSE_STREAM, StreamMessage};
use service::Health;
use sqlx::PgPool;
use std::time::{Duration, Instant};
use streams::{Delivery, Failure, Group, GroupConfig, Redis};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// The group's name in Redis.
const GROUP: &str = "db-worker";

/// How long a read waits for entries: a stop is noticed within this.
const READ_BLOCK: Duration = Duration::from_millis(500);

/// Between attempts to reach Redis or PostgreSQL.
const RETRY_INTERVAL: Duration = Duration::from_millis(500);

/// How often acknowledged entries are dropped from the stream.
const TRIM_INTERVAL: Duration = Duration::from_secs(10);

/// A delivery that holds a closed order.
type Closure = (Delivery, Box<ClosedOrder>);

/// Runs the worker until `shutdown`. Outages of Redis and PostgreSQL are waited for.
pub async fn run(
    config: &Config,
    redis: &Redis,
    pool: &PgPool,
    health: &Health,
    shutdown: CancellationToken,
) {
    let Some(group) = join(config, redis, health, &shutdown).await else { return };
    let mut worker = Worker { group, pool, health, shutdown: &shutdown };
    let mut trimmed = Instant::now();
    health.set_ready();
    while !shutdown.is_cancelled() {
        match worker.group.next(config.batch_len, READ_BLOCK).await {
            Ok(batch) => worker.handle(batch).await,
            Err(error) => {
                health.set_not_ready(format!("waiting for Redis: {error}"));
                sleep(RETRY_INTERVAL).await;
                continue;
            }
        }
        health.set_ready();
        if trimmed.elapsed() >= TRIM_INTERVAL {
            trimmed = Instant::now();
            trim(redis).await;
        }
    }
    tracing::info!("stopped");
}

async fn join(
    config: &Config,
    redis: &Redis,
    health: &Health,
    shutdown: &CancellationToken,
) -> Option<Group> {
    while !shutdown.is_cancelled() {
        let group = GroupConfig {
            group: GROUP.to_owned(),
            consumer: config.consumer.clone(),
            claim_idle: config.claim_idle(),
        };
        match Group::join(redis, RESPONSE_STREAM, group).await {
            Ok(group) => return Some(group),
            Err(error) => {
                health.set_not_ready(format!("waiting for Redis: {error}"));
                sleep(RETRY_INTERVAL).await;
            }
        }
    }
    None
}

async fn trim(redis: &Redis) {
    match redis.trim_acknowledged(RESPONSE_STREAM).await {
        Ok(count) => tracing::debug!(count, "trimmed {RESPONSE_STREAM}"),
        Err(error) => tracing::warn!(%error, "trimming failed; it is tried again later"),
    }
}

struct Worker<'a> {
    group: Group,
    pool: &'a PgPool,
    health: &'a Health,
    shutdown: &'a CancellationToken,
}

impl Worker<'_> {
    async fn handle(&mut self, batch: Vec<Delivery>) {
        let mut closures: Vec<Closure> = Vec::new();
        let mut done: Vec<EntryId> = Vec::new();
        for delivery in batch {
            match Event::decode(&delivery.entry.fields) {
                Ok(Event { change: Change::OrderClosed(order), .. }) => {
                    closures.push((delivery, Box::new(order)));
                }
                Ok(_) => done.push(delivery.entry.id),
                Err(error) => self.fail(&delivery, &error.to_string()).await,
            }
        }
        done.extend(self.store_all(closures).await);
        self.acknowledge(&done).await;
    }

    /// Stores the orders, one by one where the batch as a whole is refused, and gives the entries
    /// that are done with.
    async fn store_all(&mut self, closures: Vec<Closure>) -> Vec<EntryId> {
        let orders: Vec<&ClosedOrder> = closures.iter().map(|(_, order)| order.as_ref()).collect();
        if self.store(&orders).await.is_ok() {
            return closures.iter().map(|(delivery, _)| delivery.entry.id).collect();
        }
        let mut done = Vec::new();
        for (delivery, order) in &closures {
            match self.store(&[order.as_ref()]).await {
                Ok(()) => done.push(delivery.entry.id),
                Err(Some(reason)) => self.fail(delivery, &reason).await,
                // Stopping: it stays unacknowledged, and the next member takes it over.
                Err(None) => break,
            }
        }
        done
    }

    /// Stores the orders in one statement, waiting for PostgreSQL as long as it takes. `Err` says
    /// why they can't be stored, or nothing when the worker is asked to stop.
    async fn store(&self, orders: &[&ClosedOrder]) -> Result<(), Option<String>> {
        let mut waiting = false;
        while !orders.is_empty() {
            match store(self.pool, orders).await {
                Ok(new) => {
                    metrics::counter!("velox_db_worker_rows_total").increment(new);
                    if waiting {
                        tracing::info!("PostgreSQL is back");
                    }
                    break;
                }
                Err(StoreError::Unstorable(reason)) => return Err(Some(reason)),
                Err(error @ StoreError::Unavailable(_)) => {
                    self.health.set_not_ready(format!("waiting for {error}"));
                    if !waiting {
                        tracing::warn!(%error, orders = orders.len(), "waiting for PostgreSQL");
                        waiting = true;
                    }
                    if self.shutdown.run_until_cancelled(sleep(RETRY_INTERVAL)).await.is_none() {
                        return Err(None);
                    }
                }
            }
        }
        Ok(())
    }

    async fn fail(&mut self, delivery: &Delivery, reason: &str) {
        let id = delivery.entry.id;
        match self.group.fail(delivery, reason).await {
            Ok(Failure::WillRetry) => {
                tracing::warn!(entry.id = %id, reason, deliveries = delivery.deliveries, "an entry can't be stored");
            }
            Ok(Failure::DeadLettered) => {
                metrics::counter!("velox_db_worker_dead_letters_total").increment(1);
                tracing::error!(entry.id = %id, reason, "an entry is dead-lettered");
            }
            Err(error) => tracing::warn!(entry.id = %id, %error, "a failure can't be noted"),
        }
    }

    /// What can't be acknowledged now is delivered again, and stored again without effect.
    async fn acknowledge(&mut self, ids: &[EntryId]) {
        if ids.is_empty() {
            return;
        }
        metrics::counter!("velox_db_worker_entries_total").increment(ids.len() as u64);
        if let Err(error) = self.group.acknowledge(ids).await {
            tracing::warn!(%error, entries = ids.len(), "entries can't be acknowledged yet");
        }
    }
}
