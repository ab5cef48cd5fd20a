//! Writes to a client that may not read.

use crate::protocol::Close;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use futures_util::{SinkExt as _, StreamExt as _};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

/// The time in which a client must read its close frame and answer it.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// The time for which a client can read its close frame after the server has stopped reading.
const LINGER: Duration = Duration::from_secs(1);

/// The reason nothing more can be sent.
pub enum Ended {
    /// The client is gone, or has not sent anything for too long.
    Gone,
    /// The connection is to be closed.
    Closing(Close),
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

/// Sends messages with one flush. Gives up when the connection is to be closed, or when the client
/// has not read them within `patience`.
pub async fn send(
    socket: &mut WebSocket,
    messages: impl IntoIterator<Item = Message>,
    closing: &mut watch::Receiver<Option<Close>>,
    patience: Duration,
) -> Result<(), Ended> {
    let write = async {
        for message in messages {
            socket.feed(message).await?;
        }
        socket.flush().await
    };
    tokio::select! {
        written = timeout(patience, write) => match written {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Ended::Gone),
        },
        close = wanted(closing) => Err(Ended::Closing(close)),
    }
}

/// Waits until the connection is to be closed.
pub async fn wanted(closing: &mut watch::Receiver<Option<Close>>) -> Close {
    if let Ok(close) = closing.wait_for(Option::is_some).await {
        return close.expect("it was waited for");
    }
    // The sender is gone, so no close can be requested any more.
    std::future::pending().await
}

/// Sends the answer to the client's close frame, if it sent one.
pub async fn let_go(mut socket: WebSocket) {
    let _ = timeout(CLOSE_TIMEOUT, socket.flush()).await;
}

/// Sends the close frame, and waits a short time for the client to read it.
pub async fn close(mut socket: WebSocket, close: Close) {
    let (code, reason) = close.code();
    metrics::counter!("velox_ws_closed_total", "code" => code.to_string()).increment(1);
    let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
    let goodbye = async {
        if socket.send(Message::Close(Some(frame))).await.is_ok() {
            while let Some(Ok(_)) = socket.next().await {}
            if close == Close::TooLarge {
                // The rest of its message is never read: closing the socket at once would reset the
                // connection, and the client might not see the close frame.
                sleep(LINGER).await;
            }
        }
    };
    // A client that does not read is disconnected.
    let _ = timeout(CLOSE_TIMEOUT, goodbye).await;
}
