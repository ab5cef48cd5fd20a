use super::*;
use messages::PriceSource;
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

fn trade(name: &str, id: u64) -> Heading {
    Heading { feed_symbol: symbol(name), id, time_us: id }
}

fn requests(subscriptions: &mut Subscriptions) -> Vec<serde_json::Value> {
    std::iter::from_fn(|| subscriptions.next_request())
        .map(|text| serde_json::from_str(&text).unwrap())
        .collect()
}

fn followers(subscriptions: &mut Subscriptions, name: &str, trade_id: u64) -> Vec<(Symbol, bool)> {
    match subscriptions.hear(trade(name, trade_id), Instant::now()) {
        Heard::New { followers, is_reset: false } => followers,
        Heard::Unlisted => Vec::new(),
        _ => panic!("the trade is new"),
    }
}

#[test]
fn a_name_at_the_venue_can_pass_to_another_instrument() {
    let mut subscriptions = Subscriptions::new(StreamKind::Trades, SILENCE);
    assert_eq!(subscriptions.follow(&listed(&[("AA", "AX"), ("BB", "BX")]), Instant::now()), []);
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
    let mut subscriptions = Subscriptions::new(StreamKind::Trades, SILENCE);
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
    let mut subscriptions = Subscriptions::new(StreamKind::Trades, SILENCE);
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
    let mut subscriptions = Subscriptions::new(StreamKind::Trades, SILENCE);
    subscriptions.follow(&listed(&[("AA", "AX"), ("BB", "BX")]), Instant::now());
    let start = Instant::now();
    let mut reconnects = 0;
    for second in 1..=3_600 {
        let now = start + Duration::from_secs(second);
        subscriptions.hear(trade("AX", second), now);
        if second % 60 == 0 {
            subscriptions.hear(trade("BX", second), now);
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
        subscriptions.hear(trade("AX", second), now);
        subscriptions.hear(trade("BX", second), now);
    }
    assert!(subscriptions.streams.values().all(|stream| stream.doublings == 0));
}

#[test]
fn marks_are_subscribed_to_where_something_needs_them() {
    let mut subscriptions = Subscriptions::new(StreamKind::Marks, SILENCE);
    let none = listed(&[("AA", "AX"), ("BB", "BX")]);
    subscriptions.follow(&none, Instant::now());
    assert!(subscriptions.is_empty());
    let mut instruments = none.all().to_vec();
    instruments[1].trigger_price = PriceSource::Mark;
    subscriptions.follow(&Markets::from(instruments), Instant::now());
    assert_eq!(subscriptions.connect(), "bx@markPrice@1s");
    let mark =
        |time_ms| Heading { feed_symbol: symbol("BX"), id: time_ms, time_us: time_ms * 1_000 };
    let mut heard = |time_ms| subscriptions.hear(mark(time_ms), Instant::now());
    assert!(matches!(heard(1_703_001_234_000), Heard::New { is_reset: false, .. }));
    // Sent twice, or late.
    assert!(matches!(heard(1_703_001_234_000), Heard::Repeated));
    assert!(matches!(heard(1_703_001_233_000), Heard::Repeated));
    assert!(matches!(heard(1_703_001_235_000), Heard::New { is_reset: false, .. }));
}
