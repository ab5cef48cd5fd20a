//! Counts of the problems found in a recording while its files are read.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

/// The longest gap between two trades of a symbol that is not a hole in the recording (µs).
pub const HOLE_US: u64 = 60_000_000;

/// A shared counter of problems. Cheap to clone; clones share the counts.
#[derive(Clone, Default)]
pub struct Findings {
    /// Held for an addition, never across an await.
    counts: Arc<Mutex<Counts>>,
}

/// The problems found so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Files that hold no trades, or only trades that other files hold as well.
    pub skipped_files: u64,
    /// Lines that are not trades.
    pub skipped_lines: u64,
    /// Trades that occurred before.
    pub duplicates: u64,
    /// Files whose lines are not in order of time; their trades are sorted.
    pub disordered_files: u64,
    /// Stretches longer than a minute without a trade of a symbol.
    pub holes: u64,
    /// The longest of these stretches (s).
    pub longest_hole_s: u64,
}

impl Findings {
    /// Returns the problems found so far.
    pub fn counts(&self) -> Counts {
        self.lock().clone()
    }

    /// Updates the counts.
    pub fn add(&self, count: impl FnOnce(&mut Counts)) {
        count(&mut self.lock());
    }

    /// Counts a hole if the time between two trades is too long.
    pub fn add_gap(&self, gap_us: u64) {
        if gap_us > HOLE_US {
            self.add(|counts| {
                counts.holes += 1;
                counts.longest_hole_s = counts.longest_hole_s.max(gap_us / 1_000_000);
            });
        }
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().expect("nothing panics while it holds this lock")
    }
}

impl Counts {
    /// Returns a summary for people, if any problem was found.
    pub fn sentence(&self) -> Option<String> {
        (*self != Self::default()).then(|| self.to_string())
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hole = if self.holes > 0 {
            format!(" (the longest: {} s)", self.longest_hole_s)
        } else {
            String::new()
        };
        write!(
            f,
            "files skipped: {}, lines skipped: {}, duplicate trades skipped: {}, files sorted: {}, \
             holes of more than a minute: {}{hole}",
            self.skipped_files,
            self.skipped_lines,
            self.duplicates,
            self.disordered_files,
            self.holes,
        )
    }
}
