//! Order entry over a WebSocket.

use crate::counter::Counter;
use crate::socket::{Refused, Socket};
use futures_util::SinkExt as _;
use messages::{EngineState, REQUEST_STREAM, Request, RequestEntry, RequestId};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;
use testkit::stack::{Service, eventually};
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::Message;

pub fn limit(client_order_id: &str) -> Value {
    json!({
        "asset": "BTCUSDT", "side": "BUY", "type": "LIMIT", "qty": "1", "price": "50",
        "leverage": 10, "clientOrderId": client_order_id,
    })
}

pub fn called(client_order_id: &str) -> Value {
    json!({ "clientOrderId": client_order_id })
}

/// Calls every operation, in every way to succeed.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_placed_amended_and_canceled() {
    let counter = Counter::open().await;
    let token = counter.sign_up(1).await;
    let mut socket = Socket::open(&counter, &token).await;
    let placed = socket.ask("order.place", limit("a")).await;
    let order = &placed.result(201, &Method::POST, "/api/v1/orders")["order"];
    let by_id = json!({ "orderId": order["orderId"] });
    assert_eq!(order["status"], "NEW", "{order}");

    let mut change = by_id.clone();
    change["qty"] = "2".into();
    let amended = socket.ask("order.amend", change).await;
    let amended = amended.result(200, &Method::PATCH, "/api/v1/orders/x");
    assert_eq!(amended["account"]["reserved"], "10", "{amended}");
    let change = json!({ "clientOrderId": "a", "price": "40" });
    let amended = socket.ask("order.amend", change).await;
    let amended = amended.result(200, &Method::PATCH, "/api/v1/orders/x");
    assert_eq!(amended["account"]["reserved"], "8", "{amended}");

    let canceled = socket.ask("order.cancel", by_id.clone()).await;
    let canceled = canceled.result(200, &Method::DELETE, "/api/v1/orders/x");
    assert_eq!(canceled["order"]["status"], "CANCELED", "{canceled}");
    let again = socket.ask("order.cancel", by_id).await;
    assert_eq!(again.refusal(), (409, "ORDER_ALREADY_DONE"));
    assert_eq!(again.body["error"]["order"], canceled["order"]);

    for name in ["b", "c", "d"] {
        socket.ask("order.place", limit(name)).await;
    }
    let one = socket.ask("orders.cancel", called("c")).await;
    let one = one.result(200, &Method::DELETE, "/api/v1/orders").clone();
    assert_eq!(one["orders"].as_array().map(Vec::len), Some(1), "{one}");
    let all = socket.ask("orders.cancel", json!({ "asset": "btc" })).await;
    let all = all.result(200, &Method::DELETE, "/api/v1/orders").clone();
    assert_eq!(all["orders"].as_array().map(Vec::len), Some(2), "{all}");
    socket.say(r#"{"id":1,"method":"orders.cancel"}"#).await;
    let none = socket.answer().await;
    assert_eq!(none.result(200, &Method::DELETE, "/api/v1/orders")["orders"], json!([]));
    assert_eq!(socket.ask("ping", Value::Null).await.body["result"], json!({ "success": true }));
    // What was done here is there over HTTP.
    let open = counter.get(&token, "/orders").await;
    assert_eq!(open.body["orders"], json!([]), "{}", open.body);
}

/// The requests of these kinds in the stream, in their order.
async fn in_stream(counter: &Counter) -> Vec<String> {
    let entries = counter.stack.entries::<RequestEntry>(REQUEST_STREAM).await;
    let name = |request: Request| match request {
        Request::PlaceOrder(_, place) => Some(format!("place {}", place.client_order_id?)),
        Request::CancelOrder(_, order) => Some(format!("cancel {}", order.client_order_id?)),
        _ => None,
    };
    entries.into_iter().filter_map(|(_, entry)| name(entry.request)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_reach_the_engine_in_the_order_in_which_they_were_sent() {
    let counter = Counter::open().await;
    let token = counter.sign_up(1).await;
    let mut socket = Socket::open(&counter, &token).await;
    let mut expected = Vec::new();
    for n in 0..20 {
        let name = format!("n{n}");
        socket.send(2 * n, "order.place", limit(&name)).await;
        socket.send(2 * n + 1, "order.cancel", called(&name)).await;
        expected.extend([format!("place {name}"), format!("cancel {name}")]);
    }
    let mut statuses = Vec::new();
    for _ in 0..40 {
        let answer = socket.answer().await;
        statuses.push((answer.body["id"].as_u64().unwrap(), answer.status));
    }
    statuses.sort_unstable();
    let granted: Vec<_> = (0..40).map(|id| (id, if id % 2 == 0 { 201 } else { 200 })).collect();
    assert_eq!(statuses, granted);
    assert_eq!(in_stream(&counter).await, expected);
}

/// The engine does not know an account that signed up without it, and refuses its first request.
#[tokio::test(flavor = "multi_thread")]
async fn the_first_requests_of_an_account_are_in_order_too() {
    let mut counter = Counter::closed().await;
    let (token, other) = (counter.sign_up(1).await, counter.sign_up(2).await);
    counter.stack.start(Service::Engine).await;
    counter.tick("99.9", "100").await;
    Socket::open_known(&counter, &token).await;
    let mut socket = Socket::open(&counter, &other).await;
    socket.send(1, "order.place", limit("a")).await;
    socket.send(2, "order.cancel", called("a")).await;
    let (first, second) = (socket.answer().await, socket.answer().await);
    assert_eq!((&first.body["id"], first.status), (&json!(1), 201), "{}", first.body);
    assert_eq!((&second.body["id"], second.status), (&json!(2), 200), "{}", second.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_come_when_they_are_done_and_many_may_be_under_way() {
    let counter = Counter::patient().await;
    let token = counter.sign_up(1).await;
    let mut socket = Socket::open_known(&counter, &token).await;
    counter.pause_engine().await;
    let before = counter.request_stream_len().await;
    for n in 0..40 {
        socket.send(n, "order.place", limit(&format!("n{n}"))).await;
    }
    eventually("32 are under way", async || counter.request_stream_len().await == before + 32)
        .await;
    sleep(Duration::from_millis(300)).await;
    assert_eq!(counter.request_stream_len().await, before + 32, "the rest is not read yet");
    // Another connection of the account is not held up.
    let mut other = Socket::open(&counter, &token).await;
    assert_eq!(other.ask("ping", Value::Null).await.status, 200);
    counter.stack.resume(Service::Engine);
    for _ in 0..40 {
        let answer = socket.answer().await;
        assert_eq!(answer.status, 201, "{}", answer.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_makes_an_order_safe_to_send_again_here_and_over_http() {
    let counter = Counter::open().await;
    let token = counter.sign_up(1).await;
    let mut socket = Socket::open(&counter, &token).await;
    let mut request = json!({
        "id": "α", "method": "order.place", "idempotencyKey": "once", "params": limit("a"),
    });
    socket.say(request.to_string()).await;
    let placed = socket.answer().await;
    assert_eq!((placed.status, &placed.body["id"]), (201, &json!("α")), "{}", placed.body);
    socket.say(request.to_string()).await;
    let again = socket.answer().await;
    let repeated = again.result(200, &Method::POST, "/api/v1/orders");
    assert_eq!(repeated["repeated"], true, "{repeated}");
    let key = [("idempotency-key", "once")];
    let body = Some(limit("a").to_string());
    let by_http = counter.send(Method::POST, &token, "/orders", body, &key).await;
    assert_eq!((by_http.status, &by_http.body), (StatusCode::OK, repeated));
    request["params"]["qty"] = "2".into();
    socket.say(request.to_string()).await;
    assert_eq!(socket.answer().await.refusal(), (409, "ORDER_ID_REUSED"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_with_a_request_id_is_safe_to_send_again() {
    let counter = Counter::open().await;
    let token = counter.sign_up(1).await;
    let mut socket = Socket::open(&counter, &token).await;
    let placed = socket.ask("order.place", limit("a")).await;
    let order_id = &placed.body["result"]["order"]["orderId"];
    let id = "0190a6e4-7f3c-7c1a-9d52-3b1f0a8c4e11";
    let cancel = json!({
        "id": 1, "method": "order.cancel", "requestId": id, "params": { "orderId": order_id },
    });
    let mut canceled = Vec::new();
    for _ in 0..2 {
        socket.say(cancel.to_string()).await;
        canceled.push(socket.answer().await);
    }
    for answer in &canceled {
        assert_eq!((answer.status, &answer.body["requestId"]), (200, &json!(id)));
    }
    assert_eq!(canceled[1].body["result"]["repeated"], true, "{}", canceled[1].body);
    let entries = counter.stack.entries::<RequestEntry>(REQUEST_STREAM).await;
    let sent = entries
        .iter()
        .filter(|(_, entry)| entry.request_id == Some(RequestId(id.parse().unwrap())));
    assert_eq!(sent.count(), 2, "the streams have the id of the message");
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_that_are_no_messages_close_the_connection() {
    let counter = Counter::closed().await;
    let token = counter.sign_up(1).await;
    let mut other = Socket::open(&counter, &token).await;
    let mut binary = Socket::open(&counter, &token).await;
    binary.stream.send(Message::binary(b"{}".to_vec())).await.unwrap();
    assert_eq!(binary.close_code().await, 1003);
    let mut large = Socket::open(&counter, &token).await;
    let text = format!(r#"{{"id":1,"method":"ping","params":{{"x":"{}"}}}}"#, "x".repeat(17_000));
    large.say(text).await;
    assert_eq!(large.close_code().await, 1009);
    assert_eq!(other.ask("ping", Value::Null).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_those_who_may_trade_and_no_page_of_another_site_may_connect() {
    let counter = Counter::closed().await;
    let token = counter.sign_up(1).await;
    let (_, read_key) = counter.api_key(&token, "READ").await;
    let (_, trade_key) = counter.api_key(&token, "TRADE").await;
    let cookie = format!("velox_session={token}");
    let foreign = ("origin", "https://evil.example");
    let refused = [
        (vec![], 401, "UNAUTHENTICATED"),
        (vec![("x-api-key", "vlx_nonsense")], 401, "UNAUTHENTICATED"),
        (vec![("x-api-key", read_key.as_str())], 403, "READ_ONLY_KEY"),
        (vec![("cookie", &cookie), foreign], 403, "FOREIGN_ORIGIN"),
        (vec![("cookie", &cookie), ("origin", "null")], 403, "FOREIGN_ORIGIN"),
        (vec![("cookie", &cookie), ("sec-fetch-site", "cross-site")], 403, "FOREIGN_ORIGIN"),
        (
            vec![("cookie", &cookie), ("velox-account", "0190a6e4-7f3c-7c1a-9d52-3b1f0a8c4e11")],
            409,
            "ACCOUNT_MISMATCH",
        ),
    ];
    for (headers, status, code) in refused {
        let outcome = Socket::connect(&counter, &headers).await;
        assert_eq!(outcome.err(), Some(Refused(status, code.to_owned())), "{headers:?}");
    }
    let own = counter.url.as_str();
    let admitted = [
        vec![("cookie", cookie.as_str())],
        vec![("cookie", &cookie), ("origin", own)],
        vec![("cookie", &cookie), ("origin", "http://localhost:3000")],
        vec![("x-api-key", &trade_key)],
    ];
    for headers in admitted {
        let mut socket = Socket::connect(&counter, &headers).await.unwrap();
        assert_eq!(socket.ask("ping", Value::Null).await.status, 200);
    }
    let plain = counter.get(&token, "/ws").await;
    assert_eq!(plain.refusal(), (426, "UPGRADE_REQUIRED"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_was_ended_and_a_key_that_was_deleted_do_nothing_any_more() {
    let counter = Counter::open().await;
    let token = counter.sign_up(1).await;
    let phone = counter.sign_in(1).await;
    let (key_id, key) = counter.api_key(&token, "TRADE").await;
    let mut stays = Socket::open(&counter, &token).await;
    let (mut by_session, mut by_key) =
        (Socket::open(&counter, &phone).await, Socket::open(&counter, &key).await);
    for socket in [&mut by_session, &mut by_key] {
        assert_eq!(socket.ask("order.place", limit("x")).await.status / 100, 2);
        socket.ask("order.cancel", called("x")).await;
    }
    counter.post(&phone, "/user/signout", &json!({})).await;
    let path = format!("/user/api-keys/{key_id}");
    counter.send(Method::DELETE, &token, &path, None, &[]).await;
    let before = counter.request_stream_len().await;
    for socket in [&mut by_session, &mut by_key] {
        assert_eq!(socket.ask("order.place", limit("a")).await.refusal(), (401, "UNAUTHENTICATED"));
        assert_eq!(socket.close_code().await, 4004);
    }
    assert_eq!(counter.request_stream_len().await, before);
    assert_eq!(stays.ask("order.place", limit("a")).await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_connection_ends_with_its_session_or_when_its_client_is_dead() {
    let counter = Counter::closed_with(&["--order-entry-ping-interval-ms", "200"]).await;
    let token = counter.sign_up(1).await;
    let phone = counter.sign_in(1).await;
    let (mut alive, mut dead) =
        (Socket::open(&counter, &token).await, Socket::open(&counter, &token).await);
    // A client answers pings while it reads.
    let reading = async { while let Some(Ok(Message::Ping(_))) = alive.message().await {} };
    let reading = timeout(Duration::from_millis(1_500), reading).await;
    assert!(reading.is_err(), "the connection stays open");
    // One that did not read finds that it was dropped.
    let heard = async { while let Some(Ok(_)) = dead.message().await {} };
    timeout(Duration::from_secs(10), heard).await.expect("it was dropped");
    assert_eq!(alive.ask("ping", Value::Null).await.status, 200);
    let mut idle = Socket::open(&counter, &phone).await;
    counter.post(&phone, "/user/signout", &json!({})).await;
    assert_eq!(idle.close_code().await, 4004);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_message_counts_against_the_limits_of_orders() {
    let counter = Counter::closed_with(&["--rate-limit-orders", "5/3600s"]).await;
    let (token, other) = (counter.sign_up(1).await, counter.sign_up(2).await);
    // The upgrade counts for one.
    let mut socket = Socket::open(&counter, &token).await;
    for _ in 0..2 {
        assert_eq!(socket.ask("ping", Value::Null).await.status, 200);
        socket.say("nonsense").await;
        assert_eq!(socket.answer().await.refusal(), (400, "MALFORMED_JSON"));
    }
    let refused = socket.ask("order.place", limit("a")).await;
    assert_eq!(refused.refusal(), (429, "TOO_MANY_REQUESTS"));
    let wait = refused.body["error"]["retryAfter"].as_u64().unwrap();
    assert!((700..=720).contains(&wait), "{wait}");
    assert_eq!(
        counter.post(&token, "/orders", &limit("a")).await.refusal(),
        (429, "TOO_MANY_REQUESTS")
    );
    let outcome = Socket::connect(&counter, &[("authorization", &format!("Bearer {token}"))]).await;
    assert_eq!(outcome.err(), Some(Refused(429, "TOO_MANY_REQUESTS".to_owned())));
    let mut other = Socket::open(&counter, &other).await;
    assert_eq!(other.ask("ping", Value::Null).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_limited() {
    let settings =
        ["--order-entry-connections-max", "3", "--order-entry-connections-per-user-max", "2"];
    let counter = Counter::closed_with(&settings).await;
    let (one, two) = (counter.sign_up(1).await, counter.sign_up(2).await);
    let connect = async |token: &str| {
        let bearer = format!("Bearer {token}");
        Socket::connect(&counter, &[("authorization", &bearer)]).await
    };
    let (first, _second) = (connect(&one).await.unwrap(), connect(&one).await.unwrap());
    let full = Some(Refused(429, "TOO_MANY_CONNECTIONS".to_owned()));
    assert_eq!(connect(&one).await.err(), full);
    let _third = connect(&two).await.unwrap();
    assert_eq!(connect(&two).await.err(), Some(Refused(503, "SERVER_FULL".to_owned())));
    drop(first);
    eventually("a place is free", async || connect(&two).await.is_ok()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_answer_of_the_engine_the_connection_lives() {
    let counter = Counter::closed_with(&["--engine-timeout-ms", "300"]).await;
    let token = counter.sign_up(1).await;
    let mut socket = Socket::open(&counter, &token).await;
    let refused = socket.ask("order.place", limit("a")).await;
    assert_eq!(refused.refusal(), (503, "ENGINE_NOT_READY"));
    assert_eq!(refused.body["error"]["retryAfter"], 1);
    // No engine answers, but it says that it is there.
    counter.announce(EngineState::Ready).await;
    eventually("the request is sent", async || {
        let sent = socket.ask("order.place", limit("a")).await;
        let is_sent = sent.refusal() == (504, "ENGINE_TIMEOUT");
        assert_eq!(is_sent, sent.body["error"]["orderId"].is_string(), "{}", sent.body);
        is_sent
    })
    .await;
    let canceled = socket.ask("order.cancel", called("a")).await;
    assert_eq!(canceled.refusal(), (504, "ENGINE_TIMEOUT"));
    assert_eq!(socket.ask("ping", Value::Null).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_stops_answers_what_is_under_way_and_says_goodbye() {
    let mut counter = Counter::patient().await;
    let token = counter.sign_up(1).await;
    let mut busy = Socket::open_known(&counter, &token).await;
    let mut idle = Socket::open(&counter, &token).await;
    counter.pause_engine().await;
    let before = counter.request_stream_len().await;
    busy.send(1, "order.place", limit("a")).await;
    busy.send(2, "order.place", limit("b")).await;
    eventually("both are sent", async || counter.request_stream_len().await == before + 2).await;
    counter.begin_to_stop();
    assert_eq!(idle.close_code().await, 1001);
    counter.stack.resume(Service::Engine);
    for _ in 0..2 {
        assert_eq!(busy.answer().await.status, 201);
    }
    assert_eq!(busy.close_code().await, 1001);
    counter.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_carried_out_even_if_the_client_does_not_wait_for_its_answer() {
    let counter = Counter::open().await;
    let token = counter.sign_up(1).await;
    let mut socket = Socket::open(&counter, &token).await;
    socket.send(1, "order.place", limit("a")).await;
    socket.send(2, "order.place", limit("b")).await;
    socket.stream.close(None).await.unwrap();
    eventually("both orders rest", async || {
        let open = counter.get(&token, "/orders").await;
        open.body["orders"].as_array().map(Vec::len) == Some(2)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_outlives_the_time_of_a_request() {
    // The time of a request is twice that of the engine and ten seconds.
    let counter = Counter::closed_with(&["--engine-timeout-ms", "1"]).await;
    let token = counter.sign_up(1).await;
    let mut socket = Socket::open(&counter, &token).await;
    sleep(Duration::from_millis(10_500)).await;
    assert_eq!(socket.ask("ping", Value::Null).await.status, 200);
}
