//! The file that prepares a shell for an operator: `velox`, and the variables of `docs/runbooks`.

use anyhow::{Context as _, Result};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, symlink};
use std::path::{Path, PathBuf};

/// The console's package and its program.
pub const CONSOLE: &str = "console";
const VELOX: &str = "velox";

/// Writes the file into the data folder, and gives its path. `velox` alone comes into the `PATH`, by
/// a link: its neighbours have names such as `engine`.
pub fn write(data_dir: &Path, built: &Path, variables: &[(&str, String)]) -> Result<PathBuf> {
    let (folder, file) = (data_dir.join("bin"), data_dir.join("env"));
    let programs = link(&built.join(VELOX), &folder)
        .with_context(|| format!("no link to {VELOX} can be made in {}", folder.display()))?;
    // The URL of the database has its password.
    let options = File::options().write(true).create(true).truncate(true).mode(0o600).open(&file);
    let mut open = options.with_context(|| file.display().to_string())?;
    open.write_all(text(&programs, variables).as_bytes())?;
    Ok(file)
}

/// Gives the folder as it has to be in a `PATH`: from the root.
fn link(program: &Path, folder: &Path) -> std::io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let link = folder.join(VELOX);
    match fs::remove_file(&link) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    symlink(program.canonicalize()?, link)?;
    folder.canonicalize()
}

fn text(programs: &Path, variables: &[(&str, String)]) -> String {
    let mut text = String::from(
        "# Written by `cargo xtask up`. `. FILE` in a shell makes `velox` and the commands of\n\
         # docs/runbooks work there.\n",
    );
    let _ = writeln!(text, "export PATH={}:\"$PATH\"", quoted(&programs.display().to_string()));
    for (name, value) in variables {
        let _ = writeln!(text, "export {name}={}", quoted(value));
    }
    text
}

/// As one word of a shell, whatever is in it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;
    use std::process::Command;

    #[test]
    fn a_shell_that_reads_the_file_finds_velox_and_the_variables() {
        let folder = tempfile::tempdir().unwrap();
        let (data_dir, built) = (folder.path().join("it's data"), folder.path().join("release"));
        fs::create_dir_all(&data_dir).unwrap();
        fs::create_dir_all(&built).unwrap();
        let program = built.join(VELOX);
        fs::write(&program, "#!/bin/sh\necho \"$DATABASE_URL\"\n").unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let url = "postgres://u:it's $(a) \"pass\"@h/db";
        let variables = [("DATABASE_URL", url.to_owned())];
        // The second time over what is there, as on every `up`.
        write(&data_dir, &built, &variables).unwrap();
        let file = write(&data_dir, &built, &variables).unwrap();
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "others can read the password: {mode:o}");
        let output =
            Command::new("sh").args(["-euc", ". \"$1\"; velox", "sh"]).arg(&file).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim_end(), url);
    }
}
