//! What is found wrong in the files of a recording, counted while they are read.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

/// A gap between two trades of a symbol that is longer than this is a hole in the recording.
pub const HOLE_US: u64 = 60_000_000;

/// Counts what was found. Cheap to clone; all clones count together.
#[derive(Clone, Default)]
pub struct Findings {
    /// Held for an addition, never across an await.
    counts: Arc<Mutex<Counts>>,
}

/// What was found so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Files that hold no trades, or those that other files hold already.
    pub skipped_files: u64,
    /// Lines that are no trade.
    pub skipped_lines: u64,
    /// Trades that were in a file before.
    pub duplicates: u64,
    /// Files whose lines are not in the order of their times; their trades are sorted.
    pub disordered_files: u64,
    /// Stretches longer than a minute without a trade of a symbol.
    pub holes: u64,
    /// The longest of these, s.
    pub longest_hole_s: u64,
}

impl Findings {
    /// What was found so far.
    pub fn counts(&self) -> Counts {
        self.lock().clone()
    }

    /// Counts something.
    pub fn add(&self, count: impl FnOnce(&mut Counts)) {
        count(&mut self.lock());
    }

    /// Counts a hole, if the time between two trades is one.
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
    /// A sentence for people, if there is something to say.
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
