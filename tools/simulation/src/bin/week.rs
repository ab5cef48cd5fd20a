//! `cargo xtask week`: trades for a simulated week and shows the figures.

use clap::Parser;
use simulation::{Sabotage, Week};
use std::process::ExitCode;
use std::time::{Duration, Instant};

#[derive(Parser)]
#[command(name = "cargo xtask week")]
struct Arguments {
    /// The seed of prices, requests and faults
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The number of days
    #[arg(long, default_value_t = 7)]
    days: u64,
    /// The seconds between two quotes, and between two mark prices, of an instrument
    #[arg(long, default_value_t = 1)]
    step: u64,
    /// The requests of traders in this time
    #[arg(long, default_value_t = 1)]
    requests: u32,
    /// Break something, to prove that the checks notice
    #[arg(long)]
    sabotage: Option<Sabotage>,
}

fn main() -> ExitCode {
    let Arguments { seed, days, step, requests, sabotage } = Arguments::parse();
    let week = Week {
        seed,
        span: Duration::from_hours(24 * days),
        step: Duration::from_secs(step),
        requests_a_step: requests,
        sabotage,
    };
    let started = Instant::now();
    match week.run() {
        Ok(report) => {
            println!("{report}\n{days} days, seed {seed}, in {:.1?}", started.elapsed());
            ExitCode::SUCCESS
        }
        Err(failure) => {
            println!("the week with seed {seed} fails: {failure}");
            ExitCode::FAILURE
        }
    }
}
