use std::time::Duration;

/// How entries are gathered before they are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batching {
    /// So many are stored at once.
    pub len: usize,
    /// Fewer are stored when the first of them has waited so long; zero: at once.
    pub wait: Duration,
    /// More than `len` are stored together, up to this, when so many are there: a worker that lags
    /// catches up.
    pub len_max: usize,
}

/// Who a worker is in its group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// Its name, kept across restarts: what it left unacknowledged comes back to it at once.
    pub consumer: String,
    /// After how long another member's unacknowledged entries are taken over.
    pub claim_idle: Duration,
}
