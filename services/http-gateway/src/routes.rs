//! Every route of the API and the web UI, with the layers in front of them.

use crate::access::admission;
use crate::access::origin;
use crate::access::rate_limits::RouteClass;
use crate::account_performance::{self, leaderboard};
use crate::accounts::{api_keys, guest, magic_link, profile, sessions, sign_in, tickets};
use crate::candles::{self, ticker};
use crate::error::ApiError;
use crate::market_list;
use crate::orders::realized;
use crate::placed_orders::{amend, batch, cancel, summary as order_summary};
use crate::positions::{close, result};
use crate::state::AppState;
use crate::trading_accounts::{
    self, change as account_change, close as account_close, open as account_open, reset,
};
use crate::{
    account_settings, csv, docs, fapi, fills, funding, income, order_entry, orders, placed_orders,
    positions, request_id, security_headers, web_ui,
};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use std::path::Path;
use tower_http::compression::CompressionLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The longest URL in bytes; no URL of this API comes near it.
const URI_LEN_MAX: usize = 8 * 1024;

/// Returns every route of the API with its description, by the rate limits that it shares.
fn routes() -> [(RouteClass, OpenApiRouter<AppState>); 4] {
    let sign_in = OpenApiRouter::new()
        .routes(routes!(sign_in::sign_up))
        .routes(routes!(guest::register))
        .routes(routes!(sign_in::sign_in))
        .routes(routes!(magic_link::ask))
        .routes(routes!(magic_link::show, magic_link::verify));
    let guests = OpenApiRouter::new().routes(routes!(guest::create));
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
    let (account_changes, account_reads) = account_routes();
    let trading = account_changes
        .routes(routes!(placed_orders::place, amend::amend_by_client_id, cancel::cancel_all))
        .routes(routes!(amend::amend, cancel::cancel))
        .routes(routes!(batch::place_batch, batch::cancel_batch))
        .routes(routes!(positions::modify))
        .routes(routes!(close::close))
        .routes(routes!(positions::reverse))
        .routes(routes!(positions::change_margin))
        .routes(routes!(close::close_all))
        .routes(routes!(account_settings::change_mode))
        .routes(routes!(account_settings::change_leverage))
        .routes(routes!(order_entry::open));
    let trading_reads = account_reads
        .routes(routes!(placed_orders::read))
        .routes(routes!(result::read))
        .routes(routes!(account_settings::read))
        .routes(routes!(order_summary::read))
        .routes(routes!(fills::summary::read))
        .routes(routes!(income::summary::read));
    let order_reads = OpenApiRouter::new()
        .routes(routes!(orders::list))
        .routes(routes!(orders::balance))
        .routes(routes!(realized::sum))
        .routes(routes!(orders::read));
    let files = OpenApiRouter::new().routes(routes!(realized::csv)).layer(CompressionLayer::new());
    // Only responses that are large and hold no secret: a compressed length leaks some content.
    let candles =
        || OpenApiRouter::new().routes(routes!(candles::list)).layer(CompressionLayer::new());
    let tickers = OpenApiRouter::new()
        .routes(routes!(ticker::list))
        .routes(routes!(market_list::list))
        .routes(routes!(funding::list));
    let (user, order) = ("/api/v1/user", "/api/v1/order");
    [
        (RouteClass::SignIn, OpenApiRouter::new().nest(user, sign_in)),
        (RouteClass::Guests, OpenApiRouter::new().nest(user, guests)),
        (
            RouteClass::Orders,
            OpenApiRouter::new().nest(user, changes).nest(order, orders).nest("/api/v1", trading),
        ),
        (
            RouteClass::Reads,
            OpenApiRouter::new()
                .nest(user, user_reads())
                .nest(order, order_reads.merge(files))
                .nest("/api/v1", candles().merge(tickers).merge(trading_reads).merge(records()))
                .merge(candles()),
        ),
    ]
}

/// Returns the routes that read about a person.
fn user_reads() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(profile::read))
        .routes(routes!(sessions::list))
        .routes(routes!(api_keys::list))
        .routes(routes!(tickets::issue))
}

/// Returns the routes of records, which are pages or files. Of these only files are compressed.
fn records() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(placed_orders::list))
        .routes(routes!(positions::list))
        .routes(routes!(fills::list))
        .routes(routes!(income::list))
        .layer(CompressionLayer::new().compress_when(csv::is_file))
}

/// Returns the routes of a user's accounts: those that change them, and those that read them.
fn account_routes() -> (OpenApiRouter<AppState>, OpenApiRouter<AppState>) {
    let changes = OpenApiRouter::new()
        .routes(routes!(account_open::open))
        .routes(routes!(account_change::change, account_close::close))
        .routes(routes!(reset::reset));
    let reads = OpenApiRouter::new()
        .routes(routes!(trading_accounts::list))
        .routes(routes!(account_performance::read))
        .routes(routes!(leaderboard::read));
    (changes, reads)
}

/// Returns the description of every route.
pub(crate) fn described() -> utoipa::openapi::OpenApi {
    let merge = |all: OpenApiRouter<AppState>, (_, some)| all.merge(some);
    routes().into_iter().fold(OpenApiRouter::new(), merge).into_openapi()
}

/// Returns the methods and paths of the API in the shape of Binance Futures.
pub fn binance_operations() -> impl Iterator<Item = (Method, &'static str)> {
    fapi::operations()
}

/// Returns the router of the API alone.
pub fn api(app: AppState) -> Router {
    let rest = Router::new()
        .merge(docs::router(&["/docs", "/api/docs"]))
        .fallback(async || ApiError::NoSuchRoute);
    with_api(app, rest)
}

/// Returns the router of the web UI with the API, on one origin.
pub fn site(app: AppState, web_dir: &Path) -> Router {
    // The UI has its own `/docs`.
    with_api(app, docs::router(&["/api/docs"]).merge(web_ui::router(web_dir)))
}

fn with_api(app: AppState, rest: Router<AppState>) -> Router {
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
        // It has rules of its own.
        .merge(fapi::router())
        .layer(middleware::from_fn_with_state(app.is_production, security_headers::add))
        // Outermost, so that every response has its request's id.
        .layer(middleware::from_fn(request_id::assign))
        .with_state(app)
}

/// Limits the length of a URL and the duration of a request, should a body trickle in or a database
/// hang.
async fn limit(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let uri = request.uri();
    if uri.path().len() + uri.query().map_or(0, str::len) > URI_LEN_MAX {
        return ApiError::UriTooLong.into_response();
    }
    let answer = tokio::time::timeout(app.request_timeout, next.run(request)).await;
    answer.unwrap_or_else(|_| ApiError::Timeout.into_response())
}
