//! The HTTP client, which records every request and answer in the journal.

use crate::journal::{Answer, Attempt, Deed, Journal, Meaning};
use rand::RngExt as _;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Longer than the gateway waits for the engine, so that the gateway's own answer arrives.
const TIMEOUT: Duration = Duration::from_secs(7);

/// The interval between two attempts (ms).
const PAUSE_MS: std::ops::Range<u64> = 20..300;

/// A signed-in user with one of the user's accounts.
#[derive(Clone, Debug, Default)]
pub struct Session {
    /// The account's id, for the first account that of the user: streams and tables have accounts in
    /// the place of users.
    pub user_id: String,
    /// The token for `Authorization: Bearer`.
    pub token: String,
    /// True if it is the user's first account, which is the one that is meant without a header.
    pub is_first: bool,
}

impl Session {
    /// Adds the headers that say who sends a request, and for which account.
    pub fn sign(&self, request: RequestBuilder) -> RequestBuilder {
        let request = request.bearer_auth(&self.token);
        if self.is_first { request } else { request.header("X-Account", &self.user_id) }
    }
}

/// A client of the gateway.
#[derive(Clone)]
pub struct Caller {
    http: Client,
    url: String,
    journal: Arc<Journal>,
    /// Ends all retries at the end of the run.
    give_up: CancellationToken,
}

/// A request to send.
#[derive(Clone, Debug)]
pub struct Call {
    /// Its description in the journal.
    pub deed: Deed,
    /// The HTTP method.
    pub method: Method,
    /// The path below `/api/v1`.
    pub path: String,
    /// The JSON body.
    pub body: Option<Value>,
    /// The idempotency key of a request that is safe to repeat.
    pub key: Option<String>,
}

impl Caller {
    /// Creates a client for the gateway at this address.
    pub fn new(url: &str, journal: Arc<Journal>, give_up: CancellationToken) -> Self {
        let http = Client::builder().timeout(TIMEOUT).build();
        let http = http.expect("a client without TLS can be built");
        Self { http, url: url.to_owned(), journal, give_up }
    }

    /// Sends the request once.
    pub async fn attempt(&self, session: Option<&Session>, call: &Call) -> Option<Answer> {
        let request_id = Uuid::now_v7().to_string();
        let url = format!("{}/api/v1{}", self.url, call.path);
        let mut request = self.http.request(call.method.clone(), url);
        request = request.header("X-Request-Id", &request_id);
        request = request.header("X-Forwarded-For", address());
        if let Some(session) = session {
            request = session.sign(request);
        }
        if let Some(body) = &call.body {
            request = request.json(body);
        }
        if let Some(key) = &call.key {
            request = request.header("Idempotency-Key", key);
        }
        let answer = read(request).await.ok();
        self.journal.note(Attempt {
            user_id: session.map(|session| session.user_id.clone()),
            deed: call.deed.clone(),
            request_id,
            key: call.key.clone(),
            answer: answer.clone(),
        });
        answer
    }

    /// Repeats the request until the answer is clear; returns `None` when the run ends first.
    pub async fn insist(&self, session: Option<&Session>, call: &Call) -> Option<Answer> {
        while !self.give_up.is_cancelled() {
            let answer = self.attempt(session, call).await;
            match answer.as_ref().map_or(Meaning::Unclear, Answer::meaning) {
                Meaning::Granted | Meaning::Refused => return answer,
                Meaning::NotNow | Meaning::Unclear => pause().await,
            }
        }
        None
    }
}

/// Sleeps between attempts, so that an absent server isn't asked a thousand times a second.
pub async fn pause() {
    let pause_ms = rand::rng().random_range(PAUSE_MS);
    tokio::time::sleep(Duration::from_millis(pause_ms)).await;
}

/// Draws the address that a request seems to come from. Sign-ups are repeated when their answers are
/// lost, and an address that often finds emails taken is locked out.
fn address() -> String {
    Ipv4Addr::from_bits(0x0a00_0000 | rand::rng().random_range(0..1 << 24)).to_string()
}

async fn read(request: RequestBuilder) -> reqwest::Result<Answer> {
    let answer = request.send().await?;
    let status = answer.status().as_u16();
    let body = answer.text().await?;
    // A body that is not JSON has no code and so counts as unclear.
    Ok(Answer { status, body: serde_json::from_str(&body).unwrap_or_default() })
}
