//! The session of a connection: the key that it has logged on with, whose requests need no signature.

use super::admission::{Shown, log_on};
use super::call::{Answer, Call};
use super::error::Error;
use super::limits::Counts;
use crate::access::caller::Stranger;
use crate::access::key_pair;
use crate::clock::unix_ms;
use serde::Serialize;
use std::sync::{Mutex, MutexGuard};
use uuid::Uuid;

/// The weight of each method.
const WEIGHT: u32 = 2;

/// A method of sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Sets the key, whoever was logged on before.
    LogOn,
    /// Tells the key.
    Status,
    /// Forgets the key.
    LogOut,
}

impl Method {
    /// The methods, by their names.
    pub const ALL: [(&str, Self); 3] = [
        ("session.logon", Self::LogOn),
        ("session.status", Self::Status),
        ("session.logout", Self::LogOut),
    ];
}

/// The session of a connection.
pub struct Session {
    connected_since_ms: u64,
    /// Locked to read and write, never across an await.
    logged_on: Mutex<Option<LoggedOn>>,
}

#[derive(Clone, Copy)]
struct LoggedOn {
    key: Uuid,
    since_ms: u64,
}

/// A session as clients see it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View {
    api_key: Option<String>,
    authorized_since: Option<u64>,
    connected_since: u64,
    return_rate_limits: bool,
    server_time: u64,
}

impl Session {
    /// Begins with nobody logged on.
    pub fn new() -> Self {
        Self { connected_since_ms: unix_ms(), logged_on: Mutex::default() }
    }

    /// Returns the id of the key that the connection has logged on with. The key may have been deleted
    /// since then, or may do less.
    pub fn key(&self) -> Option<Uuid> {
        self.logged_on().map(|logged_on| logged_on.key)
    }

    /// Performs a method.
    ///
    /// # Errors
    /// Those of the admission.
    pub async fn perform(
        &self,
        method: Method,
        call: &Call,
        shown: &Shown<'_>,
        counts: &mut Counts,
    ) -> Result<Answer, Error> {
        let app = &call.app;
        if method == Method::LogOn {
            let key = log_on(call, shown, WEIGHT, counts).await?;
            *self.logged_on() = Some(LoggedOn { key, since_ms: unix_ms() });
            return Ok(self.shown());
        }
        app.fapi_limits.charge_weight(counts, shown.address, WEIGHT).await?;
        let is_over = match self.key() {
            Some(key) => {
                let found = app.access.keys.find(key, &app.pool).await;
                matches!(found, Err(Stranger::Unauthenticated))
            }
            None => false,
        };
        if is_over || method == Method::LogOut {
            *self.logged_on() = None;
        }
        Ok(self.shown())
    }

    fn shown(&self) -> Answer {
        let logged_on = *self.logged_on();
        Answer::of(&View {
            api_key: logged_on.map(|logged_on| key_pair::public_key(logged_on.key)),
            authorized_since: logged_on.map(|logged_on| logged_on.since_ms),
            connected_since: self.connected_since_ms,
            return_rate_limits: true,
            server_time: unix_ms(),
        })
    }

    fn logged_on(&self) -> MutexGuard<'_, Option<LoggedOn>> {
        self.logged_on.lock().expect("nothing panics while it holds this lock")
    }
}
