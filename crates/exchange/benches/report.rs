//! Figures beside the limits that they are held against.
//!
//! Times are the processor time of the measuring thread: on a machine that others use too, the
//! clock on the wall mostly measures the others.

use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// What a figure may be.
pub enum Limit {
    AtLeast(f64),
    AtMost(f64),
}

/// A table that is printed as it fills.
pub struct Report {
    /// Rows whose title has none of these words are left out.
    words: Vec<String>,
}

impl Report {
    /// Starts the table; the command line's words select rows: `cargo bench … -- quiet freeze`.
    pub fn start(title: &str) -> Self {
        let words = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
        println!("\n{title:<58} {:>12}   {:<14}", "figure", "limit");
        Self { words }
    }

    pub fn wants(&self, what: &str) -> bool {
        self.words.is_empty() || self.words.iter().any(|word| what.contains(word))
    }
}

/// One row.
pub fn row(what: &str, figure: f64, unit: &str, limit: &Limit) {
    let (sign, bound, holds) = match limit {
        Limit::AtLeast(bound) => ("≥", *bound, figure >= *bound),
        Limit::AtMost(bound) => ("≤", *bound, figure <= *bound),
    };
    let verdict = if holds { "" } else { "MISSED" };
    let (figure, bound) = (short(figure), format!("{sign} {}", short(bound)));
    println!("{what:<58} {figure:>9} {unit:<6} {bound:<9} {verdict}");
}
fn short(figure: f64) -> String {
    let decimals = if figure < 100.0 { 2 } else { 0 };
    format!("{figure:.decimals$}")
}

/// The median processor time of `rounds` rounds of work, each on a fresh input whose making and
/// dropping doesn't count.
pub fn median<T>(
    rounds: usize,
    mut prepare: impl FnMut() -> T,
    mut work: impl FnMut(&mut T),
) -> Duration {
    let mut times: Vec<Duration> = (0..rounds)
        .map(|_| {
            let mut input = prepare();
            time_of(|| work(&mut input))
        })
        .collect();
    times.sort_unstable();
    times[rounds / 2]
}

/// The processor time of some work.
pub fn time_of(work: impl FnOnce()) -> Duration {
    let start = processor_time();
    work();
    processor_time().checked_sub(start).expect("processor time counts up")
}

fn processor_time() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    let whole = Duration::from_secs(now.tv_sec.try_into().expect("a clock that counts up"));
    whole + Duration::from_nanos(now.tv_nsec.try_into().expect("less than a second"))
}
