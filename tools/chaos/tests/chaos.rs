//! A short run: every process is killed, paused and blocked, and nothing is lost.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chaos::audit::Subject;
use chaos::list::List;
use chaos::report::Report;
use chaos::run::{Wish, run};

/// Runs the stack with as many shards, and checks what is the same for all numbers of them.
async fn run_with(shards: u16, seconds: u64) -> Report {
    let folder = tempfile::tempdir().unwrap();
    let (list, folder) = (List::shipped(true), folder.path().to_owned());
    let report = run(&Wish { seconds, seed: 7, clients: 6, shards, list, folder }).await.unwrap();
    println!("{report}");
    assert!(report.is_clean(), "{report}");
    let faults: usize = report.faults.values().sum();
    assert!(u64::try_from(faults).unwrap() > seconds * 2 / 3, "{report}");
    report
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_fails_nothing_is_lost_doubled_or_wrong() {
    let report = run_with(1, 30).await;
    assert!(report.checked(Subject::Orders) >= 6, "{report}");
    assert!(report.checked(Subject::Events) >= 12, "{report}");
    assert!(report.checked(Subject::Fundings) > 0, "{report}");
    // Not beside the first run: a machine with few cores has enough to do with one.
    let report = run_with(3, 20).await;
    assert!(report.checked(Subject::Orders) >= 6, "{report}");
    assert!(report.checked(Subject::Snapshots) >= 3, "{report}");
}
