//! The engine's process.

use anyhow::Context as _;
use clap::Parser as _;
use engine::config::Config;
use mimalloc::MiMalloc;
use service::Health;
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::time::Duration;
use tokio::time::timeout;

/// The time the process waits for its key in Redis to be removed. After that, the key expires.
const DEREGISTER_MAX: Duration = Duration::from_secs(2);

/// The events of a tick that closes a million positions take hundreds of megabytes for a moment. With
/// [`PURGE_DELAY`], this allocator gives them back to the system; the C library's keeps most of them.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// The time after which the allocator gives a freed page back (ms): at once, because later it needs the
/// requests of another burst to come to it. An order takes no measurable time more.
const PURGE_DELAY: (&str, &str) = ("MIMALLOC_PURGE_DELAY", "0");

fn main() -> anyhow::Result<()> {
    let config = Config::parse();
    set_purge_delay();
    run(&config)
}

/// Starts the program again in the same process with [`PURGE_DELAY`], which the allocator reads before
/// `main`. If that fails, the engine needs more memory after a burst, and is otherwise the same.
fn set_purge_delay() {
    let (name, value) = PURGE_DELAY;
    if std::env::var_os(name).is_none()
        && let Ok(program) = std::env::current_exe()
    {
        let _ = Command::new(program).args(std::env::args_os().skip(1)).env(name, value).exec();
    }
}

#[tokio::main]
async fn run(config: &Config) -> anyhow::Result<()> {
    service::init_tracing();
    let shutdown = service::shutdown_signal();
    let health = Health::new();
    let metrics = service::serve_metrics(&config.metrics, health.clone(), shutdown.clone()).await?;

    let redis = config.redis.open().context("REDIS_URL")?;
    let announced =
        streams::announce(&redis, streams::process!(metrics), health.watch(), &shutdown);
    let pool = config.database.pool();
    let ended = engine::run(config, redis, pool, health, shutdown.clone()).await;
    // An engine that refuses to trade must not be listed as running, for example by `velox adopt`.
    shutdown.cancel();
    let _ = timeout(DEREGISTER_MAX, announced).await;
    ended.context("the engine has stopped")
}
