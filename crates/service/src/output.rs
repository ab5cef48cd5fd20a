//! Standard output for logs, which never keeps anybody waiting for long: a service whose logs
//! nobody reads any more goes on, and drops them.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::retry_on_intr;
use std::io::{self, StdoutLock, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// What a pipe takes at once when it says that it takes anything: `PIPE_BUF` of Linux, and more
/// than nearly every line.
const PART_BYTES: usize = 4_096;

/// How long a reader may be busy with something else (ns). Whoever has not read for so long is not
/// waited for again until it does.
const PATIENCE_NS: i64 = 100_000_000;

/// Nobody read when we looked last.
static UNREAD: AtomicBool = AtomicBool::new(false);

/// Each write is one event of the log, which is written or dropped; one that is longer than
/// [`PART_BYTES`] may be cut off.
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
        // Never an error, as of a pipe whose reader has gone: it would be printed to standard error,
        // which may have gone the same way, and that is a panic of whoever logs.
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

/// Whether a write would not have to wait. Where that can't be told, it is tried.
fn takes_more(stdout: &StdoutLock<'_>) -> bool {
    let tv_nsec = if UNREAD.load(Ordering::Relaxed) { 0 } else { PATIENCE_NS };
    let timeout = Timespec { tv_sec: 0, tv_nsec };
    let mut fds = [PollFd::new(stdout, PollFlags::OUT)];
    let takes_more = poll(&mut fds, Some(&timeout)) != Ok(0);
    UNREAD.store(!takes_more, Ordering::Relaxed);
    takes_more
}
