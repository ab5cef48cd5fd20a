//! The API's `OpenAPI` 3.1 description, generated from the handlers' annotations.

mod shared;

use crate::error::ErrorBody;
use crate::placed_orders::BatchOrder;
use crate::routes;
use utoipa::OpenApi as _;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{OpenApi, RefOr, Required};

/// The unversioned path of candles and its operation id: operation ids must be unique.
const CANDLES_ALIAS: (&str, &str) = ("/candles", "listCandlesUnversioned");

/// The general part of the description.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Velox",
        description = "Leveraged perpetual contracts on BTCUSDT, ETHUSDT and SOLUSDT with virtual \
            money.\n\nRequests take amounts as JSON numbers or strings, exact to 8 decimals. Responses \
            have each amount twice, as strings: `margin` is a decimal and `marginInt` the same as an \
            integer at scale 10^8. Times are Unix milliseconds; those of candles are Unix seconds. \
            Every error response is an `ErrorBody`, whose `code` is one of those listed with its \
            status.",
        license(name = "MIT", identifier = "MIT"),
    ),
    tags(
        (name = "accounts", description = "Accounts, sessions and API keys."),
        (name = "orders", description = "Positions, their history, and the balance."),
        (name = "trading", description = "Orders, positions, fills and the settings of an account."),
        (name = "market data", description = "Candles, tickers and fundings."),
    ),
    servers((url = "/", description = "This gateway.")),
    components(schemas(ErrorBody, BatchOrder)),
)]
struct Whole;

/// Returns the complete description.
pub fn description() -> OpenApi {
    let mut description = Whole::openapi();
    description.merge(routes::described());
    add_security(&mut description);
    for (path, item) in &mut description.paths.paths {
        for operation in operations(item) {
            add_common_headers(operation);
            if is_for_a_user(operation) {
                operation.parameters.get_or_insert_default().push(user_header().into());
            }
            if is_for_an_account(operation) {
                operation.parameters.get_or_insert_default().push(account_header().into());
            }
            if path == CANDLES_ALIAS.0 {
                operation.operation_id = Some(CANDLES_ALIAS.1.to_owned());
            }
        }
    }
    shared::share(&mut description);
    description
}

/// Returns the description as it is committed and served.
pub fn json() -> String {
    let mut json = description().to_pretty_json().expect("the description is JSON");
    json.push('\n');
    json
}

/// Adds the security schemes. An operation requires one of them unless it says otherwise.
fn add_security(description: &mut OpenApi) {
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("The `token` returned by signing up or in."))
        .build();
    let cookie = ApiKeyValue::with_description(
        "velox_session",
        "The same token, as browsers send it; `__Host-velox_session` in production. The former \
         names `token` and `__Host-token` are still accepted.",
    );
    let key = ApiKeyValue::with_description(
        "X-Api-Key",
        "An API key; it may also be sent as `Authorization: Bearer`.",
    );
    let schemes = [
        ("bearerAuth", SecurityScheme::Http(bearer)),
        ("cookieAuth", SecurityScheme::ApiKey(ApiKey::Cookie(cookie))),
        ("apiKeyAuth", SecurityScheme::ApiKey(ApiKey::Header(key))),
    ];
    let no_scopes: [&str; 0] = [];
    description.security =
        Some(schemes.iter().map(|(name, _)| SecurityRequirement::new(*name, no_scopes)).collect());
    let components = description.components.get_or_insert_default();
    for (name, scheme) in schemes {
        components.add_security_scheme(name, scheme);
    }
}

/// Returns whether the operation is for a user. Signing out is, although it needs no session.
fn is_for_a_user(operation: &Operation) -> bool {
    operation.security.is_none() || operation.operation_id.as_deref() == Some("signOut")
}

/// Returns whether the header `X-Account` means something to the operation: it then documents the
/// error for a malformed one.
fn is_for_an_account(operation: &Operation) -> bool {
    let Some(RefOr::T(refused)) = operation.responses.responses.get("400") else { return false };
    let contents = refused.content.values().filter_map(|content| match content {
        RefOr::T(content) => Some(content),
        RefOr::Ref(_) => None,
    });
    let examples = contents.flat_map(|content| content.examples.values());
    examples
        .filter_map(|example| match example {
            RefOr::T(example) => example.value.as_ref(),
            RefOr::Ref(_) => None,
        })
        .any(|body| body["fields"].get("X-Account").is_some())
}

fn user_header() -> Parameter {
    header(
        "Velox-Account",
        "The `userId` of the user whom the request is meant for. If a different one is signed in, the \
         request fails with `ACCOUNT_MISMATCH` and nothing is done. Useful in browsers, whose tabs \
         share one cookie.",
    )
}

fn account_header() -> Parameter {
    header(
        "X-Account",
        "The `accountId` of the account that the request is about: one of those that `GET \
         /api/v1/accounts` lists. Without it, it is the first one, or that of the API key.",
    )
}

/// Describes an optional header with an id.
fn header(name: &str, about: &str) -> Parameter {
    let id = ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)));
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(about))
        .schema(Some(id))
        .build()
}

/// Adds the headers of every response: the request id and the rate limit.
fn add_common_headers(operation: &mut Operation) {
    let id = ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
        .build();
    let count = || ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).build();
    let headers = [
        (
            "X-Request-Id",
            id,
            "The request's id in the logs of every service. A UUID that the client sends in this \
             header is kept.",
        ),
        ("RateLimit-Limit", count(), "The number of requests of this kind allowed at once."),
        ("RateLimit-Remaining", count(), "The number of requests that may still be sent now."),
        ("RateLimit-Reset", count(), "The seconds until the full limit is available again."),
    ];
    for response in operation.responses.responses.values_mut() {
        let RefOr::T(response) = response else { continue };
        for (name, schema, about) in &headers {
            let header =
                HeaderBuilder::new().schema(Some(schema.clone())).description(Some(*about));
            response.headers.insert((*name).to_owned(), header.build().into());
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete]
        .into_iter()
        .flatten()
}
