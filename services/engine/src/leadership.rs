//! Leadership: renews the lease and owns the only fenced writer.

use crate::progress::Progress;
use crate::run::{HISTORY_LOST, Turn};
use crate::status::StatusKey;
use crate::world::{Clock as _, Log, Outputs as _, World, Writer as _};
use messages::EngineState;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use streams::{Epoch, FenceError};
use tokio_util::sync::{CancellationToken, DropGuard};

/// The interval between renewals of the lease: three may fail before it expires.
const RENEWAL_INTERVAL: Duration = Duration::from_millis(150);

/// The time without a heartbeat after which the lease is no longer renewed. Longer than a command
/// to Redis may take, and than the longest tick, which closes a million positions.
const HANG_MAX: Duration = Duration::from_secs(5);

/// The time after which the status says that outputs can't be written. A server that has just come back
/// takes them at the next attempt.
const SAID_AFTER: Duration = Duration::from_secs(1);

/// The pause between attempts to reach Redis.
const RETRY_INTERVAL: Duration = Duration::from_millis(200);

type WriterOf<W> = <<W as World>::Log as Log>::Writer;
type OutputsOf<W> = <<W as World>::Log as Log>::Outputs;

/// A counter of the loop's steps, by which other tasks see that it is running.
#[derive(Clone, Default)]
pub struct Heartbeat(Arc<AtomicU64>);

impl Heartbeat {
    pub fn beat(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn beats(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The lease and its writer. Dropping it stops the renewals.
pub struct Leadership<W: World> {
    world: W,
    epoch: Epoch,
    heartbeat: Heartbeat,
    lost: CancellationToken,
    writer: Option<WriterOf<W>>,
    _keeper: DropGuard,
}

impl<W: World> Leadership<W> {
    /// Starts to renew the lease, which was just taken, in a separate task: a long batch must not
    /// lose it.
    pub fn begin(world: &W, epoch: Epoch, heartbeat: &Heartbeat) -> Self {
        let (lost, over) = (CancellationToken::new(), CancellationToken::new());
        let keeper = keep(world.clone(), epoch.clone(), heartbeat.clone(), lost.clone());
        let keeper_over = over.clone();
        world.clock().spawn(async move {
            keeper_over.run_until_cancelled_owned(keeper).await;
        });
        Self {
            world: world.clone(),
            epoch,
            heartbeat: heartbeat.clone(),
            lost,
            writer: None,
            _keeper: over.drop_guard(),
        }
    }

    /// Completes when another engine has the lease.
    pub async fn lost(&self) {
        self.lost.cancelled().await;
    }

    /// Retries until the outputs are written: none may be skipped. Before the first write on a new
    /// connection, checks that its server holds the history that the outputs follow from.
    pub async fn write(
        &mut self,
        outputs: &mut OutputsOf<W>,
        progress: &Progress,
        status: &mut StatusKey<W>,
        shutdown: &CancellationToken,
    ) -> Result<u32, Turn> {
        let (began, mut is_logged) = (self.world.clock().elapsed(), false);
        loop {
            self.heartbeat.beat();
            let error = match self.attempt(outputs, progress).await {
                Ok(already_there) => return Ok(already_there),
                Err(Attempt::Over(turn)) => return Err(turn),
                Err(Attempt::Failed(error)) => error,
            };
            self.writer = None;
            if shutdown.is_cancelled() {
                return Err(Turn::Stopped);
            }
            if !std::mem::replace(&mut is_logged, true) {
                tracing::error!(%error, outputs = outputs.len(), "writing outputs failed; retrying");
            }
            if self.world.clock().elapsed().saturating_sub(began) >= SAID_AFTER {
                // Replicas are away: without Redis, the status could not be written.
                let message = format!("outputs can't be written: {error}");
                status.keep(EngineState::Starting, message.into()).await;
            }
            self.world.clock().sleep(RETRY_INTERVAL).await;
        }
    }

    async fn attempt(
        &mut self,
        outputs: &mut OutputsOf<W>,
        progress: &Progress,
    ) -> Result<u32, Attempt> {
        if self.writer.is_none() {
            let writer = self.world.log().writer(&self.epoch).await?;
            if !progress.is_held_by(&writer).await? {
                return Err(Attempt::Over(HISTORY_LOST));
            }
            self.writer = Some(writer);
        }
        let writer = self.writer.as_mut().expect("it was opened just now");
        Ok(writer.send(outputs).await?)
    }
}

/// The reason why an attempt to write failed.
enum Attempt {
    Failed(streams::Error),
    Over(Turn),
}

impl From<FenceError> for Attempt {
    fn from(error: FenceError) -> Self {
        match error {
            FenceError::Fenced => Self::Over(Turn::LostLease),
            FenceError::Redis(error) => Self::Failed(error),
        }
    }
}

impl From<streams::Error> for Attempt {
    fn from(error: streams::Error) -> Self {
        Self::Failed(error)
    }
}

/// Renews the lease while the loop is running and no other engine has the lease.
async fn keep<W: World>(world: W, epoch: Epoch, heartbeat: Heartbeat, lost: CancellationToken) {
    let clock = world.clock();
    let (mut beats, mut last_beat) = (heartbeat.beats(), clock.elapsed());
    loop {
        clock.sleep(RENEWAL_INTERVAL).await;
        let (now, beats_now) = (clock.elapsed(), heartbeat.beats());
        if beats_now != beats {
            (beats, last_beat) = (beats_now, now);
        }
        if now.saturating_sub(last_beat) > HANG_MAX {
            tracing::error!("the loop hangs; the lease is not renewed");
            continue;
        }
        // On an error, no other engine can take the lease from the unavailable server; an engine
        // that has taken it has fenced off this one.
        if let Ok(false) = world.log().renew(&epoch).await {
            return lost.cancel();
        }
    }
}
