//! The processor time of the measuring thread: on a shared machine, wall-clock time mostly measures
//! the load of others.

use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// Returns the median processor time of `rounds` rounds of work, each on a fresh input; creating
/// and dropping the input does not count.
pub fn median<T>(
    rounds: usize,
    mut prepare: impl FnMut() -> T,
    mut work: impl FnMut(&mut T),
) -> Duration {
    let mut times: Vec<Duration> = (0..rounds)
        .map(|_| {
            let mut input = prepare();
            time_of(|| work(&mut input))
        })
        .collect();
    times.sort_unstable();
    times[rounds / 2]
}

/// Returns the processor time of `work`.
pub fn time_of(work: impl FnOnce()) -> Duration {
    let start = processor_time();
    work();
    processor_time().checked_sub(start).expect("processor time counts up")
}

fn processor_time() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    let whole = Duration::from_secs(now.tv_sec.try_into().expect("a clock that counts up"));
    whole + Duration::from_nanos(now.tv_nsec.try_into().expect("less than a second"))
}
