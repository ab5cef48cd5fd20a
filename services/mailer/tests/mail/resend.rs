//! Mails through Resend's API.

use crate::post_office::{LINK, PostOffice, entry, magic_link};
use crate::resend_server::{Answer, ResendServer};
use messages::{Mail, PasswordChanged};
use std::time::Duration;
use testkit::stack::eventually;

const BROKEN: Answer = Answer::Error(500, None, "<h1>oops</h1>");

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_is_posted_as_resend_wants_it() {
    let (office, server) = (PostOffice::open(), ResendServer::start().await);
    let mailer = server.mailer(&office, &[]).await;
    let entry = magic_link("ada@example.com");
    office.append(&entry).await;
    office.is_done().await;

    let requests = server.requests("ada@example.com");
    assert_eq!(requests.len(), 1);
    let request = &requests[0];
    assert_eq!(request.path, "/emails");
    assert_eq!(request.header("authorization"), "Bearer re_k3y");
    assert_eq!(request.header("content-type"), "application/json");
    assert_eq!(request.header("idempotency-key"), entry.mail_id.to_string());
    let fields: Vec<&String> = request.json.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["from", "html", "subject", "text", "to"]);
    assert_eq!(request.json["from"], "Velox <no-reply@velox.example>");
    assert_eq!(request.json["to"], serde_json::json!(["ada@example.com"]));
    assert_eq!(request.json["subject"], "Sign in to Velox");
    let (html, text) = (&request.json["html"], &request.json["text"]);
    assert!(text.as_str().unwrap().contains(LINK), "{text}");
    assert!(text.as_str().unwrap().contains("valid for 15 minutes, until"), "{text}");
    assert!(html.as_str().unwrap().contains(&LINK.replace('&', "&#38;")), "{html}");

    let sent = "velox_mails_total{transport=\"resend\",outcome=\"sent\"}";
    assert_eq!(mailer.metric(sent).await, 1);
    assert_eq!(office.dead_letters().await, [""; 0]);
    let log = mailer.log();
    assert!(log.contains(&entry.mail_id.to_string()), "{log}");
    for secret in ["s3cr3t", "re_k3y"] {
        assert!(!log.contains(secret), "{log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_mail_is_put_aside_at_once_with_the_reason() {
    let (office, server) = (PostOffice::open(), ResendServer::start().await);
    let mailer = server.mailer(&office, &[]).await;
    let body = r#"{"statusCode":422,"name":"validation_error","message":"no: \"http://localhost:3000/auth/magic?token=s3cr3t\""}"#;
    server.answer("bad@example.com", &[Answer::Error(422, None, body)]);
    office.append(&magic_link("bad@example.com")).await;
    office.append(&magic_link("good@example.com")).await;
    office.is_done().await;

    assert_eq!(office.dead_letters().await, ["HTTP 422: validation_error: no: \"[link]\""]);
    assert_eq!(server.requests("bad@example.com").len(), 1, "it is not tried again");
    assert_eq!(server.sent_to("good@example.com"), 1);
    let dead = "velox_mails_total{transport=\"resend\",outcome=\"dead_lettered\"}";
    assert_eq!(mailer.metric(dead).await, 1);
    assert!(!mailer.log().contains("s3cr3t"));
}

#[tokio::test(flavor = "multi_thread")]
async fn retry_after_holds_for_all_mails() {
    let (office, server) = (PostOffice::open(), ResendServer::start().await);
    let _mailer = server.mailer(&office, &[]).await;
    server.answer("ada@example.com", &[Answer::Error(429, Some(2), "")]);
    office.append(&magic_link("ada@example.com")).await;
    server.requests_reach("ada@example.com", 1).await;
    office.append(&magic_link("bob@example.com")).await;
    office.is_done().await;

    let (ada, bob) = (server.requests("ada@example.com"), server.requests("bob@example.com"));
    assert_eq!((ada.len(), bob.len()), (2, 1));
    let pause = Duration::from_secs(2);
    assert!(ada[1].at - ada[0].at >= pause, "{:?}", ada[1].at - ada[0].at);
    assert!(bob[0].at - ada[0].at >= pause, "{:?}", bob[0].at - ada[0].at);
    assert_eq!(ada[0].header("idempotency-key"), ada[1].header("idempotency-key"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_pass_is_tried_again_with_the_same_key() {
    let (office, server) = (PostOffice::open(), ResendServer::start().await);
    let mailer = server.mailer(&office, &[("MAILER_SEND_TIMEOUT_MS", "1500")]).await;
    let under_way = r#"{"name":"concurrent_idempotent_requests","message":"wait"}"#;
    let answers =
        [BROKEN, Answer::Silence, Answer::Error(409, None, under_way), Answer::AcceptedInSilence];
    for answer in answers {
        server.answer("ada@example.com", &[answer]);
    }
    office.append(&magic_link("ada@example.com")).await;
    office.is_done().await;

    let requests = server.requests("ada@example.com");
    assert_eq!(requests.len(), 5);
    for request in &requests[1..] {
        assert_eq!(request.header("idempotency-key"), requests[0].header("idempotency-key"));
        assert_eq!(request.json, requests[0].json, "the same mail, byte for byte");
    }
    assert_eq!(server.sent_to("ada@example.com"), 1);
    assert_eq!(office.dead_letters().await, [""; 0]);
    assert_eq!(mailer.metric("velox_mail_retries_total{transport=\"resend\"}").await, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_not_there_is_waited_for() {
    let (office, server) = (PostOffice::open(), ResendServer::absent());
    let mailer = server.mailer(&office, &[]).await;
    office.append(&magic_link("ada@example.com")).await;
    let retries = "velox_mail_retries_total{transport=\"resend\"}";
    eventually("it is tried", async || mailer.metric(retries).await >= 2).await;
    assert_eq!(office.unacknowledged().await, 1);
    server.appear().await;
    office.is_done().await;
    assert_eq!(server.sent_to("ada@example.com"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_is_put_aside_when_the_patience_is_over() {
    let (office, server) = (PostOffice::open(), ResendServer::start().await);
    let _mailer = server.mailer(&office, &[("MAILER_PATIENCE_MS", "2000")]).await;
    server.answer("ada@example.com", &vec![BROKEN; 100]);
    office.append(&magic_link("ada@example.com")).await;
    office
        .append(&entry(
            "bob@example.com",
            Mail::PasswordChanged(PasswordChanged { changed_at_ms: 0 }),
        ))
        .await;
    eventually("the other one is sent", async || server.sent_to("bob@example.com") == 1).await;
    office.is_done().await;
    assert_eq!(office.dead_letters().await, ["HTTP 500: <h1>oops</h1>"]);
    let requests = server.requests("ada@example.com");
    assert!(requests.len() >= 10, "each of five deliveries tries more than once");
    assert!(requests[requests.len() - 1].at - requests[0].at >= Duration::from_secs(8));
}
