//! `.sqlx/`: the database's description of every query, so that builds can check them offline.

use crate::settings::workspace_root;
use anyhow::{Context as _, Result, bail};
use devstack::servers::{PostgresServer, find_postgres};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// The packages whose queries are checked.
const PACKAGES: &[(&str, &str)] = &[
    ("store", "crates/store/src/lib.rs"),
    ("console", "tools/console/src/lib.rs"),
    ("engine", "services/engine/src/lib.rs"),
    ("batch-uploader", "services/batch-uploader/src/market_data.rs"),
    ("http-gateway", "services/http-gateway/src/lib.rs"),
];

/// Writes the data.
pub fn write() -> Result<()> {
    let root = workspace_root()?;
    let fresh = tempfile::tempdir()?;
    let mut check = devstack::cargo::command();
    check.args(["check", "--quiet", "--locked"]).current_dir(&root);
    for (package, _) in PACKAGES {
        check.args(["--package", package]);
    }
    if !describe_queries(&root, fresh.path(), &mut check)? {
        bail!("a query does not fit the database; see above");
    }
    let committed = root.join(".sqlx");
    if committed.exists() {
        fs::remove_dir_all(&committed)?;
    }
    fs::create_dir(&committed)?;
    for (name, content) in read(fresh.path())? {
        fs::write(committed.join(name), content)?;
    }
    println!("wrote {}", committed.display());
    Ok(())
}

/// Runs clippy on the whole workspace, whose macros describe all queries at the same time, so that the
/// packages are not compiled once more for that. Fails when the committed data differs from what the
/// migrated database reports.
pub fn check(clippy: &[&str]) -> Result<()> {
    let root = workspace_root()?;
    let fresh = tempfile::tempdir()?;
    let mut command = devstack::cargo::command();
    command.args(clippy).current_dir(&root);
    let well = describe_queries(&root, fresh.path(), &mut command)?;
    if !well {
        bail!("clippy has found something, or a query does not fit the database; see above");
    }
    let (fresh, committed) = (read(fresh.path())?, read(&root.join(".sqlx"))?);
    if fresh.is_empty() {
        bail!("no query was described; the packages in sqlx_data.rs are wrong");
    }
    if fresh != committed {
        bail!(".sqlx is not current; run `cargo xtask sqlx` and commit the result");
    }
    Ok(())
}

/// Runs a command that compiles the packages, against a private, migrated database; sqlx's macros write
/// the descriptions. Returns whether the command succeeded.
fn describe_queries(root: &Path, into: &Path, command: &mut Command) -> Result<bool> {
    let postgres = PostgresServer::private()?;
    // By psql, as the program that migrates would have to be built first.
    let psql = find_postgres()?.bin_dir().join("psql");
    let mut migrations: Vec<PathBuf> = read(&root.join("migrations"))?
        .into_keys()
        .filter(|name| Path::new(name).extension().is_some_and(|extension| extension == "sql"))
        .map(|name| root.join("migrations").join(name))
        .collect();
    migrations.sort();
    for migration in migrations {
        let mut apply = Command::new(&psql);
        apply.args(["--quiet", "--no-psqlrc", "--set", "ON_ERROR_STOP=1", "--single-transaction"]);
        apply.env("PGOPTIONS", "--client-min-messages=warning").arg("--file").arg(&migration);
        let applied = apply.arg(postgres.url()).status().context("psql")?;
        if !applied.success() {
            bail!("{} failed", migration.display());
        }
    }
    for (_, source) in PACKAGES {
        // A macro runs only when its crate is compiled, which cargo decides by the file's time.
        let file = fs::File::options().append(true).open(root.join(source));
        file.with_context(|| (*source).to_owned())?.set_modified(SystemTime::now())?;
    }
    command.env("DATABASE_URL", postgres.url());
    command.env("SQLX_OFFLINE", "false").env("SQLX_OFFLINE_DIR", into);
    Ok(command.status()?.success())
}

fn read(dir: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let entries = fs::read_dir(dir).with_context(|| format!("{}", dir.display()))?;
    entries
        .map(|entry| {
            let entry = entry?;
            Ok((entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path())?))
        })
        .collect()
}
