//! The metrics of one shard: with its label, if it has a tag.

use messages::{Shard, Shards};
use metrics::{Counter, Gauge, Histogram, Label, SharedString};
use service::Metric;
use std::cell::Cell;

thread_local! {
    /// The shard whose loop runs on this thread.
    static SHARD: Cell<Option<Shard>> = const { Cell::new(None) };
}

/// Returns whether the metrics of this thread have the label of a shard.
pub fn is_tagged() -> bool {
    SHARD.get().is_some_and(Shard::is_tagged)
}

/// Registers metrics. Those of shards that have tags begin with the first value of each shard: a value
/// without a shard would count as that of another one.
pub fn describe(metrics: &[Metric], shards: Shards) {
    if shards.is_tagged() {
        service::explain(metrics);
    } else {
        service::describe(metrics);
    }
}

/// Records the number of shards of the deployment.
pub fn deployed(shards: Shards) {
    metrics::gauge!("velox_engine_shards").set(u32::from(shards.count()));
}

/// Labels all metrics of this thread with a shard, if it has a tag. Called before any of them is used.
pub fn belongs_to(shard: Shard) {
    SHARD.set(Some(shard));
}

/// Returns the labels of a metric: that of a shard with a tag, and others.
pub fn labels_of(
    shard: Option<Shard>,
    others: impl IntoIterator<Item = (&'static str, SharedString)>,
) -> Vec<Label> {
    let shard = shard.filter(|shard| shard.is_tagged());
    let shard = shard.map(|shard| Label::new("shard", shard.number().to_string()));
    shard
        .into_iter()
        .chain(others.into_iter().map(|(name, value)| Label::new(name, value)))
        .collect()
}

/// Returns the labels of a metric of this thread's shard.
fn labels(more: Option<(&'static str, SharedString)>) -> Vec<Label> {
    labels_of(SHARD.get(), more)
}

pub fn counter(name: &'static str, label: Option<(&'static str, SharedString)>) -> Counter {
    metrics::counter!(name, labels(label))
}

pub fn gauge(name: &'static str, label: Option<(&'static str, SharedString)>) -> Gauge {
    metrics::gauge!(name, labels(label))
}

pub fn histogram(name: &'static str, label: Option<(&'static str, SharedString)>) -> Histogram {
    metrics::histogram!(name, labels(label))
}
