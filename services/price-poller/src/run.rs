//! Chooses the source of trades and connects it to the publisher.

use crate::binance::Connection;
use crate::binance_marks::MarkReader;
use crate::binance_trades::TradeReader;
use crate::config::{BinanceMarket, Config, PriceFeed};
use crate::feed::{FeedState, Trades};
use crate::history::Backfill;
use crate::history::venue::Venue;
use crate::metering;
use crate::publisher::Publisher;
use crate::subscriptions::StreamKind;
use crate::venue_fundings::VenueFundings;
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
    let publisher =
        Publisher::new(&config, redis.clone(), followed.clone(), state.clone(), health.clone());
    let mut publishing = tokio::spawn(publisher.run(arrived));
    let source = async {
        let source = Source { config: &config, redis, followed, trades, state, health };
        let delivering = Box::pin(source.deliver());
        shutdown.run_until_cancelled(delivering).await.unwrap_or(Ok(()))?;
        // After the end of a recording its last price and the status remain.
        shutdown.cancelled().await;
        Ok(())
    };
    let outcome = tokio::select! {
        outcome = source => outcome,
        // A poller without its publisher would look alive and bring no prices.
        ended = &mut publishing => bail!("the publisher has stopped: {ended:?}"),
    };
    if timeout(DRAIN_TIMEOUT, publishing).await.is_err() {
        tracing::warn!("the last trades could not be written");
    }
    tracing::info!("stopped");
    outcome
}

/// The source of trades and mark prices.
struct Source<'a> {
    config: &'a Config,
    redis: Redis,
    followed: Followed,
    trades: Trades,
    state: FeedState,
    health: Health,
}

impl Source<'_> {
    async fn deliver(&self) -> anyhow::Result<()> {
        // The first list may come after the time that `auto` waits for a venue.
        self.followed.clone().ready().await;
        match self.config.price_feed {
            PriceFeed::Binance => {
                self.binance(None).await;
                Ok(())
            }
            PriceFeed::Replay => {
                let Self { config, redis, followed, trades, state, .. } = self;
                replay::run(config, redis, followed.clone(), trades, state).await
            }
            PriceFeed::Sim => self.simulate().await,
            PriceFeed::Auto => {
                if self.try_binance().await {
                    return Ok(());
                }
                self.state.switch_to(Feed::Sim);
                self.health.set_remark("mark prices", None);
                self.health.set_remark("fundings", None);
                tracing::warn!(
                    "Binance does not answer: PRICES ARE SIMULATED until the poller is started \
                     again; PRICE_FEED=binance waits for Binance instead"
                );
                self.simulate().await
            }
        }
    }

    async fn simulate(&self) -> anyhow::Result<()> {
        let Self { config, redis, followed, trades, state, .. } = self;
        sim::run(config, redis, followed.clone(), trades, state).await
    }

    /// Runs Binance until the poller stops.
    async fn binance(&self, first_trade: Option<oneshot::Sender<()>>) {
        let Self { config, redis, followed, trades, state, health } = self;
        let (silence, futures_url) = (config.binance_silence(), &config.binance_futures_url);
        let history = config.history.then(|| Backfill::new(config, redis.clone()));
        let reader = TradeReader { trades, state, first_trade, history, is_started: false };
        let (kind, url) = match config.binance_market {
            BinanceMarket::Spot => (StreamKind::Trades, &config.binance_url),
            BinanceMarket::Futures => (StreamKind::AggregateTrades, futures_url),
        };
        let of_trades = Connection::new(kind, url, silence, followed.clone(), reader);
        let reader = MarkReader { trades, health };
        let of_marks =
            Connection::new(StreamKind::Marks, futures_url, silence, followed.clone(), reader);
        let fundings = VenueFundings {
            venue: Venue::new(&config.binance_futures_rest_url, "fapi/v1/fundingRate"),
            redis: redis.clone(),
            followed: followed.clone(),
            health,
        };
        let streams = async { tokio::join!(of_trades.run(), of_marks.run()) };
        tokio::join!(Box::pin(streams), Box::pin(fundings.run()));
    }

    /// Runs Binance until the poller stops, unless no trade arrives in time; then returns false.
    /// The source never changes later: that would be a price jump for every open position.
    async fn try_binance(&self) -> bool {
        let (first_trade, came) = oneshot::channel();
        let running = self.binance(Some(first_trade));
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
}
