//! Accepts connections, and runs the server until shutdown.

use crate::board::Board;
use crate::config::Config;
use crate::connection::{self, Client, Opening};
use crate::feed::FeedReader;
use crate::fstream::{self, Hub, MarginWatch, Questions, Registry, Tail};
use crate::identity::{Credential, Identity};
use crate::members::{Full, Limits, Members, Seat};
use crate::metering;
use crate::protocol::{CLIENT_MESSAGE_LEN_MAX, Close};
use crate::status::Status;
use crate::tape::Tapes;
use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{ConnectInfo, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use connections::{Door, FileLimit, Gate, Timing};
use futures_util::future::join_all;
use markets::Followed;
use proxies::limited_address;
use serde::Deserialize;
use service::Health;
use session::{ListenKeys, Sessions, Tokens};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use streams::{Redis, RequestClient};
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// The size of each read and write buffer. Small, because there are thousands of clients.
const BUFFER_LEN: usize = 4 * 1024;

/// The maximum memory for a client that does not read, besides the kernel's buffers.
const WRITE_BUFFER_LEN_MAX: usize = 256 * 1024;

/// The subprotocol that a browser may ask for, besides `ticket.{ticket}`.
const SUBPROTOCOL: &str = "velox";

/// The time for closing handshakes when the server stops.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(6);

/// The state that all connections share.
pub struct Shared {
    pub config: Config,
    pub board: Board,
    pub tapes: Tapes,
    pub members: Members,
    pub status: Status,
    pub identity: Identity,
    pub markets: Followed,
    pub hub: Hub,
    pub registry: Arc<Registry>,
    pub margin_watch: Arc<MarginWatch>,
    pub listen_keys: ListenKeys,
}

/// Serves until `shutdown`, then closes all connections.
///
/// # Errors
/// Returns an error when the listener breaks.
pub async fn run(
    config: Config,
    redis: Redis,
    listener: TcpListener,
    health: Health,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    service::describe(metering::METRICS);
    let files = FileLimit::raise();
    let bounds = config.arriving_bounds(files);
    let refused = "velox_ws_connections_refused_total";
    let gate = Gate::new(bounds, config.proxies.clone(), refused);
    let (head_timeout, stop_delay) = (config.head_timeout(), Duration::ZERO);
    let timing = Timing { head_timeout, stop_delay, drain_timeout: DRAIN_TIMEOUT };
    let limits = Limits {
        total: config.sockets_max(files),
        per_address: config.ws_connections_per_address_max,
        per_user: config.ws_connections_per_user_max,
    };
    let identity = Identity {
        redis: redis.clone(),
        tokens: Tokens::new(&config.signing),
        sessions: Sessions::new(redis.clone()),
    };
    let reported = health.clone();
    let missing = move |reason| reported.set_remark("markets", reason);
    let registry = Arc::new(Registry::new(config.ws_connections_per_user_max, redis.shards()));
    let markets = markets::follow(redis.clone(), missing, shutdown.clone()).await;
    let shared = Arc::new(Shared {
        config,
        board: Board::new(),
        tapes: Tapes::default(),
        members: Members::new(limits),
        status: Status::new(),
        identity,
        margin_watch: Arc::new(MarginWatch::new(markets.clone())),
        markets,
        hub: Hub::default(),
        registry,
        listen_keys: ListenKeys::new(redis.clone()),
    });
    tokio::spawn(listen(Arc::clone(&shared), redis, health, shutdown.clone()));
    let router = Router::new()
        .route("/", any(accept))
        .route("/ws", any(accept))
        .fallback(accept_elsewhere)
        .with_state(Arc::clone(&shared));
    connections::serve(Door { listener, router }, &gate, timing, &shutdown).await;

    let goodbye = async {
        while shared.members.len() > 0 {
            shared.members.close_all(Close::GoingAway);
            sleep(Duration::from_millis(20)).await;
        }
    };
    if timeout(DRAIN_TIMEOUT, goodbye).await.is_err() {
        tracing::warn!(connections = shared.members.len(), "some clients were cut off");
    }
    tracing::info!("stopped");
    Ok(())
}

async fn listen(shared: Arc<Shared>, redis: Redis, health: Health, shutdown: CancellationToken) {
    let Shared { board, status, registry, listen_keys: keys, .. } = &*shared;
    let (redis, health) = (&redis, &health);
    let reader = FeedReader { redis, shared: &shared, health };
    let client = RequestClient::start(redis.clone(), shutdown.clone()).await;
    let watch = Arc::clone(&shared.margin_watch);
    let questions = Questions { redis: redis.clone(), client, watch };
    let tails = redis.shards().all().map(|shard| {
        let questions = questions.clone();
        Tail { shard, redis, registry, keys, questions }.run()
    });
    tokio::select! {
        () = shutdown.cancelled() => {}
        () = reader.run() => {}
        () = status.watch(redis, board, health) => {}
        _ = join_all(tails) => {}
    }
}

/// The query parameters of the request.
#[derive(Deserialize)]
struct Parameters {
    ticket: Option<String>,
    #[serde(rename = "clientId")]
    client_id: Option<String>,
}

type Upgrade = Result<WebSocketUpgrade, axum::extract::ws::rejection::WebSocketUpgradeRejection>;

async fn accept(
    State(shared): State<Arc<Shared>>,
    address: ConnectInfo<SocketAddr>,
    Query(parameters): Query<Parameters>,
    uri: Uri,
    headers: HeaderMap,
    upgrade: Upgrade,
) -> Response {
    if fstream::is_host(&headers) {
        return accept_elsewhere(State(shared), address, uri, headers, upgrade).await;
    }
    let (mut upgrade, seat) = match admit(&shared, address, &headers, upgrade).await {
        Ok(admitted) => admitted,
        Err(refusal) => return *refusal,
    };
    let offered: Vec<HeaderValue> = upgrade.requested_protocols().cloned().collect();
    let by_protocol = offered
        .iter()
        .find_map(|offer| offer.to_str().ok()?.strip_prefix("ticket.").map(str::to_owned));
    // A browser closes the connection unless the server selects one of its offers.
    if let Some(taken) =
        offered.iter().find(|offer| *offer == SUBPROTOCOL).or_else(|| offered.first())
    {
        upgrade.set_selected_protocol(taken.clone());
    }
    let credential = by_protocol.or(parameters.ticket).map(Credential::Ticket);
    let opening = Opening { credential, client_id: parameters.client_id };
    limited(upgrade, CLIENT_MESSAGE_LEN_MAX, WRITE_BUFFER_LEN_MAX).on_upgrade(async move |socket| {
        connection::serve(Client { socket, shared: &shared }, opening).await;
        drop(seat);
    })
}

/// Accepts clients of the protocol of Binance's futures.
async fn accept_elsewhere(
    State(shared): State<Arc<Shared>>,
    address: ConnectInfo<SocketAddr>,
    uri: Uri,
    headers: HeaderMap,
    upgrade: Upgrade,
) -> Response {
    let Some(opening) = fstream::opening(&uri) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let (upgrade, seat) = match admit(&shared, address, &headers, upgrade).await {
        Ok(admitted) => admitted,
        Err(refusal) => return *refusal,
    };
    limited(upgrade, fstream::MESSAGE_LEN_MAX, fstream::WRITE_BUFFER_LEN_MAX).on_upgrade(
        async move |socket| {
            fstream::serve(socket, &shared, opening).await;
            drop(seat);
        },
    )
}

/// Checks a request before its upgrade, and takes a seat for the client.
async fn admit(
    shared: &Shared,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    headers: &HeaderMap,
    upgrade: Upgrade,
) -> Result<(WebSocketUpgrade, Seat), Box<Response>> {
    let upgrade = upgrade.map_err(|rejection| Box::new(rejection.into_response()))?;
    let refuse = |status: StatusCode, text: &'static str| Box::new((status, text).into_response());
    // Without the list a subscription to a market would be refused as unknown.
    if shared.markets.now_or_read().await.is_empty() {
        let text = "the engine has not listed the markets yet; try again in a moment\n";
        return Err(refuse(StatusCode::SERVICE_UNAVAILABLE, text));
    }
    if let Some(origin) = headers.get(header::ORIGIN)
        && !shared.config.ws_allowed_origins.admit(origin, headers)
    {
        tracing::warn!(?origin, "a page of this origin may not connect; see WS_ALLOWED_ORIGINS");
        return Err(refuse(StatusCode::FORBIDDEN, "pages of this origin may not connect\n"));
    }
    let address = shared.config.proxies.client_address(address.ip(), headers);
    let seat = shared.members.seat(limited_address(address)).map_err(|full| match full {
        Full::Server => refuse(StatusCode::SERVICE_UNAVAILABLE, "this server is full\n"),
        Full::Address => {
            refuse(StatusCode::TOO_MANY_REQUESTS, "too many connections from this address\n")
        }
    })?;
    Ok((upgrade, seat))
}

/// Limits the memory of a connection.
fn limited(
    upgrade: WebSocketUpgrade,
    message_len_max: usize,
    write_buffer_len_max: usize,
) -> WebSocketUpgrade {
    upgrade
        .read_buffer_size(BUFFER_LEN)
        .write_buffer_size(BUFFER_LEN)
        .max_write_buffer_size(write_buffer_len_max)
        .max_message_size(message_len_max)
        .max_frame_size(message_len_max)
}
