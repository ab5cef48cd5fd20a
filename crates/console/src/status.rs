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

/// The services that a whole Velox has.
pub const SERVICES: [&str; 7] =
    ["engine", "http-gateway", "realtime", "price-poller", "db-worker", "batch-uploader", "mailer"];

const EXAMPLES: &str = "\
Examples:
  velox status
  velox status || mail -s 'Velox is not well' you@example.com
  velox status --services engine,http-gateway,price-poller
  velox status --json | jq -r '.problems[]'

Exit codes: 0 all is well; 1 something is not, and the last lines say what; 2 it could not be found \
out.";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The services that must be there.
    #[arg(long, value_delimiter = ',', default_values = SERVICES)]
    services: Vec<String>,
    /// How long an entry may wait for its consumer group (ms).
    #[arg(long, default_value_t = 60_000)]
    lag_max_ms: u64,
    /// How old the last price of an asset may be (ms).
    #[arg(long, default_value_t = 10_000)]
    price_age_max_ms: u64,
    /// How old the last snapshot may be while there is something new (ms).
    #[arg(long, default_value_t = 120_000)]
    snapshot_age_max_ms: u64,
}

/// All that is known.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    well: bool,
    problems: Vec<String>,
    services: Vec<Service>,
    engine: Engine,
    groups: Vec<Group>,
    snapshot: Option<Snapshot>,
    feed: Option<FeedStatus>,
    prices: Vec<LastPrice>,
    dead_letters: Vec<DeadLetters>,
    server: Server,
    history: History,
    /// None where the database is without TimescaleDB.
    timescaledb_jobs: Vec<Job>,
    /// From the last snapshot; `differenceInt` must be 0.
    ledger: Option<Value>,
    /// Why PostgreSQL could not be asked.
    database_problem: Option<String>,
}

/// A process that says that it runs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Service {
    #[serde(flatten)]
    status: ServiceStatus,
    uptime_ms: u64,
    /// How long ago it was last heard of.
    silent_ms: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Engine {
    /// Nothing where no engine says anything.
    status: Option<EngineStatus>,
    /// Counts the leaders.
    epoch: Option<u64>,
    /// Who leads, as far as the processes say.
    leaders: Vec<String>,
    standbys: Vec<String>,
    /// The last entry of `request:stream`.
    stream_end: Option<EntryId>,
    /// The last entry of which an output is written: applied up to here at least.
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
    /// How many entries have come since; a start would have to apply them.
    entries_behind: u64,
    /// There are more than were counted.
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

/// Redis, as it introduces itself.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Server {
    version: String,
    eviction_policy: Option<String>,
    append_only: bool,
    /// What is wrong with that.
    problems: Vec<String>,
}

/// What the ids of the streams tell of damage.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct History {
    /// An entry that was deleted by hand out of what `request:stream` still holds.
    hole: Option<EntryId>,
    /// The end of `response:stream`, where no entry leads to it.
    foreign_output: Option<EntryId>,
    /// Streams whose last id is ahead of the clock, and by how much.
    ahead: Vec<Ahead>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Ahead {
    stream: &'static str,
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
