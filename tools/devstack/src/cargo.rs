//! Runs cargo from a process that cargo has started.

use std::ffi::OsString;
use std::process::Command;

/// The arguments that build the services for tests. The whole workspace together with its tests: for
/// a few packages, or without tests, cargo would build many dependencies once more, with fewer
/// features.
pub const BUILD_SERVICES: [&str; 5] = ["build", "--workspace", "--bins", "--tests", "--locked"];

/// The cargo that runs this process, without the variables that it set for this package: build
/// scripts of dependencies read them too, so half of the workspace would be rebuilt whenever calls
/// from a test and from a shell alternate.
pub fn command() -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    for name in std::env::vars_os().map(|(name, _)| name).filter(is_about_a_package) {
        command.env_remove(name);
    }
    command
}

fn is_about_a_package(name: &OsString) -> bool {
    let name = name.to_string_lossy();
    name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
}
