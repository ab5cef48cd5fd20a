//! The committed copy of the API's description.

use crate::settings::workspace_root;
use crate::steps::step;
use anyhow::{Context as _, Result, bail};

/// Writes `openapi.json` as the handlers have it now.
pub fn write() -> Result<()> {
    step("openapi.json", || {
        let mut command = testkit::cargo::command();
        command
            .args(["test", "--quiet", "--locked", "--package", "http-gateway", "--test", "api"])
            .arg("the_committed_description_is_current")
            .current_dir(workspace_root()?)
            .env("SQLX_OFFLINE", "true")
            .env("VELOX_REWRITE_OPENAPI", "1");
        if !command.status().context("cargo can't be started")?.success() {
            bail!("the description was not written");
        }
        Ok(())
    })
}
