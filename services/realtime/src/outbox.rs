//! Writes to a client that may not read.

use crate::protocol::Close;
use axum::extract::ws::{Message, WebSocket};
use connections::websocket::{self, is_too_long};
use futures_util::SinkExt as _;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;

/// The reason nothing more can be sent.
pub enum Ended {
    /// The client is gone, or has not sent anything for too long.
    Gone,
    /// The connection is to be closed.
    Closing(Close),
}

impl Ended {
    /// Maps an error of the connection.
    pub fn by(error: axum::Error) -> Self {
        if is_too_long(error) { Self::Closing(Close::TooLarge) } else { Self::Gone }
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

/// Sends the close frame, and waits a short time for the client to read it.
pub async fn close(socket: WebSocket, close: Close) {
    let (code, reason) = close.code();
    metrics::counter!("velox_ws_closed_total", "code" => code.to_string()).increment(1);
    websocket::close(socket, (code, reason)).await;
}
