//! `cargo xtask`: runs, tests and measures Velox on one machine.

mod bench;
mod bots;
mod browser;
mod chaos;
mod committed;
mod data_dir;
mod deny;
mod examples;
mod install;
mod markets_file;
mod one_origin;
mod operator_shell;
mod ports;
mod private_stack;
mod python;
mod recording;
mod schemathesis;
mod services;
mod settings;
mod sqlx_data;
mod steps;
mod stop;
mod supervisor;
mod task;
mod up;
mod web;

use clap::Parser;
use std::process::ExitCode;
use task::Task;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Runs, tests and measures Velox on this machine")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

fn main() -> ExitCode {
    match Arguments::parse().task.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // One line that names the cause; users who just want it to run need no backtrace.
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
