//! The time in which this engine leads: it keeps the lease, and it alone writes.

use crate::progress::Progress;
use crate::run::{HISTORY_LOST, Turn};
use crate::world::{Clock as _, Log, Outputs as _, World, Writer as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use streams::{Epoch, FenceError};
use tokio_util::sync::{CancellationToken, DropGuard};

/// How often the lease is renewed: three may fail before it expires.
const RENEWAL_INTERVAL: Duration = Duration::from_millis(150);

/// How long the loop may stand still before the lease is given up for it. More than one command to
/// Redis may take, and than the longest tick: one that closes a million positions.
const HANG_MAX: Duration = Duration::from_secs(5);

/// Between attempts to reach Redis.
const RETRY_INTERVAL: Duration = Duration::from_millis(200);

type WriterOf<W> = <<W as World>::Log as Log>::Writer;
type OutputsOf<W> = <<W as World>::Log as Log>::Outputs;

/// Counts the loop's steps, so that others see whether it goes round.
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

/// From taking the lease to losing it, or to its end for another reason: when it is dropped, the
/// lease is renewed no more.
pub struct Leadership<W: World> {
    world: W,
    epoch: Epoch,
    heartbeat: Heartbeat,
    lost: CancellationToken,
    writer: Option<WriterOf<W>>,
    _keeper: DropGuard,
}

impl<W: World> Leadership<W> {
    /// The lease was just taken; it is kept from here on by a task of its own, since a long batch
    /// must not lose it.
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

    /// Comes back when another engine has the lease.
    pub async fn lost(&self) {
        self.lost.cancelled().await;
    }

    /// Writes until it is written: outputs are never left out. Before anything goes out on a new
    /// connection, its server must hold all of the history that it follows from.
    pub async fn write(
        &mut self,
        outputs: &mut OutputsOf<W>,
        progress: &Progress,
        shutdown: &CancellationToken,
    ) -> Result<u32, Turn> {
        let mut is_logged = false;
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
                tracing::error!(%error, outputs = outputs.len(), "outputs can't be written; trying again");
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

/// Why one attempt to write did not succeed.
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

/// Renews the lease for as long as the loop goes round and nobody else has it.
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
            tracing::error!("the loop hangs; its lease is not renewed");
            continue;
        }
        // While Redis is away nobody else gets the lease; and whoever got it has fenced us off.
        if let Ok(false) = world.log().renew(&epoch).await {
            return lost.cancel();
        }
    }
}
