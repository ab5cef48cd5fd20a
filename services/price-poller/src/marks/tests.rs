use super::*;
use messages::PriceSource;
use testkit::symbols::{BTC, ETH, SOL, shipped};

/// Bitcoin and Solana have a mark price, Ether has none.
fn listed() -> Markets {
    let marked = |symbol| Instrument { trigger_price: PriceSource::Mark, ..shipped(symbol) };
    Markets::from(vec![marked(BTC), shipped(ETH), marked(SOL)])
}

fn marks(feed: Feed) -> Marks {
    let mut marks = Marks::default();
    marks.begin(feed);
    marks
}

fn price(number: i64) -> Price {
    Price::from(number)
}

#[test]
fn each_second_has_one_mark_of_each_instrument_that_needs_one() {
    let mut marks = marks(Feed::Sim);
    assert!(marks.due(&listed(), 9_000).is_empty(), "nothing is accepted yet");
    marks.sample(BTC, price(100), 10_500);
    marks.sample(ETH, price(100), 10_500);
    assert!(marks.due(&listed(), 10_900).is_empty(), "the trade came after the second");
    let first = marks.due(&listed(), 11_250);
    let expected = MarkPrice {
        marked_at_ms: Some(11_000),
        ..MarkPrice::new(BTC, price(100), Some(price(100)))
    };
    assert_eq!(first, [expected]);
    assert!(marks.due(&listed(), 11_999).is_empty(), "once a second");
    // Of two seconds for which the poller waited, the last.
    marks.sample(BTC, price(200), 12_000);
    marks.sample(SOL, price(7), 13_000);
    let both = marks.due(&listed(), 13_500);
    let found = both.iter().map(|mark| (mark.symbol, mark.mark, mark.marked_at_ms));
    let expected = [(BTC, price(140), Some(13_000)), (SOL, price(7), Some(13_000))];
    assert_eq!(found.collect::<Vec<_>>(), expected);
}

#[test]
fn mark_and_index_average_over_their_windows() {
    let mut marks = marks(Feed::Replay);
    for second in 0..=300 {
        let number = if second < 285 { 1_000 } else { 4_000 };
        marks.sample(BTC, price(number), second * 1_000);
    }
    let mark = marks.due(&listed(), 300_000)[0];
    assert_eq!((mark.mark, mark.index), (price(2_500), Some(price(1_150))));
    // Held prices are no samples: while nothing is accepted, the last one holds for a window.
    assert_eq!(marks.due(&listed(), 330_000).len(), 1);
    assert!(marks.due(&listed(), 331_000).is_empty());
    marks.sample(BTC, price(9_000), 331_500);
    assert_eq!(marks.due(&listed(), 332_000)[0].index, Some(price(9_000)));
}

#[test]
fn another_source_or_run_begins_anew() {
    let mut marks = marks(Feed::Replay);
    marks.sample(BTC, price(100), 10_000);
    marks.begin(Feed::Replay);
    assert!(marks.due(&listed(), 11_000).is_empty());
    marks.sample(BTC, price(900), 11_500);
    assert_eq!(marks.due(&listed(), 12_000)[0].mark, price(900));
    marks.forget(BTC);
    assert!(marks.due(&listed(), 13_000).is_empty());
    // The clock is set back.
    marks.sample(BTC, price(100), 2_000);
    assert_eq!(marks.due(&listed(), 3_000)[0].mark, price(100));
}

#[test]
fn the_venue_s_marks_are_sent_where_they_are_needed() {
    let mut marks = marks(Feed::Binance);
    let venue = |symbol| MarkPrice {
        funding_rate: Some("0.0001".parse().unwrap()),
        next_funding_ms: Some(28_800_000),
        marked_at_ms: Some(11_000),
        ..MarkPrice::new(symbol, price(100), Some(price(99)))
    };
    assert_eq!(marks.take(venue(BTC), &listed()), None, "nothing is accepted yet");
    marks.sample(BTC, price(100), 10_500);
    marks.sample(ETH, price(100), 10_500);
    // Without fundings of the instrument nothing is said about them.
    let expected = MarkPrice { funding_rate: None, next_funding_ms: None, ..venue(BTC) };
    assert_eq!(marks.take(venue(BTC), &listed()), Some(expected));
    assert_eq!(marks.take(venue(ETH), &listed()), None);
    assert!(marks.due(&listed(), 12_000).is_empty(), "the venue's marks are not averaged");
    marks.begin(Feed::Sim);
    marks.sample(BTC, price(100), 12_500);
    assert_eq!(marks.take(venue(BTC), &listed()), None, "the source is another");
}
