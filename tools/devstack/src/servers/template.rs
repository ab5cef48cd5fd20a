use super::ServerError;
use super::account::Account;
use super::cluster::{Cluster, prepare_dir};
use super::locate::PostgresBinaries;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tempfile::TempDir;

/// The password of throw-away servers.
pub(super) const PASSWORD: &str = "postgres";
/// The database of throw-away servers.
pub(super) const DATABASE: &str = "velox";

/// The version of the template's contents; to be raised when they change.
const RECIPE: u32 = 1;
/// A small write-ahead log is quick to copy.
const OPTIONS: &[&str] = &["--no-sync", "--wal-segsize=1"];
/// Systems that clean their temporary folder do so after ten days at the earliest.
const TEMPLATE_LIFE: Duration = Duration::from_hours(7 * 24);

/// A temporary folder with a fresh cluster in `data`; copied from a template, as `initdb` takes
/// seconds.
pub(super) fn instance(
    binaries: &PostgresBinaries,
    account: Option<&Account>,
) -> Result<TempDir, ServerError> {
    let root = temp_root(account);
    let dir = folder(&root, "velox-postgres-", account)?;
    match find_or_build(&root, binaries, account) {
        Some(template) if copy(&template, &dir.path().join("data"), account).is_ok() => Ok(dir),
        _ => {
            let dir = folder(&root, "velox-postgres-", account)?;
            build(dir.path(), binaries, account)?;
            Ok(dir)
        }
    }
}

/// Finds the template or builds it; `None` when its path holds something else, such as another
/// user's folder.
fn find_or_build(
    root: &Path,
    binaries: &PostgresBinaries,
    account: Option<&Account>,
) -> Option<PathBuf> {
    let uid = account.map_or_else(|| rustix::process::geteuid().as_raw(), Account::uid);
    let age = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    let period = age.as_secs() / TEMPLATE_LIFE.as_secs();
    let version: String = binaries.version().chars().filter(char::is_ascii_digit).collect();
    let prefix = format!("velox-postgres-template-{version}-{RECIPE}-{uid}-");
    let template = root.join(format!("{prefix}{period}"));
    if !template.exists() {
        let building = folder(root, "velox-postgres-building-", account).ok()?;
        build(building.path(), binaries, account).ok()?;
        // The first process wins; a later rename fails, as the target is not empty.
        if fs::rename(building.path(), &template).is_ok() {
            let _ = building.keep();
            remove_outdated(root, &prefix, period);
        }
    }
    let owner = fs::symlink_metadata(&template).ok()?;
    (owner.is_dir() && owner.uid() == uid).then(|| template.join("data"))
}

fn build(
    dir: &Path,
    binaries: &PostgresBinaries,
    account: Option<&Account>,
) -> Result<(), ServerError> {
    let cluster = Cluster { binaries, account, dir };
    cluster.create_if_absent(PASSWORD, OPTIONS)?;
    cluster.create_database_if_absent(DATABASE)
}

/// Keeps the previous period's template: another process may be copying it.
fn remove_outdated(root: &Path, prefix: &str, period: u64) {
    for entry in fs::read_dir(root).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let of = name.strip_prefix(prefix).and_then(|of| of.parse::<u64>().ok());
        if of.is_some_and(|of| of + 1 < period) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// The system's temporary folder, unless the user that PostgreSQL runs as can't enter it.
fn temp_root(account: Option<&Account>) -> PathBuf {
    let usual = std::env::temp_dir();
    match account {
        Some(account) if !account.can_enter(&usual) => PathBuf::from("/tmp"),
        _ => usual,
    }
}

fn folder(root: &Path, prefix: &str, account: Option<&Account>) -> Result<TempDir, ServerError> {
    let dir = tempfile::Builder::new().prefix(prefix).tempdir_in(root);
    let dir = dir.map_err(ServerError::io("make a folder in", root))?;
    prepare_dir(dir.path(), account)?;
    Ok(dir)
}

fn copy(from: &Path, to: &Path, account: Option<&Account>) -> Result<(), ServerError> {
    let kind = fs::symlink_metadata(from).map_err(ServerError::io("read", from))?;
    if kind.is_dir() {
        fs::create_dir(to).map_err(ServerError::io("make", to))?;
        for entry in fs::read_dir(from).map_err(ServerError::io("read", from))? {
            let name = entry.map_err(ServerError::io("read", from))?.file_name();
            copy(&from.join(&name), &to.join(&name), account)?;
        }
        fs::set_permissions(to, kind.permissions())
            .map_err(ServerError::io("change permissions of", to))?;
    } else {
        fs::copy(from, to).map_err(ServerError::io("copy", from))?;
    }
    account.map_or(Ok(()), |account| account.own(to))
}
