//! `cargo xtask up`: from a fresh checkout to a running stack.

use crate::data_dir::DataDir;
use crate::install;
use crate::markets_file;
use crate::operator_shell::{self, CONSOLE};
use crate::services::{Listener, MIGRATE, SERVICES, Service};
use crate::settings::{DATABASE, POSTGRES_PASSWORD, Settings};
use crate::stop::StopRequests;
use crate::supervisor::{Launch, Supervisor};
use crate::web;
use anyhow::{Context as _, Result, bail};
use devstack::servers::{PostgresConfig, PostgresServer, RedisConfig, RedisServer};
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs everything until Ctrl-C, with the instruments of a file.
pub fn up(reset: bool, markets: Option<&Path>) -> Result<()> {
    let settings = Settings::from_env()?;
    let markets = markets_file::choose(markets, &settings.root)?;
    let stop = StopRequests::listen()?;
    let data_dir = DataDir::open(&settings, reset)?;
    settings.ports.check(settings.redis_url.is_none(), settings.database_url.is_none())?;
    install::ensure(settings.redis_url.is_none(), settings.database_url.is_none())?;
    build(&settings)?;
    println!("building the web UI");
    web::build()?;
    if stop.any() {
        return Ok(());
    }

    let servers = Servers::start(&settings, &data_dir)?;
    migrate(&settings, &servers)?;
    let secret = match env::var("JWT_SECRET") {
        Ok(secret) => secret,
        Err(_) => data_dir.jwt_secret()?,
    };
    let mut supervisor =
        Supervisor::start(|it| launch(it, &settings, &data_dir, &servers, &secret, &markets))?;
    println!("starting; the services' logs follow");
    supervisor.wait_until_ready(&stop)?;
    if !stop.any() {
        let shell = prepare_shell(&settings, &data_dir, &servers)?;
        print_table(&settings, &data_dir, &servers, &shell);
        supervisor.run(&stop)?;
    }
    println!("stopping");
    supervisor.stop(&stop);
    drop(servers);
    println!("stopped; the data is kept in {}", data_dir.path().display());
    Ok(())
}

/// Redis and PostgreSQL: private ones, or those that the environment names.
struct Servers {
    redis_url: String,
    database_url: String,
    redis: Option<RedisServer>,
    postgres: Option<PostgresServer>,
}

impl Servers {
    fn start(settings: &Settings, data_dir: &DataDir) -> Result<Self> {
        let redis = match settings.redis_url {
            Some(_) => None,
            None => Some(RedisServer::launch(RedisConfig {
                dir: data_dir.redis(),
                port: settings.ports.redis,
            })?),
        };
        let postgres = match settings.database_url {
            Some(_) => None,
            None => Some(PostgresServer::launch(PostgresConfig {
                dir: data_dir.postgres(),
                port: settings.ports.postgres,
                password: POSTGRES_PASSWORD.to_owned(),
                database: DATABASE.to_owned(),
            })?),
        };
        let url = |named: &Option<String>, own: Option<String>| {
            named.clone().or(own).expect("a server without a URL was started")
        };
        Ok(Self {
            redis_url: url(&settings.redis_url, redis.as_ref().map(RedisServer::url)),
            database_url: url(&settings.database_url, postgres.as_ref().map(PostgresServer::url)),
            redis,
            postgres,
        })
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        let redis = self.redis.as_mut().map(RedisServer::stop);
        let postgres = self.postgres.as_mut().map(PostgresServer::stop);
        for error in [redis, postgres].into_iter().flatten().filter_map(Result::err) {
            eprintln!("warning: {error}");
        }
    }
}

fn build(settings: &Settings) -> Result<()> {
    println!("building (the first time takes some minutes)");
    let mut command = devstack::cargo::command();
    command.args(["build", "--release", "--locked"]).current_dir(&settings.root);
    // Uses the committed query data: a user's build needs no database.
    command.env("SQLX_OFFLINE", "true");
    for package in SERVICES.iter().map(|service| service.name).chain([MIGRATE, CONSOLE]) {
        command.args(["--package", package]);
    }
    if !command.status().context("cargo can't be started")?.success() {
        bail!("the build failed; see above");
    }
    Ok(())
}

fn migrate(settings: &Settings, servers: &Servers) -> Result<()> {
    let mut command = Command::new(settings.binary(MIGRATE));
    command.env("DATABASE_URL", &servers.database_url);
    if !command.status().context("migrate can't be started")?.success() {
        bail!("the database could not be migrated; see above");
    }
    Ok(())
}

fn launch(
    service: &Service,
    settings: &Settings,
    data_dir: &DataDir,
    servers: &Servers,
    secret: &str,
    markets: &Path,
) -> Launch {
    let environment = [
        ("MARKETS_FILE", markets.display().to_string()),
        ("REDIS_URL", servers.redis_url.clone()),
        ("DATABASE_URL", servers.database_url.clone()),
        ("JWT_SECRET", secret.to_owned()),
        ("MAIL_DIR", mail_dir(data_dir)),
        ("WEB_DIR", settings.root.join("web/dist").display().to_string()),
    ];
    Launch {
        binary: settings.binary(service.name),
        pid_file: data_dir.pid_file(service.name),
        metrics_port: settings.ports.metrics(service),
        environment: environment
            .into_iter()
            .chain(settings.ports.derived(is_set))
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
    }
}

fn mail_dir(data_dir: &DataDir) -> String {
    let named = env::var("MAIL_DIR").ok().filter(|dir| !dir.is_empty());
    named.unwrap_or_else(|| data_dir.mail().display().to_string())
}

/// Writes the file that prepares a shell for this stack.
fn prepare_shell(settings: &Settings, data_dir: &DataDir, servers: &Servers) -> Result<PathBuf> {
    let metrics = SERVICES.iter().map(|service| {
        (service.metrics_variable, format!("localhost:{}", settings.ports.metrics(service)))
    });
    let variables: Vec<_> =
        [("REDIS_URL", servers.redis_url.clone()), ("DATABASE_URL", servers.database_url.clone())]
            .into_iter()
            .chain(metrics)
            .collect();
    operator_shell::write(data_dir.path(), &settings.binaries(), &variables)
}

fn is_set(name: &str) -> bool {
    env::var(name).is_ok_and(|value| !value.trim().is_empty())
}

fn print_table(settings: &Settings, data_dir: &DataDir, servers: &Servers, shell: &Path) {
    let ports = &settings.ports;
    let web_port = ports.listener("WEB_PORT");
    println!("\nVelox is running. Open http://localhost:{web_port} to trade.\n");
    println!("  {:<14} {:<32} metrics and health", "service", "serves");
    for service in SERVICES {
        let mut addresses =
            service.listens.iter().map(|Listener { setting, scheme, what, .. }| {
                format!("{scheme}://localhost:{} ({what})", ports.listener(setting))
            });
        let metrics = format!("http://localhost:{}/metrics", ports.metrics(service));
        println!("  {:<14} {:<32} {metrics}", service.name, addresses.next().unwrap_or_default());
        for address in addresses {
            println!("  {:<14} {address}", "");
        }
    }
    if servers.redis.is_some() {
        println!("  {:<14} redis-cli -p {}", "Redis", ports.redis);
    }
    if servers.postgres.is_some() {
        println!(
            "  {:<14} PGPASSWORD={POSTGRES_PASSWORD} psql -h localhost -p {} -U postgres -d {DATABASE}",
            "PostgreSQL", ports.postgres
        );
    }
    println!("  {:<14} . {} && velox status", "console", shell.display());
    println!("  {:<14} {}", "data", data_dir.path().display());
    if !is_set("RESEND_API_KEY") && !is_set("SMTP_URL") {
        println!("  {:<14} {}; the links are also in the log", "mails", mail_dir(data_dir));
    }
    let port = ports.listener("HTTP_PORT");
    println!(
        "\nOr use the API:\n\n  curl -s -X POST http://localhost:{port}/api/v1/user/signup -H 'Content-Type: application/json' \\\n    \
         -d '{{\"email\":\"you@example.com\",\"password\":\"correct horse battery\"}}'\n\n\
         Ctrl-C stops everything; the data is kept.\n"
    );
}
