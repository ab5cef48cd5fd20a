//! schemathesis: a program that reads the API's description and looks for requests whose answers
//! are none that it allows.

use crate::install;
use crate::private_stack::PrivateStack;
use crate::settings::{target_dir, workspace_root};
use crate::steps::{cargo, step};
use anyhow::{Context as _, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs it against a stack of its own.
pub fn run() -> Result<()> {
    install::ensure(true, true)?;
    let root = workspace_root()?;
    cargo(&["build", "--workspace", "--bins", "--locked"])?;
    step("schemathesis is installed", || install(&root))?;
    let stack = PrivateStack::start(&root, &[("PRICE_FEED", "sim".to_owned())])?;
    step("schemathesis", || {
        let files = root.join("crates/xtask/schemathesis");
        let mut schemathesis = Command::new(environment(&root).join("bin/schemathesis"));
        schemathesis
            .arg("--config-file")
            .arg(files.join("schemathesis.toml"))
            .args(["run", "--checks", "all", "--url", &stack.api_url])
            .arg(format!("{}/openapi.json", stack.api_url))
            // Whatever it leaves behind is not the project's.
            .current_dir(environment(&root))
            .env("SCHEMATHESIS_HOOKS", "hooks")
            .env("PYTHONPATH", files)
            .env("PYTHONDONTWRITEBYTECODE", "1");
        if !stack.run(&mut schemathesis)? {
            bail!("schemathesis has found something; see above");
        }
        Ok(())
    })
}

/// Its virtual environment.
fn environment(root: &Path) -> PathBuf {
    target_dir(root).join("schemathesis")
}

/// Installs it, unless the same versions are there.
fn install(root: &Path) -> Result<()> {
    let wanted = root.join("crates/xtask/schemathesis/requirements.txt");
    let environment = environment(root);
    let installed = environment.join("requirements.txt");
    if fs::read(&installed).is_ok_and(|text| fs::read(&wanted).is_ok_and(|wanted| text == wanted)) {
        return Ok(());
    }
    install::ensure_python()?;
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv", "--clear"]).arg(&environment);
    let mut pip = Command::new(environment.join("bin/pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check", "--requirement"]).arg(&wanted);
    for mut command in [venv, pip] {
        if !command.status().with_context(|| format!("{command:?}"))?.success() {
            bail!("`{command:?}` failed");
        }
    }
    fs::copy(&wanted, &installed)?;
    Ok(())
}
