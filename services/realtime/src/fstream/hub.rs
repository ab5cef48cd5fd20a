//! Delivery of market events to the clients that are subscribed.
//!
//! A text is made once and shared. Every client has a mailbox with the newest text of each stream
//! that may be conflated, and a bounded queue for trades and closed candles. So a slow client costs
//! bounded memory, sees the newest of everything, and holds up nobody.

use super::names::Stream;
use crate::metering;
use axum::extract::ws::Utf8Bytes;
use messages::Symbol;
use price::Price;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::sync::Notify;

/// The number of trades that may wait for a client; the oldest ones are dropped beyond it. Enough
/// for several seconds of a busy market.
const WAITING_MAX: usize = 1_024;

/// The subscribers of each stream.
#[derive(Default)]
pub struct Hub {
    /// Held for handing out texts, never across an await.
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// The last bid and ask of each symbol.
    quotes: HashMap<Symbol, (Price, Price)>,
    subscribers: HashMap<Stream, Vec<Arc<Mailbox>>>,
    /// The mailboxes with texts of which their clients were not told yet.
    untold: Vec<Arc<Mailbox>>,
}

/// The texts that wait for one client.
#[derive(Default)]
pub struct Mailbox {
    waiting: Mutex<Waiting>,
    arrived: Notify,
}

#[derive(Default)]
struct Waiting {
    /// The newest text of each stream, and of each symbol in those of all symbols.
    newest: BTreeMap<u64, (Stream, Utf8Bytes)>,
    /// The place of a stream's text in `newest`.
    places: HashMap<(Stream, Option<Symbol>), u64>,
    next_place: u64,
    queue: VecDeque<(Stream, Utf8Bytes)>,
    is_listed: bool,
    conflated: u64,
    lost: u64,
}

impl Hub {
    /// Returns whether anybody is subscribed to a stream.
    pub fn wants(&self, stream: Stream) -> bool {
        self.inner().subscribers.contains_key(&stream)
    }

    /// Replaces the text that a stream has for its subscribers. In a stream of all symbols, `of`
    /// says whose text it is.
    pub fn post(&self, stream: Stream, of: Option<Symbol>, text: String) {
        let text = Utf8Bytes::from(text);
        self.hand_out(stream, |waiting| waiting.post(stream, of, text.clone()));
    }

    /// Queues a text that no later one replaces. What the stream posted before is dropped: it comes
    /// before this one.
    pub fn append(&self, stream: Stream, text: String) {
        let text = Utf8Bytes::from(text);
        self.hand_out(stream, |waiting| waiting.append(stream, text.clone()));
    }

    /// Sets the last bid and ask of a symbol.
    pub fn set_quote(&self, symbol: Symbol, quote: (Price, Price)) {
        self.inner().quotes.insert(symbol, quote);
    }

    /// Returns the last bid and ask of a symbol.
    pub fn quote(&self, symbol: Symbol) -> Option<(Price, Price)> {
        self.inner().quotes.get(&symbol).copied()
    }

    fn hand_out(&self, stream: Stream, put: impl Fn(&mut Waiting)) {
        let Inner { subscribers, untold, .. } = &mut *self.inner();
        for mailbox in subscribers.get(&stream).into_iter().flatten() {
            let mut waiting = mailbox.waiting();
            put(&mut waiting);
            if !mem::replace(&mut waiting.is_listed, true) {
                untold.push(Arc::clone(mailbox));
            }
        }
    }

    /// Wakes the clients that have new texts.
    pub fn announce(&self) {
        for mailbox in mem::take(&mut self.inner().untold) {
            mailbox.arrived.notify_one();
        }
    }

    /// Subscribes a client, once.
    pub fn subscribe(&self, stream: Stream, mailbox: &Arc<Mailbox>) {
        let mut inner = self.inner();
        let subscribers = inner.subscribers.entry(stream).or_default();
        if !subscribers.iter().any(|other| Arc::ptr_eq(other, mailbox)) {
            subscribers.push(Arc::clone(mailbox));
        }
    }

    /// Ends a subscription.
    pub fn unsubscribe(&self, stream: Stream, mailbox: &Arc<Mailbox>) {
        let mut inner = self.inner();
        if let Some(subscribers) = inner.subscribers.get_mut(&stream) {
            subscribers.retain(|other| !Arc::ptr_eq(other, mailbox));
            if subscribers.is_empty() {
                inner.subscribers.remove(&stream);
            }
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("nothing panics while it holds this lock")
    }
}

impl Mailbox {
    /// Waits for texts. Cancel safe.
    pub async fn arrived(&self) {
        self.arrived.notified().await;
    }

    /// Takes the texts with their streams, those of one stream in order.
    pub fn take(&self) -> Vec<(Stream, Utf8Bytes)> {
        let mut waiting = self.waiting();
        waiting.is_listed = false;
        waiting.places.clear();
        let mut texts: Vec<_> = mem::take(&mut waiting.queue).into();
        texts.extend(mem::take(&mut waiting.newest).into_values());
        let (conflated, lost) = (mem::take(&mut waiting.conflated), mem::take(&mut waiting.lost));
        drop(waiting);
        metering::read(texts.len(), conflated);
        metering::lost(lost);
        texts
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().expect("nothing panics while it holds this lock")
    }
}

impl Waiting {
    fn post(&mut self, stream: Stream, of: Option<Symbol>, text: Utf8Bytes) {
        self.next_place += 1;
        let place = self.places.entry((stream, of)).or_insert(self.next_place);
        if self.newest.insert(*place, (stream, text)).is_some() {
            self.conflated += 1;
        }
    }

    fn append(&mut self, stream: Stream, text: Utf8Bytes) {
        if let Some(place) = self.places.remove(&(stream, None)) {
            self.newest.remove(&place);
        }
        if self.queue.len() == WAITING_MAX {
            self.queue.pop_front();
            self.lost += 1;
        }
        self.queue.push_back((stream, text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::symbols::{BTC, ETH};

    fn texts(mailbox: &Mailbox) -> Vec<String> {
        mailbox.take().into_iter().map(|(_, text)| text.to_string()).collect()
    }

    #[tokio::test]
    async fn a_slow_client_finds_the_newest_and_the_last_trades_in_order() {
        let (hub, slow) = (Hub::default(), Arc::new(Mailbox::default()));
        let (trades, book, all) =
            (Stream::Trade(BTC), Stream::BookTicker(BTC), Stream::AllBookTickers);
        assert!(!hub.wants(trades));
        for stream in [trades, book, all, trades] {
            hub.subscribe(stream, &slow);
        }
        assert!(hub.wants(trades) && !hub.wants(Stream::Trade(ETH)));
        for n in 0..=WAITING_MAX {
            hub.append(trades, format!("trade {n}"));
            hub.post(book, None, format!("book {n}"));
            hub.post(all, Some(BTC), format!("btc {n}"));
            hub.post(all, Some(ETH), format!("eth {n}"));
        }
        hub.announce();
        slow.arrived().await;
        let mut expected: Vec<_> = (1..=WAITING_MAX).map(|n| format!("trade {n}")).collect();
        expected.extend(["book", "btc", "eth"].map(|name| format!("{name} {WAITING_MAX}")));
        assert_eq!(texts(&slow), expected);
        assert!(texts(&slow).is_empty());
        hub.post(book, None, "more".to_owned());
        hub.announce();
        slow.arrived().await;
        assert_eq!(texts(&slow), ["more"]);
        hub.unsubscribe(book, &slow);
        hub.post(book, None, "unwanted".to_owned());
        assert!(!hub.wants(book) && texts(&slow).is_empty());
    }

    #[test]
    fn a_closed_candle_is_not_replaced_and_comes_before_the_next_one() {
        let (hub, client) = (Hub::default(), Arc::new(Mailbox::default()));
        let candles = Stream::Kline(BTC, views::binance::Interval::M1);
        hub.subscribe(candles, &client);
        hub.post(candles, None, "open".to_owned());
        hub.append(candles, "closed".to_owned());
        hub.post(candles, None, "next".to_owned());
        hub.post(candles, None, "next again".to_owned());
        assert_eq!(texts(&client), ["closed", "next again"]);
    }
}
