//! The figures of a benchmark beside what they are to reach, as a table in Markdown: `cargo xtask
//! bench` collects the tables of all of them.

use std::time::Duration;

/// What a figure may be.
#[derive(Clone, Copy, Debug)]
pub enum Limit {
    /// This or more.
    AtLeast(f64),
    /// This or less.
    AtMost(f64),
    /// It says something, and nothing is asked of it.
    None,
}

/// A table that is printed as it fills.
pub struct Report {
    /// Rows whose title has none of these words are left out.
    words: Vec<String>,
}

impl Report {
    /// Starts the table; the command line's words select rows: `cargo bench … -- replay clients`.
    pub fn start(title: &str) -> Self {
        let words = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
        println!("\n| {title} | | to reach | |\n|---|---:|---:|---|");
        Self { words }
    }

    /// Whether a row is to be measured.
    pub fn wants(&self, what: &str) -> bool {
        self.words.is_empty() || self.words.iter().any(|word| what.contains(word))
    }

    /// One row.
    pub fn row(&self, what: &str, figure: f64, unit: &str, limit: &Limit) {
        let (sign, bound, holds) = match *limit {
            Limit::AtLeast(bound) => ("≥ ", short(bound), figure >= bound),
            Limit::AtMost(bound) => ("≤ ", short(bound), figure <= bound),
            Limit::None => ("", String::new(), true),
        };
        let verdict = if holds { "" } else { "missed" };
        println!("| {what} | {} {unit} | {sign}{bound} | {verdict} |", short(figure));
    }

    /// A row for the median of many times, and one for what a hundredth of them exceed.
    pub fn times(&self, what: &str, times: Vec<Duration>, p50: &Limit, p99: &Limit) -> Times {
        let found = Times::of(times);
        for (name, time, limit) in [("p50", found.p50, p50), ("p99", found.p99, p99)] {
            self.row(&format!("{what}, {name}"), time.as_secs_f64() * 1e3, "ms", limit);
        }
        found
    }

    /// Something to know about the row above.
    pub fn note(&self, text: &str) {
        println!("| ↳ {text} | | | |");
    }
}

/// What half of the times do not exceed, and what all but a hundredth do not.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// The median.
    pub p50: Duration,
    /// The 99th percentile.
    pub p99: Duration,
}

impl Times {
    /// Of times in any order, of which there must be some.
    pub fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let percentile = |of_100: usize| times[(times.len() - 1) * of_100 / 100];
        Self { p50: percentile(50), p99: percentile(99) }
    }
}

fn short(figure: f64) -> String {
    let decimals = if figure < 100.0 { 2 } else { 0 };
    format!("{figure:.decimals$}")
}
