//! `.sqlx/`: the database's description of every query, so that builds can check them offline.

use crate::settings::workspace_root;
use anyhow::{Context as _, Result, bail};
use devstack::servers::PostgresServer;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
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
    describe_queries(&root, fresh.path())?;
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

/// Fails when the committed data differs from what the migrated database reports.
pub fn check() -> Result<()> {
    let root = workspace_root()?;
    let fresh = tempfile::tempdir()?;
    describe_queries(&root, fresh.path())?;
    let (fresh, committed) = (read(fresh.path())?, read(&root.join(".sqlx"))?);
    if fresh.is_empty() {
        bail!("no query was described; the packages in sqlx_data.rs are wrong");
    }
    if fresh != committed {
        bail!(".sqlx is not current; run `cargo xtask sqlx` and commit the result");
    }
    Ok(())
}

/// Compiles the packages against a private, migrated database; sqlx's macros write the
/// descriptions.
fn describe_queries(root: &Path, into: &Path) -> Result<()> {
    let postgres = PostgresServer::private()?;
    let migrated = devstack::cargo::command()
        .args(["run", "--quiet", "--locked", "--package", "migrate"])
        .current_dir(root)
        .env("DATABASE_URL", postgres.url())
        .status()?;
    if !migrated.success() {
        bail!("the migrations failed");
    }
    let mut check = devstack::cargo::command();
    check.args(["check", "--quiet", "--locked"]).current_dir(root);
    for (package, source) in PACKAGES {
        // A macro runs only when its crate is compiled, which cargo decides by the file's time.
        let file = fs::File::options().append(true).open(root.join(source));
        file.with_context(|| (*source).to_owned())?.set_modified(SystemTime::now())?;
        check.args(["--package", package]);
    }
    let checked = check
        .env("DATABASE_URL", postgres.url())
        .env("SQLX_OFFLINE", "false")
        .env("SQLX_OFFLINE_DIR", into)
        .status()?;
    if !checked.success() {
        bail!("a query does not fit the database; see above");
    }
    Ok(())
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
