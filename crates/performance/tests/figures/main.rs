//! The figures of worked examples, and what holds for all histories.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod properties;

use performance::{Change, Curve, DAY_MS, Day, History, Performance, Span, sharpe, sortino};
use price::{Rate, Usd};

const HOUR_MS: u64 = 60 * 60 * 1_000;

fn usd(text: &str) -> Usd {
    text.parse().unwrap()
}

fn rate(text: &str) -> Rate {
    text.parse().unwrap()
}

fn worth(text: &str) -> Change {
    Change::Equity(usd(text))
}

fn flow(text: &str) -> Change {
    Change::Flow(usd(text))
}

fn reset(previous: &str, balance: &str) -> Change {
    Change::Reset { previous: usd(previous), balance: usd(balance) }
}

fn curve(changes: &[Change]) -> Curve {
    let mut curve = Curve::new(Usd::ZERO);
    for change in changes {
        curve.apply(*change).unwrap();
    }
    curve
}

#[test]
fn returns_and_drawdowns_of_worked_examples() {
    let rows = [
        // Gains, then a loss from the peak.
        (vec![flow("1000"), worth("1100"), worth("990")], "-0.01", "0.1", "-10"),
        // A deposit is no gain: 10 % and 10 % make 21 %.
        (vec![flow("1000"), worth("1100"), flow("900"), worth("2200")], "0.21", "0", "300"),
        // Money that goes out is no loss.
        (vec![flow("1000"), flow("-400"), worth("630")], "0.05", "0", "30"),
        // A reset does not wash away a loss of 40 %.
        (vec![flow("1000"), reset("600", "1000"), worth("1500")], "-0.1", "0.4", "100"),
        // A third, rounded down, and a loss of two thirds, rounded up.
        (vec![flow("3"), worth("4"), worth("1")], "-0.66666667", "0.75", "-2"),
        (vec![flow("3"), worth("1")], "-0.66666667", "0.66666667", "-2"),
        // Nothing grows from nothing, not even what is worth less.
        (vec![flow("10"), worth("-5"), flow("100"), worth("190")], "-1", "1", "80"),
        (vec![flow("10"), reset("0", "100"), worth("200")], "-1", "1", "90"),
        // A gain of more than a millionfold is not told apart from it.
        (vec![flow("0.00000001"), worth("1000000000")], "999999", "0", "999999999.99999999"),
        (vec![], "0", "0", "0"),
    ];
    for (changes, total_return, drawdown, pnl) in rows {
        let curve = curve(&changes);
        let figures = (curve.total_return(), curve.max_drawdown(), curve.pnl().unwrap());
        assert_eq!(figures, (rate(total_return), rate(drawdown), usd(pnl)), "{changes:?}");
    }
}

#[test]
fn ratios_of_worked_examples() {
    // Computed with 60 digits, and rounded: mean and deviation of 1 %, -0.5 %, 2 % are
    // 0.008333… and 0.012583…; the root of the mean of the squared losses is 0.002886….
    let rows: [(&[&str], Option<&str>, Option<&str>); 6] = [
        (&["0.01", "-0.005", "0.02"], Some("12.6526"), Some("55.1513")),
        (&["-0.01", "-0.02"], Some("-40.5278"), Some("-18.1246")),
        (&["0.01", "0.01"], None, None),
        (&["0", "0", "0"], None, None),
        (&["0.01"], None, None),
        (&[], None, None),
    ];
    for (returns, expected_sharpe, expected_sortino) in rows {
        let returns: Vec<Rate> = returns.iter().map(|text| rate(text)).collect();
        assert_eq!(sharpe(&returns), expected_sharpe.map(rate), "{returns:?}");
        assert_eq!(sortino(&returns), expected_sortino.map(rate), "{returns:?}");
    }
}

fn play(from_ms: u64, to_ms: u64, before: Option<&str>, changes: &[(u64, Change)]) -> Performance {
    let mut history = History::new(from_ms, to_ms, before.map(usd));
    for (time_ms, change) in changes {
        history.apply(*time_ms, *change).unwrap();
    }
    history.finish().unwrap()
}

#[test]
fn days_are_those_of_utc_and_those_without_a_change_count() {
    let noon = 19_000 * DAY_MS + 12 * HOUR_MS;
    let to = noon + 3 * DAY_MS;
    let changes = [
        (noon, flow("1000")),
        (noon + 11 * HOUR_MS, worth("1100")),
        // Midnight belongs to the day that begins.
        (noon + 12 * HOUR_MS, worth("990")),
        (noon + 60 * HOUR_MS, flow("10")),
        (noon + 60 * HOUR_MS, worth("990")),
    ];
    let found = play(0, to, None, &changes);
    let day = |day: &Day| (day.start_ms / DAY_MS, day.pnl, day.rate);
    let days: Vec<_> = found.days.iter().map(day).collect();
    let expected = [
        (19_000, usd("100"), rate("0.1")),
        (19_001, usd("-110"), rate("-0.1")),
        (19_002, usd("0"), rate("0")),
        (19_003, usd("-10"), rate("-0.01")),
    ];
    assert_eq!(days, expected);
    assert_eq!((found.pnl, found.net_flows, found.equity), (usd("-20"), usd("1010"), usd("990")));
    assert_eq!(found.total_return, rate("-0.0199"));
    assert_eq!(found.max_drawdown, rate("0.109"));

    assert_eq!(found.best_day().map(|day| day.pnl), Some(usd("100")));
    assert_eq!(found.worst_day().map(|day| day.pnl), Some(usd("-110")));

    // A period that ends with a day has no day after it, and one that begins with an account has it.
    let found = play(19_000 * DAY_MS, 19_001 * DAY_MS, Some("5"), &[]);
    assert_eq!((found.days.len(), found.points.len(), found.equity), (1, 1, usd("5")));
    let found = play(19_000 * DAY_MS, 19_001 * DAY_MS, None, &[]);
    assert_eq!((found.days.len(), found.points.len(), found.equity), (0, 0, usd("0")));
}

#[test]
fn weeks_begin_on_mondays_and_months_on_their_first_days() {
    // 2024-02-27 was a Tuesday, and 2024 a leap year: the 29th was a Thursday.
    let tuesday = 19_780 * DAY_MS;
    let changes = [
        (tuesday, worth("1100")),
        (tuesday + 2 * DAY_MS, worth("990")),
        (tuesday + 3 * DAY_MS, worth("1089")),
        // A Monday.
        (tuesday + 6 * DAY_MS, flow("1000")),
        (tuesday + 6 * DAY_MS + 1, worth("2298")),
    ];
    let found = play(tuesday, tuesday + 7 * DAY_MS, Some("1000"), &changes);
    let spans = |spans: &[Span]| -> Vec<_> {
        spans.iter().map(|span| (span.start_ms / DAY_MS, span.pnl, span.rate)).collect()
    };
    let weeks = [(19_779, usd("89"), rate("0.089")), (19_786, usd("209"), rate("0.10004786"))];
    assert_eq!(spans(&found.weeks), weeks);
    // 1.089 × 2298 / 2089 ÷ 0.99 − 1.
    let months = [(19_754, usd("-10"), rate("-0.01")), (19_783, usd("308"), rate("0.21005265"))];
    assert_eq!(spans(&found.months), months);
    assert_eq!(play(tuesday, tuesday, None, &[]).weeks, []);
}

#[test]
fn a_day_is_in_its_month() {
    // The number of a day since 1970, and that of the first day of its month.
    let rows = [
        // 2024-02-29.
        (19_782, 19_754),
        // 2024-12-31.
        (20_088, 20_058),
        // 2025-01-01.
        (20_089, 20_089),
        // 2025-03-01.
        (20_148, 20_148),
        // 2100-02-28.
        (47_540, 47_513),
        // 2100-03-01.
        (47_541, 47_541),
        // 2000-02-29.
        (11_016, 10_988),
        // 1970-01-01.
        (0, 0),
        // 2026-11-30.
        (20_787, 20_758),
    ];
    for (day, month) in rows {
        let found = play(day * DAY_MS, (day + 1) * DAY_MS, Some("1"), &[]);
        assert_eq!(
            found.months.iter().map(|month| month.start_ms / DAY_MS).collect::<Vec<_>>(),
            [month]
        );
    }
}
