//! The streams of a connection to Binance: the requests for them, and the last activity of each.

use markets::Markets;
use messages::{Instrument, Symbol};
use serde_json::json;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use tokio::time::Instant;

/// The maximum number of streams in one request, or in the address of a connection: Binance answers
/// nothing to longer ones.
const REQUEST_STREAMS_MAX: usize = 100;

/// An old trade id with a time later than the last trade by more than this (µs) means that the
/// venue has reset its ids; otherwise the trade is a repetition.
const RESTART_GAP_US: u64 = 10_000_000;

/// The maximum number of times that the silence timeout of a symbol doubles: half an hour by
/// default.
const PATIENCE_DOUBLINGS_MAX: u32 = 6;

/// The number of prompt trades in a row after which the timeout is halved.
const PROMPT_TRADES_MIN: u32 = 100;

/// The kind of the streams of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamKind {
    /// The trades of the spot market.
    Trades,
    /// The trades of the futures market, those of one order at one price together.
    AggregateTrades,
    /// The mark prices of the futures market, one a second.
    Marks,
}

impl StreamKind {
    /// The name of a symbol's stream.
    fn stream(self, feed_symbol: &Symbol) -> String {
        let kind = match self {
            Self::Trades => "trade",
            Self::AggregateTrades => "aggTrade",
            Self::Marks => "markPrice@1s",
        };
        format!("{}@{kind}", feed_symbol.as_str().to_lowercase())
    }

    fn concerns(self, instrument: &Instrument) -> bool {
        match self {
            Self::Trades | Self::AggregateTrades => true,
            Self::Marks => instrument.has_mark(),
        }
    }
}

/// The subscriptions by the symbols' names at the venue.
pub struct Subscriptions {
    kind: StreamKind,
    /// The time without a trade after which a connection is renewed.
    silence: Duration,
    streams: BTreeMap<Symbol, Stream>,
    /// The requests that are still to be sent.
    requests: VecDeque<String>,
    requested: u64,
}

/// A stream of trades or mark prices.
struct Stream {
    /// The instruments that take their prices from it, and whether each has had one of it.
    followers: Vec<(Symbol, bool)>,
    /// Id and time (Unix µs) of the last message.
    last: Option<(u64, u64)>,
    /// The time at which it arrived, or at which the connection was made.
    at: Instant,
    /// The number of times that the silence timeout has doubled: a symbol that is seldom traded
    /// must not interrupt the others every half minute.
    doublings: u32,
    /// The number of trades in a row that arrived within half of the timeout.
    prompt_trades: u32,
}

/// A trade or a mark price as a message of a stream.
#[derive(Clone, Copy, Debug)]
pub struct Heading {
    /// The symbol's name at the venue.
    pub feed_symbol: Symbol,
    /// The id, which rises within a symbol. That of a mark price is its time.
    pub id: u64,
    /// The time, Unix µs.
    pub time_us: u64,
}

/// The consequence of a message.
pub enum Heard {
    /// No instrument takes its prices from it.
    Unlisted,
    /// The message was seen before, perhaps on the previous connection.
    Repeated,
    /// The message is new.
    New {
        /// The instruments whose price it is, and whether it is the first one for each.
        followers: Vec<(Symbol, bool)>,
        /// The venue has reset its ids.
        is_reset: bool,
    },
}

impl Subscriptions {
    /// Creates no subscriptions, with the silence timeout of a connection.
    pub const fn new(kind: StreamKind, silence: Duration) -> Self {
        Self { kind, silence, streams: BTreeMap::new(), requests: VecDeque::new(), requested: 0 }
    }

    /// Reports whether no instrument needs a stream.
    pub fn is_empty(&self) -> bool {
        self.streams.is_empty()
    }

    /// Takes over a list of instruments, and queues the requests for an open connection. Returns
    /// the instruments that have another name at the venue now.
    pub fn follow(&mut self, listed: &Markets, now: Instant) -> Vec<Symbol> {
        let mut wanted = BTreeMap::<Symbol, Vec<Symbol>>::new();
        for instrument in listed.all().iter().filter(|instrument| self.kind.concerns(instrument)) {
            wanted.entry(instrument.feed_symbol).or_default().push(instrument.symbol);
        }
        let known: Vec<Symbol> = self.followers().collect();
        let gone: Vec<Symbol> =
            self.streams.keys().filter(|name| !wanted.contains_key(name)).copied().collect();
        self.streams.retain(|name, _| wanted.contains_key(name));
        let (mut new, mut renamed) = (Vec::new(), Vec::new());
        for (name, symbols) in wanted {
            let stream = self.streams.entry(name).or_insert_with(|| {
                new.push(name);
                Stream {
                    followers: Vec::new(),
                    last: None,
                    at: now,
                    doublings: 0,
                    prompt_trades: 0,
                }
            });
            let before = std::mem::take(&mut stream.followers);
            for symbol in symbols {
                let follower = before.iter().find(|(follower, _)| *follower == symbol);
                if follower.is_none() && known.contains(&symbol) {
                    renamed.push(symbol);
                }
                stream.followers.push(follower.copied().unwrap_or((symbol, false)));
            }
        }
        self.request("SUBSCRIBE", &new);
        self.request("UNSUBSCRIBE", &gone);
        renamed
    }

    /// Begins a connection: returns the streams to name in its address, and queues the requests for
    /// the others.
    pub fn connect(&mut self) -> String {
        self.requests.clear();
        let names: Vec<Symbol> = self.streams.keys().copied().collect();
        let (first, others) = names.split_at(names.len().min(REQUEST_STREAMS_MAX));
        self.request("SUBSCRIBE", others);
        first.iter().map(|name| self.kind.stream(name)).collect::<Vec<_>>().join("/")
    }

    /// Marks the connection as made: every stream is silent from now on.
    pub fn connected(&mut self, now: Instant) {
        self.streams.values_mut().for_each(|stream| stream.at = now);
    }

    fn request(&mut self, method: &str, names: &[Symbol]) {
        for names in names.chunks(REQUEST_STREAMS_MAX) {
            let streams: Vec<String> = names.iter().map(|name| self.kind.stream(name)).collect();
            self.requested += 1;
            let request = json!({ "method": method, "params": streams, "id": self.requested });
            self.requests.push_back(request.to_string());
        }
    }

    /// Whether a request is still to be sent.
    pub fn has_requests(&self) -> bool {
        !self.requests.is_empty()
    }

    /// Takes the next request.
    pub fn next_request(&mut self) -> Option<String> {
        self.requests.pop_front()
    }

    /// Records a message that arrives at `now`.
    pub fn hear(&mut self, heading: Heading, now: Instant) -> Heard {
        let Heading { feed_symbol, id, time_us } = heading;
        let Some(stream) = self.streams.get_mut(&feed_symbol) else { return Heard::Unlisted };
        // Half of its timeout would do as well.
        let is_prompt = now - stream.at < stream.timeout(self.silence) / 2;
        stream.prompt_trades = if is_prompt { stream.prompt_trades + 1 } else { 0 };
        if stream.prompt_trades >= PROMPT_TRADES_MIN {
            (stream.prompt_trades, stream.doublings) = (0, stream.doublings.saturating_sub(1));
        }
        stream.at = now;
        let mut is_reset = false;
        if let Some((_, last_us)) = stream.last.filter(|(last_id, _)| id <= *last_id) {
            is_reset = time_us > last_us.saturating_add(RESTART_GAP_US);
            if !is_reset {
                return Heard::Repeated;
            }
        }
        stream.last = Some((id, time_us));
        let followers = stream.followers.iter_mut();
        let followers = followers
            .map(|(symbol, has_traded)| (*symbol, !std::mem::replace(has_traded, true)))
            .collect();
        Heard::New { followers, is_reset }
    }

    /// The time at which the connection is renewed if no trade arrives.
    pub fn silent_at(&self) -> Instant {
        let newest = self.streams.values().map(|stream| stream.at).max();
        let silent_at = |stream: &Stream| stream.at + stream.timeout(self.silence);
        let of_a_symbol = self.streams.values().map(silent_at).min();
        let of_all = newest.map(|at| at + self.silence);
        let silent_at = of_a_symbol.into_iter().chain(of_all).min();
        silent_at.expect("a connection begins with a list")
    }

    /// Returns the names of the silent symbols. Unless all are silent, their timeouts double on the
    /// next connection.
    pub fn silence(&mut self, now: Instant) -> String {
        let silence = self.silence;
        let all_are_silent = self.streams.values().all(|stream| now - stream.at >= silence);
        let mut names = Vec::new();
        for stream in self.streams.values_mut() {
            if all_are_silent {
                names.extend(stream.names());
            } else if now - stream.at >= stream.timeout(silence) {
                names.extend(stream.names());
                stream.doublings = (stream.doublings + 1).min(PATIENCE_DOUBLINGS_MAX);
            }
        }
        names.sort_unstable();
        names.join(", ")
    }

    fn followers(&self) -> impl Iterator<Item = Symbol> {
        self.streams.values().flat_map(|stream| stream.followers.iter().map(|(symbol, _)| *symbol))
    }
}

impl Stream {
    /// The time without a trade after which the connection is renewed.
    fn timeout(&self, silence: Duration) -> Duration {
        silence * 2_u32.pow(self.doublings)
    }

    fn names(&self) -> impl Iterator<Item = String> {
        self.followers.iter().map(|(symbol, _)| symbol.to_string())
    }
}

#[cfg(test)]
mod tests;
