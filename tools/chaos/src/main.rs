//! The program behind `cargo xtask chaos`.

use chaos::list::List;
use chaos::run::{Wish, run};
use clap::Parser;
use std::path::PathBuf;
use std::process::ExitCode;

/// Injects faults into a running Velox stack and audits the result
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The duration of faults and load (s)
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// The seed of faults, prices and client behaviour
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The number of concurrent clients
    #[arg(long, default_value_t = 24)]
    clients: u64,
    /// The number of shards that the accounts are spread over
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64))]
    shards: u16,
    /// The file that lists the instruments; unless set, even seeds play `markets.toml` and odd ones
    /// `markets.binance.toml`
    #[arg(long, value_name = "FILE")]
    markets: Option<PathBuf>,
    /// The folder for the journal and the services' logs; a new one unless set
    #[arg(long)]
    folder: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Arguments { seconds, seed, clients, shards, markets, folder } = Arguments::parse();
    let folder = folder.unwrap_or_else(|| {
        std::env::temp_dir().join(format!("velox-chaos-{seed}-{}", std::process::id()))
    });
    let list = markets.map_or_else(|| Ok(List::shipped(seed % 2 == 1)), |file| List::read(&file));
    let list = match list {
        Ok(list) => list,
        Err(error) => {
            eprintln!("error: {error:#}");
            return ExitCode::FAILURE;
        }
    };
    match run(&Wish { seconds, seed, clients, shards, list, folder }).await {
        Ok(report) => {
            println!("{report}");
            if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("the run could not be audited: {error:#}");
            ExitCode::FAILURE
        }
    }
}
