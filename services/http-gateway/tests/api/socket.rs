//! A client of the WebSocket for order entry.

use crate::contract::{CONTRACT, check, validator};
use crate::counter::Counter;
use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::header::{HeaderMap, HeaderName};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::stack::{PATIENCE, eventually};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

const PATH: &str = "/api/v1/ws";

pub struct Socket {
    pub stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

/// The status and the code of an upgrade that was refused.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused(pub u16, pub String);

impl Socket {
    /// Connects to a gateway with these headers.
    pub async fn connect(
        counter: &Counter,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, Refused> {
        let url = format!("{}{PATH}", counter.url.replace("http://", "ws://"));
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(HeaderName::from_static(name), value.parse().unwrap());
        }
        match connect_async(request).await {
            Ok((stream, response)) => {
                counter.note(PATH, response.status(), response.headers(), &Value::Null);
                Ok(Self { stream })
            }
            Err(tungstenite::Error::Http(response)) => {
                let (status, headers) = (response.status(), response.headers().clone());
                let body = response.body().as_deref().unwrap_or_default();
                let body: Value = serde_json::from_slice(body).unwrap();
                counter.note(PATH, status, &headers, &body);
                Err(Refused(status.as_u16(), body["code"].as_str().unwrap().to_owned()))
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// Connects with a session's token or an API key.
    pub async fn open(counter: &Counter, token: &str) -> Self {
        let bearer = format!("Bearer {token}");
        Self::connect(counter, &[("authorization", &bearer)]).await.unwrap()
    }

    /// Connects, and waits until the gateway has seen that the engine has the account: from then on
    /// no request waits for the answer to the one before it.
    pub async fn open_known(counter: &Counter, token: &str) -> Self {
        let mut socket = Self::open(counter, token).await;
        eventually("the engine has the account", async || {
            let unknown = json!({ "clientOrderId": "nobody" });
            socket.ask("order.cancel", unknown).await.status == 404
        })
        .await;
        socket
    }

    /// Sends a text.
    pub async fn say(&mut self, text: impl Into<String>) {
        self.stream.send(Message::text(text.into())).await.unwrap();
    }

    /// Sends a request without waiting for its answer.
    pub async fn send(&mut self, id: impl Into<Value>, method: &str, params: Value) {
        let id = id.into();
        self.say(json!({ "id": id, "method": method, "params": params }).to_string()).await;
    }

    /// Sends a request and returns its answer.
    pub async fn ask(&mut self, method: &str, params: Value) -> Answer {
        self.send(method, method, params).await;
        let answer = self.answer().await;
        assert_eq!(answer.body["id"], method, "{}", answer.body);
        answer
    }

    pub async fn message(&mut self) -> Option<Result<Message, tungstenite::Error>> {
        timeout(PATIENCE, self.stream.next()).await.expect("something is heard in time")
    }

    /// Returns the next answer.
    pub async fn answer(&mut self) -> Answer {
        loop {
            match self.message().await {
                Some(Ok(Message::Text(text))) => {
                    let body: Value = serde_json::from_str(&text).unwrap();
                    return Answer { status: body["status"].as_u64().unwrap(), body };
                }
                Some(Ok(Message::Ping(_))) => {}
                other => panic!("an answer, not {other:?}"),
            }
        }
    }

    /// Returns the code with which the gateway closes; answers before it are skipped.
    pub async fn close_code(&mut self) -> u16 {
        loop {
            match self.message().await {
                Some(Ok(Message::Close(Some(frame)))) => return frame.code.into(),
                Some(Ok(Message::Text(_) | Message::Ping(_))) => {}
                other => panic!("a close frame, not {other:?}"),
            }
        }
    }
}

/// The answer to a message.
#[derive(Debug)]
pub struct Answer {
    pub status: u64,
    pub body: Value,
}

impl Answer {
    /// Returns the result, which must have this status and be the body of the same request over HTTP.
    pub fn result(&self, status: u64, method: &Method, path: &str) -> &Value {
        assert_eq!(self.status, status, "{}", self.body);
        let operation = CONTRACT.operation(method, path).unwrap();
        let code = StatusCode::from_u16(status.try_into().unwrap()).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("content-type", "application/json".parse().unwrap());
        let id = self.body["requestId"].as_str().unwrap().parse().unwrap();
        headers.insert("x-request-id", id);
        let result = &self.body["result"];
        CONTRACT.check(method, &operation.path, code, &headers, result);
        assert!(self.body.get("error").is_none(), "{}", self.body);
        result
    }

    /// Returns the status and the code of an error, which must be the body of an error over HTTP.
    pub fn refusal(&self) -> (u64, &str) {
        let mut error = self.body["error"].clone();
        assert_eq!(error["requestId"], self.body["requestId"], "{}", self.body);
        assert!(self.body.get("result").is_none(), "{}", self.body);
        error.as_object_mut().unwrap().remove("retryAfter");
        let schema = json!({ "$ref": "#/components/schemas/ErrorBody" });
        check(&validator(&CONTRACT.document, &schema), &error, "an error");
        (self.status, self.body["error"]["code"].as_str().unwrap())
    }

    pub fn field(&self, name: &str) -> &str {
        self.body["error"]["fields"][name].as_str().unwrap_or_default()
    }
}
