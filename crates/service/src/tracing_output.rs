//! Setup of the logs.

use crate::monitoring::service_name;
use crate::output::Output;
use crate::traces;
use std::io::{self, IsTerminal as _};
use tracing_subscriber::EnvFilter;

/// Starts logging to standard output, one event per line.
///
/// `RUST_LOG` filters the events (`info` when unset; `warn,price_poller=debug` and the like).
/// `LOG_FORMAT` is `pretty` for people, the default, or `json` for machines. Events that are not
/// read are dropped and counted in `velox_log_events_dropped_total`.
///
/// If `OTEL_EXPORTER_OTLP_ENDPOINT` is set, this also starts the export of traces; the SDK's other
/// `OTEL_…` settings apply as well.
///
/// # Panics
/// When called twice.
pub fn init_tracing() {
    let filter = std::env::var("RUST_LOG").unwrap_or_default();
    let (filter, problem) = match EnvFilter::try_new(&filter) {
        _ if filter.is_empty() => (EnvFilter::new("info"), None),
        Ok(filter) => (filter, None),
        Err(error) => (EnvFilter::new("info"), Some(error)),
    };
    let format = std::env::var("LOG_FORMAT").unwrap_or_default();
    let output = tracing_subscriber::fmt().with_env_filter(filter).with_writer(|| Output);
    if format == "json" {
        output.json().flatten_event(true).init();
    } else {
        output.with_ansi(io::stdout().is_terminal()).init();
    }
    if let Some(error) = problem {
        tracing::warn!(%error, "RUST_LOG can't be parsed; logging at level info");
    }
    if let Some(error) = traces::init(&service_name()) {
        tracing::warn!(error, "traces are not exported; see OTEL_EXPORTER_OTLP_ENDPOINT");
    }
    if !matches!(format.as_str(), "" | "pretty" | "json") {
        tracing::warn!(format, "LOG_FORMAT is neither pretty nor json; logging as pretty");
    }
}
