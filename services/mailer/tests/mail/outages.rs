//! Crashes, and outages of Redis.

use crate::post_office::{PostOffice, magic_link};
use crate::resend_server::{Answer, ResendServer};
use messages::MAIL_STREAM;
use std::time::{Duration, Instant};
use testkit::stack::eventually;

#[tokio::test(flavor = "multi_thread")]
async fn killed_between_sending_and_acknowledging_it_sends_once() {
    let (office, server) = (PostOffice::open(), ResendServer::start().await);
    let first = server.mailer(&office, &[]).await;
    server.answer("ada@example.com", &[Answer::AcceptedInSilence]);
    office.append(&magic_link("ada@example.com")).await;
    server.requests_reach("ada@example.com", 1).await;
    first.kill();
    assert_eq!(office.unacknowledged().await, 1);

    let second = server.mailer(&office, &[]).await;
    office.is_done().await;
    let requests = server.requests("ada@example.com");
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0].header("idempotency-key"), requests[1].header("idempotency-key"));
    assert_eq!(requests[0].json, requests[1].json, "another mail under this key is refused");
    assert_eq!(server.sent_to("ada@example.com"), 1);
    assert_eq!(office.dead_letters().await, [""; 0]);
    eventually("acknowledged entries are trimmed", async || {
        office.streams.stream_info(MAIL_STREAM).await.unwrap().unwrap().length == 0
    })
    .await;
    assert_eq!(second.metric("velox_worker_lag_entries{worker=\"mailer\"}").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_is_sent_while_redis_is_away_is_not_sent_again() {
    let (mut office, server) = (PostOffice::open(), ResendServer::start().await);
    let mailer = server.mailer(&office, &[("MAILER_SEND_TIMEOUT_MS", "1000")]).await;
    // The first answer is lost, and the second attempt ends when Redis is already down.
    server.answer("ada@example.com", &[Answer::AcceptedInSilence, Answer::Silence]);
    office.append(&magic_link("ada@example.com")).await;
    server.requests_reach("ada@example.com", 1).await;
    office.redis.stop().unwrap();
    eventually("the mailer reports it", async || !mailer.is_ready().await).await;
    eventually("the mail is sent and cannot be acknowledged", async || {
        mailer.log().contains("sent mails cannot be acknowledged yet")
    })
    .await;
    let before = server.requests("ada@example.com").len();

    office.redis.start().unwrap();
    eventually("the mailer is back", async || mailer.is_ready().await).await;
    office.append(&magic_link("bob@example.com")).await;
    office.is_done().await;
    assert_eq!(server.requests("ada@example.com").len(), before);
    assert_eq!((server.sent_to("ada@example.com"), server.sent_to("bob@example.com")), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailer_that_stops_finishes_what_is_on_its_way_and_leaves_the_rest() {
    let (office, server) = (PostOffice::open(), ResendServer::start().await);
    let first = server.mailer(&office, &[("MAILER_SEND_TIMEOUT_MS", "3000")]).await;
    server.answer("ada@example.com", &[Answer::Error(429, Some(120), "")]);
    server.answer("bob@example.com", &[Answer::Silence]);
    office.append(&magic_link("bob@example.com")).await;
    server.requests_reach("bob@example.com", 1).await;
    office.append(&magic_link("ada@example.com")).await;
    server.requests_reach("ada@example.com", 1).await;
    let asked = Instant::now();
    assert!(first.stop().await.success());
    assert!(asked.elapsed() < Duration::from_secs(20), "it waits for no second attempt");
    assert_eq!(office.unacknowledged().await, 2);

    let _second = server.mailer(&office, &[]).await;
    office.is_done().await;
    assert_eq!((server.sent_to("ada@example.com"), server.sent_to("bob@example.com")), (1, 1));
    assert_eq!(office.dead_letters().await, [""; 0]);
}
