//! `velox adopt`.
//!
//! The engine continues from a snapshot only if `request:stream` holds the entry with which it ends
//! and all later ones. If they can't be recovered, an operator has to decide that the remainder is
//! the history from now on; this command rebuilds the streams accordingly.

mod plan;
mod rebuild;
mod records;

use crate::confirm::confirm;
use crate::context::{Context, Verdict, absent};
use crate::restore::check_that_nothing_runs;
use crate::words::{age, now_ms, time};
use anyhow::{Context as _, Result};
use messages::ENGINE_AFRESH;
use plan::Plan;
use serde_json::json;

const EXAMPLES: &str = "\
Examples:
  velox adopt               shows the damage and the losses, and asks
  velox adopt --yes         does not ask
  velox adopt --afresh      without any snapshot: every account starts over

Stop all services first. If a backup has the missing entries, restore it instead: \
everything that was acknowledged after the snapshot and is not in the stream is lost.";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The shard whose history is damaged; needed if there are several.
    #[arg(long, value_name = "N")]
    shard: Option<u16>,
    /// Do not ask for confirmation.
    #[arg(long)]
    yes: bool,
    /// Start over without a snapshot: every account begins again with its first deposit.
    #[arg(long)]
    afresh: bool,
}

pub async fn run(arguments: &Arguments, context: &Context) -> Result<Verdict> {
    let context = &context.named(arguments.shard)?;
    check_that_nothing_runs(context, context.redis.shards().all()).await?;
    let plan = Plan::make(context).await?;
    match plan {
        None if arguments.afresh => begin_afresh(arguments, context).await,
        None => Err(absent(
            "there is no sound snapshot to continue from. Restore a backup; without one, --afresh \
             lets every account start over",
        )),
        Some(_) if arguments.afresh => {
            Err(absent("there is a sound snapshot to continue from: omit --afresh"))
        }
        Some(plan) if plan.is_sound() => {
            context.output.say("nothing is wrong with the streams: the engine can start")?;
            Ok(Verdict::Well)
        }
        Some(plan) => go_on(arguments, context, &plan).await,
    }
}

async fn go_on(arguments: &Arguments, context: &Context, plan: &Plan) -> Result<Verdict> {
    if !context.output.is_json() {
        print(context, plan)?;
    }
    confirm(arguments.yes, "Continue from there?")?;
    let mut kept_as = rebuild::kept_as(plan);
    if plan.requests.is_damaged() {
        let mut transaction = context.pool.begin().await.context("PostgreSQL")?;
        sqlx::query!(
            "delete from snapshots where id > $1 and shard = $2",
            plan.snapshot.id,
            i32::from(context.shard.number()),
        )
        .execute(&mut *transaction)
        .await
        .context("PostgreSQL")?;
        kept_as.extend(records::set_aside(&mut transaction, context, plan).await?);
        transaction.commit().await.context("PostgreSQL")?;
        rebuild::requests(context, plan).await?;
    }
    if plan.foreign_output.is_some() {
        rebuild::outputs(context, plan).await?;
    }
    if context.output.is_json() {
        context.output.document(&json!({
            "snapshot": plan.snapshot.id, "lastStreamId": plan.snapshot.last_id, "keptAs": kept_as,
        }))?;
        return Ok(Verdict::Well);
    }
    if !kept_as.is_empty() {
        let names = kept_as.join(" and ");
        let text = "remove them with `redis-cli del` and `drop table` when all is well";
        context.output.say(format_args!("the replaced data is kept as {names}; {text}"))?;
    }
    context.output.say(
        "done. Next:\n  \
         1. start only the engine, and wait until `velox status --services engine` shows READY\n  \
         2. start the other services, and check with `velox status`",
    )?;
    Ok(Verdict::Well)
}

async fn begin_afresh(arguments: &Arguments, context: &Context) -> Result<Verdict> {
    if !context.output.is_json() {
        context.output.say(
            "there is no snapshot. Every account in PostgreSQL begins anew with its first deposit; \
             open orders are lost, and closed orders stay on record. The entries of \
             request:stream are not applied; they are kept as request:stream:replaced:…",
        )?;
    }
    confirm(arguments.yes, "Start over?")?;
    let now = now_ms();
    let mut batch = context.redis.batch();
    batch.set(&context.shard.key(ENGINE_AFRESH), &time(now));
    let requests = context.requests();
    if context.redis.stream_info(&requests).await?.is_some() {
        batch.rename(&requests, &rebuild::replaced(&requests, now));
    }
    batch.send().await?;
    context.output.say("done. The engine can start now")?;
    Ok(Verdict::Well)
}

fn print(context: &Context, plan: &Plan) -> Result<()> {
    let (snapshot, requests) = (&plan.snapshot, &plan.requests);
    for problem in plan.problems() {
        context.output.say(format_args!("{} {problem}", context.output.bad("!")))?;
    }
    context.output.say("")?;
    if !requests.is_damaged() {
        return context.output.say(format_args!(
            "{} continues without it. No order is lost: the engine writes the \
             outputs again that Redis has refused",
            context.responses(),
        ));
    }
    let last = snapshot.last_id;
    context.output.facts(&[
        ("continues from", format!("snapshot {}, which is sound", snapshot.id)),
        ("which ends with", format!("entry {last}, {}, {} ago", time(last.ms), age(last.ms))),
        (
            "then applies",
            format!("{} entries that {} still holds", requests.kept, context.requests()),
        ),
        ("drops", format!("{} entries with ids in the future", requests.future)),
        ("commands among them", requests.future_commands.to_string()),
    ])?;
    print_losses(context, plan)
}

/// Prints the acknowledged commands that are not in the adopted history.
fn print_losses(context: &Context, plan: &Plan) -> Result<()> {
    let found = &plan.contradicting;
    if !found.is_empty() {
        let orders: Vec<_> = found.closed_orders.iter().map(ToString::to_string).collect();
        let rows = [
            ("closed orders that are lost", orders.join(", ")),
            ("balance adjustments that are lost", found.adjustments.to_string()),
            ("orders whose last state is lost", found.orders.to_string()),
            ("fills that are lost", found.fills.to_string()),
            ("lines of statements that are lost", found.income.to_string()),
        ];
        context.output.facts(&rows)?;
        context.output.say(
            "PostgreSQL has them; they are moved to separate tables. A position that was opened \
             before the loss is open again",
        )?;
    }
    context.output.say(
        "\nEverything else that was acknowledged after that snapshot is lost: orders that were \
         opened, changed or closed, deposits, and the prices that would have closed positions",
    )
}
