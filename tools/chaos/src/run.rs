//! One run, from an empty database to the report.

use crate::archive::{Archive, keep_everything};
use crate::audit::{Appended, History, audit};
use crate::client::{Caller, Session};
use crate::fault_injector::FaultInjector;
use crate::faults::plan;
use crate::journal::Journal;
use crate::list::List;
use crate::market;
use crate::program::Program;
use crate::report::Report;
use crate::trader::{Floor, Trader};
use anyhow::{Context as _, Result, bail};
use devstack::servers::RedisServer;
use futures_util::future::join;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use testkit::binance::BinanceServer;
use testkit::binance_rest::BinanceRest;
use testkit::stack::{Service, Stack};
use tokio::task::{JoinHandle, JoinSet, block_in_place};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

/// The time that unclear requests, and then the workers, may take at the end.
const PATIENCE: Duration = Duration::from_mins(5);

/// The interval between changes of the list of instruments.
const RELISTING_INTERVAL: Duration = Duration::from_secs(3);

/// The number of programs that write to Redis themselves.
const PROGRAMS: u64 = 2;

/// The polling interval.
const POLL: Duration = Duration::from_millis(200);

/// Settings that cause as much as possible to happen: little money and high leverage, frequent
/// snapshots that are all kept, so that `request:stream` is never trimmed, and workers that take
/// over soon and work in small batches.
const SETTINGS: [(&str, &str); 12] = [
    ("PRICE_FEED", "binance"),
    ("SPREAD_BPS", "10"),
    ("SIGNUP_DEPOSIT", "5000"),
    ("SNAPSHOT_INTERVAL_MS", "1000"),
    ("SNAPSHOTS_KEPT", "10000"),
    ("DB_WORKER_BATCH_LEN", "20"),
    ("DB_WORKER_CLAIM_IDLE_MS", "1000"),
    ("UPLOADER_BATCH_WAIT_MS", "500"),
    ("UPLOADER_CLAIM_IDLE_MS", "2000"),
    ("MAILER_SEND_TIMEOUT_MS", "1000"),
    // The clients' addresses are drawn.
    ("TRUSTED_PROXIES", "127.0.0.1"),
    ("RUST_LOG", "info"),
];

/// The parameters of a run.
#[derive(Clone, Debug)]
pub struct Wish {
    /// The duration of faults and load; the end of the run comes on top.
    pub seconds: u64,
    /// The seed of faults, prices and client behaviour.
    pub seed: u64,
    /// The number of concurrent clients.
    pub clients: u64,
    /// The number of shards, on one Redis.
    pub shards: u16,
    /// The list of instruments.
    pub list: List,
    /// The folder for journal and logs.
    pub folder: PathBuf,
}

/// Runs the stack, the load, the faults and the audit.
///
/// # Errors
/// When the run can't be audited: something did not start, or did not end.
pub async fn run(wish: &Wish) -> Result<Report> {
    fs::create_dir_all(&wish.folder).context("the folder can't be created")?;
    let list = wish.folder.join("markets.toml");
    fs::write(&list, wish.list.changed(0)).context("the list of instruments can't be written")?;
    let mut stack = prepare(wish.shards).await?;
    stack.set("MARKETS_FILE", &list.display().to_string());
    let floor = Arc::new(Floor::new(&wish.list));
    let (market_end, give_up) = (CancellationToken::new(), CancellationToken::new());
    let relisting = tokio::spawn(relist(wish.list.clone(), list, market_end.clone()));
    let (market, stack) = open_market(stack, wish.seed, &floor, &market_end).await;
    let mut fault_injector = FaultInjector::start(stack, &wish.folder).await?;
    let journal = Arc::new(Journal::create(&wish.folder.join("journal.jsonl"))?);
    let mut traders = JoinSet::new();
    let caller =
        Caller::new(&fault_injector.stack.api_url(), Arc::clone(&journal), give_up.clone());
    for number in 1..=wish.clients {
        traders.spawn(Trader::trade(caller.clone(), Arc::clone(&floor), number, wish.seed));
    }
    let appended = Arc::new(Mutex::new(Vec::new()));
    let redis = (fault_injector.stack.redis.url(), fault_injector.stack.shards());
    start_programs(&mut traders, wish.seed, &redis, &floor, &give_up, &appended);

    eprintln!("the stack is up; {} clients trade while faults are injected", wish.clients);
    fault_injector.carry_out(&plan(wish.seed, wish.seconds * 1_000)).await?;
    wait_for_orders(&journal, wish).await;
    floor.closing.cancel();
    eprintln!("faults have ended; waiting until every client has its answers");
    fault_injector.bring_everything_up().await?;
    finish(&mut traders, &give_up).await;
    market_end.cancel();
    market.await.context("the market panicked")?;
    relisting.await.context("changing the list of instruments panicked")?;
    block_in_place(|| fault_injector.stack.stop(Service::PricePoller));
    eprintln!("prices have ended; waiting until everything is stored");
    let mut archive = Archive::open(&fault_injector.stack).await?;
    let backlog = catch_up(&mut archive).await?;
    let users = floor.users.lock().expect("the lock is not poisoned").clone();
    let mut history = archive.read(&distinct(users)).await?;
    history.journal = journal.attempts();
    history.appended.clone_from(&appended.lock().expect("the lock is not poisoned"));
    eprintln!(
        "auditing {} requests and {} attempts",
        history.requests().count(),
        history.journal.len()
    );
    let findings = audit(&history);
    let report = Report::new(wish, &fault_injector, &history, findings, backlog);
    if !report.is_clean() {
        keep(&history, &wish.folder)?;
    }
    Ok(report)
}

fn start_programs(
    traders: &mut JoinSet<()>,
    seed: u64,
    redis: &(String, usize),
    floor: &Arc<Floor>,
    give_up: &CancellationToken,
    appended: &Arc<Mutex<Vec<Appended>>>,
) {
    for number in 0..PROGRAMS {
        let (floor, appended) = (Arc::clone(floor), Arc::clone(appended));
        let (redis, give_up) = (redis.clone(), give_up.clone());
        let seed = seed ^ number.rotate_left(16);
        traders.spawn(Program::new(redis, floor, give_up, appended, seed).trade());
    }
}

/// Changes the limits of all instruments again and again, as an operator does who edits the list.
async fn relist(list: List, path: PathBuf, end: CancellationToken) {
    let mut n = 0;
    while end.run_until_cancelled(sleep(RELISTING_INTERVAL)).await.is_some() {
        n += 1;
        // A reader must not see half of the list.
        let new = path.with_extension("new");
        let written = fs::write(&new, list.changed(n)).and_then(|()| fs::rename(new, &path));
        if let Err(error) = written {
            eprintln!("the list of instruments can't be changed: {error}");
        }
    }
}

async fn prepare(shards: u16) -> Result<Stack> {
    let stack = Stack::divided(RedisServer::private_durable()?, shards, &SETTINGS).await;
    keep_everything(&stack.redis.url(), stack.shards()).await?;
    Ok(stack)
}

/// Opens the market before the price poller starts: the poller is ready once it has a price.
async fn open_market(
    mut stack: Stack,
    seed: u64,
    floor: &Arc<Floor>,
    end: &CancellationToken,
) -> (JoinHandle<()>, Stack) {
    let (venue, futures) = (BinanceServer::start().await, BinanceServer::start().await);
    let fundings = BinanceRest::start().await;
    stack.set("BINANCE_URL", &venue.url());
    stack.set("BINANCE_FUTURES_URL", &futures.url());
    stack.set("BINANCE_FUTURES_REST_URL", &fundings.url());
    let (floor, end) = (Arc::clone(floor), end.clone());
    let market = tokio::spawn(async move {
        let trades = market::run(seed, &venue, &floor.prices, &end);
        let marks = market::run_marks(seed, (&futures, &fundings), &floor.prices, &end);
        join(trades, marks).await;
    });
    (market, stack)
}

/// Waits until there are orders to audit: on a slow machine all faults may be over before the first
/// one.
async fn wait_for_orders(journal: &Journal, wish: &Wish) {
    let enough = usize::try_from(wish.clients).unwrap_or(usize::MAX);
    let started = Instant::now();
    while journal.orders() < enough && started.elapsed() < PATIENCE {
        sleep(POLL).await;
    }
}

/// Waits until all clients are done. A request that is unclear after that stays unclear: a slow
/// machine is not a fault of the services.
async fn finish(traders: &mut JoinSet<()>, give_up: &CancellationToken) {
    let everybody = async {
        while let Some(done) = traders.join_next().await {
            done.expect("a trader does not panic");
        }
    };
    if timeout(PATIENCE, everybody).await.is_err() {
        give_up.cancel();
        while let Some(done) = traders.join_next().await {
            done.expect("a trader does not panic");
        }
    }
}

/// Waits until every request is applied and stored; returns the outstanding work, if any.
async fn catch_up(archive: &mut Archive) -> Result<Option<String>> {
    let started = Instant::now();
    loop {
        let backlog = archive.backlog().await?;
        if backlog.is_none() || started.elapsed() > PATIENCE {
            return Ok(backlog);
        }
        sleep(POLL).await;
    }
}

/// Removes duplicates: a user may have signed in twice.
fn distinct(users: Vec<Session>) -> Vec<Session> {
    let by_id: BTreeMap<String, Session> =
        users.into_iter().map(|user| (user.user_id.clone(), user)).collect();
    by_id.into_values().collect()
}

/// Writes the streams beside the journal, to help find the cause of a discrepancy.
fn keep(history: &History, folder: &Path) -> Result<()> {
    for (number, shard) in history.shards.iter().enumerate() {
        for (name, entries) in [("requests", &shard.requests), ("responses", &shard.responses)] {
            let mut text = String::new();
            for entry in entries {
                text.push_str(&serde_json::to_string(entry)?);
                text.push('\n');
            }
            let path = folder.join(format!("{name}-{number}.jsonl"));
            let written = fs::write(&path, text);
            written.with_context(|| format!("{} can't be written", path.display()))?;
        }
        if shard.requests.is_empty() {
            bail!("request:stream of shard {number} is empty");
        }
    }
    Ok(())
}
