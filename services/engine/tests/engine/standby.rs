//! Two engines, mostly as separate processes: one leads, the other one takes over.

use crate::floor::{Floor, close, long, now_ms, price, register};
use exchange::Exchange;
use messages::{
    ENGINE_STATUS, EngineState, EngineStatus, Event, REQUEST_STREAM, RESPONSE_STREAM, Rejection,
    Reply, Request, RequestEntry, RequestId, Response, Shard, StreamMessage as _,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use streams::RequestClient;
use testkit::stack::{Service, Stack, eventually};
use tokio::runtime::Builder;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const REPLY_TIMEOUT: Duration = Duration::from_secs(1);

/// A leader, a standby, and a client that trades all the time.
struct Pair {
    stack: Stack,
    answered: Arc<AtomicU64>,
    trading: JoinHandle<()>,
    enough: CancellationToken,
}

impl Pair {
    async fn new() -> Self {
        // No snapshots and no trimming: the whole stream is there to be compared with.
        let settings = [("SNAPSHOT_INTERVAL_MS", "100000000"), ("STALE_PRICE_MS", "600000")];
        let mut stack = Stack::new(&settings).await;
        stack.start(Service::Engine).await;
        stack.start(Service::Standby).await;
        let (answered, enough) = (Arc::new(AtomicU64::new(0)), CancellationToken::new());
        let client = RequestClient::start(stack.streams.clone(), CancellationToken::new()).await;
        let trading = tokio::spawn(trade(client, Arc::clone(&answered), enough.clone()));
        let pair = Self { stack, answered, trading, enough };
        pair.some_answers().await;
        pair
    }

    /// Waits until more requests are answered.
    async fn some_answers(&self) {
        let before = self.answered.load(Ordering::Relaxed);
        eventually("requests are answered", async || {
            self.answered.load(Ordering::Relaxed) > before + 20
        })
        .await;
    }

    async fn epoch(&self) -> String {
        self.stack.streams.get("engine:epoch").await.unwrap().unwrap()
    }

    async fn leads(&self, service: Service) -> bool {
        self.stack.tell(service, "/metrics").await.contains("velox_engine_leads 1\n")
    }

    async fn status(&self) -> Option<EngineState> {
        let json = self.stack.streams.get(ENGINE_STATUS).await.unwrap()?;
        Some(serde_json::from_str::<EngineStatus>(&json).unwrap().status)
    }

    /// Ends the trading and compares the outputs with those of an undisturbed run.
    async fn check(self) {
        self.enough.cancel();
        self.trading.await.unwrap();
        let mut exchange = Exchange::default();
        let mut expected = Vec::new();
        for (id, request) in self.stack.entries::<RequestEntry>(REQUEST_STREAM).await {
            let events = exchange.apply(id, &request).events;
            expected.extend((0..).zip(events).map(|(n, event)| (id.output(n), event)));
        }
        eventually("the outputs are written", async || {
            self.stack.stream_len(RESPONSE_STREAM).await >= expected.len() as u64
        })
        .await;
        assert_eq!(self.stack.entries::<Event>(RESPONSE_STREAM).await, expected);
        assert!(expected.len() > 50, "there was trading");
    }
}

/// Opens and closes positions. Requests without an answer are sent again, and take effect once.
async fn trade(client: RequestClient, answered: Arc<AtomicU64>, enough: CancellationToken) {
    let send = async |request: Request| {
        loop {
            match call(&client, request.clone()).await {
                Some(outcome) => return outcome,
                None if enough.is_cancelled() => return Err(Rejection::UnknownUser),
                None => {}
            }
        }
    };
    let _ = send(register(1)).await;
    let _ = send(price("99.9", "100")).await;
    for n in 0.. {
        if enough.is_cancelled() {
            return;
        }
        let opened = send(long(1, n, None)).await;
        let closed = send(close(1, n)).await;
        if !enough.is_cancelled() {
            opened.unwrap();
            // The first request may have been applied and its answer lost.
            assert!(
                matches!(closed, Ok(_) | Err(Rejection::OrderAlreadyClosed { .. })),
                "{closed:?}"
            );
        }
        answered.fetch_add(2, Ordering::Relaxed);
    }
}

async fn call(client: &RequestClient, request: Request) -> Option<Result<Response, Rejection>> {
    let request_id = Some(RequestId(Uuid::now_v7()));
    let encode = |reply_to| {
        let reply_to = Some(reply_to);
        RequestEntry { request_id, timestamp_ms: now_ms(), reply_to, request }.encode()
    };
    let reply = client.call(Shard::ONLY, REQUEST_STREAM, REPLY_TIMEOUT, encode).await;
    reply.ok().map(|Reply { outcome, .. }| outcome)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_takes_over_from_one_that_is_killed_and_the_other_way_round() {
    let mut pair = Pair::new().await;
    let says = pair.stack.tell(Service::Standby, "/readyz").await;
    assert_eq!(says, "ready to take over; following another engine\n");
    assert!(pair.leads(Service::Engine).await && !pair.leads(Service::Standby).await);

    pair.stack.kill(Service::Engine);
    pair.some_answers().await;
    assert!(pair.leads(Service::Standby).await);
    assert_eq!(pair.status().await, Some(EngineState::Ready));

    // The killed engine follows now, and takes over in turn.
    pair.stack.spawn(Service::Engine);
    eventually("it follows", async || {
        pair.stack.tell(Service::Engine, "/readyz").await.contains("following another engine")
    })
    .await;
    pair.some_answers().await;
    pair.stack.kill(Service::Standby);
    pair.some_answers().await;
    pair.stack.start(Service::Standby).await;
    pair.some_answers().await;
    assert!(pair.leads(Service::Engine).await && !pair.leads(Service::Standby).await);
    pair.check().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_was_stopped_steps_down_when_it_wakes_and_leaves_no_trace() {
    let pair = Pair::new().await;
    let before = pair.epoch().await;
    pair.stack.pause(Service::Engine);
    pair.some_answers().await;
    let taken = pair.epoch().await;
    assert_ne!(taken, before);
    pair.stack.resume(Service::Engine);
    eventually("it follows", async || !pair.leads(Service::Engine).await).await;
    pair.some_answers().await;
    assert_eq!(pair.epoch().await, taken, "it does not take the lease back");
    assert_eq!(pair.status().await, Some(EngineState::Ready));
    pair.check().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_postgres_a_standby_takes_over_and_when_both_die_both_come_back() {
    let mut pair = Pair::new().await;
    pair.stack.postgres.kill_hard().unwrap();
    pair.stack.kill(Service::Engine);
    pair.some_answers().await;
    pair.stack.postgres.restart().unwrap();
    pair.stack.kill(Service::Standby);
    pair.stack.spawn(Service::Standby);
    pair.stack.start(Service::Engine).await;
    pair.some_answers().await;
    assert!(pair.stack.stop(Service::Engine), "a stop on request is a success");
    pair.some_answers().await;
    assert!(pair.leads(Service::Standby).await);
    pair.check().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_stops_leaves_the_lease_to_the_next_at_once() {
    let mut stack = Stack::new(&[("SNAPSHOT_DELAY_MS", "0")]).await;
    stack.start(Service::Engine).await;
    assert!(stack.stop(Service::Engine));
    assert_eq!(stack.streams.get("engine:lease").await.unwrap(), None);
    // The rules and the instruments are all that was written.
    let requests = stack.streams.stream_info(REQUEST_STREAM).await.unwrap();
    assert_eq!(requests.map(|info| info.length), Some(1 + markets::shipped().len() as u64));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lease_is_kept_while_the_loop_computes() {
    let floor = Floor::new().await;
    let thread = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let leader = floor.another_engine_in(thread.handle());
    floor.wait_until_ready().await;
    let standby = floor.another_engine();
    let epoch = async || floor.streams.get("engine:epoch").await.unwrap();
    let before = epoch().await;
    // Five times as long as a lease lasts without renewal.
    thread.spawn(async { std::thread::sleep(Duration::from_secs(3)) });
    floor.send(register(1)).await.unwrap();
    assert_eq!(epoch().await, before);
    leader.stop().await;
    floor.send(register(2)).await.unwrap();
    assert_ne!(epoch().await, before, "the standby took the lease");
    standby.stop().await;
    thread.shutdown_background();
}
