//! `velox reshard`.
//!
//! The states of all shards at the end of a backup are computed as an engine would: each from its
//! snapshot and the entries after it. [`exchange::snapshot::divide`] divides their accounts among the new
//! shards, and empty servers get these as snapshots, from which engines continue:
//!
//! - `request:stream` of each new shard begins with a placeholder, the entry with which its snapshot ends.
//!   It is later than every entry of the backup, and so are those that follow. So are all new ids.
//! - `response:stream` has the events of its accounts that may not be in the database, under their own ids:
//!   those that the backup has, and those that follow from the entries after the old snapshots.
//! - Streams that don't belong to a shard continue as after a restore.
//!
//! Everything is computed and compared before the servers are changed. The new snapshots are stored last,
//! in one transaction: until then, an engine finds those of another number of shards, and refuses.

mod dumped;
mod source;
mod target;

use crate::context::{Context, Verdict};
use crate::restore::{BackupArgs, check_that_nothing_runs, make_room, restore_database};
use crate::snapshots::ledger_facts;
use anyhow::{Context as _, Result, ensure};
use exchange::Exchange;
use exchange::snapshot::{Holdings, divide};
use messages::EntryId;
use serde_json::json;
use service::DatabaseArgs;
use source::Source;

const EXAMPLES: &str = "\
Examples:
  velox reshard /var/backups/velox/2026-11-24 --shards 4
  velox reshard /mnt/backup/velox --shards 4 --force     replaces the existing data

Stop all services before the backup, so that nothing is lost that comes after it. Redis and the \
database must be empty, unless --force allows their contents to be deleted. docs/scaling.md describes \
each step.";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    #[command(flatten)]
    backup: BackupArgs,
}

pub async fn run(
    arguments: &Arguments,
    context: &Context,
    database: &DatabaseArgs,
) -> Result<Verdict> {
    let BackupArgs { dir, force, .. } = &arguments.backup;
    let (pg_restore, manifest) = arguments.backup.open()?;
    let (before, shards) = (source::shards(&manifest)?, context.redis.shards());
    ensure!(
        before != shards,
        "the backup is that of {} shards, as SHARDS says: use `velox restore`",
        before.count()
    );
    check_that_nothing_runs(context, before.all().chain(shards.all())).await?;
    let source = Source::read(&manifest, dir, &pg_restore)?;
    let held = Holdings::of(&source.states)?;
    let divided = divide(&source.states, shards, source.end)?;
    compare(&held, &divided)?;

    make_room(context, *force).await?;
    let workers_run = restore_database(context, database, &manifest, dir, &pg_restore).await?;
    target::write_streams(context, &manifest, dir, &source).await?;
    target::store(context, &divided).await?;
    let stored = target::read_back(context).await?;
    let after =
        compare(&held, &stored).context("what was stored differs; do not start any service")?;
    let (before, end) = (source.states.len(), source.end);
    print(context, &Outcome { before, end, held, stored, after })?;
    Ok(Verdict::of(workers_run))
}

/// Returns what states hold. Checks that it is what was held before.
fn compare(before: &Holdings, states: &[Exchange]) -> Result<Holdings> {
    let after = Holdings::of(states)?;
    ensure!(
        *before == after,
        "the accounts or the totals differ from those of the backup: {after:?} instead of {before:?}"
    );
    Ok(after)
}

/// The result of a division.
struct Outcome {
    /// The number of shards before.
    before: usize,
    /// The entry with which all new shards begin.
    end: EntryId,
    held: Holdings,
    /// The new states, as they are stored.
    stored: Vec<Exchange>,
    /// The holdings in them.
    after: Holdings,
}

fn print(context: &Context, outcome: &Outcome) -> Result<()> {
    let Outcome { before, end, held, stored, after } = outcome;
    let hashes = stored.iter().map(crate::history::state_hash);
    if context.output.is_json() {
        let shards = hashes.zip(stored).enumerate().map(|(shard, (state_hash, state))| {
            json!({
                "shard": shard, "stateHash": state_hash, "accounts": state.account_count(),
                "openPositions": state.open_positions(), "openOrders": state.open_orders(),
            })
        });
        let shards: Vec<_> = shards.collect();
        return context.output.document(&json!({
            "shardsBefore": before, "shards": shards, "beginsWith": end,
            "before": held, "after": after,
        }));
    }
    let rows = hashes.zip(stored).enumerate().map(|(shard, (state_hash, state))| {
        [
            shard.to_string(),
            state.account_count().to_string(),
            state.open_positions().to_string(),
            state.open_orders().to_string(),
            state_hash,
        ]
    });
    context.output.table([">shard", ">accounts", ">positions", ">orders", "state hash"], rows)?;
    context.output.say("")?;
    let rows = facts(held).into_iter().zip(facts(after));
    let rows = rows.map(|((name, before), (_, after))| [name, before, after]);
    let [of_before, of_after] =
        [*before, stored.len()].map(|count| format!(">{count} shard{}", plural(count)));
    context.output.table(["", &of_before, &of_after], rows)?;
    context.output.say("")?;
    context.output.facts(&[
        ("hash of all accounts before", held.accounts_hash.clone()),
        ("hash of all accounts after", after.accounts_hash.clone()),
    ])?;
    context.output.say(format_args!(
        "\nNext:\n  \
         1. set SHARDS={} for all services and for velox\n  \
         2. start only the engines, and wait until `velox status --services engine` shows READY\n  \
         3. start the other services, and check with `velox status` and `velox account verify --all`\n  \
         4. every user has to sign in again",
        stored.len()
    ))
}

const fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// The holdings of all accounts, for people.
fn facts(held: &Holdings) -> Vec<(String, String)> {
    let counts = [
        ("accounts", held.accounts.to_string()),
        ("open positions", held.open_positions.to_string()),
        ("resting orders", held.open_orders.to_string()),
    ];
    let named = counts.into_iter().chain(ledger_facts(&held.ledger));
    let mut facts: Vec<_> = named.map(|(name, value)| (name.to_owned(), value)).collect();
    facts.extend(held.open_interest.iter().map(|(symbol, [long, short])| {
        (format!("open interest of {symbol}"), format!("{long} long, {short} short"))
    }));
    facts
}
