//! Every attempt of every client, with its answer.

use serde::Serialize;
use serde_json::Value;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::{Mutex, MutexGuard};

/// One request and its answer.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// The user; `None` before the first sign-in.
    pub user_id: Option<String>,
    /// The request.
    pub deed: Deed,
    /// The header `X-Request-Id`, different for each attempt: entries of `request:stream` carry it.
    pub request_id: String,
    /// The header `Idempotency-Key`, the same for each attempt at one request.
    pub key: Option<String>,
    /// The answer; `None` when the connection broke or the request timed out.
    pub answer: Option<Answer>,
}

/// The purpose of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "deed", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Deed {
    /// Creates an account.
    SignUp {
        /// A new email address.
        email: String,
    },
    /// Signs in to an existing account.
    SignIn {
        /// The account's email address.
        email: String,
    },
    /// Opens a position.
    Open {
        /// The request body.
        ticket: Value,
    },
    /// Changes take-profit and stop-loss.
    Modify {
        /// The position.
        order_id: String,
        /// The request body.
        change: Value,
    },
    /// Closes a position.
    Close {
        /// The position.
        order_id: String,
    },
    /// Opens another account of the user.
    OpenAccount {
        /// Its first balance in USD.
        balance: String,
    },
    /// Closes everything in the account, and sets its balance.
    Reset,
    /// Reads something, or requests a mail.
    Other {
        /// The path.
        path: String,
    },
}

/// An answer as received.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body; null when it is not JSON.
    pub body: Value,
}

/// The meaning of an answer for the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The request was carried out.
    Granted,
    /// The request was not carried out, and repeating it would not help.
    Refused,
    /// The request was not carried out, and may be repeated.
    NotNow,
    /// The request may have been carried out.
    Unclear,
}

impl Answer {
    /// The error code; empty for a success.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// The meaning of this answer.
    pub fn meaning(&self) -> Meaning {
        match (self.status, self.code()) {
            (200..=299, _) => Meaning::Granted,
            // The instrument accepts only orders that reduce a position, for a while.
            (503, "NOT_TRADING") => Meaning::Refused,
            (503, _) => Meaning::NotNow,
            (400..=499, code) if !code.is_empty() => Meaning::Refused,
            _ => Meaning::Unclear,
        }
    }
}

impl Attempt {
    /// The meaning of the answer; unclear when there is none.
    pub fn meaning(&self) -> Meaning {
        self.answer.as_ref().map_or(Meaning::Unclear, Answer::meaning)
    }
}

/// All attempts, in memory and as JSON lines in a file.
pub struct Journal {
    lines: Mutex<Lines>,
}

struct Lines {
    attempts: Vec<Attempt>,
    file: File,
}

impl Journal {
    /// Creates the file.
    ///
    /// # Errors
    /// When the file can't be created.
    pub fn create(path: &Path) -> io::Result<Self> {
        let lines = Lines { attempts: Vec::new(), file: File::create(path)? };
        Ok(Self { lines: Mutex::new(lines) })
    }

    /// Records an attempt immediately: an answer that is not in the journal was not received.
    ///
    /// # Panics
    /// When the file can't be written: the audit needs a complete journal.
    pub fn note(&self, attempt: Attempt) {
        let mut line = serde_json::to_string(&attempt).expect("an attempt is plain JSON");
        line.push('\n');
        let mut lines = self.lines();
        lines.file.write_all(line.as_bytes()).expect("the journal can be written");
        lines.attempts.push(attempt);
    }

    /// The number of acknowledged orders.
    pub fn orders(&self) -> usize {
        let is_opened = |attempt: &&Attempt| {
            matches!(attempt.deed, Deed::Open { .. }) && attempt.meaning() == Meaning::Granted
        };
        self.lines().attempts.iter().filter(is_opened).count()
    }

    /// All attempts so far.
    pub fn attempts(&self) -> Vec<Attempt> {
        self.lines().attempts.clone()
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().expect("the lock is not poisoned")
    }
}
