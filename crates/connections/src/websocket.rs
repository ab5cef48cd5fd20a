//! The end of a WebSocket, whose client may not read.

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, close_code};
use futures_util::{SinkExt as _, StreamExt as _};
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// The time in which a client must read its close frame and answer it.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// The time for which a client can read its close frame after the server has stopped reading.
const LINGER: Duration = Duration::from_secs(1);

/// Reports whether a message was too long. After it the connection still works, and a close frame
/// can be sent; after any other error it is broken.
pub fn is_too_long(error: axum::Error) -> bool {
    let error = error.into_inner().downcast::<tungstenite::Error>();
    matches!(error.as_deref(), Ok(tungstenite::Error::Capacity(_)))
}

/// Sends the answer to the client's close frame, if it sent one.
pub async fn let_go(mut socket: WebSocket) {
    let _ = timeout(CLOSE_TIMEOUT, socket.flush()).await;
}

/// Sends the close frame with a code and a reason, and waits a short time for the client to read it.
pub async fn close(mut socket: WebSocket, (code, reason): (u16, &'static str)) {
    let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
    let goodbye = async {
        if socket.send(Message::Close(Some(frame))).await.is_ok() {
            while let Some(Ok(_)) = socket.next().await {}
            if code == close_code::SIZE {
                // The rest of its message is never read: closing the socket at once would reset the
                // connection, and the client might not see the close frame.
                sleep(LINGER).await;
            }
        }
    };
    // A client that does not read is disconnected.
    let _ = timeout(CLOSE_TIMEOUT, goodbye).await;
}
