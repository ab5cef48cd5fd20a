//! A client of the HTTP API.

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

/// A signed-in user of the API.
#[derive(Clone)]
pub struct Trader {
    http: Client,
    url: String,
    /// The token for `Authorization: Bearer`.
    pub token: String,
    /// The user's id.
    pub user_id: String,
}

/// The status and the body of an answer.
pub type Answer = (StatusCode, Value);

const PASSWORD: &str = "correct horse battery";

fn email(n: u32) -> String {
    format!("trader{n}@example.com")
}

impl Trader {
    /// Signs up with an email and a phone number derived from `n`.
    ///
    /// # Panics
    /// When the request is refused.
    pub async fn sign_up(url: &str, n: u32) -> Self {
        let phone = format!("+1555{n:07}");
        let body = json!({ "email": email(n), "phone": phone, "password": PASSWORD });
        Self::enter(url, "signup", body, StatusCode::CREATED).await
    }

    /// Signs in as the user who has signed up with the same `n`.
    ///
    /// # Panics
    /// When the request is refused.
    pub async fn sign_in(url: &str, n: u32) -> Self {
        let body = json!({ "email": email(n), "password": PASSWORD });
        Self::enter(url, "signin", body, StatusCode::OK).await
    }

    async fn enter(url: &str, way: &str, body: Value, expected: StatusCode) -> Self {
        let http = Client::new();
        let sent = http.post(format!("{url}/api/v1/user/{way}")).json(&body).send().await;
        let answer = sent.expect("the gateway answers");
        let (status, body) = (answer.status(), answer.json::<Value>().await.expect("JSON"));
        assert_eq!(status, expected, "{body}");
        let text = |value: &Value| value.as_str().expect("a string").to_owned();
        let (token, user_id) = (text(&body["token"]), text(&body["user"]["userId"]));
        Self { http, url: url.to_owned(), token, user_id }
    }

    /// Sends a request and returns the answer.
    ///
    /// # Panics
    /// When there is no answer, or it is not JSON.
    pub async fn request(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        self.send(method, path, body, None).await
    }

    /// Does the same with the given request id.
    pub async fn request_as(
        &self,
        request_id: &str,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Answer {
        self.send(method, path, body, Some(("X-Request-Id", request_id))).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        header: Option<(&str, &str)>,
    ) -> Answer {
        let mut request = self.http.request(method, format!("{}/api/v1{path}", self.url));
        request = request.bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        let answer = request.send().await.expect("the gateway answers");
        (answer.status(), answer.json().await.expect("JSON"))
    }

    /// Opens a position; the body may have `stopLoss` and so on beside the required fields.
    pub async fn open(&self, body: Value) -> Answer {
        self.request(Method::POST, "/order/open", Some(body)).await
    }

    /// Does the same with an idempotency key.
    pub async fn open_with_key(&self, body: Value, key: &str) -> Answer {
        self.send(Method::POST, "/order/open", Some(body), Some(("Idempotency-Key", key))).await
    }

    /// Closes a position.
    pub async fn close(&self, order_id: &str) -> Answer {
        self.request(Method::POST, &format!("/order/close/{order_id}"), None).await
    }

    /// The balance, used margin, equity and unrealized P&L.
    pub async fn balance(&self) -> Value {
        self.get("/order/user/balance").await["balance"].take()
    }

    /// The open positions, newest first.
    pub async fn open_orders(&self) -> Vec<Value> {
        self.orders("OPEN").await
    }

    /// The closed orders, newest first.
    pub async fn closed_orders(&self) -> Vec<Value> {
        self.orders("CLOSED").await
    }

    async fn orders(&self, status: &str) -> Vec<Value> {
        let mut body = self.get(&format!("/order/user/orders?status={status}")).await;
        match body["orders"].take() {
            Value::Array(orders) => orders,
            other => panic!("expected a list of orders, not {other}"),
        }
    }

    /// Sends a GET request and returns the body.
    ///
    /// # Panics
    /// When the answer is not 200.
    pub async fn get(&self, path: &str) -> Value {
        let (status, body) = self.request(Method::GET, path, None).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        body
    }
}
