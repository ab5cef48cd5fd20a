//! Saying what a metric is, once, where it is counted.

/// A metric: its name, its kind, and what it tells an operator.
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
    /// Those that are known beforehand.
    values: &'static [&'static str],
}

impl Metric {
    /// Something that only grows; its name ends with `_total`.
    pub const fn counter(name: &'static str, help: &'static str) -> Self {
        Self { name, kind: Kind::Counter, help, label: None }
    }

    /// Something that comes and goes.
    pub const fn gauge(name: &'static str, help: &'static str) -> Self {
        Self { name, kind: Kind::Gauge, help, label: None }
    }

    /// Something that is measured again and again; buckets are chosen by the end of its name.
    pub const fn histogram(name: &'static str, help: &'static str) -> Self {
        Self { name, kind: Kind::Histogram, help, label: None }
    }

    /// One for each of these values. Where they are not known beforehand, none.
    #[must_use]
    pub const fn by(mut self, name: &'static str, values: &'static [&'static str]) -> Self {
        self.label = Some(Label { name, values });
        self
    }

    /// What an order waits for, by stage: told by the services that each see some of them.
    pub const fn order_stages(stages: &'static [&'static str]) -> Self {
        Self::histogram(
            "velox_order_stage_seconds",
            "What each stage of an order takes. gateway: the whole HTTP request; append: until Redis \
             has it; stream: until the engine reads it, to the millisecond; engine: its batch is \
             applied and written; reply: from append to the answer, stream and engine included.",
        )
        .by("stage", stages)
    }

    /// How far a worker is behind; to be told by worker.
    pub const fn worker_lag() -> Self {
        Self::gauge("velox_worker_lag_entries", "Entries of the stream that are not done with.")
    }

    fn describe(&self) {
        let (name, help) = (self.name, self.help);
        match self.kind {
            Kind::Counter => metrics::describe_counter!(name, help),
            Kind::Gauge => metrics::describe_gauge!(name, help),
            Kind::Histogram => metrics::describe_histogram!(name, help),
        }
        match self.label {
            None => self.begin(Vec::new()),
            Some(Label { name, values }) => {
                for value in values {
                    self.begin(vec![metrics::Label::from_static_parts(name, value)]);
                }
            }
        }
    }

    fn begin(&self, labels: Vec<metrics::Label>) {
        let name = self.name;
        // What has a value already, because it was counted before, keeps it.
        match self.kind {
            Kind::Counter => drop(metrics::counter!(name, labels)),
            Kind::Gauge => drop(metrics::gauge!(name, labels)),
            Kind::Histogram => drop(metrics::histogram!(name, labels)),
        }
    }
}

/// A count as Prometheus takes it, which knows floats only.
#[expect(clippy::cast_precision_loss, reason = "exact far beyond any count here")]
pub const fn count(count: u64) -> f64 {
    count as f64
}

/// Makes metrics known to whoever scrapes, with a value of zero: a rate needs a value before the
/// first event, and an alert one before the first failure.
pub fn describe(metrics: &[Metric]) {
    metrics.iter().for_each(Metric::describe);
}
