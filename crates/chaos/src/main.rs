//! `cargo xtask chaos`.

use chaos::run::{Wish, run};
use clap::Parser;
use std::path::PathBuf;
use std::process::ExitCode;

/// Runs Velox while everything that can fail does, and audits what is left.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// How long faults and load last (s).
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// The same seed gives the same faults, the same prices, and the same wishes of the clients.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many clients trade at once.
    #[arg(long, default_value_t = 24)]
    clients: u64,
    /// Where the journal and the services' logs go; a new folder unless set.
    #[arg(long)]
    folder: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Arguments { seconds, seed, clients, folder } = Arguments::parse();
    let folder = folder.unwrap_or_else(|| {
        std::env::temp_dir().join(format!("velox-chaos-{seed}-{}", std::process::id()))
    });
    match run(&Wish { seconds, seed, clients, folder }).await {
        Ok(report) => {
            println!("{report}");
            if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("there is no verdict: {error:#}");
            ExitCode::FAILURE
        }
    }
}
