//! Distributed traces of requests, exported with OpenTelemetry.
//!
//! Off unless `OTEL_EXPORTER_OTLP_ENDPOINT` is set; while off, each call costs one check of a flag.
//! A span may begin and end in different processes, so it is recorded when it is over, with known
//! times. This is independent of the log's spans and of `RUST_LOG`. Processes pass a W3C
//! `traceparent` on to each other.

use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{
    Span as _, SpanBuilder, SpanKind, Status, TraceContextExt as _, Tracer as _,
    TracerProvider as _,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::OnceLock;
use std::time::SystemTime;

/// The name of the HTTP header and of the stream field.
const TRACEPARENT: &str = "traceparent";

/// OpenTelemetry's own setting: the URL of the collector, such as `http://collector:4318`.
const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

static EXPORT: OnceLock<Export> = OnceLock::new();

struct Export {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
}

/// The span of a request that is being handled in this process.
pub struct Trace {
    context: Context,
}

/// Starts the export if it is configured. Returns an error in the settings, to be logged.
pub(crate) fn init(service: &str) -> Option<String> {
    std::env::var_os(ENDPOINT).filter(|endpoint| !endpoint.is_empty())?;
    let exporter = match SpanExporter::builder().with_http().build() {
        Ok(exporter) => exporter,
        Err(error) => return Some(error.to_string()),
    };
    let mut resource = Resource::builder();
    if std::env::var_os("OTEL_SERVICE_NAME").is_none() {
        resource = resource.with_service_name(service.to_owned());
    }
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(resource.build())
        .build();
    let tracer = provider.tracer("velox");
    // The first call wins.
    let _ = EXPORT.set(Export { provider, tracer });
    None
}

/// Exports the spans recorded so far; called before the process ends.
pub(crate) fn flush() {
    if let Some(export) = EXPORT.get() {
        // Ignore the error: if the collector is unavailable, the spans are lost.
        let _ = export.provider.force_flush();
    }
}

/// Returns whether traces are exported, so that callers can skip work needed only for traces.
pub fn is_traced() -> bool {
    EXPORT.get().is_some()
}

/// Records a finished span of the request with this `traceparent`.
pub fn record_span(name: &'static str, traceparent: &str, began: SystemTime, ended: SystemTime) {
    let Some(export) = EXPORT.get() else { return };
    let builder = SpanBuilder::from_name(name).with_kind(SpanKind::Consumer).with_start_time(began);
    let parent = parent(traceparent);
    if parent.span().span_context().is_valid() {
        export.tracer.build_with_context(builder, &parent).end_with_timestamp(ended);
    }
}

impl Trace {
    /// Begins the first span of a request, below the sender's `traceparent` if there is one.
    /// Returns `None` if traces are not exported.
    pub fn begin(
        name: impl Into<Cow<'static, str>>,
        traceparent: Option<&str>,
        attributes: Vec<(&'static str, String)>,
    ) -> Option<Self> {
        let export = EXPORT.get()?;
        let attributes = attributes.into_iter().map(|(name, value)| KeyValue::new(name, value));
        let builder =
            SpanBuilder::from_name(name).with_kind(SpanKind::Server).with_attributes(attributes);
        let parent = traceparent.map_or_else(Context::new, parent);
        let span = export.tracer.build_with_context(builder, &parent);
        Some(Self { context: Context::new().with_span(span) })
    }

    /// The `traceparent` for the processes that continue the request.
    pub fn traceparent(&self) -> String {
        let mut carrier = HashMap::new();
        TraceContextPropagator::new().inject_context(&self.context, &mut carrier);
        carrier.remove(TRACEPARENT).unwrap_or_default()
    }

    /// Ends the span with this HTTP status.
    pub fn end(self, status: u16) {
        let span = self.context.span();
        span.set_attribute(KeyValue::new("http.response.status_code", i64::from(status)));
        if status >= 500 {
            span.set_status(Status::error(""));
        }
        span.end();
    }
}

fn parent(traceparent: &str) -> Context {
    let carrier = HashMap::from([(TRACEPARENT.to_owned(), traceparent.to_owned())]);
    // An empty context, so that the current span of this thread is not the parent.
    TraceContextPropagator::new().extract_with_context(&Context::new(), &carrier)
}
