use crate::scene::{tick, velox, velox_json};
use messages::{EntryId, Event, REQUEST_STREAM, RESPONSE_STREAM};
use price::Usd;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::stack::{Service, Stack, eventually};
use testkit::trader::Trader;

/// A stack with an order closed by its stop-loss and an open one, and their ids.
struct Scene {
    stack: Stack,
    trader: Trader,
    closed: String,
    open: String,
    fill_tick: EntryId,
    close_tick: EntryId,
}

impl Scene {
    async fn new(settings: &[(&str, &str)]) -> Self {
        let own = [
            ("STALE_PRICE_MS", "600000"),
            ("SNAPSHOT_INTERVAL_MS", "200"),
            ("SNAPSHOT_DELAY_MS", "100"),
        ];
        let mut stack = Stack::new(&[&own, settings].concat()).await;
        for service in [Service::Engine, Service::HttpGateway, Service::DbWorker] {
            stack.start(service).await;
        }
        let fill_tick = tick(&stack, "99.9", "100").await;
        let trader = stack.trader(1).await;
        let closed = open(&trader, "0.5").await;
        let (status, body) = trader
            .request(Method::PATCH, &format!("/order/{closed}"), Some(json!({"stopLoss": 95})))
            .await;
        assert_eq!(status, StatusCode::OK, "{body}");
        let close_tick = tick(&stack, "94.99", "95.01").await;
        let open = open(&trader, "0.25").await;
        eventually("the row is written", async || stack.closed_order_count().await == 1).await;
        Self { stack, trader, closed, open, fill_tick, close_tick }
    }

    /// The scene some time later, when the streams hold nothing of it any more.
    async fn trimmed() -> Self {
        let scene = Self::new(&[("SNAPSHOTS_KEPT", "2")]).await;
        let stack = &scene.stack;
        eventually("its entries are trimmed", async || {
            tick(stack, "96", "96.1").await;
            let info = stack.streams.stream_info(REQUEST_STREAM).await.unwrap().unwrap();
            info.first_entry_id.unwrap() > scene.close_tick
                && velox_json(stack, &["order", "show", &scene.open])["life"][0]["what"] == "STATE"
        })
        .await;
        let all = EntryId::new(u64::MAX, u64::MAX);
        stack.streams.trim_before(RESPONSE_STREAM, all).await.unwrap();
        scene
    }
}

async fn open(trader: &Trader, qty: &str) -> String {
    let body = json!({"asset": "BTCUSDT", "orderType": "LONG", "leverage": 5, "qty": qty});
    let (status, body) = trader.open(body).await;
    assert_eq!(status, StatusCode::CREATED, "{body}");
    body["order"]["orderId"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_shown_with_and_without_an_engine() {
    let Scene { mut stack, trader, closed, open, .. } = Scene::new(&[]).await;
    velox(&stack, &["account", "show", "nobody@example.com"])
        .ends_with(1)
        .complains_of("no user has the email nobody@example.com");

    let balance = trader.balance().await;
    let live = velox_json(&stack, &["account", "show", "Trader1@Example.com"]);
    assert_eq!(live["source"], "the engine");
    assert_eq!(live["user"]["userId"], trader.user_id);
    assert_eq!(live["balance"], balance);
    assert_eq!(live["openOrders"][0]["orderId"], open);
    assert_eq!(live["closedOrders"][0]["orderId"], closed);
    assert_eq!(live["closedOrders"][0]["closeReason"], "STOP_LOSS");
    let equity = balance["equity"].as_str().unwrap();
    velox(&stack, &["account", "show", "trader1@example.com"])
        .ends_with(0)
        .shows(equity)
        .shows(&open)
        .shows(&closed);

    // Entries after the last snapshot count as well.
    stack.kill(Service::Engine);
    tick(&stack, "96", "96.1").await;
    eventually("the engine is missed", async || {
        stack.streams.get("engine:status").await.unwrap().is_none()
    })
    .await;
    let offline = velox_json(&stack, &["account", "show", "trader1@example.com"]);
    let source = offline["source"].as_str().unwrap();
    assert!(source.contains("because the engine is not running"), "{source}");
    assert_eq!(offline["balance"]["balanceInt"], balance["balanceInt"]);
    assert_eq!(offline["openOrders"][0]["markPrice"], "96");
    assert_eq!(live["openOrders"][0]["markPrice"], "94.99");
    assert_eq!(offline["closedOrders"], live["closedOrders"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_life_of_an_order_is_shown() {
    let Scene { stack, closed, open, fill_tick, close_tick, .. } = Scene::new(&[]).await;
    let order = velox_json(&stack, &["order", "show", &closed]);
    assert_eq!(order["status"], "CLOSED");
    assert_eq!(order["missing"], json!([]));
    let life = order["life"].as_array().unwrap();
    let what: Vec<_> = life
        .iter()
        .map(|step| (step["what"].as_str().unwrap(), step["type"].as_str().unwrap_or_default()))
        .collect();
    assert_eq!(
        what,
        [
            ("REQUEST", "PLACE_ORDER"),
            ("EVENT", "ORDER_OPENED"),
            ("REQUEST", "MODIFY_ORDER"),
            ("EVENT", "ORDER_MODIFIED"),
            ("EVENT", "ORDER_CLOSED"),
            ("ROW", ""),
        ]
    );
    assert!(life[0]["replyTo"].as_str().unwrap().starts_with("reply:"));
    assert_eq!(life[0]["payload"]["orderId"], closed);
    assert_eq!(life[1]["tick"]["id"], fill_tick.to_string());
    assert_eq!(life[1]["order"]["executionPrice"], "100");
    assert_eq!(life[3]["order"]["stopLoss"], "95");
    assert_eq!(life[4]["tick"]["id"], close_tick.to_string());
    assert_eq!(life[4]["tick"]["bidInt"], "9499000000");
    assert_eq!(life[5]["closePriceInt"], "9499000000");
    assert_eq!(life[5]["tickId"], close_tick.to_string());
    velox(&stack, &["order", "show", &closed])
        .ends_with(0)
        .shows("STOP_LOSS at 94.99")
        .shows(&format!("filled by tick {fill_tick}"))
        .shows("P&L -2.505")
        .shows("closed_orders  LONG BTCUSDT 5x");

    assert_eq!(velox_json(&stack, &["order", "show", &open])["status"], "OPEN");
    let unknown = "0853d9e4-965f-518c-9cd8-65029e3511e3";
    velox(&stack, &["order", "show", unknown]).ends_with(1).complains_of("there is no order");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_trimmed_of_an_order_is_said() {
    let Scene { stack, closed, open, close_tick, .. } = Scene::trimmed().await;
    assert!(!stack.streams.contains(REQUEST_STREAM, close_tick).await.unwrap());
    let order = velox_json(&stack, &["order", "show", &open]);
    assert_eq!(order["status"], "OPEN");
    assert_eq!(order["life"][0]["order"]["qty"], "0.25");
    let missing = order["missing"][0].as_str().unwrap();
    assert!(missing.contains("is trimmed to"), "{missing}");
    let order = velox_json(&stack, &["order", "show", &closed]);
    assert_eq!(order["status"], "CLOSED");
    assert_eq!(what(&order), ["STATE", "ORDER_ROW", "FILL_ROW", "FILL_ROW", "ROW"]);
    assert_eq!(order["life"][3]["fill"]["reason"], "STOP_LOSS");
    velox(&stack, &["order", "show", &closed])
        .ends_with(0)
        .shows(&format!("order {closed}: CLOSED"))
        .shows("BUY BTCUSDT 0.5 at 100 P&L 0 TAKER tick –");

    velox(&stack, &["replay", "--from", "1-0", "--to", "2-0"])
        .ends_with(1)
        .complains_of("history does not reach back to 1-0");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_money_that_resting_orders_reserve_is_shown_on_its_own() {
    let Scene { stack, trader, .. } = Scene::new(&[]).await;
    rest(&trader).await;
    let reserved = trader.balance().await["reserved"].as_str().unwrap().to_owned();
    assert_eq!(reserved, "9");

    let account = velox(&stack, &["account", "show", "trader1@example.com"]).ends_with(0);
    let amount = |name: &str| -> Usd {
        let row = account.text.lines().find_map(|line| line.strip_prefix(name));
        row.unwrap_or_else(|| panic!("no {name} in {}", account.text)).trim().parse().unwrap()
    };
    let rows = ["balance", "used margin", "reserved", "unrealized P&L"].map(amount);
    let sum = rows.into_iter().try_fold(Usd::ZERO, Usd::checked_add);
    assert_eq!(sum, Ok(amount("equity")), "{}", account.text);

    eventually("a snapshot has the order", async || {
        velox(&stack, &["status"])
            .text
            .contains(" + reserved 9 + house 2.505 + fees 0 + insurance 0 (difference 0)")
    })
    .await;
    velox(&stack, &["snapshots", "verify"]).ends_with(0).shows("reserved                 9\n");
}

/// Places an order that rests and reserves 9 USD.
async fn rest(trader: &Trader) -> String {
    let order = json!({
        "asset": "BTCUSDT", "side": "BUY", "type": "LIMIT", "leverage": 5, "qty": "0.5", "price": "90",
    });
    let (status, body) = trader.request(Method::POST, "/orders", Some(order)).await;
    assert_eq!(status, StatusCode::CREATED, "{body}");
    body["order"]["orderId"].as_str().unwrap().to_owned()
}

/// The kinds of the steps in the life of an order.
fn what(order: &Value) -> Vec<&str> {
    let life = order["life"].as_array().unwrap().iter();
    life.map(|step| step["what"].as_str().unwrap()).collect()
}

/// The numbers of orders, fills and events of a position.
fn counts(position: &Value) -> [usize; 3] {
    ["orders", "fills", "events"].map(|list| position[list].as_array().unwrap().len())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_position_outlives_the_streams_in_the_tables() {
    let Scene { mut stack, trader, closed, open, .. } = Scene::trimmed().await;
    let position = velox_json(&stack, &["position", &closed]);
    assert_eq!((&position["status"], counts(&position)), (&json!("CLOSED"), [1, 2, 0]));
    let missing = position["missing"][0].as_str().unwrap();
    assert!(missing.starts_with("events up to"), "{missing}");
    velox(&stack, &["position", &closed]).ends_with(0).shows("not known: events up to");
    // The stream has what the database worker has not written yet, and each fill counts once.
    assert!(stack.stop(Service::DbWorker));
    let (status, body) = trader.close(&open).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let position = velox_json(&stack, &["position", &open]);
    assert_eq!((&position["status"], counts(&position)), (&json!("CLOSED"), [1, 2, 1]));
    stack.start(Service::DbWorker).await;
    eventually("the row is written", async || stack.closed_order_count().await == 2).await;
    assert_eq!(counts(&velox_json(&stack, &["position", &open])), [1, 2, 1]);

    let resting = rest(&trader).await;
    eventually("its row is written", async || {
        let count = sqlx::query_scalar::<_, i64>("select count(*) from orders");
        count.fetch_one(&stack.pool).await.unwrap() == 3
    })
    .await;

    // The engine forgets a closed position after two days, the tables never do.
    assert!(stack.stop(Service::Engine));
    for statement in ["delete from snapshots", "update closed_orders set \"tickId\" = '1-0'"] {
        sqlx::query(statement).execute(&stack.pool).await.unwrap();
    }
    let position = velox_json(&stack, &["position", &closed]);
    assert_eq!((&position["status"], counts(&position)), (&json!("CLOSED"), [1, 2, 0]));
    assert_eq!(position["position"]["tickId"], "1-0");
    stack.streams.trim_before(RESPONSE_STREAM, EntryId::new(u64::MAX, 0)).await.unwrap();
    let order = velox_json(&stack, &["order", "show", &closed]);
    assert_eq!(
        (&order["status"], what(&order)),
        (&json!("CLOSED"), vec!["ORDER_ROW", "FILL_ROW", "FILL_ROW", "ROW"])
    );
    let order = velox_json(&stack, &["order", "show", &resting]);
    assert_eq!((&order["status"], what(&order)), (&json!("NEW"), vec!["ORDER_ROW"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_streams_are_shown_without_postgresql() {
    let Scene { mut stack, trader, closed, open, close_tick, .. } =
        Scene::new(&[("SNAPSHOTS_KEPT", "1000")]).await;
    assert!(stack.stop(Service::DbWorker));
    let (status, body) = trader.close(&open).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    stack.postgres.kill_hard().unwrap();
    let unread = "not known: rows: orders, fills and closed orders can't be read from PostgreSQL";
    velox(&stack, &["order", "show", &closed]).ends_with(0).shows("PLACE_ORDER sent").shows(unread);
    velox(&stack, &["position", &closed]).ends_with(0).shows("Fills: 2").shows(unread);

    // Without a snapshot no replay can start in the middle of the history.
    stack.streams.trim_before(REQUEST_STREAM, close_tick).await.unwrap();
    let (_, closing) = stack.entries::<Event>(RESPONSE_STREAM).await.pop().unwrap();
    assert_eq!(closing.kind.type_name(), "ORDER_CLOSED");
    velox(&stack, &["position", &open])
        .ends_with(0)
        .shows(&format!("{open} CLOSED"))
        .shows("SELL")
        .shows("not known: the engine's state: snapshots can't be read from PostgreSQL")
        .shows(unread);
    velox(&stack, &["order", "show", &open])
        .ends_with(0)
        .shows("ORDER_CLOSED")
        .shows("not known: requests, and older events: response:stream begins with")
        .shows(unread);
    let unknown = "0853d9e4-965f-518c-9cd8-65029e3511e3";
    velox(&stack, &["position", unknown])
        .ends_with(2)
        .complains_of("can't be read from PostgreSQL");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_comes_to_what_the_engine_came_to() {
    let Scene { mut stack, trader, closed, fill_tick, close_tick, .. } = Scene::new(&[]).await;
    let stranger = stack.trader(2).await;
    let (status, _) = stranger.close(&closed).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(stack.stop(Service::Engine));
    let newest = velox_json(&stack, &["snapshots", "list"])[0].clone();
    let end = newest["lastStreamId"].as_str().unwrap();
    let before = dump(&stack).await;

    let (from, close) = (fill_tick.to_string(), close_tick.to_string());
    let replay = |arguments: &[&str]| {
        let said = velox(&stack, &[&["replay", "--json"], arguments].concat()).ends_with(0);
        let mut lines = said.documents();
        let last = lines.pop().unwrap();
        (lines, last)
    };
    let (lines, last) = replay(&["--from", &from, "--to", end]);
    assert_eq!(last["stateHash"], newest["data"]["stateHash"]);
    assert_eq!(last["lastEntry"], end);
    let types: Vec<_> = lines.iter().filter_map(|line| line["type"].as_str()).collect();
    let expected = [
        "USER_REGISTERED",
        "ORDER_OPENED",
        "ORDER_MODIFIED",
        "ORDER_CLOSED",
        "ORDER_OPENED",
        "USER_REGISTERED",
    ];
    assert_eq!(types, expected);
    assert_eq!(lines[3]["order"]["finalPnLInt"], "-250500000");
    assert_eq!(lines[6]["code"], "ORDER_NOT_FOUND");

    // The result does not depend on the snapshot from which it starts.
    let (lines, last) = replay(&["--from", end, "--to", end]);
    assert_eq!(last["stateHash"], newest["data"]["stateHash"]);
    assert_eq!(lines.len(), 1, "{lines:?}");
    let (lines, _) = replay(&["--from", &close, "--to", end, "--user", &trader.user_id]);
    assert_eq!(lines.len(), 2, "{lines:?}");
    let (_, earlier) = replay(&["--from", &from, "--to", &close]);
    assert_ne!(earlier["stateHash"], newest["data"]["stateHash"]);
    assert_eq!(earlier["lastEntry"], close);

    velox(&stack, &["replay", "--from", &from, "--to", end])
        .ends_with(0)
        .shows("ORDER_CLOSED")
        .shows("STOP_LOSS at 94.99 by tick")
        .shows("refused CLOSE_ORDER")
        .shows(newest["data"]["stateHash"].as_str().unwrap());
    assert_eq!(dump(&stack).await, before, "nothing is written");
}

/// The data that a replay could have changed.
async fn dump(stack: &Stack) -> Value {
    let snapshots: i64 =
        sqlx::query_scalar("select count(*) from snapshots").fetch_one(&stack.pool).await.unwrap();
    let mut ids = Vec::new();
    for stream in ["request:stream", "response:stream"] {
        ids.push(stack.streams.last_id(stream).await.unwrap().to_string());
    }
    json!([snapshots, ids, stack.closed_order_count().await])
}
