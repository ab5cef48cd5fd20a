//! Runs the documentation's examples, the commands of docs/api.md as printed and docs/examples,
//! against the services directly and through Caddy as in production.

use crate::private_stack::PrivateStack;
use crate::settings::{target_dir, workspace_root};
use crate::steps::{build_services, step};
use crate::{install, one_origin, python, web};
use anyhow::{Context as _, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs all examples.
pub fn run() -> Result<()> {
    install::ensure(true, true)?;
    let caddy = install::ensure_caddy()?;
    let root = workspace_root()?;
    build_services()?;
    step("the web UI is built", web::build)?;
    let examples = root.join("docs/examples");
    let environment = target_dir(&root).join("examples");
    step("the examples' dependencies are installed", || {
        python::environment(&environment, &examples.join("requirements.txt"))
    })?;
    let examples = Examples { root: root.clone(), python: environment.join("bin/python") };
    step("examples on the services", || {
        let stack = PrivateStack::start(&root, &[("PRICE_FEED", "sim".to_owned())])?;
        let urls = Urls { api: stack.api_url.clone(), ws: stack.ws_url.clone(), authority: None };
        examples.run(&stack, &urls)
    })?;
    step("examples through Caddy", || one_origin::run(&root, &caddy, &examples))
}

/// The addresses of a running Velox.
pub struct Urls {
    pub api: String,
    pub ws: String,
    /// The certificate authority to trust instead of the system's.
    pub authority: Option<PathBuf>,
}

/// The examples to run.
pub struct Examples {
    root: PathBuf,
    python: PathBuf,
}

impl Examples {
    /// Runs each example on a stack that has no users yet.
    pub fn run(&self, stack: &PrivateStack, urls: &Urls) -> Result<()> {
        let script = shell_blocks(&self.root.join("docs/api.md"))?;
        let folder = tempfile::tempdir().context("no folder can be created")?;
        let mut shell = Command::new("bash");
        shell.args(["-euo", "pipefail", "-c", &script]).current_dir(folder.path());
        let script = |name| {
            let mut script = Command::new(&self.python);
            // One of them imports the other.
            script.arg("-B").arg(self.root.join("docs/examples").join(name));
            (name, script)
        };
        for (name, mut command) in
            [("docs/api.md", shell), script("quickstart.py"), script("costs.py")]
        {
            command.env("VELOX", &urls.api).env("VELOX_WS", &urls.ws);
            if let Some(authority) = &urls.authority {
                command.env("CURL_CA_BUNDLE", authority).env("SSL_CERT_FILE", authority);
            }
            if !stack.run(&mut command)? {
                bail!("{name} failed; see above");
            }
        }
        Ok(())
    }
}

/// All commands of a page's `sh` blocks.
fn shell_blocks(page: &Path) -> Result<String> {
    let text = fs::read_to_string(page).with_context(|| page.display().to_string())?;
    let blocks = text.split("```sh\n").skip(1).filter_map(|block| block.split("```").next());
    let blocks: Vec<_> = blocks.collect();
    if blocks.len() < 3 {
        bail!("{} has no commands", page.display());
    }
    Ok(blocks.join("\necho\n"))
}
