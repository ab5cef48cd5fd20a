use crate::connection::{RESPONSE_TIMEOUT, Redis};
use crate::entry::text;
use crate::error::Error;
use redis::{PushInfo, PushKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// The number of messages that may wait for a slow reader. A reader that falls behind further loses
/// them and gets [`Message::Interrupted`], then [`Message::Reconnected`].
const WAITING_MAX: usize = 10_000;
/// The interval at which a silent connection is pinged.
const PING_EVERY: Duration = Duration::from_secs(10);

/// A subscription to channels, which receives messages while it is connected.
///
/// [`Subscription::next`] may be cancelled at any point without losing a message.
pub struct Subscription {
    redis: Redis,
    channels: Vec<String>,
    patterns: Vec<String>,
    incoming: mpsc::Receiver<Incoming>,
    must_start_over: Arc<AtomicBool>,
    /// The connection that carries the subscription.
    subscribed_on: Option<u64>,
    ping_at: Instant,
}

/// A message or notice from a [`Subscription`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// A published message.
    Text {
        /// The channel.
        channel: String,
        /// The payload.
        payload: String,
    },
    /// The subscription works again after an interruption. Messages published in between are lost;
    /// a reader that needs them must look them up.
    Reconnected,
    /// The subscription was interrupted; it reconnects.
    Interrupted,
}

/// A handler of a message's channel and payload. It must not block: the connection waits for it.
type Take = dyn Fn(&str, &str) + Send + Sync;

enum Incoming {
    Text { channel: String, payload: String },
    Disconnected,
}

impl Subscription {
    /// Subscribes to channels by name or by pattern (`market:*`).
    pub async fn open(redis: &Redis, patterns: &[&str]) -> Result<Self, Error> {
        let mut subscription = Self::closed(redis, patterns);
        subscription.subscribe().await?;
        Ok(subscription)
    }

    /// Subscribes at the first [`Subscription::next`], which then returns
    /// [`Message::Reconnected`].
    pub fn closed(redis: &Redis, patterns: &[&str]) -> Self {
        Self::new(redis, patterns, None)
    }

    /// Like [`Self::closed`], but the task that reads the connection calls `take` for each message,
    /// which saves waking another task. [`Subscription::next`] then reports only interruptions.
    pub(crate) fn taken_by(redis: &Redis, pattern: &str, take: Box<Take>) -> Self {
        Self::new(redis, &[pattern], Some(take))
    }

    fn new(redis: &Redis, patterns: &[&str], take: Option<Box<Take>>) -> Self {
        let is_pattern = |name: &str| name.contains(['*', '?', '[', '\\']);
        let (patterns, channels): (Vec<&str>, _) = patterns.iter().partition(|p| is_pattern(p));
        let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
        // In a cluster, all channels of one server have the same tag, and any server has the others.
        let key = channels.first().copied().unwrap_or_default();
        let (sender, incoming) = mpsc::channel(WAITING_MAX);
        let must_start_over = Arc::new(AtomicBool::new(false));
        let receive = receive(take, sender, Arc::clone(&must_start_over));
        Self {
            redis: redis.receiving(key, "subscription", Arc::new(receive)),
            channels: owned(channels),
            patterns: owned(patterns),
            incoming,
            must_start_over,
            subscribed_on: None,
            ping_at: Instant::now() + PING_EVERY,
        }
    }

    /// Waits for the next message. While Redis is unavailable, it keeps trying to reconnect.
    pub async fn next(&mut self) -> Message {
        loop {
            if self.must_start_over.load(Ordering::Acquire) {
                self.start_over();
            }
            let connected = self.redis.connected();
            if self.subscribed_on.is_some() && self.subscribed_on != connected {
                // Messages that arrived before the interruption come first.
                if let Ok(Incoming::Text { channel, payload }) = self.incoming.try_recv() {
                    return Message::Text { channel, payload };
                }
                self.subscribed_on = None;
                return Message::Interrupted;
            }
            match self.subscribe().await {
                Ok(true) => return Message::Reconnected,
                Ok(false) => {}
                // The connection logs the error and spaces the attempts.
                Err(_) => continue,
            }
            tokio::select! {
                incoming = self.incoming.recv() => match incoming {
                    Some(Incoming::Text { channel, payload }) => {
                        return Message::Text { channel, payload };
                    }
                    Some(Incoming::Disconnected) | None => {}
                },
                () = sleep_until(self.ping_at) => self.ping().await,
            }
        }
    }

    /// Returns whether the subscription is active.
    pub fn is_connected(&self) -> bool {
        self.subscribed_on.is_some() && self.subscribed_on == self.redis.connected()
    }

    /// Subscribes if necessary; returns whether it was necessary.
    async fn subscribe(&mut self) -> Result<bool, Error> {
        let connection = self.redis.connection().await?;
        if self.subscribed_on == Some(connection.number()) {
            return Ok(false);
        }
        self.subscribed_on = None;
        connection.subscribe(&self.channels, &self.patterns).await?;
        self.subscribed_on = Some(connection.number());
        self.ping_at = Instant::now() + PING_EVERY;
        Ok(true)
    }

    /// Pings the server, to notice a connection that was cut silently; the connection is dropped
    /// on an error.
    async fn ping(&mut self) {
        self.ping_at = Instant::now() + PING_EVERY;
        if let Ok(connection) = self.redis.connection().await {
            let _ = connection.run(&redis::cmd("PING"), RESPONSE_TIMEOUT).await;
        }
    }

    fn start_over(&mut self) {
        self.redis.disconnect();
        while self.incoming.try_recv().is_ok() {}
        self.must_start_over.store(false, Ordering::Release);
    }
}

fn receive(
    take: Option<Box<Take>>,
    sender: mpsc::Sender<Incoming>,
    must_start_over: Arc<AtomicBool>,
) -> impl Fn(PushInfo) + Send + Sync {
    move |push| {
        if push.kind == PushKind::SUnsubscribe {
            // The server has given the slot away, and keeps the connection.
            must_start_over.store(true, Ordering::Release);
            let _ = sender.try_send(Incoming::Disconnected);
            return;
        }
        let Some(incoming) = incoming(push) else { return };
        if let (Some(take), Incoming::Text { channel, payload }) = (&take, &incoming) {
            return take(channel, payload);
        }
        if sender.try_send(incoming).is_err() {
            must_start_over.store(true, Ordering::Release);
        }
    }
}

fn incoming(push: PushInfo) -> Option<Incoming> {
    let mut data = push.data.into_iter();
    match push.kind {
        PushKind::Disconnection => return Some(Incoming::Disconnected),
        PushKind::Message | PushKind::SMessage => {}
        // The first item is the pattern.
        PushKind::PMessage => drop(data.next()),
        _ => return None,
    }
    let channel = text(data.next()?).ok()?;
    let payload = text(data.next()?).ok()?;
    Some(Incoming::Text { channel, payload })
}

#[cfg(test)]
mod tests {
    use super::*;
    use devstack::servers::RedisServer;

    #[tokio::test]
    async fn a_reader_that_falls_too_far_behind_loses_messages_and_is_told() {
        let server = RedisServer::private().unwrap();
        let redis = Redis::new(&server.url()).unwrap();
        let mut heard = Subscription::open(&redis, &["c"]).await.unwrap();
        let mut batch = redis.batch();
        for _ in 0..=WAITING_MAX {
            batch.publish("c", "m");
        }
        batch.send().await.unwrap();
        let deadline = Instant::now() + Duration::from_secs(30);
        while !heard.must_start_over.load(Ordering::Acquire) {
            assert!(Instant::now() < deadline);
            tokio::task::yield_now().await;
        }
        assert_eq!(heard.incoming.len(), WAITING_MAX);
        assert_eq!(heard.next().await, Message::Interrupted);
        assert_eq!(heard.next().await, Message::Reconnected);
        batch.publish("c", "after").send().await.unwrap();
        let text = Message::Text { channel: "c".to_owned(), payload: "after".to_owned() };
        assert_eq!(heard.next().await, text);
    }
}
