//! Authentication of clients.

use crate::protocol::Close;
use messages::ticket_key;
use session::{Session, Sessions, Ticket, Tokens};
use streams::{Error, Redis};

/// The length of a ticket: 32 random bytes in hexadecimal.
const TICKET_LEN: usize = 64;

/// Checks tickets and tokens.
pub struct Identity {
    pub redis: Redis,
    pub tokens: Tokens,
    pub sessions: Sessions,
}

/// A client's credential.
pub enum Credential {
    Ticket(String),
    Token(String),
}

impl Identity {
    /// Returns the session of a credential and the account that the connection is for, which a
    /// ticket names; a token is for the first account. A ticket is consumed.
    pub async fn check(&self, credential: &Credential) -> Result<Ticket, Close> {
        match credential {
            Credential::Token(token) => {
                self.tokens.verify(token).map(Ticket::from).map_err(|_| Close::AuthFailed)
            }
            Credential::Ticket(ticket) => {
                let is_well_formed =
                    ticket.len() == TICKET_LEN && ticket.bytes().all(|b| b.is_ascii_hexdigit());
                if !is_well_formed {
                    return Err(Close::AuthFailed);
                }
                let content = self.redis.take(&ticket_key(ticket)).await.map_err(try_again)?;
                let content = content.and_then(|json| serde_json::from_str(&json).ok());
                content.ok_or(Close::AuthFailed)
            }
        }
    }

    /// Returns whether the session is still open.
    pub async fn is_open(&self, session: &Session) -> Result<bool, Error> {
        self.sessions.is_open(session).await
    }

    /// Checks that a session is still open.
    ///
    /// # Errors
    /// Returns the close reason when the session has ended or can't be checked.
    pub async fn check_open(&self, session: &Session) -> Result<(), Close> {
        match self.is_open(session).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Close::AuthFailed),
            Err(error) => Err(try_again(error)),
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it maps errors")]
fn try_again(error: Error) -> Close {
    tracing::warn!(%error, "a ticket or session can't be checked");
    Close::TryAgain
}
