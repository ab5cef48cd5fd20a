//! The id of a request, from its first log line to the engine and back.

use crate::metering;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use messages::RequestId;
use service::Trace;
use std::time::Instant;
use tracing::{Instrument as _, Span};
use uuid::Uuid;

/// The header of every response that has the request's id.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

tokio::task_local! {
    static CURRENT: RequestId;
    static TRACEPARENT: Option<String>;
}

/// Returns the id of the request that this task handles.
///
/// # Panics
/// When called outside a request.
pub fn current() -> RequestId {
    CURRENT.get()
}

/// Returns the id of an item of the request that this task handles: derived from that of the whole, so
/// that a request that is sent again with the same id sends the same ones.
///
/// # Panics
/// When called outside a request.
pub fn of_item(n: usize) -> RequestId {
    let id = RequestId(Uuid::new_v5(&current().0, format!("batch:{n}").as_bytes()));
    // With a batch the streams have this id, not that of the HTTP request.
    tracing::debug!(engine.request.id = %id, "sending an item of a batch");
    id
}

/// Returns the `traceparent` to pass on with the request that this task handles, if it is traced.
pub fn traceparent() -> Option<String> {
    TRACEPARENT.try_with(Clone::clone).ok().flatten()
}

/// Returns the id that the client or a proxy sent, if it is one that the streams can carry.
fn brought(request: &Request) -> Option<RequestId> {
    let id = request.headers().get(HEADER)?.to_str().ok()?.parse::<Uuid>().ok()?;
    (!id.is_nil()).then_some(RequestId(id))
}

/// Begins the request's trace, or continues the client's; returns `None` if traces are not
/// collected.
fn follow(request: &Request, id: RequestId) -> Option<Trace> {
    if !service::is_traced() {
        return None;
    }
    let brought = request.headers().get("traceparent").and_then(|value| value.to_str().ok());
    let attributes = vec![
        ("http.request.method", request.method().to_string()),
        ("url.path", request.uri().path().to_owned()),
        ("request.id", id.to_string()),
    ];
    Trace::begin(request.method().to_string(), brought, attributes)
}

/// Runs the handling of a request with its id, its trace and its log span.
async fn scope<T>(
    id: RequestId,
    trace: Option<&Trace>,
    span: &Span,
    handling: impl Future<Output = T>,
) -> T {
    let traceparent = trace.map(Trace::traceparent);
    CURRENT.scope(id, TRACEPARENT.scope(traceparent, handling.instrument(span.clone()))).await
}

/// Handles a message of an open connection like a request: with an id, a log span and a trace of its
/// own, and its metrics. The handling returns the status of the answer with the answer.
pub async fn assign_to_message<T>(
    id: RequestId,
    method: &'static str,
    handling: impl Future<Output = (StatusCode, T)>,
) -> T {
    let span = tracing::info_span!("message", request.id = %id, rpc.method = method);
    let trace = service::is_traced().then(|| {
        let attributes = vec![("rpc.method", method.to_owned()), ("request.id", id.to_string())];
        Trace::begin(method, None, attributes)
    });
    let (trace, started) = (trace.flatten(), Instant::now());
    let (status, answer) = scope(id, trace.as_ref(), &span, handling).await;
    if let Some(trace) = trace {
        trace.end(status.as_u16());
    }
    metering::message_answered(status);
    span.in_scope(|| {
        let took_us = started.elapsed().as_micros();
        tracing::debug!(http.status = status.as_u16(), took_us, "answered");
    });
    answer
}

/// Gives a request its id, a log span and its metrics. A client's own id is kept, so that a request
/// can be followed from the client's logs to the engine's.
pub async fn assign(request: Request, next: Next) -> Response {
    let id = brought(&request).unwrap_or_else(|| RequestId(Uuid::now_v7()));
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let span =
        tracing::info_span!("request", request.id = %id, http.method = %method, http.path = path);
    let started = Instant::now();
    let trace = follow(&request, id);
    let mut response = scope(id, trace.as_ref(), &span, next.run(request)).await;
    let header = HeaderValue::from_str(&id.to_string()).expect("a UUID is printable ASCII");
    response.headers_mut().insert(HEADER, header);
    let (status, took) = (response.status(), started.elapsed());
    if let Some(trace) = trace {
        trace.end(status.as_u16());
    }
    metering::answered(&method, &path, status, took);
    span.in_scope(|| {
        tracing::debug!(http.status = status.as_u16(), took_us = took.as_micros(), "answered");
    });
    response
}
