use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Kept for what a process opens besides connections of clients: its connections to Redis and
/// PostgreSQL, files, metrics.
const RESERVE_MIN: usize = 64;

/// The share of all files that is kept where the reserve above is less.
const RESERVE_SHARE: usize = 8;

/// Assumed where the system knows no limit.
const UNLIMITED: usize = 1 << 20;

/// The number of files, connections among them, that this process may have open at once.
#[derive(Clone, Copy, Debug)]
pub struct FileLimit(usize);

impl FileLimit {
    /// Raises the process's limit (`RLIMIT_NOFILE`) to the highest that it may set itself: the
    /// default of many systems is 1,024 for the sake of programs that use `select(2)`.
    pub fn raise() -> Self {
        let limit = getrlimit(Resource::Nofile);
        let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
        let current = match setrlimit(Resource::Nofile, raised) {
            Ok(()) => limit.maximum,
            Err(error) => {
                tracing::debug!(%error, "the limit of open files can't be raised");
                limit.current
            }
        };
        let open_max = current.and_then(|files| usize::try_from(files).ok());
        Self(open_max.unwrap_or(UNLIMITED).min(UNLIMITED))
    }

    /// How many of them may be connections of clients; at least one.
    pub const fn connections_max(self) -> usize {
        let share = self.0 / RESERVE_SHARE;
        let reserve = if share > RESERVE_MIN { share } else { RESERVE_MIN };
        let connections = self.0.saturating_sub(reserve);
        if connections == 0 { 1 } else { connections }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_the_files_is_kept_for_everything_else() {
        for (files, connections) in [(0, 1), (64, 1), (100, 36), (1_024, 896), (8_192, 7_168)] {
            assert_eq!(FileLimit(files).connections_max(), connections, "{files}");
        }
    }
}
