//! What is audited, and what is found.

use crate::entry::Entry;
use crate::journal::Attempt;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Everything that a run has left behind.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// All of `request:stream`.
    pub requests: Vec<Entry>,
    /// All of `response:stream`.
    pub responses: Vec<Entry>,
    /// What was put aside, by stream.
    pub put_aside: Vec<(String, Entry)>,
    /// How many entries were ever appended to `request:stream`.
    pub requests_added: u64,
    /// The rows of `closed_orders`.
    pub rows: Vec<Value>,
    /// `lastStreamId` and `data` of every snapshot, the oldest first.
    pub snapshots: Vec<(String, Value)>,
    /// The emails and ids in `users`.
    pub users: Vec<(String, String)>,
    /// What HTTP said of the accounts at the end.
    pub readings: Vec<Reading>,
    /// All of `batch:uploader:stream`.
    pub traded: Vec<Entry>,
    /// The rows of `trades`.
    pub trades: Vec<Value>,
    /// All of `mail:stream`.
    pub mails: Vec<Entry>,
    /// The names of the files in the mailer's folder.
    pub letters: Vec<String>,
    /// What the clients have asked and heard.
    pub journal: Vec<Attempt>,
}

/// An account over HTTP.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// Whose.
    pub user_id: String,
    /// The balance sheet.
    pub balance: Value,
    /// Its open orders, newest first.
    pub open: Vec<Value>,
    /// Its closed orders, all pages.
    pub closed: Vec<Value>,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// Entries of `request:stream`.
    Requests,
    /// Accounts that were acknowledged.
    Registrations,
    /// Orders that were acknowledged.
    Orders,
    /// Changes that were acknowledged.
    Modifications,
    /// Closes that were acknowledged.
    Closes,
    /// Requests of which it was said that nothing came of them.
    Refusals,
    /// Entries of `response:stream`.
    Events,
    /// Rows of `closed_orders`.
    Rows,
    /// Accounts over HTTP.
    Balances,
    /// Snapshots.
    Snapshots,
    /// Rows of `trades`.
    Trades,
    /// Bids and asks.
    Prices,
    /// Mails.
    Mails,
    /// Entries that were put aside.
    PutAside,
}

impl Subject {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 14] = [
        Self::Registrations,
        Self::Orders,
        Self::Modifications,
        Self::Closes,
        Self::Refusals,
        Self::Requests,
        Self::Events,
        Self::Rows,
        Self::Balances,
        Self::Snapshots,
        Self::Trades,
        Self::Prices,
        Self::Mails,
        Self::PutAside,
    ];
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Requests => "entries of request:stream",
            Self::Registrations => "registrations acknowledged",
            Self::Orders => "orders acknowledged",
            Self::Modifications => "modifications acknowledged",
            Self::Closes => "closes acknowledged",
            Self::Refusals => "requests refused",
            Self::Events => "entries of response:stream",
            Self::Rows => "rows of closed_orders",
            Self::Balances => "accounts over HTTP",
            Self::Snapshots => "snapshots",
            Self::Trades => "rows of trades",
            Self::Prices => "prices made of trades",
            Self::Mails => "mails",
            Self::PutAside => "entries put aside",
        })
    }
}

/// What can be wrong with something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// It should be there and is not.
    Lost,
    /// It is there more than once.
    Doubled,
    /// It is not as it should be, or should not be at all.
    Wrong,
}

/// How many of a subject were checked, and how many were not in order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// All of them.
    pub checked: usize,
    /// Of these, missing.
    pub lost: usize,
    /// There more than once.
    pub doubled: usize,
    /// Different.
    pub wrong: usize,
}

/// One thing that is not in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discrepancy {
    /// What it is about.
    pub subject: Subject,
    /// What is wrong.
    pub kind: Kind,
    /// The entry or order.
    pub what: String,
    /// What should be.
    pub expected: String,
    /// What is.
    pub found: String,
}

impl fmt::Display for Discrepancy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { subject, kind, what, expected, found } = self;
        write!(f, "{subject}, {kind:?}: {what}\n    expected {expected}\n    found    {found}")
    }
}

/// The outcome of an audit.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// By subject.
    pub tallies: BTreeMap<Subject, Tally>,
    /// Everything that is not in order.
    pub discrepancies: Vec<Discrepancy>,
    /// What is worth knowing, and no fault.
    pub notes: BTreeMap<&'static str, usize>,
}

impl Findings {
    /// One more was looked at.
    pub fn checked(&mut self, subject: Subject) {
        self.tallies.entry(subject).or_default().checked += 1;
    }

    /// Something is not in order.
    pub fn add(
        &mut self,
        subject: Subject,
        kind: Kind,
        what: impl fmt::Display,
        expected: impl fmt::Display,
        found: impl fmt::Display,
    ) {
        let tally = self.tallies.entry(subject).or_default();
        match kind {
            Kind::Lost => tally.lost += 1,
            Kind::Doubled => tally.doubled += 1,
            Kind::Wrong => tally.wrong += 1,
        }
        let (what, expected, found) = (what.to_string(), expected.to_string(), found.to_string());
        self.discrepancies.push(Discrepancy { subject, kind, what, expected, found });
    }

    /// Notes the first difference between two values, if there is one.
    pub fn compare(
        &mut self,
        subject: Subject,
        what: impl fmt::Display,
        expected: &Value,
        found: &Value,
    ) {
        if let Some((path, expected, found)) = difference(expected, found) {
            self.add(subject, Kind::Wrong, format!("{what}, {path}"), expected, found);
        }
    }

    /// One more of something that is no fault.
    pub fn note(&mut self, what: &'static str) {
        *self.notes.entry(what).or_default() += 1;
    }

    /// Whether everything is as it should be.
    pub fn is_clean(&self) -> bool {
        self.discrepancies.is_empty()
    }
}

/// Where two values differ first, and what is there.
fn difference(expected: &Value, found: &Value) -> Option<(String, String, String)> {
    match (expected, found) {
        (Value::Object(a), Value::Object(b)) => {
            let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            names.into_iter().find_map(|name| match (a.get(name), b.get(name)) {
                (Some(a), Some(b)) => {
                    let (path, a, b) = difference(a, b)?;
                    Some((format!("{name}.{path}"), a, b))
                }
                (a, b) => Some((name.clone(), shown(a), shown(b))),
            })
        }
        (a, b) if a == b => None,
        (a, b) => Some((String::new(), a.to_string(), b.to_string())),
    }
    .map(|(path, a, b)| (path.trim_end_matches('.').to_owned(), a, b))
}

fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "nothing".to_owned(), Value::to_string)
}
