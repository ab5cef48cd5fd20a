//! Committed files that are generated from the code, by the tests that compare them.

use crate::install;
use crate::steps::{cargo_command, step};
use anyhow::{Context as _, Result, bail};

/// Writes `openapi.json` from the handlers.
pub fn write_openapi() -> Result<()> {
    let test = ["--test", "api", "the_committed_description_is_current"];
    write("openapi.json", test, "VELOX_REWRITE_OPENAPI")
}

/// Writes `docs/settings.md` from the services' definitions of their settings.
pub fn write_settings() -> Result<()> {
    let test = ["--test", "settings", "the_committed_page_is_current"];
    write("docs/settings.md", test, "VELOX_REWRITE_SETTINGS")
}

/// Writes `docs/metrics.md` from the metrics of a running stack.
pub fn write_metrics() -> Result<()> {
    install::ensure(true, true)?;
    write("docs/metrics.md", ["--test", "operations", "the_reference"], "WRITE_METRICS_REFERENCE")
}

/// Runs the test with the features of the whole workspace, which reuses what other tests built.
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
