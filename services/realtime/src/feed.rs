//! Reader of Redis channels, which feeds the board and the users' connections.

use crate::board::Topic;
use crate::candles::RunningCandles;
use crate::fstream::{self, Keeper, Liquidations, MarketStreams};
use crate::protocol;
use crate::server::Shared;
use futures_util::future::select_all;
use markets::Markets;
use messages::{
    MarkPrice, MarketPrice, Notification, Shard, UserId, last_mark_key, last_price_key,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use service::Health;
use session::{Ended, LISTEN_KEY_ENDED, SESSION_ENDED, Session, SessionId};
use std::time::{Duration, SystemTime};
use streams::{Message, Redis, Subscription};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};
use uuid::Uuid;

/// The minimum interval between wake-ups of readers: faster updates are conflated for all of them
/// at once.
const ANNOUNCE_INTERVAL: Duration = Duration::from_millis(5);

/// The channels that are subscribed to, besides those of the accounts.
const PATTERNS: [&str; 4] = ["market:*", "mark:*", SESSION_ENDED, LISTEN_KEY_ENDED];

/// The interval at which it is checked what is due to be sent to clients of the Binance protocol.
const BEAT: Duration = Duration::from_millis(50);

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
    pub shared: &'a Shared,
    pub health: &'a Health,
}

/// The subscriptions: one, or with shards that have tags another one for each of them, on its server.
struct Channels {
    subscriptions: Vec<Subscription>,
    /// Whether each of them is connected.
    heard: Vec<bool>,
}

impl Channels {
    fn subscribe(redis: &Redis) -> Self {
        let of_accounts: Vec<String> = redis.shards().all().map(Shard::user_channels).collect();
        let subscriptions = if redis.shards().is_tagged() {
            let of_shards = of_accounts.iter().map(|name| Subscription::closed(redis, &[name]));
            std::iter::once(Subscription::closed(redis, &PATTERNS)).chain(of_shards).collect()
        } else {
            let mut names = PATTERNS.to_vec();
            names.extend(of_accounts.iter().map(String::as_str));
            vec![Subscription::closed(redis, &names)]
        };
        let heard = vec![false; subscriptions.len()];
        Self { subscriptions, heard }
    }

    /// Waits for the next message. The connection counts as interrupted with the first subscription
    /// that is, and as made again with the last.
    async fn next(&mut self) -> Message {
        if let [only] = &mut self.subscriptions[..] {
            return only.next().await;
        }
        loop {
            let waiting = self.subscriptions.iter_mut().map(|one| Box::pin(one.next()));
            let (message, index, _) = select_all(waiting).await;
            let was_complete = self.heard.iter().all(|is_heard| *is_heard);
            match message {
                Message::Text { .. } => return message,
                Message::Interrupted => self.heard[index] = false,
                Message::Reconnected => self.heard[index] = true,
            }
            if was_complete != self.heard.iter().all(|is_heard| *is_heard) {
                return message;
            }
        }
    }
}

/// Returns the account of a notification.
fn account_in(payload: &str) -> Option<&str> {
    payload.split_once(r#""userId":""#)?.1.split('"').next()
}

/// The streams that are made from the prices, and from the events of all accounts.
struct Made {
    candles: RunningCandles,
    streams: MarketStreams,
    liquidations: Liquidations,
}

impl FeedReader<'_> {
    /// Runs forever, and reconnects after outages.
    pub async fn run(self) {
        let mut channels = Channels::subscribe(self.redis);
        let streams = MarketStreams::new(Keeper::start(self.redis.clone()));
        let mut made = Made {
            candles: RunningCandles::default(),
            streams,
            liquidations: Liquidations::default(),
        };
        let mut markets = self.shared.markets.clone();
        let mut announced = Instant::now();
        let mut is_announced = true;
        let mut beat = interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let message = tokio::select! {
                message = channels.next() => message,
                listed = markets.changed() => {
                    self.post_last_prices(&listed, &mut made).await;
                    continue;
                }
                () = sleep_until(announced + ANNOUNCE_INTERVAL), if !is_announced => {
                    self.announce(&mut made);
                    (announced, is_announced) = (Instant::now(), true);
                    continue;
                }
                _ = beat.tick() => {
                    made.streams.send_due(&self.shared.hub);
                    made.liquidations.send_due(&self.shared.hub);
                    self.shared.hub.announce();
                    continue;
                }
            };
            match message {
                Message::Text { channel, payload } => match channel.split_once(':') {
                    Some((kind @ ("market" | "mark"), _)) => {
                        match kind {
                            "mark" => self.mark(&payload, &mut made),
                            _ => self.price(&payload, &mut made),
                        }
                        is_announced = false;
                        if announced.elapsed() >= ANNOUNCE_INTERVAL {
                            self.announce(&mut made);
                            (announced, is_announced) = (Instant::now(), true);
                        }
                    }
                    Some(("user", account)) => self.account(account, &payload, &mut made),
                    Some(("users", _)) => {
                        if let Some(account) = account_in(&payload) {
                            self.account(account, &payload, &mut made);
                        }
                    }
                    Some(("session", _)) => self.session_ended(&payload),
                    Some(("listen-key", _)) => self.shared.registry.end(&payload),
                    _ => {}
                },
                Message::Interrupted => {
                    made.candles.interrupted();
                    self.health.set_not_ready("waiting for Redis");
                    self.shared.status.set_heard(false, &self.shared.board);
                }
                Message::Reconnected => {
                    self.catch_up(&mut made).await;
                    self.health.set_ready();
                    self.shared.status.set_heard(true, &self.shared.board);
                }
            }
        }
    }

    /// Lets the clients know what is new.
    fn announce(&self, made: &mut Made) {
        for (account, call) in self.shared.margin_watch.take_due() {
            self.shared.registry.warn(account, &call);
        }
        self.shared.board.announce();
        made.streams.send_quotes(&self.shared.markets.now(), &self.shared.hub);
        self.shared.hub.announce();
    }

    fn price(&self, payload: &str, made: &mut Made) {
        let price: MarketPrice = match serde_json::from_str(payload) {
            Ok(price) => price,
            Err(error) => {
                tracing::warn!(%error, "a price can't be read");
                return;
            }
        };
        let symbol = price.trade.symbol;
        made.streams.take(&price, &self.shared.hub);
        self.shared.margin_watch.take_price(&price);
        // The first prices of a new instrument may come before the list that has it.
        let Some(market) = self.shared.markets.now().index_of(symbol) else { return };
        self.shared.tapes.add(market, &price);
        self.shared.board.post(Topic::Price(market), protocol::price_update(&price));
        for (timeframe, candle) in made.candles.add(&price) {
            let text = protocol::candle_update(symbol, timeframe, &candle);
            self.shared.board.post(Topic::Candle(market, timeframe), text);
        }
    }

    fn mark(&self, payload: &str, made: &mut Made) {
        let price: MarkPrice = match serde_json::from_str(payload) {
            Ok(price) => price,
            Err(error) => {
                tracing::warn!(%error, "a mark price can't be read");
                return;
            }
        };
        made.streams.take_mark(&price);
        self.shared.margin_watch.take_mark(&price);
        let Some(market) = self.shared.markets.now().index_of(price.symbol) else { return };
        self.shared.board.post(Topic::Mark(market), protocol::mark_update(&price));
    }

    fn account(&self, account: &str, payload: &str, made: &mut Made) {
        // The owners of most accounts are connected elsewhere or not at all.
        let member = account.parse::<UserId>().ok().filter(|id| self.shared.members.has(*id));
        if member.is_none() && !fstream::may_be_liquidation(payload) {
            return;
        }
        match Notification::from_json(payload) {
            Ok(notification) => {
                made.liquidations.take(&notification.event);
                let Some(account) = member else { return };
                let request_id = notification.event.request_id.map(tracing::field::display);
                tracing::debug!(request.id = request_id, event.id = %notification.id, "delivered");
                let began = SystemTime::now();
                self.shared.members.deliver(account, &protocol::account_updates(&notification));
                trace(payload, began);
            }
            Err(error) => tracing::warn!(%error, user.id = %account, "an event can't be read"),
        }
    }

    fn session_ended(&self, payload: &str) {
        match serde_json::from_str::<Ended>(payload) {
            Ok(ended) => {
                self.shared.members.end(&ended);
                if let Some(SessionId(id)) = ended.session_id {
                    self.api_key_ended(id);
                }
            }
            Err(error) => tracing::warn!(%error, "the end of a session can't be read"),
        }
    }

    /// Ends the listen key of an API key; a session that is none has no listen key.
    fn api_key_ended(&self, api_key: Uuid) {
        self.shared.registry.end_of_api_key(api_key);
        let keys = self.shared.listen_keys.clone();
        tokio::spawn(async move {
            if let Err(error) = keys.end_of_api_key(api_key).await {
                tracing::warn!(%error, "the listen key of a deleted API key can't be removed");
            }
        });
    }

    /// Catches up after an outage: with the latest prices of each symbol, and with the sessions and
    /// listen keys that have ended.
    async fn catch_up(&self, made: &mut Made) {
        for key in self.shared.registry.keys() {
            if let Ok(None) = self.shared.listen_keys.find(&key).await {
                self.shared.registry.end(&key);
            }
        }
        for session in self.shared.members.sessions() {
            if !self.shared.identity.is_open(&session).await.unwrap_or(true) {
                let Session { user_id, id, .. } = session;
                self.shared.members.end(&Ended { user_id, session_id: Some(id) });
            }
        }
        self.post_last_prices(&self.shared.markets.now(), made).await;
    }

    async fn post_last_prices(&self, markets: &Markets, made: &mut Made) {
        for (market, symbol) in markets.symbols().enumerate() {
            if let Some(kept) = fstream::load(self.redis, symbol).await {
                made.streams.restore(symbol, kept);
            }
            if let Some(price) = self.read::<MarketPrice>(&last_price_key(symbol)).await {
                made.streams.take(&price, &self.shared.hub);
                self.shared.tapes.add(market, &price);
                self.shared.board.post(Topic::Price(market), protocol::price_update(&price));
            }
            if let Some(price) = self.read::<MarkPrice>(&last_mark_key(symbol)).await {
                made.streams.take_mark(&price);
                self.shared.board.post(Topic::Mark(market), protocol::mark_update(&price));
            }
        }
        self.announce(made);
    }

    /// Reads the last value of a key, if there is one.
    async fn read<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        serde_json::from_str(&self.redis.get(key).await.ok()??).ok()
    }
}
