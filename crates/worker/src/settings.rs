use std::time::Duration;

/// The size and age at which a batch is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batching {
    /// The number of entries that make a batch due.
    pub len: usize,
    /// The age of its first entry that makes a smaller batch due; zero stores at once.
    pub wait: Duration,
    /// The most entries stored together. Above `len`, it lets a lagging worker catch up.
    pub len_max: usize,
}

/// A worker's identity in its consumer group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The consumer name, kept across restarts: Redis redelivers its unacknowledged entries at
    /// once.
    pub consumer: String,
    /// The idle time after which another member's unacknowledged entries are claimed.
    pub claim_idle: Duration,
}
