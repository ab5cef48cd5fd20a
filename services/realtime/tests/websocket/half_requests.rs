//! Clients that connect and do not finish their request.

use crate::desk::Desk;
use devstack::servers::{RedisServer, free_port};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use streams::Redis;
use testkit::stack::{PATIENCE, eventually};
use testkit::symbols::publish_shipped;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::client_async;

const HALF_A_HEAD: &[u8] = b"GET / HTTP/1.1\r\nhost: a\r\nx: ";

/// A server in a separate process with this limit of open files.
struct Confined {
    server: Child,
    address: SocketAddr,
    _redis: RedisServer,
}

impl Confined {
    async fn start(files: u32) -> Self {
        let (redis, port) = (RedisServer::private().unwrap(), free_port());
        publish_shipped(&Redis::new(&redis.url()).unwrap()).await;
        let server = Command::new("sh")
            .args(["-c", &format!("ulimit -n {files}; exec \"$0\"")])
            .arg(env!("CARGO_BIN_EXE_realtime"))
            .env("REDIS_URL", redis.url())
            .env("JWT_SECRET", "a secret that is long enough for tests")
            .env("WS_HOST", "127.0.0.1")
            .env("WS_PORT", port.to_string())
            .env("METRICS_PORT", "0")
            .stdout(Stdio::null())
            .spawn();
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        Self { server: server.unwrap(), address, _redis: redis }
    }

    /// Connects from another address of this machine.
    async fn connect_from(&self, host: [u8; 4]) -> std::io::Result<TcpStream> {
        let socket = TcpSocket::new_v4()?;
        socket.bind((host, 0).into())?;
        socket.connect(self.address).await
    }

    async fn shakes_hands_with(&self, host: [u8; 4]) -> bool {
        let Ok(stream) = self.connect_from(host).await else { return false };
        let url = format!("ws://{}/", self.address);
        matches!(timeout(PATIENCE, client_async(url, stream)).await, Ok(Ok(_)))
    }
}

impl Drop for Confined {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn half_requests_of_one_address_leave_the_port_open_to_others() {
    let server = Confined::start(128).await;
    eventually("it serves", async || server.shakes_hands_with([127, 0, 0, 1]).await).await;
    let mut held = Vec::new();
    for _ in 0..300 {
        let mut half = server.connect_from([127, 0, 0, 1]).await.unwrap();
        let _ = half.write_all(HALF_A_HEAD).await;
        held.push(half);
    }
    assert!(server.shakes_hands_with([127, 0, 0, 2]).await);
    drop(held);
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_head_and_a_silent_connection_are_cut_off() {
    let desk = Desk::open(&["--ws-head-timeout-ms", "300"]).await;
    let connect = async || TcpStream::connect(desk.address.trim_start_matches("ws://")).await;
    let (mut silent, mut half) = (connect().await.unwrap(), connect().await.unwrap());
    half.write_all(HALF_A_HEAD).await.unwrap();
    for stream in [&mut silent, &mut half] {
        let mut bytes = Vec::new();
        // A reset ends the connection as well.
        let _ = timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.expect("it ends");
    }
    desk.visitor("patient").await;
}
