//! Prints a report as text.

use super::{OfShard, Report, Snapshot};
use crate::context::Context;
use crate::streams_table;
use crate::words::{age, or_dash, size, span};
use anyhow::Result;
use messages::EngineState;
use serde_json::Value;

/// Prints a report; the problems come last, next to the prompt.
pub fn report(context: &Context, report: &Report) -> Result<()> {
    services(context, report)?;
    for shard in report.shards() {
        engine(context, shard)?;
    }
    if !report.groups.is_empty() {
        context.output.heading("Consumer groups")?;
        streams_table::print_groups(context, report.groups.iter())?;
    }
    feed(context, report)?;
    rest(context, report)?;
    context.output.say("")?;
    if report.well {
        return context.output.say(context.output.good("all is well"));
    }
    for problem in &report.problems {
        context.output.say(format_args!("{} {problem}", context.output.bad("!")))?;
    }
    Ok(())
}

fn services(context: &Context, report: &Report) -> Result<()> {
    let names = ["service", "instance", "version", ">up", ">heard", "metrics", "ready"];
    let rows = report.services.iter().map(|service| {
        let status = &service.status;
        let ready = match (status.ready, &status.reason) {
            (true, None) => "yes".to_owned(),
            (true, Some(purpose)) => format!("to {purpose}"),
            (false, reason) => format!("no: {}", reason.as_deref().unwrap_or_default()),
        };
        [
            status.name.clone(),
            status.instance.clone(),
            status.version.clone(),
            span(service.uptime_ms),
            span(service.silent_ms),
            status.metrics_address.clone(),
            ready,
        ]
    });
    context.output.table(names, rows)
}

fn engine(context: &Context, shard: &OfShard) -> Result<()> {
    let engine = &shard.engine;
    let state = engine.status.as_ref().map_or_else(
        || "not running".to_owned(),
        |status| {
            let state = match status.status {
                EngineState::Starting => "STARTING",
                EngineState::Replaying => "REPLAYING",
                EngineState::Ready => "READY",
                EngineState::Shutdown => "SHUTDOWN",
            };
            format!("{state}, {}", status.message)
        },
    );
    let of_shard = shard.shard.map(|number| format!(" of shard {number}")).unwrap_or_default();
    context.output.heading(&format!("Engine{of_shard}"))?;
    context.output.facts(&[
        ("state", state),
        ("leader", or_dash((!engine.leaders.is_empty()).then(|| engine.leaders.join(", ")))),
        ("epoch", or_dash(engine.epoch)),
        ("standbys", or_dash((!engine.standbys.is_empty()).then(|| engine.standbys.join(", ")))),
        (
            "stream ends with",
            or_dash(engine.stream_end.map(|id| format!("{id}, {} ago", age(id.ms)))),
        ),
        ("last output of", or_dash(engine.last_output_of)),
        ("snapshot", or_dash(shard.snapshot.as_ref().map(snapshot))),
        ("ledger", or_dash(shard.ledger.as_ref().map(ledger))),
    ])
}

fn snapshot(snapshot: &Snapshot) -> String {
    let more = if snapshot.more { "more than " } else { "" };
    let (id, age, bytes) = (snapshot.id, span(snapshot.age_ms), size(snapshot.bytes));
    format!("{id}, {age} old, {bytes}; {more}{} entries since", snapshot.entries_behind)
}

fn ledger(ledger: &Value) -> String {
    let amount = |name: &str| ledger[name].as_str().unwrap_or_default().to_owned();
    format!(
        "deposits {} = balances {} + locked {} + reserved {} + house {} + fees {} + insurance {} (difference {})",
        amount("deposits"),
        amount("balances"),
        amount("locked"),
        amount("reserved"),
        amount("house"),
        amount("fees"),
        amount("insurance"),
        amount("difference"),
    )
}

fn feed(context: &Context, report: &Report) -> Result<()> {
    let source = report.feed.as_ref().map_or_else(
        || "not running".to_owned(),
        |feed| format!("{}: {}", feed.feed.as_str(), feed.message),
    );
    context.output.heading(&format!("Prices ({source})"))?;
    let rows = report.prices.iter().map(|price| {
        let (bid, ask) = (or_dash(price.bid.as_ref()), or_dash(price.ask.as_ref()));
        [price.symbol.clone(), bid, ask, or_dash(price.age_ms.map(span))]
    });
    context.output.table(["symbol", ">bid", ">ask", ">age"], rows)
}

fn rest(context: &Context, report: &Report) -> Result<()> {
    let dead: Vec<_> = report
        .dead_letters
        .iter()
        .filter(|letters| letters.length > 0)
        .map(|letters| format!("{} of {}", letters.length, letters.stream))
        .collect();
    let mut facts =
        vec![("dead letters", if dead.is_empty() { "none".to_owned() } else { dead.join(", ") })];
    if let Some(total) = &report.total {
        facts.push(("ledger of all shards", ledger(total)));
    }
    let jobs = &report.timescaledb_jobs;
    if !jobs.is_empty() {
        let well = jobs.iter().filter(|job| job.state == "well").count();
        facts.push(("TimescaleDB jobs", format!("{well} of {} are well", jobs.len())));
    }
    context.output.say("")?;
    context.output.facts(&facts)
}
