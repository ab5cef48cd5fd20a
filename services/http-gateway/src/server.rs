//! Serving connections: how many, how patient, and how it ends.

use crate::app::App;
use axum::Router;
use axum::extract::ConnectInfo;
use futures_util::future::join_all;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

/// The head of a request, with its address and all its headers, in bytes.
const HEAD_LEN_MAX: usize = 32 * 1024;

/// Browsers send some twenty.
const HEADERS_MAX: usize = 100;

/// How long requests under way may take when the gateway stops.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(15);

/// After a failure to accept, such as a lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How connections are treated.
#[derive(Clone, Copy, Debug)]
pub struct ServerLimits {
    /// The most connections at once; more wait until one ends.
    pub connections_max: usize,
    /// How long a client may take to send the head of a request, and may be silent between two:
    /// one that sends a byte now and then holds a connection no longer than this.
    pub head_timeout: Duration,
    /// How long new connections are still taken after the gateway was told to stop, and `/readyz`
    /// is gone: time for a load balancer to notice.
    pub stop_delay: Duration,
}

/// A port, and what is behind it.
pub struct Door {
    /// Where clients come in.
    pub listener: TcpListener,
    /// What they find.
    pub router: Router,
}

/// Serves until `shutdown`, then answers what is under way, and what has come in until then.
pub async fn serve(app: &App, doors: Vec<Door>, limits: ServerLimits, shutdown: CancellationToken) {
    join_all(doors.into_iter().map(|door| attend(door, limits, &shutdown))).await;
    app.close().await;
    tracing::info!("stopped");
}

async fn attend(door: Door, limits: ServerLimits, shutdown: &CancellationToken) {
    let Door { listener, router } = door;
    let server = Server {
        router,
        connections: Arc::new(Semaphore::new(limits.connections_max)),
        graceful: GracefulShutdown::new(),
        head_timeout: limits.head_timeout,
    };
    tokio::select! {
        () = server.accept_all(&listener) => {}
        () = shutdown.cancelled() => {}
    }
    let _ = timeout(limits.stop_delay, server.accept_all(&listener)).await;
    // Those who were waiting to be accepted have been promised an answer by the kernel already.
    while let Ok(Ok((stream, peer))) = timeout(Duration::ZERO, listener.accept()).await {
        server.start(stream, peer, None);
    }
    drop(listener);
    if timeout(DRAIN_TIMEOUT, server.graceful.shutdown()).await.is_err() {
        tracing::warn!("requests under way took too long and were cut off");
    }
}

struct Server {
    router: Router,
    connections: Arc<Semaphore>,
    graceful: GracefulShutdown,
    head_timeout: Duration,
}

impl Server {
    async fn accept_all(&self, listener: &TcpListener) {
        loop {
            // Clients beyond the limit wait in the kernel's queue.
            let permit = Arc::clone(&self.connections).acquire_owned().await;
            let permit = permit.expect("nobody closes the semaphore");
            match listener.accept().await {
                Ok((stream, peer)) => self.start(stream, peer, Some(permit)),
                Err(error) => {
                    tracing::warn!(%error, "a connection can't be accepted");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn start(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        permit: Option<tokio::sync::OwnedSemaphorePermit>,
    ) {
        // Answers are small, and written at once.
        let _ = stream.set_nodelay(true);
        let router = self.router.clone();
        let service = service_fn(move |mut request: hyper::Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            router.clone().oneshot(request)
        });
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(self.head_timeout)
            .max_buf_size(HEAD_LEN_MAX)
            .max_headers(HEADERS_MAX);
        let connection = http.serve_connection(TokioIo::new(stream), service);
        let connection = self.graceful.watch(connection);
        tokio::spawn(async move {
            // A client that breaks off is nothing to tell anybody about.
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection broke");
            }
            drop(permit);
        });
    }
}
