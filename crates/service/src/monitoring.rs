//! What operators and Prometheus ask of a running service.

use crate::{Health, MetricsArgs};
use anyhow::Context as _;
use axum::{Router, http::StatusCode, routing::get};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How often recorded durations are folded into their buckets. Without it they would pile up where
/// nobody scrapes.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// Bucket bounds of every duration: from an engine's step to a request that times out.
const DURATION_BUCKETS_S: [f64; 16] = [
    0.000_01, 0.000_05, 0.000_1, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
    1.0, 2.5, 5.0,
];

/// Serves `/metrics`, `/healthz` and `/readyz` until `shutdown`, and returns the address.
///
/// Metrics that are recorded before this call are lost: call it first.
///
/// # Errors
/// When the port can't be bound.
pub async fn serve_metrics<const PORT: u16>(
    args: &MetricsArgs<PORT>,
    health: Health,
    shutdown: CancellationToken,
) -> anyhow::Result<SocketAddr> {
    let (host, port) = (args.metrics_host.as_str(), args.metrics_port);
    let listener = TcpListener::bind((host, port)).await.with_context(|| {
        format!("metrics can't be served on {host}:{port}; set METRICS_PORT to a free port")
    })?;
    let address = listener.local_addr().context("a bound socket has an address")?;
    let recorder = recorder()?;
    describe_process();

    let routes = routes(recorder.clone(), health);
    let stopped = shutdown.clone().cancelled_owned();
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, routes).with_graceful_shutdown(stopped).await {
            tracing::error!(%error, "metrics are no longer served");
        }
    });
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
    Router::new()
        .route("/metrics", get(move || async move { recorder.render() }))
        .route("/healthz", get(|| async { "alive\n" }))
        .route(
            "/readyz",
            get(move || async move {
                match health.not_ready_reason() {
                    None => (StatusCode::OK, ready(health.purpose())),
                    Some(reason) => (StatusCode::SERVICE_UNAVAILABLE, format!("{reason}\n")),
                }
            }),
        )
}

fn ready(purpose: Option<String>) -> String {
    purpose.map_or_else(|| "ready\n".to_owned(), |purpose| format!("ready to {purpose}\n"))
}

/// The process's recorder: there can be one, though tests run several services in a process.
fn recorder() -> anyhow::Result<PrometheusHandle> {
    static RECORDER: Mutex<Option<PrometheusHandle>> = Mutex::new(None);

    let mut slot = RECORDER.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(recorder) = slot.as_ref() {
        return Ok(recorder.clone());
    }
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &DURATION_BUCKETS_S)?
        .install_recorder()?;
    Ok(slot.insert(recorder).clone())
}

fn describe_process() {
    let service = std::env::current_exe()
        .ok()
        .and_then(|path| Some(path.file_stem()?.to_string_lossy().into_owned()))
        .unwrap_or_default();
    let labels = [("service", service), ("version", env!("CARGO_PKG_VERSION").to_owned())];
    metrics::gauge!("velox_build_info", &labels).set(1);
    let started = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    metrics::gauge!("velox_start_time_seconds").set(started.as_secs_f64());
}
