//! A server that behaves like Resend's API.

use crate::post_office::{Mailer, PostOffice};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use axum::{Json, Router};
use devstack::servers::free_port;
use std::collections::{HashMap, VecDeque};
use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Instant;
use testkit::stack::eventually;
use tokio::net::TcpListener;

/// The answer to the next request for a recipient; all further ones are accepted.
#[derive(Clone)]
pub enum Answer {
    /// An error with this status, `Retry-After` and body.
    Error(u16, Option<u64>, &'static str),
    /// No answer.
    Silence,
    /// The mail is accepted, but there is no answer.
    AcceptedInSilence,
}

/// A received request.
#[derive(Clone)]
pub struct Request {
    pub at: Instant,
    pub path: String,
    pub headers: HeaderMap,
    pub json: serde_json::Value,
}

#[derive(Clone)]
pub struct ResendServer {
    state: Arc<Mutex<Account>>,
    port: u16,
}

#[derive(Default)]
struct Account {
    answers: HashMap<String, VecDeque<Answer>>,
    requests: Vec<Request>,
    /// The accepted mails, by idempotency key.
    sent: HashMap<String, serde_json::Value>,
}

impl ResendServer {
    pub async fn start() -> Self {
        let server = Self::absent();
        server.appear().await;
        server
    }

    /// Creates a server that refuses connections until it appears.
    pub fn absent() -> Self {
        Self { state: Arc::default(), port: free_port() }
    }

    pub async fn appear(&self) {
        let listener = TcpListener::bind(("127.0.0.1", self.port)).await.unwrap();
        let router = Router::new().fallback(receive).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
    }

    /// Starts a mailer that sends through this server.
    pub async fn mailer(&self, office: &PostOffice, settings: &[(&str, &str)]) -> Mailer {
        let url = format!("http://127.0.0.1:{}", self.port);
        let own = [("RESEND_API_KEY", "re_k3y"), ("RESEND_URL", &url)];
        office.mailer(&[&own, settings].concat()).await
    }

    pub fn answer(&self, to: &str, answers: &[Answer]) {
        let mut state = self.state.lock().unwrap();
        state.answers.entry(to.to_owned()).or_default().extend(answers.iter().cloned());
    }

    /// Returns the requests for a recipient, in order.
    pub fn requests(&self, to: &str) -> Vec<Request> {
        let state = self.state.lock().unwrap();
        state.requests.iter().filter(|request| request.json["to"][0] == to).cloned().collect()
    }

    pub async fn requests_reach(&self, to: &str, count: usize) {
        eventually("the requests come", async || self.requests(to).len() >= count).await;
    }

    /// Returns the number of mails that a recipient gets.
    pub fn sent_to(&self, to: &str) -> usize {
        let state = self.state.lock().unwrap();
        state.sent.values().filter(|json| json["to"][0] == to).count()
    }
}

impl Request {
    pub fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }
}

async fn receive(
    State(server): State<ResendServer>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let json: serde_json::Value = serde_json::from_slice(&body).unwrap();
    let key = headers["idempotency-key"].to_str().unwrap().to_owned();
    let to = json["to"][0].as_str().unwrap().to_owned();
    let (at, path) = (Instant::now(), uri.path().to_owned());
    let answer = {
        let mut state = server.state.lock().unwrap();
        state.requests.push(Request { at, path, headers, json: json.clone() });
        state.answers.get_mut(&to).and_then(VecDeque::pop_front)
    };
    match answer {
        None => accept(&server, key, json),
        Some(Answer::AcceptedInSilence) => {
            accept(&server, key, json);
            pending().await
        }
        Some(Answer::Silence) => pending().await,
        Some(Answer::Error(status, retry_after, body)) => {
            let mut answer = (StatusCode::from_u16(status).unwrap(), body).into_response();
            if let Some(seconds) = retry_after {
                answer.headers_mut().insert("retry-after", seconds.into());
            }
            answer
        }
    }
}

/// Accepts a mail. A used key gets the first answer again; with another mail it is refused.
fn accept(server: &ResendServer, key: String, json: serde_json::Value) -> Response {
    let id = serde_json::json!({ "id": key });
    let mut state = server.state.lock().unwrap();
    if state.sent.get(&key).is_some_and(|sent| *sent != json) {
        let body = serde_json::json!({ "name": "invalid_idempotent_request", "message": "other" });
        return (StatusCode::CONFLICT, Json(body)).into_response();
    }
    state.sent.insert(key, json);
    Json(id).into_response()
}
