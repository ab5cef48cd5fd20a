//! Collects the report from Redis and PostgreSQL.

use super::{
    Ahead, DeadLetters, Engine, History, LastPrice, OfShard, Report, Server, Service, Snapshot,
};
use crate::context::Context;
use crate::dead_letters;
use crate::history as past;
use crate::restore::ENGINE_LEASE;
use crate::streams_table;
use crate::timescale;
use crate::words::{now_ms, unix_ms};
use anyhow::{Context as _, Result};
use exchange::Ledger;
use messages::{
    ENGINE_STATUS, EntryId, FEED_STATUS, MarketPrice, SERVICE_KEYS, ServiceStatus, last_price_key,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use streams::{Error, Redis, ServerInfo};

/// The key in which the engine's lease counts epochs.
const ENGINE_EPOCH: &str = "engine:epoch";

/// The maximum number of entries counted after a snapshot.
const BEHIND_MAX: u64 = 20_000;

/// The number of entries read per page.
const PAGE_LEN: usize = 1_000;

/// Collects a report, without a verdict.
pub async fn report(context: &Context) -> Result<Report> {
    let redis = &context.redis;
    let services = services(redis).await?;
    let (timescaledb_jobs, database_problem) = match timescale::jobs(&context.pool).await {
        Ok(jobs) => (jobs, None),
        Err(error) => (Vec::new(), Some(format!("{error:#}"))),
    };
    let (mut shards, mut ledgers) = (Vec::new(), Vec::new());
    for context in context.each() {
        let (shard, ledger) = of_shard(&context, &services).await?;
        shards.push(shard);
        ledgers.push(ledger);
    }
    let is_tagged = context.shard.is_tagged();
    let total = if is_tagged { sum(ledgers).map(|total| words(&total)) } else { None };
    let only = if is_tagged { None } else { shards.pop() };
    let groups = streams_table::survey(redis).await?.into_iter().flat_map(|s| s.groups).collect();
    Ok(Report {
        well: false,
        problems: Vec::new(),
        only,
        shards,
        services,
        groups,
        feed: value(redis, FEED_STATUS).await?,
        prices: prices(redis).await?,
        dead_letters: dead_letters(redis).await?,
        timescaledb_jobs,
        total,
        database_problem,
    })
}

async fn of_shard(context: &Context, services: &[Service]) -> Result<(OfShard, Option<Ledger>)> {
    // Without PostgreSQL, the report says so elsewhere.
    let newest = past::snapshots(context).await.ok().and_then(|all| all.into_iter().next());
    let ledger = newest.as_ref().and_then(|snapshot| {
        serde_json::from_value::<Ledger>(snapshot.data["ledger"].clone()).ok()
    });
    let snapshot = match newest {
        None => None,
        Some(newest) => Some(snapshot(context, &newest).await?),
    };
    let of_shard = OfShard {
        shard: context.shard.is_tagged().then_some(context.shard.number()),
        engine: engine(context, services).await?,
        snapshot,
        server: server(&context.redis).await?,
        history: history(context).await?,
        ledger: ledger.as_ref().map(words),
    };
    Ok((of_shard, ledger))
}

/// Adds up the ledgers of all shards; none while one of them is unknown.
fn sum(ledgers: Vec<Option<Ledger>>) -> Option<Ledger> {
    let ledgers = ledgers.into_iter().collect::<Option<Vec<Ledger>>>()?;
    ledgers.into_iter().try_fold(Ledger::default(), |sum, one| sum.checked_add(&one).ok())
}

async fn server(redis: &Redis) -> Result<Server> {
    let info = match redis.server_info().await {
        // Some servers forbid INFO.
        Err(Error::Refused(_)) => ServerInfo { is_append_only: true, ..ServerInfo::default() },
        info => info?,
    };
    let problems = [info.eviction_problem(), info.durability_problem()];
    Ok(Server {
        problems: problems.into_iter().flatten().collect(),
        append_only: info.is_append_only,
        eviction_policy: info.eviction_policy,
        version: info.version,
    })
}

async fn history(context: &Context) -> Result<History> {
    let (redis, requests, responses) = (&context.redis, context.requests(), context.responses());
    // In this order: outputs follow from entries that exist already.
    let written = redis.last_id(&responses).await?;
    let info = redis.stream_info(&requests).await?;
    let end = info.map_or(EntryId::MIN, |info| info.last_generated_id);
    let now = now_ms();
    let ahead = [(requests, end), (responses, written)].map(|(stream, last_id)| {
        let ms = last_id.ms.saturating_sub(now);
        (ms > messages::CLOCK_LEAD_MAX_MS).then_some(Ahead { stream, last_id, ms })
    });
    Ok(History {
        hole: info.and_then(|info| info.hole()),
        foreign_output: (written.origin() > end).then_some(written),
        ahead: ahead.into_iter().flatten().collect(),
    })
}

async fn services(redis: &Redis) -> Result<Vec<Service>> {
    let mut services = Vec::new();
    for key in redis.keys(&format!("{SERVICE_KEYS}*"), Some("string")).await? {
        // The key may have expired since.
        let Some(status) = value::<ServiceStatus>(redis, &key).await? else { continue };
        let now = now_ms();
        let uptime_ms = now.saturating_sub(status.started_at_ms);
        let silent_ms = now.saturating_sub(status.timestamp_ms);
        services.push(Service { status, uptime_ms, silent_ms });
    }
    Ok(services)
}

async fn engine(context: &Context, services: &[Service]) -> Result<Engine> {
    let (redis, shard) = (&context.redis, context.shard);
    let epoch = redis.get(&shard.key(ENGINE_EPOCH)).await?;
    let epoch = epoch.and_then(|epoch| epoch.split(' ').next()?.parse().ok());
    let lease = redis.get(&shard.key(ENGINE_LEASE)).await?;
    let holder = lease.as_deref().and_then(|holder| holder.split('/').next());
    let engines = services.iter().map(|s| &s.status).filter(|s| s.name == "engine" && s.ready);
    let (leaders, others): (Vec<_>, Vec<_>) = engines.partition(|s| Some(&*s.instance) == holder);
    // A standby is ready as well, but gives a reason: it follows this shard or another one.
    let standbys = others.into_iter().filter(|s| s.reason.is_some()).collect();
    let names = |of: Vec<&ServiceStatus>| of.into_iter().map(|s| s.instance.clone()).collect();
    let last_output = redis.last_id(&context.responses()).await?;
    Ok(Engine {
        status: value(redis, &shard.key(ENGINE_STATUS)).await?,
        epoch,
        leaders: names(leaders),
        standbys: names(standbys),
        stream_end: redis.last_entry(&context.requests()).await?.map(|entry| entry.id),
        last_output_of: (last_output > EntryId::MIN)
            .then(|| EntryId::new(last_output.ms, last_output.seq >> 32)),
    })
}

async fn snapshot(context: &Context, newest: &past::Snapshot) -> Result<Snapshot> {
    let (redis, stream) = (&context.redis, context.requests());
    let (mut behind, mut after) = (0, newest.last_id);
    let more = loop {
        let page = redis.read_range(&stream, after, PAGE_LEN).await?;
        behind += page.len() as u64;
        match page.last() {
            Some(last) if page.len() == PAGE_LEN => after = last.id,
            _ => break false,
        }
        if behind >= BEHIND_MAX {
            break true;
        }
    };
    let taken_at_ms = unix_ms(newest.taken_at);
    Ok(Snapshot {
        id: newest.id,
        last_stream_id: newest.last_id,
        taken_at_ms,
        age_ms: now_ms().saturating_sub(taken_at_ms),
        bytes: newest.bytes,
        entries_behind: behind,
        more,
    })
}

fn words(ledger: &Ledger) -> Value {
    let difference = ledger.difference();
    json!({
        "deposits": ledger.deposits.to_string(), "balances": ledger.balances.to_string(),
        "locked": ledger.locked.to_string(), "reserved": ledger.reserved.to_string(),
        "house": ledger.house.to_string(), "shortfall": ledger.shortfall.to_string(),
        "fees": ledger.fees.to_string(), "insurance": ledger.insurance.to_string(),
        "difference": difference.to_string(), "differenceInt": difference,
    })
}

async fn prices(redis: &Redis) -> Result<Vec<LastPrice>> {
    let mut prices = Vec::new();
    for symbol in markets::published(redis).await?.symbols() {
        let last: Option<MarketPrice> = value(redis, &last_price_key(symbol)).await?;
        prices.push(LastPrice {
            symbol: symbol.to_string(),
            bid: last.map(|price| price.bid.to_string()),
            ask: last.map(|price| price.ask.to_string()),
            age_ms: last.map(|price| now_ms().saturating_sub(price.timestamp_ms)),
        });
    }
    Ok(prices)
}

async fn dead_letters(redis: &Redis) -> Result<Vec<DeadLetters>> {
    let mut letters = Vec::new();
    for stream in dead_letters::streams(redis) {
        let info = redis.stream_info(&redis.dead_letters(&stream)).await?;
        let length = info.map_or(0, |info| info.length);
        letters.push(DeadLetters { stream, length });
    }
    Ok(letters)
}

/// Reads the JSON value of a key.
async fn value<T: DeserializeOwned>(redis: &Redis, key: &str) -> Result<Option<T>> {
    let Some(text) = redis.get(key).await? else { return Ok(None) };
    serde_json::from_str(&text).map(Some).with_context(|| format!("{key} can't be read"))
}
