//! The end of a connection, and writes to a client that may not read.

use axum::extract::ws::{Message, WebSocket};
use connections::websocket::{self, is_too_long};
use std::time::Duration;
use tokio::time::timeout;

/// The reason for which the gateway closes a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Close {
    /// The gateway stops.
    GoingAway,
    /// A binary message.
    Binary,
    /// A message that is too long.
    TooLarge,
    /// The session has ended, or the key was deleted.
    SessionEnded,
}

/// The reason for which nothing more is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The client has closed the connection, is gone, or has not sent anything for too long.
    Gone,
    /// The gateway closes the connection.
    Closing(Close),
}

impl Close {
    /// Returns the code and the reason, as WebSocket clients get them.
    const fn code(self) -> (u16, &'static str) {
        match self {
            Self::GoingAway => (1001, "the server is stopping; connect again"),
            Self::Binary => (1003, "binary messages are not supported"),
            Self::TooLarge => (1009, "the message is longer than 16 KiB"),
            Self::SessionEnded => (4004, "the session has ended or the API key was deleted"),
        }
    }
}

impl Ended {
    /// Maps an error of the connection.
    pub fn by(error: axum::Error) -> Self {
        if is_too_long(error) { Self::Closing(Close::TooLarge) } else { Self::Gone }
    }
}

/// Sends a message, unless the client does not read for too long.
pub async fn send(
    socket: &mut WebSocket,
    message: Message,
    patience: Duration,
) -> Result<(), Ended> {
    match timeout(patience, socket.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(Ended::Gone),
    }
}

/// Ends a connection: sends the close frame, or the answer to the client's.
pub async fn end(socket: WebSocket, ended: Ended) {
    match ended {
        Ended::Closing(close) => websocket::close(socket, close.code()).await,
        Ended::Gone => websocket::let_go(socket).await,
    }
}
