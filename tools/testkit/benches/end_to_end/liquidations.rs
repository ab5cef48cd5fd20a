//! Measures the time from a tick to the notification of the liquidation that it caused.

use crate::floor::{append, long, register, tick};
use futures_util::StreamExt as _;
use messages::{EntryId, EventKind, Notification, REQUEST_STREAM, RESPONSE_STREAM};
use std::collections::HashMap;
use std::time::{Duration, Instant};
use testkit::report::{Limit, Report};
use testkit::stack::{Service, Stack, eventually};
use tokio::time::{MissedTickBehavior, interval};

const POSITIONS: u64 = 1_000;

/// The number of ticks.
const TICKS: u64 = 30_000;
const TICKS_A_MILLISECOND: u64 = 3;

pub async fn measure(report: &Report) {
    let what = "tick to liquidation on user:{id}, 3,000 ticks a second";
    if !report.wants(what) {
        return;
    }
    let mut stack =
        Stack::new(&[("MAX_OPEN_POSITIONS", "1000000"), ("STALE_PRICE_MS", "86400000")]).await;
    stack.start(Service::Engine).await;
    append(&stack, [register(0)]).await;
    // Each price is a dollar above the one before, so that a falling price liquidates one by one.
    let opening = (0..POSITIONS).flat_map(|n| [tick(10_000_000 + n * 100), long(0, n, 100)]);
    append(&stack, opening).await;
    let outputs = 1 + POSITIONS;
    eventually("all are open", async || stack.stream_len(RESPONSE_STREAM).await == outputs).await;

    let client = redis::Client::open(stack.redis.url()).unwrap();
    let mut heard = client.get_async_pubsub().await.unwrap();
    heard.psubscribe("user:*").await.unwrap();
    let listening = tokio::spawn(async move {
        let mut heard = heard.into_on_message();
        let mut at: Vec<(EntryId, Instant)> = Vec::new();
        while at.len() < usize::try_from(POSITIONS).unwrap() {
            let message = heard.next().await.unwrap();
            let now = Instant::now();
            let json: String = message.get_payload().unwrap();
            let notification = Notification::from_json(&json).unwrap();
            if let EventKind::PositionClosed(closed) = notification.event.kind {
                at.push((closed.tick_id, now));
            }
        }
        at
    });
    let sent = send_ticks(&stack).await;
    let heard = listening.await.unwrap();
    let times: Vec<Duration> = heard.iter().map(|(id, at)| *at - sent[id]).collect();
    report.times(what, times, &Limit::None, &Limit::AtMost(2.0));
}

/// Sends falling prices, from above the highest liquidation price to below the lowest; returns the
/// time at which each was sent.
async fn send_ticks(stack: &Stack) -> HashMap<EntryId, Instant> {
    let (from, to) = (10_020_000, 9_900_000);
    let mut clock = interval(Duration::from_millis(1));
    clock.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut sent = HashMap::new();
    for n in 0..TICKS {
        if n % TICKS_A_MILLISECOND == 0 {
            clock.tick().await;
        }
        let fields = tick(from - (from - to) * n / TICKS);
        let at = Instant::now();
        sent.insert(stack.streams.append(REQUEST_STREAM, &fields).await.unwrap(), at);
    }
    sent
}
