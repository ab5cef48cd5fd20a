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

/// How many requests may wait for their replies: far above what one gateway sends in the few
/// seconds that it waits for one, and small enough to hold in memory.
const PENDING_MAX: usize = 10_000;

/// Sends requests by a stream and hears the replies on channels of its own. Clones share them.
///
/// Each call has a channel to itself, so a reply belongs to one call, also where the same request
/// is sent twice at a time, or again after its reply did not come.
#[derive(Clone)]
pub struct RequestClient {
    shared: Arc<Shared>,
}

struct Shared {
    redis: Redis,
    /// What the names of all calls' channels begin with.
    channel: String,
    pending: Mutex<Pending>,
    is_listening: watch::Sender<bool>,
}

/// The calls that wait for their replies.
#[derive(Default)]
struct Pending {
    /// By the number that ends the name of the call's channel.
    calls: HashMap<u64, oneshot::Sender<Reply>>,
    /// How many calls there ever were.
    count: u64,
}

/// A reply, and what it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replied {
    /// The reply.
    pub reply: Reply,
    /// Until the request was in the stream.
    pub append: Duration,
    /// From then on.
    pub wait: Duration,
}

/// Why there is no reply.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The request certainly isn't in the stream.
    #[error("the request was not sent: {0}")]
    NotSent(Error),
    /// The connection broke while it was appended: it may or may not be in the stream, and no
    /// reply came.
    #[error("the request may have been sent: {0}")]
    Unknown(Error),
    /// It is in the stream, and no reply came in time. It may still be carried out.
    #[error("no reply in time")]
    TimedOut,
}

impl RequestClient {
    /// Starts to listen for replies, until `shutdown`. Returns once it listens, or after a second
    /// in which it couldn't; it goes on trying.
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

    /// Whether replies can be heard at this moment.
    pub fn is_listening(&self) -> bool {
        *self.shared.is_listening.borrow()
    }

    /// How many calls wait for their replies.
    pub fn waiting(&self) -> usize {
        self.shared.pending().calls.len()
    }

    /// Appends a request to a stream and waits for its reply. Both together take no longer than
    /// `timeout`. `encode` makes the request of the channel on which the reply is expected, its
    /// `replyTo`. The request is sent once, and only when the reply can be heard.
    ///
    /// Dropping the call forgets the request; its reply is then ignored.
    pub async fn call(
        &self,
        stream: &str,
        timeout: Duration,
        encode: impl FnOnce(String) -> Fields,
    ) -> Result<Reply, CallError> {
        self.call_timed(stream, timeout, encode).await.map(|replied| replied.reply)
    }

    /// The same, and what it took.
    pub async fn call_timed(
        &self,
        stream: &str,
        timeout: Duration,
        encode: impl FnOnce(String) -> Fields,
    ) -> Result<Replied, CallError> {
        let deadline = Instant::now() + timeout;
        let ready = async {
            self.until_listening_or_late().await?;
            self.shared.redis.connection().await
        };
        let mut reply = self.expect_reply()?;
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
            // If it did get through, the reply will tell.
            Err(error) if error.maybe_executed() => CallError::Unknown(error),
            Err(error) => return Err(CallError::NotSent(error)),
        };
        match timeout_at(deadline, &mut reply.receiver).await {
            Ok(Ok(reply)) => {
                let wait = started.elapsed().saturating_sub(append);
                Ok(Replied { reply, append, wait })
            }
            Ok(Err(_)) | Err(_) => Err(no_reply),
        }
    }

    /// Registers a call, so that no reply can be too early.
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
        let late = |_| Error::not_sent("replies can't be heard");
        timeout(CONNECT_TIMEOUT, self.until_listening()).await.map_err(late)
    }
}

/// One call that waits for its reply, for as long as this value lives.
struct ExpectedReply {
    shared: Arc<Shared>,
    number: u64,
    receiver: oneshot::Receiver<Reply>,
}

impl ExpectedReply {
    /// The channel of this call alone.
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

    /// The channel of a call by its number, or of all calls by `*`.
    fn channel_of(&self, call: impl Display) -> String {
        format!("{}:{call}", self.channel)
    }

    /// Which call has this channel.
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
                // A call that has timed out or was dropped does not wait any more.
                if let Some(waiting) = number.and_then(|n| self.pending().calls.remove(&n)) {
                    let _ = waiting.send(reply);
                }
            }
            Err(error) => tracing::warn!(
                redis.channel = channel,
                error = %error,
                "A reply can't be read; ignored"
            ),
        }
    }
}
