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

fn due(marks: &mut Marks, now_ms: u64) -> Vec<MarkPrice> {
    let (marks, fundings) = marks.due(&listed(), now_ms);
    assert!(fundings.is_empty(), "the instruments have no fundings");
    marks
}

fn price(number: i64) -> Price {
    Price::from(number)
}

#[test]
fn each_second_has_one_mark_of_each_instrument_that_needs_one() {
    let mut marks = marks(Feed::Sim);
    assert!(due(&mut marks, 9_000).is_empty(), "nothing is accepted yet");
    marks.sample(BTC, price(100), 10_500);
    marks.sample(ETH, price(100), 10_500);
    assert!(due(&mut marks, 10_900).is_empty(), "the trade came after the second");
    let first = due(&mut marks, 11_250);
    let expected = MarkPrice {
        marked_at_ms: Some(11_000),
        ..MarkPrice::new(BTC, price(100), Some(price(100)))
    };
    assert_eq!(first, [expected]);
    assert!(due(&mut marks, 11_999).is_empty(), "once a second");
    // Of two seconds for which the poller waited, the last.
    marks.sample(BTC, price(200), 12_000);
    marks.sample(SOL, price(7), 13_000);
    let both = due(&mut marks, 13_500);
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
    let mark = due(&mut marks, 300_000)[0];
    assert_eq!((mark.mark, mark.index), (price(2_500), Some(price(1_150))));
    // Held prices are no samples: while nothing is accepted, the last one holds for a window.
    assert_eq!(due(&mut marks, 330_000).len(), 1);
    assert!(due(&mut marks, 331_000).is_empty());
    marks.sample(BTC, price(9_000), 331_500);
    assert_eq!(due(&mut marks, 332_000)[0].index, Some(price(9_000)));
}

#[test]
fn another_source_or_run_begins_anew() {
    let mut marks = marks(Feed::Replay);
    marks.sample(BTC, price(100), 10_000);
    marks.begin(Feed::Replay);
    assert!(due(&mut marks, 11_000).is_empty());
    marks.sample(BTC, price(900), 11_500);
    assert_eq!(due(&mut marks, 12_000)[0].mark, price(900));
    marks.forget(BTC);
    assert!(due(&mut marks, 13_000).is_empty());
    // The clock is set back.
    marks.sample(BTC, price(100), 2_000);
    assert_eq!(due(&mut marks, 3_000)[0].mark, price(100));
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
    assert!(due(&mut marks, 12_000).is_empty(), "the venue's marks are not averaged");
    marks.begin(Feed::Sim);
    marks.sample(BTC, price(100), 12_500);
    assert_eq!(marks.take(venue(BTC), &listed()), None, "the source is another");
}

/// Bitcoin with fundings of this source.
fn funded(source: FundingSource) -> Markets {
    let funding = Funding { source, interval_hours: 1, cap_ppm: 1_000_000 };
    Markets::from(vec![Instrument { funding: Some(funding), ..shipped(BTC) }])
}

#[test]
fn marks_announce_the_next_funding_and_fundings_are_settled_at_their_times() {
    const HOUR_MS: u64 = 3_600_000;
    for source in [FundingSource::Premium, FundingSource::Venue] {
        let (mut marks, listed) = (marks(Feed::Sim), funded(source));
        assert_eq!(marks.unprepared(&listed), [BTC]);
        marks.prepare(BTC, Settling::new(HOUR_MS - 300_000, None));
        assert_eq!(marks.unprepared(&listed), []);
        for second in HOUR_MS / 1_000 - 300..HOUR_MS / 1_000 {
            let number = if second < HOUR_MS / 1_000 - 2 { 1_000_000 } else { 1_030_000 };
            marks.sample(BTC, price(number), second * 1_000);
            let (found, fundings) = marks.due(&listed, second * 1_000 + 100);
            assert_eq!(found[0].next_funding_ms, Some(HOUR_MS));
            // The premium is small: the rate is the interest of an hour.
            assert_eq!(found[0].funding_rate, Some("0.0000125".parse().unwrap()));
            assert!(fundings.is_empty());
        }
        let (found, fundings) = marks.due(&listed, HOUR_MS + 200);
        assert_eq!((found.len(), found[0].next_funding_ms), (1, Some(2 * HOUR_MS)));
        let expected = SettleFunding {
            symbol: BTC,
            funding_ms: HOUR_MS,
            rate: "0.0000125".parse().unwrap(),
            mark: found[0].mark,
        };
        assert_eq!(fundings, [expected]);
        assert_eq!(marks.due(&listed, HOUR_MS + 1_200).1, []);
        // Without fundings for a while, it has to be prepared again.
        marks.due(&Markets::from(vec![shipped(BTC)]), HOUR_MS + 2_200);
        assert_eq!(marks.unprepared(&listed), [BTC]);
    }
}

#[test]
fn fundings_of_the_venue_are_left_to_it_and_its_premiums_are_used() {
    let venue = MarkPrice {
        funding_rate: Some("0.0003".parse().unwrap()),
        next_funding_ms: Some(28_800_000),
        marked_at_ms: Some(3_599_000),
        ..MarkPrice::new(BTC, price(1_000_700), Some(price(1_000_000)))
    };
    let mut of_venue = marks(Feed::Binance);
    of_venue.sample(BTC, price(1_000_000), 3_598_500);
    let listed = funded(FundingSource::Venue);
    assert_eq!(of_venue.take(venue, &listed), Some(venue));
    assert_eq!(
        (of_venue.unprepared(&listed), of_venue.due(&listed, 3_600_000).1),
        (vec![], vec![])
    );

    let mut of_premiums = marks(Feed::Binance);
    of_premiums.sample(BTC, price(1_000_000), 3_598_500);
    let listed = funded(FundingSource::Premium);
    of_premiums.prepare(BTC, Settling::new(0, None));
    let rate = "0.0002".parse().unwrap();
    let expected =
        MarkPrice { funding_rate: Some(rate), next_funding_ms: Some(3_600_000), ..venue };
    assert_eq!(of_premiums.take(venue, &listed), Some(expected));
    let settled = of_premiums.due(&listed, 3_600_000).1;
    assert_eq!(settled.len(), 1);
    assert_eq!((settled[0].funding_ms, settled[0].rate), (3_600_000, rate));
}
