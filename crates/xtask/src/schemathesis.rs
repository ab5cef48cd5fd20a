//! schemathesis: a program that reads the API's description and looks for requests whose answers
//! are none that it allows.

use crate::install;
use crate::settings::workspace_root;
use crate::steps::{cargo, step};
use crate::supervisor::probe;
use anyhow::{Context as _, Result, bail};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use testkit::servers::processes::wait_until;
use testkit::servers::{PostgresServer, RedisServer, free_port};

/// What answers the requests, and `migrate` before them.
const SERVICES: [&str; 4] = ["engine", "price-poller", "db-worker", "http-gateway"];

/// How long a service may take to be ready.
const READY_PATIENCE: Duration = Duration::from_mins(1);

/// Runs it against a stack of its own.
pub fn run() -> Result<()> {
    install::ensure(true, true)?;
    let root = workspace_root()?;
    cargo(&["build", "--workspace", "--bins", "--locked"])?;
    step("schemathesis is installed", || install(&root))?;
    let stack = Stack::start(&root)?;
    step("schemathesis", || {
        let files = root.join("crates/xtask/schemathesis");
        let status = Command::new(environment(&root).join("bin/schemathesis"))
            .arg("--config-file")
            .arg(files.join("schemathesis.toml"))
            .args(["run", "--checks", "all", "--url", &stack.url])
            .arg(format!("{}/openapi.json", stack.url))
            // Whatever it leaves behind is not the project's.
            .current_dir(environment(&root))
            .env("SCHEMATHESIS_HOOKS", "hooks")
            .env("PYTHONPATH", files)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .status();
        if !status.context("schemathesis can't be started")?.success() {
            bail!("schemathesis has found something; see above");
        }
        Ok(())
    })
}

/// Its virtual environment.
fn environment(root: &Path) -> PathBuf {
    target(root).join("schemathesis")
}

fn target(root: &Path) -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from)
}

/// Installs it, unless the same versions are there.
fn install(root: &Path) -> Result<()> {
    let wanted = root.join("crates/xtask/schemathesis/requirements.txt");
    let environment = environment(root);
    let installed = environment.join("requirements.txt");
    if fs::read(&installed).is_ok_and(|text| fs::read(&wanted).is_ok_and(|wanted| text == wanted)) {
        return Ok(());
    }
    install::ensure_python()?;
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv", "--clear"]).arg(&environment);
    let mut pip = Command::new(environment.join("bin/pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check", "--requirement"]).arg(&wanted);
    for mut command in [venv, pip] {
        if !command.status().with_context(|| format!("{command:?}"))?.success() {
            bail!("`{command:?}` failed");
        }
    }
    fs::copy(&wanted, &installed)?;
    Ok(())
}

/// Private servers, and the services on them.
struct Stack {
    url: String,
    services: Vec<Child>,
    _redis: RedisServer,
    _postgres: PostgresServer,
}

impl Stack {
    fn start(root: &Path) -> Result<Self> {
        let (redis, postgres) = (RedisServer::private()?, PostgresServer::private()?);
        let port = free_port().to_string();
        let settings = [
            ("REDIS_URL", redis.url()),
            ("DATABASE_URL", postgres.url()),
            ("JWT_SECRET", "a secret that is long enough for tests".to_owned()),
            ("HTTP_HOST", "127.0.0.1".to_owned()),
            ("HTTP_PORT", port.clone()),
            ("PRICE_FEED", "sim".to_owned()),
            ("HISTORY", "false".to_owned()),
            // It asks in a hurry, and is to see what is behind the limits.
            ("RATE_LIMIT_SIGN_IN", "off".to_owned()),
            ("RATE_LIMIT_ORDERS", "off".to_owned()),
            ("RATE_LIMIT_READS", "off".to_owned()),
            ("RATE_LIMIT_ADDRESS_ORDERS", "off".to_owned()),
            ("RATE_LIMIT_ADDRESS_READS", "off".to_owned()),
            ("RUST_LOG", env::var("RUST_LOG").unwrap_or_else(|_| "warn".to_owned())),
        ];
        let launch = |name: &str, metrics_port: u16| {
            Command::new(target(root).join("debug").join(name))
                .envs(settings.clone())
                .env("METRICS_PORT", metrics_port.to_string())
                .stdin(Stdio::null())
                .spawn()
                .with_context(|| format!("{name} can't be started"))
        };
        if !launch("migrate", 0)?.wait()?.success() {
            bail!("the database could not be migrated; see above");
        }
        let url = format!("http://127.0.0.1:{port}");
        let mut stack = Self { url, services: Vec::new(), _redis: redis, _postgres: postgres };
        for name in SERVICES {
            let metrics_port = free_port();
            stack.services.push(launch(name, metrics_port)?);
            let is_ready =
                || probe(metrics_port).is_ok_and(|text| text.starts_with("HTTP/1.1 200"));
            if !wait_until(READY_PATIENCE, is_ready) {
                bail!("{name} is not ready; see above");
            }
        }
        Ok(stack)
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        for service in &mut self.services {
            // One that has ended already is what we want.
            let _ = service.kill();
            let _ = service.wait();
        }
    }
}
