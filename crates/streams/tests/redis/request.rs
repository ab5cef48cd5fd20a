use crate::desk::{Desk, PATIENCE, eventually, within_patience};
use messages::{
    EntryId, Fields, Query, QueryEntry, Rejection, Reply, RequestId, Response, Shard,
    StreamMessage as _, UserId,
};
use std::time::{Duration, Instant};
use streams::{CallError, RequestClient};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const SHORT: Duration = Duration::from_millis(300);

fn request_id() -> RequestId {
    RequestId(Uuid::new_v4())
}

fn done(request_id: RequestId) -> Reply {
    Reply { request_id, outcome: Ok(Response::Done) }
}

/// Returns an encoder of a request with this id, which takes its reply channel.
fn asking(request_id: RequestId) -> impl FnOnce(String) -> Fields {
    let (user_id, query) = (UserId(Uuid::nil()), Query::GetBalance);
    move |reply_to| QueryEntry { request_id, user_id, timestamp_ms: 0, reply_to, query }.encode()
}

async fn start(desk: &Desk) -> RequestClient {
    let client = RequestClient::start(desk.redis.clone(), CancellationToken::new()).await;
    assert!(client.is_listening(Shard::ONLY));
    client
}

/// The requests in the stream.
async fn requests(desk: &Desk) -> Vec<QueryEntry> {
    let entries = desk.redis.read_range("s", EntryId::MIN, 10).await.unwrap();
    entries.iter().map(|entry| QueryEntry::decode(&entry.fields).unwrap()).collect()
}

/// Replies to the `n`th request.
async fn send_reply(desk: &Desk, n: usize, reply: &Reply) {
    let reply_to = &requests(desk).await[n].reply_to;
    desk.redis.batch().publish(reply_to, &reply.to_json()).send().await.unwrap();
}

async fn until_appended(desk: &Desk, count: usize) {
    eventually(async || {
        desk.redis.read_range("s", EntryId::MIN, 10).await.is_ok_and(|all| all.len() == count)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_call_gets_its_own_reply() {
    let desk = Desk::open();
    let client = start(&desk).await;
    let (one, two) = (request_id(), request_id());
    let answer = async {
        until_appended(&desk, 2).await;
        let requests = requests(&desk).await;
        assert!(requests.iter().all(|request| request.reply_to.starts_with("reply:")));
        for QueryEntry { request_id, reply_to, .. } in requests.iter().rev() {
            let reply = done(*request_id).to_json();
            let mut batch = desk.redis.batch();
            batch.publish(reply_to, "no JSON");
            batch.publish(&format!("{reply_to}99"), &reply);
            batch.publish(reply_to, &reply).send().await.unwrap();
        }
    };
    let (of_one, of_two, ()) = tokio::join!(
        client.call(Shard::ONLY, "s", PATIENCE, asking(one)),
        client.call(Shard::ONLY, "s", PATIENCE, asking(two)),
        answer
    );
    assert_eq!((of_one.unwrap(), of_two.unwrap()), (done(one), done(two)));
}

/// Two concurrent closes with one idempotency key have the same request id.
#[tokio::test(flavor = "multi_thread")]
async fn calls_with_the_same_request_id_at_a_time_each_get_a_reply() {
    let desk = Desk::open();
    let client = start(&desk).await;
    let id = request_id();
    let refused = Reply { request_id: id, outcome: Err(Rejection::NoPrice) };
    let answer = async {
        until_appended(&desk, 2).await;
        send_reply(&desk, 0, &refused).await;
        // The first call ends and cleans up before the second one is answered.
        eventually(async || client.waiting() == 1).await;
        send_reply(&desk, 1, &done(id)).await;
    };
    let (one, two, ()) = tokio::join!(
        client.call(Shard::ONLY, "s", PATIENCE, asking(id)),
        client.call(Shard::ONLY, "s", PATIENCE, asking(id)),
        answer
    );
    let mut outcomes = [one.unwrap().outcome, two.unwrap().outcome];
    outcomes.sort_by_key(Result::is_ok);
    assert_eq!(outcomes, [refused.outcome, done(id).outcome]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_reply_is_ignored_and_the_request_may_be_sent_again() {
    let desk = Desk::open();
    let client = start(&desk).await;
    let id = request_id();
    let started = Instant::now();
    let outcome = client.call(Shard::ONLY, "s", SHORT, asking(id)).await;
    assert_eq!(outcome.unwrap_err(), CallError::TimedOut);
    assert!(started.elapsed() >= SHORT);

    let answer = async {
        until_appended(&desk, 2).await;
        // The reply to the first attempt, which was rejected; the second one succeeds.
        let refused = Reply { request_id: id, outcome: Err(Rejection::NoPrice) };
        send_reply(&desk, 0, &refused).await;
        send_reply(&desk, 1, &done(id)).await;
    };
    let (reply, ()) = tokio::join!(client.call(Shard::ONLY, "s", PATIENCE, asking(id)), answer);
    assert_eq!(reply.unwrap(), done(id));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_call_does_not_wait_any_more() {
    let desk = Desk::open();
    let client = start(&desk).await;
    let call = tokio::spawn({
        let client = client.clone();
        async move { client.call(Shard::ONLY, "s", PATIENCE, asking(request_id())).await }
    });
    until_appended(&desk, 1).await;
    assert_eq!(client.waiting(), 1);
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    assert_eq!(client.waiting(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_after_a_reconnect_still_arrives() {
    let mut desk = Desk::open();
    let client = start(&desk).await;
    let id = request_id();
    let call = tokio::spawn({
        let client = client.clone();
        async move { client.call(Shard::ONLY, "s", PATIENCE, asking(id)).await }
    });
    until_appended(&desk, 1).await;
    desk.stop();
    eventually(async || !client.is_listening(Shard::ONLY)).await;
    desk.start();
    eventually(async || client.is_listening(Shard::ONLY)).await;
    send_reply(&desk, 0, &done(id)).await;
    assert_eq!(call.await.unwrap().unwrap(), done(id));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_nothing_is_sent_and_that_is_said_soon() {
    let mut desk = Desk::open();
    let client = start(&desk).await;
    desk.stop();
    let started = Instant::now();
    let outcome = client.call(Shard::ONLY, "s", PATIENCE, asking(request_id())).await;
    assert!(matches!(outcome, Err(CallError::NotSent(_))), "{outcome:?}");
    assert!(started.elapsed() < Duration::from_secs(3));
    desk.start();
    eventually(async || client.is_listening(Shard::ONLY)).await;
    let outcome = client.call(Shard::ONLY, "s", SHORT, asking(request_id())).await;
    assert_eq!(outcome.unwrap_err(), CallError::TimedOut);
    until_appended(&desk, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_no_one_confirms_is_unknown() {
    let desk = Desk::open();
    let client = start(&desk).await;
    desk.redis.ping().await.unwrap();
    desk.server.pause();
    let outcome = client.call(Shard::ONLY, "s", SHORT, asking(request_id())).await;
    assert!(matches!(outcome, Err(CallError::Unknown(_))), "{outcome:?}");
    desk.server.resume();
    within_patience(until_appended(&desk, 1)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_redis_refuses_the_request() {
    let desk = Desk::open();
    let client = start(&desk).await;
    desk.command(&["CONFIG", "SET", "maxmemory", "1"]);
    let outcome = client.call(Shard::ONLY, "s", PATIENCE, asking(request_id())).await;
    assert!(matches!(outcome, Err(CallError::NotSent(_))), "{outcome:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_starts_without_redis_and_stops_when_told() {
    let mut desk = Desk::open();
    desk.stop();
    let shutdown = CancellationToken::new();
    let client = RequestClient::start(desk.redis.clone(), shutdown.clone()).await;
    assert!(!client.is_listening(Shard::ONLY));
    desk.start();
    eventually(async || client.is_listening(Shard::ONLY)).await;
    shutdown.cancel();
    eventually(async || !client.is_listening(Shard::ONLY)).await;
}
