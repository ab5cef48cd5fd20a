//! The errors in the API's description, in sets that operations name.

use super::{ApiError, ErrorBody};
use messages::RequestId;
use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;
use std::time::Duration;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::schema::{AllOfBuilder, ObjectBuilder, Type};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema as _};
use uuid::uuid;

/// The request id of the examples.
const EXAMPLE_ID: RequestId = RequestId(uuid!("01a20bc0-9a10-7313-9d4f-7a2effa3c781"));

/// A set of errors that operations share.
pub trait ErrorSet {
    /// One example of each error.
    fn examples() -> Vec<ApiError>;
}

/// Defines sets of errors by their examples.
macro_rules! error_sets {
    ($($(#[doc = $about:literal])+ $set:ident = [$($example:expr),+ $(,)?];)+) => {$(
        $(#[doc = $about])+
        pub struct $set;

        impl $crate::error::ErrorSet for $set {
            fn examples() -> Vec<$crate::error::ApiError> {
                vec![$($example),+]
            }
        }
    )+};
}
pub(crate) use error_sets;

error_sets! {
    /// Errors of every operation; operations do not name them, because [`Errors`] adds them.
    Always = [
        ApiError::Timeout,
        ApiError::Internal,
        ApiError::UriTooLong,
        ApiError::TooManyRequests(Duration::from_secs(3)),
    ];
    /// Errors of an operation for signed-in users.
    SignedIn = [
        ApiError::Unauthenticated,
        ApiError::TokenExpired,
        ApiError::RedisUnavailable,
        ApiError::DatabaseUnavailable,
        ApiError::AccountMismatch,
        ApiError::wrong_user(),
    ];
    /// Errors of an operation that may name its user, signed in or not.
    NamesUser = [ApiError::AccountMismatch, ApiError::wrong_user()];
    /// Errors of an operation that may name its account, besides those of [`SignedIn`].
    NamesAccount = [
        ApiError::wrong_account_id(),
        ApiError::KeyAccountMismatch,
        ApiError::AccountNotFound,
        ApiError::DatabaseUnavailable,
    ];
    /// Errors of an operation that trades.
    Trades = [ApiError::ReadOnlyKey, ApiError::AccountClosed];
    /// Errors of an operation that signs a user in: without Redis, attempts can't be counted.
    SignsIn = [ApiError::RedisUnavailable, ApiError::ForeignOrigin];
    /// Errors of an operation that makes changes and has no body.
    Changes = [ApiError::ForeignOrigin, ApiError::UnsupportedMediaType];
    /// Errors of an operation with a JSON body.
    JsonBody = [
        ApiError::MalformedJson("expected value at line 1 column 1".to_owned()),
        ApiError::PayloadTooLarge,
        ApiError::UnsupportedMediaType,
        ApiError::UnsupportedEncoding,
        ApiError::ForeignOrigin,
    ];
    /// Errors of an operation that needs the engine.
    Engine = [
        ApiError::EngineNotReady("the engine is not running".to_owned()),
        ApiError::EngineTimeout(None),
    ];
    /// Errors of an operation that needs PostgreSQL.
    Database = [ApiError::DatabaseUnavailable];
    /// Errors of an operation that stores state in Redis.
    Redis = [ApiError::RedisUnavailable];
}

/// Errors of an operation for the account of a signed-in user.
pub type OfAccount = (SignedIn, NamesAccount);

/// The responses of an operation that may fail with these sets of errors:
/// `Errors<(SignedIn, Engine)>` in its `responses`.
pub struct Errors<S>(PhantomData<S>);

impl<S: ErrorSet> IntoResponses for Errors<S> {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let mut by_status: BTreeMap<String, Vec<ApiError>> = BTreeMap::new();
        for error in S::examples().into_iter().chain(Always::examples()) {
            by_status.entry(error.row().status.as_str().to_owned()).or_default().push(error);
        }
        by_status.into_iter().map(|(status, errors)| (status, response(errors).into())).collect()
    }
}

/// The response for one status: its codes, each with an example.
fn response(errors: Vec<ApiError>) -> Response {
    let codes: BTreeSet<_> = errors.iter().map(|error| error.row().code).collect();
    let description = codes.iter().map(|code| format!("`{code}`")).collect::<Vec<_>>().join(", ");
    let retry_after = errors.iter().any(|error| error.retry_after_s().is_some());
    let code = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(codes));
    let schema = AllOfBuilder::new()
        .item(Ref::from_schema_name(ErrorBody::name()))
        .item(ObjectBuilder::new().property("code", code));
    let mut examples = BTreeMap::new();
    let mut known = BTreeSet::new();
    for error in errors {
        let body = error.body(EXAMPLE_ID);
        // Two sets may have an error in common.
        if !known.insert((body.error.clone(), body.order_id)) {
            continue;
        }
        // Examples of one code are told apart by a number.
        let mut names = (1..).map(|n| match n {
            1 => body.code.to_owned(),
            n => format!("{}-{n}", body.code),
        });
        let name = names.find(|name| !examples.contains_key(name)).expect("numbers don't end");
        let value = serde_json::to_value(&body).expect("errors are JSON");
        let example = ExampleBuilder::new().summary(body.error).value(Some(value));
        examples.insert(name, example.build());
    }
    let content = ContentBuilder::new().schema(Some(schema)).examples_from_iter(examples);
    let mut response = ResponseBuilder::new()
        .description(description)
        .content("application/json", content.build());
    if retry_after {
        let seconds = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1));
        let header = HeaderBuilder::new()
            .schema(Some(seconds))
            .description(Some("The number of seconds to wait before trying again."));
        response = response.header("Retry-After", header.build());
    }
    response.build()
}

macro_rules! together {
    ($($set:ident)+) => {
        impl<$($set: ErrorSet),+> ErrorSet for ($($set,)+) {
            fn examples() -> Vec<ApiError> {
                [$($set::examples()),+].into_iter().flatten().collect()
            }
        }
    };
}

impl ErrorSet for () {
    fn examples() -> Vec<ApiError> {
        Vec::new()
    }
}

together!(A);
together!(A B);
together!(A B C);
together!(A B C D);
together!(A B C D E);
together!(A B C D E F);
together!(A B C D E F G);
