//! Compares everything that a run has stored with what [`Model`] computes from its requests.

mod accounts;
mod acknowledged;
mod deliveries;
mod fills;
mod history;
mod income;
mod orders;
mod outputs;
mod records;

pub use history::{Appended, Findings, History, Kind, Reading, ShardHistory, Subject, Tally};

use crate::shards::{FIRST_OUTPUTS, shard_of};
use model::{Account, Entry, Event, Id, Model, Position, Record, Verdict};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The expected results of all requests, which every check compares with.
struct Truth<'a> {
    /// The states of the shards after their last requests: each has accounts of its own.
    models: Vec<Model>,
    /// The expected entries of `response:stream`, by id.
    events: Vec<(Id, Event)>,
    /// The entries of each request id, in order, with the verdicts that their senders must have
    /// received.
    by_request: HashMap<&'a str, Vec<(Id, Verdict)>>,
    /// Every account after each of its changes, by user id and sequence number.
    states: HashMap<(String, u64), Account>,
    /// The accounts after resets among them.
    resets: HashMap<(String, u64), Account>,
    /// The totals of each shard at the entries for which there is a snapshot.
    totals: Vec<BTreeMap<Id, Totals>>,
}

impl Truth<'_> {
    /// All accounts, each with the state that it is in.
    fn accounts(&self) -> impl Iterator<Item = (&Model, &String)> {
        self.models.iter().flat_map(|model| model.accounts.keys().map(move |user| (model, user)))
    }

    /// The state that an account is in.
    fn model_of(&self, user_id: &str) -> Option<&Model> {
        self.models.iter().find(|model| model.accounts.contains_key(user_id))
    }

    fn closed(&self) -> impl Iterator<Item = &Record> {
        self.models.iter().flat_map(|model| model.closed.iter())
    }

    fn find_closed(&self, order_id: &str) -> Option<&Record> {
        self.models.iter().find_map(|model| model.closed.find(order_id))
    }

    fn find_open(&self, order_id: &str) -> Option<&Position> {
        self.models.iter().find_map(|model| model.find_open(order_id))
    }
}

/// The totals that a snapshot contains.
struct Totals {
    accounts: usize,
    open_positions: usize,
    ledger: serde_json::Value,
}

/// Runs all checks.
pub fn audit(history: &History) -> Findings {
    let mut findings = Findings::default();
    let truth = retell(history, &mut findings);
    outputs::check(history, &truth, &mut findings);
    acknowledged::check(history, &truth, &mut findings);
    acknowledged::check_appended(history, &truth, &mut findings);
    records::check_rows(history, &truth, &mut findings);
    orders::check(history, &truth, &mut findings);
    fills::check(history, &truth, &mut findings);
    income::check(history, &truth, &mut findings);
    records::check_snapshots(history, &truth, &mut findings);
    records::check_accounts(history, &truth, &mut findings);
    records::check_put_aside(history, &mut findings);
    deliveries::check_trades(history, &mut findings);
    deliveries::check_fundings(history, &mut findings);
    accounts::check_keys(history, &mut findings);
    deliveries::check_mails(history, &mut findings);
    findings
}

/// Applies every request from the beginning.
fn retell<'a>(history: &'a History, findings: &mut Findings) -> Truth<'a> {
    let mut truth = Truth {
        models: Vec::new(),
        events: Vec::new(),
        by_request: HashMap::new(),
        states: HashMap::new(),
        resets: HashMap::new(),
        totals: Vec::new(),
    };
    for (number, shard) in history.shards.iter().enumerate() {
        let place = (number, history.shards.len());
        retell_shard(shard, place, &mut truth, findings);
        check_order(&shard.requests, "request:stream", findings);
        check_order(&shard.responses, "response:stream", findings);
    }
    truth.events.sort_by_key(|(id, _)| *id);
    truth
}

/// Applies every request of a shard, of as many as the second number says.
fn retell_shard<'a>(
    shard: &'a ShardHistory,
    (number, count): (usize, usize),
    truth: &mut Truth<'a>,
    findings: &mut Findings,
) {
    let (mut model, mut at_snapshots) = (Model::default(), BTreeMap::new());
    let moments: BTreeSet<Id> =
        shard.snapshots.iter().filter_map(|(last_id, _)| Id::parse(last_id)).collect();
    let first_output = number as u64 * FIRST_OUTPUTS;
    for entry in &shard.requests {
        findings.checked(Subject::Requests);
        let user_id = entry.field("userId");
        if !user_id.is_empty() && shard_of(user_id, count) != number {
            let expected = format!("in shard {}", shard_of(user_id, count));
            findings.add(Subject::Requests, Kind::Wrong, entry.id, expected, number);
        }
        let outcome = model.apply(entry);
        if outcome.verdict == Verdict::Unreadable {
            let text = format!("{:?}", entry.fields);
            findings.add(Subject::Requests, Kind::Wrong, entry.id, "a request", text);
        }
        for event in &outcome.events {
            let (user_id, account) = (event.user_id.clone(), event.account);
            if event.kind == "ACCOUNT_RESET" {
                truth.resets.insert((user_id.clone(), account.sequence), account);
            }
            truth.states.insert((user_id, account.sequence), account);
        }
        let outputs = (first_output..).map(|n| entry.id.output(n));
        truth.events.extend(outputs.zip(outcome.events));
        if let Some(request_id) = entry.fields.get("requestId") {
            let told = truth.by_request.entry(request_id).or_default();
            told.push((entry.id, outcome.verdict));
        }
        if moments.contains(&entry.id) {
            at_snapshots.insert(entry.id, totals(&model));
        }
    }
    truth.models.push(model);
    truth.totals.push(at_snapshots);
}

/// Finds entries that are there twice. Missing ones show in the figures.
fn check_order(entries: &[Entry], stream: &str, findings: &mut Findings) {
    for pair in entries.windows(2).filter(|pair| pair[0].id >= pair[1].id) {
        let expected = format!("above {} in {stream}", pair[0].id);
        findings.add(Subject::Requests, Kind::Doubled, pair[1].id, expected, pair[1].id);
    }
}

fn totals(model: &Model) -> Totals {
    let mut ledger = serde_json::json!({
        "deposits": model.deposits.to_string(),
        "balances": model.balances().to_string(),
        "locked": model.locked().to_string(),
        "house": model.house.to_string(),
        "shortfall": model.shortfall.to_string(),
    });
    let rare =
        [("reserved", model.reserved()), ("fees", model.fees), ("insurance", model.insurance)];
    for (name, amount) in rare.into_iter().filter(|(_, amount)| *amount != 0) {
        ledger[name] = amount.to_string().into();
    }
    Totals { accounts: model.accounts.len(), open_positions: model.open_count(), ledger }
}
