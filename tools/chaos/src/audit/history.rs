//! The input and the findings of an audit.

use crate::journal::Attempt;
use model::{Entry, Id};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Everything that a run has stored.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// The history of each shard, in the order of their numbers.
    pub shards: Vec<ShardHistory>,
    /// The entries that were put aside as unreadable, by stream.
    pub put_aside: Vec<(String, Entry)>,
    /// The rows of `closed_orders`.
    pub rows: Vec<Value>,
    /// The rows of `orders`.
    pub order_rows: Vec<Value>,
    /// The rows of `fills`, the oldest first.
    pub fill_rows: Vec<Value>,
    /// The rows of `income`, the oldest first.
    pub income_rows: Vec<Value>,
    /// The emails and ids in `users`.
    pub users: Vec<(String, String)>,
    /// The accounts as HTTP showed them at the end.
    pub readings: Vec<Reading>,
    /// All of `batch:uploader:stream`.
    pub traded: Vec<Entry>,
    /// The rows of `trades`.
    pub trades: Vec<Value>,
    /// The rows of `funding_rates`.
    pub funding_rows: Vec<Value>,
    /// All of `mail:stream`.
    pub mails: Vec<Entry>,
    /// The names of the files in the mailer's folder.
    pub letters: Vec<String>,
    /// The requests and answers of the clients.
    pub journal: Vec<Attempt>,
    /// The entries that Redis has acknowledged to programs.
    pub appended: Vec<Appended>,
}

/// Everything that a shard has stored.
#[derive(Clone, Debug, Default)]
pub struct ShardHistory {
    /// All of `request:stream`.
    pub requests: Vec<Entry>,
    /// The number of entries ever appended to it.
    pub requests_added: u64,
    /// All of `response:stream`.
    pub responses: Vec<Entry>,
    /// `lastStreamId` and `data` of every snapshot, the oldest first.
    pub snapshots: Vec<(String, Value)>,
}

impl History {
    /// The requests of all shards.
    pub fn requests(&self) -> impl Iterator<Item = &Entry> {
        self.shards.iter().flat_map(|shard| &shard.requests)
    }

    /// The events of all shards.
    pub fn responses(&self) -> impl Iterator<Item = &Entry> {
        self.shards.iter().flat_map(|shard| &shard.responses)
    }
}

/// An entry of `request:stream` that Redis has acknowledged to a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appended {
    /// The entry's id, as Redis gave it.
    pub id: Id,
    /// The request's id.
    pub request_id: String,
}

/// An account over HTTP.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// The owner.
    pub user_id: String,
    /// The balance sheet.
    pub balance: Value,
    /// Its open orders, newest first.
    pub open: Vec<Value>,
    /// Its closed orders, all pages.
    pub closed: Vec<Value>,
}

/// A kind of thing that the audit checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// The entries of `request:stream`.
    Requests,
    /// Acknowledged registrations.
    Registrations,
    /// Acknowledged orders.
    Orders,
    /// Acknowledged modifications.
    Modifications,
    /// Acknowledged closes.
    Closes,
    /// Acknowledged accounts beside the first.
    Accounts,
    /// Acknowledged resets.
    Resets,
    /// Acknowledged entries of programs.
    Appends,
    /// Requests that were refused.
    Refusals,
    /// The entries of `response:stream`.
    Events,
    /// The rows of `closed_orders`.
    Rows,
    /// The rows of `orders`.
    OrderRows,
    /// The rows of `fills`.
    FillRows,
    /// The rows of `income`.
    IncomeRows,
    /// The statements, as sums of their lines.
    Statements,
    /// The accounts as HTTP shows them.
    Balances,
    /// Snapshots.
    Snapshots,
    /// The rows of `trades`.
    Trades,
    /// The rows of `funding_rates`.
    Fundings,
    /// The bids and asks.
    Prices,
    /// Mails.
    Mails,
    /// The entries that were put aside.
    PutAside,
}

impl Subject {
    /// All subjects, in the order of the table.
    pub const ALL: [Self; 22] = [
        Self::Registrations,
        Self::Orders,
        Self::Modifications,
        Self::Closes,
        Self::Accounts,
        Self::Resets,
        Self::Appends,
        Self::Refusals,
        Self::Requests,
        Self::Events,
        Self::Rows,
        Self::OrderRows,
        Self::FillRows,
        Self::IncomeRows,
        Self::Statements,
        Self::Balances,
        Self::Snapshots,
        Self::Trades,
        Self::Fundings,
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
            Self::Accounts => "accounts acknowledged",
            Self::Resets => "resets acknowledged",
            Self::Appends => "entries acknowledged",
            Self::Refusals => "requests refused",
            Self::Events => "entries of response:stream",
            Self::Rows => "rows of closed_orders",
            Self::OrderRows => "rows of orders",
            Self::FillRows => "rows of fills",
            Self::IncomeRows => "rows of income",
            Self::Statements => "sums of statements",
            Self::Balances => "accounts over HTTP",
            Self::Snapshots => "snapshots",
            Self::Trades => "rows of trades",
            Self::Fundings => "rows of funding_rates",
            Self::Prices => "prices made of trades",
            Self::Mails => "mails",
            Self::PutAside => "entries put aside",
        })
    }
}

/// The kind of a discrepancy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// It is missing.
    Lost,
    /// It is there more than once.
    Doubled,
    /// It differs from what is expected, or should not exist.
    Wrong,
}

/// The counts of one subject.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// The number checked.
    pub checked: usize,
    /// The number missing.
    pub lost: usize,
    /// The number found more than once.
    pub doubled: usize,
    /// The number that differ or should not exist.
    pub wrong: usize,
}

/// A difference between what is expected and what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discrepancy {
    /// The subject.
    pub subject: Subject,
    /// The kind.
    pub kind: Kind,
    /// The entry or order that it is about.
    pub what: String,
    /// The expected value.
    pub expected: String,
    /// The value found.
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
    /// The counts, by subject.
    pub tallies: BTreeMap<Subject, Tally>,
    /// All discrepancies.
    pub discrepancies: Vec<Discrepancy>,
    /// Observations that are no faults, with their counts.
    pub notes: BTreeMap<&'static str, usize>,
}

impl Findings {
    /// Counts one more checked item.
    pub fn checked(&mut self, subject: Subject) {
        self.tallies.entry(subject).or_default().checked += 1;
    }

    /// Adds a discrepancy.
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

    /// Adds the first difference between two values, if there is one.
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

    /// Counts one more observation that is no fault.
    pub fn note(&mut self, what: &'static str) {
        *self.notes.entry(what).or_default() += 1;
    }

    /// Reports whether there are no discrepancies.
    pub fn is_clean(&self) -> bool {
        self.discrepancies.is_empty()
    }
}

/// The path and both values of the first difference.
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
