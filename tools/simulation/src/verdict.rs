//! The checks at the end of a run: everything is compared with an undisturbed run of the stream.

use crate::trial::LAST_REQUEST;
use crate::world::Environment;
use exchange::{Exchange, Outcome};
use messages::{
    EntryId, Fields, Query, REQUEST_STREAM, RESPONSE_STREAM, Reply, Request, RequestEntry,
    RequestId, StreamMessage, UserId, dead_letter_stream,
};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use streams::Entry;
use uuid::Uuid;

/// A client's query, and the number of messages published before it.
#[derive(Clone, Debug)]
pub struct Asked {
    pub request_id: RequestId,
    pub user_id: UserId,
    pub query: Query,
    pub heard_before: usize,
}

/// A failed check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// An assertion of the engine or the exchange failed.
    Panicked,
    /// The engine refused to trade although nothing is missing.
    Refused(String),
    /// The outputs differ from those of an undisturbed run.
    Outputs(String),
    /// The dead-lettered entries are not the unreadable ones.
    DeadLetters,
    /// The ledger does not balance.
    Ledger(String),
    /// A copy of the state differs from that of an undisturbed run.
    Copy {
        /// The copy.
        of: String,
        /// The entry.
        at: EntryId,
    },
    /// The lines of income do not add up.
    Statement(String),
    /// A snapshot is not the state at its entry.
    Snapshot(EntryId),
    /// The stream no longer has the entry at which a kept snapshot resumes.
    Stranded(EntryId),
    /// A reply differs from that of an undisturbed run.
    Reply(String),
    /// The answer to a query is not that of any state that the client could expect.
    Answer(String),
    /// The last request was not answered, although all faults have ended.
    Unanswered,
}

/// An undisturbed run over a stream.
#[derive(Default)]
pub struct Reference {
    pub exchange: Exchange,
    pub outputs: Vec<(EntryId, Fields)>,
    pub dead: Vec<EntryId>,
    /// The replies by request; a request that was sent twice has several.
    pub replies: BTreeMap<RequestId, Vec<(EntryId, String)>>,
}

/// Runs all checks.
pub fn judge(environment: &Environment, asked: &[Asked]) -> Result<(), Failure> {
    let server = environment.server();
    let history = server.request_history();
    let mut reference = Reference::default();
    let mut hashes = BTreeMap::new();
    let rows = environment.database().rows.clone();
    let snapshots: BTreeSet<EntryId> = rows.iter().map(|row| row.last_id).collect();
    for entry in &history {
        reference.apply(entry);
        if snapshots.contains(&entry.id) {
            hashes.insert(entry.id, reference.exchange.freeze().encode().hash);
        }
    }
    reference.exchange.check_invariants().map_err(|error| Failure::Ledger(error.to_string()))?;
    compare(&reference.outputs, server.entries(RESPONSE_STREAM))?;
    let dead: Vec<_> =
        server.entries(&dead_letter_stream(REQUEST_STREAM)).iter().map(|entry| entry.id).collect();
    if dead != reference.dead {
        return Err(Failure::DeadLetters);
    }
    for row in &rows {
        if hashes.get(&row.last_id) != Some(&row.hash) {
            return Err(Failure::Snapshot(row.last_id));
        }
        if server.entry(REQUEST_STREAM, row.last_id).is_none() {
            return Err(Failure::Stranded(row.last_id));
        }
    }
    // Replies to requests that Redis lost later were right at their time. With a replica for which
    // answers wait, nothing that was answered is lost.
    let mut histories = match environment.replica_lag {
        None => server.forks.clone(),
        Some(_) => Vec::new(),
    };
    histories.push(history);
    let heard: Vec<&str> = server
        .heard
        .iter()
        .filter(|heard| heard.channel.starts_with("reply:"))
        .map(|heard| heard.message.as_str())
        .collect();
    let replies = check_replies(&heard, &histories, asked)?;
    if !replies.contains(&RequestId(Uuid::from_u128(LAST_REQUEST))) {
        return Err(Failure::Unanswered);
    }
    let all: Vec<&str> = server.heard.iter().map(|heard| heard.message.as_str()).collect();
    check_answers(&all, &histories, asked)
}

impl Reference {
    fn of(history: &[Entry]) -> Self {
        let mut reference = Self::default();
        for entry in history {
            reference.apply(entry);
        }
        reference
    }

    /// Applies an entry; returns its request and the outcome, unless it is unreadable.
    pub fn apply(&mut self, entry: &Entry) -> Option<(RequestEntry, Outcome)> {
        let Ok(request) = RequestEntry::decode(&entry.fields) else {
            self.dead.push(entry.id);
            return None;
        };
        let outcome = self.exchange.apply(entry.id, &request);
        let events = (0..).zip(&outcome.events);
        self.outputs.extend(events.map(|(n, event)| (entry.id.output(n), event.encode())));
        if outcome.response.is_err() && matches!(request.request, Request::PriceUpdate(_)) {
            self.dead.push(entry.id);
        } else if let Some(request_id) = request.request_id {
            let reply = Reply { request_id, outcome: outcome.response.clone() }.to_json();
            self.replies.entry(request_id).or_default().push((entry.id, reply));
        }
        Some((request, outcome))
    }
}

/// Compares the outputs of an undisturbed run with those in the stream.
pub fn compare(expected: &[(EntryId, Fields)], found: &[Entry]) -> Result<(), Failure> {
    let differs = expected
        .iter()
        .zip(found)
        .position(|((id, fields), entry)| *id != entry.id || *fields != entry.fields);
    let at = differs.or((expected.len() != found.len()).then(|| expected.len().min(found.len())));
    let Some(at) = at else { return Ok(()) };
    let (expected, found) = (expected.get(at).map(|(id, _)| id), found.get(at).map(|e| e.id));
    Err(Failure::Outputs(format!("number {at} should be {expected:?} but is {found:?}")))
}

/// Checks the replies and returns the requests that were answered.
fn check_replies(
    heard: &[&str],
    histories: &[Vec<Entry>],
    asked: &[Asked],
) -> Result<BTreeSet<RequestId>, Failure> {
    let mut possible: BTreeMap<RequestId, BTreeSet<String>> = BTreeMap::new();
    for history in histories {
        for (request_id, replies) in Reference::of(history).replies {
            possible.entry(request_id).or_default().extend(replies.into_iter().map(|(_, r)| r));
        }
    }
    let queries: BTreeSet<RequestId> = asked.iter().map(|asked| asked.request_id).collect();
    let mut answered = BTreeSet::new();
    for message in heard {
        let reply: Reply = serde_json::from_str(message).expect("replies can be read");
        if queries.contains(&reply.request_id) {
            continue;
        }
        if !possible.get(&reply.request_id).is_some_and(|possible| possible.contains(*message)) {
            return Err(Failure::Reply((*message).to_owned()));
        }
        answered.insert(reply.request_id);
    }
    Ok(answered)
}

/// Checks the answers to queries: each must be that of a state that includes every request answered
/// before the query was sent, to any client. Lost entries are exempt from the latter.
fn check_answers(heard: &[&str], histories: &[Vec<Entry>], asked: &[Asked]) -> Result<(), Failure> {
    for question in asked {
        let id = question.request_id.to_string();
        for answer in heard.iter().filter(|message| message.contains(&id)) {
            let before = &heard[..question.heard_before];
            let is_possible = histories.iter().any(|history| {
                let at_least =
                    if histories.len() > 1 { 0 } else { answered_until(before, history) };
                states(history, at_least, question).any(|state| state == **answer)
            });
            if !is_possible {
                return Err(Failure::Answer((*answer).to_owned()));
            }
        }
    }
    Ok(())
}

/// The number of entries of a history that clients know to be applied. If a request that was sent
/// twice got identical replies, only the first is known.
fn answered_until(before: &[&str], history: &[Entry]) -> usize {
    let reference = Reference::of(history);
    let first = |replies: &Vec<(EntryId, String)>, reply: &str| {
        replies.iter().find(|(_, other)| other == reply).map(|(id, _)| *id)
    };
    let known = reference.replies.values().flat_map(|replies| {
        let heard = replies.iter().filter(|(_, reply)| before.contains(&reply.as_str()));
        heard.filter_map(move |(_, reply)| first(replies, reply))
    });
    let last = known.max().unwrap_or(EntryId::MIN);
    history.partition_point(|entry| entry.id <= last)
}

/// The answers of all states with at least this many entries.
fn states(history: &[Entry], at_least: usize, asked: &Asked) -> impl Iterator<Item = String> {
    let mut reference = Reference::of(&history[..at_least]);
    let answer = |reference: &Reference| {
        let outcome = reference.exchange.answer(asked.user_id, asked.query.clone());
        Reply { request_id: asked.request_id, outcome }.to_json()
    };
    let mut answers = vec![answer(&reference)];
    for entry in &history[at_least..] {
        reference.apply(entry);
        answers.push(answer(&reference));
    }
    answers.into_iter()
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Panicked => f.write_str("an assertion failed"),
            Self::Refused(refusal) => write!(f, "unnecessary refusal to trade: {refusal}"),
            Self::Outputs(difference) => write!(f, "the outputs differ: {difference}"),
            Self::DeadLetters => f.write_str("the dead-lettered entries are wrong"),
            Self::Ledger(error) => write!(f, "the ledger is wrong: {error}"),
            Self::Copy { of, at } => write!(f, "{of} differs at {at}"),
            Self::Statement(difference) => write!(f, "income does not add up: {difference}"),
            Self::Snapshot(id) => write!(f, "the snapshot {id} is not the state at its entry"),
            Self::Stranded(id) => write!(f, "the stream no longer has the entry of snapshot {id}"),
            Self::Reply(reply) => write!(f, "wrong reply: {reply}"),
            Self::Answer(answer) => write!(f, "wrong answer: {answer}"),
            Self::Unanswered => f.write_str("the last request was not answered"),
        }
    }
}
