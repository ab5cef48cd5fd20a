//! Inspects and signals processes, which need not be children of this one.

pub use rustix::process::Signal;
use rustix::process::{Pid, kill_process, test_kill_process};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The polling interval.
pub(super) const POLL: Duration = Duration::from_millis(10);

/// Sends a signal; does nothing when the process is gone.
pub fn send(pid: u32, signal: Signal) {
    if let Some(pid) = to_pid(pid) {
        let _ = kill_process(pid, signal);
    }
}

/// Reports whether the process runs; a zombie does not.
pub fn is_alive(pid: u32) -> bool {
    let Some(target) = to_pid(pid) else { return false };
    match test_kill_process(target) {
        Ok(()) | Err(rustix::io::Errno::PERM) => stat(pid).is_none_or(|(state, _)| state != 'Z'),
        Err(_) => false,
    }
}

/// The command line with spaces between its arguments; empty when there is no such process.
pub fn command_line(pid: u32) -> String {
    if let Ok(raw) = fs::read(format!("/proc/{pid}/cmdline")) {
        return String::from_utf8_lossy(&raw).replace('\0', " ").trim().to_owned();
    }
    let output = Command::new("ps").args(["-o", "command=", "-p", &pid.to_string()]).output();
    output.map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned()).unwrap_or_default()
}

/// Stops the process that an earlier run left behind and named in `pid_file`, if it still runs and
/// `is_ours` recognises it by pid and command line; the pid may have been reused. Returns its pid
/// if it had to be stopped.
pub fn stop_orphan(
    pid_file: &Path,
    signal: Signal,
    patience: Duration,
    is_ours: impl Fn(u32, &str) -> bool,
) -> Option<u32> {
    let text = fs::read_to_string(pid_file).ok()?;
    let pid: u32 = text.lines().next()?.trim().parse().ok()?;
    if !is_alive(pid) || !is_ours(pid, &command_line(pid)) {
        return None;
    }
    send(pid, Signal::CONT);
    send(pid, signal);
    if !wait_until(patience, || !is_alive(pid)) {
        send(pid, Signal::KILL);
        wait_until(patience, || !is_alive(pid));
    }
    Some(pid)
}

/// Waits for a condition; returns whether it became true in time.
pub fn wait_until(patience: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + patience;
    loop {
        if condition() {
            return true;
        }
        if Instant::now() >= deadline {
            return false;
        }
        sleep(POLL);
    }
}

/// The direct children of a process. Empty where there is no `/proc`.
pub(super) fn children(parent: u32) -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| stat(*pid).is_some_and(|(_, of)| of == parent)).collect()
}

/// The processor time that a process has used so far; `None` where there is no `/proc`.
pub fn processor_time(pid: u32) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = stat[stat.rfind(')')? + 1..].split_whitespace().collect();
    // `utime` and `stime`, in ticks; Linux reports a hundred a second to all programs.
    let ticks = |n: usize| fields.get(n)?.parse::<u64>().ok();
    Some(Duration::from_millis((ticks(11)? + ticks(12)?) * 10))
}

/// The state letter and the parent of a process, from `/proc`.
fn stat(pid: u32) -> Option<(char, u32)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the program's name in brackets and may contain anything.
    let mut fields = stat[stat.rfind(')')? + 1..].split_whitespace();
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}

fn to_pid(pid: u32) -> Option<Pid> {
    Pid::from_raw(i32::try_from(pid).ok()?)
}
