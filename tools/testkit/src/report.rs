//! Benchmark results beside their targets, as a table in Markdown. `cargo xtask bench` collects the
//! tables of all benchmarks.

use std::time::Duration;

/// The target of a figure.
#[derive(Clone, Copy, Debug)]
pub enum Limit {
    /// At least this.
    AtLeast(f64),
    /// At most this.
    AtMost(f64),
    /// No target: the figure is for information.
    None,
}

/// A table whose rows are printed as they are added.
pub struct Report {
    /// Rows whose title contains none of these words are left out.
    words: Vec<String>,
}

impl Report {
    /// Starts the table; the command line's words select rows: `cargo bench … -- replay clients`.
    pub fn start(title: &str) -> Self {
        let words = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
        println!("\n| {title} | | target | |\n|---|---:|---:|---|");
        Self { words }
    }

    /// Reports whether a row is to be measured.
    pub fn wants(&self, what: &str) -> bool {
        self.words.is_empty() || self.words.iter().any(|word| what.contains(word))
    }

    /// Prints a row.
    pub fn row(&self, what: &str, figure: f64, unit: &str, limit: &Limit) {
        let (sign, bound, holds) = match *limit {
            Limit::AtLeast(bound) => ("≥ ", short(bound), figure >= bound),
            Limit::AtMost(bound) => ("≤ ", short(bound), figure <= bound),
            Limit::None => ("", String::new(), true),
        };
        let verdict = if holds { "" } else { "missed" };
        println!("| {what} | {} {unit} | {sign}{bound} | {verdict} |", short(figure));
    }

    /// Prints the rows for the median and the 99th percentile of the times.
    pub fn times(&self, what: &str, times: Vec<Duration>, p50: &Limit, p99: &Limit) -> Times {
        let found = Times::of(times);
        for (name, time, limit) in [("p50", found.p50, p50), ("p99", found.p99, p99)] {
            self.row(&format!("{what}, {name}"), time.as_secs_f64() * 1e3, "ms", limit);
        }
        found
    }

    /// Prints a note about the row above.
    pub fn note(&self, text: &str) {
        println!("| ↳ {text} | | | |");
    }
}

/// The percentiles of a set of times.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// The median.
    pub p50: Duration,
    /// The 99th percentile.
    pub p99: Duration,
}

impl Times {
    /// Computes them from at least one time, in any order.
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
