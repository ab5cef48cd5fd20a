//! Starts services, shows their logs, restarts them when they end, and stops them in order.

use crate::services::{SERVICES, Service};
use crate::stop::StopRequests;
use anyhow::{Context as _, Result};
use devstack::servers::processes::{Signal, send};
use std::fs;
use std::io::{BufRead as _, BufReader, IsTerminal as _, Read, Write as _};
use std::net::TcpStream;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const POLL: Duration = Duration::from_millis(50);

/// The first delay before a service is restarted. It doubles with each restart, and is reset after
/// the service has run for a while.
const BACKOFF_MIN: Duration = Duration::from_millis(200);
const BACKOFF_MAX: Duration = Duration::from_secs(10);
const HEALTHY_AFTER: Duration = Duration::from_secs(30);

/// The time that a service may take to stop before it is killed.
const STOP_PATIENCE: Duration = Duration::from_secs(12);

/// The time that services may take to become ready before that is reported.
const READY_PATIENCE: Duration = Duration::from_mins(1);

const PROBE_TIMEOUT: Duration = Duration::from_secs(1);

/// The parameters for starting a service and probing its readiness.
pub struct Launch {
    pub binary: PathBuf,
    pub pid_file: PathBuf,
    pub metrics_port: u16,
    pub environment: Vec<(String, String)>,
}

/// The running services.
pub struct Supervisor {
    runs: Vec<Run>,
}

struct Run {
    service: &'static Service,
    launch: Launch,
    child: Option<Child>,
    started: Instant,
    backoff: Duration,
    restart_at: Option<Instant>,
}

impl Supervisor {
    /// Starts all services.
    pub fn start(launch: impl Fn(&Service) -> Launch) -> Result<Self> {
        let mut supervisor = Self { runs: Vec::new() };
        for service in SERVICES {
            let mut run = Run {
                service,
                launch: launch(service),
                child: None,
                started: Instant::now(),
                backoff: BACKOFF_MIN,
                restart_at: None,
            };
            run.spawn()?;
            supervisor.runs.push(run);
        }
        Ok(supervisor)
    }

    /// Waits until every service is ready, and reports those that take long. Gives up only on a
    /// request to stop.
    pub fn wait_until_ready(&mut self, stop: &StopRequests) -> Result<()> {
        let mut complain_at = Instant::now() + READY_PATIENCE;
        while !stop.any() {
            let waiting = self.waiting()?;
            if waiting.is_empty() {
                return Ok(());
            }
            if Instant::now() >= complain_at {
                for (name, obstacle) in waiting {
                    eprintln!("still waiting for {name}: {obstacle}");
                }
                complain_at = Instant::now() + READY_PATIENCE;
            }
            thread::sleep(POLL);
        }
        Ok(())
    }

    /// The services that are not ready yet, each with its reason; restarts those that have ended.
    pub fn waiting(&mut self) -> Result<Vec<(&'static str, String)>> {
        self.keep_alive()?;
        let waiting = self.runs.iter().filter_map(|run| Some((run.service.name, run.obstacle()?)));
        Ok(waiting.collect())
    }

    /// Restarts services that end, until a request to stop.
    pub fn run(&mut self, stop: &StopRequests) -> Result<()> {
        while !stop.any() {
            self.keep_alive()?;
            thread::sleep(POLL);
        }
        Ok(())
    }

    /// Stops the services in reverse order of their start.
    pub fn stop(&mut self, stop: &StopRequests) {
        for run in self.runs.iter_mut().rev() {
            run.stop(stop);
        }
    }

    fn keep_alive(&mut self) -> Result<()> {
        self.runs.iter_mut().try_for_each(Run::keep_alive)
    }
}

impl Drop for Supervisor {
    /// Leaves no service running after an error.
    fn drop(&mut self) {
        self.stop(&StopRequests::default());
    }
}

impl Run {
    fn spawn(&mut self) -> Result<()> {
        let binary = &self.launch.binary;
        let mut child = Command::new(binary)
            .envs(self.launch.environment.iter().map(|(name, value)| (name, value)))
            .env("METRICS_PORT", self.launch.metrics_port.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C in the terminal must reach xtask only: services are stopped in order.
            .process_group(0)
            .spawn()
            .with_context(|| format!("{} can't be started", binary.display()))?;
        fs::write(&self.launch.pid_file, child.id().to_string())
            .with_context(|| format!("{}", self.launch.pid_file.display()))?;
        show(self.service.name, child.stdout.take().expect("it was piped"));
        show(self.service.name, child.stderr.take().expect("it was piped"));
        self.child = Some(child);
        self.started = Instant::now();
        self.restart_at = None;
        Ok(())
    }

    fn keep_alive(&mut self) -> Result<()> {
        if let Some(restart_at) = self.restart_at {
            return if Instant::now() >= restart_at { self.spawn() } else { Ok(()) };
        }
        if let Some(status) = self.ended()? {
            if self.started.elapsed() >= HEALTHY_AFTER {
                self.backoff = BACKOFF_MIN;
            }
            let name = self.service.name;
            eprintln!("{name} ended ({status}); restarting it in {:?}", self.backoff);
            self.child = None;
            self.restart_at = Some(Instant::now() + self.backoff);
            self.backoff = (self.backoff * 2).min(BACKOFF_MAX);
        }
        Ok(())
    }

    fn ended(&mut self) -> Result<Option<ExitStatus>> {
        match &mut self.child {
            Some(child) => child.try_wait().context("can't read the status of a child process"),
            None => Ok(None),
        }
    }

    fn stop(&mut self, stop: &StopRequests) {
        let Some(mut child) = self.child.take() else { return };
        send(child.id(), Signal::TERM);
        let deadline = Instant::now() + STOP_PATIENCE;
        while matches!(child.try_wait(), Ok(None)) {
            if Instant::now() >= deadline || stop.is_impatient() {
                eprintln!("killing {}", self.service.name);
                // It may have ended just now.
                let _ = child.kill();
                let _ = child.wait();
            }
            thread::sleep(POLL);
        }
        // A leftover pid file is recognised as stale.
        let _ = fs::remove_file(&self.launch.pid_file);
    }

    /// The reason that the service is not ready, if it is not.
    fn obstacle(&self) -> Option<String> {
        let port = self.launch.metrics_port;
        match probe(port) {
            Ok(answer) if answer.starts_with("HTTP/1.1 200") => None,
            Ok(answer) => Some(answer.lines().last().unwrap_or_default().to_owned()),
            Err(error) => Some(format!("127.0.0.1:{port}: {error}")),
        }
    }
}

/// The HTTP response of `/readyz` on this metrics port.
fn probe(port: u16) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(PROBE_TIMEOUT))?;
    stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// Forwards a service's log, each line with the service's name.
fn show(name: &'static str, log: impl Read + Send + 'static) {
    let position = SERVICES.iter().position(|service| service.name == name).unwrap_or_default();
    let color = 31 + position % 6;
    let prefix = if std::io::stdout().is_terminal() {
        format!("\x1b[{color}m{name:>13} |\x1b[0m")
    } else {
        format!("{name:>13} |")
    };
    thread::spawn(move || {
        for line in BufReader::new(log).lines().map_while(Result::ok) {
            // A closed terminal is no reason to stop the services.
            let _ = writeln!(std::io::stdout(), "{prefix} {line}");
        }
    });
}
