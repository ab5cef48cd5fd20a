//! Tests of limits in fixed windows.

use crate::desk::{Desk, eventually};
use std::time::Duration;
use streams::{Quota, Redis, Spending, Spent};

fn quota(text: &str) -> Quota {
    text.parse().unwrap()
}

/// A window of a day: no test lasts until its end, but for one that runs over midnight.
async fn spend(redis: &Redis, amount: u32) -> Spent {
    redis.spend("w", amount, quota("10/86400s")).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_goes_on_is_banned_and_each_time_for_longer() {
    let desk = Desk::open();
    let redis = &desk.redis;
    for used in [4, 8] {
        assert_eq!(spend(redis, 4).await, Spent { used, outcome: Spending::Admitted });
    }
    assert_eq!(spend(redis, 0).await, Spent { used: 8, outcome: Spending::Admitted });
    let refused = spend(redis, 4).await;
    assert_eq!(refused.used, 12);
    assert!(
        matches!(refused.outcome, Spending::Refused(after) if after <= Duration::from_hours(24)),
        "{refused:?}"
    );
    assert!(matches!(spend(redis, 8).await.outcome, Spending::Refused(_)), "twice the limit");
    for minutes in [2, 4, 8] {
        let Spending::Banned(first) = spend(redis, 1).await.outcome else { panic!("not banned") };
        assert_eq!(first, Duration::from_mins(minutes));
        let again = spend(redis, 0).await;
        // Nothing is counted meanwhile.
        assert_eq!(again.used, spend(redis, 5).await.used);
        assert!(matches!(again.outcome, Spending::Banned(left) if left <= first), "{again:?}");
        redis.set_expiring("w:ban", "over", Duration::from_millis(1)).await.unwrap();
        eventually(async || redis.get("w:ban").await.unwrap().is_none()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_ends() {
    let desk = Desk::open();
    let spend = async || desk.redis.spend("w", 1, quota("1/1s")).await.unwrap();
    eventually(async || spend().await.outcome == Spending::Admitted).await;
    eventually(async || matches!(spend().await.outcome, Spending::Refused(_))).await;
    eventually(async || desk.redis.get("w").await.unwrap().is_none()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_windows_have_room_or_nothing_is_spent() {
    let desk = Desk::open();
    let spend = async |key, amount, short, long| {
        let limits = [quota(short), quota(long)];
        desk.redis.spend_in_both(key, amount, limits).await.unwrap()
    };
    assert_eq!(spend("a", 3, "5/86400s", "8/43200s").await.used, [3, 3]);
    let full = spend("a", 3, "5/86400s", "8/43200s").await;
    assert_eq!((full.used, full.refused.map(|(index, _)| index)), ([3, 3], Some(0)));
    assert_eq!(spend("a", 5, "9/86400s", "8/43200s").await.used, [8, 8]);
    let full = spend("a", 1, "9/86400s", "8/43200s").await;
    assert_eq!((full.used, full.refused.map(|(index, _)| index)), ([8, 8], Some(1)));
    let (_, after) = full.refused.unwrap();
    assert!(after > Duration::ZERO && after <= Duration::from_hours(12), "{after:?}");
}
