use crate::connection::{RESPONSE_TIMEOUT, Redis};
use crate::error::Error;
use crate::link::CONNECT_TIMEOUT;
use crate::publish::add;
use crate::pubsub::{Message, Subscription};
use messages::{Fields, Reply, reply_channel};
use std::collections::HashMap;
use std::fmt::Display;
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
    is_listening: watch::Sender<bool>,
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
    /// Starts to listen for replies, until `shutdown`. Returns once it listens, or after a second;
    /// it keeps trying in the background.
    pub async fn start(redis: Redis, shutdown: CancellationToken) -> Self {
        let channel = reply_channel(&Uuid::new_v4().to_string());
        let shared = Arc::new(Shared {
            redis,
            channel,
            pending: Mutex::default(),
            is_listening: watch::Sender::new(false),
        });
        let expecting = Arc::downgrade(&shared);
        let deliver = move |channel: &str, payload: &str| {
            if let Some(shared) = expecting.upgrade() {
                shared.deliver(channel, payload);
            }
        };
        let channels = shared.channel_of("*");
        let subscription = Subscription::taken_by(&shared.redis, &channels, Box::new(deliver));
        let client = Self { shared: Arc::clone(&shared) };
        tokio::spawn(async move {
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = shared.listen(subscription) => {}
            }
            shared.is_listening.send_replace(false);
        });
        let _ = timeout(CONNECT_TIMEOUT, client.until_listening()).await;
        client
    }

    /// Returns whether replies can be received now.
    pub fn is_listening(&self) -> bool {
        *self.shared.is_listening.borrow()
    }

    /// The number of calls that wait for their replies.
    pub fn waiting(&self) -> usize {
        self.shared.pending().calls.len()
    }

    /// Appends a request to a stream and waits for its reply. Both together take no longer than
    /// `timeout`. `encode` builds the request from its `replyTo`, the channel on which the reply is
    /// expected. The request is sent once, and only when the reply can be received.
    ///
    /// If the call is dropped, its reply is ignored.
    pub async fn call(
        &self,
        stream: &str,
        timeout: Duration,
        encode: impl FnOnce(String) -> Fields,
    ) -> Result<Reply, CallError> {
        let sent = self.send(stream, timeout, encode).await?;
        sent.reply().await.map(|replied| replied.reply)
    }

    /// Appends a request to a stream, as [`Self::call`] does, and returns once it has its place there.
    /// [`Sent::reply`] waits for the reply, until `timeout` from now.
    pub async fn send(
        &self,
        stream: &str,
        timeout: Duration,
        encode: impl FnOnce(String) -> Fields,
    ) -> Result<Sent, CallError> {
        let deadline = Instant::now() + timeout;
        let ready = async {
            self.until_listening_or_late().await?;
            self.shared.redis.connection().await
        };
        let reply = self.expect_reply()?;
        let append = add(stream, None, &encode(reply.channel()));
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

    async fn until_listening(&self) {
        let mut is_listening = self.shared.is_listening.subscribe();
        // The sender is in `self`, so the channel stays open.
        let _ = is_listening.wait_for(|is_listening| *is_listening).await;
    }

    async fn until_listening_or_late(&self) -> Result<(), Error> {
        let late = |_| Error::not_sent("replies can't be received");
        timeout(CONNECT_TIMEOUT, self.until_listening()).await.map_err(late)
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

impl ExpectedReply {
    /// The channel of this call.
    fn channel(&self) -> String {
        self.shared.channel_of(self.number)
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

    /// The channel of the call with this number, or the pattern of all channels for `*`.
    fn channel_of(&self, call: impl Display) -> String {
        format!("{}:{call}", self.channel)
    }

    /// The number of the call with this channel.
    fn number_of(&self, channel: &str) -> Option<u64> {
        channel.strip_prefix(&self.channel)?.strip_prefix(':')?.parse().ok()
    }

    async fn listen(&self, mut subscription: Subscription) {
        loop {
            match subscription.next().await {
                Message::Interrupted => {
                    self.is_listening.send_replace(false);
                }
                Message::Reconnected => {
                    self.is_listening.send_replace(true);
                }
                Message::Text { .. } => unreachable!("replies are taken as they arrive"),
            }
        }
    }

    fn deliver(&self, channel: &str, payload: &str) {
        match serde_json::from_str::<Reply>(payload) {
            Ok(reply) => {
                let number = self.number_of(channel);
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
