//! A short run: every process is killed, paused and blocked, and nothing is lost.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chaos::audit::Subject;
use chaos::list::List;
use chaos::run::{Wish, run};

#[tokio::test(flavor = "multi_thread")]
async fn whatever_fails_nothing_is_lost_doubled_or_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let (list, folder) = (List::shipped(true), folder.path().to_owned());
    let wish = Wish { seconds: 30, seed: 7, clients: 6, list, folder };
    let report = run(&wish).await.unwrap();
    println!("{report}");
    assert!(report.is_clean(), "{report}");
    assert!(report.faults.values().sum::<usize>() > 20, "{report}");
    assert!(report.checked(Subject::Orders) >= 6, "{report}");
    assert!(report.checked(Subject::Events) >= 12, "{report}");
    assert!(report.checked(Subject::Fundings) > 0, "{report}");
}
