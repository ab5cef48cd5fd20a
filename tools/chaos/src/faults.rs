//! The plan of faults, drawn from a seed so that a run can be repeated.

use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use testkit::stack::Service;

/// The process that a fault hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// One of the services.
    Service(Service),
    /// Redis.
    Redis,
    /// PostgreSQL.
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

/// The kind of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultKind {
    /// `kill -9`, and a restart after a while.
    Kill,
    /// SIGSTOP, and SIGCONT after a while.
    Pause,
    /// SIGSTOP, then `kill -9` and a restart after a while: it finishes nothing.
    Hang,
    /// `kill -9`, and a restart with a full standard output that nothing reads.
    FullOutput,
    /// Clients that send many requests and never read an answer.
    SlowClients,
}

impl FaultKind {
    /// All kinds, in the order of the table.
    pub const ALL: [Self; 5] =
        [Self::Kill, Self::Pause, Self::Hang, Self::FullOutput, Self::SlowClients];

    /// The range of durations (ms): most are shorter than the timeouts of clients and services,
    /// some are not.
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

/// A fault with its times, in ms since the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The target.
    pub target: Target,
    /// The kind.
    pub kind: FaultKind,
    /// The start.
    pub begins_ms: u64,
    /// The end.
    pub ends_ms: u64,
}

/// The time before the first fault, and the interval between two faults.
const QUIET_MS: u64 = 1_500;
const BETWEEN_MS: Range<u64> = 200..1_300;

/// The time for which a target is left alone after a fault, so that it can make progress.
const RECOVERY_MS: Range<u64> = 500..2_500;

/// The deck from which faults are drawn without replacement. The number of cards of a kind sets how
/// often it occurs.
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
    // The processes that orders depend on are hit more often.
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

/// All faults of a run in the order of their start. Each ends within the span.
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
