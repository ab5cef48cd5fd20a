//! Mails through a mail server.

use crate::post_office::{LINK, Mailer, PostOffice, magic_link};
use crate::smtp_server::SmtpServer;
use mailparse::MailHeaderMap as _;

async fn mailer(office: &PostOffice, server: &SmtpServer, account: &str) -> Mailer {
    let url = format!("smtp://{account}127.0.0.1:{}", server.port);
    office.mailer(&[("SMTP_URL", &url)]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_arrives_in_html_and_in_plain_text() {
    let (office, server) = (PostOffice::open(), SmtpServer::start().await);
    let mailer = mailer(&office, &server, "me:p%40ss@").await;
    let entry = magic_link("ada@example.com");
    office.append(&entry).await;
    office.is_done().await;

    let received = server.received();
    assert_eq!(received.len(), 1);
    let mail = &received[0];
    assert_eq!(mail.hello, "velox.example");
    assert_eq!(mail.from, "no-reply@velox.example");
    assert_eq!(mail.to, ["ada@example.com"]);
    // base64 of "\0me\0p@ss"
    assert_eq!(mail.auth.as_deref(), Some("PLAIN AG1lAHBAc3M="));

    let parsed = mailparse::parse_mail(&mail.data).unwrap();
    let header = |name: &str| parsed.headers.get_first_value(name).unwrap();
    assert_eq!(header("From"), "Velox <no-reply@velox.example>");
    assert_eq!(header("To"), "ada@example.com");
    assert_eq!(header("Subject"), "Sign in to Velox");
    assert_eq!(header("Message-ID"), format!("<{}@velox.example>", entry.mail_id));
    assert_eq!(header("Auto-Submitted"), "auto-generated");
    let date_s = mailparse::dateparse(&header("Date")).unwrap();
    assert_eq!(u64::try_from(date_s).unwrap(), entry.timestamp_ms / 1_000);
    assert_eq!(parsed.ctype.mimetype, "multipart/alternative");
    let parts: Vec<(&str, String)> = parsed
        .subparts
        .iter()
        .map(|part| (part.ctype.mimetype.as_str(), part.get_body().unwrap()))
        .collect();
    assert_eq!([parts[0].0, parts[1].0], ["text/plain", "text/html"], "the preferred one is last");
    assert!(parts[0].1.contains(LINK), "{}", parts[0].1);
    assert!(parts[1].1.contains(&LINK.replace('&', "&#38;")), "{}", parts[1].1);

    let sent = "velox_mails_total{transport=\"smtp\",outcome=\"sent\"}";
    assert_eq!(mailer.metric(sent).await, 1);
    let log = mailer.log();
    for secret in ["s3cr3t", "p@ss", "p%40ss", "AG1lAHBAc3M="] {
        assert!(!log.contains(secret), "{log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_says_later_is_asked_later() {
    let (office, server) = (PostOffice::open(), SmtpServer::start().await);
    let _mailer = mailer(&office, &server, "").await;
    server.reply("ada@example.com", &["451 4.7.1 greylisted", "421 4.3.0 busy"]);
    office.append(&magic_link("ada@example.com")).await;
    office.is_done().await;
    assert_eq!(server.attempts("ada@example.com"), 3);
    assert_eq!(server.received().len(), 1);
    assert_eq!(office.dead_letters().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_a_server_refuses_is_put_aside_at_once() {
    let (office, server) = (PostOffice::open(), SmtpServer::start().await);
    let _mailer = mailer(&office, &server, "").await;
    server.reply("bad@example.com", &["550 5.1.1 nobody here"]);
    office.append(&magic_link("bad@example.com")).await;
    office.append(&magic_link("good@example.com")).await;
    office.is_done().await;
    let dead = office.dead_letters().await;
    assert_eq!(dead.len(), 1);
    assert!(dead[0].contains("550") && dead[0].contains("nobody here"), "{dead:?}");
    assert_eq!(server.attempts("bad@example.com"), 1, "it is not tried again");
    assert_eq!(server.received()[0].to, ["good@example.com"]);
}
