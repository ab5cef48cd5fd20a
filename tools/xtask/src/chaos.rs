//! `cargo xtask chaos`: runs the chaos test.

use crate::settings::workspace_root;
use crate::steps::build_services;
use anyhow::{Context as _, Result, bail};
use std::env;
use std::path::{self, Path, PathBuf};
use std::process::Command;

/// Builds everything as the tests do, with debug assertions, and runs the chaos test.
pub fn run((seconds, seed): (u64, u64), shards: u16, markets: Option<&Path>) -> Result<()> {
    build_services()?;
    let root = workspace_root()?;
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let mut command = Command::new(target.join("debug/chaos"));
    command.args(["--seconds", &seconds.to_string(), "--seed", &seed.to_string()]);
    command.args(["--shards", &shards.to_string()]);
    if let Some(file) = markets {
        command.arg("--markets").arg(path::absolute(file).context("no current folder")?);
    }
    let status = command.current_dir(root).env("SQLX_OFFLINE", "true").status();
    if !status.context("chaos can't be started")?.success() {
        bail!("the chaos run failed; see above");
    }
    Ok(())
}
