//! What operators see: metrics, dashboards, alerts, and why a service is not ready.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod live;
mod metrics;
mod monitoring;
mod promtool;
mod readiness;
