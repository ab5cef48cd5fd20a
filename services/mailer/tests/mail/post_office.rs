//! A private Redis, and mailers on it.

use devstack::servers::processes::{Signal, send};
use devstack::servers::{RedisServer, free_port};
use messages::{
    EntryId, Fields, MAIL_GROUP, MAIL_STREAM, MagicLink, Mail, MailEntry, MailId,
    StreamMessage as _, dead_letter_stream,
};
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, SystemTime};
use streams::Redis;
use tempfile::TempDir;
use testkit::stack::eventually;
use uuid::Uuid;

/// The sign-in link of these tests.
pub const LINK: &str = "http://localhost:3000/auth/magic?token=s3cr3t&next=%2Ftrade";

pub struct PostOffice {
    pub redis: RedisServer,
    pub streams: Redis,
    folder: TempDir,
}

pub struct Mailer {
    child: Child,
    metrics_port: u16,
    log: PathBuf,
}

impl PostOffice {
    pub fn open() -> Self {
        let redis = RedisServer::private().unwrap();
        let streams = Redis::new(&redis.url()).unwrap();
        Self { redis, streams, folder: tempfile::tempdir().unwrap() }
    }

    pub fn mail_dir(&self) -> PathBuf {
        self.folder.path().join("mail")
    }

    /// Starts a mailer and waits until it is ready.
    pub async fn mailer(&self, settings: &[(&str, &str)]) -> Mailer {
        let metrics_port = free_port();
        let log = self.folder.path().join(format!("{metrics_port}.log"));
        let child = Command::new(env!("CARGO_BIN_EXE_mailer"))
            .env_remove("RESEND_API_KEY")
            .env_remove("SMTP_URL")
            .env("REDIS_URL", self.redis.url())
            .env("MAIL_DIR", self.mail_dir())
            .env("MAIL_FROM", "Velox <no-reply@velox.example>")
            .env("METRICS_PORT", metrics_port.to_string())
            .env("RUST_LOG", "debug")
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .stdout(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let mailer = Mailer { child, metrics_port, log };
        eventually("the mailer is ready", async || mailer.is_ready().await).await;
        mailer
    }

    pub async fn append(&self, entry: &MailEntry) {
        self.append_fields(&entry.encode()).await;
    }

    pub async fn append_fields(&self, fields: &Fields) {
        self.streams.append(MAIL_STREAM, fields).await.unwrap();
    }

    /// Waits until every entry of the stream has been read and acknowledged.
    pub async fn is_done(&self) {
        eventually("all mails are acknowledged", async || {
            self.streams.pending(MAIL_STREAM, MAIL_GROUP).await.is_ok()
                && self.unacknowledged().await == 0
        })
        .await;
    }

    pub async fn unacknowledged(&self) -> usize {
        self.streams.unacknowledged(MAIL_STREAM, MAIL_GROUP, 100).await.unwrap().len()
    }

    /// Returns the errors of the dead letters.
    pub async fn dead_letters(&self) -> Vec<String> {
        let dead = dead_letter_stream(MAIL_STREAM);
        let entries = self.streams.read_range(&dead, EntryId::MIN, 100).await.unwrap();
        let error = |entry: &streams::Entry| {
            let found = entry.fields.iter().find(|(name, _)| *name == "error");
            String::from_utf8(found.unwrap().1.to_vec()).unwrap()
        };
        entries.iter().map(error).collect()
    }
}

impl Mailer {
    pub async fn is_ready(&self) -> bool {
        let url = format!("http://127.0.0.1:{}/readyz", self.metrics_port);
        reqwest::get(url).await.is_ok_and(|answer| answer.status().is_success())
    }

    /// Returns the value of a metric, by name and labels as printed; 0 if it does not exist.
    pub async fn metric(&self, name: &str) -> u64 {
        let url = format!("http://127.0.0.1:{}/metrics", self.metrics_port);
        let page = reqwest::get(url).await.unwrap().text().await.unwrap();
        let line = page.lines().find_map(|line| line.strip_prefix(name));
        line.map_or(0, |value| value.trim().parse().unwrap())
    }

    /// Returns the log so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Requests a stop and waits for it.
    pub async fn stop(mut self) -> ExitStatus {
        send(self.child.id(), Signal::TERM);
        let mut status = None;
        eventually("the mailer stops", async || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        })
        .await;
        status.unwrap()
    }
}

impl Drop for Mailer {
    fn drop(&mut self) {
        // An error means that the process has already ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns a mail with a sign-in link that is valid for 15 minutes.
pub fn magic_link(to: &str) -> MailEntry {
    let expires_at_ms = now_ms() + 900_000;
    entry(to, Mail::MagicLink(MagicLink { link: LINK.to_owned(), expires_at_ms }))
}

/// Returns a mail requested now.
pub fn entry(to: &str, mail: Mail) -> MailEntry {
    let mail_id = MailId(Uuid::now_v7());
    MailEntry { request_id: None, mail_id, timestamp_ms: now_ms(), to: to.to_owned(), mail }
}

pub fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    u64::try_from(now.unwrap_or(Duration::ZERO).as_millis()).unwrap()
}
