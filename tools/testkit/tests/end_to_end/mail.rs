//! Mails of a stack without a mail provider.

use messages::{MAIL_STREAM, Mail, MailEntry, PasswordChanged, StreamMessage as _};
use std::fs;
use testkit::stack::{Service, Stack, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_is_asked_for_is_left_in_the_folder() {
    let mut stack = Stack::new(&[]).await;
    stack.start(Service::Mailer).await;
    let entry = MailEntry {
        request_id: None,
        mail_id: "0190a6e5-1b2d-7000-8000-000000000028".parse().unwrap(),
        timestamp_ms: 1_703_001_234_700,
        to: "ada@example.com".to_owned(),
        mail: Mail::PasswordChanged(PasswordChanged { changed_at_ms: 1_703_001_234_690 }),
    };
    stack.streams.append(MAIL_STREAM, &entry.encode()).await.unwrap();
    let name = format!("20231219T155354Z-{}.eml", entry.mail_id);
    let path = stack.mail_dir().join(name);
    eventually("the mail is there", async || path.exists()).await;
    let mail = fs::read_to_string(&path).unwrap();
    assert!(mail.contains("To: ada@example.com\r\n"), "{mail}");
    assert!(stack.stop(Service::Mailer), "it stops when asked to");
}
