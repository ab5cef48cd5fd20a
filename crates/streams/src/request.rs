use crate::cluster::is_tagged;
use crate::connection::{RESPONSE_TIMEOUT, Redis};
use crate::error::Error;
use crate::link::CONNECT_TIMEOUT;
use crate::publish::{CALL, add};
use crate::pubsub::{Message, Subscription};
use messages::{Fields, Reply, Shard, reply_channel};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The number of requests that may wait for their replies: far more than one gateway sends in the
/// few seconds that it waits for a reply, and few enough to hold in memory.
const PENDING_MAX: usize = 10_000;

/// A client that sends requests on a stream and receives the replies on its own channels. Clones
/// share them.
///
/// Each call has its own channel, so a reply belongs to one call, even if the same request is sent
/// twice at a time, or again after its reply was lost.
#[derive(Clone)]
pub struct RequestClient {
    shared: Arc<Shared>,
}

struct Shared {
    redis: Redis,
    /// The prefix of the channels of all calls.
    channel: String,
    pending: Mutex<Pending>,
    /// Whether the replies of each shard can be received.
    listening: Vec<watch::Sender<bool>>,
}

/// The calls that wait for their replies.
#[derive(Default)]
struct Pending {
    /// The waiting calls, by the number that ends the name of the call's channel.
    calls: HashMap<u64, oneshot::Sender<Reply>>,
    /// The number of calls ever made.
    count: u64,
}

/// A reply, with the time that it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replied {
    /// The reply.
    pub reply: Reply,
    /// The time to append the request to the stream.
    pub append: Duration,
    /// The time from then until the reply.
    pub wait: Duration,
}

/// The reason there is no reply.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The request certainly isn't in the stream.
    #[error("the request was not sent: {0}")]
    NotSent(Error),
    /// The connection broke while the request was appended: it may or may not be in the stream, and
    /// no reply came.
    #[error("the request may have been sent: {0}")]
    Unknown(Error),
    /// The request is in the stream, but no reply came in time. It may still be executed.
    #[error("no reply in time")]
    TimedOut,
}

impl RequestClient {
    /// Starts to listen for the replies of all shards, until `shutdown`. Returns once it listens, or
    /// after a second; it keeps trying in the background.
    pub async fn start(redis: Redis, shutdown: CancellationToken) -> Self {
        let channel = reply_channel(&Uuid::new_v4().to_string());
        let listening = redis.shards().all().map(|_| watch::Sender::new(false)).collect();
        let pending = Mutex::default();
        let shared = Arc::new(Shared { redis, channel, pending, listening });
        for shard in shared.redis.shards().all() {
            let expecting = Arc::downgrade(&shared);
            let deliver = move |channel: &str, payload: &str| {
                if let Some(shared) = expecting.upgrade() {
                    shared.deliver(channel, payload);
                }
            };
            let channels = shared.channels(shard);
            let subscription = Subscription::taken_by(&shared.redis, &channels, Box::new(deliver));
            let (shared, shutdown) = (Arc::clone(&shared), shutdown.clone());
            tokio::spawn(async move {
                tokio::select! {
                    () = shutdown.cancelled() => {}
                    () = shared.listen(shard, subscription) => {}
                }
                shared.listening(shard).send_replace(false);
            });
        }
        let client = Self { shared };
        let _ = timeout(CONNECT_TIMEOUT, async {
            for shard in client.shared.redis.shards().all() {
                client.until_listening(shard).await;
            }
        })
        .await;
        client
    }

    /// Returns whether the replies of a shard can be received now.
    pub fn is_listening(&self, shard: Shard) -> bool {
        *self.shared.listening(shard).borrow()
    }

    /// The number of calls that wait for their replies.
    pub fn waiting(&self) -> usize {
        self.shared.pending().calls.len()
    }

    /// Appends a request to a stream of a shard and waits for its reply. Both together take no longer than
    /// `timeout`. `encode` builds the request from its `replyTo`, the channel on which the reply is
    /// expected. The request is sent once, and only when the reply can be received.
    ///
    /// If the call is dropped, its reply is ignored.
    pub async fn call(
        &self,
        shard: Shard,
        stream: &str,
        timeout: Duration,
        encode: impl FnOnce(String) -> Fields,
    ) -> Result<Reply, CallError> {
        let sent = self.send(shard, stream, timeout, encode).await?;
        sent.reply().await.map(|replied| replied.reply)
    }

    /// Appends a request to a stream of a shard, as [`Self::call`] does, and returns once it has its place there.
    /// [`Sent::reply`] waits for the reply, until `timeout` from now.
    pub async fn send(
        &self,
        shard: Shard,
        stream: &str,
        timeout: Duration,
        encode: impl FnOnce(String) -> Fields,
    ) -> Result<Sent, CallError> {
        let (deadline, stream) = (Instant::now() + timeout, shard.key(stream));
        let ready = async {
            self.until_listening_or_late(shard).await?;
            self.shared.redis.connection_to(&stream).await
        };
        let reply = self.expect_reply()?;
        let append = add(&stream, None, &encode(self.shared.reply_to(shard, reply.number)));
        let late = |_| Err(Error::not_sent("no connection in time"));
        let connection = timeout_at(deadline, ready).await.unwrap_or_else(late);
        let connection = connection.map_err(CallError::NotSent)?;
        let started = Instant::now();
        let appended = timeout_at(deadline, connection.run(&append, RESPONSE_TIMEOUT)).await;
        let appended = appended.unwrap_or_else(|_| Err(Error::unanswered()));
        let append = started.elapsed();
        let no_reply = match appended {
            Ok(_) => CallError::TimedOut,
            // If the request did get through, the reply will show it.
            Err(error) if error.maybe_executed() => CallError::Unknown(error),
            Err(error) => return Err(CallError::NotSent(error)),
        };
        Ok(Sent { reply, deadline, started, append, no_reply })
    }

    /// Registers a call before it is sent, so that its reply can't come too early.
    fn expect_reply(&self) -> Result<ExpectedReply, CallError> {
        let mut pending = self.shared.pending();
        if pending.calls.len() >= PENDING_MAX {
            let full = Error::not_sent(format!("{PENDING_MAX} requests wait for their replies"));
            return Err(CallError::NotSent(full));
        }
        let (sender, receiver) = oneshot::channel();
        let number = pending.count;
        pending.count += 1;
        pending.calls.insert(number, sender);
        Ok(ExpectedReply { shared: Arc::clone(&self.shared), number, receiver })
    }

    async fn until_listening(&self, shard: Shard) {
        let mut is_listening = self.shared.listening(shard).subscribe();
        // The sender is in `self`, so the channel stays open.
        let _ = is_listening.wait_for(|is_listening| *is_listening).await;
    }

    async fn until_listening_or_late(&self, shard: Shard) -> Result<(), Error> {
        let late = |_| Error::not_sent("replies can't be received");
        timeout(CONNECT_TIMEOUT, self.until_listening(shard)).await.map_err(late)
    }
}

/// A call that waits for its reply; dropping it ends the wait.
struct ExpectedReply {
    shared: Arc<Shared>,
    number: u64,
    receiver: oneshot::Receiver<Reply>,
}

/// A request that was appended to its stream, or may have been; dropping it ignores the reply.
pub struct Sent {
    reply: ExpectedReply,
    deadline: Instant,
    started: Instant,
    append: Duration,
    /// The error if no reply comes.
    no_reply: CallError,
}

impl Sent {
    /// Waits for the reply.
    pub async fn reply(mut self) -> Result<Replied, CallError> {
        match timeout_at(self.deadline, &mut self.reply.receiver).await {
            Ok(Ok(reply)) => {
                let append = self.append;
                let wait = self.started.elapsed().saturating_sub(append);
                Ok(Replied { reply, append, wait })
            }
            Ok(Err(_)) | Err(_) => Err(self.no_reply),
        }
    }
}

impl Drop for ExpectedReply {
    fn drop(&mut self) {
        self.shared.pending().calls.remove(&self.number);
    }
}

impl Shared {
    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().expect("nothing panics while it holds this lock")
    }

    fn listening(&self, shard: Shard) -> &watch::Sender<bool> {
        &self.listening[usize::from(shard.number())]
    }

    /// The channel of a shard's replies, or the pattern of the channels of all calls.
    fn channels(&self, shard: Shard) -> String {
        if shard.is_tagged() { shard.key(&self.channel) } else { format!("{}:*", self.channel) }
    }

    /// The `replyTo` of a call: a channel of its own or, as sharded channels have no patterns, the
    /// shard's channel and the number of the call.
    fn reply_to(&self, shard: Shard, call: u64) -> String {
        if shard.is_tagged() {
            format!("{}{CALL}{call}", self.channels(shard))
        } else {
            format!("{}:{call}", self.channel)
        }
    }

    /// The number of the call that a message is for, and the reply.
    fn call_of<'a>(&self, channel: &'a str, payload: &'a str) -> (Option<u64>, &'a str) {
        match channel.strip_prefix(&self.channel).and_then(|rest| rest.strip_prefix(':')) {
            Some(call) if !is_tagged(call) => (call.parse().ok(), payload),
            _ => match payload.split_once(CALL) {
                Some((call, reply)) => (call.parse().ok(), reply),
                None => (None, payload),
            },
        }
    }

    async fn listen(&self, shard: Shard, mut subscription: Subscription) {
        let is_listening = self.listening(shard);
        loop {
            match subscription.next().await {
                Message::Interrupted => {
                    is_listening.send_replace(false);
                }
                Message::Reconnected => {
                    is_listening.send_replace(true);
                }
                Message::Text { .. } => unreachable!("replies are taken as they arrive"),
            }
        }
    }

    fn deliver(&self, channel: &str, payload: &str) {
        let (number, reply) = self.call_of(channel, payload);
        match serde_json::from_str::<Reply>(reply) {
            Ok(reply) => {
                // A call that timed out or was dropped no longer waits.
                if let Some(waiting) = number.and_then(|n| self.pending().calls.remove(&n)) {
                    let _ = waiting.send(reply);
                }
            }
            Err(error) => tracing::warn!(
                redis.channel = channel,
                error = %error,
                "ignoring a reply that can't be parsed"
            ),
        }
    }
}
