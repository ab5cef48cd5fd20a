//! What holds for all histories.

use performance::{Change, DAY_MS, History, POINTS, Performance};
use price::{Rate, Usd};
use proptest::prelude::*;

fn change() -> impl Strategy<Value = Change> {
    let amount = || (0..10_i128.pow(15)).prop_map(Usd::from_scaled);
    prop_oneof![
        8 => amount().prop_map(Change::Equity),
        1 => amount().prop_map(Change::Flow),
        1 => (amount(), amount()).prop_map(|(previous, balance)| Change::Reset { previous, balance }),
    ]
}

fn changes() -> impl Strategy<Value = Vec<(u64, Change)>> {
    prop::collection::vec((0..30 * DAY_MS, change()), 0..80).prop_map(|mut changes| {
        changes.sort_by_key(|(time_ms, _)| *time_ms);
        changes
    })
}

fn play(before: Option<Usd>, changes: &[(u64, Change)]) -> Performance {
    play_with(History::new(0, 30 * DAY_MS, before), changes)
}

fn play_with(mut history: History, changes: &[(u64, Change)]) -> Performance {
    for (time_ms, change) in changes {
        history.apply(*time_ms, *change).unwrap();
    }
    history.finish().unwrap()
}

proptest! {
    #[test]
    fn the_days_add_up_to_the_period(changes in changes(), before in prop::option::of(1_i64..1 << 50)) {
        let found = play(before.map(Usd::from), &changes);
        let sum: i128 = found.days.iter().map(|day| day.pnl.scaled()).sum();
        prop_assert_eq!(sum, found.pnl.scaled());
        let earned = found.equity.scaled() - found.net_flows.scaled();
        prop_assert_eq!(earned, found.pnl.scaled() + i128::from(before.unwrap_or(0)));
        prop_assert!(found.points.len() as u64 <= POINTS);
        let deepest = found.points.iter().map(|point| point.drawdown).max();
        prop_assert!(deepest.is_none_or(|deepest| deepest <= found.max_drawdown));
        prop_assert!(found.max_drawdown >= Rate::ZERO && found.max_drawdown.scaled() <= 100_000_000);
    }

    #[test]
    fn weeks_and_months_add_up_to_the_period(changes in changes(), before in prop::option::of(1_i64..1 << 50)) {
        let found = play(before.map(Usd::from), &changes);
        for spans in [&found.weeks, &found.months] {
            let sum: i128 = spans.iter().map(|span| span.pnl.scaled()).sum();
            prop_assert_eq!(sum, found.pnl.scaled());
            prop_assert!(spans.is_sorted_by(|one, next| one.start_ms < next.start_ms));
        }
        let mondays = found.weeks.iter().all(|week| week.start_ms == 0 || week.start_ms / DAY_MS % 7 == 4);
        prop_assert!(mondays);
        for day in &found.days {
            prop_assert!(found.best_day().is_some_and(|best| best.pnl >= day.pnl));
            prop_assert!(found.worst_day().is_some_and(|worst| worst.pnl <= day.pnl));
        }
    }

    #[test]
    fn a_curve_of_fewer_points_has_some_of_the_others(changes in changes(), points in 0_u64..70) {
        let all = play(None, &changes);
        let few = play_with(History::new(0, 30 * DAY_MS, None).with_points(points), &changes);
        prop_assert!(few.points.len() as u64 <= points.max(1));
        prop_assert_eq!(few.points.last(), all.points.last());
        prop_assert_eq!(few.days, all.days);
    }

    #[test]
    fn rows_that_are_missing_change_no_return(changes in changes(), kept in any::<u64>()) {
        let all = play(Some(Usd::from(1 << 40)), &changes);
        // Worths between two others of a stretch without flows, as thinning deletes them.
        let mut fewer = Vec::new();
        for (n, (time_ms, change)) in changes.iter().enumerate() {
            let is_last = changes.get(n + 1).is_none_or(|(_, next)| !matches!(next, Change::Equity(_)));
            if is_last || !matches!(change, Change::Equity(_)) || kept >> (n % 64) & 1 == 1 {
                fewer.push((*time_ms, *change));
            }
        }
        let thinned = play(Some(Usd::from(1 << 40)), &fewer);
        prop_assert_eq!(all.total_return, thinned.total_return);
        prop_assert_eq!(all.pnl, thinned.pnl);
        prop_assert!(thinned.max_drawdown <= all.max_drawdown);
    }
}
