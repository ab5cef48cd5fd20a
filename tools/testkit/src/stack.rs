//! The real service binaries on private servers, which a test can use, kill and restart.

mod service;
mod shards;
mod watched;

pub use service::Service;

use crate::trader::Trader;
use devstack::servers::processes::{Signal, send};
use devstack::servers::{PostgresServer, RedisServer, RedisServers, free_port};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use streams::Address;
use tempfile::TempDir;

/// The time that anything may take on a loaded machine.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// The polling interval.
const POLL: Duration = Duration::from_millis(10);

/// Private servers and the services that the test has started on them.
pub struct Stack {
    /// The stack's Redis, or the servers of its cluster.
    pub redis: RedisServers,
    /// The stack's PostgreSQL, migrated.
    pub postgres: PostgresServer,
    /// Connections to the database.
    pub pool: PgPool,
    /// A client for the streams.
    pub streams: streams::Redis,
    settings: BTreeMap<String, String>,
    services: BTreeMap<Service, Running>,
    api_port: u16,
    ws_port: u16,
    mail_dir: TempDir,
    log_dir: Option<TempDir>,
}

struct Running {
    child: Child,
    metrics_port: u16,
}

impl Stack {
    /// Starts Redis and PostgreSQL and runs the migrations; starts no service. If `VELOX_TEST_SHARDS` is
    /// set, the stack has as many shards, on a Redis Cluster of three servers.
    ///
    /// # Panics
    /// When that fails, like every method here: the test fails.
    pub async fn new(settings: &[(&str, &str)]) -> Self {
        let redis = match shards::count() {
            Some(_) => RedisServers::cluster(shards::SERVERS, 0).expect("a cluster starts"),
            None => RedisServer::private().expect("Redis starts").into(),
        };
        Self::on(redis, settings).await
    }

    /// Does the same with the given Redis.
    pub async fn on(redis: impl Into<RedisServers>, settings: &[(&str, &str)]) -> Self {
        let redis = redis.into();
        let shards = shards::of(&redis);
        Self::divided(redis, shards, settings).await
    }

    /// Does the same with as many shards.
    pub async fn divided(
        redis: impl Into<RedisServers>,
        shards: u16,
        settings: &[(&str, &str)],
    ) -> Self {
        let postgres = PostgresServer::private().expect("PostgreSQL starts");
        let migrated = migrate(&postgres.url());
        assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
        Self::divided_around((redis.into(), postgres), shards, settings).await
    }

    /// Creates a stack on running servers.
    pub async fn around(
        redis: impl Into<RedisServers>,
        postgres: PostgresServer,
        settings: &[(&str, &str)],
    ) -> Self {
        let redis = redis.into();
        let shards = shards::of(&redis);
        Self::divided_around((redis, postgres), shards, settings).await
    }

    /// Does the same with as many shards.
    pub async fn divided_around(
        (redis, postgres): (RedisServers, PostgresServer),
        shards: u16,
        settings: &[(&str, &str)],
    ) -> Self {
        let pool = PgPoolOptions::new().connect(&postgres.url()).await.expect("PostgreSQL answers");
        let (url, is_cluster) = (redis.url(), redis.is_cluster());
        let address = Address { url: &url, ca_file: None, is_cluster, shards, replication: None };
        let streams = streams::Redis::open(address).expect("the URL is right");
        let mut stack = Self {
            settings: BTreeMap::new(),
            services: BTreeMap::new(),
            redis,
            postgres,
            pool,
            streams,
            api_port: free_port(),
            ws_port: free_port(),
            mail_dir: tempfile::tempdir().expect("a folder can be made"),
            log_dir: None,
        };
        for (name, value) in settings {
            stack.set(name, value);
        }
        stack
    }

    /// Runs the migrations once more, on the given database.
    pub fn migrate(&self, url: &str) -> Output {
        migrate(url)
    }

    /// Changes a setting for the services that are started from now on.
    pub fn set(&mut self, name: &str, value: &str) {
        self.settings.insert(name.to_owned(), value.to_owned());
    }

    /// Starts a service and waits until it is ready.
    pub async fn start(&mut self, service: Service) {
        self.spawn(service);
        self.wait_until_ready(service).await;
    }

    /// Starts a service.
    pub fn spawn(&mut self, service: Service) {
        let stdout = self.log_file(service).map_or_else(Stdio::inherit, |path| {
            let file = File::options().create(true).append(true).open(path);
            file.expect("a log can be written").into()
        });
        self.spawn_writing_to(service, stdout, Stdio::inherit());
    }

    /// Starts a service whose standard output and error go elsewhere.
    pub fn spawn_writing_to(&mut self, service: Service, stdout: Stdio, stderr: Stdio) {
        assert!(!self.services.contains_key(&service), "{service:?} runs already");
        let metrics_port = free_port();
        let child = Command::new(binary(service.binary()))
            .env("REDIS_URL", self.redis.url())
            .env("SHARDS", self.streams.shards().count().to_string())
            .env("DATABASE_URL", self.postgres.url())
            .env("JWT_SECRET", "a secret that is long enough for tests")
            .env("HTTP_HOST", "127.0.0.1")
            .env("HTTP_PORT", self.api_port.to_string())
            // No test fetches a venue's history unless it brings a venue of its own.
            .env("HISTORY", "false")
            .env("WS_HOST", "127.0.0.1")
            // All users of a test have one address and send many requests.
            .env("RATE_LIMIT_SIGN_IN", "off")
            .env("RATE_LIMIT_GUESTS", "off")
            .env("RATE_LIMIT_ALL_GUESTS", "off")
            .env("RATE_LIMIT_ORDERS", "off")
            .env("RATE_LIMIT_READS", "off")
            .env("RATE_LIMIT_ADDRESS_ORDERS", "off")
            .env("RATE_LIMIT_ADDRESS_READS", "off")
            .env("WS_PORT", self.ws_port.to_string())
            // No test sends real mails because the developer's shell has a key.
            .env_remove("RESEND_API_KEY")
            .env_remove("SMTP_URL")
            .env("MAIL_DIR", self.mail_dir())
            .env("METRICS_PORT", metrics_port.to_string())
            .env("ENGINE_STANDBY", (service == Service::Standby).to_string())
            .env("RUST_LOG", std::env::var("RUST_LOG").unwrap_or_else(|_| "warn".to_owned()))
            .envs(&self.settings)
            .stdin(Stdio::null())
            .stdout(stdout)
            .stderr(stderr)
            .spawn()
            .expect("the binary was built");
        self.services.insert(service, Running { child, metrics_port });
    }

    /// Waits until a service is ready.
    pub async fn wait_until_ready(&mut self, service: Service) {
        assert!(self.services.contains_key(&service), "the service was started");
        let started = Instant::now();
        let mut last = String::new();
        while started.elapsed() < PATIENCE {
            if let Some(status) = self.take_ended(service) {
                panic!("{service:?} ended with {status} before it was ready");
            }
            match self.readiness(service).await {
                Ok(()) => return,
                Err(reason) => last = reason,
            }
            tokio::time::sleep(POLL).await;
        }
        panic!("{service:?} is not ready: {last}");
    }

    /// Returns `Ok` when a service is ready, otherwise the reason that it gives.
    pub async fn readiness(&self, service: Service) -> Result<(), String> {
        let Some(running) = self.services.get(&service) else {
            return Err("it does not run".to_owned());
        };
        match reqwest::get(format!("http://127.0.0.1:{}/readyz", running.metrics_port)).await {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => Err(answer.text().await.unwrap_or_default()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// The exit status of a service that ended without being stopped, if it did; it may be
    /// restarted.
    pub fn take_ended(&mut self, service: Service) -> Option<ExitStatus> {
        let running = self.services.get_mut(&service)?;
        let status = running.child.try_wait().expect("a child can be asked")?;
        self.services.remove(&service);
        Some(status)
    }

    /// Reports whether a service was started and not stopped since.
    pub fn has(&self, service: Service) -> bool {
        self.services.contains_key(&service)
    }

    /// Kills a service with SIGKILL and waits until it has ended.
    pub fn kill(&mut self, service: Service) {
        let mut running = self.services.remove(&service).expect("the service was started");
        running.child.kill().expect("a child can be killed");
        running.child.wait().expect("a child can be waited for");
    }

    /// Stops a service with SIGTERM and waits until it has ended; returns whether it succeeded.
    pub fn stop(&mut self, service: Service) -> bool {
        let mut running = self.services.remove(&service).expect("the service was started");
        send(running.child.id(), Signal::TERM);
        running.child.wait().expect("a child can be waited for").success()
    }

    /// Suspends a service with SIGSTOP.
    pub fn pause(&self, service: Service) {
        send(self.pid(service), Signal::STOP);
    }

    /// Resumes a suspended service.
    pub fn resume(&self, service: Service) {
        send(self.pid(service), Signal::CONT);
    }

    /// Waits until a service has ended by itself; returns whether it succeeded.
    pub async fn ended(&mut self, service: Service) -> bool {
        let mut running = self.services.remove(&service).expect("the service was started");
        let mut success = None;
        eventually("the service ends", async || {
            success = running.child.try_wait().expect("a child can be asked").map(|s| s.success());
            success.is_some()
        })
        .await;
        success.unwrap_or_default()
    }

    /// The body of a path on a service's metrics port; empty when nothing listens there.
    pub async fn tell(&self, service: Service, path: &str) -> String {
        let port = self.services[&service].metrics_port;
        match reqwest::get(format!("http://127.0.0.1:{port}{path}")).await {
            Ok(answer) => answer.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    /// The port of a service's metrics and health checks.
    pub fn metrics_port(&self, service: Service) -> u16 {
        self.services[&service].metrics_port
    }

    /// The process id of a running service.
    pub fn pid(&self, service: Service) -> u32 {
        self.services[&service].child.id()
    }

    /// The URL of the API.
    pub fn api_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.api_port)
    }

    /// The URL of the WebSocket.
    pub fn ws_url(&self) -> String {
        format!("ws://127.0.0.1:{}", self.ws_port)
    }

    /// The folder into which the mailer writes mails.
    pub fn mail_dir(&self) -> &Path {
        self.mail_dir.path()
    }

    /// A new user who has signed up; `n` determines the email and phone number.
    pub async fn trader(&self, n: u32) -> Trader {
        Trader::sign_up(&self.api_url(), n).await
    }

    /// Writes the logs of services that are started from now on to files instead of showing them.
    pub fn keep_logs(&mut self) {
        self.log_dir = Some(tempfile::tempdir().expect("a folder can be made"));
    }

    /// The log of a service.
    pub fn log(&self, service: Service) -> String {
        let path = self.log_file(service).expect("logs are kept");
        fs::read_to_string(path).expect("the service was started")
    }

    fn log_file(&self, service: Service) -> Option<PathBuf> {
        self.log_dir.as_ref().map(|dir| dir.path().join(service.binary()))
    }

    /// The number of rows in `closed_orders`.
    pub async fn closed_order_count(&self) -> i64 {
        let count = sqlx::query_scalar("select count(*) from closed_orders");
        count.fetch_one(&self.pool).await.expect("PostgreSQL answers")
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        for running in self.services.values_mut() {
            // It may have ended already.
            let _ = running.child.kill();
            let _ = running.child.wait();
        }
    }
}

/// Polls a condition until it is true.
///
/// # Panics
/// When it does not become true within [`PATIENCE`].
pub async fn eventually(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !condition().await {
        assert!(started.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
        tokio::time::sleep(POLL).await;
    }
}

fn migrate(url: &str) -> Output {
    Command::new(binary("migrate")).env("DATABASE_URL", url).output().expect("migrate runs")
}

/// The path of a service's binary.
fn binary(name: &str) -> PathBuf {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    DIRECTORY.get_or_init(directory).join(name)
}

/// The folder of the service binaries. A test's own binary is in target/debug/deps, or where
/// `CARGO_TARGET_DIR` says, and the services, if they are built, one level above. Any other program
/// was built with them and is in the same folder.
fn directory() -> PathBuf {
    let own = std::env::current_exe().expect("a program knows its own path");
    let folder = own.parent().expect("a program lies in a folder");
    if !folder.ends_with("deps") {
        return folder.to_owned();
    }
    build();
    folder.parent().expect("deps lies in target/debug").to_owned()
}

/// Once per test process: running the tests of another package does not build the services.
fn build() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut command = devstack::cargo::command();
    if cfg!(debug_assertions) {
        command.args(devstack::cargo::BUILD_SERVICES);
    } else {
        command.args(["build", "--workspace", "--bins", "--release"]);
    }
    command.arg("--quiet").current_dir(&workspace);
    assert!(command.status().expect("cargo runs").success(), "the services build");
}
