//! Chooses the source of trades and connects it to the publisher.

use crate::binance::Binance;
use crate::config::{Config, PriceFeed};
use crate::feed::{FeedState, Trades};
use crate::history::Backfill;
use crate::metering;
use crate::publisher::Publisher;
use crate::{replay, sim};
use anyhow::bail;
use markets::Followed;
use messages::Feed;
use service::Health;
use std::time::Duration;
use streams::Redis;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// The time that `auto` waits for Binance's first trade.
const AUTO_TIMEOUT: Duration = Duration::from_secs(5);

/// The time for writing the remaining trades when the poller stops.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// Runs the poller until `shutdown`.
///
/// # Errors
/// Returns an error when there is nothing to replay.
pub async fn run(
    config: Config,
    redis: Redis,
    health: Health,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    service::describe(metering::METRICS);
    let feed = match config.price_feed {
        PriceFeed::Auto | PriceFeed::Binance => Feed::Binance,
        PriceFeed::Replay => Feed::Replay,
        PriceFeed::Sim => Feed::Sim,
    };
    let (trades, arrived) = if feed == Feed::Replay { Trades::paced() } else { Trades::live() };
    let state = FeedState::new(feed);
    let reported = health.clone();
    let missing = move |reason| reported.set_missing("markets", reason);
    let followed = markets::follow(redis.clone(), missing, shutdown.clone()).await;
    let publisher = Publisher::new(&config, redis.clone(), followed.clone(), state.clone(), health);
    let mut publishing = tokio::spawn(publisher.run(arrived));
    let source = async {
        let source = Box::pin(deliver(&config, &redis, followed, &trades, &state));
        shutdown.run_until_cancelled(source).await.unwrap_or(Ok(()))?;
        // After the end of a recording its last price and the status remain.
        shutdown.cancelled().await;
        Ok(())
    };
    let outcome = tokio::select! {
        outcome = source => outcome,
        // A poller without its publisher would look alive and bring no prices.
        ended = &mut publishing => bail!("the publisher has stopped: {ended:?}"),
    };
    drop(trades);
    if timeout(DRAIN_TIMEOUT, publishing).await.is_err() {
        tracing::warn!("the last trades could not be written");
    }
    tracing::info!("stopped");
    outcome
}

async fn deliver(
    config: &Config,
    redis: &Redis,
    mut followed: Followed,
    trades: &Trades,
    state: &FeedState,
) -> anyhow::Result<()> {
    // The first list may come after the time that `auto` waits for a venue.
    followed.ready().await;
    match config.price_feed {
        PriceFeed::Binance => binance(config, redis, followed, trades, state).run().await,
        PriceFeed::Replay => replay::run(config, redis, followed, trades, state).await?,
        PriceFeed::Sim => sim::run(config, redis, followed, trades, state).await?,
        PriceFeed::Auto => {
            if !try_binance(binance(config, redis, followed.clone(), trades, state)).await {
                state.switch_to(Feed::Sim);
                tracing::warn!(
                    "Binance does not answer: PRICES ARE SIMULATED until the poller is started \
                     again; PRICE_FEED=binance waits for Binance instead"
                );
                sim::run(config, redis, followed, trades, state).await?;
            }
        }
    }
    Ok(())
}

fn binance<'a>(
    config: &'a Config,
    redis: &Redis,
    followed: Followed,
    trades: &'a Trades,
    state: &'a FeedState,
) -> Binance<'a> {
    let mut binance = Binance::new(config, followed, trades, state);
    binance.history = config.history.then(|| Backfill::new(config, redis.clone()));
    binance
}

/// Runs Binance until the poller stops, unless no trade arrives in time; then returns false. The
/// source never changes later: that would be a price jump for every open position.
async fn try_binance(mut binance: Binance<'_>) -> bool {
    let (first_trade, came) = oneshot::channel();
    binance.first_trade = Some(first_trade);
    let running = binance.run();
    tokio::pin!(running);
    tokio::select! {
        () = &mut running => return true,
        came = timeout(AUTO_TIMEOUT, came) => if !matches!(came, Ok(Ok(()))) {
            return false;
        },
    }
    running.await;
    true
}
