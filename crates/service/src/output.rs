//! Standard output for logs that does not block for long: when the logs are no longer read, the
//! service drops them and continues.
//!
//! The thread that logs also writes, so that the lines before an abort or a kill are out. A writer
//! on a thread of its own, such as `tracing-appender`, loses the last ones.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::retry_on_intr;
use std::io::{self, StdoutLock, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// The bytes that a pipe reported as writable takes without blocking: `PIPE_BUF` of Linux, longer
/// than nearly every line.
const PART_BYTES: usize = 4_096;

/// The longest wait for a busy reader (ns). After that, writes do not wait again until the reader
/// has read.
const PATIENCE_NS: i64 = 100_000_000;

/// Set when the last write found that the output was not being read.
static UNREAD: AtomicBool = AtomicBool::new(false);

/// A writer of log events: each write is one event, which is written or dropped; an event longer
/// than [`PART_BYTES`] may be cut off.
pub struct Output;

impl Write for Output {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let stdout = io::stdout().lock();
        for part in event.chunks(PART_BYTES) {
            if !takes_more(&stdout) || write_all(&stdout, part).is_err() {
                metrics::counter!("velox_log_events_dropped_total").increment(1);
                break;
            }
        }
        // Never an error, not even for a closed pipe: tracing would print it to standard error,
        // which may be closed too, and that would panic in the code that logs.
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write_all(stdout: &StdoutLock<'_>, mut rest: &[u8]) -> io::Result<()> {
    while !rest.is_empty() {
        let count = retry_on_intr(|| rustix::io::write(stdout, rest))?;
        rest = &rest[count..];
    }
    Ok(())
}

/// Returns whether a write would not block, or `true` where polling fails.
fn takes_more(stdout: &StdoutLock<'_>) -> bool {
    let tv_nsec = if UNREAD.load(Ordering::Relaxed) { 0 } else { PATIENCE_NS };
    let timeout = Timespec { tv_sec: 0, tv_nsec };
    let mut fds = [PollFd::new(stdout, PollFlags::OUT)];
    let takes_more = poll(&mut fds, Some(&timeout)) != Ok(0);
    UNREAD.store(!takes_more, Ordering::Relaxed);
    takes_more
}
