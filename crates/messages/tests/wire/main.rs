//! Messages as they are on the wire.
#![allow(
    clippy::unwrap_used,
    clippy::wildcard_imports,
    reason = "a test fails by panicking, and uses most messages"
)]

mod examples;
mod golden;
mod hostile;
mod order_examples;
mod round_trip;
