//! `cargo xtask simulate`: runs seeds until one fails, and shows the shortest run that does.

use clap::Parser;
use simulation::{Plan, Sabotage, run, shrink};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

#[derive(Parser)]
#[command(name = "cargo xtask simulate")]
struct Arguments {
    /// The number of runs
    #[arg(long, default_value_t = 5_000)]
    seeds: u64,
    /// Run only this seed
    #[arg(long)]
    seed: Option<u64>,
    /// Break something, to prove that the checks notice
    #[arg(long)]
    sabotage: Option<Sabotage>,
}

fn main() -> ExitCode {
    let Arguments { seeds, seed, sabotage } = Arguments::parse();
    let (first, seeds) = seed.map_or((0, seeds), |seed| (seed, 1));
    // A failed assertion is a finding, and is reported with the run that led to it.
    std::panic::set_hook(Box::new(|_| {}));
    let started = Instant::now();
    let next = AtomicU64::new(first);
    let failed = AtomicU64::new(u64::MAX);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + seeds || seed > failed.load(Ordering::Relaxed) {
                        return;
                    }
                    if run(&Plan::draw(seed), sabotage).is_err() {
                        failed.fetch_min(seed, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner();
    if failed == u64::MAX {
        let took = started.elapsed();
        let rate = u128::from(seeds) * 60_000 / took.as_millis().max(1);
        println!("{seeds} runs in {took:.1?} ({rate} a minute): all passed");
        return ExitCode::SUCCESS;
    }
    let plan = Plan::draw(failed);
    let failure = run(&plan, sabotage).expect_err("a run is the same every time");
    println!("seed {failed} fails: {failure}");
    let (shortest, failure) = shrink(&plan, failure, sabotage);
    println!("the shortest run that fails: {failure}\n\n{shortest}");
    ExitCode::FAILURE
}
