//! The end of a connection, and writes to a client that may not read.

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use futures_util::{SinkExt as _, StreamExt as _};
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// The time in which a client must read its close frame and answer it.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// The time for which a client can read its close frame after the gateway has stopped reading.
const LINGER: Duration = Duration::from_secs(1);

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
    /// Maps an error of the connection: after a message that is too long the connection still
    /// works, and a close frame can be sent; after any other error it is broken.
    pub fn by(error: axum::Error) -> Self {
        match error.into_inner().downcast::<tungstenite::Error>().as_deref() {
            Ok(tungstenite::Error::Capacity(_)) => Self::Closing(Close::TooLarge),
            _ => Self::Gone,
        }
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
pub async fn end(mut socket: WebSocket, ended: Ended) {
    let goodbye = async {
        let Ended::Closing(close) = ended else {
            let _ = socket.flush().await;
            return;
        };
        let (code, reason) = close.code();
        let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
        if socket.send(Message::Close(Some(frame))).await.is_err() {
            return;
        }
        while let Some(Ok(_)) = socket.next().await {}
        if close == Close::TooLarge {
            // The rest of its message is never read: closing the socket at once would reset the
            // connection, and the client might not see the close frame.
            sleep(LINGER).await;
        }
    };
    // A client that does not read is disconnected.
    let _ = timeout(CLOSE_TIMEOUT, goodbye).await;
}
