//! `velox snapshots`.

use crate::context::{Context, Verdict, absent};
use crate::history::{self, Snapshot};
use crate::words::{age, size, time, unix_ms};
use anyhow::{Result, ensure};
use exchange::snapshot::Summary;
use exchange::{Exchange, Ledger};
use serde::Serialize;

const LIST_EXAMPLE: &str = "Example:\n  velox snapshots list";
const SHOW_EXAMPLE: &str = "Example:\n  velox snapshots show 1204";
const VERIFY_EXAMPLE: &str = "\
Examples:
  velox snapshots verify          the newest
  velox snapshots verify 1204";

#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Lists the snapshots, newest first.
    #[command(after_help = LIST_EXAMPLE)]
    List,
    /// Shows a snapshot's metadata and summary.
    #[command(after_help = SHOW_EXAMPLE)]
    Show {
        /// The snapshot's id.
        id: i64,
    },
    /// Restores the exchange from a snapshot, checks all invariants, and prints the state hash.
    #[command(after_help = VERIFY_EXAMPLE)]
    Verify {
        /// The snapshot's id; default: the newest.
        id: Option<i64>,
    },
}

/// A snapshot as it is printed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    id: i64,
    shard: u16,
    taken_at: String,
    age_ms: u64,
    last_stream_id: String,
    epoch: i64,
    bytes: u64,
    data: &'a serde_json::Value,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Verified {
    id: i64,
    sound: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_hash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<Summary>,
}

pub async fn run(arguments: &Arguments, context: &Context) -> Result<Verdict> {
    match arguments.action {
        Action::List => list(context).await,
        Action::Show { id } => show(context, id).await,
        Action::Verify { id } => verify(context, id).await,
    }
}

/// All snapshots, newest first.
async fn all(context: &Context) -> Result<Vec<Snapshot>> {
    let mut snapshots = Vec::new();
    for context in context.each() {
        snapshots.extend(history::snapshots(&context).await?);
    }
    snapshots.sort_by_key(|snapshot| std::cmp::Reverse(snapshot.id));
    Ok(snapshots)
}

async fn list(context: &Context) -> Result<Verdict> {
    let snapshots = all(context).await?;
    if context.output.is_json() {
        context.output.document(&snapshots.iter().map(Line::of).collect::<Vec<_>>())?;
        return Ok(Verdict::Well);
    }
    if snapshots.is_empty() {
        context.output.say("there is no snapshot yet")?;
        return Ok(Verdict::Well);
    }
    let rows = snapshots.iter().map(|snapshot| {
        let count = |name: &str| snapshot.data[name].to_string();
        [
            snapshot.id.to_string(),
            snapshot.shard.number().to_string(),
            time(unix_ms(snapshot.taken_at)),
            age(unix_ms(snapshot.taken_at)),
            snapshot.last_id.to_string(),
            snapshot.epoch.to_string(),
            size(snapshot.bytes),
            count("accounts"),
            count("openPositions"),
            count("closedOrders"),
        ]
    });
    let names = [
        ">id",
        ">shard",
        "taken",
        ">age",
        "last entry",
        ">epoch",
        ">size",
        ">accounts",
        ">open",
        ">closed",
    ];
    context.output.table(names, rows)?;
    Ok(Verdict::Well)
}

async fn show(context: &Context, id: i64) -> Result<Verdict> {
    let snapshots = all(context).await?;
    let snapshot = find(&snapshots, Some(id))?;
    if context.output.is_json() {
        context.output.document(&Line::of(snapshot))?;
        return Ok(Verdict::Well);
    }
    let taken = unix_ms(snapshot.taken_at);
    context.output.facts(&[
        ("snapshot", snapshot.id.to_string()),
        ("shard", snapshot.shard.number().to_string()),
        ("taken", format!("{}, {} ago", time(taken), age(taken))),
        ("last entry", snapshot.last_id.to_string()),
        ("epoch", snapshot.epoch.to_string()),
        ("size", size(snapshot.bytes)),
    ])?;
    context.output.say(serde_json::to_string_pretty(&snapshot.data)?)?;
    Ok(Verdict::Well)
}

async fn verify(context: &Context, id: Option<i64>) -> Result<Verdict> {
    let snapshots = all(context).await?;
    let snapshot = find(&snapshots, id)?;
    let verified = match restore(context, snapshot).await {
        Ok((hash, summary)) => Verified::sound(snapshot.id, hash, summary),
        Err(error) => Verified::damaged(snapshot.id, format!("{error:#}")),
    };
    if context.output.is_json() {
        context.output.document(&verified)?;
    } else {
        print(context, &verified)?;
    }
    Ok(Verdict::of(verified.sound))
}

/// Restores a snapshot, which checks hash, invariants and ledger, and checks that encoding the
/// state again gives the same hash and summary.
async fn restore(context: &Context, snapshot: &Snapshot) -> Result<(String, Summary)> {
    let exchange: Exchange = history::load(&context.pool, snapshot.id).await?;
    exchange.check_invariants()?;
    let encoded = exchange.freeze().encode();
    let stored = snapshot.data["stateHash"].as_str().unwrap_or_default();
    ensure!(encoded.hash == stored, "the restored state has the hash {}", encoded.hash);
    let says: Summary = serde_json::from_value(snapshot.data.clone())?;
    ensure!(says == encoded.summary, "the summary describes another state");
    Ok((encoded.hash, encoded.summary))
}

fn print(context: &Context, verified: &Verified) -> Result<()> {
    let (Some(summary), Some(hash)) = (&verified.summary, &verified.state_hash) else {
        let problem = verified.problem.as_deref().unwrap_or_default();
        let damaged = context.output.bad("is damaged");
        return context.output.say(format_args!("snapshot {} {damaged}: {problem}", verified.id));
    };
    let ledger = summary.ledger;
    context.output.say(format_args!(
        "snapshot {} {}",
        verified.id,
        context.output.good("is sound")
    ))?;
    let mut facts = vec![
        ("state hash", hash.clone()),
        ("last entry", summary.last_stream_id.to_string()),
        ("accounts", summary.accounts.to_string()),
        ("open positions", summary.open_positions.to_string()),
        ("closed orders in memory", summary.closed_orders.to_string()),
    ];
    facts.extend(ledger_facts(&ledger));
    facts.push(("difference", ledger.difference().to_string()));
    context.output.facts(&facts)
}

/// The totals of a ledger, for people.
pub fn ledger_facts(ledger: &Ledger) -> [(&'static str, String); 8] {
    [
        ("deposits", ledger.deposits),
        ("balances", ledger.balances),
        ("locked margins", ledger.locked),
        ("reserved", ledger.reserved),
        ("house", ledger.house),
        ("fees", ledger.fees),
        ("insurance fund", ledger.insurance),
        ("shortfall", ledger.shortfall),
    ]
    .map(|(name, amount)| (name, amount.to_string()))
}

fn find(snapshots: &[Snapshot], id: Option<i64>) -> Result<&Snapshot> {
    match id {
        None => snapshots.first().ok_or_else(|| absent("there is no snapshot yet")),
        Some(id) => snapshots.iter().find(|snapshot| snapshot.id == id).ok_or_else(|| {
            absent(format!("there is no snapshot {id}; `velox snapshots list` lists the snapshots"))
        }),
    }
}

impl<'a> Line<'a> {
    fn of(snapshot: &'a Snapshot) -> Self {
        let taken = unix_ms(snapshot.taken_at);
        Self {
            id: snapshot.id,
            shard: snapshot.shard.number(),
            taken_at: time(taken),
            age_ms: crate::words::now_ms().saturating_sub(taken),
            last_stream_id: snapshot.last_id.to_string(),
            epoch: snapshot.epoch,
            bytes: snapshot.bytes,
            data: &snapshot.data,
        }
    }
}

impl Verified {
    const fn sound(id: i64, hash: String, summary: Summary) -> Self {
        Self { id, sound: true, problem: None, state_hash: Some(hash), summary: Some(summary) }
    }

    const fn damaged(id: i64, problem: String) -> Self {
        Self { id, sound: false, problem: Some(problem), state_hash: None, summary: None }
    }
}
