//! Runner of PostgreSQL's `pg_dump` and `pg_restore`.

use anyhow::{Context as _, Result, bail};
use percent_encoding::percent_decode_str;
use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::{env, fs};
use tokio::process::Command;

/// The folders in which distributions keep the programs, with the prefix of each version.
const VERSIONS: [(&str, &str); 2] = [("/usr/lib/postgresql", ""), ("/usr", "pgsql-")];

/// Finds a program in the given folder, or else the newest installed version, or in `PATH`.
pub fn find(name: &str, folder: Option<&Path>) -> Result<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = match folder {
        Some(folder) => vec![folder.to_owned()],
        None => installed().into_iter().chain(env::split_paths(&path)).collect(),
    };
    let found = folders.iter().map(|folder| folder.join(name)).find(|program| program.is_file());
    found.with_context(|| {
        format!(
            "{name} was not found; install PostgreSQL's client programs, of the server's version or \
             later, or set --pg-bin to their folder"
        )
    })
}

/// The folders of the installed versions, newest first. They precede `PATH`, where Debian has a
/// wrapper that picks a program by the version of a local cluster.
fn installed() -> Vec<PathBuf> {
    let mut numbered: Vec<(u32, PathBuf)> = Vec::new();
    for (parent, prefix) in VERSIONS {
        for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let number = name.strip_prefix(prefix).and_then(|number| number.parse().ok());
            numbered.extend(number.map(|number| (number, entry.path().join("bin"))));
        }
    }
    numbered.sort_by(|a, b| b.cmp(a));
    numbered.into_iter().map(|(_, folder)| folder).collect()
}

/// Runs a program on the database; its error output becomes the error.
pub async fn run(program: &Path, database: &PgConnectOptions, arguments: &[&str]) -> Result<()> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
    for (name, value) in environment(database) {
        command.env(name, value);
    }
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    let output = command.output().await.with_context(|| format!("{name} can't be started"))?;
    if !output.status.success() {
        bail!("{name} failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

/// Passes the connection in the environment, because any user can read a process's arguments.
fn environment(database: &PgConnectOptions) -> Vec<(&'static str, String)> {
    let host = database.get_socket().map_or_else(
        || database.get_host().to_owned(),
        |socket| socket.to_string_lossy().into_owned(),
    );
    let ssl_mode = match database.get_ssl_mode() {
        PgSslMode::Disable => "disable",
        PgSslMode::Allow => "allow",
        PgSslMode::Prefer => "prefer",
        PgSslMode::Require => "require",
        PgSslMode::VerifyCa => "verify-ca",
        PgSslMode::VerifyFull => "verify-full",
    };
    let mut environment = vec![
        ("PGHOST", host),
        ("PGPORT", database.get_port().to_string()),
        ("PGUSER", database.get_username().to_owned()),
        ("PGSSLMODE", ssl_mode.to_owned()),
        ("PGAPPNAME", "velox".to_owned()),
    ];
    // Only the URL reveals the password; other names and hosts may not fit in a URL.
    let url = database.clone().host("localhost").username("velox").to_url_lossy();
    let password = url.password().map(|text| percent_decode_str(text).decode_utf8_lossy());
    environment.extend(password.map(|password| ("PGPASSWORD", password.into_owned())));
    environment
}
