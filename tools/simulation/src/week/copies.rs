//! Copies of the state that take another way to the end than the undisturbed run.

use exchange::{Exchange, Outcome};
use messages::{EntryId, Event, RequestEntry};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// The number of entries between two snapshots of [`Sliced`].
const SNAPSHOT_LEN: usize = 20_000;

/// One restart in this many entries.
const RESTARTS: u32 = 15_000;

/// One restart in this many slices after which an entry goes on.
const RESTARTS_WITHIN: u32 = 40;

/// The most positions that a slice serves.
const SLICE_MAX: usize = 4;

/// A state that was restored from a snapshot.
pub struct Restored {
    /// The last entry of the snapshot.
    pub from: EntryId,
    pub exchange: Exchange,
}

/// A state that is computed in small slices, lost in between, and restored from its last snapshot.
pub struct Sliced {
    pub exchange: Exchange,
    random: ChaCha8Rng,
    snapshot: Option<(Vec<u8>, String)>,
    /// The entries after the snapshot.
    since: Vec<(EntryId, RequestEntry)>,
    pub restarts: u64,
    /// The restarts between two slices of an entry.
    pub restarts_within: u64,
}

impl Sliced {
    pub fn new(seed: u64) -> Self {
        Self {
            exchange: Exchange::default(),
            random: ChaCha8Rng::seed_from_u64(seed),
            snapshot: None,
            since: Vec::new(),
            restarts: 0,
            restarts_within: 0,
        }
    }

    pub fn apply(&mut self, id: EntryId, entry: &RequestEntry) -> Outcome {
        if self.since.len() >= SNAPSHOT_LEN {
            let encoded = self.exchange.freeze().encode();
            self.snapshot = Some((encoded.bytes, encoded.hash));
            self.since.clear();
        }
        if self.random.random_ratio(1, RESTARTS) {
            self.restarts += 1;
            self.restore();
        }
        let outcome = loop {
            if let Some(outcome) = self.try_apply(id, entry) {
                break outcome;
            }
            self.restarts_within += 1;
            self.restore();
        };
        self.since.push((id, entry.clone()));
        outcome
    }

    /// Applies an entry in slices; returns nothing if it stops in between.
    fn try_apply(&mut self, id: EntryId, entry: &RequestEntry) -> Option<Outcome> {
        let limit = self.random.random_range(1..=SLICE_MAX);
        let mut outcome = self.exchange.apply_slice(id, entry, limit);
        while self.exchange.is_closing() {
            if self.random.random_ratio(1, RESTARTS_WITHIN) {
                return None;
            }
            let more: Vec<Event> = self.exchange.close_more(limit);
            outcome.events.extend(more);
        }
        Some(outcome)
    }

    fn restore(&mut self) {
        self.exchange = match &self.snapshot {
            None => Exchange::default(),
            Some((bytes, hash)) => {
                Exchange::restore(bytes, hash).expect("a snapshot can be restored")
            }
        };
        for (id, entry) in &self.since {
            self.exchange.apply(*id, entry);
        }
    }
}
