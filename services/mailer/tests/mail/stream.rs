//! Entries that cannot be sent, that expire, and that are slow.

use crate::post_office::{PostOffice, entry, magic_link, now_ms};
use crate::resend_server::{Answer, ResendServer};
use messages::{Fields, MagicLink, Mail, PasswordChanged, StreamMessage as _};
use testkit::stack::eventually;

#[tokio::test(flavor = "multi_thread")]
async fn entries_that_make_no_mail_are_put_aside() {
    let (office, server) = (PostOffice::open(), ResendServer::start().await);
    let _mailer = server.mailer(&office, &[]).await;
    let mut fields = Fields::default();
    for (name, value) in magic_link("ada@example.com").encode().iter() {
        let value = if name == "payload" { b"{\"link\":1}" } else { value };
        fields.push(name.to_owned(), value.to_vec());
    }
    office.append_fields(&fields).await;
    office.append(&magic_link("ada@example.com\r\nBcc: eve@example.com")).await;
    let changed_at_ms = u64::MAX;
    office
        .append(&entry("ada@example.com", Mail::PasswordChanged(PasswordChanged { changed_at_ms })))
        .await;
    office.append(&magic_link("bob@example.com")).await;
    eventually("the good one is sent", async || server.sent_to("bob@example.com") == 1).await;
    office.is_done().await;

    let mut dead = office.dead_letters().await;
    dead.sort();
    assert_eq!(dead.len(), 3, "{dead:?}");
    assert!(dead[0].starts_with("field `payload.link` is wrong"), "{dead:?}");
    assert!(dead[1].starts_with("the address is invalid"), "{dead:?}");
    assert!(dead[2].starts_with("the time 18446744073709551615 ms is out of range"), "{dead:?}");
    assert_eq!(server.requests("ada@example.com").len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_has_expired_is_not_sent() {
    let (office, server) = (PostOffice::open(), ResendServer::start().await);
    let mailer = server.mailer(&office, &[]).await;
    let link = |expires_at_ms| {
        Mail::MagicLink(MagicLink { link: "http://velox/s3cr3t".to_owned(), expires_at_ms })
    };
    office.append(&entry("ada@example.com", link(now_ms()))).await;
    // A link that expires while the mail waits for a retry.
    server.answer("bob@example.com", &vec![Answer::Error(500, None, ""); 100]);
    office.append(&entry("bob@example.com", link(now_ms() + 5_000))).await;
    office.is_done().await;

    assert_eq!(server.requests("ada@example.com").len(), 0);
    assert!(!server.requests("bob@example.com").is_empty());
    assert_eq!(server.sent_to("bob@example.com"), 0);
    assert_eq!(office.dead_letters().await, [""; 0]);
    let expired = "velox_mails_total{transport=\"resend\",outcome=\"expired\"}";
    assert_eq!(mailer.metric(expired).await, 2);
    assert!(mailer.log().contains("its link has expired"));
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_mails_hold_up_nobody() {
    let (office, server) = (PostOffice::open(), ResendServer::start().await);
    let settings = [("MAILER_SENDS_MAX", "2"), ("MAILER_SEND_TIMEOUT_MS", "30000")];
    let _mailer = server.mailer(&office, &settings).await;
    // A mail that gets no answer for thirty seconds, and more mails waiting for a retry than may be
    // sent concurrently.
    server.answer("slow@example.com", &[Answer::Silence]);
    office.append(&magic_link("slow@example.com")).await;
    for n in 0..10 {
        let to = format!("broken-{n}@example.com");
        server.answer(&to, &vec![Answer::Error(503, None, ""); 1_000]);
        office.append(&magic_link(&to)).await;
    }
    // By now they wait for seconds; if they blocked others, this would have taken a minute.
    for n in 0..10 {
        server.requests_reach(&format!("broken-{n}@example.com"), 5).await;
    }
    for n in 0..20 {
        office.append(&magic_link(&format!("good-{n}@example.com"))).await;
    }
    eventually("the good ones are sent", async || {
        (0..20).all(|n| server.sent_to(&format!("good-{n}@example.com")) == 1)
    })
    .await;
    assert_eq!(server.requests("slow@example.com").len(), 1, "it is still the first attempt");
    eventually("the good ones are acknowledged", async || {
        let acknowledged = 31 - office.streams.pending("mail:stream", "mailer").await.unwrap();
        acknowledged == 20
    })
    .await;
}
