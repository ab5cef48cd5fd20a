//! `/openapi.json`, and a page at `/docs` that shows it. Both are in the binary: the page loads
//! nothing from the internet.

use crate::error::ApiError;
use crate::openapi;
use axum::Router;
use axum::http::Uri;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use std::sync::Arc;
use utoipa_swagger_ui::Config;

/// The page's policy: it may only run its own scripts and call this gateway.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

/// Returns the routes, with the page at these paths. They need no state.
///
/// The validator `none` keeps the page from sending its URL to a validator on the internet.
pub fn router<S: Clone + Send + Sync + 'static>(pages: &'static [&'static str]) -> Router<S> {
    let json: Arc<str> = openapi::json().into();
    let json = async move || ([(CONTENT_TYPE, "application/json")], json.to_string());
    let page = Arc::new(Page(Arc::new(
        Config::from("/openapi.json").validator_url("none").use_base_layout(),
    )));
    pages.iter().fold(Router::new().route("/openapi.json", get(json)), |router, path| {
        let page = Arc::clone(&page);
        let file = get(async move |uri: Uri| page.file(&uri.path()[path.len()..]));
        router
            // The page's links are relative: they need the slash.
            .route(path, get(async move || Redirect::permanent(&format!("{path}/"))))
            .route(&format!("{path}/"), file.clone())
            .route(&format!("{path}/{{*file}}"), file)
    })
}

/// The page's files.
struct Page(Arc<Config<'static>>);

impl Page {
    /// Returns a file of the page; `/` is the page itself.
    fn file(&self, path: &str) -> Response {
        let name = path.trim_start_matches('/');
        match utoipa_swagger_ui::serve(name, Arc::clone(&self.0)) {
            Ok(Some(file)) => {
                let headers = [
                    (CONTENT_TYPE, file.content_type.as_str()),
                    (CONTENT_SECURITY_POLICY, POLICY),
                    // It changes with the binary.
                    (CACHE_CONTROL, "no-cache"),
                ];
                (headers, file.bytes.into_owned()).into_response()
            }
            Ok(None) => ApiError::NoSuchRoute.into_response(),
            Err(error) => {
                tracing::error!(%error, file = name, "a file of the documentation can't be served");
                ApiError::Internal.into_response()
            }
        }
    }
}
