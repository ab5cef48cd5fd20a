//! A recording, played at the pace at which it happened, or faster.

use crate::archive::{self, ArchiveError};
use crate::config::{Config, ReplayEnd};
use crate::feed::{FeedState, Trades};
use anyhow::Context as _;
use messages::Trade;
use std::path::Path;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// How far the reading of files runs ahead of the playing.
const READ_AHEAD: usize = 4_096;

/// Plays until the end, or for ever.
///
/// # Errors
/// When there is nothing to play.
pub async fn run(config: &Config, trades: &Trades, state: &FeedState) -> anyhow::Result<()> {
    let path = config.replay_path.clone().context("REPLAY_PATH says what is replayed")?;
    loop {
        state.connected(&format!("replaying {}", path.display()));
        let count = play(&path, config.replay_speed, trades).await?;
        tracing::info!(trades = count, "the recording is over");
        if config.replay_end == ReplayEnd::Stop || count == 0 {
            state.disconnected("the recording is over");
            return Ok(());
        }
    }
}

async fn play(path: &Path, speed: u32, trades: &Trades) -> anyhow::Result<u64> {
    let mut recorded = read_ahead(archive::trades(path)?);
    let mut start: Option<(Instant, u64)> = None;
    let mut count = 0;
    while let Some(trade) = recorded.recv().await {
        let trade = match trade {
            Ok(trade) => trade,
            Err(error @ ArchiveError::Line { .. }) => {
                tracing::warn!(%error, "a line is skipped");
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        let (started, first_us) = *start.get_or_insert_with(|| (Instant::now(), trade.time_us));
        if speed > 0 {
            let since_us = trade.time_us.saturating_sub(first_us) / u64::from(speed);
            sleep_until(started + Duration::from_micros(since_us)).await;
        }
        if trades.deliver(trade).await.is_err() {
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
