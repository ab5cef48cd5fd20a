//! A new number of shards, and trade that goes on with it.

use crate::scene::{Empty, velox, velox_on};
use devstack::servers::{PostgresServer, RedisServer, RedisServers};
use messages::{
    Attribution, EntryId, Event, Fields, PriceUpdate, REQUEST_STREAM, RESPONSE_STREAM, Request,
    RequestEntry, Shards, StreamMessage as _, UserId,
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use testkit::stack::{Service, Stack, eventually};
use testkit::symbols::BTC;
use testkit::trader::Trader;

const SETTINGS: [(&str, &str); 4] = [
    ("STALE_PRICE_MS", "600000"),
    ("SNAPSHOT_INTERVAL_MS", "600000"),
    ("PASSWORD_HASH_CONCURRENCY", "2"),
    ("DB_WORKER_BATCH_LEN", "5"),
];

const SERVICES: [Service; 3] = [Service::Engine, Service::HttpGateway, Service::DbWorker];

const TRADERS: u32 = 8;

/// A stack with as many shards on servers.
async fn stack_on(servers: Empty, shards: u16) -> Stack {
    let servers = (servers.redis.into(), servers.postgres);
    let mut stack = Stack::divided_around(servers, shards, &SETTINGS).await;
    stack.keep_logs();
    stack
}

async fn start(stack: &mut Stack) {
    for service in SERVICES {
        stack.start(service).await;
    }
}

fn stop(stack: &mut Stack) {
    for service in SERVICES {
        if stack.has(service) {
            assert!(stack.stop(service), "{service:?}");
        }
    }
}

async fn price(stack: &Stack, bid: &str, ask: &str) {
    let update = PriceUpdate::new(BTC, bid.parse().unwrap(), ask.parse().unwrap(), 1);
    stack.send_to_all(Request::PriceUpdate(update)).await;
}

async fn succeed(trader: &Trader, path: &str, body: Value) -> Value {
    let (status, body) = trader.request(Method::POST, path, Some(body)).await;
    assert!(status.is_success(), "{path}: {body}");
    body
}

fn market_order() -> Value {
    json!({ "asset": "BTCUSDT", "orderType": "LONG", "leverage": 5, "qty": "0.5" })
}

/// Opens a position, with a key that another attempt would have, too.
async fn open_once(trader: &Trader, key: &str) -> Value {
    let (status, body) = trader.open_with_key(market_order(), key).await;
    assert!(status.is_success(), "{body}");
    body
}

/// Trades such that there is something of each kind: a closed position, an open one, resting and
/// conditional orders, and one of these that was canceled.
async fn trade(trader: &Trader, round: &str) {
    let (_, opened) = trader.open(market_order()).await;
    trader.close(opened["order"]["orderId"].as_str().unwrap()).await;
    open_once(trader, round).await;
    let limit = json!({
        "asset": "BTCUSDT", "side": "BUY", "type": "LIMIT", "qty": "0.1", "price": "50",
        "leverage": 10,
    });
    succeed(trader, "/orders", limit.clone()).await;
    let canceled = succeed(trader, "/orders", limit).await;
    let path = format!("/orders/{}", canceled["order"]["orderId"].as_str().unwrap());
    let (status, body) = trader.request(Method::DELETE, &path, None).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let conditional = json!({
        "asset": "BTCUSDT", "side": "BUY", "type": "STOP_MARKET", "qty": "0.2",
        "triggerPrice": "105", "leverage": 10,
    });
    succeed(trader, "/orders", conditional).await;
}

/// The holdings of an account, as its owner sees them.
async fn seen(trader: &Trader) -> Value {
    let orders = trader.get("/orders?status=NEW").await;
    json!([trader.balance().await, trader.open_orders().await, orders])
}

async fn sign_in_all(stack: &Stack) -> Vec<Trader> {
    let mut traders = Vec::new();
    for n in 1..=TRADERS {
        traders.push(Trader::sign_in(&stack.api_url(), n).await);
    }
    traders
}

async fn everything_is_stored(stack: &Stack) {
    eventually("everything is stored", async || {
        for shard in stack.streams.shards().all() {
            let groups = stack.streams.groups(&shard.key(RESPONSE_STREAM)).await.unwrap();
            if !groups.iter().any(|group| group.lag == Some(0) && group.pending == 0) {
                return false;
            }
        }
        true
    })
    .await;
}

/// Stops everything, makes a backup, and divides its accounts among other shards on other servers.
/// Returns what the command says.
fn reshard(stack: &mut Stack, folder: &Path, count: u16) -> (Empty, Value) {
    stop(stack);
    let dir = folder.join(format!("before-{count}"));
    let (dir, shards) = (dir.to_str().unwrap(), count.to_string());
    velox(stack, &["backup", dir]).ends_with(0);
    let target = Empty::new();
    let said = target.velox(&["reshard", dir, "--shards", &shards, "--json"]).ends_with(0);
    let said: Value = serde_json::from_str(&said.text).unwrap();
    assert_eq!(said["before"], said["after"]);
    assert_eq!(said["shards"].as_array().unwrap().len(), usize::from(count));
    (target, said)
}

/// Starts a stack with as many shards, checks that everybody has what they had, and trades on.
async fn trade_on(
    target: Empty,
    shards: u16,
    (before, rounds): (&[Value], [&str; 2]),
) -> (Stack, Vec<Value>) {
    let mut stack = stack_on(target, shards).await;
    start(&mut stack).await;
    let traders = sign_in_all(&stack).await;
    let mut after = Vec::new();
    for (trader, before) in traders.iter().zip(before) {
        assert_eq!(seen(trader).await, *before);
    }
    price(&stack, "99.9", "100").await;
    for trader in &traders {
        // An order that arrives again is known.
        assert_eq!(open_once(trader, rounds[0]).await["repeated"], true);
        trade(trader, rounds[1]).await;
    }
    // All conditional orders become positions.
    price(&stack, "105.9", "106").await;
    price(&stack, "100", "100.1").await;
    everything_is_stored(&stack).await;
    let all = format!("{TRADERS} of {TRADERS} statements add up");
    velox(&stack, &["account", "verify", "--all"]).ends_with(0).shows(&all);
    for trader in &traders {
        let positions = trader.open_orders().await;
        assert!(positions.len() >= 4, "{positions:?}");
        after.push(seen(trader).await);
    }
    (stack, after)
}

/// The accounts are where they belong, and each event is written once.
async fn check_places(stack: &Stack, of: Shards) {
    let mut ids = BTreeSet::new();
    let mut used = 0;
    for shard in of.all() {
        let stream = shard.key(RESPONSE_STREAM);
        let events = stack.streams.read_range(&stream, EntryId::MIN, 10_000).await.unwrap();
        used += u16::from(!events.is_empty());
        for entry in events {
            let event = Event::decode(&entry.fields).unwrap();
            assert_eq!(of.of(event.user_id), shard);
            assert!(ids.insert(entry.id), "{} twice", entry.id);
        }
    }
    assert!(used > 1, "the events of {used} shards");
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_divided_into_more_shards_and_fewer_and_trade_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let redis = RedisServer::private().unwrap();
    let mut one = Stack::divided(redis, 1, &SETTINGS).await;
    one.keep_logs();
    start(&mut one).await;
    price(&one, "99.9", "100").await;
    let mut before = Vec::new();
    for n in 1..=TRADERS {
        trade(&one.trader(n).await, "first").await;
        if n == 3 {
            everything_is_stored(&one).await;
            // The database knows nothing of the others, and no snapshot does.
            assert!(one.stop(Service::DbWorker));
        }
    }
    for trader in sign_in_all(&one).await {
        before.push(seen(&trader).await);
    }
    // The last events are in no snapshot, and not all are written.
    one.kill(Service::Engine);
    stop(&mut one);
    forget_last_outputs(&one).await;
    let (target, said) = reshard(&mut one, folder.path(), 3);
    let end = said["beginsWith"].as_str().unwrap().to_owned();
    assert_eq!(said["after"]["accounts"], TRADERS);
    assert_eq!(said["after"]["openPositions"], TRADERS);
    assert_eq!(said["after"]["openOrders"], 2 * TRADERS);
    let dir = folder.path().join("before-3");
    let dir = dir.to_str().unwrap();
    refuses_what_is_wrong(&target, dir, &said);

    let (mut three, held) = trade_on(target, 3, (&before, ["first", "second"])).await;
    check_places(&three, three.streams.shards()).await;
    refuses_what_runs(&three, dir);
    let (target, said) = reshard(&mut three, folder.path(), 2);
    assert!(said["beginsWith"].as_str().unwrap() > end.as_str());
    let (mut two, held) = trade_on(target, 2, (&held, ["second", "third"])).await;
    let (target, _) = reshard(&mut two, folder.path(), 1);
    trade_on(target, 1, (&held, ["third", "fourth"])).await;
}

/// Removes the end of `response:stream`, as if the engine had been killed before it wrote that.
async fn forget_last_outputs(stack: &Stack) {
    let (redis, name) = (&stack.streams, RESPONSE_STREAM);
    let events = redis.read_range(name, EntryId::MIN, 10_000).await.unwrap();
    assert!(events.len() > 12, "{}", events.len());
    let kept = &events[..events.len() - 7];
    redis.batch().remove(name).send().await.unwrap();
    redis.refill(name, kept).await.unwrap();
}

fn refuses_what_is_wrong(target: &Empty, dir: &str, said: &Value) {
    let reshard = |arguments: &[&str]| target.velox(&[&["reshard"], arguments].concat());
    reshard(&[dir, "--shards", "3"]).ends_with(2).complains_of("the servers are not empty");
    // With --force it is done once more.
    let again = reshard(&[dir, "--shards", "3", "--force", "--json"]).ends_with(0);
    assert_eq!(serde_json::from_str::<Value>(&again.text).unwrap(), *said);
    reshard(&[dir]).ends_with(2).complains_of("use `velox restore`");
    reshard(&["/no/such/folder"]).ends_with(1).complains_of("is not a folder");
    reshard(&[dir, "--shards", "65"]).ends_with(2).complains_of("65");
    target
        .velox(&["restore", dir, "--shards", "3"])
        .ends_with(2)
        .complains_of("divide its accounts anew with `velox reshard`");
    // Nothing was changed.
    target.velox(&["snapshots", "verify", "--shards", "3"]).ends_with(0).shows("is sound");
}

fn refuses_what_runs(stack: &Stack, dir: &str) {
    velox(stack, &["reshard", dir, "--shards", "4", "--force"])
        .ends_with(2)
        .complains_of("services are running");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_can_t_be_divided_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut stack = Stack::divided(RedisServer::private().unwrap(), 2, &SETTINGS).await;
    stack.keep_logs();
    start(&mut stack).await;
    price(&stack, "99.9", "100").await;
    trade(&stack.trader(1).await, "first").await;
    everything_is_stored(&stack).await;
    // An operator's command has reached one of the shards.
    let by = Attribution { by: "mia".to_owned(), reason: "a test".to_owned() };
    let send = async |request, shard: u16| {
        let stream = stack.streams.shards().get(shard).unwrap().key(REQUEST_STREAM);
        let entry = RequestEntry { request_id: None, timestamp_ms: 1, reply_to: None, request };
        stack.streams.append(&stream, &entry.encode()).await.unwrap();
    };
    send(Request::PauseTrading(by.clone()), 1).await;
    let backup = |stack: &Stack, name: &str| {
        let dir = folder.path().join(name).to_str().unwrap().to_owned();
        velox(stack, &["backup", &dir]).ends_with(0);
        dir
    };
    let paused = backup(&stack, "paused");
    send(Request::ResumeTrading(by), 1).await;
    let stream = stack.streams.shards().first().key(REQUEST_STREAM);
    let mut unreadable = Fields::default();
    unreadable.push("type", b"NONSENSE".to_vec());
    let unreadable = stack.streams.append(&stream, &unreadable).await.unwrap();
    eventually("it is put aside", async || {
        let dead = stack.streams.dead_letters(&stream);
        stack.streams.stream_info(&dead).await.unwrap().is_some_and(|info| info.length == 1)
    })
    .await;
    let dead = backup(&stack, "dead");
    let kept = stack.streams.shards().of(UserId(uuid_of(&stack).await)).key(RESPONSE_STREAM);

    // The data that it would replace is still there.
    stop(&mut stack);
    let keys = stack.streams.key_count().await.unwrap();
    for (dir, complaint) in [
        (&paused, "shard 1 has other pauses of trading than shard 0"),
        (&dead, "1 dead letters of request:stream:{0}"),
    ] {
        velox(&stack, &["reshard", dir, "--shards", "3", "--force"])
            .ends_with(2)
            .complains_of(complaint);
    }
    assert_eq!(stack.streams.key_count().await.unwrap(), keys);
    assert!(stack.streams.stream_info(&kept).await.unwrap().is_some());
    stack.set("SNAPSHOT_INTERVAL_MS", "200");
    start(&mut stack).await;
    // After the cause is gone, the same servers get other shards.
    velox(&stack, &["dead-letters", "drop", &stream, &first_dead(&stack, &stream).await])
        .ends_with(0);
    price(&stack, "99.9", "100").await;
    eventually("a snapshot is beyond it", async || newest_snapshot(&stack).await > unreadable)
        .await;
    stop(&mut stack);
    let well = backup(&stack, "well");
    trades_on_a_cluster(&well).await;
    velox(&stack, &["reshard", &well, "--shards", "3", "--force"])
        .ends_with(0)
        .shows("1. set SHARDS=3")
        .shows("hash of all accounts after");
    // An engine that still has the former number finds nothing that it could take for its history.
    stack.spawn(Service::Engine);
    assert!(!stack.ended(Service::Engine).await, "it refuses to trade");
}

/// Divides the accounts of a backup of a single server among shards on a cluster.
async fn trades_on_a_cluster(backup: &str) {
    let cluster = RedisServers::cluster(3, 0).unwrap();
    let postgres = PostgresServer::private().unwrap();
    velox_on(&cluster.url(), &postgres.url(), &["reshard", backup, "--shards", "3"])
        .ends_with(0)
        .shows("accounts");
    let mut stack = Stack::divided_around((cluster, postgres), 3, &SETTINGS).await;
    stack.keep_logs();
    start(&mut stack).await;
    price(&stack, "99.9", "100").await;
    let trader = Trader::sign_in(&stack.api_url(), 1).await;
    assert_eq!(open_once(&trader, "first").await["repeated"], true);
    trade(&trader, "second").await;
    everything_is_stored(&stack).await;
    velox(&stack, &["account", "verify", "--all"]).ends_with(0).shows("1 of 1 statements add up");
}

async fn newest_snapshot(stack: &Stack) -> EntryId {
    let newest = r#"select "lastStreamId" from snapshots where shard = 0 order by id desc limit 1"#;
    let newest: String = sqlx::query_scalar(newest).fetch_one(&stack.pool).await.unwrap();
    newest.parse().unwrap()
}

async fn uuid_of(stack: &Stack) -> sqlx::types::Uuid {
    let id = sqlx::query_scalar("select account_id from accounts limit 1");
    id.fetch_one(&stack.pool).await.unwrap()
}

async fn first_dead(stack: &Stack, stream: &str) -> String {
    let dead = stack.streams.dead_letters(stream);
    let letters = stack.streams.read_range(&dead, EntryId::MIN, 1).await.unwrap();
    letters[0].id.to_string()
}
