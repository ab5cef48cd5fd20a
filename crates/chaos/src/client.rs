//! Asking over HTTP, with everything noted that is asked and answered.

use crate::journal::{Answer, Attempt, Deed, Journal, Meaning};
use rand::RngExt as _;
use reqwest::{Client, Method};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Longer than the gateway waits for the engine: its own word is better than none.
const TIMEOUT: Duration = Duration::from_secs(7);

/// Between two attempts at the same (ms).
const PAUSE_MS: std::ops::Range<u64> = 20..300;

/// A signed-in user.
#[derive(Clone, Debug, Default)]
pub struct Session {
    /// Who.
    pub user_id: String,
    /// For `Authorization: Bearer`.
    pub token: String,
}

/// Somebody with a connection to the gateway.
#[derive(Clone)]
pub struct Caller {
    http: Client,
    url: String,
    journal: Arc<Journal>,
    /// Ends all waiting: the run is over.
    give_up: CancellationToken,
}

/// What is sent.
#[derive(Clone, Debug)]
pub struct Call {
    /// For the journal.
    pub deed: Deed,
    /// Of HTTP.
    pub method: Method,
    /// Below `/api/v1`.
    pub path: String,
    /// JSON.
    pub body: Option<Value>,
    /// For what is safe to send again.
    pub key: Option<String>,
}

impl Caller {
    /// Somebody who calls the gateway at this address.
    pub fn new(url: &str, journal: Arc<Journal>, give_up: CancellationToken) -> Self {
        let http = Client::builder().timeout(TIMEOUT).build();
        let http = http.expect("a client without TLS has nothing that can fail");
        Self { http, url: url.to_owned(), journal, give_up }
    }

    /// Asks once.
    pub async fn attempt(&self, session: Option<&Session>, call: &Call) -> Option<Answer> {
        let request_id = Uuid::now_v7().to_string();
        let url = format!("{}/api/v1{}", self.url, call.path);
        let mut request = self.http.request(call.method.clone(), url);
        request = request.header("X-Request-Id", &request_id);
        if let Some(session) = session {
            request = request.bearer_auth(&session.token);
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

    /// Asks until the answer is clear; nothing when the run is over before.
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

/// Nothing is waited for here: a server that is not there is not asked a thousand times a second.
pub async fn pause() {
    let pause_ms = rand::rng().random_range(PAUSE_MS);
    tokio::time::sleep(Duration::from_millis(pause_ms)).await;
}

async fn read(request: reqwest::RequestBuilder) -> reqwest::Result<Answer> {
    let answer = request.send().await?;
    let status = answer.status().as_u16();
    let body = answer.text().await?;
    // A body that is no JSON has no code, and so is no clear answer.
    Ok(Answer { status, body: serde_json::from_str(&body).unwrap_or_default() })
}
