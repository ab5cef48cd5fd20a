//! Builds the web UI for `up`, and checks it for `test`.

use crate::settings::workspace_root;
use anyhow::{Context as _, Result, bail};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Builds the web UI into `web/dist`, which the gateway serves.
pub fn build() -> Result<()> {
    let web = workspace_root()?.join("web");
    install(&web)?;
    npm(&web, &["run", "--silent", "build"])
}

/// Checks types, style, tests and the size of the build.
pub fn check() -> Result<()> {
    let web = workspace_root()?.join("web");
    install(&web)?;
    npm(&web, &["run", "check"])
}

/// Installs the dependencies, unless they are current.
fn install(web: &Path) -> Result<()> {
    let (wanted, installed) = (web.join("package-lock.json"), web.join("node_modules/.installed"));
    let wanted = fs::read(&wanted).with_context(|| wanted.display().to_string())?;
    if fs::read(&installed).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    npm(web, &["ci", "--no-audit", "--no-fund"])?;
    fs::write(&installed, wanted).with_context(|| installed.display().to_string())
}

/// Runs an npm command in a folder.
pub fn npm(dir: &Path, arguments: &[&str]) -> Result<()> {
    let mut npm = Command::new("npm");
    npm.args(arguments).current_dir(dir);
    if !npm.status().context("npm can't be started; install Node.js")?.success() {
        bail!("`npm {}` failed", arguments.join(" "));
    }
    Ok(())
}
