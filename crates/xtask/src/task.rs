//! What one can ask for, and who does it.

use crate::{bench, browser, chaos, committed, examples, schemathesis, sqlx_data, steps, up};
use anyhow::Result;
use clap::Subcommand;

#[derive(Subcommand)]
pub enum Task {
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
    /// Writes the page about settings anew
    Settings,
    /// Writes the reference of all metrics anew
    Metrics,
    /// Looks for requests whose answers the API's description does not allow
    Schemathesis,
    /// Does what docs/api.md tells its readers to do, with and without Caddy in front
    Examples,
    /// Does in a browser what a person does with the web UI
    Browser,
}

impl Task {
    /// Does it.
    pub fn run(self) -> Result<()> {
        match self {
            Self::Up { reset } => up::up(reset),
            Self::Test => steps::test(),
            Self::Bench => bench::run(),
            Self::Chaos { seconds, seed } => chaos::run(seconds, seed),
            Self::Simulate { seeds, seed } => steps::simulate(seeds, seed),
            Self::Sqlx => sqlx_data::write(),
            Self::Openapi => committed::write_openapi(),
            Self::Settings => committed::write_settings(),
            Self::Metrics => committed::write_metrics(),
            Self::Schemathesis => schemathesis::run(),
            Self::Examples => examples::run(),
            Self::Browser => browser::run(),
        }
    }
}
