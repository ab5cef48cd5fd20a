//! What operators see: metrics, dashboards, alerts, traces, and why a service is not ready.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod collector;
mod live;
mod metrics;
mod monitoring;
mod pooler;
mod promtool;
mod readiness;
mod traces;
