use super::*;
use messages::{FundingSource, MarkPrice};
use testkit::symbols::BTC;

const fn funding(interval_hours: u8, cap_ppm: u32) -> Funding {
    Funding { source: FundingSource::Premium, interval_hours, cap_ppm }
}

fn rate_of(samples: &[(i64, i64)], funding: Funding) -> i128 {
    let mut premiums = Premiums::default();
    for &(mark, index) in samples {
        premiums.add(Price::from(mark), Price::from(index));
    }
    premiums.rate(funding).scaled()
}

/// Samples of mark and index price, and the rate at scale.
type Row = (&'static str, &'static [(i64, i64)], Funding, i128);

#[test]
fn the_rate_is_by_the_published_formula() {
    let (daily, usual) = (funding(24, 1_000_000), funding(8, 1_000_000));
    let rows: [Row; 13] = [
        ("interest alone", &[], usual, 10_000),
        ("of an hour", &[], funding(1, 1_000_000), 1_250),
        ("of a day", &[], daily, 30_000),
        ("no premium", &[(1_000_000, 1_000_000)], usual, 10_000),
        // 0.05 % above: I − P is −0.04 %, within the limits.
        ("a small premium", &[(1_000_500, 1_000_000)], usual, 10_000),
        // 0.06 % above: I − P is −0.05 %, at the limit.
        ("the largest small premium", &[(1_000_600, 1_000_000)], usual, 10_000),
        ("a larger premium", &[(1_000_700, 1_000_000)], usual, 20_000),
        ("a large discount", &[(999_000, 1_000_000)], usual, -50_000),
        ("the average of both", &[(1_003_000, 1_000_000), (999_000, 1_000_000)], usual, 50_000),
        ("each division down", &[(2, 3)], usual, -33_333_334 + 50_000),
        ("the average down", &[(2, 3), (2, 3), (3, 3)], usual, -22_222_223 + 50_000),
        ("the cap", &[(1_100_000, 1_000_000)], funding(8, 3_000), 300_000),
        ("the cap below", &[(900_000, 1_000_000)], funding(8, 3_000), -300_000),
    ];
    for (about, samples, funding, expected) in rows {
        assert_eq!(rate_of(samples, funding), expected, "{about}");
    }
    // Whatever the prices are, nothing overflows.
    let extremes = [(i64::MAX, 1), (1, i64::MAX), (i64::MAX, i64::MAX)];
    assert_eq!(rate_of(&extremes, usual), 100_000_000);
    // The cap limits the interest as well.
    assert_eq!(rate_of(&[], funding(24, 100)), 10_000);
}

#[test]
fn intervals_begin_at_midnight_utc() {
    const MIDNIGHT_MS: u64 = 1_702_944_000_000;
    let rows = [
        (8, MIDNIGHT_MS - 1, MIDNIGHT_MS),
        (8, MIDNIGHT_MS, MIDNIGHT_MS + 8 * HOUR_MS),
        (1, MIDNIGHT_MS, MIDNIGHT_MS + HOUR_MS),
        (24, MIDNIGHT_MS + 1, MIDNIGHT_MS + 24 * HOUR_MS),
        (3, MIDNIGHT_MS + 4 * HOUR_MS, MIDNIGHT_MS + 6 * HOUR_MS),
    ];
    for (hours, after_ms, next_ms) in rows {
        assert_eq!(next_funding_ms(funding(hours, 1), after_ms), next_ms, "{hours} h");
    }
}

/// The intervals and the rates of what is settled.
fn settled(settling: &mut Settling, now_ms: u64) -> Vec<(u64, i128)> {
    let due = settling.settle(BTC, funding(8, 1_000_000), now_ms);
    due.iter().map(|due| (due.funding_ms / HOUR_MS, due.rate.scaled())).collect()
}

#[test]
fn each_interval_is_settled_once_at_the_rate_of_its_premiums() {
    let mut settling = Settling::new(8 * HOUR_MS + 5, None);
    assert_eq!(settled(&mut settling, 16 * HOUR_MS - 1), []);
    settling.add(Price::from(1_000_700), Some(Price::from(1_000_000)));
    assert_eq!(settling.predicted(funding(8, 1_000_000)).scaled(), 20_000);
    assert_eq!(settled(&mut settling, 16 * HOUR_MS), [(16, 20_000)]);
    assert_eq!(settled(&mut settling, 16 * HOUR_MS + 1_000), []);
    // The next one begins without premiums, and no mark without an index is one.
    settling.add(Price::from(1_000_700), None);
    assert_eq!(settled(&mut settling, 24 * HOUR_MS), [(24, 10_000)]);
    // The clock is set back: nothing is settled twice.
    assert_eq!(settled(&mut settling, 16 * HOUR_MS), []);
    assert_eq!(settled(&mut settling, 24 * HOUR_MS), []);
}

#[test]
fn what_was_missed_is_settled_at_the_announced_rate_or_the_interest() {
    let announced = MarkPrice {
        funding_rate: Some(Rate::from_scaled(-777)),
        next_funding_ms: Some(16 * HOUR_MS),
        ..MarkPrice::new(BTC, Price::from(5), None)
    };
    let last_ms = 8 * HOUR_MS;
    let mut settling = Settling::new(last_ms, Some(announced));
    assert_eq!(settled(&mut settling, 33 * HOUR_MS), [(16, -777), (24, 10_000), (32, 10_000)]);
    // Announced for another time, as before a change of the interval.
    let other = MarkPrice { next_funding_ms: Some(12 * HOUR_MS), ..announced };
    let mut settling = Settling::new(last_ms, Some(other));
    assert_eq!(settled(&mut settling, 16 * HOUR_MS), [(16, 10_000)]);
    // Premiums are worth more than what was announced.
    let mut settling = Settling::new(last_ms, Some(announced));
    settling.add(Price::from(999_000), Some(Price::from(1_000_000)));
    assert_eq!(settled(&mut settling, 16 * HOUR_MS), [(16, -50_000)]);
    // Nothing was ever traded.
    let mut settling = Settling::new(last_ms, None);
    assert_eq!(settled(&mut settling, 16 * HOUR_MS), []);
    settling.add(Price::from(5), None);
    assert_eq!(settled(&mut settling, 16 * HOUR_MS), []);
    // At most a week.
    let mut settling = Settling::new(last_ms, Some(announced));
    let month = settled(&mut settling, 30 * 24 * HOUR_MS);
    assert_eq!((month.len(), month[0].0), (21, 30 * 24 - 7 * 24 + 8));
}
