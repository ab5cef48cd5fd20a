//! Everything one does with Velox on one machine: `cargo xtask up`, `test`, `bench` and so on.

mod bench;
mod browser;
mod chaos;
mod data_dir;
mod deny;
mod install;
mod openapi;
mod private_stack;
mod recording;
mod schemathesis;
mod services;
mod settings;
mod sqlx_data;
mod steps;
mod stop;
mod supervisor;
mod up;
mod web;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Runs, tests and measures Velox on this machine")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Makes everything run, shows its logs, and stops it all on Ctrl-C
    Up {
        /// Delete the data of earlier runs first
        #[arg(long)]
        reset: bool,
    },
    /// Checks format, lints and SQL data, and runs the whole test suite
    Test,
    /// Runs the benchmarks, and writes their figures into docs/speed.md
    Bench,
    /// Runs everything while it is killed, paused and blocked, and audits what is left
    Chaos {
        /// How long faults and load last (s)
        #[arg(long, default_value_t = 60)]
        seconds: u64,
        /// The same seed gives the same faults and prices
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Runs the engine in a simulated world in which everything fails, seed after seed
    Simulate {
        /// How many runs
        #[arg(long, default_value_t = 5_000)]
        seeds: u64,
        /// Only this one
        #[arg(long)]
        seed: Option<u64>,
    },
    /// Writes the data against which SQL is checked without a database
    Sqlx,
    /// Writes the API's description anew
    Openapi,
    /// Looks for requests whose answers the API's description does not allow
    Schemathesis,
    /// Does in a browser what a person does with the web UI
    Browser,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().task {
        Task::Up { reset } => up::up(reset),
        Task::Test => steps::test(),
        Task::Bench => bench::run(),
        Task::Chaos { seconds, seed } => chaos::run(seconds, seed),
        Task::Simulate { seeds, seed } => steps::simulate(seeds, seed),
        Task::Sqlx => sqlx_data::write(),
        Task::Openapi => openapi::write(),
        Task::Schemathesis => schemathesis::run(),
        Task::Browser => browser::run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // One line that names the cause; a backtrace helps nobody who just wants it to run.
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
