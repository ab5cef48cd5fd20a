//! Connections over WebSocket whose messages are requests.
//!
//! The requests of one connection reach the engine in the order in which they were sent; several may
//! be under way, and each is answered when it is done.

mod connection;
mod outbox;
mod seats;

pub use connection::{Answer, Protocol};
pub use seats::{Holder, Limits, Seat, Seats};

use crate::request::BODY_LEN_MAX;
use axum::extract::ws::WebSocketUpgrade;
use axum::response::Response;
use connection::Connection;

/// The size of each read and write buffer.
const BUFFER_LEN: usize = 4 * 1024;

/// The maximum memory for the answers to a client that does not read, besides the kernel's buffers.
const WRITE_BUFFER_LEN_MAX: usize = 256 * 1024;

/// Answers an upgrade, and serves its connection.
pub fn serve(upgrade: WebSocketUpgrade, seat: Seat, protocol: impl Protocol) -> Response {
    upgrade
        .read_buffer_size(BUFFER_LEN)
        .write_buffer_size(BUFFER_LEN)
        .max_write_buffer_size(WRITE_BUFFER_LEN_MAX)
        .max_message_size(BODY_LEN_MAX)
        .max_frame_size(BODY_LEN_MAX)
        .on_upgrade(|socket| Connection::new(protocol, socket, seat).serve())
}
