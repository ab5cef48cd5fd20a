//! Python virtual environments.

use crate::install;
use anyhow::{Context as _, Result, bail};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Creates an environment with these requirements, unless it exists with the same ones.
pub fn environment(folder: &Path, requirements: &Path) -> Result<()> {
    let installed = folder.join("requirements.txt");
    if fs::read(&installed)
        .is_ok_and(|text| fs::read(requirements).is_ok_and(|wanted| text == wanted))
    {
        return Ok(());
    }
    install::ensure_python()?;
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv", "--clear"]).arg(folder);
    let mut pip = Command::new(folder.join("bin/pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check", "--requirement"])
        .arg(requirements);
    for mut command in [venv, pip] {
        if !command.status().with_context(|| format!("{command:?}"))?.success() {
            bail!("`{command:?}` failed");
        }
    }
    fs::copy(requirements, &installed)?;
    Ok(())
}
