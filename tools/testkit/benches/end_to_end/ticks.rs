//! Measures the rate at which the engine reads `request:stream`, beside a program that reads the
//! same entries and does nothing with them.

use crate::floor::{append, long, register, tick};
use messages::{ENGINE_STATUS, EngineState, EngineStatus, REQUEST_STREAM, RESPONSE_STREAM};
use redis::Connection;
use redis::streams::StreamReadOptions;
use redis::{Commands as _, Value};
use std::time::{Duration, Instant};
use testkit::report::{Limit, Report};
use testkit::stack::{Service, Stack, eventually};

const USERS: u64 = 1_000;
const POSITIONS: u64 = 100_000;

/// The number of ticks in one round. The script that writes them must not block Redis for as long
/// as an engine may be silent.
const TICKS: usize = 50_000;

const ROUNDS: usize = 9;

/// The engine's own batch size.
const READ_AT_ONCE: usize = 1_000;

/// Writes this many ticks at once, so that a reader finds all of them in the stream.
const WRITE: &str = r"
local ticks = #ARGV - 1
for n = 1, tonumber(ARGV[1]) do
  redis.call('XADD', KEYS[1], '*', unpack(cjson.decode(ARGV[1 + (n % ticks) + 1])))
end
";

pub async fn measure(report: &Report) {
    let (live, replay) = ("ticks through Redis, 100,000 open", "replay through Redis");
    if !report.wants(live) && !report.wants(replay) {
        return;
    }
    let mut stack = Stack::new(&[
        ("MAX_OPEN_POSITIONS", "1000000"),
        ("STALE_PRICE_MS", "86400000"),
        // No snapshots, so that the replay covers everything.
        ("SNAPSHOT_INTERVAL_MS", "86400000"),
    ])
    .await;
    stack.start(Service::Engine).await;
    append(&stack, [tick(10_000_000)]).await;
    append(&stack, (0..USERS).map(register)).await;
    append(&stack, (0..POSITIONS).map(|n| long(n % USERS, n, 5))).await;
    let outputs = USERS + POSITIONS;
    eventually("all are open", async || stack.stream_len(RESPONSE_STREAM).await == outputs).await;

    let client = redis::Client::open(stack.redis.url()).unwrap();
    let mut connection = client.get_connection().unwrap();
    let mut rates = Vec::new();
    for round in 0..ROUNDS {
        let before = last_id(&mut connection);
        write_ticks(&mut connection);
        let marker = long(0, POSITIONS + round as u64, 5);
        let started = Instant::now();
        append(&stack, [marker]).await;
        let expected = outputs + 1 + round as u64;
        while length(&mut connection, RESPONSE_STREAM) < expected {}
        let engine = started.elapsed();
        let bare = read_bare(&mut connection, &before);
        rates.push((engine, bare));
    }
    rates.sort_by_key(|(engine, _)| *engine);
    let (engine, _) = rates[ROUNDS / 2];
    rates.sort_by_key(|(_, bare)| *bare);
    let (_, bare) = rates[ROUNDS / 2];
    let per_second = |time: Duration| TICKS as f64 / time.as_secs_f64();
    report.row(live, per_second(engine), "/s", &Limit::AtLeast(0.7 * per_second(bare)));
    report.note("the target is 70 % of the rate of a bare XREAD loop");

    replay_all(report, replay, &mut stack, &mut connection);
}

fn replay_all(report: &Report, what: &str, stack: &mut Stack, connection: &mut Connection) {
    stack.kill(Service::Engine);
    let entries = length(connection, REQUEST_STREAM);
    let started = Instant::now();
    read_bare(connection, "0-0");
    let bare = started.elapsed();
    let _: () = connection.del(ENGINE_STATUS).unwrap();
    let started = Instant::now();
    stack.spawn(Service::Engine);
    loop {
        let status: Option<String> = connection.get(ENGINE_STATUS).unwrap();
        let status = status.and_then(|json| serde_json::from_str::<EngineStatus>(&json).ok());
        if status.is_some_and(|status| status.status == EngineState::Ready) {
            break;
        }
    }
    let engine = started.elapsed();
    let per_second = |time: Duration| entries as f64 / time.as_secs_f64();
    report.row(what, per_second(engine), "/s", &Limit::AtLeast(per_second(bare) / 2.0));
    report.note("the target is half the rate of a bare XREAD loop; the engine's start is included");
}

fn write_ticks(connection: &mut Connection) {
    let mut script = redis::cmd("EVAL");
    script.arg(WRITE).arg(1).arg(REQUEST_STREAM).arg(TICKS);
    for n in 0..64_u64 {
        let fields = tick(10_000_000 + n * 7_919 % 50_000);
        let fields: Vec<&str> = fields
            .iter()
            .flat_map(|(name, value)| [name, std::str::from_utf8(value).unwrap()])
            .collect();
        script.arg(serde_json::to_string(&fields).unwrap());
    }
    script.exec(connection).unwrap();
}

/// Reads from an entry to the end of the stream; returns the time taken.
fn read_bare(connection: &mut Connection, after: &str) -> Duration {
    let started = Instant::now();
    let (mut after, options) = (after.to_owned(), StreamReadOptions::default().count(READ_AT_ONCE));
    loop {
        let read: Value = connection.xread_options(&[REQUEST_STREAM], &[&after], &options).unwrap();
        let Some(last) = last_of(&read) else { return started.elapsed() };
        after = last;
    }
}

/// The id of the last entry that was read.
fn last_of(read: &Value) -> Option<String> {
    let array = |value: &Value| match value {
        Value::Array(items) => items.clone(),
        _ => Vec::new(),
    };
    let Value::Array(streams) = read else { return None };
    let Value::Array(stream) = streams.first()? else { return None };
    let Value::Array(entries) = stream.get(1)? else { return None };
    match array(entries.last()?).first()? {
        Value::BulkString(id) => Some(String::from_utf8(id.clone()).unwrap()),
        other => panic!("{other:?} is no id"),
    }
}

fn last_id(connection: &mut Connection) -> String {
    let info: redis::streams::StreamInfoStreamReply =
        connection.xinfo_stream(REQUEST_STREAM).unwrap();
    info.last_generated_id
}

fn length(connection: &mut Connection, stream: &str) -> u64 {
    connection.xlen(stream).unwrap()
}
