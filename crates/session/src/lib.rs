#![doc = include_str!("../README.md")]

mod hs256;
mod listen_key;
mod secret;
mod store;
mod ticket;
mod token;

pub use listen_key::{
    Delivered, LISTEN_KEY_ENDED, LISTEN_KEY_TTL, ListenKey, ListenKeys, is_listen_key,
};
pub use secret::{Secret, SigningArgs};
pub use store::{Ended, Method, Origin, SESSION_ENDED, SESSIONS_PER_USER_MAX, Sessions};
pub use ticket::Ticket;
pub use token::{TokenError, Tokens};

use messages::UserId;
use serde::{Deserialize, Serialize};
use std::time::SystemTime;
use uuid::Uuid;

/// The id of a session; a token's `jti`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId(pub Uuid);

/// The session that a token names: its user and its expiry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// The user who signed in.
    pub user_id: UserId,
    /// The id of the session.
    pub id: SessionId,
    /// The version of the account's sessions when this one began; grows when all of them are ended.
    pub version: i32,
    /// The time at which the session expires, Unix s.
    pub expires_at_s: u64,
}

impl Session {
    /// Creates a session that expires in `ttl_s` seconds.
    pub fn begin(user_id: UserId, version: i32, ttl_s: u64) -> Self {
        let expires_at_s = unix_s().saturating_add(ttl_s);
        Self { user_id, id: SessionId(Uuid::now_v7()), version, expires_at_s }
    }

    /// Returns the session with an expiry of `ttl_s` seconds from now.
    #[must_use]
    pub fn prolonged(self, ttl_s: u64) -> Self {
        Self { expires_at_s: unix_s().saturating_add(ttl_s), ..self }
    }

    /// The number of seconds until the session expires.
    pub fn seconds_left(&self) -> u64 {
        self.expires_at_s.saturating_sub(unix_s())
    }
}

fn unix_s() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.expect("the clock is set to a time after 1970").as_secs()
}
