//! The figures of a week.

use messages::{CloseReason, Event, EventKind, Request};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The figures of a week whose checks all passed.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The entries of `request:stream` by kind; those that are unreadable are not among them.
    pub entries: BTreeMap<&'static str, u64>,
    /// The refused ones among them.
    pub refused: u64,
    /// The entries of `response:stream`.
    pub outputs: u64,
    /// The fills.
    pub fills: u64,
    /// The kinds of orders among them, as words.
    pub filled: BTreeSet<&'static str>,
    /// The liquidations.
    pub liquidations: u64,
    /// The payments of fundings to or from a position.
    pub fundings: u64,
    /// The lines of income.
    pub income: u64,
    /// The replies that clients received.
    pub replies: u64,
    /// The faults by kind.
    pub faults: BTreeMap<&'static str, u64>,
    /// The faults between two outputs of the same entry.
    pub faults_within: u64,
    /// The engine processes that were started.
    pub started: u64,
    /// The times that an engine took the lead.
    pub leads: u64,
    /// The snapshots, each of which led to the same state as the undisturbed run.
    pub snapshots: u64,
    /// Those of them from which a copy was computed to the end.
    pub restored: u64,
    /// The restarts of the state that is computed in slices.
    pub restarts: u64,
    /// Those of them between two slices of an entry.
    pub restarts_within: u64,
    /// The state hash of all at the end.
    pub hash: String,
}

impl Report {
    /// Counts an entry and its events.
    pub fn count(&mut self, request: &Request, is_refused: bool, events: &[Event]) {
        *self.entries.entry(request.kind()).or_default() += 1;
        self.refused += u64::from(is_refused);
        self.outputs += events.len() as u64;
        for event in events {
            let execution = event.execution.as_deref();
            if let Some(order) = execution.and_then(|execution| execution.order.as_ref()) {
                self.filled.insert(order.kind.as_str());
            }
            match &event.kind {
                EventKind::FundingSettled(_) => self.fundings += 1,
                EventKind::PositionClosed(closed) => {
                    let is_forced = closed.close_reason == CloseReason::Liquidation;
                    self.liquidations += u64::from(is_forced);
                }
                _ => {}
            }
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: u64 = self.entries.values().sum();
        writeln!(f, "{all} entries, {} of them refused:", self.refused)?;
        for (kind, count) in &self.entries {
            writeln!(f, "  {count:>10} {kind}")?;
        }
        writeln!(f, "{} outputs, {} replies", self.outputs, self.replies)?;
        writeln!(f, "{} fills, {} liquidations", self.fills, self.liquidations)?;
        writeln!(f, "fills of orders of the kinds {:?}", self.filled)?;
        writeln!(f, "{} payments of fundings, {} lines of income", self.fundings, self.income)?;
        let (started, leads, within) = (self.started, self.leads, self.faults_within);
        writeln!(f, "{started} processes started, {leads} times one took the lead")?;
        writeln!(f, "faults, {within} between two outputs of an entry: {:?}", self.faults)?;
        let (snapshots, restored) = (self.snapshots, self.restored);
        writeln!(f, "{snapshots} snapshots restored, {restored} of them computed to the end")?;
        let (restarts, within) = (self.restarts, self.restarts_within);
        writeln!(f, "{restarts} restarts between entries, {within} between slices of an entry")?;
        write!(f, "state hash {}", self.hash)
    }
}
