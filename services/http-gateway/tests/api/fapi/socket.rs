//! The API over a WebSocket.

use super::bot::{Bot, now_ms, sign};
use super::life::{ORDER, trading};
use crate::fapi_market_data::quoted;
use crate::socket::Socket;
use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::stack::{PATIENCE, eventually};
use testkit::symbols::BTC;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

const PATH: &str = "/ws-fapi/v1";

/// A connection, and the bot that signs its messages.
pub struct Speaker<'a> {
    bot: &'a Bot<'a>,
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl<'a> Speaker<'a> {
    pub async fn open(bot: &'a Bot<'a>) -> Self {
        Self::open_at(bot, &bot.counter.url).await
    }

    /// Opens a connection to the gateway with this address.
    pub async fn open_at(bot: &'a Bot<'a>, url: &str) -> Self {
        let url = format!("{}{PATH}", url.replace("http://", "ws://"));
        Self { bot, stream: connect_async(url).await.unwrap().0 }
    }

    async fn say(&mut self, text: impl Into<String>) {
        self.stream.send(Message::text(text.into())).await.unwrap();
    }

    async fn answer(&mut self) -> Value {
        let heard = timeout(PATIENCE, self.stream.next()).await.expect("an answer in time");
        match heard {
            Some(Ok(Message::Text(text))) => serde_json::from_str(&text).unwrap(),
            other => panic!("an answer, not {other:?}"),
        }
    }

    /// Signs parameters, which are in alphabetical order here, and sends them.
    async fn send(&mut self, id: Value, method: &str, params: Value) {
        let Value::Object(mut params) = params else { panic!("no object: {params}") };
        params.insert("apiKey".to_owned(), self.bot.key.clone().into());
        params.entry("timestamp").or_insert_with(|| now_ms().into());
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let mut pairs: Vec<_> =
            params.iter().map(|(name, value)| format!("{name}={}", text(value))).collect();
        pairs.sort();
        let signature = sign(&self.bot.secret, &pairs.join("&"));
        params.insert("signature".to_owned(), signature.into());
        self.say(json!({ "id": id, "method": method, "params": params }).to_string()).await;
    }

    pub async fn ask(&mut self, method: &str, params: Value) -> Value {
        self.send(method.into(), method, params).await;
        let answer = self.answer().await;
        assert_eq!(answer["id"], method, "{answer}");
        answer
    }

    pub async fn refused(&mut self, method: &str, params: Value) -> (u64, i64) {
        refusal(&self.ask(method, params).await)
    }

    /// Sends parameters as they are.
    pub async fn ask_unsigned(&mut self, method: &str, params: Value) -> Value {
        self.say(json!({ "id": method, "method": method, "params": params }).to_string()).await;
        let answer = self.answer().await;
        assert_eq!(answer["id"], method, "{answer}");
        answer
    }
}

/// Returns the status and the code of a refusal.
pub fn refusal(answer: &Value) -> (u64, i64) {
    assert_eq!(answer["result"], Value::Null, "{answer}");
    (answer["status"].as_u64().unwrap(), answer["error"]["code"].as_i64().unwrap())
}

pub fn limit(name: &str) -> Value {
    json!({
        "symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "1",
        "price": 50, "newClientOrderId": name,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_do_what_requests_do() {
    let (counter, token) = trading().await;
    let bot = Bot::with_account(&counter, &token, "TRADE").await;
    let mut socket = Speaker::open(&bot).await;
    let placed = socket.ask("order.place", limit("a/b")).await;
    assert_eq!((&placed["status"], &placed["result"]["status"]), (&json!(200), &json!("NEW")));
    let limits = placed["rateLimits"].as_array().unwrap();
    let kinds: Vec<_> = limits.iter().map(|limit| &limit["rateLimitType"]).collect();
    assert_eq!(kinds, ["ORDERS", "ORDERS", "REQUEST_WEIGHT"]);
    assert_eq!((&limits[0]["count"], &limits[0]["interval"]), (&json!(1), &json!("SECOND")));
    let id = &placed["result"]["orderId"];
    let read = bot.get(ORDER, &format!("symbol=BTCUSDT&orderId={id}")).await;
    let named = json!({ "symbol": "BTCUSDT", "orderId": id });
    assert_eq!(&socket.ask("order.status", named.clone()).await["result"], read.ok());
    let mut change = limit("x");
    change["price"] = "40".into();
    change["orderId"] = id.clone();
    assert_eq!(socket.ask("order.modify", change).await["result"]["price"], "40");
    let canceled = socket.ask("order.cancel", named.clone()).await;
    assert_eq!(canceled["result"]["status"], "CANCELED");
    assert_eq!(socket.refused("order.cancel", named).await, (400, -2011));
    let stop = json!({
        "algoType": "CONDITIONAL", "symbol": "BTCUSDT", "side": "BUY", "type": "STOP_MARKET",
        "quantity": "1", "triggerPrice": "150",
    });
    let stop = socket.ask("algoOrder.place", stop).await;
    let stop = json!({ "algoId": stop["result"]["algoId"] });
    assert_eq!(socket.ask("algoOrder.cancel", stop).await["result"]["msg"], "success");
    for method in ["account.status", "v2/account.status"] {
        let account = socket.ask(method, json!({})).await;
        assert_eq!(account["result"]["availableBalance"], "1000", "{method}");
    }
    for method in ["account.balance", "v2/account.balance"] {
        assert_eq!(socket.ask(method, json!({})).await["result"][0]["balance"], "1000");
    }
    for method in ["account.position", "v2/account.position"] {
        assert!(socket.ask(method, json!({})).await["result"].is_array(), "{method}");
    }
    counter.quote(&quoted(BTC, 1, ["99.9", "100", "100"])).await;
    for (method, field) in
        [("depth", "bids"), ("ticker.price", "price"), ("ticker.book", "bidPrice")]
    {
        // Nothing is signed.
        let params = json!({ "symbol": "BTCUSDT" });
        socket.say(json!({ "id": 7, "method": method, "params": params }).to_string()).await;
        let answer = socket.answer().await;
        assert_eq!(answer["id"], 7);
        assert_ne!(answer["result"][field], Value::Null, "{answer}");
    }
    for method in ["userDataStream.start", "userDataStream.ping", "userDataStream.stop"] {
        let answer = socket.ask_unsigned(method, json!({ "apiKey": bot.key })).await;
        assert_eq!(answer["status"], 200, "{method}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_reach_the_engine_in_the_order_in_which_they_were_sent() {
    let (counter, token) = trading().await;
    let bot = Bot::with_account(&counter, &token, "TRADE").await;
    let mut socket = Speaker::open(&bot).await;
    for n in 0..10 {
        socket.send(n.into(), "order.place", limit(&format!("n{n}"))).await;
    }
    let mut ids = Vec::new();
    for _ in 0..10 {
        let answer = socket.answer().await;
        ids.push((answer["id"].as_u64(), answer["result"]["orderId"].as_u64().unwrap()));
    }
    ids.sort_unstable();
    assert!(ids.is_sorted_by_key(|(_, order)| *order), "{ids:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_message_is_said() {
    let (counter, token) = trading().await;
    let bot = Bot::with_account(&counter, &token, "TRADE").await;
    let reader = Bot::with_name(&counter, &token, "READ", "Another").await;
    let mut socket = Speaker::open(&bot).await;
    for text in
        ["", "no", "[]", "7", "{}", r#"{"id":1,"method":5}"#, r#"{"method":"depth","params":[]}"#]
    {
        socket.say(text).await;
        let answer = socket.answer().await;
        assert_eq!((&answer["status"], &answer["error"]["code"]), (&json!(400), &json!(-1135)));
    }
    for (text, id) in [
        (r#"[7,"depth",{"symbol":"BTCUSDT"}]"#, Value::Null),
        (r#"{"id":1,"method":5}"#, json!(1)),
        (r#"{"id":"a"}"#, json!("a")),
        (r#"{"id":{"a":1}}"#, Value::Null),
    ] {
        socket.say(text).await;
        let answer = socket.answer().await;
        assert_eq!((&answer["id"], &answer["error"]["code"]), (&id, &json!(-1135)), "{text}");
    }
    socket.say(r#"{"id":1,"method":"ticker.price","params":null}"#).await;
    assert_ne!(socket.answer().await["error"]["code"], -1135);
    assert_eq!(socket.refused("order.fill", json!({})).await, (404, -5000));
    assert_eq!(socket.refused("session.logon", json!({})).await, (400, -4056));
    let late = json!({ "timestamp": now_ms() - 6_000 });
    assert_eq!(socket.refused("v2/account.status", late).await, (400, -1021));
    assert_eq!(socket.refused("order.place", json!({ "symbol": "BTCUSDT" })).await, (400, -1102));
    let mut wrong = limit("a");
    wrong["symbol"] = "NOPE".into();
    assert_eq!(socket.refused("order.place", wrong).await, (400, -1121));
    let signed = json!({ "apiKey": bot.key, "timestamp": now_ms(), "signature": "0".repeat(64) });
    for (params, status, code) in [
        (signed, 400, -1022),
        (json!({ "apiKey": bot.key, "timestamp": now_ms() }), 400, -1102),
        (json!({ "timestamp": now_ms() }), 401, -2014),
    ] {
        let message = json!({ "id": "x", "method": "v2/account.status", "params": params });
        socket.say(message.to_string()).await;
        let answer = socket.answer().await;
        assert_eq!((&answer["status"], &answer["error"]["code"]), (&json!(status), &json!(code)));
    }
    let mut reading = Speaker::open(&reader).await;
    assert_eq!(reading.refused("order.place", limit("a")).await, (401, -1002));
    assert_eq!(bot.get("/fapi/v1/openOrders", "").await.ok(), &json!([]));
    // What is no upgrade is answered in this API's form.
    for method in [Method::GET, Method::POST] {
        assert_eq!(bot.raw(method, PATH, "").await.refusal(), (404, -5000));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_connections_of_an_address_are_counted() {
    let (counter, token) = trading().await;
    let settings = ["--order-entry-connections-per-user-max", "2"];
    let url = counter.another_gateway(&settings).await.replace("http://", "ws://");
    let open = async || connect_async(format!("{url}{PATH}")).await;
    let (first, _second) = (open().await.unwrap(), open().await.unwrap());
    match open().await {
        Err(Error::Http(response)) => assert_eq!(response.status(), 429),
        other => panic!("a refusal, not {other:?}"),
    }
    drop(first);
    eventually("a place is free", async || open().await.is_ok()).await;
    // Those of a user are others.
    Socket::open(&counter, &token).await;
}
