//! The monitoring endpoints of a service, for operators and Prometheus.

use crate::listening::listen_on_each;
use crate::metric::{Metric, describe};
use crate::{Health, MetricsArgs, sampling};
use anyhow::Context as _;
use axum::http::{StatusCode, header::CONTENT_TYPE};
use axum::{Router, routing::get};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The content type that Prometheus expects; newer versions require it.
const EXPOSITION_FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The interval at which recorded durations are folded into their buckets. Otherwise they would
/// pile up if nothing scrapes the service.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// The bucket bounds of every duration (s): from one engine step to a request that times out.
const DURATION_BUCKETS_S: [f64; 18] = [
    0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025,
    0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
];

/// The bucket bounds of every count of entries: from one to the largest batch.
const ENTRIES_BUCKETS: [f64; 10] =
    [1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 500.0, 1_000.0, 5_000.0];

const METRICS: &[Metric] = &[
    Metric::gauge("velox_build_info", "Always 1; labelled with the service's name and version.")
        .by("service", &[]),
    Metric::gauge("velox_ready", "1 if the service is ready, as /readyz reports."),
    Metric::counter(
        "velox_log_events_dropped_total",
        "Log events dropped because standard output was not read.",
    ),
];

/// Serves `/metrics`, `/healthz` and `/readyz` until `shutdown`, and returns the address.
///
/// Call it first: metrics recorded before this call are lost.
///
/// # Errors
/// When the port can't be bound.
pub async fn serve_metrics<const PORT: u16>(
    args: &MetricsArgs<PORT>,
    health: Health,
    shutdown: CancellationToken,
) -> anyhow::Result<SocketAddr> {
    let (host, port) = (args.metrics_host.as_str(), args.metrics_port);
    let (listener, second) = listen_on_each(host, port, "METRICS_PORT")?;
    let address = listener.local_addr().context("a bound socket has an address")?;
    let recorder = recorder()?;
    describe_process();

    let routes = routes(recorder.clone(), health);
    for listener in [Some(listener), second].into_iter().flatten() {
        let (routes, stopped) = (routes.clone(), shutdown.clone().cancelled_owned());
        tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, routes).with_graceful_shutdown(stopped).await
            {
                tracing::error!(%error, "metrics are no longer served");
            }
        });
    }
    tokio::spawn(shutdown.run_until_cancelled_owned(async move {
        let mut interval = tokio::time::interval(UPKEEP_INTERVAL);
        loop {
            interval.tick().await;
            recorder.run_upkeep();
        }
    }));
    tracing::info!(metrics.address = %address, "serving metrics and health");
    Ok(address)
}

fn routes(recorder: PrometheusHandle, health: Health) -> Router {
    let scraped = health.clone();
    Router::new()
        .route(
            "/metrics",
            get(move || async move {
                let is_ready = scraped.not_ready_reason().is_none();
                metrics::gauge!("velox_ready").set(u32::from(is_ready));
                sampling::take();
                ([(CONTENT_TYPE, EXPOSITION_FORMAT)], recorder.render())
            }),
        )
        .route("/healthz", get(|| async { "alive\n" }))
        .route(
            "/readyz",
            get(move || async move {
                match health.not_ready_reason() {
                    None => (StatusCode::OK, ready(&health)),
                    Some(reason) => (StatusCode::SERVICE_UNAVAILABLE, format!("{reason}\n")),
                }
            }),
        )
}

fn ready(health: &Health) -> String {
    let mut text = health
        .purpose()
        .map_or_else(|| "ready\n".to_owned(), |purpose| format!("ready to {purpose}\n"));
    for remark in health.remarks() {
        text.push_str(&remark);
        text.push('\n');
    }
    text
}

/// Returns the process's only recorder, which several services in one test process share.
fn recorder() -> anyhow::Result<PrometheusHandle> {
    static RECORDER: Mutex<Option<PrometheusHandle>> = Mutex::new(None);

    let mut slot = RECORDER.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(recorder) = slot.as_ref() {
        return Ok(recorder.clone());
    }
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &DURATION_BUCKETS_S)?
        .set_buckets_for_metric(Matcher::Suffix("_entries".to_owned()), &ENTRIES_BUCKETS)?
        .install_recorder()?;
    sampling::sample_process();
    Ok(slot.insert(recorder).clone())
}

/// The name of the service: that of its binary.
pub fn service_name() -> String {
    std::env::current_exe()
        .ok()
        .and_then(|path| Some(path.file_stem()?.to_string_lossy().into_owned()))
        .unwrap_or_default()
}

fn describe_process() {
    describe(METRICS);
    let labels = [("service", service_name()), ("version", env!("CARGO_PKG_VERSION").to_owned())];
    metrics::gauge!("velox_build_info", &labels).set(1);
}
