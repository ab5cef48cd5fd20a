//! Tests of what operators use: metrics, dashboards, alerts, traces and readiness.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod collector;
mod live;
mod metrics;
mod monitoring;
mod pooler;
mod promtool;
mod readiness;
mod traces;
