//! Time-weighted averages of a price, exact to the millisecond.

use price::Price;
use std::collections::VecDeque;

/// The window of the mark price.
pub const MARK_WINDOW_MS: u64 = 30_000;

/// The window of the index price.
pub const INDEX_WINDOW_MS: u64 = 300_000;

/// The number of full seconds at which the longest window can begin or end.
const SECONDS_KEPT: usize = 301;

/// The averages of one price. A price holds from its time until that of the next one.
#[derive(Clone, Debug)]
pub struct Average {
    /// The price that holds.
    price: Price,
    /// The time of the newest price, Unix ms.
    traded_at_ms: u64,
    /// The time of the first price, Unix ms.
    began_ms: u64,
    /// The time up to which the price is summed up, Unix ms.
    until_ms: u64,
    /// The sum of the price over the milliseconds since the first one.
    sum: i128,
    /// The sums at full seconds (Unix ms), oldest first.
    seconds: VecDeque<(u64, i128)>,
}

impl Average {
    /// Begins with a price.
    pub fn new(price: Price, at_ms: u64) -> Self {
        Self {
            price,
            traded_at_ms: at_ms,
            began_ms: at_ms,
            until_ms: at_ms,
            sum: 0,
            seconds: VecDeque::new(),
        }
    }

    /// Adds a price. One from before the time that is summed up holds from that time on. After a
    /// window of the mark price without a price, or if the clock was set back by as much, the
    /// averages begin anew.
    pub fn add(&mut self, price: Price, at_ms: u64) {
        let is_over = at_ms.saturating_sub(self.traded_at_ms) > MARK_WINDOW_MS;
        let is_set_back = self.until_ms.saturating_sub(at_ms) > MARK_WINDOW_MS;
        if is_over || is_set_back {
            *self = Self::new(price, at_ms);
            return;
        }
        self.advance(at_ms);
        self.price = price;
        self.traded_at_ms = self.traded_at_ms.max(at_ms);
    }

    /// Returns the average over a window that ends at a full second (Unix ms), rounded down; over
    /// the time since the first price, if that is shorter. There is none before the first price,
    /// and none after a window of the mark price without a price.
    pub fn over(&mut self, window_ms: u64, end_ms: u64) -> Option<Price> {
        let is_over = end_ms.saturating_sub(self.traded_at_ms) > MARK_WINDOW_MS;
        if end_ms < self.began_ms || is_over {
            return None;
        }
        self.advance(end_ms);
        let from_ms = end_ms.saturating_sub(window_ms).max(self.began_ms);
        if from_ms == end_ms {
            return Some(self.price);
        }
        let sum = self.sum_at(end_ms)? - self.sum_at(from_ms)?;
        Some(Price::from_scaled(sum.div_euclid(i128::from(end_ms - from_ms))))
    }

    fn advance(&mut self, to_ms: u64) {
        while self.until_ms < to_ms {
            let second_ms = (self.until_ms / 1_000 + 1) * 1_000;
            let until_ms = second_ms.min(to_ms);
            // A price has 63 bits, and the milliseconds since 1970 have 41.
            self.sum += self.price.scaled() * i128::from(until_ms - self.until_ms);
            self.until_ms = until_ms;
            if until_ms == second_ms {
                if self.seconds.len() == SECONDS_KEPT {
                    self.seconds.pop_front();
                }
                self.seconds.push_back((second_ms, self.sum));
            }
        }
    }

    fn sum_at(&self, at_ms: u64) -> Option<i128> {
        if at_ms == self.began_ms {
            return Some(0);
        }
        let place = self.seconds.binary_search_by_key(&at_ms, |(second_ms, _)| *second_ms);
        place.ok().map(|place| self.seconds[place].1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn average(samples: &[(u64, i64)]) -> Average {
        let mut samples = samples.iter().map(|&(at_ms, price)| (at_ms, Price::from(price)));
        let (at_ms, price) = samples.next().unwrap();
        let mut average = Average::new(price, at_ms);
        samples.for_each(|(at_ms, price)| average.add(price, at_ms));
        average
    }

    /// Prices with their times, the end of the window, and the average.
    type Row = (&'static str, &'static [(u64, i64)], u64, Option<i64>);

    #[test]
    fn a_price_weighs_as_long_as_it_holds() {
        let rows: [Row; 10] = [
            ("nothing before the first price", &[(10_500, 100)], 10_000, None),
            ("the price itself at its own time", &[(10_000, 100)], 10_000, Some(100)),
            ("what there is", &[(10_500, 100), (11_500, 200)], 12_000, Some(133)),
            ("of one moment, the last", &[(10_000, 1), (10_000, 9), (10_000, 5)], 11_000, Some(5)),
            ("rounded down", &[(10_000, 1), (11_000, 2)], 12_000, Some(1)),
            ("the window alone", &[(1_000, 900), (10_000, 100)], 40_000, Some(100)),
            ("a part of a hold", &[(1_000, 400), (25_000, 100)], 40_000, Some(250)),
            ("late, so from now on", &[(10_000, 100), (12_000, 200), (9_000, 0)], 13_000, Some(66)),
            ("for a window", &[(10_000, 100)], 40_000, Some(100)),
            ("and no longer", &[(10_000, 100)], 41_000, None),
        ];
        for (about, samples, end_ms, expected) in rows {
            let found = average(samples).over(MARK_WINDOW_MS, end_ms);
            let found = found.map(|price| i64::try_from(price.scaled()).unwrap());
            assert_eq!(found, expected, "{about}");
        }
    }

    #[test]
    fn it_begins_anew_after_a_gap_and_when_the_clock_was_set_back() {
        for samples in [[(10_000, 100), (40_001, 300)], [(100_000, 100), (40_001, 300)]] {
            let found = average(&samples).over(INDEX_WINDOW_MS, 41_000);
            assert_eq!(found, Some(Price::from(300)), "{samples:?}");
        }
        // A longest window is remembered, and no more.
        let mut long = Average::new(Price::from(7), 500);
        for second in 1..=2_000 {
            long.add(Price::from(7), second * 1_000);
        }
        assert_eq!(long.seconds.len(), SECONDS_KEPT);
        assert_eq!(long.over(INDEX_WINDOW_MS, 2_000_000), Some(Price::from(7)));
    }

    proptest! {
        /// Compares with the price of each millisecond.
        #[test]
        fn it_is_what_a_look_at_each_millisecond_finds(
            steps in prop::collection::vec((0_u64..3_000, 1_i64..1_000_000), 1..60),
            window_s in 1_u64..20,
        ) {
            let mut at_ms = 50_000;
            let samples: Vec<(u64, i64)> = steps
                .into_iter()
                .map(|(step_ms, price)| {
                    at_ms += step_ms;
                    (at_ms, price)
                })
                .collect();
            let end_ms = at_ms.div_ceil(1_000) * 1_000;
            let price_at = |ms: u64| samples.iter().rev().find(|(at_ms, _)| *at_ms <= ms);
            let window = end_ms - window_s * 1_000..end_ms;
            let prices: Vec<i64> = window.filter_map(price_at).map(|(_, price)| *price).collect();
            let expected = match prices.len() {
                0 => samples[samples.len() - 1].1,
                len => prices.iter().sum::<i64>().div_euclid(i64::try_from(len).unwrap()),
            };
            let found = average(&samples).over(window_s * 1_000, end_ms);
            prop_assert_eq!(found, Some(Price::from(expected)));
        }
    }
}
