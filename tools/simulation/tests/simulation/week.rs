//! A week of trading ends in one state, whatever happens to the engines.

use crate::KINDS;
use messages::OrderKind;
use simulation::{Sabotage, Week};
use std::time::Duration;

/// A part of a week with quotes and mark prices every minute.
fn coarse(seed: u64, span: Duration) -> Week {
    Week { seed, span, step: Duration::from_mins(1), requests_a_step: 3, sabotage: None }
}

#[test]
fn a_week_ends_in_one_state_after_restarts_takeovers_and_restores() {
    let report = coarse(1, Duration::from_hours(7 * 24)).run().unwrap();
    println!("{report}");
    assert_eq!(report.filled, KINDS.map(OrderKind::as_str).into());
    let [quotes, marks] = ["PRICE_UPDATE", "MARK_PRICE"].map(|kind| report.entries[kind]);
    assert!(quotes >= 20 * 7 * 24 * 60 && marks >= quotes, "{report}");
    let happened = [
        report.fills,
        report.liquidations,
        report.fundings,
        report.faults_within,
        report.leads,
        report.restored,
        report.restarts,
        report.restarts_within,
    ];
    assert!(happened.iter().all(|count| *count > 3), "{report}");
    let kinds = ["RESET_ACCOUNT", "SET_INSTRUMENT", "SETTLE_FUNDING", "ADJUST_BALANCE"];
    assert!(kinds.iter().all(|kind| report.entries[kind] > 10), "{report}");
}

#[test]
fn a_week_of_a_broken_world_fails() {
    for sabotage in [Sabotage::SkipOnRecovery, Sabotage::DrawnIds, Sabotage::TrimTooFar] {
        let day = coarse(2, Duration::from_hours(24));
        let outcome = Week { sabotage: Some(sabotage), ..day }.run();
        assert!(outcome.is_err(), "{sabotage} goes unnoticed");
    }
}
