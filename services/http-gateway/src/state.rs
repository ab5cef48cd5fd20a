//! Application state: the connections, caches and settings that the handlers share.

use crate::access::Access;
use crate::access::account_book::AccountBook;
use crate::access::cookie::CookieJar;
use crate::access::rate_limits::RateLimits;
use crate::account_performance::leaderboard::Leaderboards;
use crate::accounts::password::Passwords;
use crate::candles::PendingTrades;
use crate::candles::ticker::Tickers;
use crate::config::Config;
use crate::engine::Engine;
use crate::error::ApiError;
use crate::fapi;
use crate::market_list::NOT_LISTED;
use crate::metering;
use crate::sockets::Seats;
use markets::{Followed, Markets};
use price::Usd;
use proxies::ProxyArgs;
use service::Health;
use session::ListenKeys;
use sqlx::PgPool;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;
use streams::Redis;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The time that a request may take besides waiting for the engine.
const HANDLER_MARGIN: Duration = Duration::from_secs(10);

/// The state that all handlers share. Cheap to clone, which every layer does for every request.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

/// The parts of [`AppState`].
pub struct Shared {
    pub(crate) engine: Engine,
    markets: Followed,
    pub(crate) pool: PgPool,
    pub(crate) redis: Redis,
    pub(crate) listen_keys: ListenKeys,
    pub(crate) pending_trades: PendingTrades,
    pub(crate) tickers: Tickers,
    pub(crate) access: Access,
    /// The accounts that requests name, besides the first ones.
    pub(crate) accounts: AccountBook,
    pub(crate) rate_limits: RateLimits,
    /// The limits of the API in the shape of Binance Futures.
    pub(crate) fapi_limits: fapi::Limits,
    pub(crate) fapi_orders: fapi::KnownOrders,
    pub(crate) proxies: ProxyArgs,
    pub(crate) passwords: Passwords,
    pub(crate) cookies: CookieJar,
    pub(crate) session_ttl_s: u64,
    pub(crate) guest_ttl_s: u64,
    pub(crate) frontend_url: String,
    pub(crate) public_url: String,
    pub(crate) signup_deposit: Usd,
    pub(crate) leaderboards: Leaderboards,
    /// The most accounts of a user that are open at once.
    pub(crate) accounts_max: u32,
    /// The open WebSocket connections for order entry.
    pub(crate) sockets: Seats,
    /// The work that goes on after a response: emails to hand to the mailer.
    pub(crate) background: TaskTracker,
    /// The WebSocket's URL for browsers; if unset, guessed from the request's host and `ws_port`.
    pub(crate) ws_url: Option<String>,
    pub(crate) ws_port: u16,
    pub(crate) request_timeout: Duration,
    pub(crate) is_production: bool,
    /// Cancelled after the last response, for which the engine's replies are still needed.
    closed: CancellationToken,
}

impl Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl AppState {
    /// Creates the state and starts listening for the engine's replies.
    ///
    /// # Errors
    /// When the threads for passwords can't be started.
    pub async fn start(
        config: &Config,
        redis: Redis,
        pool: PgPool,
        health: Health,
    ) -> anyhow::Result<Self> {
        metering::describe();
        let (timeout, closed) = (config.engine_timeout(), CancellationToken::new());
        // Sign-ins and stored data need no list.
        let reported = health.clone();
        let missing = move |reason| reported.set_remark("markets", reason);
        let markets = markets::follow(redis.clone(), missing, closed.clone()).await;
        let engine = Engine::start(redis.clone(), timeout, health, closed.clone()).await;
        let app = Self(Arc::new(Shared {
            engine,
            markets,
            pool,
            pending_trades: PendingTrades::new(redis.clone()),
            tickers: Tickers::default(),
            access: Access::new(&config.signing, &redis),
            rate_limits: RateLimits::new(redis.clone(), config.rate_limits.clone()),
            fapi_limits: fapi::Limits::new(redis.clone(), config.fapi_limits.clone()),
            fapi_orders: fapi::KnownOrders::default(),
            listen_keys: ListenKeys::new(redis.clone()),
            redis,
            proxies: config.proxies.clone(),
            passwords: Passwords::new(config.password_threads())?,
            cookies: CookieJar::new(config.is_production()),
            session_ttl_s: config.jwt_ttl_s,
            guest_ttl_s: config.guest_ttl_s,
            frontend_url: config.frontend_url.0.as_str().to_owned(),
            public_url: config.public_url().to_owned(),
            signup_deposit: config.signup_deposit,
            accounts: AccountBook::default(),
            leaderboards: Leaderboards::default(),
            accounts_max: config.max_accounts,
            sockets: Seats::new(config.order_entry_limits()),
            background: TaskTracker::new(),
            ws_url: config.ws_public_url.clone(),
            ws_port: config.ws_port,
            request_timeout: timeout * 2 + HANDLER_MARGIN,
            is_production: config.is_production(),
            closed: closed.clone(),
        }));
        tokio::spawn(closed.run_until_cancelled_owned(fapi::watch_countdowns(app.clone())));
        Ok(app)
    }

    /// Returns the list of markets.
    ///
    /// # Errors
    /// Until the engine has written the list.
    pub(crate) async fn markets(&self) -> Result<Markets, ApiError> {
        let markets = self.markets.now_or_read().await;
        if markets.is_empty() {
            return Err(ApiError::EngineNotReady(NOT_LISTED.to_owned()));
        }
        Ok(markets)
    }

    /// Finishes the background work after the last response, and stops listening for replies.
    pub(crate) async fn close(&self) {
        self.background.close();
        self.background.wait().await;
        self.closed.cancel();
    }
}
