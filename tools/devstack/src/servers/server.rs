use super::error::{ServerError, log_tail};
use super::leash::Leash;
use super::processes::{POLL, Signal, children, is_alive, send, stop_orphan, wait_until};
use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Loading a large append-only file or replaying a long write-ahead log takes time.
const START_PATIENCE: Duration = Duration::from_mins(1);
/// PostgreSQL writes a checkpoint and Redis its append-only file before they end.
const STOP_PATIENCE: Duration = Duration::from_secs(30);
/// A dropped server has nothing to save; it only releases shared memory.
const DROP_PATIENCE: Duration = Duration::from_secs(2);
/// A log larger than this is replaced at the next start.
const LOG_BYTES_MAX: u64 = 16 << 20;

/// The differences between the servers.
pub trait Kind {
    const NAME: &'static str;
    /// The signal that ends the server and keeps its data.
    const STOP: Signal;
    /// The signal that ends the server at once, without writing anything.
    const ABANDON: Signal;
    /// [`Kind::ABANDON`] as an argument of `kill`.
    const ABANDON_NAME: &'static str;
    /// The command that runs the server in the foreground.
    fn command(&self, dir: &Path, port: u16) -> Command;
    /// Reports whether the process `pid` accepts connections, and not another one on the same port.
    fn is_ready(&self, dir: &Path, port: u16, pid: u32) -> bool;
    /// Reports whether a running process is a server of this folder.
    fn is_of(dir: &Path, pid: u32, command_line: &str) -> bool;
}

/// A running Redis or PostgreSQL; see [`RedisServer`](super::RedisServer) and
/// [`PostgresServer`](super::PostgresServer).
///
/// It listens on 127.0.0.1 only, has its own process group, so that Ctrl-C in a terminal does not
/// reach it, and is killed when the value is dropped.
pub struct Server<K: Kind> {
    pub(super) kind: K,
    port: u16,
    dir: PathBuf,
    child: Option<Child>,
    throw_away: Option<(TempDir, Leash)>,
}

impl<K: Kind> Server<K> {
    /// Starts a server that keeps its folder, after stopping an orphan of an earlier run there.
    pub(super) fn launch_in(kind: K, dir: PathBuf, port: u16) -> Result<Self, ServerError> {
        stop_orphan(&dir.join("server.pid"), K::STOP, STOP_PATIENCE, |pid, command_line| {
            K::is_of(&dir, pid, command_line)
        });
        let mut server = Self { kind, port, dir, child: None, throw_away: None };
        server.start()?;
        Ok(server)
    }

    /// Starts a server whose folder is removed with it.
    pub(super) fn throw_away(kind: K, dir: TempDir, port: u16) -> Result<Self, ServerError> {
        let path = dir.path().to_owned();
        let leash = Leash::new(&path, K::ABANDON_NAME)
            .map_err(ServerError::io("run", Path::new("/bin/sh")))?;
        let throw_away = Some((dir, leash));
        let mut server = Self { kind, port, dir: path, child: None, throw_away };
        server.start()?;
        Ok(server)
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The server's pid while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// The path of the server's log.
    pub fn log(&self) -> PathBuf {
        self.dir.join("server.log")
    }

    /// Reports whether the server runs; `false` once its process has ended.
    pub fn is_running(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None)))
    }

    /// Starts a server that was stopped or has died, with the same data on the same port, and waits
    /// until it accepts connections. Does nothing when it is running.
    pub fn start(&mut self) -> Result<(), ServerError> {
        if self.is_running() {
            return Ok(());
        }
        let deadline = Instant::now() + START_PATIENCE;
        retry_while_passing(deadline, || self.try_start(deadline))
    }

    /// Stops the server cleanly, with its data on disk.
    pub fn stop(&mut self) -> Result<(), ServerError> {
        let Some(pid) = self.pid() else { return Ok(()) };
        self.resume();
        send(pid, K::STOP);
        if wait_until(STOP_PATIENCE, || !self.is_running()) {
            self.forget();
            return Ok(());
        }
        self.kill_hard()
    }

    /// [`stop`](Self::stop), then [`start`](Self::start); only the latter if the server has died.
    pub fn restart(&mut self) -> Result<(), ServerError> {
        self.stop()?;
        self.start()
    }

    /// Kills the server and its children with SIGKILL, as in a power cut.
    pub fn kill_hard(&mut self) -> Result<(), ServerError> {
        let Some(pid) = self.pid() else { return Ok(()) };
        // Stopped first, so that it forks no more children after they were listed.
        send(pid, Signal::STOP);
        let family = children(pid);
        send(pid, Signal::KILL);
        for child in &family {
            send(*child, Signal::KILL);
        }
        self.wait()?;
        wait_until(STOP_PATIENCE, || !family.iter().any(|child| is_alive(*child)));
        self.forget();
        Ok(())
    }

    /// Freezes the server and its children: connections stay open, but nothing answers.
    pub fn pause(&self) {
        self.signal_family(Signal::STOP);
    }

    /// Resumes a paused server.
    pub fn resume(&self) {
        self.signal_family(Signal::CONT);
    }

    fn signal_family(&self, signal: Signal) {
        if let Some(pid) = self.pid() {
            send(pid, signal);
            for child in children(pid) {
                send(child, signal);
            }
        }
    }

    fn try_start(&mut self, deadline: Instant) -> Result<(), ServerError> {
        let (log, log_start) = self.open_log()?;
        let mut command = self.kind.command(&self.dir, self.port);
        let errors = log.try_clone().map_err(ServerError::io("open", &self.log()))?;
        // In English, because errors are recognised by their text.
        command.env("LC_ALL", "C").stdin(Stdio::null()).stdout(log).stderr(errors).process_group(0);
        let program = PathBuf::from(command.get_program());
        let child = command.spawn().map_err(ServerError::io("run", &program))?;
        let pid = child.id();
        self.child = Some(child);
        if let Some((_, leash)) = &mut self.throw_away {
            leash.hold(Some(pid));
        }
        let pid_file = self.dir.join("server.pid");
        fs::write(&pid_file, format!("{pid}\n")).map_err(ServerError::io("write", &pid_file))?;
        self.wait_ready(pid, log_start, deadline)
    }

    fn wait_ready(
        &mut self,
        pid: u32,
        log_start: u64,
        deadline: Instant,
    ) -> Result<(), ServerError> {
        while !self.kind.is_ready(&self.dir, self.port, pid) {
            if !self.is_running() {
                return Err(self.ended(log_start));
            }
            if Instant::now() >= deadline {
                let _ = self.kill_hard();
                return Err(ServerError::NotReady {
                    server: K::NAME,
                    port: self.port,
                    seconds: START_PATIENCE.as_secs(),
                    log: self.log(),
                    tail: log_tail(&self.log(), log_start),
                });
            }
            sleep(POLL);
        }
        Ok(())
    }

    fn ended(&mut self, log_start: u64) -> ServerError {
        let tail = log_tail(&self.log(), log_start);
        let status = match self.wait() {
            Ok(status) => status,
            Err(error) => return error,
        };
        self.forget();
        if tail.contains("Address already in use") {
            return ServerError::PortInUse { server: K::NAME, port: self.port };
        }
        ServerError::Exited { server: K::NAME, status, log: self.log(), tail }
    }

    fn open_log(&self) -> Result<(File, u64), ServerError> {
        let path = self.log();
        let size = || fs::metadata(&path).map_or(0, |log| log.len());
        if size() > LOG_BYTES_MAX {
            let old = path.with_extension("log.old");
            fs::rename(&path, &old).map_err(ServerError::io("rename", &path))?;
        }
        let log = File::options().create(true).append(true).open(&path);
        Ok((log.map_err(ServerError::io("open", &path))?, size()))
    }

    fn wait(&mut self) -> Result<std::process::ExitStatus, ServerError> {
        let child = self.child.as_mut().expect("only a server that was started is waited for");
        child.wait().map_err(ServerError::io("wait for", Path::new(K::NAME)))
    }

    /// Forgets the process: it is gone, and its pid may be reused.
    fn forget(&mut self) {
        self.child = None;
        let _ = fs::remove_file(self.dir.join("server.pid"));
        if let Some((_, leash)) = &mut self.throw_away {
            leash.hold(None);
        }
    }
}

/// Retries while children of a killed PostgreSQL hold its shared memory: no other reason for a
/// failed start passes by itself.
pub(super) fn retry_while_passing<T>(
    deadline: Instant,
    mut attempt: impl FnMut() -> Result<T, ServerError>,
) -> Result<T, ServerError> {
    loop {
        match attempt() {
            Err(ServerError::Exited { tail, .. })
                if tail.contains("shared memory block") && Instant::now() < deadline =>
            {
                sleep(POLL);
            }
            result => return result,
        }
    }
}

impl<K: Kind> Drop for Server<K> {
    fn drop(&mut self) {
        if let Some(pid) = self.pid() {
            self.resume();
            send(pid, K::ABANDON);
            if !wait_until(DROP_PATIENCE, || !self.is_running()) {
                let _ = self.kill_hard();
            }
            self.forget();
        }
    }
}
