//! The API's description in `OpenAPI` 3.1, made of the handlers' own annotations.

use crate::app;
use crate::error::ErrorBody;
use utoipa::OpenApi as _;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{OpenApi, RefOr, Required};

/// Of the unversioned address of candles: an operation's id is there once.
const CANDLES_ALIAS: (&str, &str) = ("/candles", "listCandlesUnversioned");

/// What is said of the API as a whole.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Velox",
        description = "Leveraged perpetual contracts on BTCUSDT, ETHUSDT and SOLUSDT with virtual \
            money.\n\nAmounts go in as JSON numbers or texts, exact to 8 decimals, and come out \
            twice: `margin` is a decimal and `marginInt` the same as an integer at scale 10^8, both \
            as text. Times are Unix milliseconds, of candles Unix seconds. An answer that is no \
            success is an `ErrorBody`, and its `code` is one of those that are listed with its \
            status.",
        license(name = "MIT", identifier = "MIT"),
    ),
    tags(
        (name = "accounts", description = "Signing up, in and out."),
        (name = "orders", description = "Positions, their history, and the balance."),
        (name = "market data", description = "Candles."),
    ),
    servers((url = "/", description = "This gateway.")),
    components(schemas(ErrorBody)),
)]
struct Whole;

/// The description, complete.
pub fn description() -> OpenApi {
    let mut description = Whole::openapi();
    description.merge(app::described());
    add_security(&mut description);
    for (path, item) in &mut description.paths.paths {
        for operation in operations(item) {
            add_common_headers(operation);
            if is_for_an_account(operation) {
                operation.parameters.get_or_insert_default().push(account_header().into());
            }
            if path == CANDLES_ALIAS.0 {
                operation.operation_id = Some(CANDLES_ALIAS.1.to_owned());
            }
        }
    }
    description
}

/// The description as it is committed and served.
pub fn json() -> String {
    let mut json = description().to_pretty_json().expect("the description is JSON");
    json.push('\n');
    json
}

/// How callers show who they are. What an operation does not say otherwise needs one of these.
fn add_security(description: &mut OpenApi) {
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("The `token` that signing up or in gives."))
        .build();
    let cookie = ApiKeyValue::with_description(
        "velox_session",
        "The same token, as browsers send it; `__Host-velox_session` in production. `token`, or \
         `__Host-token`, as earlier versions called it, is still read.",
    );
    let key = ApiKeyValue::with_description(
        "X-Api-Key",
        "An API key; `Authorization: Bearer` takes one as well.",
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

/// Whether the operation goes by who is signed in; signing out also works where nobody is.
fn is_for_an_account(operation: &Operation) -> bool {
    operation.security.is_none() || operation.operation_id.as_deref() == Some("signOut")
}

fn account_header() -> Parameter {
    let id = ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)));
    ParameterBuilder::new()
        .name("Velox-Account")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "The `userId` of the account that the request is meant for: where another one is \
             signed in, the answer is `ACCOUNT_MISMATCH`, and nothing is done. Browsers share one \
             cookie between their tabs.",
        ))
        .schema(Some(id))
        .build()
}

/// Every answer names its request and says how many more there may be.
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
            "Names the request in the logs of every service. A UUID that the request brings in \
             this header is kept.",
        ),
        ("RateLimit-Limit", count(), "How many requests of this kind may come at once."),
        ("RateLimit-Remaining", count(), "How many more may come now."),
        ("RateLimit-Reset", count(), "After how many seconds all of them may come again."),
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
