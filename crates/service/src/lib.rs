#![doc = include_str!("../README.md")]

mod health;
mod monitoring;
mod output;
mod settings;
mod shutdown;
mod tracing_output;

pub use health::Health;
pub use monitoring::serve_metrics;
pub use settings::{DatabaseArgs, MetricsArgs, RedisArgs};
pub use shutdown::shutdown_signal;
pub use tracing_output::init_tracing;
