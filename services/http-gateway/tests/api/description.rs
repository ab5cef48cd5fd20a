//! The API's description is committed, complete and accurate.

use crate::account_performance;
use crate::contract::{CONTRACT, Operation, check, validator};
use crate::counter::{Counter, credentials, ticket};
use crate::placed_orders;
use crate::socket::Socket;
use crate::trading_accounts;
use http_gateway::openapi;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use testkit::stack::Service;

/// The variable that makes the test rewrite the committed copy; `cargo xtask openapi` sets it.
const REWRITE: &str = "VELOX_REWRITE_OPENAPI";

#[test]
fn the_committed_description_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    let fresh = openapi::json();
    if std::env::var_os(REWRITE).is_some() {
        std::fs::write(&path, fresh).unwrap();
        return;
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let line = committed.lines().zip(fresh.lines()).position(|(old, new)| old != new);
    assert!(
        committed == fresh,
        "openapi.json is not current from line {} on; run `cargo xtask openapi` and commit it",
        line.map_or_else(|| committed.lines().count(), |line| line + 1),
    );
}

#[test]
fn everything_is_described() {
    let is_text = |value: &Value| value.as_str().is_some_and(|text| text.len() > 3);
    let mut missing = Vec::new();
    let mut ids = BTreeSet::new();
    for Operation { id, object, .. } in &CONTRACT.operations {
        assert!(ids.insert(id), "duplicate operation id {id}");
        if !is_text(&object["summary"]) || !is_text(&object["description"]) {
            missing.push(id.clone());
        }
        assert_eq!(object["tags"].as_array().map(Vec::len), Some(1), "{id}");
        for parameter in object["parameters"].as_array().into_iter().flatten() {
            if !is_text(&parameter["description"]) {
                missing.push(format!("{id} {}", parameter["name"]));
            }
        }
    }
    for (name, schema) in CONTRACT.document["components"]["schemas"].as_object().unwrap() {
        for (property, schema) in schema["properties"].as_object().into_iter().flatten() {
            let described = is_text(&schema["description"])
                || schema["oneOf"].as_array().is_some_and(|o| is_text(&o[0]["description"]));
            if !described {
                missing.push(format!("{name}.{property}"));
            }
        }
    }
    assert!(missing.is_empty(), "without a description: {missing:#?}");
}

#[test]
fn an_operation_says_that_it_needs_a_session() {
    let document = &CONTRACT.document;
    let schemes = document["components"]["securitySchemes"].as_object().unwrap();
    assert_eq!(schemes.len(), document["security"].as_array().unwrap().len());
    for Operation { id, object, responses, .. } in &CONTRACT.operations {
        let is_public = object.get("security") == Some(&json!([{}]));
        let examples = &object["responses"]["401"]["content"]["application/json"]["examples"];
        assert_eq!(is_public, examples.get("UNAUTHENTICATED").is_none(), "{id}");
        assert!(responses.contains_key(&500), "{id} documents no Errors");
    }
}

#[test]
fn every_example_is_one() {
    let mut count = 0;
    each_schema(&CONTRACT.document, &mut |schema| {
        // A value can't have two types at once, and no example would show this mistake.
        let parts = schema.get("allOf").and_then(Value::as_array).into_iter().flatten();
        let types: BTreeSet<_> = parts.filter_map(|part| part["type"].as_str()).collect();
        assert!(types.len() < 2, "no value is all of this: {schema}");
        let listed = schema.get("examples").and_then(Value::as_array).into_iter().flatten();
        let examples: Vec<_> = listed.chain(schema.get("example")).collect();
        let Some(first) = examples.first() else { return };
        let validator = validator(&CONTRACT.document, schema);
        for example in &examples {
            check(&validator, example, &format!("an example of {first}"));
        }
        count += examples.len();
    });
    for Operation { id, object, .. } in &CONTRACT.operations {
        for (status, response) in object["responses"].as_object().unwrap() {
            let content = &response["content"]["application/json"];
            let Some(examples) = content["examples"].as_object() else { continue };
            let validator = validator(&CONTRACT.document, &content["schema"]);
            for (name, example) in examples {
                check(&validator, &example["value"], &format!("{id} {status} {name}"));
                count += 1;
            }
        }
    }
    assert!(count > 100, "the examples were not found");
}

/// Visits every schema: objects with a type or a combination of types.
fn each_schema(value: &Value, visit: &mut impl FnMut(&Value)) {
    match value {
        Value::Object(object) => {
            if ["type", "oneOf", "allOf"].iter().any(|word| object.contains_key(*word)) {
                visit(value);
            }
            object.values().for_each(|value| each_schema(value, visit));
        }
        Value::Array(list) => list.iter().for_each(|value| each_schema(value, visit)),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_have_exactly_the_fields_that_are_described() {
    let counter = Counter::closed().await;
    let token = counter.sign_up(1).await;
    let mut count = 0;
    for Operation { id, method, path, object, .. } in &CONTRACT.operations {
        let Some(schema) = object.get("requestBody") else { continue };
        // The sign-in form has the same fields as the JSON.
        let schema = &schema["content"]["application/json"]["schema"];
        // An optional body may also be null.
        let name = schema.pointer("/$ref").or_else(|| schema.pointer("/oneOf/0/$ref"));
        let name = name.and_then(Value::as_str).unwrap();
        let schema = CONTRACT.document.pointer(name.trim_start_matches('#')).unwrap();
        let described: BTreeSet<_> = schema["properties"].as_object().unwrap().keys().collect();

        let path = path.replace("{orderId}", "0190a6e4-7f3c-7c1a-9d52-3b1f0a8c4e11");
        let path = path.replace("{positionId}", "0190a6e4-7f3c-7c1a-9d52-3b1f0a8c4e11");
        let path = path.replace("{accountId}", "0190a6e4-7f3c-7c1a-9d52-3b1f0a8c4e11");
        // A required parameter is checked before the body.
        let query = if id == "amendOrderByClientId" { "?clientOrderId=a" } else { "" };
        let path = format!("{}{query}", path.strip_prefix("/api/v1").unwrap());
        let body = Some(json!({ "none of them": 1 }).to_string());
        let refused = counter.send(method.clone(), &token, &path, body, &[]).await;
        assert_eq!(refused.refusal(), (400, "VALIDATION"), "{id}");
        let problem = refused.body["fields"]["none of them"].as_str().unwrap();
        let known =
            problem.strip_prefix("is not a field of this request; its fields are ").unwrap();
        let known: BTreeSet<_> = known.split(", ").map(str::to_owned).collect();
        assert_eq!(known.iter().collect::<BTreeSet<_>>(), described, "{id}");

        let required = schema["required"].as_array().into_iter().flatten();
        for field in required.map(|field| field.as_str().unwrap()) {
            assert_eq!(refused.body["fields"][field], "is required", "{id}");
        }
        count += 1;
    }
    assert_eq!(count, 25, "operations with a body");
}

async fn ask_for_everything_about_accounts(counter: &Counter, token: &str) {
    let (key_id, _) = counter.api_key(token, "READ").await;
    counter.get(token, "/user/api-keys").await;
    counter.send(Method::DELETE, token, &format!("/user/api-keys/{key_id}"), None, &[]).await;
    let sessions = counter.get(token, "/user/sessions").await;
    let other =
        sessions.body["sessions"].as_array().unwrap().iter().find(|s| s["current"] == false);
    let other = format!("/user/sessions/{}", other.unwrap()["sessionId"].as_str().unwrap());
    counter.send(Method::DELETE, token, &other, None, &[]).await;

    let link = counter.magic_link("user1@example.com").await;
    let page = format!("/user/auth/verify?token={link}");
    counter.get("", &page).await;
    let body = json!({ "token": link });
    let by_link = counter.post("", "/user/auth/verify", &body).await;
    counter.get("", &page).await;
    let form = [("content-type", "application/x-www-form-urlencoded")];
    counter.send(Method::POST, "", "/user/auth/verify", None, &form).await;

    let token = by_link.body["token"].as_str().unwrap();
    let change = json!({ "password": credentials(1)["password"], "phone": "5551234567" });
    counter.send(Method::PATCH, token, "/user/me", Some(change.to_string()), &[]).await;
    counter.post(token, "/user/signout-all", &json!({})).await;
}

/// [`Counter`] checks every response against the description; this test calls every operation, in
/// every way to succeed.
#[tokio::test(flavor = "multi_thread")]
async fn every_operation_gives_what_it_says() {
    let mut counter = Counter::open().await;
    counter.stack.start(Service::DbWorker).await;
    let token = counter.sign_up(1).await;
    counter
        .post(
            "",
            "/user/signin",
            &json!({
                "email": "user1@example.com", "password": credentials(1)["password"],
            }),
        )
        .await;
    counter.get(&token, "/user/me").await;
    counter.get(&token, "/user/ws-ticket").await;
    let guest = counter.send(Method::POST, "", "/user/guest", None, &[]).await;
    let guest = guest.body["token"].as_str().unwrap();
    counter.post(guest, "/user/register", &credentials(3)).await;

    let key = [("idempotency-key", "once")];
    let open = async || {
        let body = Some(ticket().to_string());
        counter.send(Method::POST, &token, "/order/open", body, &key).await
    };
    let opened = open().await;
    open().await;
    let order_id = opened.body["order"]["orderId"].as_str().unwrap();
    let path = format!("/order/{order_id}");
    counter.get(&token, &path).await;
    let change = Some(json!({ "stopLoss": "95", "takeProfit": 120 }).to_string());
    counter.send(Method::PATCH, &token, &path, change, &[]).await;
    counter.get(&token, "/order/user/orders").await;
    counter.get(&token, "/order/user/balance").await;
    counter.send(Method::POST, &token, &format!("/order/close/{order_id}"), None, &[]).await;
    counter.get(&token, "/order/user/orders?status=CLOSED").await;
    counter.get(&token, "/order/user/realized-pnl").await;
    counter.get(&token, "/order/user/closed-orders.csv").await;
    counter.get("", "/tickers").await;
    counter.get("", "/markets").await;
    counter.get("", "/funding").await;

    for path in ["/candles", "/api/v1/candles"] {
        let path = format!("{path}?asset=BTCUSDT&duration=1m");
        let candles = counter.request(Method::GET, "", &path, None, &[]).await;
        let etag = candles.headers["etag"].to_str().unwrap();
        counter.request(Method::GET, "", &path, None, &[("if-none-match", etag)]).await;
    }
    Socket::open(&counter, &token).await;
    placed_orders::call_everything(&counter, &token).await;
    trading_accounts::call_everything(&counter, &token).await;
    account_performance::call_everything(&counter, &token).await;
    ask_for_everything_about_accounts(&counter, &token).await;
    counter.send(Method::POST, "", "/user/signout", None, &[]).await;

    let successes = CONTRACT.operations.iter().flat_map(|operation| {
        let statuses = operation.responses.keys().filter(|status| **status < 400);
        statuses.map(|status| (operation.id.clone(), *status))
    });
    let missing: Vec<_> = successes.filter(|success| !counter.has_seen(success)).collect();
    assert!(missing.is_empty(), "never called: {missing:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_needs_nothing_but_the_gateway() {
    let counter = Counter::closed().await;
    let read = async |path: &str| {
        let answer = reqwest::get(format!("{}{path}", counter.url)).await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        let policy = answer.headers().get("content-security-policy").cloned();
        (policy, answer.text().await.unwrap())
    };
    assert_eq!(read("/openapi.json").await.1, openapi::json());
    for page in ["/docs", "/api/docs"] {
        let (policy, html) = read(page).await;
        assert!(policy.is_some_and(|policy| !policy.to_str().unwrap().contains("unsafe")));
        let attributes = ["src=\"", "href=\""].map(|attribute| html.split(attribute).skip(1));
        let links = attributes.into_iter().flatten().map(|text| text.split('"').next().unwrap());
        let links: Vec<_> = links.collect();
        assert!(links.len() > 3, "{html}");
        for link in links {
            assert!(!link.contains("//") && !link.starts_with('/'), "{link}");
            read(&format!("{page}/{}", link.trim_start_matches("./"))).await;
        }
    }
    let missing = counter.request(Method::GET, "", "/docs/%FFno-such-file", None, &[]).await;
    assert_eq!(missing.refusal(), (404, "NOT_FOUND"));
}
