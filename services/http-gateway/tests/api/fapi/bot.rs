//! A program that speaks the API in the shape of Binance Futures.

use crate::counter::Counter;
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};
use testkit::signing::sign;

/// A key pair and the gateway that it is for.
pub struct Bot<'a> {
    pub counter: &'a Counter,
    pub key: String,
    pub secret: String,
    pub account_id: String,
}

/// A response.
pub struct Reply {
    pub status: StatusCode,
    pub headers: header::HeaderMap,
    pub body: Value,
}

impl Reply {
    /// Returns the body of a success.
    pub fn ok(&self) -> &Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.body);
        assert_eq!(self.headers["content-type"], "application/json");
        &self.body
    }

    /// Returns the status and the code of an error, which must have nothing but a code and a message.
    pub fn refusal(&self) -> (u16, i64) {
        let keys: Vec<&String> = self.body.as_object().expect("an object").keys().collect();
        assert_eq!(keys, ["code", "msg"], "{}", self.body);
        assert!(!self.body["msg"].as_str().unwrap().is_empty());
        (self.status.as_u16(), self.body["code"].as_i64().unwrap())
    }
}

pub fn now_ms() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

impl<'a> Bot<'a> {
    /// Makes a key pair with an account of its own, for the user with this token.
    pub async fn with_account(counter: &'a Counter, token: &str, scope: &str) -> Self {
        Self::with_name(counter, token, scope, "Bot's own").await
    }

    /// Makes a key pair with an account of this name.
    pub async fn with_name(counter: &'a Counter, token: &str, scope: &str, name: &str) -> Self {
        let body = json!({
            "name": "a bot", "kind": "EXCHANGE", "scope": scope, "newAccount": name,
        });
        Self::made(counter, token, &body).await
    }

    /// Makes a key pair.
    pub async fn made(counter: &'a Counter, token: &str, body: &Value) -> Self {
        let made = counter.post(token, "/user/api-keys", body).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self {
            counter,
            key: text(&made.body["apiKey"]["key"]),
            secret: text(&made.body["secret"]),
            account_id: text(&made.body["apiKey"]["accountId"]),
        }
    }

    /// Sends a request whose parameters are in the query, signed.
    pub async fn send(&self, method: Method, path: &str, params: &str) -> Reply {
        let params = [params, &format!("timestamp={}", now_ms())];
        let params: Vec<_> = params.into_iter().filter(|part| !part.is_empty()).collect();
        let query = params.join("&");
        let query = format!("{query}&signature={}", sign(&self.secret, &query));
        self.raw(method, &format!("{path}?{query}"), "").await
    }

    /// Sends a request as it is.
    pub async fn raw(&self, method: Method, target: &str, body: &str) -> Reply {
        let url = format!("{}{target}", self.counter.url);
        let request = reqwest::Client::new().request(method, url).header("x-mbx-apikey", &self.key);
        reply(request.body(body.to_owned()).send().await.unwrap()).await
    }

    pub async fn get(&self, path: &str, params: &str) -> Reply {
        self.send(Method::GET, path, params).await
    }

    pub async fn post(&self, path: &str, params: &str) -> Reply {
        self.send(Method::POST, path, params).await
    }

    pub async fn delete(&self, path: &str, params: &str) -> Reply {
        self.send(Method::DELETE, path, params).await
    }
}

/// Reads a response.
pub async fn reply(response: reqwest::Response) -> Reply {
    let (status, headers) = (response.status(), response.headers().clone());
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or_else(|_| panic!("no JSON: {text}"));
    Reply { status, headers, body }
}
