//! Measures all of Velox on this machine: the latency and throughput of orders over HTTP, the rate
//! at which the engine reads ticks through Redis, and the delay of a liquidation's notification.
//!
//! `cargo bench -p testkit --bench end_to_end` accepts words of row titles (`replay`, `clients`) to
//! measure only those. Servers, services and load share the machine's cores.

#![allow(clippy::unwrap_used, reason = "a benchmark ends by panicking")]
#![allow(clippy::cast_precision_loss, reason = "counts are shown, not computed with")]

mod bots;
mod floor;
mod liquidations;
mod orders;
mod ticks;

use testkit::report::Report;

#[tokio::main]
async fn main() {
    let report = Report::start("Through HTTP, Redis and the engine");
    orders::one_client(&report).await;
    orders::many_clients(&report).await;
    bots::measure(&report).await;
    ticks::measure(&report).await;
    liquidations::measure(&report).await;
}
