#![doc = include_str!("../README.md")]

mod database;
mod health;
mod listening;
mod metric;
mod monitoring;
mod output;
mod pooler;
mod runtime;
mod sampling;
mod secret;
mod settings;
mod shutdown;
mod traces;
mod tracing_output;

pub use database::{DatabaseNeed, watch_database};
pub use health::Health;
pub use listening::listen;
pub use metric::{Metric, begin, count, describe, explain};
pub use monitoring::serve_metrics;
pub use pooler::pooler_problem;
pub use runtime::runtime;
pub use sampling::note_database_error;
pub use secret::secret;
pub use settings::{DatabaseArgs, MetricsArgs, RedisArgs};
pub use shutdown::shutdown_signal;
pub use traces::{Trace, is_traced, record_span};
pub use tracing_output::init_tracing;
