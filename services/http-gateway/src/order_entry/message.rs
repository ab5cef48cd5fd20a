//! The messages of a connection: requests as they are read, and their answers.

use super::operation::Operation;
use crate::error::{ApiError, MessageError};
use crate::placed_orders::BatchKey;
use crate::request::{Body, Description, FieldType, Nullable, Problem, Raw, requests};
use axum::http::StatusCode;
use messages::RequestId;
use serde::Serialize;
use serde_json::Value;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use uuid::Uuid;

/// The longest id of a message, in characters.
const ID_CHARS_MAX: usize = 64;

requests! {
    /// A request.
    pub struct Envelope in JsonBody {
        /// The client's id of the request, which its answer repeats.
        id: MessageId = "id", 1;
        /// The operation.
        method: Operation = "method";
        /// The id of the request in the logs of every service; a new one if absent.
        request_id: Nullable<ClientRequestId> = "requestId";
        /// The key that makes an order safe to send again.
        key: Nullable<BatchKey> = "idempotencyKey", check: |key, ()| match (method, key) {
            (Some(Operation::Place) | None, _) | (_, None) => Ok(()),
            (Some(_), Some(_)) => Err("is only for the method order.place".into()),
        };
        /// The fields of the operation.
        params: Params = "params";
    }
}

/// A message that was received, with what could be read of it.
pub struct Received {
    /// The client's id of the request; null if it can't be read.
    pub id: Value,
    /// The request's id in the logs.
    pub request_id: RequestId,
    /// The request, or the reason for which it is none.
    pub request: Result<Envelope, ApiError>,
}

impl Received {
    /// Reads a message.
    pub fn read(text: &str) -> Self {
        let body = match Body::parse(text.as_bytes()) {
            Ok(body) => body,
            Err(error) => return Self::unread(error, None, None),
        };
        match body.read::<Envelope>(&()) {
            Ok(request) => {
                let request_id = request.request_id.unwrap_or_else(new_request_id);
                Self { id: request.id.clone(), request_id, request: Ok(request) }
            }
            Err(error) => {
                let request_id = body.field::<ClientRequestId>("requestId");
                Self::unread(error, body.field::<MessageId>("id"), request_id)
            }
        }
    }

    fn unread(error: ApiError, id: Option<Value>, request_id: Option<RequestId>) -> Self {
        let request_id = request_id.unwrap_or_else(new_request_id);
        Self { id: id.unwrap_or_default(), request_id, request: Err(error) }
    }

    /// Returns the name of the method, for logs and metrics.
    pub fn method(&self) -> &'static str {
        self.request.as_ref().map_or("none", |request| request.method.as_str())
    }
}

fn new_request_id() -> RequestId {
    RequestId(Uuid::now_v7())
}

/// The answer to a message.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AnswerBody {
    id: Value,
    request_id: RequestId,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<MessageError>,
}

/// Returns the status and the text of the answer.
pub fn answer(
    id: Value,
    request_id: RequestId,
    outcome: Result<(StatusCode, Value), ApiError>,
) -> (StatusCode, String) {
    let (status, result, error) = match outcome {
        Ok((status, result)) => (status, Some(result), None),
        Err(error) => {
            let (status, error) = MessageError::new(error, request_id);
            (status, None, Some(error))
        }
    };
    let body = AnswerBody { id, request_id, status: status.as_u16(), result, error };
    // Through a value, which puts the keys in alphabetical order, as in responses over HTTP.
    let body = serde_json::to_value(body).expect("answers have string keys and no failing parts");
    (status, body.to_string())
}

/// An id that a client has chosen for a message: a string or a whole number.
pub struct MessageId;

impl FieldType for MessageId {
    type Value = Value;
    type Given = ();

    fn read(raw: Raw<'_>, (): &()) -> Result<Value, Problem> {
        let id = match raw {
            Raw::Json(json) => serde_json::from_str::<Value>(json.get()).ok(),
            Raw::Text(_) | Raw::Undecodable => None,
        };
        let id = id.filter(|id| match id {
            Value::String(text) => (1..=ID_CHARS_MAX).contains(&text.chars().count()),
            Value::Number(number) => number.is_i64(),
            _ => false,
        });
        id.ok_or_else(|| {
            format!("must be a string of 1 to {ID_CHARS_MAX} characters or a whole number").into()
        })
    }

    fn description() -> Description {
        Description::inline(ObjectBuilder::new().schema_type(Type::String))
    }
}

/// The id by which a client follows a request through the logs.
pub struct ClientRequestId;

impl FieldType for ClientRequestId {
    type Value = RequestId;
    type Given = ();

    fn read(raw: Raw<'_>, (): &()) -> Result<RequestId, Problem> {
        let id = raw.text()?.parse::<Uuid>().ok().filter(|id| !id.is_nil());
        id.map(RequestId).ok_or_else(|| "must be a UUID".into())
    }

    fn description() -> Description {
        Description::uuid()
    }
}

/// The fields of an operation, unread: which they are depends on the operation. Absent or null, there
/// are none.
pub struct Params;

impl FieldType for Params {
    type Value = Body;
    type Given = ();

    fn read(raw: Raw<'_>, (): &()) -> Result<Body, Problem> {
        let Raw::Json(json) = raw else { return Err("must be an object".into()) };
        let text = if json.get() == "null" { "{}" } else { json.get() };
        if !text.starts_with('{') {
            return Err("must be an object".into());
        }
        // The text is valid JSON, so that it can only be a field that occurs twice.
        Body::parse(text.as_bytes()).map_err(|_| "must not have a field twice".into())
    }

    fn absent() -> Result<Body, Problem> {
        Ok(Body::default())
    }

    fn description() -> Description {
        Description::inline(ObjectBuilder::new().schema_type(Type::Object))
    }
}
