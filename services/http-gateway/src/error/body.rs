//! The bodies of error responses.

use super::{ApiError, Fields, Row, rejected};
use axum::http::StatusCode;
use messages::{OrderId, Rejection, RequestId};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use views::{ClosedOrder, PlacedOrder};

/// The body of every error response.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ErrorBody {
    /// The problem as a sentence for people. The wording may change; programs should use `code`.
    #[schema(examples("The email or password is incorrect. Check both and try again."))]
    pub(super) error: String,
    /// The error's code, for programs.
    #[schema(pattern = "^[A-Z][A-Z_]*$", examples("INVALID_CREDENTIALS"))]
    pub(super) code: &'static str,
    /// The request's id in the logs of every service; the same as in the header `X-Request-Id`.
    #[schema(value_type = uuid::Uuid, examples("01a20bc0-9a10-7313-9d4f-7a2effa3c781"))]
    pub(super) request_id: RequestId,
    /// The fields, parameters or headers that are invalid, each with its problem: the end of a
    /// sentence that begins with its name. Absent if there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(super) fields: Option<BTreeMap<String, String>>,
    /// For `ENGINE_TIMEOUT` of a new order: the id of the order, should it have been opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<uuid::Uuid>)]
    pub(super) order_id: Option<OrderId>,
    /// For `ORDER_ALREADY_CLOSED` and `ORDER_ALREADY_DONE`: the order's record.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(super) order: Option<Record>,
}

/// The record of an order that has ended.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = EndedOrder)]
pub enum Record {
    /// A closed position.
    Closed(ClosedOrder),
    /// An order that is filled, canceled or expired.
    Done(PlacedOrder),
}

/// The error of one of several requests that were sent together.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ItemError {
    /// Always false.
    success: False,
    /// The problem as a sentence for people.
    error: String,
    /// The error's code, for programs.
    #[schema(pattern = "^[A-Z][A-Z_]*$", examples("INSUFFICIENT_BALANCE"))]
    code: &'static str,
    /// The fields that are invalid, each with its problem. Absent if there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    fields: Option<BTreeMap<String, String>>,
    /// For `ENGINE_TIMEOUT` of a new order: the id of the order, should it have been placed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<uuid::Uuid>)]
    order_id: Option<OrderId>,
    /// For `ORDER_ALREADY_DONE`: the order's record.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    order: Option<Record>,
}

impl ItemError {
    /// Returns the error as one item of a list of results.
    pub fn new(error: ApiError, request_id: RequestId) -> Self {
        let ErrorBody { error, code, fields, order_id, order, .. } = error.body(request_id);
        Self { success: False, error, code, fields, order_id, order }
    }
}

/// The error of a message of an open connection, whose answer has no headers.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MessageError {
    #[serde(flatten)]
    body: ErrorBody,
    /// The number of seconds to wait before trying again.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
}

impl MessageError {
    /// Returns the status and the error.
    pub fn new(error: ApiError, request_id: RequestId) -> (StatusCode, Self) {
        let (status, retry_after) = (error.row().status, error.retry_after_s());
        (status, Self { body: error.body(request_id), retry_after })
    }
}

impl ApiError {
    pub(super) fn body(self, request_id: RequestId) -> ErrorBody {
        let Row { code, sentence, .. } = self.row();
        let mut body = ErrorBody {
            error: sentence.into_owned(),
            code,
            request_id,
            fields: None,
            order_id: None,
            order: None,
        };
        match self {
            Self::Validation(fields) => body.fields = Some(fields),
            Self::EngineTimeout(order_id) => body.order_id = order_id,
            Self::Rejected(rejection) => {
                body.fields = rejected::fields(&rejection);
                body.order = match rejection {
                    Rejection::OrderAlreadyClosed { order } => {
                        Some(Record::Closed((&*order).into()))
                    }
                    Rejection::OrderAlreadyDone { order } => Some(Record::Done((&*order).into())),
                    _ => None,
                };
            }
            Self::Refused(refusal) => {
                let problem = refusal.rejection.to_string();
                body.fields = Some(Fields::from([(refusal.field.to_owned(), problem)]));
            }
            _ => {}
        }
        body
    }
}

/// The constant `false`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct False;

impl Serialize for False {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(false)
    }
}

impl PartialSchema for False {
    fn schema() -> RefOr<Schema> {
        let schema: Object =
            ObjectBuilder::new().schema_type(Type::Boolean).enum_values(Some([false])).build();
        schema.into()
    }
}

impl ToSchema for False {}
