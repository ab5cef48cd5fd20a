//! Mails to a folder, without a provider.

use crate::post_office::{LINK, PostOffice, entry, magic_link};
use mailparse::MailHeaderMap as _;
use messages::{ApiKeyCreated, Mail};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

fn files(office: &PostOffice) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(office.mail_dir()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_user_finds_the_link_in_the_log() {
    let office = PostOffice::open();
    let mailer = office.mailer(&[("RUST_LOG", "info"), ("SMTP_URL", "")]).await;
    let mut entry = magic_link("ada@example.com");
    entry.timestamp_ms = 1_795_528_801_999;
    office.append(&entry).await;
    office.is_done().await;
    let first = fs::read(&files(&office)[0]).unwrap();
    // The same entry again, as after a crash, gives no second mail.
    office.append(&entry).await;
    office.is_done().await;

    let files = files(&office);
    assert_eq!(files.len(), 1, "{files:?}");
    let name = files[0].file_name().unwrap().to_str().unwrap();
    assert_eq!(name, format!("20261124T140001Z-{}.eml", entry.mail_id));
    assert_eq!(fs::metadata(&files[0]).unwrap().permissions().mode() & 0o777, 0o600);
    let bytes = fs::read(&files[0]).unwrap();
    assert_eq!(bytes, first, "byte for byte");
    let mail = mailparse::parse_mail(&bytes).unwrap();
    assert_eq!(mail.headers.get_first_value("To").unwrap(), "ada@example.com");
    assert!(mail.subparts[0].get_body().unwrap().contains(LINK));
    let log = mailer.log();
    let line = log.lines().find(|line| line.contains(LINK)).unwrap_or_else(|| panic!("{log}"));
    assert!(line.contains("INFO") && line.contains("ada@example.com"), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn outside_development_no_link_is_in_the_log() {
    let office = PostOffice::open();
    let mailer = office.mailer(&[("RUST_LOG", "debug"), ("APP_ENV", "production")]).await;
    office.append(&magic_link("ada@example.com")).await;
    office.is_done().await;
    assert_eq!(files(&office).len(), 1);
    let log = mailer.log();
    assert!(log.contains("ada@example.com") && !log.contains(LINK), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_shown_unescaped() {
    let office = PostOffice::open();
    let _mailer = office.mailer(&[]).await;
    let name = "<img src=x onerror=alert(1)>\r\n\r\nSign in at \"evil\" & win".to_owned();
    let created_at_ms = 1_795_528_801_999;
    let mail =
        Mail::ApiKeyCreated(ApiKeyCreated { name, scope: "trade".to_owned(), created_at_ms });
    office.append(&entry("ada@example.com", mail)).await;
    office.is_done().await;

    let bytes = fs::read(&files(&office)[0]).unwrap();
    let mail = mailparse::parse_mail(&bytes).unwrap();
    let subject = mail.headers.get_first_value("Subject").unwrap();
    assert_eq!(subject, "A new API key for your Velox account");
    let (text, html) = (mail.subparts[0].get_body().unwrap(), mail.subparts[1].get_body().unwrap());
    assert!(!html.contains("<img"), "{html}");
    assert!(html.contains("&#60;img src=x onerror=alert(1)&#62;"), "{html}");
    assert!(!text.lines().any(|line| line.starts_with("Sign in at")), "{text}");
    assert!(text.contains("Name: <img src=x onerror=alert(1)>    Sign in at"), "{text}");
    assert!(text.contains("Scope: trade\r\n") || text.contains("Scope: trade\n"), "{text}");
    assert!(text.contains("Created: 24 November 2026, 14:00 UTC"), "{text}");
}
