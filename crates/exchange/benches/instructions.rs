//! The instructions that the steps of the exchange take, counted by valgrind: the same on a busy
//! machine as on an idle one, so it shows changes that no clock would.
//!
//! `cargo bench -p exchange --bench instructions`; valgrind has to be installed.

#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![allow(clippy::cast_precision_loss, reason = "counts are shown, not computed with")]

#[allow(dead_code, reason = "other benchmarks need the rest of it")]
mod floor;
#[allow(dead_code, reason = "other benchmarks need the rest of it")]
use floor::{Floor, crash, entry, quiet_tick, quiet_tick_of_many, rising_tick};
use messages::RequestEntry;
use std::process::Command;
use testkit::report::Limit::AtMost;
use testkit::report::Report;

const POSITIONS: u64 = 10_000;

/// The number of steps of each kind, large enough that one-time work does not count.
const STEPS: u64 = 2_000;

/// The limits per step, above the last reviewed figures by 3 %, those of ticks by more. A change that
/// needs more must be worth it.
const LIMITS: [(&str, f64); 7] = [
    ("quiet tick", 330.0),
    ("quiet tick, 500 listed", 330.0),
    ("quiet tick, 10000 orders rest", 340.0),
    ("tick that moves 10000 trailing stops", 600.0),
    ("rest and cancel", 6_910.0),
    ("place and close it", 6_880.0),
    ("close by a tick", 2_860.0),
];

/// Set for the process that valgrind runs.
const COUNTED: &str = "VELOX_COUNTED_STEP";

#[expect(clippy::disallowed_methods, reason = "a process tells the one that it starts")]
fn main() {
    match std::env::var(COUNTED) {
        Ok(step) => run(&step),
        Err(_) => count_all(),
    }
}

fn count_all() {
    if Command::new("valgrind").arg("--version").output().is_err() {
        println!("\ninstructions are not counted: valgrind is not installed");
        return;
    }
    let report = Report::start("instructions a step, with 10000 positions open");
    for (step, limit) in LIMITS {
        if report.wants(step) {
            let per_step = count(step) as f64 / STEPS as f64;
            report.row(step, per_step, "", &AtMost(limit));
        }
    }
}

/// Counts the instructions within `measured` of a process that runs the given steps.
fn count(step: &str) -> u64 {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg("--toggle-collect=*instructions::measured*")
        .arg(std::env::current_exe().unwrap())
        .env(COUNTED, step)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    let collected = text.lines().find_map(|line| line.split("Collected : ").nth(1));
    let count = collected.and_then(|count| count.trim().parse().ok());
    count.filter(|_| output.status.success()).unwrap_or_else(|| panic!("valgrind said: {text}"))
}

fn run(step: &str) {
    let mut floor =
        Floor::with_positions(if step == "close by a tick" { STEPS } else { POSITIONS });
    let entries: Vec<_> = match step {
        "quiet tick" => (0..STEPS).map(quiet_tick).map(entry).collect(),
        "quiet tick, 500 listed" => {
            floor.list_many();
            (0..STEPS).map(quiet_tick_of_many).map(entry).collect()
        }
        "quiet tick, 10000 orders rest" => {
            floor.rest_orders(POSITIONS);
            (0..STEPS).map(quiet_tick).map(entry).collect()
        }
        "tick that moves 10000 trailing stops" => {
            floor.trail(POSITIONS);
            (POSITIONS..POSITIONS + STEPS).map(rising_tick).map(entry).collect()
        }
        "rest and cancel" => {
            floor.rest_orders(POSITIONS);
            (POSITIONS..POSITIONS + STEPS)
                .flat_map(|n| [floor.crowd.rest(n), floor.crowd.cancel(n)])
                .map(entry)
                .collect()
        }
        "place and close it" => (POSITIONS..POSITIONS + STEPS)
            .flat_map(|n| [floor.crowd.place(n), floor.crowd.close(n)])
            .map(entry)
            .collect(),
        _ => vec![entry(crash())],
    };
    measured(&mut floor, &entries);
}

#[inline(never)]
fn measured(floor: &mut Floor, entries: &[RequestEntry]) {
    floor.apply_all(entries);
}
