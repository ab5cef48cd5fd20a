//! A cache of Redis hashes that the server keeps true (client-side caching, `CLIENT TRACKING`).
//!
//! Hashes are read on a connection of their own, on which the server also reports their changes, in the
//! order in which it executed them. The cache has its own rules, rather than the client library's cache,
//! because it must bound how long a silent connection is believed, and because a process that changes a
//! hash must see the change at once.

use crate::connection::Redis;
use crate::entry::text;
use crate::error::Error;
use crate::hash::fields_of;
use crate::link::Pushes;
use redis::{PushInfo, PushKind, Value};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::time::Instant;

/// The longest time since a question that the server answered for which it counts as having reported
/// all changes. A connection that is cut silently, or a process that was stopped, reads again after it.
const CONFIRMED_FOR: Duration = Duration::from_millis(40);

/// The age of the last answer at which a lookup asks again in the background, so that lookups in quick
/// succession never wait for an answer.
const CONFIRM_AFTER: Duration = Duration::from_millis(10);

/// The most cached hashes; beyond it the cache is cleared.
const CACHED_MAX: usize = 100_000;

/// A cache of hashes, each as `T`. Clones share it.
pub struct HashCache<T> {
    redis: Redis,
    patience: Duration,
    read: fn(&[(String, String)]) -> T,
    state: Arc<Mutex<State<T>>>,
}

struct State<T> {
    hashes: HashMap<String, Cached<T>>,
    /// The time at which the newest answered question was asked, by the connection's number.
    answered: HashMap<u64, Instant>,
    /// Whether a question is on its way in the background.
    is_asking: bool,
    /// The number of reads ever begun.
    reads: u64,
}

enum Cached<T> {
    /// The hash is being read. A change that is reported meanwhile removes this, and what is read is
    /// not kept: it may be from before the change.
    Reading(u64),
    /// The hash as it was read on the connection with this number.
    Known(Arc<T>, u64),
}

impl<T> Clone for HashCache<T> {
    fn clone(&self) -> Self {
        let Self { redis, patience, read, state } = self;
        let (patience, read) = (*patience, *read);
        Self { redis: redis.clone(), patience, read, state: Arc::clone(state) }
    }
}

impl<T: Send + Sync + 'static> HashCache<T> {
    /// Creates an empty cache; `read` makes a value of a hash's fields, which are none if the key does
    /// not exist. Connects on first use. During an outage, a lookup waits for the next attempt to
    /// connect, but no longer than `patience`.
    pub fn new(redis: &Redis, patience: Duration, read: fn(&[(String, String)]) -> T) -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let changed = Arc::clone(&state);
        let receive = Arc::new(move |push| lock(&changed).note(push));
        let redis = redis.tracking(Pushes { receive, tracks: true });
        Self { redis, patience, read, state }
    }

    /// Returns a hash, at most [`CONFIRMED_FOR`] old.
    ///
    /// # Errors
    /// When Redis is unavailable.
    pub async fn get(&self, key: &str) -> Result<Arc<T>, Error> {
        self.get_if(key, |_| true).await
    }

    /// Like [`Self::get`], but reads a hash whose cached value does not suffice.
    ///
    /// # Errors
    /// When Redis is unavailable.
    pub async fn get_if(&self, key: &str, suffices: impl Fn(&T) -> bool) -> Result<Arc<T>, Error> {
        let (known, is_due) = lock(&self.state).look_up(key, Instant::now());
        let Some(known) = known.filter(|known| suffices(known)) else {
            return self.read(key).await;
        };
        if is_due {
            let (cache, key) = (self.clone(), key.to_owned());
            tokio::spawn(async move {
                // By a command with a key, which a server of a cluster that has lost it refuses.
                let asked = cache.ask(redis::cmd("EXISTS").arg(&key)).await;
                lock(&cache.state).is_asking = false;
                asked.map(drop)
            });
        }
        Ok(known)
    }

    /// Reads a hash and keeps it.
    ///
    /// # Errors
    /// When Redis is unavailable.
    pub async fn read(&self, key: &str) -> Result<Arc<T>, Error> {
        let reading = lock(&self.state).begin_to_read(key);
        let answer = match self.ask(redis::cmd("HGETALL").arg(key)).await {
            Ok((value, connection)) => fields_of(value).map(|fields| (fields, connection)),
            Err(error) => Err(error),
        };
        let mut state = lock(&self.state);
        match answer {
            Ok((fields, connection)) => {
                let value = Arc::new((self.read)(&fields));
                if let Some(connection) = connection {
                    state.keep(key, reading, &value, connection);
                }
                Ok(value)
            }
            Err(error) => {
                state.give_up(key, reading);
                Err(error)
            }
        }
    }

    /// Removes a hash that this process has changed, so that the next lookup reads the change.
    pub fn evict(&self, key: &str) {
        lock(&self.state).hashes.remove(key);
    }

    /// Sends a command that is answered in order with the reports of changes. Returns the number of the
    /// connection, if it is the one that reports those of the command's key.
    async fn ask(&self, command: &redis::Cmd) -> Result<(Value, Option<u64>), Error> {
        let asked_at = Instant::now();
        let (value, connection) = self.redis.run_by(command, self.patience).await?;
        if let Some(connection) = connection {
            lock(&self.state).note_answer(connection, asked_at);
        }
        Ok((value, connection))
    }
}

impl<T> Default for State<T> {
    fn default() -> Self {
        let (hashes, answered) = (HashMap::new(), HashMap::new());
        Self { hashes, answered, is_asking: false, reads: 0 }
    }
}

impl<T> State<T> {
    /// Returns a hash that is known and true, and whether the caller has to ask the server whether it
    /// still reports changes.
    fn look_up(&mut self, key: &str, now: Instant) -> (Option<Arc<T>>, bool) {
        let Some(Cached::Known(value, connection)) = self.hashes.get(key) else {
            return (None, false);
        };
        let answered = self.answered.get(connection);
        let age =
            answered.map_or(Duration::MAX, |asked_at| now.saturating_duration_since(*asked_at));
        if age > CONFIRMED_FOR {
            return (None, false);
        }
        let is_due = age > CONFIRM_AFTER && !std::mem::replace(&mut self.is_asking, true);
        (Some(Arc::clone(value)), is_due)
    }

    /// Marks a hash as being read, by one or several; returns the number of the mark.
    fn begin_to_read(&mut self, key: &str) -> u64 {
        if let Some(Cached::Reading(mark)) = self.hashes.get(key) {
            return *mark;
        }
        if self.hashes.len() >= CACHED_MAX {
            self.hashes.clear();
        }
        self.reads += 1;
        self.hashes.insert(key.to_owned(), Cached::Reading(self.reads));
        self.reads
    }

    /// Keeps what was read, unless a change was reported since.
    fn keep(&mut self, key: &str, reading: u64, value: &Arc<T>, connection: u64) {
        if let Some(cached) = self.hashes.get_mut(key)
            && matches!(cached, Cached::Reading(mark) if *mark == reading)
        {
            *cached = Cached::Known(Arc::clone(value), connection);
        }
    }

    fn give_up(&mut self, key: &str, reading: u64) {
        if matches!(self.hashes.get(key), Some(Cached::Reading(mark)) if *mark == reading) {
            self.hashes.remove(key);
        }
    }

    fn note_answer(&mut self, connection: u64, asked_at: Instant) {
        let known = self.answered.entry(connection).or_insert(asked_at);
        *known = asked_at.max(*known);
    }

    /// Notes a message of the server: keys that have changed, or all of them.
    fn note(&mut self, push: PushInfo) {
        match push.kind {
            PushKind::Invalidate => match push.data.into_iter().next() {
                Some(Value::Array(keys)) => {
                    for key in keys.into_iter().filter_map(|key| text(key).ok()) {
                        self.hashes.remove(&key);
                    }
                }
                // All keys, as after FLUSHALL.
                _ => self.hashes.clear(),
            },
            PushKind::Disconnection => {
                self.hashes.clear();
                self.answered.clear();
            }
            _ => {}
        }
    }
}

fn lock<T>(state: &Mutex<State<T>>) -> MutexGuard<'_, State<T>> {
    state.lock().expect("nothing panics while it holds this lock")
}
