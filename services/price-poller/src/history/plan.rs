//! Plan of a back-fill: the candles that are needed, and the requests for them.

use messages::Timeframe;
use std::ops::Range;

/// The maximum number of candles in a response of Binance.
pub const PAGE_LEN: u64 = 1_000;

/// The number of whole minutes before the cutoff.
const MINUTES: u64 = 2_000;

/// The number of whole candles of each longer timeframe.
const CANDLES: u64 = 1_500;

/// The number of half-minute candles, and the seconds of a request that holds whole ones.
const HALF_MINUTES: u64 = 1_000;
const HALF_MINUTES_PAGE_S: u64 = PAGE_LEN - PAGE_LEN % Timeframe::S30.seconds();

/// The timeframes that Binance offers as well, shortest first.
const AT_BINANCE: [Timeframe; 6] =
    [Timeframe::M1, Timeframe::M5, Timeframe::M15, Timeframe::H1, Timeframe::H4, Timeframe::D1];

/// The length of a requested candle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interval {
    /// A second, which is not one of our timeframes.
    Second,
    /// One of our timeframes.
    Timeframe(Timeframe),
}

impl Interval {
    /// Binance's name of the interval.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Second => "1s",
            Self::Timeframe(timeframe) => timeframe.as_str(),
        }
    }

    /// The length in seconds.
    pub const fn seconds(self) -> u64 {
        match self {
            Self::Second => 1,
            Self::Timeframe(timeframe) => timeframe.seconds(),
        }
    }
}

/// A request for candles: at most [`PAGE_LEN`], all of them whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The length of the candles.
    pub interval: Interval,
    /// The span from the start of the first candle to the end of the last (Unix s).
    pub span_s: Range<u64>,
}

/// A unit of work: pages that are requested, and candles that are written in one transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The pages, in order of time and without gaps.
    pub pages: Vec<Page>,
    /// The timeframes of the resulting candles, each with its span (Unix s).
    pub targets: Vec<(Timeframe, Range<u64>)>,
}

/// Plans the back-fill of a symbol that is recorded live from `cutoff_s` (Unix s) on. The newest
/// candles of each timeframe come first, because charts show them first.
pub fn plan(cutoff_s: u64) -> Vec<Step> {
    let mut steps = whole_candles(Timeframe::M1, MINUTES, cutoff_s);
    steps.extend(heads(cutoff_s));
    for timeframe in &AT_BINANCE[1..] {
        steps.extend(whole_candles(*timeframe, CANDLES, cutoff_s));
    }
    steps.extend(half_minutes(cutoff_s));
    steps
}

/// Plans the same for a market whose shortest candle is a minute: there are no half minutes, and the
/// past ends with the last whole minute.
pub fn plan_without_seconds(cutoff_s: u64) -> Vec<Step> {
    let mut steps = plan(Timeframe::M1.start_of(cutoff_s));
    steps.retain(|step| step.pages.iter().all(|page| page.interval != Interval::Second));
    steps
}

/// The last whole candles before the one in which live recording starts.
fn whole_candles(timeframe: Timeframe, count: u64, cutoff_s: u64) -> Vec<Step> {
    let end_s = timeframe.start_of(cutoff_s);
    let span_s = end_s.saturating_sub(count * timeframe.seconds())..end_s;
    let mut steps: Vec<Step> = pages(Interval::Timeframe(timeframe), span_s, PAGE_LEN)
        .map(|page| Step { targets: vec![(timeframe, page.span_s.clone())], pages: vec![page] })
        .collect();
    steps.reverse();
    steps
}

/// The parts before the cutoff of the candles that contain it: made of the day's minutes and the
/// minute's seconds.
fn heads(cutoff_s: u64) -> Option<Step> {
    let minute_s = Timeframe::M1.start_of(cutoff_s);
    let whole_minute = Interval::Timeframe(Timeframe::M1);
    let of_the_day = pages(whole_minute, Timeframe::D1.start_of(cutoff_s)..minute_s, PAGE_LEN);
    let of_the_minute = pages(Interval::Second, minute_s..cutoff_s, PAGE_LEN);
    let head = |timeframe: Timeframe| (timeframe, timeframe.start_of(cutoff_s)..cutoff_s);
    let targets = AT_BINANCE.map(head).into_iter().filter(|(_, span_s)| !span_s.is_empty());
    let step =
        Step { pages: of_the_day.chain(of_the_minute).collect(), targets: targets.collect() };
    (!step.pages.is_empty()).then_some(step)
}

/// The half-minute candles. Binance has no such interval, so they are made of seconds.
fn half_minutes(cutoff_s: u64) -> Vec<Step> {
    let length_s = HALF_MINUTES * Timeframe::S30.seconds();
    let start_s = Timeframe::S30.start_of(cutoff_s).saturating_sub(length_s);
    let mut steps: Vec<Step> = pages(Interval::Second, start_s..cutoff_s, HALF_MINUTES_PAGE_S)
        .map(|page| Step {
            targets: vec![(Timeframe::S30, page.span_s.clone())],
            pages: vec![page],
        })
        .collect();
    steps.reverse();
    steps
}

/// Splits a span into pages of `len` candles; the last page has the remainder.
fn pages(interval: Interval, span_s: Range<u64>, len: u64) -> impl Iterator<Item = Page> {
    let page_s = len * interval.seconds();
    let count = (span_s.end - span_s.start).div_ceil(page_s);
    (0..count).map(move |n| {
        let from_s = span_s.start + n * page_s;
        Page { interval, span_s: from_s..(from_s + page_s).min(span_s.end) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// All planned candles of a timeframe, as one span.
    fn covered(steps: &[Step], timeframe: Timeframe) -> Range<u64> {
        let mut spans: Vec<Range<u64>> = steps
            .iter()
            .flat_map(|step| step.targets.clone())
            .filter(|(target, _)| *target == timeframe)
            .map(|(_, span_s)| span_s)
            .collect();
        spans.sort_by_key(|span_s| span_s.start);
        assert!(
            spans.windows(2).all(|pair| pair[0].end == pair[1].start),
            "{timeframe}: {spans:?}"
        );
        spans[0].start..spans[spans.len() - 1].end
    }

    proptest! {
        #[test]
        fn every_timeframe_is_covered_once_up_to_the_cutoff(
            cutoff_s in prop_oneof![
                1_600_000_000_u64..1_900_000_000,
                (20_000_u64..22_000).prop_map(|day| day * 86_400),
                (1_000_000_u64..1_100_000).prop_map(|minute| minute * 1_800),
            ],
        ) {
            let steps = plan(cutoff_s);
            for timeframe in Timeframe::ALL {
                let count = match timeframe {
                    Timeframe::S30 => 1_000,
                    Timeframe::M1 => 2_000,
                    _ => 1_500,
                };
                let start_s = timeframe.start_of(cutoff_s) - count * timeframe.seconds();
                prop_assert_eq!(covered(&steps, timeframe), start_s..cutoff_s);
            }
            for step in &steps {
                prop_assert!(step.pages.windows(2).all(|p| p[0].span_s.end == p[1].span_s.start));
                let asked = step.pages[0].span_s.start..step.pages.last().unwrap().span_s.end;
                for (timeframe, span_s) in &step.targets {
                    prop_assert!(asked.start <= span_s.start && span_s.end == asked.end);
                    prop_assert_eq!(span_s.start % timeframe.seconds(), 0);
                }
                for Page { interval, span_s } in &step.pages {
                    let length_s = span_s.end - span_s.start;
                    prop_assert!((1..=PAGE_LEN).contains(&length_s.div_ceil(interval.seconds())));
                    prop_assert_eq!((span_s.start % interval.seconds(), length_s % interval.seconds()), (0, 0));
                }
            }
        }
    }

    #[test]
    fn minutes_and_what_is_newest_come_first() {
        // 2021-01-08 13:07:41
        let steps = plan(1_610_111_261);
        let shown: Vec<String> = steps
            .iter()
            .map(|step| {
                let pages = step.pages.iter().map(|page| {
                    let from = page.interval.as_str();
                    format!("{from} {}..{}", page.span_s.start, page.span_s.end)
                });
                pages.collect::<Vec<_>>().join(", ")
            })
            .collect();
        assert_eq!(
            shown[..5],
            [
                "1m 1610051220..1610111220",
                "1m 1609991220..1610051220",
                "1m 1610064000..1610111220, 1s 1610111220..1610111261",
                "5m 1609961100..1610111100",
                "5m 1609661100..1609961100",
            ]
        );
        assert_eq!(steps.len(), 2 + 1 + 5 * 2 + 31);
    }
}
