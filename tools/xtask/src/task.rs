//! The subcommands of `cargo xtask`.

use crate::{bench, bots, browser, chaos, committed, examples, schemathesis, sqlx_data, steps, up};
use anyhow::Result;
use clap::Subcommand;
use std::path::PathBuf;

#[derive(Subcommand)]
pub enum Task {
    /// Builds and starts everything, shows the logs, and stops on Ctrl-C
    Up {
        /// Delete the data of earlier runs first
        #[arg(long)]
        reset: bool,
        /// The file that lists the instruments, such as `markets.binance.toml`; default: the one
        /// that `MARKETS_FILE` names, or else `markets.toml`
        #[arg(long, value_name = "FILE")]
        markets: Option<PathBuf>,
    },
    /// Checks formatting, lints and SQL data, and runs all tests
    Test,
    /// Runs the benchmarks and writes the results to docs/speed.md
    Bench,
    /// Injects faults into a running stack and audits the result
    Chaos {
        /// The duration of faults and load (s)
        #[arg(long, default_value_t = 60)]
        seconds: u64,
        /// The seed of faults, prices and client behaviour
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// The number of shards that the accounts are spread over
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64))]
        shards: u16,
        /// The file that lists the instruments; default: `markets.toml` for even seeds,
        /// `markets.binance.toml` for odd ones
        #[arg(long, value_name = "FILE")]
        markets: Option<PathBuf>,
    },
    /// Simulates the engine under faults, once per seed
    Simulate {
        /// The number of seeds
        #[arg(long, default_value_t = 5_000)]
        seeds: u64,
        /// Run only this seed
        #[arg(long)]
        seed: Option<u64>,
    },
    /// Trades in twenty instruments for a simulated week, with restarts and takeovers of the engine
    Week {
        /// The seed of prices, requests and faults
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// The seconds between two quotes, and between two mark prices, of an instrument
        #[arg(long, default_value_t = 1)]
        step: u64,
    },
    /// Writes the data that checks SQL without a database
    Sqlx,
    /// Writes openapi.json
    Openapi,
    /// Writes docs/settings.md
    Settings,
    /// Writes docs/metrics.md
    Metrics,
    /// Checks the API's answers to generated requests against openapi.json
    Schemathesis,
    /// Runs the examples of docs/api.md and docs/examples, with and without Caddy in front
    Examples,
    /// Runs real clients of Binance Futures, and the programs of docs/bots.md
    Bots {
        /// Run only the programs whose files begin with one of these
        names: Vec<String>,
    },
    /// Tests the web UI in a browser
    Browser,
}

impl Task {
    /// Runs the task.
    pub fn run(self) -> Result<()> {
        match self {
            Self::Up { reset, markets } => up::up(reset, markets.as_deref()),
            Self::Test => steps::test(),
            Self::Bench => bench::run(),
            Self::Chaos { seconds, seed, shards, markets } => {
                chaos::run((seconds, seed), shards, markets.as_deref())
            }
            Self::Simulate { seeds, seed } => steps::simulate(seeds, seed),
            Self::Week { seed, step } => steps::week(seed, step),
            Self::Sqlx => sqlx_data::write(),
            Self::Openapi => committed::write_openapi(),
            Self::Settings => committed::write_settings(),
            Self::Metrics => committed::write_metrics(),
            Self::Schemathesis => schemathesis::run(),
            Self::Examples => examples::run(),
            Self::Bots { names } => bots::run(&names),
            Self::Browser => browser::run(),
        }
    }
}
