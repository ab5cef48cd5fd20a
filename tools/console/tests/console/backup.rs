//! A backup of a trading stack, and its restore on other servers.

use crate::scene::{Empty, velox, velox_on};
use devstack::servers::RedisServer;
use messages::{
    Event, Fields, PriceUpdate, REQUEST_STREAM, RESPONSE_STREAM, RegisterUser, Request,
    RequestEntry, StreamMessage as _, UserId,
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use testkit::stack::{Service, Stack, eventually};
use testkit::symbols::BTC;
use testkit::trader::Trader;
use tokio::task::JoinSet;

/// Settings: simulated prices a hundred times a second, and frequent snapshots.
const SETTINGS: [(&str, &str); 6] = [
    ("PRICE_FEED", "sim"),
    ("SIM_RATE", "50"),
    ("SNAPSHOT_INTERVAL_MS", "150"),
    ("SNAPSHOT_DELAY_MS", "100"),
    ("SNAPSHOTS_KEPT", "10000"),
    ("PASSWORD_HASH_CONCURRENCY", "2"),
];

/// Simulates traders who open and close orders, and users who sign up, until told to stop.
struct Crowd {
    stop: Arc<AtomicBool>,
    orders: Arc<AtomicU32>,
    newcomers: Arc<AtomicU32>,
    tasks: JoinSet<()>,
}

impl Crowd {
    async fn gather(stack: &Stack) -> Self {
        let (stop, orders) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
        let mut tasks = JoinSet::new();
        for n in 1..=3 {
            let trader = stack.trader(n).await;
            tasks.spawn(trade(trader, Arc::clone(&stop), Arc::clone(&orders)));
        }
        let newcomers = Arc::new(AtomicU32::new(0));
        let (url, until) = (stack.api_url(), Arc::clone(&stop));
        let arrived = Arc::clone(&newcomers);
        tasks.spawn(async move {
            for n in 100.. {
                if until.load(Ordering::Relaxed) {
                    return;
                }
                let newcomer = Trader::sign_up(&url, n).await;
                let another = Some(json!({ "name": "Another" }));
                let opened = newcomer.request(Method::POST, "/accounts", another).await;
                assert_eq!(opened.0, StatusCode::CREATED, "{}", opened.1);
                arrived.fetch_add(1, Ordering::Relaxed);
                open_and_close(&newcomer).await;
            }
        });
        Self { stop, orders, newcomers, tasks }
    }

    async fn go_home(mut self) {
        self.stop.store(true, Ordering::Relaxed);
        while let Some(ended) = self.tasks.join_next().await {
            ended.unwrap();
        }
    }
}

async fn trade(trader: Trader, stop: Arc<AtomicBool>, orders: Arc<AtomicU32>) {
    while !stop.load(Ordering::Relaxed) {
        open_and_close(&trader).await;
        orders.fetch_add(1, Ordering::Relaxed);
    }
}

/// A price may close the order first.
async fn open_and_close(trader: &Trader) {
    let body = json!({"asset": "BTCUSDT", "orderType": "LONG", "leverage": 20, "qty": 0.001});
    let (_, body) = trader.open(body).await;
    if let Some(order) = body["order"]["orderId"].as_str() {
        trader.close(order).await;
    }
}

async fn start_all(stack: &mut Stack) {
    for service in Service::ALL {
        stack.start(service).await;
    }
}

/// The rows of a query, as text.
async fn rows(stack: &Stack, query: &'static str) -> Vec<String> {
    sqlx::query_scalar(query).fetch_all(&stack.pool).await.unwrap()
}

const CLOSED: &str = r#"select row_to_json(o)::text from closed_orders o order by "orderId""#;
const USERS: &str = "select row_to_json(u)::text from users u order by id";
const ACCOUNTS: &str = "select account_id::text from accounts";

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_a_stack_that_trades_is_the_same_stack_elsewhere() {
    let mut stack = Stack::new(&SETTINGS).await;
    stack.keep_logs();
    start_all(&mut stack).await;
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("backup");
    let dir = dir.to_str().unwrap();
    let crowd = Crowd::gather(&stack).await;
    let orders = Arc::clone(&crowd.orders);
    eventually("there is trade", async || orders.load(Ordering::Relaxed) > 20).await;
    let newcomers = Arc::clone(&crowd.newcomers);
    eventually("somebody comes", async || newcomers.load(Ordering::Relaxed) > 0).await;
    // Rows are late: some of the events are written, but not all.
    stack.pause(Service::DbWorker);
    let then = orders.load(Ordering::Relaxed);
    eventually("more trade", async || orders.load(Ordering::Relaxed) > then + 10).await;

    let said = velox(&stack, &["backup", dir, "--json"]).ends_with(0);
    let manifest: Value = serde_json::from_str(&said.text).unwrap();
    stack.resume(Service::DbWorker);
    let then = orders.load(Ordering::Relaxed);
    eventually("trade goes on", async || orders.load(Ordering::Relaxed) > then + 10).await;
    crowd.go_home().await;
    everything_is_stored(&stack).await;
    velox(&stack, &["backup", dir]).ends_with(2).complains_of("is not empty");

    // The original state, at the watermark.
    let watermark = manifest["shards"][0]["watermark"].as_str().unwrap();
    let replayed = velox(&stack, &["replay", "--json", "--from", watermark, "--to", watermark]);
    let original = replayed.ends_with(0).documents().pop().unwrap();
    assert_eq!(original["stateHash"], manifest["shards"][0]["stateHash"]);

    let target = Empty::new();
    target
        .velox(&["restore", dir])
        .ends_with(0)
        .shows(watermark)
        .shows(manifest["shards"][0]["stateHash"].as_str().unwrap())
        .shows("start only the engine");
    target.velox(&["restore", dir]).ends_with(2).complains_of("the servers are not empty");
    compare(&stack, target, &manifest).await;
}

/// Starts an engine and the worker on the restored servers, without prices, and compares everything
/// with the original.
async fn compare(stack: &Stack, target: Empty, manifest: &Value) {
    let watermark = manifest["shards"][0]["watermark"].as_str().unwrap().parse().unwrap();
    let Empty { redis, postgres } = target;
    check_streams(&redis, manifest).await;
    let mut restored = Stack::around(redis, postgres, &SETTINGS).await;
    restored.keep_logs();
    restored.start(Service::Engine).await;
    restored.start(Service::DbWorker).await;
    everything_is_stored(&restored).await;
    assert!(restored.stop(Service::Engine));
    let snapshots = velox(&restored, &["snapshots", "list", "--json"]).ends_with(0);
    let snapshots: Value = serde_json::from_str(&snapshots.text).unwrap();
    assert_eq!(snapshots[0]["lastStreamId"], manifest["shards"][0]["watermark"]);
    assert_eq!(snapshots[0]["data"]["stateHash"], manifest["shards"][0]["stateHash"]);

    // The same entries and events: every row of the original up to this time.
    let entries = stack.entries::<RequestEntry>(REQUEST_STREAM).await;
    let before: Vec<_> = entries.into_iter().filter(|(id, _)| *id <= watermark).collect();
    assert_eq!(restored.entries::<RequestEntry>(REQUEST_STREAM).await, before);
    // An order closed in the watermark's millisecond may come before or after it.
    let time = time_of(watermark.ms);
    let closed = rows(stack, CLOSED).await.into_iter();
    let until_then: Vec<_> = closed.filter(|row| closed_at(row) < time).collect();
    assert!(until_then.len() > 20, "{}", until_then.len());
    let mut stored = rows(&restored, CLOSED).await;
    assert!(stored.iter().all(|row| closed_at(row) <= time));
    stored.retain(|row| closed_at(row) < time);
    assert_eq!(stored.len(), until_then.len());
    assert_eq!(stored, until_then);
    let users = rows(&restored, USERS).await;
    let original = rows(stack, USERS).await;
    assert!(users.len() > 3, "{}", users.len());
    assert!(users.iter().all(|user| original.contains(user)), "{users:?} of {original:?}");
    let accounts = snapshots[0]["data"]["accounts"].as_u64().unwrap();
    let owned = rows(&restored, ACCOUNTS).await.len();
    assert!(owned > users.len(), "{owned} accounts of {} users", users.len());
    assert!(accounts <= owned as u64, "every account has an owner who can sign in");
    let events = restored.entries::<Event>(RESPONSE_STREAM).await;
    assert!(events.iter().all(|(id, _)| *id <= watermark.output(u32::MAX)), "nothing of later");
}

/// Checks that each stream and each of its groups continues at its position.
async fn check_streams(redis: &RedisServer, manifest: &Value) {
    let redis = streams::Redis::new(&redis.url()).unwrap();
    let copies = manifest["streams"].as_array().unwrap();
    assert!(copies.len() >= 4, "{copies:?}");
    for copy in copies {
        let name = copy["name"].as_str().unwrap();
        let info = redis.stream_info(name).await.unwrap().unwrap();
        assert_eq!(copy["lastGenerated"], info.last_generated_id.to_string(), "{name}");
        assert_eq!(copy["entriesAdded"], info.entries_added, "{name}");
        assert_eq!(copy["entries"], info.length, "{name}");
        for (copied, group) in
            copy["groups"].as_array().unwrap().iter().zip(redis.groups(name).await.unwrap())
        {
            assert_eq!(copied["lastDelivered"], group.last_delivered.to_string(), "{name}");
            // Entries trimmed meanwhile are acknowledged.
            let pending = copied["pending"].as_array().unwrap().len() as u64;
            assert!(group.pending <= pending, "{name}: {} of {pending}", group.pending);
            assert!(pending == 0 || group.pending > 0, "{name}");
        }
    }
}

async fn everything_is_stored(stack: &Stack) {
    eventually("everything is stored", async || {
        let groups = stack.streams.groups(RESPONSE_STREAM).await.unwrap();
        groups.iter().any(|group| group.lag == Some(0) && group.pending == 0)
    })
    .await;
}

/// PostgreSQL's text of a time, for comparisons as text.
fn time_of(unix_ms: u64) -> String {
    let seconds = i64::try_from(unix_ms / 1_000).unwrap();
    let t = sqlx::types::time::OffsetDateTime::from_unix_timestamp(seconds).unwrap();
    let (date, time) = (t.date(), t.time());
    let (h, m, s) = time.as_hms();
    let ms = format!("{:03}", unix_ms % 1_000);
    format!("{date}T{h:02}:{m:02}:{s:02}.{ms}")
}

fn closed_at(row: &str) -> String {
    let row: Value = serde_json::from_str(row).unwrap();
    let text = row["closedAt"].as_str().unwrap();
    let (moment, _zone) = text.split_at(text.find('+').unwrap());
    // PostgreSQL omits trailing zeros.
    let (second, fraction) = moment.split_once('.').unwrap_or((moment, ""));
    format!("{second}.{fraction:0<3}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_was_touched_is_refused_and_a_full_server_is_spared() {
    let mut stack = Stack::new(&SETTINGS).await;
    // Most of the history is trimmed.
    stack.set("SNAPSHOTS_KEPT", "30");
    stack.keep_logs();
    stack.start(Service::Engine).await;
    stack.start(Service::HttpGateway).await;
    stack.trader(1).await;
    stack.start(Service::PricePoller).await;
    eventually("the stream is trimmed", async || {
        let info = stack.streams.stream_info(REQUEST_STREAM).await.unwrap().unwrap();
        info.entries_added > info.length
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("backup");
    let dir = path.to_str().unwrap();
    let said = velox(&stack, &["backup", dir]).ends_with(0).shows("state hash");
    assert!(said.text.contains("request-stream.ndjson.zst"), "{}", said.text);
    // Running services would continue on the restored data.
    velox(&stack, &["restore", dir, "--force"]).ends_with(2).complains_of("services are running");

    let target = Empty::new();
    damage(&path.join("request-stream.ndjson.zst"));
    target.velox(&["restore", dir]).ends_with(2).complains_of("it is damaged");
    damage(&path.join("request-stream.ndjson.zst"));
    let manifest = fs::read(path.join("manifest.json")).unwrap();
    fs::remove_file(path.join("manifest.json")).unwrap();
    target.velox(&["restore", dir]).ends_with(2).complains_of("not a complete backup");
    fs::write(path.join("manifest.json"), manifest).unwrap();
    target.velox(&["restore", "/no/such/folder"]).ends_with(1).complains_of("is not a folder");

    // Existing data is deleted only with --force.
    let redis = streams::Redis::new(&target.redis.url()).unwrap();
    redis.append("mine:stream", &Fields::from_iter([("a".to_owned(), vec![255])])).await.unwrap();
    target.velox(&["restore", dir]).ends_with(2).complains_of("1 keys in Redis, 0 tables");
    assert!(redis.stream_info("mine:stream").await.unwrap().is_some());
    target.velox(&["restore", dir, "--force"]).ends_with(0);
    assert!(redis.stream_info("mine:stream").await.unwrap().is_none());
    target.velox(&["restore", dir, "--force"]).ends_with(0);
    // A backup of the restored servers is equivalent.
    let second = folder.path().join("second");
    let second = second.to_str().unwrap();
    target.velox(&["backup", second]).ends_with(0);
    let target = Empty::new();
    target.velox(&["restore", second]).ends_with(0);
    velox_on(
        &target.redis.url(),
        &target.postgres.url(),
        &["account", "show", "trader1@example.com"],
    )
    .ends_with(0)
    .shows("1000");
}

/// A user who signs up during the dump is in the stream but not in the dump.
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_ends_before_an_account_whose_owner_is_not_in_it() {
    let mut stack = Stack::new(&SETTINGS).await;
    stack.keep_logs();
    stack.start(Service::Engine).await;
    // An account of a user who is in the dump, and not the first one.
    let known: sqlx::types::Uuid = sqlx::query_scalar(
        "with owner as (
             insert into users (id, email, phone, password)
             values (gen_random_uuid(), 'you@example.com', 15550100000, '') returning id
         )
         insert into accounts (account_id, user_id, name)
         select gen_random_uuid(), id, 'Another' from owner returning account_id",
    )
    .fetch_one(&stack.pool)
    .await
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("backup");
    // The dump begins after the streams are copied.
    let (redis, begun) = (stack.streams.clone(), dir.join("database.dump"));
    let sign_ups = tokio::spawn(async move {
        while !begun.exists() {
            let mut batch = redis.batch();
            for _ in 0..9 {
                batch.append(REQUEST_STREAM, &price());
            }
            batch.append(REQUEST_STREAM, &sign_up(known));
            batch.append(REQUEST_STREAM, &sign_up(sqlx::types::Uuid::now_v7()));
            batch.send().await.unwrap();
        }
    });
    eventually("there are some", async || stack.stream_len(REQUEST_STREAM).await > 100).await;
    let said = velox(&stack, &["backup", dir.to_str().unwrap(), "--json"]).ends_with(0);
    sign_ups.await.unwrap();
    let manifest: Value = serde_json::from_str(&said.text).unwrap();
    let watermark = manifest["shards"][0]["watermark"].as_str().unwrap().parse().unwrap();
    let next = stack.streams.read_range(REQUEST_STREAM, watermark, 1).await.unwrap();
    let next = RequestEntry::decode(&next[0].fields).unwrap().request;
    assert!(matches!(next, Request::RegisterUser(id, _) if id.0 != known), "{next:?}");
    Empty::new().velox(&["restore", dir.to_str().unwrap()]).ends_with(0);
}

fn price() -> Fields {
    let (bid, ask) = ("99.9".parse().unwrap(), "100".parse().unwrap());
    entry(Request::PriceUpdate(PriceUpdate::new(BTC, bid, ask, 1)))
}

fn sign_up(id: sqlx::types::Uuid) -> Fields {
    entry(Request::RegisterUser(UserId(id), RegisterUser { deposit: "1000".parse().unwrap() }))
}

fn entry(request: Request) -> Fields {
    RequestEntry { request_id: None, timestamp_ms: 0, reply_to: None, request }.encode()
}

/// Flips a bit; a second call restores it.
fn damage(file: &Path) {
    let mut bytes = fs::read(file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(file, bytes).unwrap();
}
