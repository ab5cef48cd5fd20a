//! The main loop: read entries, start deliveries, acknowledge what is sent.

use crate::config::Config;
use crate::letter::Letter;
use crate::metering;
use crate::outbox::{Outbox, Outcome};
use crate::transport::Transport;
use messages::{EntryId, MAIL_GROUP, MAIL_STREAM, MailEntry, StreamMessage as _};
use service::Health;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use streams::{Delivery, Failure, Group, GroupConfig, Redis};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// The time for which a read blocks when no delivery is in progress: a stop is noticed within it.
const READ_BLOCK: Duration = Duration::from_millis(500);

/// The maximum time a new mail waits to be read while deliveries are in progress.
const READ_INTERVAL: Duration = Duration::from_millis(50);

/// The maximum number of mails held at the same time, being sent or waiting for a retry. More stay
/// in the stream, where their time limit does not run.
const HELD_MAX: usize = 200;

/// The pause between attempts to reach Redis.
const RETRY_INTERVAL: Duration = Duration::from_millis(500);

/// The interval at which acknowledged entries are trimmed and the lag is measured.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(10);

/// Runs the mailer until `shutdown`. Outages of Redis and of the provider are waited for.
pub async fn run(
    config: &Config,
    transport: Transport,
    redis: &Redis,
    health: &Health,
    shutdown: CancellationToken,
) {
    metering::describe(transport.name());
    tracing::info!(transport = transport.name(), from = %config.mail_from, "sending mails");
    let member = GroupConfig {
        confirmed: false,
        group: MAIL_GROUP.to_owned(),
        consumer: config.consumer.clone(),
        claim_idle: config.claim_idle(),
    };
    let waiting = |reason| health.set_not_ready(reason);
    let joined = Group::join_when_available(redis, MAIL_STREAM, member, waiting, &shutdown).await;
    let Some(group) = joined else { return };
    let (send_timeout, patience) = (config.send_timeout(), config.patience());
    let outbox = Outbox::new(transport, config.sends_max, send_timeout, patience, shutdown.clone());
    let mut mailer = Mailer {
        group,
        outbox: Arc::new(outbox),
        tasks: JoinSet::new(),
        under_way: HashMap::new(),
        done: Vec::new(),
    };
    let mut kept_up: Option<Instant> = None;
    health.set_ready();
    while !shutdown.is_cancelled() {
        match mailer.turn().await {
            Ok(()) => health.set_ready(),
            Err(error) => {
                health.set_not_ready(format!("waiting for Redis: {error}"));
                sleep(RETRY_INTERVAL).await;
                continue;
            }
        }
        if kept_up.is_none_or(|at| at.elapsed() >= UPKEEP_INTERVAL) {
            kept_up = Some(Instant::now());
            if let Some(lag) = redis.keep_trimmed(MAIL_STREAM).await {
                metrics::gauge!("velox_worker_lag_entries", "worker" => MAIL_GROUP)
                    .set(service::count(lag));
            }
        }
    }
    mailer.finish().await;
    tracing::info!("stopped");
}

struct Mailer {
    group: Group,
    outbox: Arc<Outbox>,
    tasks: JoinSet<Outcome>,
    /// The delivery of each task.
    under_way: HashMap<Id, Delivery>,
    /// Completed but not yet acknowledged: more than a few only while Redis is unavailable.
    done: Vec<EntryId>,
}

impl Mailer {
    /// Settles completed deliveries, acknowledges them, and starts new ones.
    async fn turn(&mut self) -> Result<(), streams::Error> {
        let is_idle = self.tasks.is_empty();
        if !is_idle
            && let Ok(Some(ended)) = timeout(READ_INTERVAL, self.tasks.join_next_with_id()).await
        {
            self.settle(ended).await;
        }
        while let Some(ended) = self.tasks.try_join_next_with_id() {
            self.settle(ended).await;
        }
        self.acknowledge().await?;
        let room = HELD_MAX.saturating_sub(self.tasks.len());
        if room > 0 {
            let block = if is_idle { READ_BLOCK } else { Duration::ZERO };
            for delivery in self.group.next(room, block).await? {
                self.take(delivery).await;
            }
        }
        Ok(())
    }

    async fn take(&mut self, delivery: Delivery) {
        let id = delivery.entry.id;
        // A stream that was lost and restored may deliver an entry again that is in progress.
        let is_held = self.under_way.values().any(|held| held.entry.id == id);
        if is_held || self.done.contains(&id) {
            return;
        }
        let entry = match MailEntry::decode(&delivery.entry.fields) {
            Ok(entry) => entry,
            Err(error) => return self.fail(&delivery, &error.to_string()).await,
        };
        let (mail_id, kind) = (entry.mail_id, entry.mail.kind());
        tracing::debug!(entry.id = %id, mail.id = %mail_id, kind, "delivering a mail");
        let letter = match Letter::write(entry) {
            Ok(letter) => letter,
            Err(error) => return self.give_up(&delivery, &error.to_string()).await,
        };
        let outbox = Arc::clone(&self.outbox);
        let task = self.tasks.spawn(async move { outbox.deliver(&letter).await });
        self.under_way.insert(task.id(), delivery);
    }

    async fn settle(&mut self, ended: Result<(Id, Outcome), JoinError>) {
        let (task, outcome) = match ended {
            Ok(ended) => ended,
            Err(error) => (error.id(), Outcome::Unsent(error.to_string())),
        };
        let delivery = self.under_way.remove(&task).expect("it was inserted with the task");
        let id = delivery.entry.id;
        match outcome {
            Outcome::Sent => {
                self.done.push(id);
                self.count("sent");
            }
            Outcome::Expired => {
                self.done.push(id);
                self.count("expired");
            }
            Outcome::Refused(reason) => self.give_up(&delivery, &reason).await,
            Outcome::Unsent(reason) => self.fail(&delivery, &reason).await,
            Outcome::Stopped => {}
        }
    }

    /// Keeps what it cannot acknowledge until Redis is available: a redelivered mail would be sent
    /// again, unless the provider recognises the mail's id.
    async fn acknowledge(&mut self) -> Result<(), streams::Error> {
        if let Err(error) = self.group.acknowledge(&self.done).await {
            tracing::debug!(%error, mails = self.done.len(), "sent mails cannot be acknowledged yet");
            return Err(error);
        }
        self.done.clear();
        Ok(())
    }

    async fn give_up(&mut self, delivery: &Delivery, reason: &str) {
        match self.group.give_up(delivery, reason).await {
            Ok(()) => self.note_dead_letter(delivery, reason),
            Err(error) => log_unrecorded(delivery, &error),
        }
    }

    async fn fail(&mut self, delivery: &Delivery, reason: &str) {
        match self.group.fail(delivery, reason).await {
            Ok(Failure::WillRetry) => {
                let (id, deliveries) = (delivery.entry.id, delivery.deliveries);
                tracing::warn!(entry.id = %id, reason, deliveries, "a delivery failed; retrying later");
            }
            Ok(Failure::DeadLettered) => self.note_dead_letter(delivery, reason),
            Err(error) => log_unrecorded(delivery, &error),
        }
    }

    fn note_dead_letter(&self, delivery: &Delivery, reason: &str) {
        self.count("dead_lettered");
        tracing::error!(entry.id = %delivery.entry.id, reason, "mail dead-lettered");
    }

    fn count(&self, outcome: &'static str) {
        let transport = self.outbox.transport().name();
        metrics::counter!("velox_mails_total", "transport" => transport, "outcome" => outcome)
            .increment(1);
    }

    /// Completes the attempts in progress, within the time limit of an attempt; mails that wait for
    /// a retry are left to the next start.
    async fn finish(mut self) {
        while let Some(ended) = self.tasks.join_next_with_id().await {
            self.settle(ended).await;
        }
        if let Err(error) = self.acknowledge().await {
            let mails = self.done.len();
            tracing::warn!(%error, mails, "sent mails cannot be acknowledged and will be sent again");
        }
    }
}

/// Logs that a failure could not be recorded; the entry will be delivered again.
fn log_unrecorded(delivery: &Delivery, error: &streams::Error) {
    tracing::warn!(entry.id = %delivery.entry.id, %error, "a failed delivery could not be recorded");
}
