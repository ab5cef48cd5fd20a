//! The file that prepares a shell for operators: `velox` and the variables of `docs/runbooks`.

use anyhow::{Context as _, Result};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, symlink};
use std::path::{Path, PathBuf};

/// The package and binary of the console.
pub const CONSOLE: &str = "console";
const VELOX: &str = "velox";

/// Writes the file into the data folder and returns its path. Only `velox` is added to the `PATH`,
/// by a link: the folder of the binaries also has names such as `engine`.
pub fn write(data_dir: &Path, built: &Path, variables: &[(&str, String)]) -> Result<PathBuf> {
    let (folder, file) = (data_dir.join("bin"), data_dir.join("env"));
    let programs = link(&built.join(VELOX), &folder)
        .with_context(|| format!("a link to {VELOX} can't be created in {}", folder.display()))?;
    // The URL of the database contains its password.
    let options = File::options().write(true).create(true).truncate(true).mode(0o600).open(&file);
    let mut open = options.with_context(|| file.display().to_string())?;
    open.write_all(text(&programs, variables).as_bytes())?;
    Ok(file)
}

/// Creates the link and returns the folder as an absolute path, as a `PATH` needs it.
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
        "# Written by `cargo xtask up`. Run `. FILE` in a shell to use `velox` and the commands\n\
         # of docs/runbooks.\n",
    );
    let _ = writeln!(text, "export PATH={}:\"$PATH\"", quoted(&programs.display().to_string()));
    for (name, value) in variables {
        let _ = writeln!(text, "export {name}={}", quoted(value));
    }
    text
}

/// Quotes a text as one word for a shell.
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
        // The second time over existing files, as on every `up` but the first.
        write(&data_dir, &built, &variables).unwrap();
        let file = write(&data_dir, &built, &variables).unwrap();
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "others can read the password: {mode:o}");
        let output =
            Command::new("sh").args(["-euc", ". \"$1\"; velox", "sh"]).arg(&file).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim_end(), url);
    }
}
