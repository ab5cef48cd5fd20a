//! `cargo deny`: what dependencies may be, by `deny.toml`.

use crate::settings::workspace_root;
use crate::steps::{cargo, cargo_program};
use anyhow::Result;
use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Checks licences, bans and sources, and advisories if they were fetched before, where cargo-deny
/// is installed: building it takes longer than all that is checked here.
pub fn check() -> Result<()> {
    let mut version = Command::new(cargo_program());
    version.args(["deny", "--version"]).current_dir(workspace_root()?);
    version.stdout(Stdio::null()).stderr(Stdio::null());
    if !version.status().is_ok_and(|status| status.success()) {
        println!("== cargo deny: not installed (cargo install --locked cargo-deny), left out\n");
        return Ok(());
    }
    let mut arguments = vec!["deny", "--offline", "check", "licenses", "bans", "sources"];
    if advisories().is_dir() {
        arguments.push("advisories");
    }
    cargo(&arguments)
}

/// Where `cargo deny fetch` puts the advisories.
fn advisories() -> PathBuf {
    let cargo_home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = || PathBuf::from(env::var_os("HOME").unwrap_or_default()).join(".cargo");
    cargo_home.unwrap_or_else(home).join("advisory-dbs")
}
