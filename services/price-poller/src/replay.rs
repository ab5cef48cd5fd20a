//! Replay of a recording, at its own pace or faster.

use crate::archive::findings::Findings;
use crate::archive::{self, ArchiveError};
use crate::config::{Config, ReplayEnd};
use crate::feed::{FeedState, Trades};
use crate::publisher::send;
use anyhow::Context as _;
use markets::Followed;
use messages::{Feed, MarketData, StreamMessage as _, Trade, UPLOADER_STREAM};
use std::path::Path;
use std::time::Duration;
use streams::Redis;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until};

/// The number of trades that are read ahead of playback.
const READ_AHEAD: usize = 4_096;

/// The number of trades stored per transaction.
const STORE_BATCH_LEN: usize = 500;

/// The largest backlog of the database, in entries, at which storing continues: about 5 MB.
const STORE_BACKLOG_MAX: u64 = 20_000;

/// The interval at which the backlog of the database is checked.
const STORE_POLL: Duration = Duration::from_millis(200);

/// Plays the recording once or in a loop, and stores all of it at the same time.
///
/// # Errors
/// Returns an error when there is nothing to play.
pub async fn run(
    config: &Config,
    redis: &Redis,
    followed: Followed,
    trades: &Trades,
    state: &FeedState,
) -> anyhow::Result<()> {
    let path = config.replay_path.clone().context("REPLAY_PATH is required for a replay")?;
    if !config.history {
        return repeat(config, &path, trades, state).await;
    }
    let storing = store(&path, redis, followed);
    tokio::try_join!(repeat(config, &path, trades, state), storing).map(|((), ())| ())
}

/// Writes all trades for the database, so that charts show them before they are played. Trades that
/// are stored already, or are played later, are deduplicated by id.
async fn store(path: &Path, redis: &Redis, followed: Followed) -> anyhow::Result<()> {
    let mut recorded = read_ahead(archive::trades(path)?);
    let (mut batch, mut count) = (redis.batch(), 0_u64);
    // Playback reports the lines that can't be read.
    while let Some(trade) = recorded.recv().await {
        let Ok(trade) = trade else { continue };
        if followed.now().get(trade.symbol).is_none() {
            continue;
        }
        batch.append(UPLOADER_STREAM, &MarketData::Trade(trade).encode());
        count += 1;
        if batch.len() == STORE_BATCH_LEN {
            send(&mut batch).await;
            wait_for_the_database(redis).await;
        }
    }
    send(&mut batch).await;
    tracing::info!(trades = count, "the whole recording was sent to the database");
    Ok(())
}

async fn wait_for_the_database(redis: &Redis) {
    // An error counts as a backlog: the next batch could not be sent either.
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
                // Only the first is logged; the counts are reported at the end.
                if !std::mem::replace(&mut is_told, true) {
                    tracing::warn!(%error, "a file or line of the recording is skipped");
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

/// Reads files on a blocking thread, so that other tasks are not held up.
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
