//! The latest text of every public topic.
//!
//! A text is encoded once and shared by all connections. A slow client reads only the newest one:
//! prices are conflated by construction, and a client costs a number and a set of bits, however far
//! behind it is.

use crate::metering;
use axum::extract::ws::Utf8Bytes;
use messages::Timeframe;
use std::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};
use tokio::sync::watch;

/// A public topic. A market is given by its index in the list of instruments, which never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// The source of prices, or that there are none.
    Status,
    /// Bid and ask of a market.
    Price(usize),
    /// The mark price of a market.
    Mark(usize),
    /// The trades of a market, which the board has no text of: see [`crate::tape`].
    Trades(usize),
    /// The running candle of a market.
    Candle(usize, Timeframe),
}

/// The number of topics of a market.
const TOPICS_PER_MARKET: usize = 3 + Timeframe::ALL.len();

impl Topic {
    const fn index(self) -> usize {
        match self {
            Self::Status => 0,
            Self::Price(market) => 1 + market * TOPICS_PER_MARKET,
            Self::Mark(market) => 1 + market * TOPICS_PER_MARKET + 1,
            Self::Trades(market) => 1 + market * TOPICS_PER_MARKET + 2,
            Self::Candle(market, timeframe) => {
                1 + market * TOPICS_PER_MARKET + 3 + timeframe.index()
            }
        }
    }
}

/// A set of topics, as the bits of numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Topics(Vec<u64>);

impl Topics {
    /// Adds a topic.
    pub fn insert(&mut self, topic: Topic) {
        let (place, bit) = Self::bit(topic);
        if self.0.len() <= place {
            self.0.resize(place + 1, 0);
        }
        self.0[place] |= bit;
    }

    /// Removes a topic.
    pub fn remove(&mut self, topic: Topic) {
        let (place, bit) = Self::bit(topic);
        if let Some(bits) = self.0.get_mut(place) {
            *bits &= !bit;
        }
    }

    /// Returns whether the set contains a topic.
    pub fn contains(&self, topic: Topic) -> bool {
        let (place, bit) = Self::bit(topic);
        self.0.get(place).is_some_and(|bits| bits & bit != 0)
    }

    /// Returns the place of a topic's number and the topic's bit in it.
    const fn bit(topic: Topic) -> (usize, u64) {
        let index = topic.index();
        (index / u64::BITS as usize, 1 << (index % u64::BITS as usize))
    }

    /// The indexes of the topics.
    fn indexes(&self) -> impl Iterator<Item = usize> {
        let places = self.0.iter().enumerate();
        places.flat_map(|(place, &bits)| {
            let mut left = bits;
            std::iter::from_fn(move || {
                let lowest = (left != 0).then(|| left.trailing_zeros() as usize)?;
                left &= left - 1;
                Some(place * u64::BITS as usize + lowest)
            })
        })
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
    topics: Vec<Latest>,
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
        let index = topic.index();
        if posted.topics.len() <= index {
            posted.topics.resize(index + 1, Latest::default());
        }
        let latest = &mut posted.topics[index];
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
    pub fn current(&self, topics: &Topics) -> Vec<Utf8Bytes> {
        self.newer_than(0, topics).texts
    }

    fn newer_than(&self, version: u64, topics: &Topics) -> News {
        let posted = self.read();
        let (mut texts, mut conflated) = (Vec::new(), 0);
        for latest in topics.indexes().filter_map(|index| posted.topics.get(index)) {
            if latest.version > version {
                texts.push(latest.text.clone());
                conflated += u64::from(latest.previous > version);
            }
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
    pub fn read(&mut self, board: &Board, topics: &Topics) -> Vec<Utf8Bytes> {
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

    const BTC: Topic = Topic::Price(0);
    const SOL: Topic = Topic::Price(2);

    #[test]
    fn every_topic_has_a_place_of_its_own() {
        let mut all = vec![Topic::Status];
        for market in 0..500 {
            all.push(Topic::Price(market));
            all.push(Topic::Mark(market));
            all.push(Topic::Trades(market));
            all.extend(Timeframe::ALL.map(|timeframe| Topic::Candle(market, timeframe)));
        }
        let indexes: Vec<usize> = all.iter().map(|topic| topic.index()).collect();
        assert_eq!(indexes, (0..all.len()).collect::<Vec<_>>());
        let set: Topics = all.iter().copied().step_by(3).collect();
        assert_eq!(
            set.indexes().collect::<Vec<_>>(),
            (0..all.len()).step_by(3).collect::<Vec<_>>()
        );
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
        assert_eq!(reader.read(&board, &both), ["btc 999", "sol 999"]);
        assert!(reader.read(&board, &both).is_empty());
        board.post(SOL, "sol again".to_owned());
        board.announce();
        reader.changed().await;
        assert!(reader.read(&board, &[BTC].into_iter().collect()).is_empty());
        assert_eq!(board.current(&both), ["btc 999", "sol again"]);
    }
}
