//! Reader of Redis channels, which feeds the board and the users' connections.

use crate::board::{Board, Topic};
use crate::candles::RunningCandles;
use crate::identity::Identity;
use crate::members::Members;
use crate::protocol;
use crate::status::Status;
use markets::{Followed, Markets};
use messages::{MarkPrice, MarketPrice, Notification, UserId, last_mark_key, last_price_key};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use service::Health;
use session::{Ended, SESSION_ENDED, Session};
use std::time::{Duration, SystemTime};
use streams::{Message, Redis, Subscription};
use tokio::time::{Instant, sleep_until};

/// The minimum interval between wake-ups of readers: faster updates are conflated for all of them
/// at once.
const ANNOUNCE_INTERVAL: Duration = Duration::from_millis(5);

/// The channels that are subscribed to.
const PATTERNS: [&str; 4] = ["market:*", "mark:*", "user:*", SESSION_ENDED];

/// Records a span for a traced account change that was handed to the connections.
fn trace(payload: &str, began: SystemTime) {
    #[derive(Deserialize)]
    struct Followed<'a> {
        traceparent: Option<&'a str>,
    }
    if service::is_traced()
        && let Ok(Followed { traceparent: Some(traceparent) }) = serde_json::from_str(payload)
    {
        service::record_span("push", traceparent, began, SystemTime::now());
    }
}

/// Reads Redis channels and updates the clients.
pub struct FeedReader<'a> {
    pub redis: &'a Redis,
    pub markets: &'a Followed,
    pub board: &'a Board,
    pub members: &'a Members,
    pub status: &'a Status,
    pub identity: &'a Identity,
    pub health: &'a Health,
}

impl FeedReader<'_> {
    /// Runs forever, and reconnects after outages.
    pub async fn run(self) {
        let mut subscription = Subscription::closed(self.redis, &PATTERNS);
        let mut candles = RunningCandles::default();
        let mut markets = self.markets.clone();
        let mut announced = Instant::now();
        let mut is_announced = true;
        loop {
            let message = tokio::select! {
                message = subscription.next() => message,
                listed = markets.changed() => {
                    self.post_last_prices(&listed).await;
                    continue;
                }
                () = sleep_until(announced + ANNOUNCE_INTERVAL), if !is_announced => {
                    self.board.announce();
                    (announced, is_announced) = (Instant::now(), true);
                    continue;
                }
            };
            match message {
                Message::Text { channel, payload } => match channel.split_once(':') {
                    Some((kind @ ("market" | "mark"), _)) => {
                        match kind {
                            "mark" => self.mark(&payload),
                            _ => self.price(&payload, &mut candles),
                        }
                        is_announced = false;
                        if announced.elapsed() >= ANNOUNCE_INTERVAL {
                            self.board.announce();
                            (announced, is_announced) = (Instant::now(), true);
                        }
                    }
                    Some(("user", user_id)) => self.account(user_id, &payload),
                    Some(("session", _)) => self.session_ended(&payload),
                    _ => {}
                },
                Message::Interrupted => {
                    candles.interrupted();
                    self.health.set_not_ready("waiting for Redis");
                    self.status.set_heard(false, self.board);
                }
                Message::Reconnected => {
                    self.catch_up().await;
                    self.health.set_ready();
                    self.status.set_heard(true, self.board);
                }
            }
        }
    }

    fn price(&self, payload: &str, candles: &mut RunningCandles) {
        let price: MarketPrice = match serde_json::from_str(payload) {
            Ok(price) => price,
            Err(error) => {
                tracing::warn!(%error, "a price can't be read");
                return;
            }
        };
        let symbol = price.trade.symbol;
        // The first prices of a new instrument may come before the list that has it.
        let Some(market) = self.markets.now().index_of(symbol) else { return };
        self.board.post(Topic::Price(market), protocol::price_update(&price));
        for (timeframe, candle) in candles.add(&price) {
            let text = protocol::candle_update(symbol, timeframe, &candle);
            self.board.post(Topic::Candle(market, timeframe), text);
        }
    }

    fn mark(&self, payload: &str) {
        let price: MarkPrice = match serde_json::from_str(payload) {
            Ok(price) => price,
            Err(error) => {
                tracing::warn!(%error, "a mark price can't be read");
                return;
            }
        };
        let Some(market) = self.markets.now().index_of(price.symbol) else { return };
        self.board.post(Topic::Mark(market), protocol::mark_update(&price));
    }

    fn account(&self, account: &str, payload: &str) {
        // The owners of most accounts are connected elsewhere or not at all.
        let Some(account) = account.parse::<UserId>().ok().filter(|id| self.members.has(*id))
        else {
            return;
        };
        match Notification::from_json(payload) {
            Ok(notification) => {
                let request_id = notification.event.request_id.map(tracing::field::display);
                tracing::debug!(request.id = request_id, event.id = %notification.id, "delivered");
                let began = SystemTime::now();
                self.members.deliver(account, &protocol::account_updates(&notification));
                trace(payload, began);
            }
            Err(error) => tracing::warn!(%error, user.id = %account, "an event can't be read"),
        }
    }

    fn session_ended(&self, payload: &str) {
        match serde_json::from_str::<Ended>(payload) {
            Ok(ended) => self.members.end(&ended),
            Err(error) => tracing::warn!(%error, "the end of a session can't be read"),
        }
    }

    /// Catches up after an outage: with the latest prices of each symbol, and with the sessions that
    /// have ended.
    async fn catch_up(&self) {
        for session in self.members.sessions() {
            if !self.identity.is_open(&session).await.unwrap_or(true) {
                let Session { user_id, id, .. } = session;
                self.members.end(&Ended { user_id, session_id: Some(id) });
            }
        }
        self.post_last_prices(&self.markets.now()).await;
    }

    async fn post_last_prices(&self, markets: &Markets) {
        for (market, symbol) in markets.symbols().enumerate() {
            if let Some(price) = self.read::<MarketPrice>(&last_price_key(symbol)).await {
                self.board.post(Topic::Price(market), protocol::price_update(&price));
            }
            if let Some(price) = self.read::<MarkPrice>(&last_mark_key(symbol)).await {
                self.board.post(Topic::Mark(market), protocol::mark_update(&price));
            }
        }
        self.board.announce();
    }

    /// Reads the last value of a key, if there is one.
    async fn read<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        serde_json::from_str(&self.redis.get(key).await.ok()??).ok()
    }
}
