use crate::desk::{Desk, id, ids};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::collections::BTreeSet;
use std::time::Duration;
use streams::{Group, GroupConfig, Retention};

/// One action of a group's member.
#[derive(Clone, Debug)]
enum Step {
    /// Reads this many entries.
    Read(usize),
    /// Acknowledges the n-th pending entry.
    Acknowledge(usize),
    /// Trims the entries that all groups have acknowledged.
    Trim,
}

/// A simple model of a group.
#[derive(Default)]
struct Model {
    read_to: u64,
    pending: BTreeSet<u64>,
}

impl Model {
    fn needs(&self, seq: u64) -> bool {
        seq > self.read_to || self.pending.contains(&seq)
    }
}

const ENTRIES: u64 = 12;

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (1_usize..6).prop_map(Step::Read),
        (0_usize..6).prop_map(Step::Acknowledge),
        Just(Step::Trim),
    ]
}

async fn run(desk: &Desk, groups: usize, steps: Vec<(usize, Step)>) {
    desk.command(&["FLUSHALL"]);
    let mut members = Vec::new();
    for number in 0..groups {
        let (group, consumer) = (format!("g{number}"), "one".to_owned());
        let config =
            GroupConfig { confirmed: false, group, consumer, claim_idle: Duration::from_hours(1) };
        let group = Group::join(&desk.redis, "s", config).await.unwrap();
        members.push((group, Model::default()));
    }
    desk.fill("s", ENTRIES).await;
    for (which, step) in steps.into_iter().chain([(0, Step::Trim)]) {
        match (step, members.get_mut(which % groups.max(1))) {
            (Step::Read(count), Some((group, model))) => {
                for delivery in group.next(count, Duration::ZERO).await.unwrap() {
                    model.read_to = model.read_to.max(delivery.entry.id.seq);
                    model.pending.insert(delivery.entry.id.seq);
                }
            }
            (Step::Acknowledge(nth), Some((group, model))) => {
                if let Some(seq) = model.pending.iter().copied().nth(nth) {
                    group.acknowledge(&[id(seq)]).await.unwrap();
                    model.pending.remove(&seq);
                }
            }
            (Step::Trim, _) => {
                let models: Vec<&Model> = members.iter().map(|(_, model)| model).collect();
                trim_and_check(desk, &models).await;
            }
            (_, None) => {}
        }
    }
}

async fn trim_and_check(desk: &Desk, models: &[&Model]) {
    desk.redis.trim_acknowledged("s").await.unwrap();
    let left = desk.ids("s").await;
    let oldest_needed = (1..=ENTRIES).find(|seq| models.iter().any(|model| model.needs(*seq)));
    let oldest_needed = if models.is_empty() { 1 } else { oldest_needed.unwrap_or(ENTRIES + 1) };
    assert_eq!(left, ids(oldest_needed..=ENTRIES));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_trimmed_is_exactly_what_every_group_is_past() {
    let desk = Desk::open();
    let handle = tokio::runtime::Handle::current();
    let histories = (0_usize..4, prop::collection::vec((0_usize..4, step()), 0..30));
    tokio::task::block_in_place(|| {
        TestRunner::new(Config { cases: 100, failure_persistence: None, ..Config::default() })
            .run(&histories, |(groups, steps)| {
                handle.block_on(run(&desk, groups, steps));
                Ok(())
            })
            .unwrap();
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_without_readers_keeps_everything() {
    let desk = Desk::open();
    assert_eq!(desk.redis.trim_acknowledged("s").await.unwrap(), 0);
    desk.fill("s", 3).await;
    assert_eq!(desk.redis.trim_acknowledged("s").await.unwrap(), 0);
    desk.command(&["XGROUP", "CREATE", "s", "new", "0"]);
    assert_eq!(desk.redis.trim_acknowledged("s").await.unwrap(), 0);
    assert_eq!(desk.ids("s").await, ids(1..=3));
}

fn now_ms() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    u64::try_from(now.as_millis()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_young_stays_for_other_readers() {
    let desk = Desk::open();
    let minute_ago = now_ms() - 60_000;
    for age_ms in [500_000, 90_000, 60_000, 0] {
        let entry = format!("{}-1", minute_ago + 60_000 - age_ms);
        desk.command(&["XADD", "s", &entry, "a", "b"]);
    }
    let config = GroupConfig {
        confirmed: false,
        group: "g".to_owned(),
        consumer: "one".to_owned(),
        claim_idle: Duration::from_hours(1),
    };
    let mut group = Group::join(&desk.redis, "s", config).await.unwrap();
    let read = group.next(3, Duration::ZERO).await.unwrap();
    let ids: Vec<_> = read.iter().map(|delivery| delivery.entry.id).collect();
    group.acknowledge(&ids[1..]).await.unwrap();
    let retention = |age_s, entries| Retention { age: Duration::from_secs(age_s), entries };
    // The oldest is not acknowledged.
    assert_eq!(desk.redis.keep_recent("s", retention(1, 1)).await, Some(2));
    assert_eq!(desk.ids("s").await.len(), 4);
    group.acknowledge(&ids).await.unwrap();
    assert_eq!(desk.redis.keep_recent("s", retention(400, 10)).await, Some(1));
    assert_eq!(desk.ids("s").await.len(), 3);
    // More than may be kept: the age is halved until the rest fits.
    assert_eq!(desk.redis.keep_recent("s", retention(400, 1)).await, Some(1));
    assert_eq!(desk.ids("s").await.len(), 1);
    let last = group.next(3, Duration::ZERO).await.unwrap();
    group.acknowledge(&[last[0].entry.id]).await.unwrap();
    assert_eq!(desk.redis.keep_recent("s", retention(400, 1)).await, Some(0));
    assert_eq!(desk.ids("s").await.len(), 1);
}
