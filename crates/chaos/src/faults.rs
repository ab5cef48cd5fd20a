//! What goes wrong, and when: drawn once from a seed, so that a run can be made again.

use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use testkit::stack::Service;

/// Whom it befalls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// One of ours.
    Service(Service),
    /// The streams.
    Redis,
    /// The tables.
    Postgres,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Service(service) => service.binary(),
            Self::Redis => "Redis",
            Self::Postgres => "PostgreSQL",
        })
    }
}

/// What befalls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultKind {
    /// `kill -9`, and a new start after a while.
    Kill,
    /// SIGSTOP, and SIGCONT after a while.
    Pause,
    /// SIGSTOP, and after a while `kill -9` and a new start: it never gets to finish anything.
    Hang,
    /// `kill -9`, and a new start with a standard output that is full and that nobody reads.
    FullOutput,
    /// Clients that ask for much and read nothing.
    SlowClients,
}

impl FaultKind {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 5] =
        [Self::Kill, Self::Pause, Self::Hang, Self::FullOutput, Self::SlowClients];

    /// For how long (ms): most are over before anybody's patience is, some are not.
    const fn lasts_ms(self) -> Range<u64> {
        match self {
            Self::Kill => 0..1_000,
            Self::Pause => 100..4_000,
            Self::Hang => 100..2_000,
            Self::FullOutput => 500..3_000,
            Self::SlowClients => 1_000..5_000,
        }
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Kill => "kill -9",
            Self::Pause => "SIGSTOP, SIGCONT",
            Self::Hang => "SIGSTOP, kill -9",
            Self::FullOutput => "stdout full",
            Self::SlowClients => "slow clients",
        })
    }
}

/// A kind with its times, in ms since the beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Whom.
    pub target: Target,
    /// What.
    pub kind: FaultKind,
    /// From when.
    pub begins_ms: u64,
    /// Until when.
    pub ends_ms: u64,
}

/// Before the first kind, and between two of them.
const QUIET_MS: u64 = 1_500;
const BETWEEN_MS: Range<u64> = 200..1_300;

/// What was hit is left alone for so long, or it would never get anywhere.
const RECOVERY_MS: Range<u64> = 500..2_500;

/// How often each kind lies in the deck from which faults are drawn: all come up before any comes
/// up again.
fn deck() -> Vec<(Target, FaultKind)> {
    let mut deck = Vec::new();
    for service in Service::ALL {
        let target = Target::Service(service);
        deck.extend(
            [FaultKind::Kill, FaultKind::Pause, FaultKind::Hang, FaultKind::FullOutput]
                .map(|b| (target, b)),
        );
    }
    for service in [Service::HttpGateway, Service::Realtime] {
        deck.push((Target::Service(service), FaultKind::SlowClients));
    }
    // What orders depend on is hit more often.
    for target in [
        Target::Redis,
        Target::Postgres,
        Target::Service(Service::Engine),
        Target::Service(Service::HttpGateway),
        Target::Service(Service::DbWorker),
    ] {
        deck.extend([(target, FaultKind::Kill), (target, FaultKind::Pause)]);
    }
    deck
}

/// All faults of a run, in the order in which they begin. Each is over before the span is.
pub fn plan(seed: u64, span_ms: u64) -> Vec<Fault> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut free_from: BTreeMap<Target, u64> = BTreeMap::new();
    let mut faults = Vec::new();
    let mut cards = Vec::new();
    let mut now = QUIET_MS;
    while now < span_ms {
        if cards.is_empty() {
            cards = deck();
            cards.shuffle(&mut random);
        }
        let is_free = |target| free_from.get(&target).is_none_or(|free| *free <= now);
        if let Some(index) = cards.iter().position(|(target, _)| is_free(*target)) {
            let (target, kind) = cards.remove(index);
            let ends_ms = now + random.random_range(kind.lasts_ms());
            free_from.insert(target, ends_ms + random.random_range(RECOVERY_MS));
            if ends_ms < span_ms {
                faults.push(Fault { target, kind, begins_ms: now, ends_ms });
            }
        }
        now += random.random_range(BETWEEN_MS);
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_faults_and_none_falls_on_another() {
        for seed in 0..20 {
            let faults = plan(seed, 120_000);
            assert_eq!(faults, plan(seed, 120_000));
            assert_ne!(faults, plan(seed + 1, 120_000));
            for (n, fault) in faults.iter().enumerate() {
                assert!(fault.begins_ms <= fault.ends_ms && fault.ends_ms < 120_000);
                let later = faults[n + 1..].iter().find(|later| later.target == fault.target);
                assert!(later.is_none_or(|later| later.begins_ms > fault.ends_ms), "{later:?}");
            }
        }
    }

    #[test]
    fn every_blow_comes_up() {
        let faults = plan(1, 60_000);
        for card in deck() {
            assert!(faults.iter().any(|f| (f.target, f.kind) == card), "{card:?}");
        }
    }
}
