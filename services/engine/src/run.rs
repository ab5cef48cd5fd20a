//! Engine lifecycle: recover → follow → lead, restarting from the newest snapshot when Redis has
//! lost history.

use crate::config::{Config, Settings, UnknownShard};
use crate::engine::{Engine, Surroundings};
use crate::listing::{self, Wanted};
use crate::metering;
use crate::observer::observe;
use crate::production::Production;
use crate::recovery::{self, Recovered, RecoveryError, Refusal};
use crate::shard_metrics;
use crate::status::StatusKey;
use crate::world::{Clock as _, World};
use messages::{EngineState, EntryId, Shard};
use service::{DatabaseNeed, Health};
use sqlx::PgPool;
use std::panic::resume_unwind;
use std::thread;
use std::time::Duration;
use streams::Redis;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// The pause between attempts to reach PostgreSQL or Redis.
const RETRY_INTERVAL: Duration = Duration::from_millis(200);

/// The reason why the engine stopped.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The engine refuses to trade until an operator has decided what to do.
    #[error("{}", final_status(.0))]
    Refused(#[from] Refusal),
    /// One shard refuses to trade. The others have stopped by now, too.
    #[error("{shard}: {}", final_status(.refusal))]
    ShardRefused {
        /// The shard.
        shard: Shard,
        /// The reason.
        refusal: Refusal,
    },
    /// `ENGINE_SHARDS` is invalid.
    #[error(transparent)]
    Shards(#[from] UnknownShard),
    /// The list of instruments is invalid.
    #[error("the list of instruments is invalid: {0}")]
    Markets(#[from] markets::FileError),
    /// The system cannot provide the thread of the main loop.
    #[error("the main loop cannot be started: {0}")]
    NoThread(std::io::Error),
}

/// The reason why the main loop returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The service is shutting down.
    Stopped,
    /// Another engine leads.
    LostLease,
    /// The state is invalid: Redis does not hold the history that it was computed from. The text
    /// is the reason, for operators.
    StartOver(&'static str),
}

/// Redis has lost the stream, its end, or outputs.
pub const HISTORY_LOST: Turn = Turn::StartOver("Redis has lost entries or outputs");

/// Runs the engine until `shutdown`.
///
/// # Errors
/// [`EngineError::Refused`] when history is missing, [`EngineError::Shards`] when a shard in
/// `ENGINE_SHARDS` does not exist, [`EngineError::Markets`] when the list of
/// instruments is invalid, [`EngineError::NoThread`] when the thread of
/// the loop cannot be started. Outages of Redis and PostgreSQL are waited for.
pub async fn run(
    config: &Config,
    redis: Redis,
    pool: PgPool,
    health: Health,
    shutdown: CancellationToken,
) -> Result<(), EngineError> {
    let all = redis.shards();
    let shards = config.shards(all)?;
    shard_metrics::describe(metering::METRICS, all);
    shard_metrics::deployed(all);
    let wanted = listing::follow(config, health.clone(), shutdown.clone())?;
    // Without PostgreSQL, trading continues; only snapshots wait.
    service::watch_database(pool.clone(), health.clone(), DatabaseNeed::Optional, shutdown.clone());
    let mut loops = JoinSet::new();
    for shard in shards {
        // A single shard is the engine.
        let health = if all.is_tagged() { health.part(shard.to_string()) } else { health.clone() };
        let observing = observe(redis.clone(), shard, health.clone());
        tokio::spawn(shutdown.clone().run_until_cancelled_owned(observing));
        let surroundings = (wanted.clone(), health, shutdown.clone());
        loops.spawn(run_shard(config.clone(), redis.clone(), pool.clone(), shard, surroundings));
    }
    if all.is_tagged() {
        health.set_ready();
    }
    let mut outcome = Ok(());
    while let Some(ended) = loops.join_next().await {
        let ended = ended.unwrap_or_else(|error| resume_unwind(error.into_panic()));
        if let (Err(error), false) = (&ended, loops.is_empty()) {
            tracing::error!(%error, "the other shards go on");
        }
        outcome = outcome.and(ended);
    }
    outcome
}

/// Runs the loop of a shard on a thread of its own, which also serves the connections that the loop
/// waits for, so that no other thread has to wake up between an entry and its outputs. The lease,
/// snapshots and metrics run on other threads, and continue while the loop computes.
async fn run_shard(
    config: Config,
    redis: Redis,
    pool: PgPool,
    shard: Shard,
    (wanted, health, shutdown): (Wanted, Health, CancellationToken),
) -> Result<(), EngineError> {
    let (settings, aside) = (config.settings(shard), Handle::current());
    let equity_interval = Duration::from_millis(config.equity_interval_ms);
    let runtime =
        Builder::new_current_thread().enable_all().build().map_err(EngineError::NoThread)?;
    let (ended, end) = oneshot::channel();
    let the_loop = move || {
        shard_metrics::belongs_to(shard);
        let outcome = runtime.block_on(async {
            let world = Production::new(&redis, shard, pool, aside, equity_interval);
            run_in(&world, settings, wanted, health, shutdown).await
        });
        // An error means that the receiver was dropped during shutdown.
        let _ = ended.send(outcome);
    };
    let name =
        if shard.is_tagged() { format!("loop {}", shard.number()) } else { "loop".to_owned() };
    let thread = thread::Builder::new().name(name).spawn(the_loop);
    let thread = thread.map_err(EngineError::NoThread)?;
    match end.await {
        Ok(outcome) if shard.is_tagged() => {
            outcome.map_err(|refusal| EngineError::ShardRefused { shard, refusal })
        }
        Ok(outcome) => Ok(outcome?),
        Err(_) => resume_unwind(thread.join().expect_err("only a panic drops the sender")),
    }
}

/// Runs the engine in any environment until `shutdown`.
///
/// # Errors
/// When history is missing. Outages are waited for.
pub async fn run_in<W: World>(
    world: &W,
    settings: Settings,
    wanted: Wanted,
    health: Health,
    shutdown: CancellationToken,
) -> Result<(), Refusal> {
    let mut status = StatusKey::new(world, settings.shards);
    let result = live(world, settings, wanted, &mut status, &health, &shutdown).await;
    health.set_not_ready("stopped");
    let final_status = match &result {
        Ok(()) => "stopped on request".to_owned(),
        Err(refusal) => final_status(refusal),
    };
    status.set_final(final_status).await;
    result
}

/// Returns the message of a refusal, for the status and for the end of the process.
fn final_status(refusal: &Refusal) -> String {
    format!("the engine refuses to trade: {refusal}")
}

/// Runs one [`Engine`] after the other. A state computed from entries that Redis then lost is
/// discarded with its engine; the next one continues from what is left.
async fn live<W: World>(
    world: &W,
    settings: Settings,
    wanted: Wanted,
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
            // A restart would begin anew; only this process knows that there was a history.
            return Err(Refusal::HistoryLost { applied: lost });
        }
        let surroundings = Surroundings {
            status: status.clone(),
            wanted: wanted.clone(),
            health: health.clone(),
            shutdown: shutdown.clone(),
        };
        let mut engine = Engine::new(world, settings, surroundings, recovered);
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
            Turn::LostLease => unreachable!("an engine that loses the lease follows"),
        }
    }
}

/// Retries until Redis and PostgreSQL are available. Returns `None` when the service shuts down.
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
