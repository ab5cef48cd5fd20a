//! Derives the problems from a report.

use super::{Ahead, Arguments, OfShard, Report};
use crate::words::{age, span};
use messages::{EngineState, REQUEST_STREAM, RESPONSE_STREAM};

/// The age at which an announcement counts as a problem; services renew it every 5 s.
const SILENCE_MAX_MS: u64 = 11_000;

/// Returns a sentence for each problem.
pub fn problems(report: &Report, arguments: &Arguments) -> Vec<String> {
    let mut problems = Vec::new();
    services(report, &arguments.services, &mut problems);
    for shard in report.shards() {
        let prefix = shard.prefix();
        match &shard.engine.status {
            None => problems.push(format!("{prefix}no engine is running: orders are refused")),
            Some(status) if status.status != EngineState::Ready => problems
                .push(format!("{prefix}the engine does not accept orders: {}", status.message)),
            Some(_) => {}
        }
        history(shard, &mut problems);
    }
    for group in &report.groups {
        let age = group.oldest_unacknowledged_age_ms.unwrap_or_default();
        if age > arguments.lag_max_ms {
            let (stream, name, age) = (&group.stream, &group.name, span(age));
            problems.push(format!("{name} is {age} behind in {stream}"));
        }
    }
    if let Some(reason) = &report.database_problem {
        problems.push(reason.clone());
    }
    for shard in report.shards() {
        match &shard.snapshot {
            Some(s) if s.entries_behind > 0 && s.age_ms > arguments.snapshot_age_max_ms => {
                let (prefix, age) = (shard.prefix(), span(s.age_ms));
                problems.push(format!("{prefix}the last snapshot is {age} old"));
            }
            _ => {}
        }
    }
    for price in report.feed.iter().flat_map(|feed| &feed.disputed) {
        let (symbol, reason) = (price.symbol, price.reason);
        problems.push(match price.held {
            Some(held) => format!("the price of {symbol} is disputed, {held} is held: {reason}"),
            None => format!("the price of {symbol} is disputed: {reason}"),
        });
    }
    for price in &report.prices {
        match price.age_ms {
            None => problems.push(format!("there is no price of {}", price.symbol)),
            Some(age) if age > arguments.price_age_max_ms => {
                problems.push(format!("the last price of {} is {} old", price.symbol, span(age)));
            }
            Some(_) => {}
        }
    }
    for letters in report.dead_letters.iter().filter(|letters| letters.length > 0) {
        problems.push(format!("dead letters of {}: {}", letters.stream, letters.length));
    }
    for job in report.timescaledb_jobs.iter().filter(|job| job.state != "well") {
        let last_success =
            job.last_success_ms.map_or_else(|| "never".to_owned(), |ms| format!("{} ago", age(ms)));
        let (id, name, state) = (job.id, &job.name, &job.state);
        problems.push(format!(
            "TimescaleDB job {id} ({name}) is {state}; last success: {last_success}"
        ));
    }
    for shard in report.shards() {
        match &shard.ledger {
            Some(ledger) if ledger["differenceInt"] != "0" => {
                let (prefix, difference) = (shard.prefix(), &ledger["difference"]);
                problems.push(format!("{prefix}the ledger is off by {difference} USD"));
            }
            _ => {}
        }
    }
    problems
}

fn history(shard: &OfShard, problems: &mut Vec<String>) {
    let prefix = shard.prefix();
    let server = shard.server.problems.iter();
    problems.extend(server.map(|problem| format!("{prefix}{problem}")));
    let history = &shard.history;
    for Ahead { stream, last_id, ms } in &history.ahead {
        let ahead = span(*ms);
        problems.push(format!("{stream} ends with {last_id}, {ahead} ahead of the clock"));
    }
    if let Some(id) = history.foreign_output {
        problems.push(format!(
            "{prefix}{RESPONSE_STREAM} ends with {id}, which no request produced: Redis refuses every \
             output below it"
        ));
    }
    if let Some(id) = history.hole {
        problems.push(format!("{prefix}entry {id} of {REQUEST_STREAM} was deleted by hand"));
    }
}

fn services(report: &Report, expected: &[String], problems: &mut Vec<String>) {
    for name in expected {
        if !report.services.iter().any(|service| service.status.name == *name) {
            problems.push(format!("{name} is not running"));
        }
    }
    for service in &report.services {
        let status = &service.status;
        if service.silent_ms > SILENCE_MAX_MS {
            let (name, instance, silent) =
                (&status.name, &status.instance, span(service.silent_ms));
            problems.push(format!("{name} {instance} last reported {silent} ago"));
        } else if !status.ready {
            let reason = status.reason.as_deref().unwrap_or("no reason given");
            problems.push(format!("{} {} is not ready: {reason}", status.name, status.instance));
        }
    }
}
