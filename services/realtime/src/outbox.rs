//! Writing to a client that may not read.

use crate::protocol::Close;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use futures_util::{SinkExt as _, StreamExt as _};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

/// How long a client may take to read its close frame, and to answer it.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a client has to read its close frame while what it sends is not read any more.
const LINGER: Duration = Duration::from_secs(1);

/// Why nothing more can be sent.
pub enum Ended {
    /// The client is gone, or was not heard of for too long.
    Gone,
    /// The connection is to be closed.
    Closing(Close),
}

impl Ended {
    /// What an error of the connection means: a message that is too long was heard, and can be
    /// answered; everything else has broken the connection.
    pub fn by(error: axum::Error) -> Self {
        match error.into_inner().downcast::<tungstenite::Error>().as_deref() {
            Ok(tungstenite::Error::Capacity(_)) => Self::Closing(Close::TooLarge),
            _ => Self::Gone,
        }
    }
}

/// Sends messages in one go. Gives up when the connection is to be closed, or when the client has
/// not read them after `patience`.
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
    // Nobody can want it any more.
    std::future::pending().await
}

/// Answers the client's own goodbye, if that is how it left.
pub async fn let_go(mut socket: WebSocket) {
    let _ = timeout(CLOSE_TIMEOUT, socket.flush()).await;
}

/// Says why, and waits a little for the client to have heard it.
pub async fn close(mut socket: WebSocket, close: Close) {
    let (code, reason) = close.code();
    metrics::counter!("velox_ws_closed_total", "code" => code.to_string()).increment(1);
    let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
    let goodbye = async {
        if socket.send(Message::Close(Some(frame))).await.is_ok() {
            while let Some(Ok(_)) = socket.next().await {}
            if close == Close::TooLarge {
                // The rest of its message is never read: to end the connection at once would
                // reset it, and the client might not see why.
                sleep(LINGER).await;
            }
        }
    };
    // One that does not read is cut off.
    let _ = timeout(CLOSE_TIMEOUT, goodbye).await;
}
