//! Runs schemathesis, which generates requests from `openapi.json` and checks the answers against
//! it.

use crate::private_stack::PrivateStack;
use crate::settings::{target_dir, workspace_root};
use crate::steps::{build_services, step};
use crate::{install, python};
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs it against a private stack.
pub fn run() -> Result<()> {
    install::ensure(true, true)?;
    let root = workspace_root()?;
    build_services()?;
    let requirements = root.join("tools/xtask/schemathesis/requirements.txt");
    step("schemathesis is installed", || python::environment(&environment(&root), &requirements))?;
    let settings = [
        ("PRICE_FEED", "sim".to_owned()),
        // The hooks sign up from an address of their own each time: an address that asks too often
        // which emails are taken, as generated requests do, is blocked whatever the limits are.
        ("TRUSTED_PROXIES", "127.0.0.1".to_owned()),
    ];
    let stack = PrivateStack::start(&root, &settings)?;
    step("schemathesis", || {
        let files = root.join("tools/xtask/schemathesis");
        let mut schemathesis = Command::new(environment(&root).join("bin/schemathesis"));
        schemathesis
            .arg("--config-file")
            .arg(files.join("schemathesis.toml"))
            .args(["run", "--checks", "all", "--url", &stack.api_url])
            .arg(format!("{}/openapi.json", stack.api_url))
            // Keeps the files that it leaves behind out of the project.
            .current_dir(environment(&root))
            .env("SCHEMATHESIS_HOOKS", "hooks")
            .env("PYTHONPATH", files)
            .env("PYTHONDONTWRITEBYTECODE", "1");
        if !stack.run(&mut schemathesis)? {
            bail!("schemathesis reported failures; see above");
        }
        Ok(())
    })
}

/// The folder of its virtual environment.
fn environment(root: &Path) -> PathBuf {
    target_dir(root).join("schemathesis")
}
