//! Runs a fixed set of seeds, and proves that the checks can fail.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use simulation::{Plan, Sabotage, run, shrink};
use std::thread;

/// The number of seeds within which every sabotage must be noticed: several times the most that any
/// has needed.
const NOTICED_WITHIN: u64 = 1_500;

#[test]
fn whatever_goes_wrong_every_output_is_there_once_and_no_reply_is_wrong() {
    let threads: Vec<_> = (0..2)
        .map(|first| {
            thread::spawn(move || {
                for seed in (first..300).step_by(2) {
                    let plan = Plan::draw(seed);
                    if let Err(failure) = run(&plan, None) {
                        let (shortest, failure) = shrink(&plan, failure, None);
                        panic!("seed {seed}: {failure}\n{shortest}");
                    }
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}

#[test]
fn an_engine_or_a_world_that_is_broken_is_noticed() {
    for sabotage in Sabotage::ALL {
        let noticed =
            (0..NOTICED_WITHIN).any(|seed| run(&Plan::draw(seed), Some(sabotage)).is_err());
        assert!(noticed, "{sabotage} goes unnoticed");
    }
}

#[test]
fn a_run_is_the_same_every_time_and_a_failure_is_shown_by_few_steps() {
    let sabotage = Some(Sabotage::TrimTooFar);
    let (plan, failure) =
        (0..).map(Plan::draw).find_map(|p| run(&p, sabotage).err().map(|f| (p, f))).unwrap();
    assert_eq!(run(&plan, sabotage).unwrap_err(), failure);
    let (shortest, failure) = shrink(&plan, failure, sabotage);
    assert_eq!(run(&shortest, sabotage).unwrap_err(), failure);
    assert!(shortest.steps.len() < 12, "{shortest}");
}
