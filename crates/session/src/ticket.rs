use crate::Session;
use messages::UserId;
use serde::{Deserialize, Serialize};

/// The content of a one-time ticket: the session that opens a connection, and the account that the
/// connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ticket {
    /// The session, whose end closes the connection.
    #[serde(flatten)]
    pub session: Session,
    /// The account, as the engine and its channels know it. A ticket of the version before has none:
    /// it is for the first account, which has the id of the session's user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<UserId>,
}

impl Ticket {
    /// Returns the account that the connection is for.
    pub fn account(&self) -> UserId {
        self.account_id.unwrap_or(self.session.user_id)
    }
}

impl From<Session> for Ticket {
    /// Returns the ticket of a session that names no account.
    fn from(session: Session) -> Self {
        Self { session, account_id: None }
    }
}
