//! The result of a run, as tables.

use crate::audit::{Findings, History, Subject};
use crate::fault_injector::FaultInjector;
use crate::faults::{FaultKind, Target};
use crate::journal::{Deed, Meaning};
use crate::run::Wish;
use comfy_table::{CellAlignment, Table, presets};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;

/// The maximum number of discrepancies printed for each subject; the rest are counted.
const SHOWN_MAX: usize = 5;

/// The result of a run.
pub struct Report {
    /// The findings of the audit.
    pub findings: Findings,
    /// The number of faults, by target and kind.
    pub faults: BTreeMap<(Target, FaultKind), usize>,
    /// The number of positions that prices have closed, by reason.
    pub closed: BTreeMap<String, usize>,
    /// The work that was still outstanding when the run timed out.
    pub backlog: Option<String>,
    ended: Vec<String>,
    attempts: BTreeMap<&'static str, usize>,
    seed: u64,
    seconds: u64,
    shards: u16,
    folder: PathBuf,
}

impl Report {
    /// Creates the report.
    pub fn new(
        wish: &Wish,
        fault_injector: &FaultInjector,
        history: &History,
        findings: Findings,
        backlog: Option<String>,
    ) -> Self {
        let mut closed = BTreeMap::new();
        for row in &history.rows {
            let reason = row["closeReason"].as_str().unwrap_or_default().to_owned();
            *closed.entry(reason).or_default() += 1;
        }
        let gaps = history.rows.iter().filter(|row| row["shortfallInt"] != 0).count();
        closed.insert("beyond the margin".to_owned(), gaps);
        let mut attempts = BTreeMap::new();
        for attempt in history.journal.iter().filter(|a| !matches!(a.deed, Deed::Other { .. })) {
            *attempts.entry(word(attempt.meaning())).or_default() += 1;
        }
        Self {
            findings,
            faults: fault_injector.counts.clone(),
            closed,
            backlog,
            ended: fault_injector.ended.clone(),
            attempts,
            seed: wish.seed,
            seconds: wish.seconds,
            shards: wish.shards,
            folder: wish.folder.clone(),
        }
    }

    /// Reports whether nothing is lost, doubled, wrong or outstanding.
    pub fn is_clean(&self) -> bool {
        self.findings.is_clean() && self.backlog.is_none()
    }

    /// The number of checked items of a subject.
    pub fn checked(&self, subject: Subject) -> usize {
        self.findings.tallies.get(&subject).map_or(0, |tally| tally.checked)
    }

    fn fault_table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(presets::ASCII_MARKDOWN);
        let blows = FaultKind::ALL.map(|kind| kind.to_string());
        table.set_header([String::from("faults")].into_iter().chain(blows));
        let targets: BTreeSet<Target> = self.faults.keys().map(|(target, _)| *target).collect();
        for target in targets {
            let count = |kind| self.faults.get(&(target, kind)).map_or(0, |count| *count);
            let counts = FaultKind::ALL.map(|kind| count(kind).to_string());
            table.add_row([target.to_string()].into_iter().chain(counts));
        }
        numbers_to_the_right(table)
    }

    fn audit_table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(presets::ASCII_MARKDOWN);
        table.set_header(["audit", "checked", "lost", "doubled", "wrong"]);
        for subject in Subject::ALL {
            let tally = self.findings.tallies.get(&subject).copied().unwrap_or_default();
            let counts = [tally.checked, tally.lost, tally.doubled, tally.wrong];
            let counts = counts.map(|count| count.to_string());
            table.add_row([subject.to_string()].into_iter().chain(counts));
        }
        numbers_to_the_right(table)
    }
}

const fn word(meaning: Meaning) -> &'static str {
    match meaning {
        Meaning::Granted => "granted",
        Meaning::Refused => "refused",
        Meaning::NotNow => "not now",
        Meaning::Unclear => "unclear",
    }
}

fn numbers_to_the_right(mut table: Table) -> Table {
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn listed<K: fmt::Display>(counts: impl IntoIterator<Item = (K, usize)>) -> String {
    let texts: Vec<String> =
        counts.into_iter().map(|(what, count)| format!("{count} {what}")).collect();
    texts.join(", ")
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, seconds, shards, .. } = self;
        writeln!(f, "seed {seed}, {seconds} s, shards: {shards}\n\n{}\n", self.fault_table())?;
        writeln!(f, "{}\n", self.audit_table())?;
        writeln!(f, "attempts: {}", listed(self.attempts.clone()))?;
        writeln!(f, "closed: {}", listed(self.closed.clone()))?;
        if !self.findings.notes.is_empty() {
            writeln!(f, "also: {}", listed(self.findings.notes.clone()))?;
        }
        if !self.ended.is_empty() {
            writeln!(f, "ended unexpectedly and restarted: {}", self.ended.join("; "))?;
        }
        writeln!(f, "journal and logs: {}", self.folder.display())?;
        if let Some(backlog) = &self.backlog {
            writeln!(f, "\nunfinished at the end: {backlog}")?;
        }
        for subject in Subject::ALL {
            let all = || self.findings.discrepancies.iter().filter(|d| d.subject == subject);
            for discrepancy in all().take(SHOWN_MAX) {
                writeln!(f, "\n{discrepancy}")?;
            }
            if let Some(more) = all().count().checked_sub(SHOWN_MAX).filter(|more| *more > 0) {
                writeln!(f, "\n{subject}: and {more} more")?;
            }
        }
        Ok(())
    }
}
