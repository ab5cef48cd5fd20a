//! The latest text of every public topic.
//!
//! A text is encoded once and shared by all connections. A slow client reads only the newest one:
//! prices are conflated by construction, and a client costs a number and a set of bits, however far
//! behind it is.

use crate::metering;
use axum::extract::ws::Utf8Bytes;
use messages::{Symbol, Timeframe};
use std::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};
use tokio::sync::watch;

/// A public topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// The source of prices, or that there are none.
    Status,
    /// Bid and ask.
    Price(Symbol),
    /// The running candle.
    Candle(Symbol, Timeframe),
}

const SYMBOLS: usize = Symbol::ALL.len();
const TIMEFRAMES: usize = Timeframe::ALL.len();
const TOPICS: usize = 1 + SYMBOLS + SYMBOLS * TIMEFRAMES;
const _: () = assert!(TOPICS <= u32::BITS as usize, "a set of topics is the bits of a u32");

impl Topic {
    const fn index(self) -> usize {
        match self {
            Self::Status => 0,
            Self::Price(symbol) => 1 + symbol.index(),
            Self::Candle(symbol, timeframe) => {
                1 + SYMBOLS + symbol.index() * TIMEFRAMES + timeframe.index()
            }
        }
    }
}

/// A set of topics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Topics(u32);

impl Topics {
    /// The topics of every client: the status.
    pub const fn minimal() -> Self {
        Self(1)
    }

    /// The prices of all symbols.
    pub fn all_prices() -> Self {
        Symbol::ALL.into_iter().map(Topic::Price).collect()
    }

    /// Adds a topic.
    pub const fn insert(&mut self, topic: Topic) {
        self.0 |= 1 << topic.index();
    }

    /// Removes a topic.
    pub const fn remove(&mut self, topic: Topic) {
        self.0 &= !(1 << topic.index());
    }

    /// Returns whether the set contains a topic.
    pub const fn contains(self, topic: Topic) -> bool {
        self.0 & (1 << topic.index()) != 0
    }

    /// Returns the union of both sets.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl FromIterator<Topic> for Topics {
    fn from_iter<I: IntoIterator<Item = Topic>>(topics: I) -> Self {
        let mut set = Self::default();
        topics.into_iter().for_each(|topic| set.insert(topic));
        set
    }
}

#[derive(Clone, Default)]
struct Latest {
    version: u64,
    /// The version of the text that this one has replaced.
    previous: u64,
    text: Utf8Bytes,
}

#[derive(Default)]
struct Posted {
    version: u64,
    topics: [Latest; TOPICS],
}

/// The board, shared by one writer and all readers.
pub struct Board {
    /// Held for copying a few pointers, never across an await.
    posted: RwLock<Posted>,
    announced: watch::Sender<u64>,
}

impl Board {
    /// Creates an empty board.
    pub fn new() -> Self {
        Self { posted: RwLock::default(), announced: watch::Sender::new(0) }
    }

    /// Replaces a topic's text; readers are woken by the next [`Board::announce`].
    pub fn post(&self, topic: Topic, text: String) {
        let mut posted = self.write();
        posted.version += 1;
        let version = posted.version;
        let latest = &mut posted.topics[topic.index()];
        *latest = Latest { version, previous: latest.version, text: text.into() };
    }

    /// Wakes the readers if there are new texts.
    pub fn announce(&self) {
        let version = self.read().version;
        self.announced.send_if_modified(|announced| {
            let is_new = *announced < version;
            *announced = version;
            is_new
        });
    }

    /// Creates a reader that has seen nothing yet.
    pub fn reader(&self) -> Reader {
        Reader { announced: self.announced.subscribe(), seen: 0 }
    }

    /// Returns the current texts of these topics.
    pub fn current(&self, topics: Topics) -> Vec<Utf8Bytes> {
        self.newer_than(0, topics).texts
    }

    fn newer_than(&self, version: u64, topics: Topics) -> News {
        let posted = self.read();
        let (mut texts, mut conflated) = (Vec::new(), 0);
        let mut left = topics.0;
        while left != 0 {
            let latest = &posted.topics[left.trailing_zeros() as usize];
            if latest.version > version {
                texts.push(latest.text.clone());
                conflated += u64::from(latest.previous > version);
            }
            left &= left - 1;
        }
        News { version: posted.version, texts, conflated }
    }

    fn read(&self) -> RwLockReadGuard<'_, Posted> {
        self.posted.read().expect("nothing panics while it holds this lock")
    }

    fn write(&self) -> RwLockWriteGuard<'_, Posted> {
        self.posted.write().expect("nothing panics while it holds this lock")
    }
}

impl Default for Board {
    fn default() -> Self {
        Self::new()
    }
}

/// The result of a read.
struct News {
    version: u64,
    texts: Vec<Utf8Bytes>,
    /// The number of texts that have replaced one the reader has not seen.
    conflated: u64,
}

/// The read position of one client.
pub struct Reader {
    announced: watch::Receiver<u64>,
    seen: u64,
}

impl Reader {
    /// Waits for the next announcement. Cancel safe.
    pub async fn changed(&mut self) {
        if self.announced.changed().await.is_err() {
            // The board is gone: there will be no further announcement.
            std::future::pending::<()>().await;
        }
    }

    /// Returns the texts of these topics that are new since the last read.
    pub fn read(&mut self, board: &Board, topics: Topics) -> Vec<Utf8Bytes> {
        let is_first = self.seen == 0;
        let News { version, texts, conflated } = board.newer_than(self.seen, topics);
        self.seen = version;
        // A new client has missed nothing.
        metering::read(texts.len(), if is_first { 0 } else { conflated });
        texts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BTC: Topic = Topic::Price(Symbol::BtcUsdt);
    const SOL: Topic = Topic::Price(Symbol::SolUsdt);

    #[test]
    fn every_topic_has_a_place_of_its_own() {
        let mut all = vec![Topic::Status];
        all.extend(Symbol::ALL.map(Topic::Price));
        for symbol in Symbol::ALL {
            all.extend(Timeframe::ALL.map(|timeframe| Topic::Candle(symbol, timeframe)));
        }
        let indexes: Vec<usize> = all.iter().map(|topic| topic.index()).collect();
        assert_eq!(indexes, (0..TOPICS).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn a_slow_reader_finds_the_newest_of_each_topic_once() {
        let board = Board::new();
        let mut reader = board.reader();
        for n in 0..1_000 {
            board.post(BTC, format!("btc {n}"));
            board.post(SOL, format!("sol {n}"));
            board.announce();
        }
        reader.changed().await;
        let both: Topics = [BTC, SOL].into_iter().collect();
        assert_eq!(reader.read(&board, both), ["btc 999", "sol 999"]);
        assert!(reader.read(&board, both).is_empty());
        board.post(SOL, "sol again".to_owned());
        board.announce();
        reader.changed().await;
        assert!(reader.read(&board, [BTC].into_iter().collect()).is_empty());
        assert_eq!(board.current(both), ["btc 999", "sol again"]);
    }
}
