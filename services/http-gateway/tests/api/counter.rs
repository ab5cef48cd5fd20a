//! The test fixture: a gateway in this process and the servers behind it.

use crate::contract::CONTRACT;
use clap::Parser as _;
use connections::{Door, FileLimit};
use http_gateway::config::Config;
use http_gateway::routes;
use http_gateway::server;
use http_gateway::state::AppState;
use messages::{
    ENGINE_STATUS, EngineState, EngineStatus, MAIL_STREAM, MagicLink, Mail, MailEntry, PriceUpdate,
    REQUEST_STREAM, Request, RequestEntry, StreamMessage,
};
use reqwest::header::{HeaderMap, HeaderName};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use service::Health;
use std::collections::BTreeSet;
use std::sync::Mutex;
use streams::Redis;
use testkit::stack::{Service, Stack, eventually};
use testkit::symbols::{BTC, publish_shipped};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const LIMITS: [&str; 7] = [
    "--rate-limit-sign-in",
    "--rate-limit-guests",
    "--rate-limit-all-guests",
    "--rate-limit-orders",
    "--rate-limit-reads",
    "--rate-limit-address-orders",
    "--rate-limit-address-reads",
];

pub const SECRET: &str = "a secret that is long enough for tests";

pub struct Counter {
    pub stack: Stack,
    pub url: String,
    http: Client,
    stopping: CancellationToken,
    /// Cancelled when the test is over.
    over: CancellationToken,
    serving: JoinHandle<()>,
    /// The operations that were called, with the statuses of their responses.
    seen: Mutex<BTreeSet<(String, u16)>>,
}

/// Starts a gateway in this process.
async fn serve(stack: &Stack, settings: &[&str]) -> (String, CancellationToken, JoinHandle<()>) {
    let database_url = stack.postgres.url();
    let mut all = vec!["http-gateway", "--database-url", &database_url];
    if !settings.contains(&"--jwt-secret") {
        all.extend(["--jwt-secret", SECRET]);
    }
    for limit in LIMITS.iter().filter(|limit| !settings.contains(limit)) {
        all.extend([*limit, "off"]);
    }
    all.extend(settings);
    let config = Config::parse_from(all);
    let redis = Redis::new(&stack.redis.url()).unwrap();
    let (health, pool) = (Health::new(), config.database.pool());
    let app = AppState::start(&config, redis, pool, health).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let shutdown = CancellationToken::new();
    let router = match &config.web_dir {
        Some(dir) => routes::site(app.clone(), dir),
        None => routes::api(app.clone()),
    };
    let (door, limits, stopping) =
        (Door { listener, router }, config.server_limits(FileLimit::raise()), shutdown.clone());
    let serving = async move { server::serve(&app, vec![door], limits, stopping).await };
    (url, shutdown, tokio::spawn(serving))
}

/// A client that does not follow redirects.
fn client() -> Client {
    Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
    /// The text as JSON; null if it is not JSON.
    pub body: Value,
}

impl Counter {
    /// Starts a gateway without an engine.
    pub async fn closed() -> Self {
        Self::closed_with(&[]).await
    }

    /// Starts a gateway without an engine, with these settings and no other rate limits.
    pub async fn closed_with(settings: &[&str]) -> Self {
        let stack = Stack::new(&[("STALE_PRICE_MS", "600000")]).await;
        // The engine writes the same list, but a test does not wait for that.
        publish_shipped(&stack.streams).await;
        Self::on(stack, settings).await
    }

    /// Starts a gateway without an engine, and without a list of markets.
    pub async fn unlisted() -> Self {
        Self::on(Stack::new(&[]).await, &[]).await
    }

    async fn on(stack: Stack, settings: &[&str]) -> Self {
        let (url, stopping, serving) = serve(&stack, settings).await;
        let over = CancellationToken::new();
        Self { stack, url, http: client(), stopping, over, serving, seen: Mutex::default() }
    }

    /// Starts another gateway on the same servers; it stops with the test.
    pub async fn another_gateway(&self, settings: &[&str]) -> String {
        let (url, shutdown, _) = serve(&self.stack, settings).await;
        let over = self.over.clone();
        tokio::spawn(async move {
            over.cancelled().await;
            shutdown.cancel();
        });
        url
    }

    /// Tells the gateway to stop, as SIGTERM does.
    pub fn begin_to_stop(&self) {
        self.stopping.cancel();
    }

    /// Tells the gateway to stop and waits until it has.
    pub async fn stop(&mut self) {
        self.begin_to_stop();
        (&mut self.serving).await.unwrap();
    }

    /// Starts a gateway with an engine, and Bitcoin at 99.9 to 100.
    pub async fn open() -> Self {
        Self::open_with(&[]).await
    }

    /// Like `open`, with a gateway that waits long for the engine: for tests that pause it.
    pub async fn patient() -> Self {
        Self::open_with(&["--engine-timeout-ms", "60000"]).await
    }

    async fn open_with(settings: &[&str]) -> Self {
        let mut counter = Self::closed_with(settings).await;
        counter.stack.start(Service::Engine).await;
        counter.tick("99.9", "100").await;
        eventually("the gateway sees the engine", async || {
            let token = counter.sign_up(0).await;
            counter.get(&token, "/order/user/balance").await.status == StatusCode::OK || {
                // The email is taken now; delete the account that was signed up without an engine.
                sqlx::query("delete from users").execute(&counter.stack.pool).await.unwrap();
                false
            }
        })
        .await;
        counter
    }

    /// Suspends the engine. The gateway goes on sending requests, however long the pause: otherwise
    /// it would refuse them after the three seconds for which the engine's last status is valid.
    pub async fn pause_engine(&self) {
        self.stack.pause(Service::Engine);
        self.announce(EngineState::Ready).await;
    }

    pub async fn tick(&self, bid: &str, ask: &str) {
        let (bid, ask) = (bid.parse().unwrap(), ask.parse().unwrap());
        let update = PriceUpdate::new(BTC, bid, ask, 1);
        let request = Request::PriceUpdate(update);
        let entry = RequestEntry { request_id: None, timestamp_ms: 0, reply_to: None, request };
        self.stack.streams.append(REQUEST_STREAM, &entry.encode()).await.unwrap();
    }

    /// Signs up and returns the new account's token.
    pub async fn sign_up(&self, n: u32) -> String {
        let answer = self.post("", "/user/signup", &credentials(n)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        answer.body["token"].as_str().unwrap().to_owned()
    }

    /// Signs in again and returns the token of the new session.
    pub async fn sign_in(&self, n: u32) -> String {
        let mut body = credentials(n);
        body.as_object_mut().unwrap().remove("phone");
        let answer = self.post("", "/user/signin", &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer.body["token"].as_str().unwrap().to_owned()
    }

    pub async fn get(&self, token: &str, path: &str) -> Answer {
        self.send(Method::GET, token, path, None, &[]).await
    }

    pub async fn post(&self, token: &str, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, token, path, Some(body.to_string()), &[]).await
    }

    /// Sends a request with a raw body.
    pub async fn send(
        &self,
        method: Method,
        token: &str,
        path: &str,
        body: Option<String>,
        headers: &[(&'static str, &str)],
    ) -> Answer {
        self.request(method, token, &format!("/api/v1{path}"), body, headers).await
    }

    /// Sends a request to a path from the root. The response must fit the API's description.
    pub async fn request(
        &self,
        method: Method,
        token: &str,
        path: &str,
        body: Option<String>,
        headers: &[(&'static str, &str)],
    ) -> Answer {
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.url));
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body);
        }
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
        let answer = request.headers(headers.collect()).send().await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        let text = answer.text().await.unwrap();
        let is_json = headers.get("content-type").is_some_and(|kind| kind == "application/json");
        let json = if is_json { &text } else { "null" };
        let body = serde_json::from_str(json).unwrap_or_else(|_| panic!("no JSON: {text:?}"));
        CONTRACT.check(&method, path, status, &headers, &body);
        if let Some(operation) = CONTRACT.operation(&method, path) {
            self.seen.lock().unwrap().insert((operation.id.clone(), status.as_u16()));
        }
        Answer { status, headers, text, body }
    }

    /// Checks a response that another client got against the API's description.
    pub fn note(&self, path: &str, status: StatusCode, headers: &HeaderMap, body: &Value) {
        CONTRACT.check(&Method::GET, path, status, headers, body);
        if let Some(operation) = CONTRACT.operation(&Method::GET, path) {
            self.seen.lock().unwrap().insert((operation.id.clone(), status.as_u16()));
        }
    }

    /// Returns whether an operation has responded with a status.
    pub fn has_seen(&self, answer: &(String, u16)) -> bool {
        self.seen.lock().unwrap().contains(answer)
    }

    /// Returns a request builder, for requests that no other method here can send.
    pub fn raw(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url))
    }

    /// Requests a sign-in link and returns the token in the email.
    pub async fn magic_link(&self, email: &str) -> String {
        let known = self.stack.stream_len(MAIL_STREAM).await;
        let asked = self.post("", "/user/magic-link", &json!({ "email": email })).await;
        assert_eq!(asked.status, StatusCode::OK, "{}", asked.body);
        eventually("the mail", async || self.stack.stream_len(MAIL_STREAM).await > known).await;
        let (_, entry) = self.stack.entries::<MailEntry>(MAIL_STREAM).await.pop().unwrap();
        let Mail::MagicLink(MagicLink { link, .. }) = entry.mail else {
            panic!("{:?}", entry.mail)
        };
        link.split_once("?token=").unwrap().1.to_owned()
    }

    /// Creates an API key of the account.
    pub async fn api_key(&self, token: &str, scope: &str) -> (String, String) {
        let body = json!({ "name": "a test", "scope": scope });
        let made = self.post(token, "/user/api-keys", &body).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(&made.body["apiKey"]["keyId"]), text(&made.body["secret"]))
    }

    /// Publishes the status of an engine that does not run.
    pub async fn announce(&self, status: EngineState) {
        let message = "as told".to_owned();
        let untrusted_marks = Vec::new();
        let status = EngineStatus { status, timestamp_ms: 0, message, shards: 1, untrusted_marks };
        let json = serde_json::to_string(&status).unwrap();
        let for_the_test = std::time::Duration::from_mins(10);
        self.stack.streams.set_expiring(ENGINE_STATUS, &json, for_the_test).await.unwrap();
    }

    pub async fn request_stream_len(&self) -> u64 {
        self.stack.stream_len(REQUEST_STREAM).await
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        self.stopping.cancel();
        self.over.cancel();
    }
}

impl Answer {
    /// Returns the status and the code of an error, which must also have a sentence and its id.
    pub fn refusal(&self) -> (u16, &str) {
        let sentence = self.body["error"].as_str().unwrap_or_default();
        assert!(sentence.ends_with('.') && sentence.len() > 10, "no sentence: {}", self.body);
        assert_eq!(self.body["requestId"], self.headers["x-request-id"].to_str().unwrap());
        (self.status.as_u16(), self.body["code"].as_str().unwrap())
    }
}

pub fn credentials(n: u32) -> Value {
    json!({
        "email": format!("user{n}@example.com"),
        "phone": format!("+1 555 {n:07}"),
        "password": "correct horse battery",
    })
}

pub fn ticket() -> Value {
    json!({ "asset": "BTCUSDT", "orderType": "LONG", "leverage": 10, "qty": 1 })
}
