//! `cargo xtask test`: the steps in order, each with its duration.

use crate::settings::workspace_root;
use crate::{bots, browser, deny, examples, install, schemathesis, sqlx_data, web};
use anyhow::{Context as _, Result, bail};
use std::process::Command;
use std::time::Instant;

/// Runs every check that a change must pass.
pub fn test() -> Result<()> {
    install::ensure(true, true)?;
    // Needed last, but a missing program is reported first.
    install::ensure_chromium()?;
    install::ensure_caddy()?;
    install::ensure_promtool()?;
    install::ensure_pgbouncer()?;
    cargo(&["fmt", "--all", "--check"])?;
    let clippy = ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
    step("clippy, and the SQL data is current", || sqlx_data::check(&clippy))?;
    deny::check()?;
    step("TimescaleDB for tests", || {
        let folder = workspace_root()?.join("tools/testkit/timescaledb");
        web::npm(&folder, &["ci", "--no-audit", "--no-fund"])
    })?;
    step("the web UI", web::check)?;
    build_services()?;
    cargo(&["test", "--workspace", "--locked"])?;
    step("three shards on a cluster", three_shards)?;
    schemathesis::run()?;
    examples::run()?;
    bots::run(&[])?;
    browser::run()?;
    println!("all steps passed");
    Ok(())
}

/// Runs tests of the whole stack once more, with three shards on a Redis Cluster of three servers.
fn three_shards() -> Result<()> {
    let chosen = [
        "closures::closures_while",
        "leaderboard::",
        "liquidation::",
        "new_market::",
        "outages::a_request",
        "outages::trading",
    ];
    let test = ["test", "--locked", "--package", "testkit", "--test", "end_to_end", "--"];
    let mut command = cargo_command(&[&test[..], &chosen].concat())?;
    let status =
        command.env("VELOX_TEST_SHARDS", "3").status().context("cargo can't be started")?;
    if status.success() { Ok(()) } else { bail!("a test failed with three shards") }
}

/// Runs the simulation, with many seeds or a given one.
pub fn simulate(seeds: u64, seed: Option<u64>) -> Result<()> {
    let (name, number) = seed.map_or(("--seeds", seeds), |seed| ("--seed", seed));
    simulation("simulation", &[name, &number.to_string()])
}

/// Trades for a simulated week.
pub fn week(seed: u64, step: u64) -> Result<()> {
    simulation("week", &["--seed", &seed.to_string(), "--step", &step.to_string()])
}

fn simulation(program: &str, arguments: &[&str]) -> Result<()> {
    let run = ["run", "--quiet", "--release", "--locked", "--package", "simulation", "--bin"];
    cargo(&[&run[..], &[program, "--"], arguments].concat())
}

/// Builds the services together with the tests.
pub fn build_services() -> Result<()> {
    cargo(&devstack::cargo::BUILD_SERVICES)
}

/// Runs a cargo command as a step.
pub fn cargo(arguments: &[&str]) -> Result<()> {
    step(&format!("cargo {}", arguments.join(" ")), || {
        let status = cargo_command(arguments)?.status().context("cargo can't be started")?;
        if !status.success() {
            bail!("`cargo {}` failed", arguments.join(" "));
        }
        Ok(())
    })
}

/// A cargo command to be started. SQL is checked against the committed data, even if the
/// environment names a database.
pub fn cargo_command(arguments: &[&str]) -> Result<Command> {
    let mut command = devstack::cargo::command();
    command.args(arguments).current_dir(workspace_root()?).env("SQLX_OFFLINE", "true");
    Ok(command)
}

/// Runs a step and prints its name and duration.
pub fn step(name: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
    println!("== {name}");
    let started = Instant::now();
    work()?;
    println!("== {name}: ok, {:.0?}\n", started.elapsed());
    Ok(())
}
