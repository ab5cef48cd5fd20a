use crate::desk::{Desk, PATIENCE, eventually, fields, within_patience};
use messages::{Answer, EntryId, Reply, RequestId};
use std::time::{Duration, Instant};
use streams::{CallError, RequestClient};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const SHORT: Duration = Duration::from_millis(300);

fn request_id() -> RequestId {
    RequestId(Uuid::new_v4())
}

fn done(request_id: RequestId) -> Reply {
    Reply { request_id, outcome: Ok(Answer::Done) }
}

async fn start(desk: &Desk) -> RequestClient {
    let client = RequestClient::start(desk.redis.clone(), CancellationToken::new()).await;
    assert!(client.is_listening());
    client
}

async fn send_reply(desk: &Desk, client: &RequestClient, reply: &Reply) {
    desk.redis.batch().publish(client.reply_channel(), &reply.to_json()).send().await.unwrap();
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
    assert!(client.reply_channel().starts_with("reply:"));
    let (one, two) = (request_id(), request_id());
    let (ask_one, ask_two) = (fields(1), fields(2));
    let answer = async {
        until_appended(&desk, 2).await;
        desk.redis.batch().publish(client.reply_channel(), "no JSON").send().await.unwrap();
        for id in [request_id(), two, one] {
            send_reply(&desk, &client, &done(id)).await;
        }
    };
    let (of_one, of_two, ()) = tokio::join!(
        client.call("s", one, &ask_one, PATIENCE),
        client.call("s", two, &ask_two, PATIENCE),
        answer
    );
    assert_eq!((of_one.unwrap(), of_two.unwrap()), (done(one), done(two)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_reply_is_ignored_and_the_request_may_be_sent_again() {
    let desk = Desk::open();
    let client = start(&desk).await;
    let id = request_id();
    let started = Instant::now();
    let outcome = client.call("s", id, &fields(1), SHORT).await;
    assert_eq!(outcome.unwrap_err(), CallError::TimedOut);
    assert!(started.elapsed() >= SHORT);
    send_reply(&desk, &client, &done(id)).await;

    let answer = async {
        until_appended(&desk, 2).await;
        send_reply(&desk, &client, &done(id)).await;
    };
    let again = fields(1);
    let (reply, ()) = tokio::join!(client.call("s", id, &again, PATIENCE), answer);
    assert_eq!(reply.unwrap(), done(id));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_id_twice_at_a_time_is_not_sent_and_a_dropped_call_frees_it() {
    let desk = Desk::open();
    let client = start(&desk).await;
    let id = request_id();
    let first = tokio::spawn({
        let client = client.clone();
        async move { client.call("s", id, &fields(1), PATIENCE).await }
    });
    until_appended(&desk, 1).await;
    let second = client.call("s", id, &fields(1), SHORT).await;
    assert_eq!(second.unwrap_err(), CallError::AlreadyWaiting);
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    let third = client.call("s", id, &fields(1), SHORT).await;
    assert_eq!(third.unwrap_err(), CallError::TimedOut);
    until_appended(&desk, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_after_a_reconnect_still_arrives() {
    let mut desk = Desk::open();
    let client = start(&desk).await;
    let id = request_id();
    let call = tokio::spawn({
        let client = client.clone();
        async move { client.call("s", id, &fields(1), PATIENCE).await }
    });
    until_appended(&desk, 1).await;
    desk.stop();
    eventually(async || !client.is_listening()).await;
    desk.start();
    eventually(async || client.is_listening()).await;
    send_reply(&desk, &client, &done(id)).await;
    assert_eq!(call.await.unwrap().unwrap(), done(id));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_nothing_is_sent_and_that_is_said_soon() {
    let mut desk = Desk::open();
    let client = start(&desk).await;
    desk.stop();
    let started = Instant::now();
    let outcome = client.call("s", request_id(), &fields(1), PATIENCE).await;
    assert!(matches!(outcome, Err(CallError::NotSent(_))), "{outcome:?}");
    assert!(started.elapsed() < Duration::from_secs(3));
    desk.start();
    eventually(async || client.is_listening()).await;
    let outcome = client.call("s", request_id(), &fields(1), SHORT).await;
    assert_eq!(outcome.unwrap_err(), CallError::TimedOut);
    until_appended(&desk, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_no_one_confirms_is_unknown() {
    let desk = Desk::open();
    let client = start(&desk).await;
    desk.redis.ping().await.unwrap();
    desk.server.pause();
    let outcome = client.call("s", request_id(), &fields(1), SHORT).await;
    assert!(matches!(outcome, Err(CallError::Unknown(_))), "{outcome:?}");
    desk.server.resume();
    within_patience(until_appended(&desk, 1)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_redis_refuses_the_request() {
    let desk = Desk::open();
    let client = start(&desk).await;
    desk.command(&["CONFIG", "SET", "maxmemory", "1"]);
    let outcome = client.call("s", request_id(), &fields(1), PATIENCE).await;
    assert!(matches!(outcome, Err(CallError::NotSent(_))), "{outcome:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_starts_without_redis_and_stops_when_told() {
    let mut desk = Desk::open();
    desk.stop();
    let shutdown = CancellationToken::new();
    let client = RequestClient::start(desk.redis.clone(), shutdown.clone()).await;
    assert!(!client.is_listening());
    desk.start();
    eventually(async || client.is_listening()).await;
    shutdown.cancel();
    eventually(async || !client.is_listening()).await;
}
