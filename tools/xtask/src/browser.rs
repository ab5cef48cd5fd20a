//! Browser tests of the web UI: the built files in Chromium, with all services and a recorded
//! market.

use crate::private_stack::PrivateStack;
use crate::settings::workspace_root;
use crate::steps::{build_services, step};
use crate::{install, recording, web};
use anyhow::{Context as _, Result, bail};
use std::process::Command;

/// Runs the tests on a private stack.
pub fn run() -> Result<()> {
    install::ensure(true, true)?;
    let chromium = install::ensure_chromium()?;
    let root = workspace_root()?;
    build_services()?;
    step("the web UI is built", web::build)?;
    let market = tempfile::tempdir().context("no folder can be made")?;
    recording::write(market.path(), &root.join(recording::MARKETS_FILE))?;
    let stack = PrivateStack::start(
        &root,
        &[
            ("WEB_DIR", root.join("web/dist").display().to_string()),
            ("PRICE_FEED", "replay".to_owned()),
            ("REPLAY_PATH", market.path().display().to_string()),
            ("MARKETS_FILE", market.path().join(recording::MARKETS_FILE).display().to_string()),
        ],
    )?;
    step("the web UI in a browser", || {
        let mut e2e = Command::new("npm");
        e2e.args(["run", "--silent", "e2e"])
            .current_dir(root.join("web"))
            .env("CHROMIUM", chromium)
            .env("VELOX_URL", &stack.web_url)
            .env("VELOX_MAIL_DIR", stack.mail_dir())
            .env("VELOX_PID_DIR", stack.pid_dir())
            .env("VELOX_REDIS_URL", stack.redis_url())
            .env("VELOX_FALLING", recording::FALLING)
            .env("VELOX_COSTLY", recording::COSTLY);
        if !stack.run(&mut e2e)? {
            bail!("the browser tests failed; see above");
        }
        Ok(())
    })
}
