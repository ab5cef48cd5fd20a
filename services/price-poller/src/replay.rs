//! A recording, played at the pace at which it happened, or faster.

use crate::archive::findings::Findings;
use crate::archive::{self, ArchiveError};
use crate::config::{Config, ReplayEnd};
use crate::feed::{FeedState, Trades};
use crate::publisher::send;
use anyhow::Context as _;
use messages::{Feed, StreamMessage as _, Trade, UPLOADER_STREAM};
use std::path::Path;
use std::time::Duration;
use streams::Redis;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until};

/// How far the reading of files runs ahead of the playing.
const READ_AHEAD: usize = 4_096;

/// Trades that are stored in one transaction.
const STORE_BATCH_LEN: usize = 500;

/// While more entries than this wait for the database, a recording is not stored: some 5 MB.
const STORE_BACKLOG_MAX: u64 = 20_000;

/// How often it is looked whether the database has caught up.
const STORE_POLL: Duration = Duration::from_millis(200);

/// Plays until the end, or for ever, and stores the whole recording meanwhile.
///
/// # Errors
/// When there is nothing to play.
pub async fn run(
    config: &Config,
    redis: &Redis,
    trades: &Trades,
    state: &FeedState,
) -> anyhow::Result<()> {
    let path = config.replay_path.clone().context("REPLAY_PATH says what is replayed")?;
    if !config.history {
        return repeat(config, &path, trades, state).await;
    }
    let storing = store(&path, redis);
    tokio::try_join!(repeat(config, &path, trades, state), storing).map(|((), ())| ())
}

/// Writes all trades for the database, so that the charts show them before they are played. What
/// is stored already, or played later, is told apart by its id.
async fn store(path: &Path, redis: &Redis) -> anyhow::Result<()> {
    let mut recorded = read_ahead(archive::trades(path)?);
    let (mut batch, mut count) = (redis.batch(), 0_u64);
    // Lines that can't be read are reported by the playing.
    while let Some(trade) = recorded.recv().await {
        let Ok(trade) = trade else { continue };
        batch.append(UPLOADER_STREAM, &trade.encode());
        count += 1;
        if batch.len() == STORE_BATCH_LEN {
            send(&mut batch).await;
            wait_for_the_database(redis).await;
        }
    }
    send(&mut batch).await;
    tracing::info!(trades = count, "the recording is on its way to the database");
    Ok(())
}

async fn wait_for_the_database(redis: &Redis) {
    // An error counts as full: the next batch could not be sent either.
    while !matches!(
        redis.stream_info(UPLOADER_STREAM).await,
        Ok(info) if info.is_none_or(|info| info.length <= STORE_BACKLOG_MAX)
    ) {
        sleep(STORE_POLL).await;
    }
}

async fn repeat(
    config: &Config,
    path: &Path,
    trades: &Trades,
    state: &FeedState,
) -> anyhow::Result<()> {
    loop {
        state.connected(&format!("replaying {}", path.display()));
        // Times and ids start over.
        if trades.start(Feed::Replay).await.is_err() {
            return Ok(());
        }
        let findings = Findings::default();
        let count = play(path, config.replay_speed, trades, &findings).await?;
        let problems = findings.counts().sentence();
        if let Some(problems) = &problems {
            tracing::warn!(trades = count, problems, "the recording is over");
        } else {
            tracing::info!(trades = count, "the recording is over");
        }
        state.set_recording(problems);
        if config.replay_end == ReplayEnd::Stop || count == 0 {
            state.disconnected("the recording is over");
            return Ok(());
        }
    }
}

async fn play(
    path: &Path,
    speed: u32,
    trades: &Trades,
    findings: &Findings,
) -> anyhow::Result<u64> {
    let mut recorded = read_ahead(archive::open(path, findings)?);
    let mut is_told = false;
    let mut start: Option<(Instant, u64)> = None;
    let mut count = 0;
    while let Some(trade) = recorded.recv().await {
        let trade = match trade {
            Ok(trade) => trade,
            Err(error @ (ArchiveError::Line { .. } | ArchiveError::Foreign { .. })) => {
                // The first one; how many there are is told at the end.
                if !std::mem::replace(&mut is_told, true) {
                    tracing::warn!(%error, "skipped");
                }
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        let (started, first_us) = *start.get_or_insert_with(|| (Instant::now(), trade.time_us));
        let mut due = Instant::now();
        if speed > 0 {
            let since_us = trade.time_us.saturating_sub(first_us) / u64::from(speed);
            due = started + Duration::from_micros(since_us);
            sleep_until(due).await;
        }
        if trades.deliver(trade, due).await.is_err() {
            break;
        }
        count += 1;
    }
    Ok(count)
}

/// Reads files where it does not hold up anything else.
fn read_ahead(
    recorded: impl Iterator<Item = Result<Trade, ArchiveError>> + Send + 'static,
) -> mpsc::Receiver<Result<Trade, ArchiveError>> {
    let (sender, receiver) = mpsc::channel(READ_AHEAD);
    tokio::task::spawn_blocking(move || {
        for trade in recorded {
            if sender.blocking_send(trade).is_err() {
                return;
            }
        }
    });
    receiver
}
