use crate::gate::{Gate, Seat};
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderValue, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

/// The head of a request, with its address and all its headers, in bytes.
const HEAD_LEN_MAX: usize = 32 * 1024;

/// Browsers send some twenty.
const HEADERS_MAX: usize = 100;

/// After a failure to accept, such as a lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What an address is told that has too many connections, or requests under way.
const REFUSAL: &str = "too many connections from this address\n";

/// A port, and what is behind it.
pub struct Door {
    /// Where clients come in.
    pub listener: TcpListener,
    /// What they find.
    pub router: Router,
}

/// How patient a server is.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// How long a client may take to send the head of a request, and may be silent between two:
    /// one that sends a byte now and then holds a connection no longer than this.
    pub head_timeout: Duration,
    /// How long new connections are still taken after the server was told to stop, and `/readyz`
    /// is gone: time for a load balancer to notice.
    pub stop_delay: Duration,
    /// How long requests under way may take after that.
    pub drain_timeout: Duration,
}

/// Serves until `shutdown`, then answers what is under way, and what has come in until then.
/// Connections that were upgraded go on.
pub async fn serve(door: Door, gate: &Gate, timing: Timing, shutdown: &CancellationToken) {
    let Door { listener, router } = door;
    let head_timeout = timing.head_timeout;
    let (draining, under_way) = (CancellationToken::new(), TaskTracker::new());
    let server = Server { router, gate, draining, under_way, head_timeout };
    tokio::select! {
        () = server.accept_all(&listener) => {}
        () = shutdown.cancelled() => {}
    }
    let _ = timeout(timing.stop_delay, server.accept_all(&listener)).await;
    // Those who were waiting to be accepted have been promised an answer by the kernel already.
    while let Ok(Ok((stream, peer))) = timeout(Duration::ZERO, listener.accept()).await {
        server.start(stream, peer, None);
    }
    drop(listener);
    server.draining.cancel();
    server.under_way.close();
    if timeout(timing.drain_timeout, server.under_way.wait()).await.is_err() {
        tracing::warn!("requests under way took too long and were cut off");
    }
}

struct Server<'a> {
    router: Router,
    gate: &'a Gate,
    /// Cancelled when connections are to end after the request that is under way.
    draining: CancellationToken,
    /// The tasks of all connections.
    under_way: TaskTracker,
    head_timeout: Duration,
}

impl Server<'_> {
    async fn accept_all(&self, listener: &TcpListener) {
        loop {
            // Clients beyond the limit wait in the kernel's queue.
            let place = self.gate.place().await;
            match listener.accept().await {
                Ok((stream, peer)) => self.start(stream, peer, Some(place)),
                Err(error) => {
                    tracing::warn!(%error, "a connection can't be accepted");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn start(&self, stream: TcpStream, peer: SocketAddr, place: Option<OwnedSemaphorePermit>) {
        // Answers are small, and written at once.
        let _ = stream.set_nodelay(true);
        let Ok(seat) = self.gate.connection(peer.ip()) else {
            turn_away(&stream);
            return;
        };
        let (router, gate) = (self.router.clone(), self.gate.clone());
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            answer(router.clone(), gate.clone(), peer, request)
        });
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(self.head_timeout)
            .max_buf_size(HEAD_LEN_MAX)
            .max_headers(HEADERS_MAX);
        let connection = http.serve_connection(TokioIo::new(stream), service).with_upgrades();
        let draining = self.draining.clone();
        self.under_way.spawn(async move {
            let mut connection = pin!(connection);
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                () = draining.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            // A client that breaks off is nothing to tell anybody about.
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection broke");
            }
            drop::<(Option<Seat>, _)>((seat, place));
        });
    }
}

async fn answer(
    router: Router,
    gate: Gate,
    peer: SocketAddr,
    mut request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    let Ok(_seat) = gate.request(peer.ip(), request.headers()) else {
        let mut refusal = Response::new(Body::from(REFUSAL));
        *refusal.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        refusal.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        return Ok(refusal);
    };
    request.extensions_mut().insert(ConnectInfo(peer));
    router.oneshot(request).await
}

/// Says why in the few bytes that fit without waiting. A client that has sent something already
/// may see the end of its connection alone.
fn turn_away(stream: &TcpStream) {
    let answer = format!(
        "HTTP/1.1 429 Too Many Requests\r\nconnection: close\r\nretry-after: 1\r\n\
         content-type: text/plain\r\ncontent-length: {}\r\n\r\n{REFUSAL}",
        REFUSAL.len(),
    );
    let _ = stream.try_write(answer.as_bytes());
}
