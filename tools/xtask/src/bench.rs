//! `cargo xtask bench`: runs the benchmarks and writes their tables into the documentation.

use crate::settings::workspace_root;
use crate::steps::cargo_command;
use anyhow::{Context as _, Result, bail};
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::thread::available_parallelism;

const RESULTS: &str = "docs/speed.md";

const HEAD: &str = "\
# Speed

Written by `cargo xtask bench`. Every figure is from one run on one machine, with its target
beside it. Targets that depend on the machine are measured in the same run.
";

/// The part of the page that hardly depends on the machine.
const TAIL: &str = "
## What limits it

- **Pairs of place and close with a million open**: each pair touches some thirty cache lines that
  are in no cache. With ten positions open the same steps take less than a microsecond.
- **An order over HTTP, one client**: two round trips to Redis and one over HTTP, in sequence; each has
  to wake up another process. The time of a bare round trip is below the figure; the rest is the
  work of four processes.
- **Orders over HTTP, 64 clients**: both cores are busy, mostly with the gateway. `perf` attributes 14 %
  of the gateway's time to the kernel, 13 % to allocations, 13 % to HTTP and routing, 8 % to the
  runtime and 8 % to JSON; no function has more than 5 %. A route that does no work needs no Redis,
  no engine and no token.
";

/// Runs all benchmarks.
pub fn run() -> Result<()> {
    let mut command = cargo_command(&["bench", "--workspace", "--benches", "--locked"])?;
    let mut cargo = command.stdout(Stdio::piped()).spawn().context("cargo can't be started")?;
    let output = cargo.stdout.take().expect("it was just asked for");
    let mut results = format!("{HEAD}\n{}\n", machine());
    let mut is_table = false;
    for line in BufReader::new(output).lines() {
        let line = line?;
        println!("{line}");
        let was_table = std::mem::replace(&mut is_table, line.starts_with("| "));
        let is_rule = line.starts_with("|--");
        if is_table && !was_table {
            results.push('\n');
        }
        if is_table || is_rule {
            is_table = true;
            writeln!(results, "{line}").expect("a text can be added to");
        }
    }
    if !cargo.wait()?.success() {
        bail!("`cargo bench` failed");
    }
    results.push_str(TAIL);
    let path = workspace_root()?.join(RESULTS);
    fs::write(&path, results).with_context(|| path.display().to_string())?;
    println!("written to {RESULTS}");
    Ok(())
}

/// The machine that the benchmarks run on, as far as it can be determined.
fn machine() -> String {
    let cores = available_parallelism().map_or(1, usize::from);
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find(|line| line.starts_with("model name"));
    let model = model.and_then(|line| line.split_once(": ")).map_or("unknown", |(_, model)| model);
    format!("Machine: {cores} cores, {model}, servers and load included.")
}
