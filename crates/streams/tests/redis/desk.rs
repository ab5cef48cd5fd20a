//! A private server and helpers for the tests.

use devstack::servers::RedisServer;
use messages::{EntryId, Fields};
use std::future::Future;
use std::time::{Duration, Instant};
use streams::{Entry, Error, Redis};

/// The time after which a step of a test counts as hanging.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A server and a handle to it.
pub struct Desk {
    pub server: RedisServer,
    pub redis: Redis,
}

impl Desk {
    pub fn open() -> Self {
        let server = RedisServer::private().unwrap();
        let redis = Redis::new(&server.url()).unwrap();
        Self { server, redis }
    }

    /// Runs a command directly, without this crate.
    pub fn command(&self, words: &[&str]) -> redis::Value {
        let client = redis::Client::open(self.server.url()).unwrap();
        let mut connection = client.get_connection().unwrap();
        redis::cmd(words[0]).arg(&words[1..]).query(&mut connection).unwrap()
    }

    /// Appends entries 1-1, 1-2, … 1-`count`.
    pub async fn fill(&self, stream: &str, count: u64) {
        self.fill_from(stream, 1, count).await;
    }

    /// Appends entries 1-`first` to 1-`last`.
    pub async fn fill_from(&self, stream: &str, first: u64, last: u64) {
        let mut batch = self.redis.batch();
        for seq in first..=last {
            batch.append_at(stream, id(seq), &fields(seq));
        }
        assert_eq!(batch.send().await.unwrap().already_there, 0);
    }

    pub async fn ids(&self, stream: &str) -> Vec<EntryId> {
        let entries = self.redis.read_range(stream, EntryId::MIN, 100_000).await.unwrap();
        entries.into_iter().map(|entry| entry.id).collect()
    }

    /// Restarts the server without its data, as after the loss of its disk.
    pub fn lose_the_data(&mut self) {
        blocking(|| self.server.stop().unwrap());
        let log = self.server.log();
        std::fs::remove_dir_all(log.parent().unwrap().join("appendonlydir")).unwrap();
        blocking(|| self.server.start().unwrap());
    }

    pub fn restart(&mut self) {
        blocking(|| self.server.restart().unwrap());
    }

    pub fn stop(&mut self) {
        blocking(|| self.server.stop().unwrap());
    }

    pub fn start(&mut self) {
        blocking(|| self.server.start().unwrap());
    }
}

/// Runs blocking work, such as starting a server, while other tasks continue.
fn blocking<T>(work: impl FnOnce() -> T) -> T {
    tokio::task::block_in_place(work)
}

pub fn id(seq: u64) -> EntryId {
    EntryId::new(1, seq)
}

pub fn ids(range: std::ops::RangeInclusive<u64>) -> Vec<EntryId> {
    range.map(id).collect()
}

/// Fields that contain the number of their entry.
pub fn fields(number: u64) -> Fields {
    let named = [("type", "TEST".to_owned()), ("number", number.to_string())];
    named.into_iter().map(|(name, value)| (name.to_owned(), value.into_bytes())).collect()
}

pub fn field(entry: &Entry, name: &str) -> Option<String> {
    let value = entry.fields.iter().find(|(found, _)| *found == name)?.1;
    Some(String::from_utf8_lossy(value).into_owned())
}

/// Appends entries one by one, each retried until it exists, whatever happens to the server.
pub async fn append_all(redis: Redis, stream: &'static str, count: u64) {
    let mut batch = redis.batch();
    for seq in 1..=count {
        batch.append_at(stream, id(seq), &fields(seq));
        within_patience(async {
            while let Err(error) = batch.send().await {
                assert!(error.is_transient(), "{error}");
            }
        })
        .await;
    }
}

pub async fn within_patience<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work).await.expect("hangs")
}

/// Polls a condition until it holds.
pub async fn eventually(mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds().await {
        assert!(Instant::now() < deadline, "the condition did not hold in time");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

pub fn is_unavailable<T>(outcome: &Result<T, Error>) -> bool {
    matches!(outcome, Err(Error::Unavailable(_)))
}
