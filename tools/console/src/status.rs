//! `velox status`.

mod gather;
mod judge;
mod print;

use crate::context::{Context, Verdict};
use crate::streams_table::Group;
use crate::timescale::Job;
use anyhow::Result;
use messages::{EngineStatus, EntryId, FeedStatus, ServiceStatus};
use serde::Serialize;
use serde_json::Value;

/// The services of a complete installation.
pub const SERVICES: [&str; 7] =
    ["engine", "http-gateway", "realtime", "price-poller", "db-worker", "batch-uploader", "mailer"];

const EXAMPLES: &str = "\
Examples:
  velox status
  velox status || mail -s 'Velox is not well' you@example.com
  velox status --services engine,http-gateway,price-poller
  velox status --json | jq -r '.problems[]'

Exit codes: 0 all is well; 1 there are problems, listed at the end; 2 the status could not be \
determined.";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The services that must be running.
    #[arg(long, value_delimiter = ',', default_values = SERVICES)]
    services: Vec<String>,
    /// The maximum time that an entry may wait for its consumer group (ms).
    #[arg(long, default_value_t = 60_000)]
    lag_max_ms: u64,
    /// The maximum age of the last price of an asset (ms).
    #[arg(long, default_value_t = 10_000)]
    price_age_max_ms: u64,
    /// The maximum age of the last snapshot if there are newer entries (ms).
    #[arg(long, default_value_t = 120_000)]
    snapshot_age_max_ms: u64,
}

/// The status report.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    well: bool,
    problems: Vec<String>,
    services: Vec<Service>,
    /// The only shard, if it has no tag.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    only: Option<OfShard>,
    /// The shards that have tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    shards: Vec<OfShard>,
    groups: Vec<Group>,
    feed: Option<FeedStatus>,
    prices: Vec<LastPrice>,
    dead_letters: Vec<DeadLetters>,
    /// Empty if the database does not use TimescaleDB.
    timescaledb_jobs: Vec<Job>,
    /// The sum of the ledgers of all shards, if there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<Value>,
    /// The reason PostgreSQL could not be queried.
    database_problem: Option<String>,
}

/// The part of the report that each shard has.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OfShard {
    /// The shard's number, if there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    shard: Option<u16>,
    engine: Engine,
    snapshot: Option<Snapshot>,
    server: Server,
    history: History,
    /// From the last snapshot; `differenceInt` must be 0.
    ledger: Option<Value>,
}

impl Report {
    fn shards(&self) -> impl Iterator<Item = &OfShard> {
        self.only.iter().chain(&self.shards)
    }
}

impl OfShard {
    /// The beginning of a sentence about the shard, if there are several.
    fn prefix(&self) -> String {
        self.shard.map(|number| format!("shard {number}: ")).unwrap_or_default()
    }
}

/// A process that has announced itself.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Service {
    #[serde(flatten)]
    status: ServiceStatus,
    uptime_ms: u64,
    /// The time since its last announcement.
    silent_ms: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Engine {
    /// None if no engine has published a status.
    status: Option<EngineStatus>,
    /// The number of leaders so far.
    epoch: Option<u64>,
    /// The instances that report to lead.
    leaders: Vec<String>,
    standbys: Vec<String>,
    /// The last entry of `request:stream`.
    stream_end: Option<EntryId>,
    /// The last entry with a written output: the engine has applied at least up to here.
    last_output_of: Option<EntryId>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Snapshot {
    id: i64,
    last_stream_id: EntryId,
    taken_at_ms: u64,
    age_ms: u64,
    bytes: u64,
    /// The number of entries since, which a restart would have to apply.
    entries_behind: u64,
    /// True if there are more than were counted.
    more: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LastPrice {
    symbol: String,
    bid: Option<String>,
    ask: Option<String>,
    age_ms: Option<u64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DeadLetters {
    stream: String,
    length: u64,
}

/// The Redis server's version and settings.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Server {
    version: String,
    eviction_policy: Option<String>,
    append_only: bool,
    /// The problems with these settings.
    problems: Vec<String>,
}

/// Signs of damage in the ids of the streams.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct History {
    /// An entry that was deleted by hand from the kept part of `request:stream`.
    hole: Option<EntryId>,
    /// The end of `response:stream`, if no request produced it.
    foreign_output: Option<EntryId>,
    /// The streams whose last id is ahead of the clock.
    ahead: Vec<Ahead>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Ahead {
    stream: String,
    last_id: EntryId,
    ms: u64,
}

pub async fn run(arguments: &Arguments, context: &Context) -> Result<Verdict> {
    let mut report = gather::report(context).await?;
    report.problems = judge::problems(&report, arguments);
    report.well = report.problems.is_empty();
    if context.output.is_json() {
        context.output.document(&report)?;
    } else {
        print::report(context, &report)?;
    }
    Ok(Verdict::of(report.well))
}
