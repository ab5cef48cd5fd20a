//! All of Velox for one step of the tests: servers and ports of its own, gone with the value.

use crate::services::MIGRATE;
use crate::settings::target_dir;
use crate::stop::StopRequests;
use crate::supervisor::{Launch, Supervisor};
use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};
use std::env;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use testkit::servers::{PostgresServer, RedisServer, free_port};

/// How long all services together may take to be ready.
const READY_PATIENCE: Duration = Duration::from_mins(2);
const POLL: Duration = Duration::from_millis(50);

/// The services as users have them, of the debug build; what dies is started again.
pub struct PrivateStack {
    pub api_url: String,
    /// Serves something if the settings say `WEB_DIR`.
    pub web_url: String,
    pub ws_url: String,
    folder: TempDir,
    /// Somebody wants the whole step to end.
    asked: StopRequests,
    /// The stack is to end.
    stop: StopRequests,
    supervising: Option<JoinHandle<()>>,
    // After the services, which would complain.
    redis: RedisServer,
    _postgres: PostgresServer,
}

impl PrivateStack {
    /// Starts everything, and waits until it is ready. `settings` are those of the step.
    pub fn start(root: &Path, settings: &[(&str, String)]) -> Result<Self> {
        let asked = StopRequests::listen()?;
        let (redis, postgres) = (RedisServer::private()?, PostgresServer::private()?);
        let binary = |name: &str| target_dir(root).join("debug").join(name);
        let mut migrate = Command::new(binary(MIGRATE));
        migrate.env("DATABASE_URL", postgres.url());
        if !migrate.status().context("migrate can't be started")?.success() {
            bail!("the database could not be migrated; see above");
        }
        let folder = tempfile::tempdir().context("no folder can be made")?;
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
            // No test sends mails to the world because its developer's shell could.
            ("RESEND_API_KEY", String::new()),
            ("SMTP_URL", String::new()),
            ("MAIL_DIR", folder.path().join("mail").display().to_string()),
            // All that is asked comes from one address, in a hurry, and is to see what is behind
            // the limits.
            ("RATE_LIMIT_SIGN_IN", "off".to_owned()),
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

    /// Where all streams are.
    pub fn redis_url(&self) -> String {
        self.redis.url()
    }

    /// The mailer's folder.
    pub fn mail_dir(&self) -> PathBuf {
        self.folder.path().join("mail")
    }

    /// Where each service's process id is, as `{service}.pid`.
    pub fn pid_dir(&self) -> &Path {
        self.folder.path()
    }

    /// Runs what uses the stack to its end, or until somebody asks us to stop; gives whether it
    /// ended well.
    pub fn run(&self, command: &mut Command) -> Result<bool> {
        let name = command.get_program().display().to_string();
        // A group of its own, because what ends is npm, and what must end is all that it started.
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
                eprintln!("services are not looked after any more: {error:#}");
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
            // It has said what was wrong.
            let _ = supervising.join();
        }
    }
}
