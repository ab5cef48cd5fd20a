//! The places of a request's fields, and the extractor that reads them for a handler.

use super::{Body, Gives, Input, Request};
use crate::error::ApiError;
use crate::state::AppState;
use axum::extract::{self, FromRequest, FromRequestParts};
use axum::http::request::Parts;
use markets::Markets;
use std::future::Future;
use utoipa::openapi::path::ParameterIn;

/// A valid request, or the part of one that is in one place.
pub struct Valid<T>(pub T);

/// Facts that requests are read against, which the gateway always has.
pub trait Provided: Sized + Send {
    /// Returns the facts.
    fn provide(app: &AppState) -> impl Future<Output = Result<Self, ApiError>> + Send;
}

impl Provided for () {
    async fn provide(_app: &AppState) -> Result<Self, ApiError> {
        Ok(())
    }
}

impl Provided for Markets {
    async fn provide(app: &AppState) -> Result<Self, ApiError> {
        app.markets().await
    }
}

impl Gives<Self> for Markets {
    fn give(&self) -> &Self {
        self
    }
}

/// A place in the body.
pub trait BodyPlace {
    /// Parses the body.
    fn body(request: extract::Request) -> impl Future<Output = Result<Body, ApiError>> + Send;
}

/// A place before the body.
pub trait PartsPlace {
    /// Returns the name of the place in the API's description.
    fn parameter_in() -> ParameterIn;

    /// Finds the fields.
    fn input(parts: &mut Parts) -> impl Future<Output = Input<'_>> + Send;
}

/// A JSON body.
pub struct JsonBody;

/// A JSON body that may be null or absent, along with its content type.
pub struct OptionalJsonBody;

/// The query, which is read as it was sent: no value of this API needs percent-encoding.
pub struct Query;

/// The path.
pub struct Path;

/// The headers.
pub struct Headers;

impl BodyPlace for JsonBody {
    async fn body(request: extract::Request) -> Result<Body, ApiError> {
        Body::required(request).await
    }
}

impl BodyPlace for OptionalJsonBody {
    async fn body(request: extract::Request) -> Result<Body, ApiError> {
        Body::optional(request).await
    }
}

impl PartsPlace for Query {
    fn parameter_in() -> ParameterIn {
        ParameterIn::Query
    }

    async fn input(parts: &mut Parts) -> Input<'_> {
        Input::Query(parts.uri.query().unwrap_or_default())
    }
}

impl PartsPlace for Path {
    fn parameter_in() -> ParameterIn {
        ParameterIn::Path
    }

    async fn input(parts: &mut Parts) -> Input<'_> {
        let parameters = extract::Path::from_request_parts(parts, &()).await;
        Input::Path(parameters.ok().map(|extract::Path(parameters)| parameters))
    }
}

impl PartsPlace for Headers {
    fn parameter_in() -> ParameterIn {
        ParameterIn::Header
    }

    async fn input(parts: &mut Parts) -> Input<'_> {
        Input::Headers(&parts.headers)
    }
}

impl<T> FromRequest<AppState> for Valid<T>
where
    T: Request<Place: BodyPlace, Given: Provided>,
{
    type Rejection = ApiError;

    async fn from_request(request: extract::Request, app: &AppState) -> Result<Self, ApiError> {
        let body = T::Place::body(request).await?;
        body.read(&T::Given::provide(app).await?).map(Self)
    }
}

impl<T> FromRequestParts<AppState> for Valid<T>
where
    T: Request<Place: PartsPlace, Given: Provided>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, ApiError> {
        let given = T::Given::provide(app).await?;
        T::Place::input(parts).await.read(&given).map(Self)
    }
}
