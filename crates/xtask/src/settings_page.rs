//! The committed page about settings.

use crate::settings::workspace_root;
use crate::steps::step;
use anyhow::{Context as _, Result, bail};

/// Writes `docs/settings.md` as the services define their settings now.
pub fn write() -> Result<()> {
    step("docs/settings.md", || {
        let mut command = testkit::cargo::command();
        command
            .args(["test", "--quiet", "--locked", "--package", "reference", "--test", "settings"])
            .arg("the_committed_page_is_current")
            .current_dir(workspace_root()?)
            .env("SQLX_OFFLINE", "true")
            .env("VELOX_REWRITE_SETTINGS", "1");
        if !command.status().context("cargo can't be started")?.success() {
            bail!("the page was not written");
        }
        Ok(())
    })
}
