//! A program that speaks the API in the shape of Binance Futures.

use crate::counter::Counter;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, EncodePublicKey as _};
use ed25519_dalek::{Signer as _, SigningKey};
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};
use testkit::signing;

/// A key and the gateway that it is for.
pub struct Bot<'a> {
    pub counter: &'a Counter,
    pub key: String,
    /// The secret, or a private key in PEM.
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

/// Returns the private and the public key of this number, in PEM.
pub fn ed25519_pair(number: u8) -> (String, String) {
    let key = SigningKey::from_bytes(&[number; 32]);
    let public = key.verifying_key().to_public_key_pem(LineEnding::LF).unwrap();
    (key.to_pkcs8_pem(LineEnding::LF).unwrap().to_string(), public)
}

/// Returns the signature of a text: with a secret, or with a private key in PEM.
pub fn sign(secret: &str, text: &str) -> String {
    match SigningKey::from_pkcs8_pem(secret) {
        Ok(key) => BASE64_STANDARD.encode(key.sign(text.as_bytes()).to_bytes()),
        Err(_) => signing::sign(secret, text),
    }
}

/// Returns a form with its signature.
pub fn signed(secret: &str, form: &str) -> String {
    let signature = sign(secret, form);
    let encoded: String = form_urlencoded::byte_serialize(signature.as_bytes()).collect();
    format!("{form}&signature={encoded}")
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

    /// Makes a key with an account of this name, that signs with the private key of a number.
    pub async fn with_ed25519(counter: &'a Counter, token: &str, scope: &str, number: u8) -> Self {
        let (private, public) = ed25519_pair(number);
        let body = json!({
            "name": "a bot", "kind": "EXCHANGE", "scope": scope, "publicKey": public,
            "newAccount": format!("Account {number}"),
        });
        Self { secret: private, ..Self::made(counter, token, &body).await }
    }

    /// Makes a key.
    pub async fn made(counter: &'a Counter, token: &str, body: &Value) -> Self {
        let made = counter.post(token, "/user/api-keys", body).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self {
            counter,
            key: text(&made.body["apiKey"]["key"]),
            secret: made.body["secret"].as_str().unwrap_or_default().to_owned(),
            account_id: text(&made.body["apiKey"]["accountId"]),
        }
    }

    /// Sends a request whose parameters are in the query, signed.
    pub async fn send(&self, method: Method, path: &str, params: &str) -> Reply {
        let params = [params, &format!("timestamp={}", now_ms())];
        let params: Vec<_> = params.into_iter().filter(|part| !part.is_empty()).collect();
        let query = signed(&self.secret, &params.join("&"));
        self.raw(method, &format!("{path}?{query}"), "").await
    }

    /// Sends a request as it is.
    pub async fn raw(&self, method: Method, target: &str, body: &str) -> Reply {
        let url = format!("{}{target}", self.counter.url);
        let request = reqwest::Client::new().request(method, url).header("x-mbx-apikey", &self.key);
        reply(request.body(body.to_owned()).send().await.unwrap()).await
    }

    /// Deletes the key.
    pub async fn end(&self, token: &str) {
        let id = self.key.strip_prefix("vlx_").unwrap();
        let path = format!("/user/api-keys/{id}");
        let deleted = self.counter.send(Method::DELETE, token, &path, None, &[]).await;
        assert_eq!(deleted.status, 200, "{}", deleted.body);
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
