//! The streams of a connection to Binance: the requests for them, and the last activity of each.

use markets::Markets;
use messages::{Symbol, Trade};
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

/// The subscriptions by the symbols' names at the venue.
pub struct Subscriptions {
    /// The time without a trade after which a connection is renewed.
    silence: Duration,
    streams: BTreeMap<Symbol, Stream>,
    /// The requests that are still to be sent.
    requests: VecDeque<String>,
    requested: u64,
}

/// A stream of trades.
struct Stream {
    /// The instruments that take their prices from it, and whether each has had a trade of it.
    followers: Vec<(Symbol, bool)>,
    /// Id and time (Unix µs) of the last trade.
    last: Option<(u64, u64)>,
    /// The time at which it arrived, or at which the connection was made.
    at: Instant,
    /// The number of times that the silence timeout has doubled: a symbol that is seldom traded
    /// must not interrupt the others every half minute.
    doublings: u32,
    /// The number of trades in a row that arrived within half of the timeout.
    prompt_trades: u32,
}

/// The consequence of a trade.
pub enum Heard {
    /// No instrument takes its prices from it.
    Unlisted,
    /// The trade was seen before, perhaps on the previous connection: ids rise within a symbol.
    Repeated,
    /// The trade is new.
    New {
        /// The instruments whose price it is, and whether it is the first one for each.
        followers: Vec<(Symbol, bool)>,
        /// The venue has reset its ids.
        is_reset: bool,
    },
}

impl Subscriptions {
    /// Creates no subscriptions, with the silence timeout of a connection.
    pub const fn new(silence: Duration) -> Self {
        Self { silence, streams: BTreeMap::new(), requests: VecDeque::new(), requested: 0 }
    }

    /// Takes over a list of instruments, and queues the requests for an open connection. Returns
    /// the instruments that have another name at the venue now.
    pub fn follow(&mut self, listed: &Markets, now: Instant) -> Vec<Symbol> {
        let mut wanted = BTreeMap::<Symbol, Vec<Symbol>>::new();
        for instrument in listed.all() {
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
        first.iter().map(stream_name).collect::<Vec<_>>().join("/")
    }

    /// Marks the connection as made: every stream is silent from now on.
    pub fn connected(&mut self, now: Instant) {
        self.streams.values_mut().for_each(|stream| stream.at = now);
    }

    fn request(&mut self, method: &str, names: &[Symbol]) {
        for names in names.chunks(REQUEST_STREAMS_MAX) {
            let streams: Vec<String> = names.iter().map(stream_name).collect();
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

    /// Records a trade that arrives at `now`.
    pub fn hear(&mut self, trade: &Trade, now: Instant) -> Heard {
        let Some(stream) = self.streams.get_mut(&trade.symbol) else { return Heard::Unlisted };
        // Half of its timeout would do as well.
        let is_prompt = now - stream.at < stream.timeout(self.silence) / 2;
        stream.prompt_trades = if is_prompt { stream.prompt_trades + 1 } else { 0 };
        if stream.prompt_trades >= PROMPT_TRADES_MIN {
            (stream.prompt_trades, stream.doublings) = (0, stream.doublings.saturating_sub(1));
        }
        stream.at = now;
        let mut is_reset = false;
        if let Some((_, last_us)) = stream.last.filter(|(last_id, _)| trade.trade_id <= *last_id) {
            is_reset = trade.time_us > last_us.saturating_add(RESTART_GAP_US);
            if !is_reset {
                return Heard::Repeated;
            }
        }
        stream.last = Some((trade.trade_id, trade.time_us));
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

/// Returns the name of the stream of a symbol's trades.
fn stream_name(feed_symbol: &Symbol) -> String {
    format!("{}@trade", feed_symbol.as_str().to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use messages::Instrument;
    use testkit::symbols;

    const SILENCE: Duration = Duration::from_secs(30);

    fn symbol(text: &str) -> Symbol {
        text.parse().unwrap()
    }

    /// A list of instruments with their names at the venue.
    fn listed(names: &[(&str, &str)]) -> Markets {
        let template = symbols::shipped(symbols::BTC);
        let instrument = |(name, feed_symbol): &(&str, &str)| Instrument {
            symbol: symbol(name),
            feed_symbol: symbol(feed_symbol),
            ..template.clone()
        };
        Markets::from(names.iter().map(instrument).collect::<Vec<_>>())
    }

    fn trade(name: &str, trade_id: u64) -> Trade {
        let (price, qty) = ("1".parse().unwrap(), "1".parse().unwrap());
        Trade { symbol: symbol(name), trade_id, price, qty, time_us: trade_id }
    }

    fn requests(subscriptions: &mut Subscriptions) -> Vec<serde_json::Value> {
        std::iter::from_fn(|| subscriptions.next_request())
            .map(|text| serde_json::from_str(&text).unwrap())
            .collect()
    }

    fn followers(
        subscriptions: &mut Subscriptions,
        name: &str,
        trade_id: u64,
    ) -> Vec<(Symbol, bool)> {
        match subscriptions.hear(&trade(name, trade_id), Instant::now()) {
            Heard::New { followers, is_reset: false } => followers,
            Heard::Unlisted => Vec::new(),
            _ => panic!("the trade is new"),
        }
    }

    #[test]
    fn a_name_at_the_venue_can_pass_to_another_instrument() {
        let mut subscriptions = Subscriptions::new(SILENCE);
        assert_eq!(
            subscriptions.follow(&listed(&[("AA", "AX"), ("BB", "BX")]), Instant::now()),
            []
        );
        assert_eq!(subscriptions.connect(), "ax@trade/bx@trade");
        followers(&mut subscriptions, "AX", 5);
        // B takes the stream of A, which takes a new one.
        let renamed = subscriptions.follow(&listed(&[("AA", "CX"), ("BB", "AX")]), Instant::now());
        assert_eq!(renamed, [symbol("BB"), symbol("AA")]);
        let requests = requests(&mut subscriptions);
        let of = |n: usize| (requests[n]["method"].as_str(), requests[n]["params"].clone());
        assert_eq!(of(0), (Some("SUBSCRIBE"), json!(["cx@trade"])));
        assert_eq!(of(1), (Some("UNSUBSCRIBE"), json!(["bx@trade"])));
        assert_eq!(followers(&mut subscriptions, "AX", 6), [(symbol("BB"), true)]);
        assert_eq!(followers(&mut subscriptions, "CX", 1), [(symbol("AA"), true)]);
        assert_eq!(followers(&mut subscriptions, "BX", 1), []);
        // All names at once.
        let renamed = subscriptions.follow(&listed(&[("AA", "AX"), ("BB", "CX")]), Instant::now());
        assert_eq!(renamed, [symbol("AA"), symbol("BB")]);
        assert!(!subscriptions.has_requests());
    }

    #[test]
    fn two_instruments_can_follow_one_stream() {
        let mut subscriptions = Subscriptions::new(SILENCE);
        subscriptions.follow(&listed(&[("AA", "AX")]), Instant::now());
        assert_eq!(subscriptions.connect(), "ax@trade");
        assert_eq!(followers(&mut subscriptions, "AX", 1), [(symbol("AA"), true)]);
        subscriptions.follow(&listed(&[("AA", "AX"), ("BB", "AX")]), Instant::now());
        assert!(!subscriptions.has_requests());
        let both = [(symbol("AA"), false), (symbol("BB"), true)];
        assert_eq!(followers(&mut subscriptions, "AX", 2), both);
    }

    #[test]
    fn many_streams_are_requested_in_parts() {
        let names: Vec<String> = (0..250).map(|n| format!("A{n}")).collect();
        let names: Vec<(&str, &str)> = names.iter().map(|n| (n.as_str(), n.as_str())).collect();
        let mut subscriptions = Subscriptions::new(SILENCE);
        subscriptions.follow(&listed(&names), Instant::now());
        assert_eq!(subscriptions.connect().split('/').count(), 100);
        let lens: Vec<usize> = requests(&mut subscriptions)
            .iter()
            .map(|request| request["params"].as_array().unwrap().len())
            .collect();
        assert_eq!(lens, [100, 50]);
    }

    #[test]
    fn a_seldom_traded_symbol_interrupts_the_others_only_a_few_times() {
        let mut subscriptions = Subscriptions::new(SILENCE);
        subscriptions.follow(&listed(&[("AA", "AX"), ("BB", "BX")]), Instant::now());
        let start = Instant::now();
        let mut reconnects = 0;
        for second in 1..=3_600 {
            let now = start + Duration::from_secs(second);
            subscriptions.hear(&trade("AX", second), now);
            if second % 60 == 0 {
                subscriptions.hear(&trade("BX", second), now);
            }
            if subscriptions.silent_at() <= now {
                assert_eq!(subscriptions.silence(now), "BB");
                subscriptions.connected(now);
                reconnects += 1;
            }
        }
        assert!((1..=3).contains(&reconnects), "{reconnects} reconnects in an hour");
        // It is traded every second from now on.
        for second in 3_601..=4_000 {
            let now = start + Duration::from_secs(second);
            subscriptions.hear(&trade("AX", second), now);
            subscriptions.hear(&trade("BX", second), now);
        }
        assert!(subscriptions.streams.values().all(|stream| stream.doublings == 0));
    }
}
