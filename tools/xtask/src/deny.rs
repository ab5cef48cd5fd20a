//! `cargo deny`: checks dependencies against `deny.toml`.

use crate::settings::workspace_root;
use crate::steps::cargo;
use anyhow::Result;
use std::path::PathBuf;
use std::process::Stdio;
use std::{env, fs};

/// Checks licences, bans and sources, and advisories if they were fetched before. Does nothing
/// where cargo-deny is not installed: building it takes longer than all other checks.
pub fn check() -> Result<()> {
    let mut version = devstack::cargo::command();
    version.args(["deny", "--version"]).current_dir(workspace_root()?);
    version.stdout(Stdio::null()).stderr(Stdio::null());
    if !version.status().is_ok_and(|status| status.success()) {
        println!("== cargo deny: not installed (cargo install --locked cargo-deny), skipped\n");
        return Ok(());
    }
    let mut arguments = vec!["deny", "--offline", "check", "licenses", "bans", "sources"];
    if has_advisories() {
        arguments.push("advisories");
    }
    cargo(&arguments)
}

/// Reports whether `cargo deny fetch` has fetched the advisories. The folder alone proves nothing:
/// a failed attempt leaves it behind.
fn has_advisories() -> bool {
    let cargo_home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = || PathBuf::from(env::var_os("HOME").unwrap_or_default()).join(".cargo");
    let databases = fs::read_dir(cargo_home.unwrap_or_else(home).join("advisory-dbs"));
    databases.into_iter().flatten().flatten().any(|entry| entry.path().is_dir())
}
