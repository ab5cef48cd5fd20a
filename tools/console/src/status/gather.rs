//! Collects the report from Redis and PostgreSQL.

use super::{Ahead, DeadLetters, Engine, History, LastPrice, Report, Server, Service, Snapshot};
use crate::context::Context;
use crate::dead_letters;
use crate::history as past;
use crate::streams_table;
use crate::timescale::{self, Job};
use crate::words::{now_ms, unix_ms};
use anyhow::{Context as _, Result};
use exchange::Ledger;
use messages::{
    ENGINE_STATUS, EntryId, FEED_STATUS, MarketPrice, REQUEST_STREAM, RESPONSE_STREAM,
    SERVICE_KEYS, ServiceStatus, dead_letter_stream, last_price_key,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sqlx::PgPool;
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
    let (newest, timescaledb_jobs, database_problem) = match database(&context.pool).await {
        Ok((newest, jobs)) => (newest, jobs, None),
        Err(error) => (None, Vec::new(), Some(format!("{error:#}"))),
    };
    let ledger = newest.as_ref().and_then(|snapshot| ledger(&snapshot.data));
    let snapshot = match newest {
        None => None,
        Some(newest) => Some(snapshot(redis, &newest).await?),
    };
    let groups = streams_table::survey(redis).await?.into_iter().flat_map(|s| s.groups).collect();
    Ok(Report {
        well: false,
        problems: Vec::new(),
        engine: engine(redis, &services).await?,
        services,
        groups,
        snapshot,
        feed: value(redis, FEED_STATUS).await?,
        prices: prices(redis).await?,
        dead_letters: dead_letters(redis).await?,
        server: server(redis).await?,
        history: history(redis).await?,
        timescaledb_jobs,
        ledger,
        database_problem,
    })
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

async fn history(redis: &Redis) -> Result<History> {
    // In this order: outputs follow from entries that exist already.
    let written = redis.last_id(RESPONSE_STREAM).await?;
    let requests = redis.stream_info(REQUEST_STREAM).await?;
    let end = requests.map_or(EntryId::MIN, |info| info.last_generated_id);
    let now = now_ms();
    let ahead = [(REQUEST_STREAM, end), (RESPONSE_STREAM, written)].map(|(stream, last_id)| {
        let ms = last_id.ms.saturating_sub(now);
        (ms > messages::CLOCK_LEAD_MAX_MS).then_some(Ahead { stream, last_id, ms })
    });
    Ok(History {
        hole: requests.and_then(|info| info.hole()),
        foreign_output: (written.origin() > end).then_some(written),
        ahead: ahead.into_iter().flatten().collect(),
    })
}

/// Reads the newest snapshot and TimescaleDB's jobs.
async fn database(pool: &PgPool) -> Result<(Option<past::Snapshot>, Vec<Job>)> {
    let newest = past::snapshots(pool).await?.into_iter().next();
    Ok((newest, timescale::jobs(pool).await?))
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

async fn engine(redis: &Redis, services: &[Service]) -> Result<Engine> {
    let epoch = redis.get(ENGINE_EPOCH).await?;
    let epoch = epoch.and_then(|epoch| epoch.split(' ').next()?.parse().ok());
    // A standby is ready as well, but gives a reason.
    let engines = services.iter().map(|s| &s.status).filter(|s| s.name == "engine" && s.ready);
    let (leaders, standbys): (Vec<_>, Vec<_>) = engines.partition(|s| s.reason.is_none());
    let names = |of: Vec<&ServiceStatus>| of.into_iter().map(|s| s.instance.clone()).collect();
    let last_output = redis.last_id(RESPONSE_STREAM).await?;
    Ok(Engine {
        status: value(redis, ENGINE_STATUS).await?,
        epoch,
        leaders: names(leaders),
        standbys: names(standbys),
        stream_end: redis.last_entry(REQUEST_STREAM).await?.map(|entry| entry.id),
        last_output_of: (last_output > EntryId::MIN)
            .then(|| EntryId::new(last_output.ms, last_output.seq >> 32)),
    })
}

async fn snapshot(redis: &Redis, newest: &past::Snapshot) -> Result<Snapshot> {
    let (mut behind, mut after) = (0, newest.last_id);
    let more = loop {
        let page = redis.read_range(REQUEST_STREAM, after, PAGE_LEN).await?;
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

fn ledger(data: &Value) -> Option<Value> {
    let ledger: Ledger = serde_json::from_value(data["ledger"].clone()).ok()?;
    let difference = ledger.difference();
    Some(json!({
        "deposits": ledger.deposits.to_string(), "balances": ledger.balances.to_string(),
        "locked": ledger.locked.to_string(), "reserved": ledger.reserved.to_string(),
        "house": ledger.house.to_string(), "shortfall": ledger.shortfall.to_string(),
        "fees": ledger.fees.to_string(), "insurance": ledger.insurance.to_string(),
        "difference": difference.to_string(), "differenceInt": difference,
    }))
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
    for stream in dead_letters::STREAMS {
        let info = redis.stream_info(&dead_letter_stream(stream)).await?;
        let length = info.map_or(0, |info| info.length);
        letters.push(DeadLetters { stream: stream.to_owned(), length });
    }
    Ok(letters)
}

/// Reads the JSON value of a key.
async fn value<T: DeserializeOwned>(redis: &Redis, key: &str) -> Result<Option<T>> {
    let Some(text) = redis.get(key).await? else { return Ok(None) };
    serde_json::from_str(&text).map(Some).with_context(|| format!("{key} can't be read"))
}
