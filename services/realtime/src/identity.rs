//! Who a client is.

use crate::protocol::Close;
use messages::{UserId, ticket_key};
use session::Tokens;
use streams::Redis;

/// A ticket is two UUIDs in hexadecimal.
const TICKET_LEN: usize = 64;

/// Checks tickets and tokens.
pub struct Identity {
    pub redis: Redis,
    pub tokens: Tokens,
}

/// What a client shows.
pub enum Credential {
    Ticket(String),
    Token(String),
}

impl Identity {
    /// Whose credential this is. A ticket is used up by it.
    pub async fn check(&self, credential: &Credential) -> Result<UserId, Close> {
        match credential {
            Credential::Token(token) => self.tokens.verify(token).map_err(|_| Close::AuthFailed),
            Credential::Ticket(ticket) => {
                let is_well_formed =
                    ticket.len() == TICKET_LEN && ticket.bytes().all(|b| b.is_ascii_hexdigit());
                if !is_well_formed {
                    return Err(Close::AuthFailed);
                }
                let user_id = self.redis.take(&ticket_key(ticket)).await.map_err(|error| {
                    tracing::warn!(%error, "a ticket can't be checked");
                    Close::TryAgain
                })?;
                user_id.and_then(|id| id.parse().ok()).ok_or(Close::AuthFailed)
            }
        }
    }
}
