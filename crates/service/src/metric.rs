//! Descriptions of metrics, each given once in the crate that records the metric.

/// A metric: its name, kind and help text.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    name: &'static str,
    kind: Kind,
    help: &'static str,
    label: Option<Label>,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Counter,
    Gauge,
    Histogram,
}

#[derive(Clone, Copy, Debug)]
struct Label {
    name: &'static str,
    /// The values known in advance.
    values: &'static [&'static str],
}

impl Metric {
    /// A value that only grows; its name ends with `_total`.
    pub const fn counter(name: &'static str, help: &'static str) -> Self {
        Self { name, kind: Kind::Counter, help, label: None }
    }

    /// A value that can go up and down.
    pub const fn gauge(name: &'static str, help: &'static str) -> Self {
        Self { name, kind: Kind::Gauge, help, label: None }
    }

    /// A distribution of measurements; the suffix of its name selects the buckets.
    pub const fn histogram(name: &'static str, help: &'static str) -> Self {
        Self { name, kind: Kind::Histogram, help, label: None }
    }

    /// Labels the metric, with one series for each value known in advance.
    #[must_use]
    pub const fn by(mut self, name: &'static str, values: &'static [&'static str]) -> Self {
        self.label = Some(Label { name, values });
        self
    }

    /// The time an order spends in each stage; each service records the stages that it sees.
    pub const fn order_stages(stages: &'static [&'static str]) -> Self {
        Self::histogram(
            "velox_order_stage_seconds",
            "Time spent in each stage of an order. gateway: the whole HTTP request; append: until \
             Redis has the order; stream: until the engine reads it, to the millisecond; engine: \
             applying and writing its batch; reply: from append to the response, including stream \
             and engine.",
        )
        .by("stage", stages)
    }

    /// A worker's lag, to be labelled with the worker.
    pub const fn worker_lag() -> Self {
        Self::gauge("velox_worker_lag_entries", "Entries of the stream not acknowledged yet.")
    }

    fn explain(&self) {
        let (name, help) = (self.name, self.help);
        match self.kind {
            Kind::Counter => metrics::describe_counter!(name, help),
            Kind::Gauge => metrics::describe_gauge!(name, help),
            Kind::Histogram => metrics::describe_histogram!(name, help),
        }
    }

    fn describe(&self) {
        self.explain();
        match self.label {
            None => self.begin(Vec::new()),
            Some(Label { name, values }) => {
                for value in values {
                    self.begin(vec![metrics::Label::from_static_parts(name, value)]);
                }
            }
        }
    }

    /// Starts the series of a value that was not known in advance.
    fn begin_for(&self, label: &str, value: &str) {
        if let Some(Label { name, .. }) = self.label.filter(|known| known.name == label) {
            self.begin(vec![metrics::Label::new(name, value.to_owned())]);
        }
    }

    fn begin(&self, labels: Vec<metrics::Label>) {
        let name = self.name;
        // A series that was recorded before keeps its value.
        match self.kind {
            Kind::Counter => drop(metrics::counter!(name, labels)),
            Kind::Gauge => drop(metrics::gauge!(name, labels)),
            Kind::Histogram => drop(metrics::histogram!(name, labels)),
        }
    }
}

/// Converts a count to a float, the only number type of Prometheus.
#[expect(clippy::cast_precision_loss, reason = "exact far beyond any count here")]
pub const fn count(count: u64) -> f64 {
    count as f64
}

/// Starts the series of a new value of a label, such as a new instrument, in every metric that has
/// the label.
pub fn begin(metrics: &[Metric], label: &str, value: &str) {
    for metric in metrics {
        metric.begin_for(label, value);
    }
}

/// Registers metrics for scraping, with a value of zero: a rate needs a value before the first
/// event, and an alert one before the first failure.
pub fn describe(metrics: &[Metric]) {
    metrics.iter().for_each(Metric::describe);
}

/// Registers metrics for scraping without any series, for one whose series have labels of their own.
pub fn explain(metrics: &[Metric]) {
    metrics.iter().for_each(Metric::explain);
}
