//! Measures what an order costs through the API in the shape of Binance Futures, beside the own API.

use crate::floor::{append, tick};
use devstack::servers::processes::processor_time;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use testkit::report::{Limit, Report};
use testkit::signing::sign;
use testkit::stack::{Service, Stack, eventually};
use testkit::trader::Trader;

/// The rounds of each API, which take turns, and the orders of a round.
const ROUNDS: u32 = 10;
const ORDERS: u32 = 300;

/// Measures the processor time of all servers for an order that is placed and canceled.
pub async fn measure(report: &Report) {
    let what = "processor time of an order through /fapi, of that through the own API";
    if !report.wants(what) {
        return;
    }
    let limits = [
        ("STALE_PRICE_MS", "86400000"),
        ("FAPI_LIMIT_WEIGHT", "1000000/60s"),
        ("FAPI_LIMIT_ORDERS", "1000000/10s"),
        ("FAPI_LIMIT_ORDERS_LONG", "1000000/60s"),
    ];
    let mut stack = Stack::new(&limits).await;
    stack.start(Service::Engine).await;
    stack.start(Service::HttpGateway).await;
    append(&stack, [tick(10_000_000)]).await;
    let trader = stack.trader(1).await;
    let bot = Bot::new(&stack, &trader).await;
    eventually("bots can trade", async || bot.account().await == 200).await;
    let processes =
        [stack.pid(Service::HttpGateway), stack.pid(Service::Engine), stack.redis.pid().unwrap()];
    let spent = || processes.map(|pid| processor_time(pid).unwrap());
    let (mut own, mut fapi) = ([Duration::ZERO; 3], [Duration::ZERO; 3]);
    // The first round of each is a warm-up.
    for round in 0..=ROUNDS {
        let before = spent();
        for n in 0..ORDERS {
            own_order(&trader, &format!("own-{round}-{n}")).await;
        }
        let between = spent();
        for n in 0..ORDERS {
            bot.order(&format!("bot-{round}-{n}")).await;
        }
        let after = spent();
        if round > 0 {
            for process in 0..3 {
                own[process] += between[process].saturating_sub(before[process]);
                fapi[process] += after[process].saturating_sub(between[process]);
            }
        }
    }
    let total = |times: [Duration; 3]| times.iter().sum::<Duration>().as_secs_f64();
    report.row(what, total(fapi) / total(own) * 100.0, "%", &Limit::AtMost(115.0));
    let each = |time: Duration| time.as_secs_f64() * 1e6 / f64::from(ROUNDS * ORDERS);
    let shown = |times: [Duration; 3]| {
        let [gateway, engine, redis] = times.map(each);
        format!("gateway {gateway:.0} µs, engine {engine:.0} µs, Redis {redis:.0} µs")
    };
    report.note(&format!("own API: {}", shown(own)));
    report.note(&format!("/fapi: {}", shown(fapi)));
}

/// Lets an order rest, and cancels it.
async fn own_order(trader: &Trader, name: &str) {
    let order = json!({
        "asset": "BTCUSDT", "side": "BUY", "type": "LIMIT", "qty": "0.001", "price": "50000",
        "leverage": 10, "clientOrderId": name,
    });
    let (status, placed) = trader.request(Method::POST, "/orders", Some(order)).await;
    assert_eq!(status.as_u16(), 201, "{placed}");
    let path = format!("/orders/{}", placed["order"]["orderId"].as_str().unwrap());
    let (status, canceled) = trader.request(Method::DELETE, &path, None).await;
    assert_eq!(status.as_u16(), 200, "{canceled}");
}

/// A program with a key pair.
struct Bot {
    http: Client,
    url: String,
    key: String,
    secret: String,
}

impl Bot {
    async fn new(stack: &Stack, trader: &Trader) -> Self {
        let body = json!({
            "name": "bench", "kind": "EXCHANGE", "scope": "TRADE", "newAccount": "bench",
        });
        let (status, made) = trader.request(Method::POST, "/user/api-keys", Some(body)).await;
        assert_eq!(status.as_u16(), 201, "{made}");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let (key, secret) = (text(&made["apiKey"]["key"]), text(&made["secret"]));
        Self { http: Client::new(), url: stack.api_url(), key, secret }
    }

    async fn send(&self, method: Method, path: &str, params: &str) -> (u16, Value) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
        let query = format!("{params}&timestamp={now}");
        let signature = sign(&self.secret, &query);
        let url = format!("{}{path}?{query}&signature={signature}", self.url);
        let request = self.http.request(method, url).header("x-mbx-apikey", &self.key);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    async fn account(&self) -> u16 {
        self.send(Method::GET, "/fapi/v3/account", "recvWindow=5000").await.0
    }

    /// Lets an order rest, and cancels it.
    async fn order(&self, name: &str) {
        const PATH: &str = "/fapi/v1/order";
        let order = format!(
            "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001&price=50000\
             &newClientOrderId={name}"
        );
        let (status, placed) = self.send(Method::POST, PATH, &order).await;
        assert_eq!(status, 200, "{placed}");
        let order = format!("symbol=BTCUSDT&orderId={}", placed["orderId"]);
        let (status, canceled) = self.send(Method::DELETE, PATH, &order).await;
        assert_eq!(status, 200, "{canceled}");
    }
}
