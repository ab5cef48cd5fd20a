//! The connections with listen keys, and the account events on their way to them.

use super::margin_watch::MarginCall;
use messages::{EntryId, Notification, Shard, Shards, UserId};
use session::{Delivered, ListenKey};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The interval at which the position of a connection without events is recorded.
const IDLE_NOTE_INTERVAL: Duration = Duration::from_mins(1);

/// All connections with listen keys of this server.
pub struct Registry {
    per_user_max: usize,
    shards: Shards,
    /// Held for handing out events, never across an await.
    inner: Mutex<Inner>,
    joined: Notify,
}

#[derive(Default)]
struct Inner {
    handles: HashMap<u64, Handle>,
    by_account: HashMap<UserId, Vec<u64>>,
    next_number: u64,
    /// By the number of the shard.
    heard: Vec<Heard>,
}

/// The last event that was handed to the live connections, and the number of entries that were ever
/// added up to it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Heard {
    pub event: EntryId,
    pub entries: u64,
}

/// The use of a listen key by one connection.
struct Handle {
    key: String,
    listen_key: ListenKey,
    /// The shard of its account.
    shard: Shard,
    stage: Stage,
    /// Only events after this one are for the connection.
    after: EntryId,
    /// The last event that was handed over.
    handed: Option<EntryId>,
    /// It catches up more slowly than the stream is read: it gets the rest later.
    is_behind: bool,
    delivered: Arc<Mutex<Delivered>>,
    noted: (Delivered, Instant),
    news: mpsc::Sender<News>,
    too_slow: CancellationToken,
}

/// How far a connection is on its way to the newest event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It has just come.
    Joining,
    /// It gets what it has missed.
    CatchingUp,
    /// It gets events as they come.
    Live,
}

/// The connections that have just come.
#[derive(Default)]
pub struct Newcomers {
    /// The oldest of the positions from which on they need events.
    pub oldest: Option<EntryId>,
    pub accounts: HashSet<UserId>,
}

/// A message to a connection about one of its listen keys.
pub struct News {
    /// The number of the use of the listen key.
    pub number: u64,
    pub what: What,
}

pub enum What {
    Event(Arc<Notification>),
    /// A price has come close to the liquidation of positions.
    MarginCall(Arc<MarginCall>),
    /// The listen key has ended.
    Ended,
    /// Events between the last delivered one and the oldest in the stream may be missing.
    Lost,
}

/// A connection's way to hear of its listen keys.
#[derive(Clone)]
pub struct Ear {
    pub news: mpsc::Sender<News>,
    /// Cancelled when the connection has not taken its news fast enough.
    pub too_slow: CancellationToken,
}

/// The use of a listen key, until this is dropped.
pub struct Membership {
    registry: Arc<Registry>,
    pub number: u64,
    shard: Shard,
    delivered: Arc<Mutex<Delivered>>,
}

impl Registry {
    /// Creates the registry of connections to accounts in these shards, of which one user may have as
    /// many as the first number says.
    pub fn new(per_user_max: usize, shards: Shards) -> Self {
        let heard = shards.all().map(|_| Heard::default()).collect();
        let inner = Mutex::new(Inner { heard, ..Inner::default() });
        Self { per_user_max, shards, inner, joined: Notify::new() }
    }

    /// Registers the use of a listen key from a position on; `None` if its user has too many
    /// connections.
    pub fn join(
        self: &Arc<Self>,
        key: &str,
        listen_key: ListenKey,
        from: Delivered,
        Ear { news, too_slow }: Ear,
    ) -> Option<Membership> {
        let mut inner = self.inner();
        let of_user = |handle: &&Handle| handle.listen_key.user == listen_key.user;
        if inner.handles.values().filter(of_user).count() >= self.per_user_max {
            return None;
        }
        inner.next_number += 1;
        let number = inner.next_number;
        let delivered = Arc::new(Mutex::new(from));
        let handle = Handle {
            key: key.to_owned(),
            listen_key,
            shard: self.shards.of(listen_key.account),
            stage: Stage::Joining,
            after: from.event,
            handed: None,
            is_behind: false,
            delivered: Arc::clone(&delivered),
            noted: (from, Instant::now()),
            news,
            too_slow,
        };
        inner.handles.insert(number, handle);
        inner.by_account.entry(listen_key.account).or_default().push(number);
        drop(inner);
        self.joined.notify_waiters();
        let shard = self.shards.of(listen_key.account);
        Some(Membership { registry: Arc::clone(self), number, shard, delivered })
    }

    /// Waits until there is a connection to an account of a shard.
    pub async fn occupied(&self, shard: Shard) {
        loop {
            // Created first, so that none is missed.
            let joined = self.joined.notified();
            if !self.is_empty(shard) {
                return;
            }
            joined.await;
        }
    }

    /// Returns whether there is no connection to an account of a shard.
    pub fn is_empty(&self, shard: Shard) -> bool {
        self.inner().handles.values().all(|handle| handle.shard != shard)
    }

    /// Lets those that have just come catch up. Those whose next event may be gone, as `is_lost`
    /// tells by the last one, are told so.
    pub fn begin_catching_up(
        &self,
        shard: Shard,
        is_lost: impl Fn(&Delivered) -> bool,
    ) -> Newcomers {
        let mut newcomers = Newcomers::default();
        for (number, handle) in &mut self.inner().handles {
            if handle.shard == shard && handle.stage == Stage::Joining {
                handle.stage = Stage::CatchingUp;
                if is_lost(&handle.noted.0) {
                    handle.tell(*number, What::Lost);
                }
                let oldest =
                    newcomers.oldest.map_or(handle.after, |oldest| oldest.min(handle.after));
                newcomers.oldest = Some(oldest);
                newcomers.accounts.insert(handle.listen_key.account);
            }
        }
        newcomers
    }

    /// Returns whether anybody has just come.
    pub fn has_joining(&self, shard: Shard) -> bool {
        let is_joining = |handle: &Handle| handle.shard == shard && handle.stage == Stage::Joining;
        self.inner().handles.values().any(is_joining)
    }

    /// Lets those that were behind go on as soon as their clients have read enough. Returns the oldest
    /// of their positions.
    pub fn resume_catching_up(&self, shard: Shard) -> Option<EntryId> {
        let mut oldest: Option<EntryId> = None;
        for handle in self.inner().handles.values_mut().filter(|handle| handle.shard == shard) {
            if handle.is_behind && handle.news.capacity() * 4 >= handle.news.max_capacity() * 3 {
                handle.is_behind = false;
                oldest = Some(oldest.map_or(handle.after, |oldest| oldest.min(handle.after)));
            }
        }
        oldest
    }

    /// Makes those that catch up live, unless they are behind: they have everything up to this event.
    pub fn finish_catching_up(&self, shard: Shard, heard: EntryId) {
        for handle in self.inner().handles.values_mut().filter(|handle| handle.shard == shard) {
            if handle.stage == Stage::CatchingUp && !handle.is_behind {
                handle.stage = Stage::Live;
                handle.after = handle.after.max(heard);
            }
        }
    }

    /// Returns whether an account has a connection.
    pub fn has(&self, account: UserId) -> bool {
        self.inner().by_account.contains_key(&account)
    }

    /// Hands an event to the connections of its account that are at this stage.
    pub fn hand(&self, stage: Stage, event: &Arc<Notification>) {
        let Inner { handles, by_account, .. } = &mut *self.inner();
        for number in by_account.get(&event.event.user_id).into_iter().flatten() {
            let Some(handle) = handles.get_mut(number) else { continue };
            if handle.stage != stage || handle.is_behind || event.id <= handle.after {
                continue;
            }
            // Half of the queue is for the events that come in the meantime.
            if stage == Stage::CatchingUp
                && handle.news.capacity() * 2 <= handle.news.max_capacity()
            {
                handle.is_behind = true;
            } else {
                (handle.after, handle.handed) = (event.id, Some(event.id));
                handle.tell(*number, What::Event(Arc::clone(event)));
            }
        }
    }

    /// Hands a warning to the connections of an account.
    pub fn warn(&self, account: UserId, call: &Arc<MarginCall>) {
        let Inner { handles, by_account, .. } = &*self.inner();
        for number in by_account.get(&account).into_iter().flatten() {
            if let Some(handle) = handles.get(number) {
                handle.tell(*number, What::MarginCall(Arc::clone(call)));
            }
        }
    }

    /// Records that everything up to this event of a shard was handed over.
    pub fn set_heard(&self, shard: Shard, heard: Heard) {
        self.inner().heard[usize::from(shard.number())] = heard;
    }

    /// Tells the connections with a listen key that it has ended.
    pub fn end(&self, key: &str) {
        self.end_where(|handle| handle.key == key);
    }

    /// Tells the connections with the listen key of an API key that it has ended.
    pub fn end_of_api_key(&self, api_key: Uuid) {
        self.end_where(|handle| handle.listen_key.api_key == api_key);
    }

    fn end_where(&self, is_ended: impl Fn(&Handle) -> bool) {
        for (number, handle) in &self.inner().handles {
            if is_ended(handle) {
                handle.tell(*number, What::Ended);
            }
        }
    }

    /// The listen keys that are in use.
    pub fn keys(&self) -> Vec<String> {
        self.inner().handles.values().map(|handle| handle.key.clone()).collect()
    }

    /// Returns the positions in a shard that have changed since they were last taken, and from time to
    /// time the others.
    pub fn take_changed(&self, shard: Shard) -> Vec<(String, Delivered)> {
        let mut changed = Vec::new();
        let Inner { handles, heard, .. } = &mut *self.inner();
        let heard = heard[usize::from(shard.number())];
        for handle in handles.values_mut().filter(|handle| handle.shard == shard) {
            let (noted, at) = handle.noted;
            let is_new = handle.delivered().sequence != noted.sequence;
            if is_new || at.elapsed() >= IDLE_NOTE_INTERVAL {
                let position = handle.position(heard);
                handle.noted = (position, Instant::now());
                changed.push((handle.key.clone(), position));
            }
        }
        changed
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("nothing panics while it holds this lock")
    }
}

impl Handle {
    fn tell(&self, number: u64, what: What) {
        if self.news.try_send(News { number, what }).is_err() {
            self.too_slow.cancel();
        }
    }

    fn delivered(&self) -> Delivered {
        *self.delivered.lock().expect("nothing panics while it holds this lock")
    }

    /// The position from which on the connection needs events: the last delivered one, or the last
    /// one that was heard if there was none for the connection since.
    fn position(&self, heard: Heard) -> Delivered {
        let delivered = self.delivered();
        let has_all = self.handed.is_none_or(|handed| delivered.event >= handed);
        if self.stage == Stage::Live && has_all && heard.event >= delivered.event {
            let Heard { event, entries } = heard;
            return Delivered { event, entries: Some(entries), ..delivered };
        }
        delivered
    }
}

impl Membership {
    /// Records that the connection's client was sent everything up to this event.
    pub fn set_delivered(&self, delivered: Delivered) {
        *self.delivered.lock().expect("nothing panics while it holds this lock") = delivered;
    }

    /// Ends the use of the listen key. Returns the position from which on its next connection needs
    /// events; none if another connection goes on with the key, whose position counts.
    pub fn leave(&self) -> Option<Delivered> {
        let mut inner = self.registry.inner();
        let handle = inner.leave(self.number)?;
        let goes_on = inner.handles.values().any(|other| other.key == handle.key);
        let heard = inner.heard[usize::from(handle.shard.number())];
        (!goes_on).then(|| handle.position(heard))
    }

    /// The last event that was heard of any account of the shard.
    pub fn heard(&self) -> Heard {
        self.registry.inner().heard[usize::from(self.shard.number())]
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.registry.inner().leave(self.number);
    }
}

impl Inner {
    /// Removes a handle, if it is there.
    fn leave(&mut self, number: u64) -> Option<Handle> {
        let handle = self.handles.remove(&number)?;
        let account = handle.listen_key.account;
        if let Some(numbers) = self.by_account.get_mut(&account) {
            numbers.retain(|other| *other != number);
            if numbers.is_empty() {
                self.by_account.remove(&account);
            }
        }
        Some(handle)
    }
}
