//! Decides when snapshots are taken, and when they may be stored.

use crate::config::Settings;
use crate::integrity::Ends;
use crate::metering;
use crate::progress::Progress;
use crate::world::{Clock as _, SnapshotStore as _, StoreError, Stored, World};
use exchange::Exchange;
use exchange::snapshot::FrozenExchange;
use messages::EntryId;
use std::time::Duration;
use tokio::sync::oneshot::{self, Receiver};
use tokio_util::sync::{CancellationToken, DropGuard};

/// The time limit of the last snapshot when the engine stops. Without it the next start replays.
const LAST_SNAPSHOT_TIMEOUT: Duration = Duration::from_secs(10);

/// The schedule of snapshots, and the one that is being written.
pub struct Snapshots<W> {
    world: W,
    settings: Settings,
    taken: Duration,
    contains: EntryId,
    writing: Option<Writing>,
}

struct Writing {
    contains: EntryId,
    pause: Duration,
    outcome: Receiver<Result<Done, NotStored>>,
    /// Ends the work when the engine starts over: what the snapshot contains may be written again
    /// meanwhile, but only lately, so that Redis may still lose it.
    _over: DropGuard,
}

/// A stored snapshot, and the time that the work on it took.
struct Done {
    stored: Stored,
    took: Duration,
}

/// The reason why a snapshot was not stored.
#[derive(Debug, thiserror::Error)]
pub enum NotStored {
    /// Redis has lost a part of what the snapshot contains.
    #[error("Redis has lost a part of what the snapshot contains")]
    HistoryLost,
    /// Redis is unavailable.
    #[error(transparent)]
    Redis(#[from] streams::Error),
    /// The store is unavailable or has refused it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl<W: World> Snapshots<W> {
    /// Creates the schedule of an engine that starts with a state up to entry `contains`.
    pub fn new(world: &W, settings: Settings, contains: EntryId) -> Self {
        let taken = world.clock().elapsed();
        Self { world: world.clone(), settings, taken, contains, writing: None }
    }

    /// Returns whether a snapshot is due.
    pub fn is_due(&self, exchange: &Exchange) -> bool {
        let age = self.world.clock().elapsed().saturating_sub(self.taken);
        self.writing.is_none()
            && age >= self.settings.snapshot_interval
            && self.contains != exchange.last_id()
    }

    /// Takes a snapshot. All outputs of its state must be written: the next start would not compute
    /// them again.
    pub fn start(&mut self, exchange: &mut Exchange, progress: &Progress, epoch: u64) {
        let clock = self.world.clock();
        let started = clock.elapsed();
        let frozen = exchange.freeze();
        let (pause, contains) = (clock.elapsed().saturating_sub(started), frozen.last_id());
        let (sender, outcome) = oneshot::channel();
        let (world, settings, progress) = (self.world.clone(), self.settings, progress.clone());
        let over = CancellationToken::new();
        let is_over = over.clone();
        clock.spawn(async move {
            let writing = write(&world, settings, frozen, &progress, started, epoch);
            if let Some(written) = is_over.run_until_cancelled_owned(writing).await {
                // An error means that the engine has started over meanwhile.
                let _ = sender.send(written);
            }
        });
        self.taken = started;
        self.writing = Some(Writing { contains, pause, outcome, _over: over.drop_guard() });
    }

    /// Returns the outcome of the snapshot that was being written, once there is one.
    pub fn finished(&mut self) -> Option<Result<Stored, NotStored>> {
        let outcome = self.writing.as_mut()?.outcome.try_recv().ok()?;
        Some(self.conclude(outcome))
    }

    /// Stores a last snapshot, which spares the next start the replay.
    pub async fn take_last(&mut self, exchange: &mut Exchange, progress: &Progress, epoch: u64) {
        let world = self.world.clone();
        let last = async {
            self.wait().await;
            if self.contains != exchange.last_id() {
                self.start(exchange, progress, epoch);
                self.wait().await;
            }
        };
        tokio::select! {
            biased;
            () = last => {}
            () = world.clock().sleep(LAST_SNAPSHOT_TIMEOUT) => {
                tracing::warn!("the last snapshot took too long; the next start replays instead");
            }
        }
    }

    async fn wait(&mut self) {
        let Some(writing) = &mut self.writing else { return };
        let outcome = (&mut writing.outcome).await.expect("writing a snapshot does not panic");
        let _ = self.conclude(outcome);
    }

    fn conclude(&mut self, outcome: Result<Done, NotStored>) -> Result<Stored, NotStored> {
        let Writing { contains, pause, .. } =
            self.writing.take().expect("only what was started is concluded");
        match outcome {
            Ok(Done { stored, took }) => {
                self.contains = contains;
                metering::snapshot_done(pause, took, stored.bytes, self.world.clock().now_ms());
                tracing::debug!(snapshot.last_id = %contains, ?took, bytes = stored.bytes, "snapshot stored");
                Ok(stored)
            }
            // Trading continues; the next snapshot, or a replay, makes up for it.
            Err(error) => {
                tracing::warn!(%error, "a snapshot was not stored");
                Err(error)
            }
        }
    }
}

/// Encodes at once, but stores only what Redis can no longer lose. An append-only file that is
/// flushed every second may lose its last second: if a snapshot were newer than that, its last
/// outputs could be lost, and the stream could end before it.
async fn write<W: World>(
    world: &W,
    settings: Settings,
    frozen: FrozenExchange,
    progress: &Progress,
    started: Duration,
    epoch: u64,
) -> Result<Done, NotStored> {
    let clock = world.clock();
    let encoded = world.store().encode(frozen).await?;
    let encoding = clock.elapsed().saturating_sub(started);
    clock.sleep(settings.snapshot_delay.saturating_sub(encoding)).await;
    // If the last id of `response:stream` is not an output, Redis has refused outputs.
    let is_foreign = Ends::read(world.log()).await?.foreign_output().is_some();
    if is_foreign || !progress.is_held_by(world.log()).await? {
        return Err(NotStored::HistoryLost);
    }
    let storing = clock.elapsed();
    let stored = world.store().store(&encoded, epoch, settings.snapshots_kept).await?;
    let took = encoding + clock.elapsed().saturating_sub(storing);
    Ok(Done { stored, took })
}
