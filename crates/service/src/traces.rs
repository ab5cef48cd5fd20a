//! One request's way through several processes, for those who collect it with OpenTelemetry.
//!
//! Off unless `OTEL_EXPORTER_OTLP_ENDPOINT` is set; then nothing here costs more than a look at a
//! flag. The parts of an order begin and end in different processes, at moments that are known when
//! they are over: they are recorded as such, and the log's own spans have nothing to do with it,
//! whatever `RUST_LOG` says. From process to process goes what W3C calls a `traceparent`.

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

/// The field's name, in HTTP and in streams.
const TRACEPARENT: &str = "traceparent";

/// OpenTelemetry's own setting: where the collector takes spans, as `http://collector:4318`.
const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

static EXPORT: OnceLock<Export> = OnceLock::new();

struct Export {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
}

/// A part of a request that has begun in this process.
pub struct Trace {
    context: Context,
}

/// Begins to export, if that is wanted. What is wrong with the settings is given back, to be logged.
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
    // Whoever came first exports.
    let _ = EXPORT.set(Export { provider, tracer });
    None
}

/// Hands over what is recorded so far: the process is about to end.
pub(crate) fn flush() {
    if let Some(export) = EXPORT.get() {
        // The collector is away: there is nobody to hand it to.
        let _ = export.provider.force_flush();
    }
}

/// Whether anybody collects. What is only needed for that can be left out where nobody does.
pub fn is_traced() -> bool {
    EXPORT.get().is_some()
}

/// Records a part that is over, of the request with this `traceparent`.
pub fn record_span(name: &'static str, traceparent: &str, began: SystemTime, ended: SystemTime) {
    let Some(export) = EXPORT.get() else { return };
    let builder = SpanBuilder::from_name(name).with_kind(SpanKind::Consumer).with_start_time(began);
    let parent = parent(traceparent);
    if parent.span().span_context().is_valid() {
        export.tracer.build_with_context(builder, &parent).end_with_timestamp(ended);
    }
}

impl Trace {
    /// The first part in our hands of a request, which its sender may have named already. Nothing
    /// where nobody collects.
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

    /// For those who go on with the request.
    pub fn traceparent(&self) -> String {
        let mut carrier = HashMap::new();
        TraceContextPropagator::new().inject_context(&self.context, &mut carrier);
        carrier.remove(TRACEPARENT).unwrap_or_default()
    }

    /// It is over, with this HTTP status.
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
    // In an empty context: what this thread happens to be at does not matter.
    TraceContextPropagator::new().extract_with_context(&Context::new(), &carrier)
}
