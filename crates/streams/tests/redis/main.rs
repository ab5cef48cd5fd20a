//! Tests against real servers, one per test.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod backlog;
mod cluster;
mod commands;
mod desk;
mod group;
mod group_retries;
mod heartbeat;
mod lease;
mod log;
mod outages;
mod pubsub;
mod quota;
mod request;
mod schedule;
mod survey;
mod tls;
mod tracking;
mod trim;
mod versions;
mod windows;
