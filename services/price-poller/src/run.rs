//! Chooses the source of trades and connects it to the publisher.

use crate::binance::Binance;
use crate::config::{Config, PriceFeed};
use crate::feed::{FeedState, Trades};
use crate::history::Backfill;
use crate::metering;
use crate::publisher::Publisher;
use crate::{replay, sim, sim_history};
use messages::{Feed, MarketPrice, Symbol, Trade, last_price_key};
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
    let publisher = Publisher::new(&config, redis.clone(), state.clone(), health);
    let publishing = tokio::spawn(publisher.run(arrived));
    let source = shutdown.run_until_cancelled(Box::pin(deliver(&config, &redis, &trades, &state)));
    let outcome = source.await.unwrap_or(Ok(()));
    if outcome.is_ok() {
        // After the end of a recording its last price and the status remain.
        shutdown.cancelled().await;
    }
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
    trades: &Trades,
    state: &FeedState,
) -> anyhow::Result<()> {
    match config.price_feed {
        PriceFeed::Binance => binance(config, redis, trades, state).run().await,
        PriceFeed::Replay => replay::run(config, redis, trades, state).await?,
        PriceFeed::Sim => simulate(config, redis, trades, state).await?,
        PriceFeed::Auto => {
            if !try_binance(binance(config, redis, trades, state)).await {
                state.switch_to(Feed::Sim);
                tracing::warn!(
                    "Binance does not answer: PRICES ARE SIMULATED until the poller is started \
                     again; PRICE_FEED=binance waits for Binance instead"
                );
                simulate(config, redis, trades, state).await?;
            }
        }
    }
    Ok(())
}

fn binance<'a>(
    config: &'a Config,
    redis: &Redis,
    trades: &'a Trades,
    state: &'a FeedState,
) -> Binance<'a> {
    let mut binance = Binance::new(config, trades, state);
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

async fn simulate(
    config: &Config,
    redis: &Redis,
    trades: &Trades,
    state: &FeedState,
) -> anyhow::Result<()> {
    let seed = config.sim_seed.unwrap_or_else(rand::random);
    let mut last = [None; Symbol::ALL.len()];
    for symbol in Symbol::ALL {
        last[symbol.index()] = match last_trade(redis, symbol).await {
            None if config.history => Some(sim_history::write(config, seed, redis, symbol).await?),
            last => last,
        };
    }
    sim::run(config, seed, last, trades, state).await;
    Ok(())
}

/// Reads the last trade of the poller's previous run, waiting for Redis.
async fn last_trade(redis: &Redis, symbol: Symbol) -> Option<Trade> {
    loop {
        match redis.get(&last_price_key(symbol)).await {
            Ok(json) => return remembered(&json?),
            Err(error) => {
                tracing::warn!(%error, "waiting for Redis to read the last prices");
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        }
    }
}

/// Parses the trade of a remembered price. Earlier versions stored the bare trade under the key.
fn remembered(json: &str) -> Option<Trade> {
    let price = serde_json::from_str(json).map(|price: MarketPrice| price.trade);
    let trade = price.or_else(|_| serde_json::from_str(json)).ok()?;
    trade.checked().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remembered_price_is_read_and_so_is_the_bare_trade_of_old() {
        let trade = Trade {
            symbol: Symbol::BtcUsdt,
            trade_id: 7,
            price: "92000.5".parse().unwrap(),
            qty: "0.1".parse().unwrap(),
            time_us: 1_703_001_234_567_000,
        };
        let (bid, ask) = ("92000".parse().unwrap(), "92001".parse().unwrap());
        let (disputed, run) = (None, None);
        let timestamp_ms = 1_703_001_234_567;
        let price = MarketPrice { bid, ask, timestamp_ms, trade, disputed, run };
        assert_eq!(remembered(&price.to_json()), Some(trade));
        assert_eq!(remembered(&serde_json::to_string(&trade).unwrap()), Some(trade));
        assert_eq!(remembered("garbage"), None);
    }
}
