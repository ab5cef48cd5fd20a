//! Load test with thousands of clients on one server: the latency of prices, the conflated
//! messages, the cost of a client.
//!
//! Then the same server with 1,000 clients of listen keys and 200 of market streams of the protocol of
//! Binance's futures: the latency of account events and of trades.
//!
//! `VELOX_BENCH_CLIENTS` (2000), `VELOX_BENCH_UPDATES` a second in all (100), `VELOX_BENCH_SECONDS`
//! (20). Server, Redis and all clients share this machine's cores; clients read raw frames, so that
//! what is measured is mostly the server.

#![allow(clippy::unwrap_used, reason = "a benchmark ends by panicking")]
#![allow(clippy::cast_precision_loss, reason = "counts are shown, not computed with")]

use axum::extract::ws::Utf8Bytes;
use devstack::servers::processes::processor_time;
use devstack::servers::{RedisServer, free_port};
use futures_util::{SinkExt as _, StreamExt as _};
use messages::{
    AccountState, AdjustBalance, Attribution, EntryId, Event, EventKind, MarketPrice,
    RESPONSE_STREAM, StreamMessage as _, Trade, UserId, market_channel,
};
use realtime::protocol;
use session::ListenKeys;
use std::hint::black_box;
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use testkit::report::{Limit, Report, Times};
use testkit::stack::eventually;
use testkit::symbols::{SYMBOLS, publish_shipped};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;
use uuid::Uuid;

/// The clients of listen keys, each with an account of its own.
const BEARERS: u64 = 1_000;

/// The clients of a market stream.
const WATCHERS: u64 = 200;

struct Server {
    child: Child,
    port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    async fn start(redis: &RedisServer) -> Self {
        let (port, metrics_port) = (free_port(), free_port());
        let child = Command::new(env!("CARGO_BIN_EXE_realtime"))
            .env("REDIS_URL", redis.url())
            .env("JWT_SECRET", "a secret that is long enough for benchmarks")
            .env("WS_HOST", "127.0.0.1")
            .env("WS_PORT", port.to_string())
            .env("WS_CONNECTIONS_PER_ADDRESS_MAX", "100000")
            .env("WS_CONNECTIONS_MAX", "100000")
            .env("WS_PING_INTERVAL_MS", "600000")
            .env("METRICS_PORT", metrics_port.to_string())
            .env("RUST_LOG", "warn")
            .spawn()
            .unwrap();
        let server = Self { child, port };
        eventually("the server listens", async || {
            let ready = reqwest::get(format!("http://127.0.0.1:{metrics_port}/readyz")).await;
            ready.is_ok_and(|answer| answer.status().is_success())
        })
        .await;
        server
    }

    /// The resident memory in KiB.
    fn memory_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    fn processor_time(&self) -> Duration {
        processor_time(self.child.id()).unwrap()
    }
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

fn price(n: u64, timestamp: u64) -> MarketPrice {
    let symbol = SYMBOLS[usize::try_from(n).unwrap() % SYMBOLS.len()];
    let (price, qty) = ("92046.5".parse().unwrap(), "0.5".parse().unwrap());
    let trade = Trade { symbol, trade_id: n + 1, price, qty, time_us: 1_703_001_234_000_000 };
    let (bid, ask) = ("92000.5".parse().unwrap(), "92092.5".parse().unwrap());
    MarketPrice { bid, ask, timestamp_ms: timestamp, trade, disputed: None, run: None }
}

/// Connects a client of the protocol of Binance's futures to a path.
async fn connect_to(port: u16, path: &str) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let url = format!("ws://127.0.0.1:{port}{path}");
    client_async(url, stream).await.unwrap().0.into_inner()
}

async fn connect(port: u16, n: u64) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let (mut socket, _) = client_async(format!("ws://127.0.0.1:{port}/"), stream).await.unwrap();
    let hello = format!(r#"{{"type":"hello","clientId":"{n}"}}"#);
    socket.send(Message::text(hello)).await.unwrap();
    socket.next().await.unwrap().unwrap();
    socket.into_inner()
}

/// Reads frames until told to stop; returns the latencies (µs) of those with a time, which follows
/// `name`.
async fn read(
    mut stream: TcpStream,
    name: &'static str,
    began: Instant,
    stop: Arc<AtomicBool>,
) -> Vec<u32> {
    let mut latencies = Vec::new();
    let mut buffer = Vec::with_capacity(16 * 1024);
    while !stop.load(Ordering::Relaxed) {
        let read = tokio::time::timeout(Duration::from_millis(500), stream.read_buf(&mut buffer));
        match read.await {
            Err(_) => continue,
            Ok(outcome) => assert!(outcome.unwrap() > 0, "the server closed a connection"),
        }
        let now = u64::try_from(began.elapsed().as_micros()).unwrap();
        let mut at = 0;
        // An unmasked text frame: 0x81, a length of one or three bytes, the text.
        while buffer.len() >= at + 4 {
            let (start, len) = match buffer[at + 1] {
                126 => (at + 4, usize::from(u16::from_be_bytes([buffer[at + 2], buffer[at + 3]]))),
                len => (at + 2, usize::from(len)),
            };
            let Some(text) = buffer.get(start..start + len) else { break };
            at = start + len;
            let text = std::str::from_utf8(text).unwrap();
            if let Some((_, sent)) = text.split_once(name) {
                let end = sent.find(|c: char| !c.is_ascii_digit()).unwrap();
                let sent: u64 = sent[..end].parse().unwrap();
                latencies.push(u32::try_from(now.saturating_sub(sent)).unwrap());
            }
        }
        buffer.drain(..at);
    }
    latencies
}

fn compare_encodings(report: &Report, clients: u64) {
    let update = price(1, 1_703_001_234_567);
    let text = Utf8Bytes::from(protocol::price_update(&update));
    let time = |work: &dyn Fn()| {
        let run = |_| {
            let started = Instant::now();
            work();
            started.elapsed()
        };
        Times::of((0..15).map(run).collect()).p50
    };
    let each = time(&|| {
        for _ in 0..clients {
            black_box(Utf8Bytes::from(protocol::price_update(black_box(&update))));
        }
    });
    let once = time(&|| {
        black_box(Utf8Bytes::from(protocol::price_update(black_box(&update))));
        for _ in 0..clients {
            black_box(black_box(&text).clone());
        }
    });
    for (what, took) in [("made for each", each), ("made once and shared", once)] {
        let what = format!("text of one price for {clients} clients, {what}");
        report.row(&what, took.as_secs_f64() * 1e6, "µs", &Limit::None);
    }
}

#[tokio::main]
async fn main() {
    let clients = setting("VELOX_BENCH_CLIENTS", 2_000);
    let (rate, seconds) = (setting("VELOX_BENCH_UPDATES", 100), setting("VELOX_BENCH_SECONDS", 20));
    let redis = RedisServer::private().unwrap();
    let streams = streams::Redis::new(&redis.url()).unwrap();
    publish_shipped(&streams).await;
    let server = Server::start(&redis).await;
    let idle_kib = server.memory_kib();
    let (began, stop) = (Instant::now(), Arc::new(AtomicBool::new(false)));
    let mut readers = JoinSet::new();
    for n in 1..clients {
        let client = connect(server.port, n).await;
        readers.spawn(read(client, r#""timestamp":"#, began, Arc::clone(&stop)));
    }
    // A client that never reads.
    let stalled = connect(server.port, 0).await;
    let connected_kib = server.memory_kib();

    let cpu_before = server.processor_time();
    let mut beat = tokio::time::interval(Duration::from_secs(1) / u32::try_from(rate).unwrap());
    for n in 0..rate * seconds {
        beat.tick().await;
        let update = price(n, u64::try_from(began.elapsed().as_micros()).unwrap());
        let mut batch = streams.batch();
        batch.publish(&market_channel(update.trade.symbol), &update.to_json());
        batch.send().await.unwrap();
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (loaded_kib, cpu) =
        (server.memory_kib(), server.processor_time().saturating_sub(cpu_before));
    stop.store(true, Ordering::Relaxed);
    let latencies: Vec<u32> = readers.join_all().await.into_iter().flatten().collect();
    drop(stalled);
    let (expected, received) = (rate * seconds * (clients - 1), latencies.len() as u64);
    let report = Report::start(&format!(
        "One realtime server, {clients} clients (one never reads), {rate} updates a second"
    ));
    let latencies = latencies.into_iter().map(|us| Duration::from_micros(us.into())).collect();
    report.times("publish to receipt", latencies, &Limit::None, &Limit::None);
    let lost = expected.saturating_sub(received);
    report.note(&format!("{received} of {expected} received, {lost} conflated into later ones"));
    for (what, kib) in [("idle", connected_kib), ("under load", loaded_kib)] {
        let each = (kib - idle_kib) as f64 / clients as f64;
        report.row(&format!("memory a client, {what}"), each, "KiB", &Limit::None);
    }
    let used = 100.0 * cpu.as_secs_f64() / Duration::from_secs(seconds).as_secs_f64();
    report.row("the server's processor time of one core", used, "%", &Limit::None);
    compare_encodings(&report, clients);
    serve_bots(&report, &server, &streams, (rate, seconds)).await;
}

const fn bearer(n: u64) -> UserId {
    UserId(Uuid::from_u128(n as u128 + 1))
}

/// An event of an account, told at this time (µs).
fn adjusted(n: u64, sequence: u64, timestamp_ms: u64) -> Event {
    let amount = "1".parse().unwrap();
    let attribution = Attribution { by: "bench".to_owned(), reason: "load".to_owned() };
    let kind = EventKind::BalanceAdjusted(AdjustBalance { amount, attribution });
    let account = AccountState { balance: amount, used_margin: amount, reserved: amount, sequence };
    let (request_id, execution, user_id) = (None, None, bearer(n));
    Event { request_id, user_id, timestamp_ms, account, kind, execution }
}

/// Measures clients of the protocol of Binance's futures: every bearer gets `rate` events in turn.
async fn serve_bots(
    report: &Report,
    server: &Server,
    streams: &streams::Redis,
    (rate, seconds): (u64, u64),
) {
    let (began, stop) = (Instant::now(), Arc::new(AtomicBool::new(false)));
    let keys = ListenKeys::new(streams.clone());
    let (mut bearers, mut watchers) = (JoinSet::new(), JoinSet::new());
    let before_kib = server.memory_kib();
    for n in 0..BEARERS {
        let api_key = Uuid::from_u128(u128::from(n));
        let key = keys.open(bearer(n), bearer(n), api_key, 0).await.unwrap();
        let client = connect_to(server.port, &format!("/binance/ws/{key}")).await;
        bearers.spawn(read(client, r#""T":"#, began, Arc::clone(&stop)));
    }
    for _ in 0..WATCHERS {
        let client = connect_to(server.port, "/binance/ws/btcusdt@trade").await;
        watchers.spawn(read(client, r#""T":"#, began, Arc::clone(&stop)));
    }
    let connected_kib = server.memory_kib();
    let cpu_before = server.processor_time();
    let mut beat = tokio::time::interval(Duration::from_secs(1) / u32::try_from(rate).unwrap());
    let now_us = || u64::try_from(began.elapsed().as_micros()).unwrap();
    for n in 0..rate * seconds {
        beat.tick().await;
        let mut batch = streams.batch();
        let mut update = price(3 * (1_000_000_000 + n), 0);
        update.trade.time_us = now_us() * 1_000;
        batch.publish(&market_channel(update.trade.symbol), &update.to_json());
        let event = adjusted(n % BEARERS, n / BEARERS + 1, now_us());
        batch.append_at(RESPONSE_STREAM, EntryId::new(1 + n, 0), &event.encode());
        batch.send().await.unwrap();
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let cpu = server.processor_time().saturating_sub(cpu_before);
    stop.store(true, Ordering::Relaxed);
    let what =
        format!("{BEARERS} clients of listen keys, {WATCHERS} of trades, {rate} of each a second");
    report.note(&what);
    for (what, readers, copies) in
        [("account event to receipt", bearers, 1), ("trade to receipt", watchers, WATCHERS)]
    {
        let latencies: Vec<u32> = readers.join_all().await.into_iter().flatten().collect();
        let (expected, received) = (rate * seconds * copies, latencies.len());
        let latencies = latencies.into_iter().map(|us| Duration::from_micros(us.into())).collect();
        report.times(what, latencies, &Limit::None, &Limit::None);
        report.note(&format!("{received} of {expected} received"));
    }
    let each = connected_kib.saturating_sub(before_kib) as f64 / (BEARERS + WATCHERS) as f64;
    report.row("memory a client of a bot", each, "KiB", &Limit::None);
    let used = 100.0 * cpu.as_secs_f64() / Duration::from_secs(seconds).as_secs_f64();
    report.row("the server's processor time of one core", used, "%", &Limit::None);
}
