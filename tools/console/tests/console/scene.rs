//! A test fixture: the console's process, and prices chosen by the test.

use devstack::servers::{PostgresServer, RedisServer};
use messages::{EntryId, PriceUpdate, REQUEST_STREAM, Request, RequestEntry, StreamMessage};
use price::Price;
use serde_json::Value;
use std::process::{Command, Output};
use testkit::stack::Stack;
use testkit::symbols::BTC;

/// The output and exit code of the console.
pub struct Said {
    pub text: String,
    pub error: String,
    pub code: i32,
}

/// Runs the console on these servers.
pub fn velox_on(redis_url: &str, database_url: &str, arguments: &[&str]) -> Said {
    velox_with("1", redis_url, database_url, arguments)
}

fn velox_with(shards: &str, redis_url: &str, database_url: &str, arguments: &[&str]) -> Said {
    let output: Output = Command::new(env!("CARGO_BIN_EXE_velox"))
        .args(arguments)
        .env("REDIS_URL", redis_url)
        .env("DATABASE_URL", database_url)
        .env("SHARDS", shards)
        .output()
        .expect("the console was built");
    Said {
        text: String::from_utf8(output.stdout).unwrap(),
        error: String::from_utf8(output.stderr).unwrap(),
        code: output.status.code().expect("it ends by itself"),
    }
}

/// Runs the console on a stack.
pub fn velox(stack: &Stack, arguments: &[&str]) -> Said {
    let shards = stack.streams.shards().count().to_string();
    velox_with(&shards, &stack.redis.url(), &stack.postgres.url(), arguments)
}

/// Runs a command with `--json` that must succeed, and parses its output.
pub fn velox_json(stack: &Stack, arguments: &[&str]) -> Value {
    let said = velox(stack, &[arguments, &["--json"]].concat());
    assert_eq!(said.code, 0, "{arguments:?}: {}{}", said.text, said.error);
    serde_json::from_str(&said.text).unwrap()
}

/// Empty servers.
pub struct Empty {
    pub redis: RedisServer,
    pub postgres: PostgresServer,
}

impl Empty {
    pub fn new() -> Self {
        let redis = RedisServer::private().unwrap();
        Self { redis, postgres: PostgresServer::private().unwrap() }
    }

    pub fn velox(&self, arguments: &[&str]) -> Said {
        velox_on(&self.redis.url(), &self.postgres.url(), arguments)
    }
}

impl Said {
    /// Parses every line as a JSON document.
    pub fn documents(&self) -> Vec<Value> {
        self.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Asserts the exit code.
    pub fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}{}", self.text, self.error);
        self
    }

    /// Asserts that standard output contains this.
    pub fn shows(self, what: &str) -> Self {
        assert!(self.text.contains(what), "{what:?} is not in:\n{}", self.text);
        self
    }

    /// Asserts that standard error contains this.
    pub fn complains_of(self, what: &str) -> Self {
        assert!(self.error.contains(what), "{what:?} is not in:\n{}", self.error);
        self
    }
}

/// Appends a price of BTCUSDT.
pub async fn tick(stack: &Stack, bid: &str, ask: &str) -> EntryId {
    let (bid, ask): (Price, Price) = (bid.parse().unwrap(), ask.parse().unwrap());
    let update = PriceUpdate::new(BTC, bid, ask, 7);
    let request = Request::PriceUpdate(update);
    let entry = RequestEntry { request_id: None, timestamp_ms: 0, reply_to: None, request };
    stack.streams.append(REQUEST_STREAM, &entry.encode()).await.unwrap()
}

/// Appends an entry that looks like a request but can't be read.
pub async fn unreadable(stack: &Stack, kind: &str) -> EntryId {
    let mut fields = messages::Fields::default();
    fields.push("type", kind.as_bytes().to_vec());
    fields.push("timestamp", b"1".to_vec());
    fields.push("payload", b"{}".to_vec());
    stack.streams.append(REQUEST_STREAM, &fields).await.unwrap()
}
