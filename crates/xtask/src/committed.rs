//! Files that are made of the code and committed: written anew by the test that compares them.

use crate::install;
use crate::steps::{cargo_command, step};
use anyhow::{Context as _, Result, bail};

/// The API's description, as the handlers have it now.
pub fn write_openapi() -> Result<()> {
    let test = ["--test", "api", "the_committed_description_is_current"];
    write("openapi.json", test, "VELOX_REWRITE_OPENAPI")
}

/// `docs/settings.md`, as the services define their settings now.
pub fn write_settings() -> Result<()> {
    let test = ["--test", "settings", "the_committed_page_is_current"];
    write("docs/settings.md", test, "VELOX_REWRITE_SETTINGS")
}

/// `docs/metrics.md`, of what a whole stack says.
pub fn write_metrics() -> Result<()> {
    install::ensure(true, true)?;
    write("docs/metrics.md", ["--test", "operations", "the_reference"], "WRITE_METRICS_REFERENCE")
}

/// With the features of the whole workspace: what was built for the other tests is used.
fn write(file: &str, test: [&str; 3], variable: &str) -> Result<()> {
    step(file, || {
        let arguments = [&["test", "--quiet", "--workspace", "--locked"], &test[..]].concat();
        let status = cargo_command(&arguments)?.env(variable, "1").status();
        if !status.context("cargo can't be started")?.success() {
            bail!("{file} was not written; see above");
        }
        Ok(())
    })
}
