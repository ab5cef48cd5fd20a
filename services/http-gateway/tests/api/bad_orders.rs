//! Bad input to the operations on orders and positions: the response has the status, the code and the
//! field, and the account does not change.

use crate::counter::{Answer, Counter};
use reqwest::Method;
use serde_json::{Value, json};

const ID: &str = "0190a6e4-7f3c-7c1a-9d52-3b1f0a8c4e11";
const DECIMAL: &str = "is not a decimal number";
const RANGE: &str = "is out of range";
const ABOVE_ZERO: &str = "must be above zero";
const BOOLEAN: &str = "must be true or false";
const STRING: &str = "must be a string";
const SHARE: &str = "must be a whole number from 1 to 10000";
const CALLBACK: &str = "must be a whole number from 10 to 1000";
const UUID: &str = "must be the UUID of an order";

const TYPES: &str = "must be MARKET, LIMIT, STOP_MARKET, STOP, TAKE_PROFIT_MARKET, TAKE_PROFIT or \
    TRAILING_STOP_MARKET";
const LEVERAGE: &str = "must be a whole number from 1 to 100";
const NAME: &str = "must have 1 to 36 letters, digits and characters of .:/_-";

/// An account with a resting order and a position, which nothing here may change.
struct Account {
    counter: Counter,
    token: String,
    order: String,
    position: String,
}

impl Account {
    async fn open() -> Self {
        let counter = Counter::open().await;
        let token = counter.sign_up(1).await;
        let market = json!({ "asset": "BTCUSDT", "side": "BUY", "qty": "1", "leverage": 10 });
        let opened = counter.post(&token, "/orders", &market).await;
        let position = opened.body["position"]["orderId"].as_str().unwrap().to_owned();
        let rests = counter.post(&token, "/orders", &limit()).await;
        let order = rests.body["order"]["orderId"].as_str().unwrap().to_owned();
        Self { counter, token, order, position }
    }

    /// Returns the account's orders and positions, and the number of requests sent to the engine.
    async fn state(&self) -> (Vec<Value>, u64) {
        let mut state = Vec::new();
        for path in ["/orders", "/positions", "/account/settings"] {
            state.push(self.counter.get(&self.token, path).await.body);
        }
        (state, self.counter.request_stream_len().await)
    }

    async fn send(&self, method: &Method, path: &str, body: Option<&str>) -> Answer {
        let path = path.replace("{order}", &self.order).replace("{position}", &self.position);
        let body = body.map(str::to_owned);
        self.counter.send(method.clone(), &self.token, &path, body, &[]).await
    }

    /// Sends each body, and checks that one field is named with its problem.
    async fn refuse(&self, method: Method, path: &str, rows: &[(String, &str, &str)]) {
        let before = self.state().await;
        for (body, field, problem) in rows {
            let refused = self.send(&method, path, Some(body)).await;
            assert_eq!(refused.refusal(), (400, "VALIDATION"), "{method} {path} {body}");
            assert_eq!(refused.body["fields"], json!({ *field: problem }), "{path} {body}");
        }
        assert_eq!(self.state().await, before, "{method} {path}");
    }
}

fn limit() -> Value {
    json!({
        "asset": "BTCUSDT", "side": "BUY", "type": "LIMIT", "qty": "1", "price": "50",
        "leverage": 10,
    })
}

/// Returns a body with these fields in place of its own. The values are JSON, as text: a number may
/// have more digits than a float.
fn with(body: &Value, fields: &[(&str, &str)]) -> String {
    let kept = body.as_object().unwrap().iter();
    let kept = kept.filter(|(name, _)| fields.iter().all(|(other, _)| other != name));
    let mut pairs: Vec<_> = kept.map(|(name, value)| format!("\"{name}\":{value}")).collect();
    let given = fields.iter().filter(|(_, value)| !value.is_empty());
    pairs.extend(given.map(|(name, value)| format!("\"{name}\":{value}")));
    format!("{{{}}}", pairs.join(","))
}

/// The fields that do not fit together, the one that is named, and its problem.
type Combination<'a> = (&'a [(&'a str, &'a str)], &'a str, &'a str);

/// The wrong values of an amount.
const AMOUNTS: [(&str, &str); 9] = [
    ("0", ABOVE_ZERO),
    ("-1", ABOVE_ZERO),
    ("1e30", RANGE),
    ("99999999999", RANGE),
    ("1e-9", "has more than 8 decimals"),
    ("\"NaN\"", DECIMAL),
    ("\"\"", DECIMAL),
    ("\"Infinity\"", DECIMAL),
    ("{}", "must be a number or a decimal string"),
];

/// The fields of a limit order, each with a wrong value of its own kind.
const SINGLE: &[(&str, &str, &str)] = &[
    ("asset", "", "is required"),
    ("asset", "null", "is required"),
    ("asset", "7", STRING),
    ("asset", "\"\"", "must be one of BTCUSDT, ETHUSDT, SOLUSDT"),
    ("asset", "\"DOGEUSDT\"", "must be one of BTCUSDT, ETHUSDT, SOLUSDT"),
    ("side", "", "is required"),
    ("side", "\"LONG\"", "must be BUY or SELL"),
    ("side", "\"buy\"", "must be BUY or SELL"),
    ("side", "1", STRING),
    ("type", "\"ICEBERG\"", TYPES),
    ("type", "[]", STRING),
    ("qty", "", "is required"),
    ("qty", "null", "is required"),
    ("price", "", "is required for type LIMIT"),
    ("reduceOnly", "\"yes\"", BOOLEAN),
    ("reduceOnly", "null", BOOLEAN),
    ("closePosition", "1", BOOLEAN),
    ("timeInForce", "\"DAY\"", "must be GTC, IOC, FOK, GTX or GTD"),
    ("leverage", "0", LEVERAGE),
    ("leverage", "101", LEVERAGE),
    ("leverage", "1.5", LEVERAGE),
    ("leverage", "\"ten\"", LEVERAGE),
    ("leverage", "99999999999999999999999", LEVERAGE),
    ("clientOrderId", "\"\"", NAME),
    ("clientOrderId", "\"a b\"", NAME),
    ("clientOrderId", "\"é\"", NAME),
    ("clientOrderId", "7", STRING),
    ("clientOrderId", "\"\\u0000\"", "must not contain U+0000"),
    ("positionSide", "\"BUY\"", "must be LONG or SHORT"),
    ("positionId", "\"1\"", UUID),
    ("positionId", "1", STRING),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_value_of_an_order_is_named() {
    let account = Account::open().await;
    let any = limit();
    let mut rows: Vec<(String, &str, &str)> = Vec::new();
    let stop = json!({ "asset": "BTCUSDT", "side": "SELL", "type": "STOP_MARKET", "qty": "1", "triggerPrice": "90", "leverage": 10 });
    let market = json!({ "asset": "BTCUSDT", "side": "BUY", "qty": "1", "leverage": 10 });
    for (value, problem) in AMOUNTS {
        for field in ["qty", "price", "stopLoss", "takeProfit"] {
            rows.push((with(&any, &[(field, value)]), field, problem));
        }
        rows.push((with(&stop, &[("triggerPrice", value)]), "triggerPrice", problem));
        rows.push((with(&market, &[("priceLimit", value)]), "priceLimit", problem));
    }
    let moment = "must be a time in Unix milliseconds";
    let long_name = format!("\"{}\"", "x".repeat(37));
    rows.push((with(&any, &[("clientOrderId", &long_name)]), "clientOrderId", NAME));
    rows.extend(
        SINGLE
            .iter()
            .map(|(field, value, problem)| (with(&any, &[(field, value)]), *field, *problem)),
    );
    for value in ["0", "10001", "1.5", "-1", "\"half\"", "{}"] {
        let fields = [("qty", ""), ("shareBps", value)];
        rows.push((with(&market, &fields), "shareBps", SHARE));
    }
    let trailing = [("type", "\"TRAILING_STOP_MARKET\""), ("price", "")];
    for value in ["9", "1001", "1e1000", "\"\""] {
        let fields = [trailing[0], trailing[1], ("callbackBps", value)];
        rows.push((with(&any, &fields), "callbackBps", CALLBACK));
        let fields = [("trailingStopBps", value)];
        rows.push((with(&any, &fields), "trailingStopBps", CALLBACK));
    }
    for value in ["-1", "1.5", "\"soon\"", "99999999999999999999"] {
        let fields = [("timeInForce", "\"GTD\""), ("expiresAt", value)];
        rows.push((with(&any, &fields), "expiresAt", moment));
    }
    for value in ["-1", "10001", "\"x\""] {
        let problem = "must be a whole number from 0 to 10000";
        rows.push((with(&market, &[("maxSlippageBps", value)]), "maxSlippageBps", problem));
    }
    account.refuse(Method::POST, "/orders", &rows).await;
    let unknown =
        account.send(&Method::POST, "/orders", Some(&with(&any, &[("Price", "1")]))).await;
    let problem = unknown.body["fields"]["Price"].as_str().unwrap();
    assert!(problem.starts_with("is not a field of this request"), "{problem}");
    for body in ["", "[]", "null", "{\"qty\":NaN}", "{\"qty\":1,\"qty\":2}"] {
        let refused = account.send(&Method::POST, "/orders", Some(body)).await;
        assert_eq!(refused.refusal(), (400, "MALFORMED_JSON"), "{body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_of_an_order_that_do_not_fit_together_are_named() {
    let account = Account::open().await;
    let any = limit();
    let (market, stop) = (("type", "\"MARKET\""), ("type", "\"STOP_MARKET\""));
    let (no_qty, no_price, qty) = (("qty", ""), ("price", ""), ("qty", "1"));
    let (close, share) = (("closePosition", "true"), ("shareBps", "5000"));
    let trigger = ("triggerPrice", "90");
    let trailing = ("type", "\"TRAILING_STOP_MARKET\"");
    let ioc = ("timeInForce", "\"IOC\"");
    let rows: &[Combination<'_>] = &[
        (&[close, no_qty], "closePosition", "is not allowed for type LIMIT"),
        (&[share, no_qty], "shareBps", "is not allowed for type LIMIT"),
        (
            &[market, no_price, close, share, no_qty],
            "shareBps",
            "is not allowed together with closePosition",
        ),
        (&[market, no_price, close, qty], "qty", "is not allowed together with closePosition"),
        (&[market, no_price, share, qty], "qty", "is not allowed together with shareBps"),
        (&[market], "price", "is not allowed for type MARKET"),
        (&[trigger], "triggerPrice", "is not allowed for type LIMIT"),
        (&[stop, no_price], "triggerPrice", "is required for type STOP_MARKET"),
        (&[("type", "\"STOP\""), no_price, trigger], "price", "is required for type STOP"),
        (&[trailing, no_price], "callbackBps", "is required for type TRAILING_STOP_MARKET"),
        (&[("callbackBps", "100")], "callbackBps", "is not allowed for type LIMIT"),
        (&[market, no_price, ioc], "timeInForce", "must not be IOC for type MARKET"),
        (&[stop, no_price, trigger, ioc], "timeInForce", "must not be IOC for type STOP_MARKET"),
        (&[("timeInForce", "\"GTD\"")], "expiresAt", "is required for timeInForce GTD"),
        (&[("expiresAt", "1895579901491")], "expiresAt", "is not allowed for timeInForce GTC"),
        (
            &[("reduceOnly", "true"), ("stopLoss", "40")],
            "stopLoss",
            "is not allowed together with reduceOnly",
        ),
        (
            &[("reduceOnly", "true"), ("takeProfit", "60")],
            "takeProfit",
            "is not allowed together with reduceOnly",
        ),
        (
            &[("reduceOnly", "true"), ("trailingStopBps", "100")],
            "trailingStopBps",
            "is not allowed together with reduceOnly",
        ),
        (
            &[market, no_price, close, no_qty, ("trailingStopBps", "100")],
            "trailingStopBps",
            "is not allowed together with closePosition",
        ),
        (&[("priceLimit", "60")], "priceLimit", "is not allowed for type LIMIT"),
        (&[("maxSlippageBps", "1")], "maxSlippageBps", "is not allowed for type LIMIT"),
        (
            &[market, no_price, ("priceLimit", "60"), ("maxSlippageBps", "1")],
            "maxSlippageBps",
            "is not allowed together with priceLimit",
        ),
    ];
    let rows: Vec<_> = rows
        .iter()
        .map(|(fields, field, problem)| (with(&any, fields), *field, *problem))
        .collect();
    account.refuse(Method::POST, "/orders", &rows).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_changes_and_closes_are_named() {
    let account = Account::open().await;
    let none = json!({});
    let mut amend = vec![
        ("{}".to_owned(), "qty", "or price, triggerPrice or callbackBps is required"),
        ("{\"callbackBps\":9}".to_owned(), "callbackBps", CALLBACK),
    ];
    for (value, problem) in AMOUNTS {
        for field in ["qty", "price", "triggerPrice"] {
            amend.push((with(&none, &[(field, value)]), field, problem));
        }
    }
    account.refuse(Method::PATCH, "/orders/{order}", &amend).await;
    account.refuse(Method::PATCH, "/orders?clientOrderId=a", &amend).await;

    let mut close = vec![(
        "{\"qty\":1,\"shareBps\":1}".to_owned(),
        "shareBps",
        "is not allowed together with qty",
    )];
    for value in ["0", "10001", "-1", "1.5", "\"half\""] {
        close.push((with(&none, &[("shareBps", value)]), "shareBps", SHARE));
    }
    for (value, problem) in AMOUNTS {
        for field in ["qty", "priceLimit"] {
            close.push((with(&none, &[(field, value)]), field, problem));
        }
    }
    account.refuse(Method::POST, "/positions/{position}/close", &close).await;
    let reverse: Vec<_> = AMOUNTS
        .iter()
        .map(|(value, problem)| (with(&none, &[("priceLimit", value)]), "priceLimit", *problem))
        .collect();
    account.refuse(Method::POST, "/positions/{position}/reverse", &reverse).await;
    let margin = [
        ("{}", "is required"),
        ("{\"amount\":0}", "must not be zero"),
        ("{\"amount\":\"NaN\"}", DECIMAL),
        ("{\"amount\":1e30}", RANGE),
    ];
    let margin = margin.map(|(body, problem)| (body.to_owned(), "amount", problem));
    account.refuse(Method::POST, "/positions/{position}/margin", &margin).await;
    let asset = "must be one of BTCUSDT, ETHUSDT, SOLUSDT";
    let all = [("{\"asset\":\"DOGE\"}".to_owned(), "asset", asset)];
    account.refuse(Method::POST, "/positions/close-all", &all).await;
    let mode = "must be separate, one_way or hedge";
    let mode = [("{\"mode\":\"both\"}".to_owned(), "mode", mode)];
    account.refuse(Method::PUT, "/account/position-mode", &mode).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_batches_are_named() {
    let account = Account::open().await;
    let items = "must have 1 to 10 items";
    let eleven = format!("{{\"orders\":[{}]}}", ["{}"; 11].join(","));
    let batch = [
        ("{\"orders\":[]}".to_owned(), "orders", items),
        ("{\"orders\":{}}".to_owned(), "orders", "must be a list"),
        ("{}".to_owned(), "orders", "is required"),
        (eleven, "orders", items),
    ];
    account.refuse(Method::POST, "/orders/batch", &batch).await;
    let cancels = [
        ("{}".to_owned(), "clientOrderIds", "or orderIds is required"),
        (
            format!("{{\"orderIds\":[\"{ID}\"],\"clientOrderIds\":[\"a\"]}}"),
            "clientOrderIds",
            "is not allowed together with orderIds",
        ),
        (
            "{\"orderIds\":[\"1\"]}".to_owned(),
            "orderIds",
            "has an item 1 that must be the UUID of an order",
        ),
    ];
    account.refuse(Method::DELETE, "/orders/batch", &cancels).await;
}

/// Each item of a batch has an error of its own.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_order_of_a_batch_does_not_keep_the_others_away() {
    let account = Account::open().await;
    let bad = with(&limit(), &[("qty", "0")]);
    let key = with(&limit(), &[("idempotencyKey", "\" \"")]);
    let body = format!("{{\"orders\":[{bad},7,{key},{}]}}", limit());
    let placed = account.send(&Method::POST, "/orders/batch", Some(&body)).await;
    let results = placed.body["results"].as_array().unwrap();
    let codes: Vec<_> = results.iter().map(|result| result["code"].as_str()).collect();
    let expected = [Some("VALIDATION"), Some("MALFORMED_JSON"), Some("VALIDATION"), None];
    assert_eq!(codes, expected, "{}", placed.body);
    assert_eq!(results[0]["fields"]["qty"], ABOVE_ZERO);
    assert!(results[2]["fields"]["idempotencyKey"].is_string(), "{}", placed.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_parameters_are_named() {
    let account = Account::open().await;
    let before = account.state().await;
    let (limit, cursor) =
        ("must be a whole number from 1 to 100", "must be a nextCursor returned by this API");
    let name = "must have 1 to 36 letters, digits and characters of .:/_-";
    let asset = "must be one of BTCUSDT, ETHUSDT, SOLUSDT";
    let rows = [
        (Method::GET, "/orders?status=OPEN", "status", "must be NEW, FILLED, CANCELED or EXPIRED"),
        (Method::GET, "/orders?status=FILLED&limit=0", "limit", limit),
        (Method::GET, "/orders?status=FILLED&limit=101", "limit", limit),
        (Method::GET, "/orders?status=FILLED&limit=x", "limit", limit),
        (Method::GET, "/orders?cursor=x", "cursor", cursor),
        (Method::GET, "/orders?cursor=-1.0190a6e4-7f3c-7c1a-9d52-3b1f0a8c4e11", "cursor", cursor),
        (Method::GET, "/orders?asset=DOGE", "asset", asset),
        (Method::GET, "/orders?clientOrderId=", "clientOrderId", name),
        (Method::GET, "/orders?state=NEW", "state", "is not a parameter of this request"),
        (
            Method::GET,
            "/orders?status=NEW,FILLED",
            "status",
            "must be NEW alone, or any of the others",
        ),
        (Method::GET, "/orders?side=LONG", "side", "must be BUY or SELL"),
        (Method::GET, "/orders?from=x", "from", "must be a time in Unix milliseconds"),
        (Method::GET, "/orders?format=xml", "format", "must be json or csv"),
        (
            Method::GET,
            "/orders/summary?status=NEW",
            "status",
            "must be FILLED, CANCELED or EXPIRED",
        ),
        (Method::GET, "/orders/xyz", "orderId", UUID),
        (Method::DELETE, "/orders/xyz", "orderId", UUID),
        (Method::DELETE, "/orders?asset=DOGE", "asset", asset),
        (
            Method::DELETE,
            "/orders?asset=BTC&clientOrderId=a",
            "clientOrderId",
            "is not allowed together with asset",
        ),
        (Method::GET, "/positions?asset=DOGE", "asset", asset),
        (Method::GET, "/fills?limit=0", "limit", limit),
        (Method::GET, "/fills?cursor=1", "cursor", cursor),
        (Method::GET, "/fills?cursor=99999999999999999999999-0", "cursor", cursor),
        (Method::GET, "/fills?role=HOUSE", "role", "must be MAKER or TAKER"),
        (Method::GET, "/fills/summary?side=LONG", "side", "must be BUY or SELL"),
        (Method::GET, "/fills?orderId=1", "orderId", UUID),
        (Method::GET, "/fills?positionId=1", "positionId", UUID),
        (Method::GET, "/fills?from=x", "from", "must be a time in Unix milliseconds"),
        (Method::GET, "/fills?to=-1", "to", "must be a time in Unix milliseconds"),
    ];
    for (method, path, field, problem) in rows {
        let refused = account.send(&method, path, None).await;
        assert_eq!(refused.refusal(), (400, "VALIDATION"), "{path}");
        assert_eq!(refused.body["fields"], json!({ field: problem }), "{path}");
    }
    // A period that ends before it begins has no fills.
    let empty = account.send(&Method::GET, "/fills?from=2&to=1", None).await;
    assert_eq!((empty.status.as_u16(), &empty.body["fills"]), (200, &json!([])), "{}", empty.body);
    assert_eq!(account.state().await, before);
}
