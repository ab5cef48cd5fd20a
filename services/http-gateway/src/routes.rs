//! What the handlers share, and every route.

use crate::access::Access;
use crate::access::admission;
use crate::access::cookie::CookieJar;
use crate::access::origin;
use crate::access::rate_limits::{RateLimits, RouteClass};
use crate::accounts::password::Passwords;
use crate::accounts::{api_keys, magic_link, profile, sessions, sign_in, tickets};
use crate::candles::{self, PendingTrades, ticker};
use crate::config::Config;
use crate::engine::Engine;
use crate::error::ApiError;
use crate::orders::realized;
use crate::{docs, metering, orders, request_id, security_headers, web_ui};
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use price::Usd;
use proxies::ProxyArgs;
use service::Health;
use session::{Sessions, Tokens};
use sqlx::PgPool;
use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use streams::Redis;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_http::compression::CompressionLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// For everything that a handler does beside waiting for the engine.
const HANDLER_MARGIN: Duration = Duration::from_secs(10);

/// In bytes; no address of this API comes near it.
const URI_LEN_MAX: usize = 8 * 1024;

/// What the handlers share. Cheap to clone, as every layer does with every request.
#[derive(Clone)]
pub struct App(Arc<Shared>);

/// What there is one of in a gateway.
pub struct Shared {
    pub(crate) engine: Engine,
    pub(crate) pool: PgPool,
    pub(crate) redis: Redis,
    pub(crate) pending_trades: PendingTrades,
    pub(crate) access: Access,
    pub(crate) rate_limits: RateLimits,
    pub(crate) proxies: ProxyArgs,
    pub(crate) passwords: Passwords,
    pub(crate) cookies: CookieJar,
    pub(crate) session_ttl_s: u64,
    pub(crate) frontend_url: String,
    pub(crate) public_url: String,
    pub(crate) signup_deposit: Usd,
    /// What goes on after the answer: mails to be handed over.
    pub(crate) background: TaskTracker,
    /// Where browsers find the WebSocket; guessed from how they came and the port unless set.
    pub(crate) ws_url: Option<String>,
    pub(crate) ws_port: u16,
    request_timeout: Duration,
    pub(crate) is_production: bool,
    /// Cancelled when the last answer was given: until then replies are heard.
    closed: CancellationToken,
}

impl Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl App {
    /// Starts listening for the engine's replies.
    ///
    /// # Errors
    /// When there are no threads for passwords.
    pub async fn start(
        config: &Config,
        redis: Redis,
        pool: PgPool,
        health: Health,
    ) -> anyhow::Result<Self> {
        metering::describe();
        let (timeout, closed) = (config.engine_timeout(), CancellationToken::new());
        let engine = Engine::start(redis.clone(), timeout, health, closed.clone()).await;
        let tokens = Tokens::new(&config.signing);
        Ok(Self(Arc::new(Shared {
            engine,
            pool,
            pending_trades: PendingTrades::new(redis.clone()),
            access: Access::new(tokens, Sessions::new(redis.clone())),
            rate_limits: RateLimits::new(redis.clone(), config.rate_limits.clone()),
            redis,
            proxies: config.proxies.clone(),
            passwords: Passwords::new(config.password_threads())?,
            cookies: CookieJar::new(config.is_production()),
            session_ttl_s: config.jwt_ttl_s,
            frontend_url: config.frontend_url.0.as_str().to_owned(),
            public_url: config.public_url().to_owned(),
            signup_deposit: config.signup_deposit,
            background: TaskTracker::new(),
            ws_url: config.ws_public_url.clone(),
            ws_port: config.ws_port,
            request_timeout: timeout * 2 + HANDLER_MARGIN,
            is_production: config.is_production(),
            closed,
        })))
    }

    /// After the last answer: what is still to be done is done, and nobody listens any more.
    pub(crate) async fn close(&self) {
        self.background.close();
        self.background.wait().await;
        self.closed.cancel();
    }
}

/// Every route of the API with its description, by the limits that it shares with others.
fn routes() -> [(RouteClass, OpenApiRouter<App>); 3] {
    let sign_in = OpenApiRouter::new()
        .routes(routes!(sign_in::sign_up))
        .routes(routes!(sign_in::sign_in))
        .routes(routes!(magic_link::ask))
        .routes(routes!(magic_link::show, magic_link::verify));
    let changes = OpenApiRouter::new()
        .routes(routes!(sign_in::sign_out))
        .routes(routes!(sign_in::sign_out_all))
        .routes(routes!(sessions::delete))
        .routes(routes!(profile::change))
        .routes(routes!(api_keys::make))
        .routes(routes!(api_keys::delete));
    let orders = OpenApiRouter::new()
        .routes(routes!(orders::open))
        .routes(routes!(orders::close))
        .routes(routes!(orders::modify));
    let user_reads = OpenApiRouter::new()
        .routes(routes!(profile::read))
        .routes(routes!(sessions::list))
        .routes(routes!(api_keys::list))
        .routes(routes!(tickets::issue));
    let order_reads = OpenApiRouter::new()
        .routes(routes!(orders::list))
        .routes(routes!(orders::balance))
        .routes(routes!(realized::sum))
        .routes(routes!(orders::read));
    let files = OpenApiRouter::new().routes(routes!(realized::csv)).layer(CompressionLayer::new());
    // Only what is large and holds no secret: of a compressed answer the length tells a little.
    let candles =
        || OpenApiRouter::new().routes(routes!(candles::list)).layer(CompressionLayer::new());
    let tickers = OpenApiRouter::new().routes(routes!(ticker::list));
    let (user, order) = ("/api/v1/user", "/api/v1/order");
    [
        (RouteClass::SignIn, OpenApiRouter::new().nest(user, sign_in)),
        (RouteClass::Orders, OpenApiRouter::new().nest(user, changes).nest(order, orders)),
        (
            RouteClass::Reads,
            OpenApiRouter::new()
                .nest(user, user_reads)
                .nest(order, order_reads.merge(files))
                .nest("/api/v1", candles().merge(tickers))
                .merge(candles()),
        ),
    ]
}

/// The description of every route.
pub(crate) fn described() -> utoipa::openapi::OpenApi {
    let merge = |all: OpenApiRouter<App>, (_, some)| all.merge(some);
    routes().into_iter().fold(OpenApiRouter::new(), merge).into_openapi()
}

/// The API alone.
pub fn api(app: App) -> Router {
    let rest = Router::new()
        .merge(docs::router(&["/docs", "/api/docs"]))
        .fallback(async || ApiError::NoSuchRoute);
    with_api(app, rest)
}

/// The web UI with the API beside it: one origin.
pub fn site(app: App, web_dir: &Path) -> Router {
    // The UI has a `/docs` of its own.
    with_api(app, docs::router(&["/api/docs"]).merge(web_ui::router(web_dir)))
}

fn with_api(app: App, rest: Router<App>) -> Router {
    let admitted = routes().into_iter().map(|(class, routes)| {
        let (routes, _) = routes.split_for_parts();
        routes.layer(middleware::from_fn_with_state((app.clone(), class), admission::admit))
    });
    admitted
        .fold(rest, Router::merge)
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .layer(middleware::from_fn_with_state(app.clone(), limit))
        .layer(middleware::from_fn_with_state(app.clone(), origin::guard))
        .layer(origin::cors(&app.frontend_url))
        .layer(middleware::from_fn_with_state(app.is_production, security_headers::add))
        // Outermost: every answer has its request's id, whatever gave it.
        .layer(middleware::from_fn(request_id::assign))
        .with_state(app)
}

/// A body that trickles in, or a database that hangs, ends here.
async fn limit(State(app): State<App>, request: Request, next: Next) -> Response {
    let uri = request.uri();
    if uri.path().len() + uri.query().map_or(0, str::len) > URI_LEN_MAX {
        return ApiError::UriTooLong.into_response();
    }
    let answer = tokio::time::timeout(app.request_timeout, next.run(request)).await;
    answer.unwrap_or_else(|_| ApiError::Timeout.into_response())
}
