//! One run, from an empty database to the verdict.

use crate::archive::{Archive, keep_everything};
use crate::audit::{History, audit};
use crate::client::{Caller, Session};
use crate::fault_injector::FaultInjector;
use crate::faults::plan;
use crate::journal::Journal;
use crate::market;
use crate::report::Report;
use crate::trader::{Floor, Trader};
use anyhow::{Context as _, Result, bail};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use testkit::binance::BinanceServer;
use testkit::servers::RedisServer;
use testkit::stack::{Service, Stack};
use tokio::task::{JoinHandle, JoinSet, block_in_place};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

/// How long the answers to what is still unclear, and the workers, may take at the end.
const PATIENCE: Duration = Duration::from_mins(5);

/// How often a condition is looked at that nobody announces.
const POLL: Duration = Duration::from_millis(200);

/// The settings under which most happens: little money and much leverage, snapshots all the time
/// and none of them dropped, so that `request:stream` is never trimmed, and workers that take over
/// soon and in small portions.
const SETTINGS: [(&str, &str); 11] = [
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
    ("RUST_LOG", "info"),
];

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Wish {
    /// How long faults and load last; the end takes as long as it takes.
    pub seconds: u64,
    /// Of the faults, of the prices, and of what clients do.
    pub seed: u64,
    /// How many clients trade at once.
    pub clients: u64,
    /// Where journal and logs go.
    pub folder: PathBuf,
}

/// Runs the stack, the load, the faults and the audit.
///
/// # Errors
/// When there can be no verdict: something did not start, or did not come to an end.
pub async fn run(wish: &Wish) -> Result<Report> {
    fs::create_dir_all(&wish.folder).context("the folder can't be made")?;
    let stack = prepare().await?;
    let floor = Arc::new(Floor::new());
    let (market_end, give_up) = (CancellationToken::new(), CancellationToken::new());
    let (market, stack) = open_market(stack, wish.seed, &floor, &market_end).await;
    let mut fault_injector = FaultInjector::start(stack, &wish.folder).await?;
    let journal = Arc::new(Journal::create(&wish.folder.join("journal.jsonl"))?);
    let mut traders = JoinSet::new();
    let caller =
        Caller::new(&fault_injector.stack.api_url(), Arc::clone(&journal), give_up.clone());
    for number in 1..=wish.clients {
        traders.spawn(Trader::trade(caller.clone(), Arc::clone(&floor), number, wish.seed));
    }

    eprintln!("everything is up; {} clients trade, and things go wrong", wish.clients);
    fault_injector.carry_out(&plan(wish.seed, wish.seconds * 1_000)).await?;
    wait_for_orders(&journal, wish).await;
    floor.closing.cancel();
    eprintln!("no more faults; waiting until everybody has been answered");
    fault_injector.bring_everything_up().await?;
    finish(&mut traders, &give_up).await;
    market_end.cancel();
    market.await.context("the market panicked")?;
    block_in_place(|| fault_injector.stack.stop(Service::PricePoller));
    eprintln!("no more prices; waiting until everything is stored");
    let mut archive = Archive::open(&fault_injector.stack).await?;
    let backlog = catch_up(&mut archive).await?;
    let users = floor.users.lock().expect("nobody panics").clone();
    let mut history = archive.read(&distinct(users)).await?;
    history.journal = journal.attempts();
    eprintln!(
        "auditing {} requests and {} attempts",
        history.requests.len(),
        history.journal.len()
    );
    let findings = audit(&history);
    let report = Report::new(wish, &fault_injector, &history, findings, backlog);
    if !report.is_clean() {
        keep(&history, &wish.folder)?;
    }
    Ok(report)
}

async fn prepare() -> Result<Stack> {
    let stack = Stack::on(RedisServer::private_durable()?, &SETTINGS).await;
    keep_everything(&stack.redis.url()).await?;
    Ok(stack)
}

/// The price poller is ready when it has a price, so that the market opens before it.
async fn open_market(
    mut stack: Stack,
    seed: u64,
    floor: &Arc<Floor>,
    end: &CancellationToken,
) -> (JoinHandle<()>, Stack) {
    let venue = BinanceServer::start().await;
    stack.set("BINANCE_URL", &venue.url());
    let (floor, end) = (Arc::clone(floor), end.clone());
    let market = tokio::spawn(async move { market::run(seed, &venue, &floor.prices, &end).await });
    (market, stack)
}

/// On a machine that is slow enough all may be over before anything has begun: then it goes on
/// without faults, until there is something to audit.
async fn wait_for_orders(journal: &Journal, wish: &Wish) {
    let enough = usize::try_from(wish.clients).unwrap_or(usize::MAX);
    let started = Instant::now();
    while journal.orders() < enough && started.elapsed() < PATIENCE {
        sleep(POLL).await;
    }
}

/// Waits until nobody has anything left to ask. What is unclear after that stays so: that the
/// machine was too slow is no fault of the services.
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

/// Waits until everything that was asked is done and stored; says what is not, in the end.
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

/// Somebody may have signed in twice.
fn distinct(users: Vec<Session>) -> Vec<Session> {
    let by_id: BTreeMap<String, Session> =
        users.into_iter().map(|user| (user.user_id.clone(), user)).collect();
    by_id.into_values().collect()
}

/// Leaves the streams beside the journal, for whoever wants to know what went wrong.
fn keep(history: &History, folder: &Path) -> Result<()> {
    for (name, entries) in
        [("requests.jsonl", &history.requests), ("responses.jsonl", &history.responses)]
    {
        let mut text = String::new();
        for entry in entries {
            text.push_str(&serde_json::to_string(entry)?);
            text.push('\n');
        }
        let path = folder.join(name);
        fs::write(&path, text).with_context(|| format!("{} can't be written", path.display()))?;
    }
    if history.requests.is_empty() {
        bail!("the run left nothing behind");
    }
    Ok(())
}
