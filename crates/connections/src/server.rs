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

/// The longest head of a request, with its path and all headers, in bytes.
const HEAD_LEN_MAX: usize = 32 * 1024;

/// The most headers of a request; browsers send about twenty.
const HEADERS_MAX: usize = 100;

/// The pause after a failure to accept, such as a lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The response to an address with too many connections, or requests in progress.
const REFUSAL: &str = "too many connections from this address\n";

/// A port and the routes served on it.
pub struct Door {
    /// The listening socket.
    pub listener: TcpListener,
    /// The routes.
    pub router: Router,
}

/// The timeouts of a server.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// The longest time for the head of a request to arrive, including the silence before it. A
    /// client that sends a byte now and then holds a connection no longer than this.
    pub head_timeout: Duration,
    /// The time during which new connections are still accepted after shutdown began and `/readyz`
    /// stopped, so that a load balancer can notice.
    pub stop_delay: Duration,
    /// The longest time for requests in progress to finish after that.
    pub drain_timeout: Duration,
}

/// Serves until `shutdown`, then finishes requests in progress and connections that have already
/// arrived. Upgraded connections continue.
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
    // Clients in the accept queue: the kernel has already completed their handshakes.
    while let Ok(Ok((stream, peer))) = timeout(Duration::ZERO, listener.accept()).await {
        server.start(stream, peer, None);
    }
    drop(listener);
    server.draining.cancel();
    server.under_way.close();
    if timeout(timing.drain_timeout, server.under_way.wait()).await.is_err() {
        tracing::warn!("requests in progress took too long and were aborted");
    }
}

struct Server<'a> {
    router: Router,
    gate: &'a Gate,
    /// Cancelled when connections must end after the request in progress.
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
                    tracing::warn!(%error, "accepting a connection failed");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn start(&self, stream: TcpStream, peer: SocketAddr, place: Option<OwnedSemaphorePermit>) {
        // Responses are small and written in one go.
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
            // Clients that disconnect are not worth a warning.
            if let Err(error) = ended {
                tracing::debug!(%error, "connection ended with an error");
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

/// Sends the refusal without blocking. A client that has already sent data may see only that its
/// connection is closed.
fn turn_away(stream: &TcpStream) {
    let answer = format!(
        "HTTP/1.1 429 Too Many Requests\r\nconnection: close\r\nretry-after: 1\r\n\
         content-type: text/plain\r\ncontent-length: {}\r\n\r\n{REFUSAL}",
        REFUSAL.len(),
    );
    let _ = stream.try_write(answer.as_bytes());
}
