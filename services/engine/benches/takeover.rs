//! The time without answers when the leading engine is killed or stopped, with a standby and
//! without.
//!
//! Engine processes on a private Redis and PostgreSQL get a request every few milliseconds; the
//! result is the longest time between two answers.

#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use messages::{
    REQUEST_STREAM, RegisterUser, Request, RequestEntry, RequestId, Shard, StreamMessage as _,
    UserId,
};
use price::Usd;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use streams::RequestClient;
use testkit::report::{Limit, Report};
use testkit::stack::{Service, Stack, eventually};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const REQUEST_INTERVAL: Duration = Duration::from_millis(5);
const REPLY_TIMEOUT: Duration = Duration::from_secs(5);
const ROUNDS: usize = 5;

/// The times at which answers came.
type Answers = Arc<Mutex<Vec<Instant>>>;

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let mut killed = Vec::new();
        let mut stopped = Vec::new();
        let mut restarted = Vec::new();
        for _ in 0..ROUNDS {
            killed.push(silence(true, |stack| stack.kill(Service::Engine)).await);
            stopped.push(silence(true, |stack| stack.pause(Service::Engine)).await);
            restarted.push(silence(false, restart).await);
        }
        let report = Report::start("Time without answers");
        print(&report, "kill -9, with a standby", killed, 1_000.0);
        print(&report, "SIGSTOP, with a standby", stopped, 3_000.0);
        print(&report, "kill -9 and started again, alone", restarted, 3_000.0);
    });
}

fn restart(stack: &mut Stack) {
    stack.kill(Service::Engine);
    stack.spawn(Service::Engine);
}

fn print(report: &Report, what: &str, mut silences: Vec<Duration>, limit_ms: f64) {
    silences.sort_unstable();
    let longest = silences[ROUNDS - 1].as_secs_f64() * 1e3;
    report.row(&format!("{what}, longest"), longest, "ms", &Limit::AtMost(limit_ms));
    report.note(&format!("median of {ROUNDS}: {} ms", silences[ROUNDS / 2].as_millis()));
}

/// Disturbs an engine under load and returns the longest time without an answer.
async fn silence(standby: bool, happen: impl FnOnce(&mut Stack)) -> Duration {
    let mut stack = Stack::new(&[]).await;
    stack.start(Service::Engine).await;
    if standby {
        stack.start(Service::Standby).await;
    }
    let (answers, enough) = (Answers::default(), CancellationToken::new());
    let client = RequestClient::start(stack.streams.clone(), CancellationToken::new()).await;
    let load = tokio::spawn(load(client, Arc::clone(&answers), enough.clone()));
    let count = |answers: &Answers| answers.lock().unwrap().len();
    eventually("requests are answered", async || count(&answers) > 100).await;
    let happened = Instant::now();
    happen(&mut stack);
    eventually("another engine answers", async || {
        answers
            .lock()
            .unwrap()
            .last()
            .is_some_and(|last| last.duration_since(happened) > Duration::from_millis(300))
    })
    .await;
    let after = count(&answers);
    eventually("answers continue", async || count(&answers) > after + 100).await;
    enough.cancel();
    load.await.unwrap();
    let answers = answers.lock().unwrap();
    answers.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap()
}

async fn load(client: RequestClient, answers: Answers, enough: CancellationToken) {
    let mut interval = tokio::time::interval(REQUEST_INTERVAL);
    while !enough.is_cancelled() {
        interval.tick().await;
        let (client, answers) = (client.clone(), Arc::clone(&answers));
        tokio::spawn(async move {
            let id = RequestId(Uuid::now_v7());
            let encode = |reply_to| {
                let (request_id, reply_to) = (Some(id), Some(reply_to));
                let request =
                    Request::RegisterUser(UserId(id.0), RegisterUser { deposit: Usd::ZERO });
                RequestEntry { request_id, timestamp_ms: 0, reply_to, request }.encode()
            };
            let called = client.call(Shard::ONLY, REQUEST_STREAM, REPLY_TIMEOUT, encode).await;
            if called.is_ok() {
                answers.lock().unwrap().push(Instant::now());
            }
        });
    }
}
