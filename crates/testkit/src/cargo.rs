//! Cargo, run by what cargo runs.

use std::ffi::OsString;
use std::process::Command;

/// The cargo that runs us, without what it has told us about our own package: build scripts of
/// dependencies look at these variables as well, and half of the workspace would be built anew
/// whenever a test calls cargo after a person has, and the other way round.
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
