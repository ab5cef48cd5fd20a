//! What the clients asked for and were told, every attempt of it.

use serde::Serialize;
use serde_json::Value;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::{Mutex, MutexGuard};

/// One request and what came back.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// Whose it was; nobody's before the first sign-in.
    pub user_id: Option<String>,
    /// What was asked.
    pub deed: Deed,
    /// The header `X-Request-Id`, of each attempt another: entries of `request:stream` carry it.
    pub request_id: String,
    /// The header `Idempotency-Key`, of each attempt at the same deed the same.
    pub key: Option<String>,
    /// What came back; nothing where the connection broke or the time was up.
    pub answer: Option<Answer>,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "deed", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Deed {
    /// A new account.
    SignUp {
        /// Nobody else has it.
        email: String,
    },
    /// A session of an account that is there.
    SignIn {
        /// Whose.
        email: String,
    },
    /// A new position.
    Open {
        /// The body.
        ticket: Value,
    },
    /// New exits.
    Modify {
        /// Of which position.
        order_id: String,
        /// The body.
        change: Value,
    },
    /// The end of a position.
    Close {
        /// Which.
        order_id: String,
    },
    /// A question, or a mail.
    Other {
        /// What it is about.
        path: String,
    },
}

/// An answer as it arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// Of HTTP.
    pub status: u16,
    /// JSON; null where it was none.
    pub body: Value,
}

/// What an answer means for whoever asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// It was done.
    Granted,
    /// It was not done, and asking again would not help.
    Refused,
    /// It was not done, and may be asked again.
    NotNow,
    /// It may have been done.
    Unclear,
}

impl Answer {
    /// The code of an error; empty for a success.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// What it means.
    pub fn meaning(&self) -> Meaning {
        match (self.status, self.code()) {
            (200..=299, _) => Meaning::Granted,
            (503, _) => Meaning::NotNow,
            (400..=499, code) if !code.is_empty() => Meaning::Refused,
            _ => Meaning::Unclear,
        }
    }
}

impl Attempt {
    /// What the answer means, if there is one.
    pub fn meaning(&self) -> Meaning {
        self.answer.as_ref().map_or(Meaning::Unclear, Answer::meaning)
    }
}

/// All attempts, in memory and as lines of JSON in a file.
pub struct Journal {
    lines: Mutex<Lines>,
}

struct Lines {
    attempts: Vec<Attempt>,
    file: File,
}

impl Journal {
    /// Begins a file.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn create(path: &Path) -> io::Result<Self> {
        let lines = Lines { attempts: Vec::new(), file: File::create(path)? };
        Ok(Self { lines: Mutex::new(lines) })
    }

    /// Notes an attempt, at once: what is not in the journal was not acknowledged.
    ///
    /// # Panics
    /// When the file can't be written: without its journal a run proves nothing.
    pub fn note(&self, attempt: Attempt) {
        let mut line = serde_json::to_string(&attempt).expect("an attempt is plain JSON");
        line.push('\n');
        let mut lines = self.lines();
        lines.file.write_all(line.as_bytes()).expect("the journal can be written");
        lines.attempts.push(attempt);
    }

    /// How many orders were acknowledged.
    pub fn orders(&self) -> usize {
        let is_opened = |attempt: &&Attempt| {
            matches!(attempt.deed, Deed::Open { .. }) && attempt.meaning() == Meaning::Granted
        };
        self.lines().attempts.iter().filter(is_opened).count()
    }

    /// All of them.
    pub fn attempts(&self) -> Vec<Attempt> {
        self.lines().attempts.clone()
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().expect("nobody panics while writing a line")
    }
}
