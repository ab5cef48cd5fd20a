//! Slow clients: sockets whose buffers fill up, and an output that is full from the start.

use futures_util::SinkExt as _;
use std::io::{self, PipeReader, PipeWriter, Write as _};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

/// The number of clients.
const CROWD: usize = 10;

/// A small receive buffer, so that it fills up soon.
const RECEIVE_BUFFER_BYTES: u32 = 4_096;

/// The number of pipelined requests of each client; the answers, of some hundred KiB each, fit in
/// no buffer.
const REQUESTS: usize = 100;

/// The time for which a paused or dead server is waited for.
const PATIENCE: Duration = Duration::from_secs(1);

/// The bytes written to fill a pipe: what is left holds less than one line.
const PIPE_BYTES: usize = 65_536 - 16;

/// Open connections that are never read.
#[derive(Default)]
pub struct Crowd {
    callers: Vec<TcpStream>,
    listeners: Vec<WebSocketStream<TcpStream>>,
}

impl Crowd {
    /// Requests the gateway's `/openapi.json` again and again.
    pub async fn of_callers(address: SocketAddr) -> Self {
        let mut crowd = Self::default();
        let requests = "GET /openapi.json HTTP/1.1\r\nHost: velox\r\n\r\n".repeat(REQUESTS);
        for _ in 0..CROWD {
            let Ok(mut stream) = connect(address).await else { continue };
            // The gateway reads no more requests while its answers are not read, which is the
            // purpose.
            let _ = timeout(PATIENCE, stream.write_all(requests.as_bytes())).await;
            crowd.callers.push(stream);
        }
        crowd
    }

    /// Subscribes to everything that realtime offers.
    pub async fn of_listeners(address: SocketAddr) -> Self {
        let mut crowd = Self::default();
        for n in 0..CROWD {
            let Ok(stream) = connect(address).await else { continue };
            let url = format!("ws://{address}");
            let Ok(Ok((mut socket, _))) = timeout(PATIENCE, client_async(url, stream)).await else {
                continue;
            };
            let hello = format!(r#"{{"type":"hello","clientId":"deaf-{n}"}}"#);
            if socket.send(Message::text(hello)).await.is_ok() {
                crowd.listeners.push(socket);
            }
        }
        crowd
    }
}

async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(RECEIVE_BUFFER_BYTES)?;
    timeout(PATIENCE, socket.connect(address)).await?
}

/// Creates a full pipe: a process that writes a line to it blocks until [`drain`] is called.
pub fn full_pipe() -> io::Result<(PipeReader, PipeWriter)> {
    let (reader, mut writer) = io::pipe()?;
    writer.write_all(&vec![b'\n'; PIPE_BYTES])?;
    Ok((reader, writer))
}

/// Reads a pipe to its end and discards the data.
pub fn drain(mut reader: PipeReader) {
    std::thread::spawn(move || io::copy(&mut reader, &mut io::sink()));
}
