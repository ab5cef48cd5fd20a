//! The comparison of everything with an undisturbed run, while the week goes on.

use super::copies::{Restored, Sliced};
use super::report::Report;
use super::statement::Statement;
use crate::database::Row;
use crate::server::{Heard, Server, Write};
use crate::verdict::{Failure, Reference, compare};
use exchange::{Exchange, Outcome};
use messages::{
    EntryId, REQUEST_STREAM, RESPONSE_STREAM, Reply, RequestEntry, RequestId, dead_letter_stream,
};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;
use streams::Entry;

/// The time between two snapshots from which copies are computed to the end.
const COPIES_INTERVAL_MS: u64 = 12 * 60 * 60 * 1_000;

/// The undisturbed run, the copies, and what is compared with them.
pub struct Audit {
    reference: Reference,
    sliced: Sliced,
    restored: Vec<Restored>,
    statement: Statement,
    pub report: Report,
    /// The last entry of `request:stream` that was read.
    position: EntryId,
    /// The last snapshot that was checked.
    snapshot: EntryId,
    /// The hashes of the expected replies.
    replies: HashMap<RequestId, u64>,
}

impl Audit {
    pub fn new(seed: u64) -> Self {
        Self {
            reference: Reference::default(),
            sliced: Sliced::new(seed),
            restored: Vec::new(),
            statement: Statement::default(),
            report: Report::default(),
            position: EntryId::MIN,
            snapshot: EntryId::MIN,
            replies: HashMap::new(),
        }
    }

    /// Applies the new entries of `request:stream` to the undisturbed run and the copies.
    pub fn read(&mut self, server: &Server) -> Result<(), Failure> {
        for entry in server.all_after(REQUEST_STREAM, self.position) {
            self.position = entry.id;
            if let Some((request, outcome)) = self.reference.apply(entry) {
                self.follow(entry.id, &request, &outcome)?;
            }
        }
        for (request_id, replies) in std::mem::take(&mut self.reference.replies) {
            self.replies.extend(replies.iter().map(|(_, reply)| (request_id, hash(reply))));
        }
        Ok(())
    }

    fn follow(
        &mut self,
        id: EntryId,
        request: &RequestEntry,
        outcome: &Outcome,
    ) -> Result<(), Failure> {
        self.report.count(&request.request, outcome.response.is_err(), &outcome.events);
        for (n, event) in (0..).zip(&outcome.events) {
            let output = id.output(n);
            self.report.fills += u64::from(event.fill(output).is_some());
            self.statement.add(output, event);
        }
        if self.sliced.apply(id, request) != *outcome {
            return Err(Failure::Copy { of: "the run in slices".to_owned(), at: id });
        }
        for Restored { from, exchange } in &mut self.restored {
            if exchange.apply(id, request) != *outcome {
                return Err(Failure::Copy { of: format!("the copy of snapshot {from}"), at: id });
            }
        }
        Ok(())
    }

    /// The last output that is expected, of those that are not compared yet.
    pub fn last_output(&self) -> EntryId {
        self.reference.outputs.last().map_or(EntryId::MIN, |(id, _)| *id)
    }

    /// Reports whether the stream of outputs ends between two outputs of the same entry.
    pub fn is_within(&self, last_id: EntryId) -> bool {
        let next = self.reference.outputs.partition_point(|(id, _)| *id <= last_id);
        let next = self.reference.outputs.get(next);
        next.is_some_and(|(next, _)| next.origin() == last_id.origin())
    }

    /// Compares the outputs of the engines, and what they published, with those expected; forgets
    /// both.
    pub fn compare(&mut self, server: &mut Server) -> Result<(), Failure> {
        let expected = std::mem::take(&mut self.reference.outputs);
        if let Some((last, _)) = expected.last() {
            let found = server.entries(RESPONSE_STREAM);
            let count = found.partition_point(|entry| entry.id <= *last);
            compare(&expected, &found[..count])?;
            let oldest_kept = EntryId::new(last.ms, last.seq + 1);
            let trim = Write::Trim { stream: RESPONSE_STREAM.to_owned(), oldest_kept };
            server.transact(vec![trim], Duration::ZERO, 0);
        }
        for Heard { channel, message } in std::mem::take(&mut server.heard) {
            if channel.starts_with("reply:") {
                let reply: Reply = serde_json::from_str(&message).expect("replies can be read");
                if self.replies.get(&reply.request_id) != Some(&hash(&message)) {
                    return Err(Failure::Reply(message));
                }
                self.report.replies += 1;
            }
        }
        Ok(())
    }

    /// Restores the newest snapshot and computes the present state from it.
    pub fn check_snapshot(&mut self, server: &Server, rows: &[Row]) -> Result<(), Failure> {
        let Some(row) = rows.last().filter(|row| !row.is_damaged && row.last_id > self.snapshot)
        else {
            return Ok(());
        };
        let is_due = self
            .restored
            .last()
            .is_none_or(|last| row.last_id.ms > last.from.ms + COPIES_INTERVAL_MS);
        self.snapshot = row.last_id;
        let exchange = self.replayed(server, row)?;
        self.report.snapshots += 1;
        if is_due {
            self.restored.push(Restored { from: row.last_id, exchange });
        }
        Ok(())
    }

    /// Restores a snapshot and applies the entries after it; the result must be the present state.
    fn replayed(&self, server: &Server, row: &Row) -> Result<Exchange, Failure> {
        let mut exchange = row.restore().map_err(|_| Failure::Snapshot(row.last_id))?;
        if server.entry(REQUEST_STREAM, row.last_id).is_none() {
            return Err(Failure::Stranded(row.last_id));
        }
        let entries = server.all_after(REQUEST_STREAM, row.last_id);
        for Entry { id, fields } in entries.iter().filter(|entry| entry.id <= self.position) {
            if let Ok(request) = messages::StreamMessage::decode(fields) {
                let request: RequestEntry = request;
                exchange.apply(*id, &request);
            }
        }
        self.check_hash(&format!("snapshot {}", row.last_id), &exchange)?;
        Ok(exchange)
    }

    fn check_hash(&self, of: &str, exchange: &Exchange) -> Result<(), Failure> {
        if state_hash(exchange) == state_hash(&self.reference.exchange) {
            return Ok(());
        }
        Err(Failure::Copy { of: of.to_owned(), at: self.position })
    }

    /// Checks the ledger, the statements and the copies.
    pub fn check(&mut self) -> Result<(), Failure> {
        let exchange = &self.reference.exchange;
        exchange.check_invariants().map_err(|error| Failure::Ledger(error.to_string()))?;
        self.statement.check(exchange)?;
        self.check_hash("the run in slices", &self.sliced.exchange)?;
        for Restored { from, exchange } in &self.restored {
            self.check_hash(&format!("the copy of snapshot {from}"), exchange)?;
        }
        Ok(())
    }

    /// Checks at the end that the newest snapshot, which an engine has taken of its own state, has
    /// the hash of the undisturbed run, and that every snapshot that is kept leads to it.
    pub fn check_end(&mut self, server: &Server, rows: &[Row]) -> Result<(), Failure> {
        self.check()?;
        let hash = state_hash(&self.reference.exchange);
        for row in rows.iter().filter(|row| !row.is_damaged) {
            self.replayed(server, row)?;
        }
        if rows.last().is_none_or(|row| row.hash != hash) {
            return Err(Failure::Snapshot(self.position));
        }
        let dead = server.entries(&dead_letter_stream(REQUEST_STREAM));
        if dead.iter().map(|entry| entry.id).ne(self.reference.dead.iter().copied()) {
            return Err(Failure::DeadLetters);
        }
        self.report.restored = self.restored.len() as u64;
        self.report.restarts = self.sliced.restarts;
        self.report.restarts_within = self.sliced.restarts_within;
        self.report.income = self.statement.lines;
        self.report.hash = hash;
        Ok(())
    }
}

fn state_hash(exchange: &Exchange) -> String {
    exchange.freeze().encode().hash
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
