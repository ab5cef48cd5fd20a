//! A private Velox for one step of the tests: its own servers and ports, removed when dropped.

use crate::services::MIGRATE;
use crate::settings::target_dir;
use crate::stop::StopRequests;
use crate::supervisor::{Launch, Supervisor};
use anyhow::{Context as _, Result, bail};
use devstack::servers::{PostgresServer, RedisServer, free_port};
use rustix::process::{Pid, Signal, kill_process_group};
use std::env;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The time that all services together may take to become ready.
const READY_PATIENCE: Duration = Duration::from_mins(2);
const POLL: Duration = Duration::from_millis(50);

/// The services of the debug build, configured as for users; a service that ends is restarted.
pub struct PrivateStack {
    pub api_url: String,
    /// Serves the web UI if the settings include `WEB_DIR`.
    pub web_url: String,
    pub ws_url: String,
    folder: TempDir,
    /// Requests to stop the whole step.
    asked: StopRequests,
    /// The request to stop this stack.
    stop: StopRequests,
    supervising: Option<JoinHandle<()>>,
    // Dropped after the services, which would log errors otherwise.
    redis: RedisServer,
    _postgres: PostgresServer,
}

impl PrivateStack {
    /// Starts everything and waits until it is ready. `settings` are added for the step.
    pub fn start(root: &Path, settings: &[(&str, String)]) -> Result<Self> {
        let asked = StopRequests::listen()?;
        let (redis, postgres) = (RedisServer::private()?, PostgresServer::private()?);
        let binary = |name: &str| target_dir(root).join("debug").join(name);
        let mut migrate = Command::new(binary(MIGRATE));
        migrate.env("DATABASE_URL", postgres.url());
        if !migrate.status().context("migrate can't be started")?.success() {
            bail!("the database could not be migrated; see above");
        }
        let folder = tempfile::tempdir().context("no folder can be created")?;
        let [api_port, web_port, ws_port] = [(); 3].map(|()| free_port());
        let web_url = format!("http://127.0.0.1:{web_port}");
        let own = [
            ("REDIS_URL", redis.url()),
            ("DATABASE_URL", postgres.url()),
            ("JWT_SECRET", "a secret that is long enough for tests".to_owned()),
            ("HTTP_HOST", "127.0.0.1".to_owned()),
            ("HTTP_PORT", api_port.to_string()),
            ("WEB_PORT", web_port.to_string()),
            ("FRONTEND_URL", web_url.clone()),
            ("WS_HOST", "127.0.0.1".to_owned()),
            ("WS_PORT", ws_port.to_string()),
            ("WS_ALLOWED_ORIGINS", web_url.clone()),
            ("HISTORY", "false".to_owned()),
            // No test sends real mails because the developer's shell has a key.
            ("RESEND_API_KEY", String::new()),
            ("SMTP_URL", String::new()),
            ("MAIL_DIR", folder.path().join("mail").display().to_string()),
            // All requests come from one address in quick succession, and must get past the limits.
            ("RATE_LIMIT_SIGN_IN", "off".to_owned()),
            ("RATE_LIMIT_GUESTS", "off".to_owned()),
            ("RATE_LIMIT_ALL_GUESTS", "off".to_owned()),
            ("RATE_LIMIT_ORDERS", "off".to_owned()),
            ("RATE_LIMIT_READS", "off".to_owned()),
            ("RATE_LIMIT_ADDRESS_ORDERS", "off".to_owned()),
            ("RATE_LIMIT_ADDRESS_READS", "off".to_owned()),
            ("RUST_LOG", env::var("RUST_LOG").unwrap_or_else(|_| "warn".to_owned())),
        ];
        let environment: Vec<_> = own
            .into_iter()
            .chain(settings.iter().cloned())
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        let supervisor = Supervisor::start(|service| Launch {
            binary: binary(service.name),
            pid_file: folder.path().join(format!("{}.pid", service.name)),
            metrics_port: free_port(),
            environment: environment.clone(),
        })?;
        let mut stack = Self {
            api_url: format!("http://127.0.0.1:{api_port}"),
            web_url,
            ws_url: format!("ws://127.0.0.1:{ws_port}"),
            folder,
            asked,
            stop: StopRequests::default(),
            supervising: None,
            redis,
            _postgres: postgres,
        };
        stack.supervise(supervisor)?;
        Ok(stack)
    }

    /// The URL of Redis.
    pub fn redis_url(&self) -> String {
        self.redis.url()
    }

    /// The mailer's folder.
    pub fn mail_dir(&self) -> PathBuf {
        self.folder.path().join("mail")
    }

    /// The folder that has each service's process id in `{service}.pid`.
    pub fn pid_dir(&self) -> &Path {
        self.folder.path()
    }

    /// Runs a command that uses the stack to its end, or until a request to stop; returns whether
    /// it succeeded.
    pub fn run(&self, command: &mut Command) -> Result<bool> {
        let name = command.get_program().display().to_string();
        // Its own process group: the command is npm, but everything that it started must end.
        command.process_group(0).stdin(Stdio::null());
        let mut child = command.spawn().with_context(|| format!("{name} can't be started"))?;
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(status.success());
            }
            if self.asked.any() {
                kill_process_group(Pid::from_child(&child), Signal::KILL)?;
                child.wait()?;
                bail!("stopped");
            }
            thread::sleep(POLL);
        }
    }

    fn supervise(&mut self, mut supervisor: Supervisor) -> Result<()> {
        let deadline = Instant::now() + READY_PATIENCE;
        loop {
            let waiting = supervisor.waiting()?;
            if waiting.is_empty() {
                break;
            }
            if self.asked.any() {
                bail!("stopped");
            }
            if Instant::now() >= deadline {
                bail!("not ready within {READY_PATIENCE:?}: {waiting:?}");
            }
            thread::sleep(POLL);
        }
        let stop = self.stop.clone();
        self.supervising = Some(thread::spawn(move || {
            if let Err(error) = supervisor.run(&stop) {
                eprintln!("services are no longer supervised: {error:#}");
            }
            supervisor.stop(&stop);
        }));
        Ok(())
    }
}

impl Drop for PrivateStack {
    fn drop(&mut self) {
        self.stop.request();
        if let Some(supervising) = self.supervising.take() {
            // The thread has printed its error.
            let _ = supervising.join();
        }
    }
}
