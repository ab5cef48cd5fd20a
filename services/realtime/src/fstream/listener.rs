//! The listen keys of one client.

use super::margin_call;
use super::market::unix_ms;
use super::registry::{self, Ear, Membership, News, What};
use super::user_events::{self, Circumstances};
use crate::metering;
use crate::server::Shared;
use messages::{EventKind, Notification, PositionMode};
use session::{Delivered, ListenKey};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

/// The number of events that may wait for a client: several times as many as closing all positions
/// of an account at once makes.
const WAITING_MAX: usize = 1_024;

/// The pause before the end of a listen key is looked up again, when Redis did not answer.
const RETRY_INTERVAL: Duration = Duration::from_secs(5);

/// The listen keys that a client has subscribed to.
pub struct Listener<'a> {
    shared: &'a Shared,
    uses: Vec<Use>,
    ear: Ear,
    news: mpsc::Receiver<News>,
}

struct Use {
    key: String,
    listen_key: ListenKey,
    mode: PositionMode,
    /// The last event that was taken; the client has it once it is sent.
    taken: Delivered,
    membership: Membership,
    expires_at: Instant,
}

/// The reason why a listen key can't be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Redis can't be reached.
    TryAgain,
    /// The user has too many connections.
    TooMany,
}

/// Something that happens to a listen key.
pub enum Heard {
    News(News),
    /// The client has not taken its news fast enough.
    TooSlow,
    /// The time of this listen key seems to be over.
    Due(u64),
}

/// The texts to send for a piece of news, and what follows from it.
pub enum Outcome {
    /// Texts of the listen key with this number.
    Texts(u64, Vec<String>),
    /// A listen key has ended, which this text tells.
    Ended(String, String),
    /// Events were lost: the client has to look up the state of its account.
    Lost,
}

impl<'a> Listener<'a> {
    pub fn new(shared: &'a Shared) -> Self {
        let (sender, news) = mpsc::channel(WAITING_MAX);
        let ear = Ear { news: sender, too_slow: CancellationToken::new() };
        Self { shared, uses: Vec::new(), ear, news }
    }

    /// Begins to hear of a listen key, unless it is unknown.
    pub async fn add(&mut self, key: &str) -> Result<(), Refused> {
        let keys = &self.shared.listen_keys;
        let found = keys.find(key).await.map_err(try_again)?;
        let Some(listen_key) = found else { return Ok(()) };
        let mode = keys.mode(listen_key.account).await.map_err(try_again)?;
        let position = keys.position(key).await.map_err(try_again)?;
        let expires_in = keys.expires_in(key).await.map_err(try_again)?;
        // A position that is gone is as good as one that the stream does not reach back to.
        let from = position.unwrap_or_default();
        let (registry, ear) = (&self.shared.registry, self.ear.clone());
        let membership = registry.join(key, listen_key, from, ear).ok_or(Refused::TooMany)?;
        self.uses.push(Use {
            key: key.to_owned(),
            listen_key,
            mode: mode.unwrap_or(PositionMode::OneWay),
            taken: from,
            membership,
            expires_at: Instant::now() + expires_in.unwrap_or_default(),
        });
        Ok(())
    }

    /// Returns whether the client has no valid listen key.
    pub fn is_empty(&self) -> bool {
        self.uses.is_empty()
    }

    /// Ends the use of a listen key, if there is one.
    pub async fn remove(&mut self, key: &str) {
        for used in self.uses.extract_if(.., |used| used.key == key).collect::<Vec<_>>() {
            self.note(&used).await;
        }
    }

    /// Ends the use of all listen keys.
    pub async fn leave(mut self) {
        for used in std::mem::take(&mut self.uses) {
            self.note(&used).await;
        }
    }

    /// Records from where on the next connection with a listen key needs events.
    async fn note(&self, used: &Use) {
        let Some(position) = used.membership.leave() else { return };
        let keys = &self.shared.listen_keys;
        if let Err(error) = keys.note_positions(&[(used.key.clone(), position)]).await {
            tracing::warn!(%error, "the position of a listen key can't be recorded");
        }
    }

    /// Waits for the next thing that happens. Cancel safe.
    pub async fn hear(&mut self) -> Heard {
        let next = self.uses.iter().min_by_key(|used| used.expires_at);
        let due = next.map(|used| (used.expires_at, used.membership.number));
        let expiry = async {
            match due {
                Some((at, number)) => {
                    sleep_until(at).await;
                    number
                }
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = self.ear.too_slow.cancelled() => Heard::TooSlow,
            Some(news) = self.news.recv() => Heard::News(news),
            number = expiry => Heard::Due(number),
        }
    }

    /// Returns further news that are there already.
    pub fn more(&mut self) -> Option<News> {
        self.news.try_recv().ok()
    }

    /// Handles a piece of news; `None` if it says nothing to the client.
    pub async fn take(&mut self, News { number, what }: News) -> Option<Outcome> {
        let shared = self.shared;
        let used = self.uses.iter_mut().find(|used| used.membership.number == number)?;
        match what {
            What::Event(event) => match used.take(&event) {
                Ok(true) => {
                    if let EventKind::PositionModeChanged(mode) = event.event.kind {
                        used.mode = mode;
                        let account = used.listen_key.account;
                        if let Err(error) = shared.listen_keys.note_mode(account, mode).await {
                            tracing::warn!(%error, "a position mode can't be recorded");
                        }
                    }
                    metering::private(1);
                    let texts = told(used.mode, shared, |told| user_events::texts(&event, told));
                    Some(Outcome::Texts(number, texts))
                }
                Ok(false) => None,
                Err(Gap) => Some(used.lost()),
            },
            What::MarginCall(call) => {
                metering::private(1);
                let text = told(used.mode, shared, |told| margin_call::text(&call, told));
                Some(Outcome::Texts(number, vec![text]))
            }
            What::Lost => Some(used.lost()),
            What::Ended => Some(self.end(number)),
        }
    }

    /// Handles the time of the end of a listen key, which may have been extended.
    pub async fn due(&mut self, number: u64) -> Option<Outcome> {
        let used = self.uses.iter_mut().find(|used| used.membership.number == number)?;
        match self.shared.listen_keys.expires_in(&used.key).await {
            Ok(Some(left)) => used.expires_at = Instant::now() + left,
            Ok(None) => return Some(self.end(number)),
            Err(_) => used.expires_at = Instant::now() + RETRY_INTERVAL,
        }
        None
    }

    fn end(&mut self, number: u64) -> Outcome {
        let ended = self.uses.extract_if(.., |used| used.membership.number == number).last();
        let key = ended.map_or_else(String::new, |used| used.key);
        let text = user_events::listen_key_expired(&key, unix_ms());
        Outcome::Ended(key, text)
    }

    /// The listen key with a number.
    pub fn key(&self, number: u64) -> Option<&str> {
        let used = self.uses.iter().find(|used| used.membership.number == number);
        used.map(|used| used.key.as_str())
    }

    /// Records that everything taken was sent.
    pub fn set_sent(&self) {
        for used in &self.uses {
            used.membership.set_delivered(used.taken);
        }
    }
}

/// A sequence number is missing.
struct Gap;

impl Use {
    /// Takes an event; returns whether it is new.
    fn take(&mut self, Notification { id, event }: &Notification) -> Result<bool, Gap> {
        if *id <= self.taken.event {
            return Ok(false);
        }
        let sequence = event.account.sequence;
        if self.taken.sequence.is_some_and(|last| sequence != last + 1) {
            return Err(Gap);
        }
        self.taken = Delivered { event: *id, sequence: Some(sequence), entries: None };
        Ok(true)
    }

    /// Counts lost events, and lets the next connection begin with the newest event.
    fn lost(&mut self) -> Outcome {
        metering::events_lost();
        let (account, sequence) = (self.listen_key.account, self.taken.sequence);
        tracing::error!(user.id = %account, ?sequence, "account events after this one are lost");
        let registry::Heard { event, entries } = self.membership.heard();
        self.taken = Delivered { event, sequence: None, entries: Some(entries) };
        self.membership.set_delivered(self.taken);
        Outcome::Lost
    }
}

/// Makes texts for an account in this position mode.
fn told<T>(mode: PositionMode, shared: &Shared, make: impl FnOnce(&Circumstances<'_>) -> T) -> T {
    let markets = shared.markets.now();
    let circumstances = Circumstances {
        mode,
        instrument: &|symbol| markets.get(symbol).cloned(),
        quote: &|symbol| shared.hub.quote(symbol),
        now_ms: unix_ms(),
    };
    make(&circumstances)
}

#[expect(clippy::needless_pass_by_value, reason = "it maps errors")]
fn try_again(error: streams::Error) -> Refused {
    tracing::warn!(%error, "a listen key can't be looked up");
    Refused::TryAgain
}
