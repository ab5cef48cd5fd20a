//! The engine's lives: recover, follow, lead; and from the start again when history was lost.

use crate::config::{Config, Settings};
use crate::engine::Engine;
use crate::metering;
use crate::observer::observe;
use crate::production::Production;
use crate::recovery::{self, Recovered, RecoveryError, Refusal};
use crate::status::StatusKey;
use crate::world::{Clock as _, World};
use messages::{EngineState, EntryId};
use service::{Health, Without};
use sqlx::PgPool;
use std::panic::resume_unwind;
use std::thread;
use std::time::Duration;
use streams::Redis;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

/// Between attempts to reach PostgreSQL or Redis.
const RETRY_INTERVAL: Duration = Duration::from_millis(200);

/// Why the engine stopped.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// It will not trade until a person has decided something.
    #[error("{}", final_status(.0))]
    Refused(#[from] Refusal),
    /// The system has none for the loop.
    #[error("the loop can't be started: {0}")]
    NoThread(std::io::Error),
}

/// Why the loop can't go on as it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Asked to stop.
    Stopped,
    /// Another engine leads.
    LostLease,
    /// The state is worth nothing: what it was computed from is not what Redis holds. With the
    /// reason, for operators.
    StartOver(&'static str),
}

/// The stream, its end, or outputs that follow from it, are gone.
pub const HISTORY_LOST: Turn = Turn::StartOver("Redis has lost entries or outputs");

/// Runs the engine until `shutdown`.
///
/// # Errors
/// [`EngineError::Refused`] when history is missing, [`EngineError::NoThread`] when the system has no
/// place for the loop. Outages of Redis and PostgreSQL are waited for.
pub async fn run(
    config: &Config,
    redis: Redis,
    pool: PgPool,
    health: Health,
    shutdown: CancellationToken,
) -> Result<(), EngineError> {
    service::describe(metering::METRICS);
    tokio::spawn(
        shutdown.clone().run_until_cancelled_owned(observe(redis.clone(), health.clone())),
    );
    // Without it trading goes on; snapshots have to wait.
    service::watch_database(pool.clone(), health.clone(), Without::Most, shutdown.clone());
    let (settings, aside) = (config.settings(), Handle::current());
    // A thread of its own, which also serves the connections that the loop waits for: from an entry
    // to what comes of it no other thread has to wake up. The lease, snapshots and metrics stay
    // outside, and go on while it computes.
    let runtime =
        Builder::new_current_thread().enable_all().build().map_err(EngineError::NoThread)?;
    let (ended, end) = oneshot::channel();
    let the_loop = move || {
        let outcome = runtime.block_on(async {
            run_in(&Production::new(redis, pool, aside), settings, health, shutdown).await
        });
        // Whoever does not wait for it any more need not know.
        let _ = ended.send(outcome);
    };
    let thread = thread::Builder::new().name("loop".to_owned()).spawn(the_loop);
    let thread = thread.map_err(EngineError::NoThread)?;
    match end.await {
        Ok(outcome) => Ok(outcome?),
        Err(_) => resume_unwind(thread.join().expect_err("it ends without a word by a panic")),
    }
}

/// The same in any world.
///
/// # Errors
/// When history is missing. Outages are waited for.
pub async fn run_in<W: World>(
    world: &W,
    settings: Settings,
    health: Health,
    shutdown: CancellationToken,
) -> Result<(), Refusal> {
    let mut status = StatusKey::new(world);
    let result = live(world, settings, &mut status, &health, &shutdown).await;
    health.set_not_ready("stopped");
    let final_status = match &result {
        Ok(()) => "stopped on request".to_owned(),
        Err(refusal) => final_status(refusal),
    };
    status.set_last_words(final_status).await;
    result
}

/// What is said of a refusal, in the status and when the process ends.
fn final_status(refusal: &Refusal) -> String {
    format!("the engine refuses to trade: {refusal}")
}

/// One life after the other. What a life has computed from entries that Redis then lost dies with
/// it; the next one goes on from what is left.
async fn live<W: World>(
    world: &W,
    settings: Settings,
    status: &mut StatusKey<W>,
    health: &Health,
    shutdown: &CancellationToken,
) -> Result<(), Refusal> {
    let mut lost = EntryId::MIN;
    loop {
        let Some(recovered) = recover(world, status, health, shutdown).await? else {
            return Ok(());
        };
        let is_fresh = recovered.stream_end == EntryId::MIN;
        if is_fresh && recovered.exchange.last_id() == EntryId::MIN && lost > EntryId::MIN {
            // A restart would begin anew. Who was there when all of it vanished says so.
            return Err(Refusal::HistoryLost { applied: lost });
        }
        let (health, shutdown) = (health.clone(), shutdown.clone());
        let mut engine = Engine::new(world, settings, status.clone(), health, shutdown, recovered);
        match engine.follow_and_lead().await {
            Turn::Stopped => {
                engine.leave().await;
                return Ok(());
            }
            Turn::StartOver(reason) => {
                lost = engine.last_read();
                tracing::warn!(entry.id = %lost, reason, "starting over from the newest snapshot");
                engine.step_down().await;
            }
            Turn::LostLease => unreachable!("who is deposed follows"),
        }
    }
}

/// Tries until Redis and PostgreSQL are there. `None` when asked to stop before.
async fn recover<W: World>(
    world: &W,
    status: &mut StatusKey<W>,
    health: &Health,
    shutdown: &CancellationToken,
) -> Result<Option<Recovered>, Refusal> {
    status.set(EngineState::Starting, "looking for the newest snapshot").await;
    while !shutdown.is_cancelled() {
        match recovery::recover(world).await {
            Ok(recovered) => return Ok(Some(recovered)),
            Err(RecoveryError::Refused(refusal)) => return Err(refusal),
            Err(RecoveryError::NotYet(reason)) => {
                health.set_not_ready(reason.clone());
                status.keep(EngineState::Starting, reason.into()).await;
                world.clock().sleep(RETRY_INTERVAL).await;
            }
        }
    }
    Ok(None)
}
