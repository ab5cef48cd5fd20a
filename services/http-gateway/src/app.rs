//! What the handlers share, and every route.

use crate::candles::{self, PendingTrades};
use crate::config::Config;
use crate::engine::Engine;
use crate::error::ApiError;
use crate::password::Passwords;
use crate::session::Sessions;
use crate::{docs, orders, request_id, users};
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use price::Usd;
use service::Health;
use sqlx::PgPool;
use std::sync::Arc;
use std::time::Duration;
use streams::Redis;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// For everything that a handler does beside waiting for the engine.
const HANDLER_MARGIN: Duration = Duration::from_secs(10);

/// How long requests under way may take when the gateway stops.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(15);

/// What the handlers share. Cheap to clone.
#[derive(Clone)]
pub struct App {
    pub(crate) engine: Engine,
    pub(crate) pool: PgPool,
    pub(crate) redis: Redis,
    pub(crate) pending_trades: Arc<PendingTrades>,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) passwords: Passwords,
    pub(crate) signup_deposit: Usd,
    request_timeout: Duration,
}

impl App {
    /// Starts listening for the engine's replies.
    ///
    /// # Errors
    /// When the password parameters are refused.
    pub async fn start(
        config: &Config,
        redis: Redis,
        pool: PgPool,
        health: Health,
        shutdown: CancellationToken,
    ) -> anyhow::Result<Self> {
        let timeout = config.engine_timeout();
        Ok(Self {
            redis: redis.clone(),
            pending_trades: Arc::new(PendingTrades::new(redis.clone())),
            engine: Engine::start(redis, timeout, health, shutdown).await,
            pool,
            sessions: Arc::new(Sessions::new(config)),
            passwords: Passwords::new(config.password_hash_concurrency)?,
            signup_deposit: config.signup_deposit,
            request_timeout: timeout * 2 + HANDLER_MARGIN,
        })
    }
}

/// Every route of the API, with its description.
pub(crate) fn routes() -> OpenApiRouter<App> {
    let users = OpenApiRouter::new()
        .routes(routes!(users::sign_up))
        .routes(routes!(users::sign_in))
        .routes(routes!(users::sign_out))
        .routes(routes!(users::me))
        .routes(routes!(users::ws_ticket));
    let orders = OpenApiRouter::new()
        .routes(routes!(orders::open))
        .routes(routes!(orders::close))
        .routes(routes!(orders::list))
        .routes(routes!(orders::balance))
        .routes(routes!(orders::read, orders::modify));
    let candles = || OpenApiRouter::new().routes(routes!(candles::list));
    OpenApiRouter::new()
        .nest("/api/v1/user", users)
        .nest("/api/v1/order", orders)
        .nest("/api/v1", candles())
        .merge(candles())
}

/// All that the gateway serves.
pub fn router(app: App) -> Router {
    let (routes, _) = routes().split_for_parts();
    routes
        .merge(docs::router())
        .fallback(async || ApiError::NoSuchRoute)
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .layer(middleware::from_fn_with_state(app.clone(), limit_time))
        // Outermost: every answer has its request's id, whatever gave it.
        .layer(middleware::from_fn(request_id::assign))
        .with_state(app)
}

/// A body that trickles in, or a database that hangs, ends here.
async fn limit_time(State(app): State<App>, request: Request, next: Next) -> Response {
    let answer = tokio::time::timeout(app.request_timeout, next.run(request)).await;
    answer.unwrap_or_else(|_| ApiError::Timeout.into_response())
}

/// Serves until `shutdown`, then answers what is under way.
///
/// # Errors
/// When the listener breaks.
pub async fn serve(
    app: App,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let drained = shutdown.clone();
    let server =
        axum::serve(listener, router(app)).with_graceful_shutdown(shutdown.cancelled_owned());
    tokio::select! {
        ended = server.into_future() => ended?,
        () = async { drained.cancelled().await; tokio::time::sleep(DRAIN_TIMEOUT).await } => {
            tracing::warn!("requests under way took too long and were cut off");
        }
    }
    tracing::info!("stopped");
    Ok(())
}
