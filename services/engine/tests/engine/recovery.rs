//! Crashes, restarts and rivals: every output is written exactly once.

use crate::floor::{Floor, close, long, price, register};
use messages::{EntryId, REQUEST_STREAM, RESPONSE_STREAM, Request};
use testkit::stack::eventually;

/// Requests that open, close by hand and close by price, again and again.
fn busy_history(rounds: u128) -> Vec<Request> {
    let mut history: Vec<Request> = (1..=5).map(register).collect();
    for round in 0..rounds {
        history.push(price("99.9", "100"));
        for n in 1..=5 {
            history.push(long(n, round * 10 + n, Some("95")));
            history.push(long(n, round * 10 + n + 5, None));
        }
        history.push(close(1, round * 10 + 1));
        history.push(price("94.9", "95"));
        for n in 1..=5 {
            history.push(close(n, round * 10 + n + 5));
        }
    }
    history
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_crashes_again_and_again_writes_each_output_once() {
    let mut floor = Floor::new().await;
    floor.config.snapshot_interval_ms = 30;
    floor.spawn();
    let history = busy_history(120);
    let crash_every = history.len() / 12;
    for (n, request) in history.into_iter().enumerate() {
        floor.append(request).await;
        if n % crash_every == crash_every - 1 {
            floor.crash().await;
            floor.spawn();
        }
    }
    floor.wait_until_ready().await;
    // The stream is trimmed behind the snapshots, so the expected outputs cannot be recomputed from
    // it. Their ids are checked instead: each is there once, and the number is right.
    eventually("all orders are closed", async || {
        floor.balance(5).await.scaled() % 1_000 == 0
            && floor.response_len().await == expected_len(120)
    })
    .await;
    let ids = floor.response_ids().await;
    assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
    assert_eq!(ids.len() as u64, expected_len(120));
}

/// The number of outputs: five registrations, and in each round ten openings and ten closings.
const fn expected_len(rounds: u64) -> u64 {
    5 + rounds * 20
}

impl Floor {
    async fn response_len(&self) -> u64 {
        let info = self.streams.stream_info(RESPONSE_STREAM).await.unwrap();
        info.map_or(0, |info| info.length)
    }

    async fn response_ids(&self) -> Vec<EntryId> {
        let entries = self.streams.read_range(RESPONSE_STREAM, EntryId::MIN, 1_000_000);
        entries.await.unwrap().into_iter().map(|entry| entry.id).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_without_snapshots_gives_the_outputs_of_an_undisturbed_run() {
    let mut floor = Floor::new().await;
    floor.spawn();
    let history = busy_history(40);
    for (n, request) in history.into_iter().enumerate() {
        floor.append(request).await;
        if n % 100 == 99 {
            floor.crash().await;
            floor.spawn();
        }
    }
    floor.check_outputs().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_engines_on_one_stream_do_no_harm() {
    let mut floor = Floor::new().await;
    floor.start().await;
    let rival = floor.another_engine();
    for request in busy_history(40) {
        floor.append(request).await;
    }
    floor.check_outputs().await;
    rival.stop().await;
    floor.send(register(9)).await.unwrap();
    floor.check_outputs().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn prices_that_come_while_the_engine_is_down_close_positions_when_it_is_back() {
    let mut floor = Floor::new().await;
    floor.start().await;
    floor.send(register(1)).await.unwrap();
    floor.tick("99.9", "100").await;
    floor.send(long(1, 1, Some("95"))).await.unwrap();
    floor.crash().await;
    floor.tick("94.5", "95").await;
    floor.tick("99.9", "100").await;
    floor.start().await;
    // 995 + 5 + 0.5 × (94.5 − 100)
    assert_eq!(floor.balance(1).await, "997.25".parse().unwrap());
    floor.check_outputs().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_redis_is_waited_for_and_nothing_is_missing() {
    let mut floor = Floor::new().await;
    floor.start().await;
    for request in busy_history(5) {
        floor.append(request).await;
    }
    floor.check_outputs().await;
    floor.redis.restart().unwrap();
    eventually("the engine answers again", async || floor.status().await.is_some()).await;
    eventually("a request is accepted", async || {
        let entry = messages::RequestEntry {
            request_id: None,
            timestamp_ms: 0,
            reply_to: None,
            request: register(77),
        };
        let fields = messages::StreamMessage::encode(&entry);
        floor.streams.append(REQUEST_STREAM, &fields).await.is_ok()
    })
    .await;
    floor.check_outputs().await;
}
