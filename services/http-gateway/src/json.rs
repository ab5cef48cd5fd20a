//! JSON responses.

use axum::response::{IntoResponse, Response};
use serde::{Serialize, Serializer};
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// A JSON response with its keys in alphabetical order, so that equal responses have equal bytes,
/// whatever order their fields are declared in.
pub struct Json<T>(pub T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        let value = serde_json::to_value(self.0);
        axum::Json(value.expect("answers have string keys and no failing parts")).into_response()
    }
}

/// The constant `true`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct True;

impl Serialize for True {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(true)
    }
}

impl PartialSchema for True {
    fn schema() -> RefOr<Schema> {
        let schema: Object =
            ObjectBuilder::new().schema_type(Type::Boolean).enum_values(Some([true])).build();
        schema.into()
    }
}

impl ToSchema for True {}
