//! `velox adopt`.
//!
//! The engine goes on from a snapshot only where `request:stream` holds the entry with which it ends
//! and all that came after. Where that can't be had back, somebody has to decide that what is left
//! is history from now on: this makes the streams such that it is.

mod plan;
mod rebuild;

use crate::confirm::confirm;
use crate::context::{Context, Verdict, absent};
use crate::restore::check_that_nothing_runs;
use crate::words::{age, now_ms, time};
use anyhow::{Context as _, Result};
use messages::{ENGINE_AFRESH, REQUEST_STREAM, RESPONSE_STREAM};
use plan::Plan;
use serde_json::json;

const EXAMPLES: &str = "\
Examples:
  velox adopt               says what is wrong and what would be lost, and asks
  velox adopt --yes         does not ask
  velox adopt --afresh      nothing is left, and everybody is to begin anew

Stop all services first. Where there is a backup that has what is missing, restore that one instead: \
what was acknowledged after the snapshot, and is not in the stream, is lost by this.";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Do it without asking.
    #[arg(long)]
    yes: bool,
    /// There is no snapshot and no stream: let every account begin anew with its first deposit.
    #[arg(long)]
    afresh: bool,
}

pub async fn run(arguments: &Arguments, context: &Context) -> Result<Verdict> {
    check_that_nothing_runs(&context.redis).await?;
    let plan = Plan::make(context).await?;
    match plan {
        None if arguments.afresh => begin_afresh(arguments, context).await,
        None => Err(absent(
            "there is no sound snapshot to go on from. Restore a backup; where there is none and \
             everybody is to begin anew, say so with --afresh",
        )),
        Some(_) if arguments.afresh => {
            Err(absent("there is a sound snapshot to go on from: leave --afresh out"))
        }
        Some(plan) if plan.is_sound() => {
            context
                .output
                .say("nothing is wrong with the streams: the engine can start as it is")?;
            Ok(Verdict::Well)
        }
        Some(plan) => go_on(arguments, context, &plan).await,
    }
}

async fn go_on(arguments: &Arguments, context: &Context, plan: &Plan) -> Result<Verdict> {
    if !context.output.is_json() {
        print(context, plan)?;
    }
    confirm(arguments.yes, "Go on from there?")?;
    if plan.requests.is_damaged() {
        sqlx::query!("delete from snapshots where id > $1", plan.snapshot.id)
            .execute(&context.pool)
            .await
            .context("PostgreSQL")?;
        rebuild::requests(&context.redis, plan).await?;
    }
    if plan.foreign_output.is_some() {
        rebuild::outputs(&context.redis, plan).await?;
    }
    let kept_as = rebuild::kept_as(plan);
    if context.output.is_json() {
        context.output.document(&json!({
            "snapshot": plan.snapshot.id, "lastStreamId": plan.snapshot.last_id, "keptAs": kept_as,
        }))?;
        return Ok(Verdict::Well);
    }
    if !kept_as.is_empty() {
        let names = kept_as.join(" and ");
        let text = "`redis-cli del` removes it when all is well";
        context.output.say(format_args!("what was there is kept as {names}; {text}"))?;
    }
    context.output.say(
        "done. Next:\n  \
         1. start the engine alone, and wait until `velox status --services engine` says READY\n  \
         2. start the other services; `velox status` says when all is well",
    )?;
    Ok(Verdict::Well)
}

async fn begin_afresh(arguments: &Arguments, context: &Context) -> Result<Verdict> {
    if !context.output.is_json() {
        context.output.say(
            "there is no snapshot. Every account of PostgreSQL begins anew with its first deposit; \
             orders that were open are gone, and those that are closed stay in the record. What \
             request:stream holds is not applied; it is kept as request:stream:replaced:…",
        )?;
    }
    confirm(arguments.yes, "Begin anew?")?;
    let now = now_ms();
    let mut batch = context.redis.batch();
    batch.set(ENGINE_AFRESH, &time(now));
    if context.redis.stream_info(REQUEST_STREAM).await?.is_some() {
        batch.rename(REQUEST_STREAM, &rebuild::replaced(REQUEST_STREAM, now));
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
            "{RESPONSE_STREAM} goes on without it. No order is lost: the engine writes again what \
             Redis has refused",
        ));
    }
    let last = snapshot.last_id;
    context.output.facts(&[
        ("goes on from", format!("snapshot {}, which is sound", snapshot.id)),
        ("which ends with", format!("entry {last}, {}, {} ago", time(last.ms), age(last.ms))),
        ("then applies", format!("{} entries that {REQUEST_STREAM} still has", requests.kept)),
        ("leaves out", format!("{} entries with ids of the future", requests.future)),
    ])?;
    context.output.say(
        "\nWhatever else was acknowledged after that snapshot is lost: orders that were opened, \
         changed or closed, deposits, and the prices that would have closed positions",
    )
}
