//! The file that lists the instruments of a stack.

use anyhow::{Context as _, Result};
use std::env;
use std::path::{Path, PathBuf};

/// The setting of the engine that names the file.
const SETTING: &str = "MARKETS_FILE";

/// Chooses the file: the one that the command line names, else the environment's, else the shipped
/// one. A wrong file is refused here, before anything is built, started or deleted.
pub fn choose(named: Option<&Path>, root: &Path) -> Result<PathBuf> {
    let set = env::var_os(SETTING).filter(|file| !file.is_empty()).map(PathBuf::from);
    let (file, origin) = chosen(named, set, root);
    // The engine may run in another folder.
    let file = std::path::absolute(file)?;
    match markets::read(&file) {
        Ok(_) => Ok(file),
        Err(error @ markets::FileError::Unreadable { .. }) => Err(error).context(origin),
        Err(error) => Err(error).context(format!("{origin}: {}", file.display())),
    }
}

/// The file, and what names it.
fn chosen(named: Option<&Path>, set: Option<PathBuf>, root: &Path) -> (PathBuf, &'static str) {
    match (named, set) {
        (Some(file), _) => (file.to_owned(), "--markets"),
        (None, Some(file)) => (file, SETTING),
        (None, None) => (root.join("markets.toml"), "the list of instruments"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::workspace_root;

    #[test]
    fn the_command_line_comes_before_the_environment_and_the_shipped_file() {
        let root = Path::new("/clone");
        let (named, set) = (Path::new("mine.toml"), Some(PathBuf::from("/etc/velox/set.toml")));
        assert_eq!(chosen(Some(named), set.clone(), root), (named.to_owned(), "--markets"));
        assert_eq!(chosen(None, set.clone(), root), (set.expect("it is set"), "MARKETS_FILE"));
        assert_eq!(chosen(None, None, root).0, Path::new("/clone/markets.toml"));
    }

    #[test]
    fn both_files_that_ship_are_accepted_with_their_whole_path() {
        let root = workspace_root().expect("the clone exists");
        for name in ["markets.toml", "markets.binance.toml"] {
            let file = root.join(name);
            assert_eq!(choose(Some(&file), &root).expect(name), file);
        }
        // Cargo runs tests in the folder of the package.
        let relative = Path::new("../../markets.binance.toml");
        assert!(choose(Some(relative), &root).expect("it is found").is_absolute());
    }

    #[test]
    fn a_missing_or_wrong_file_is_refused_by_name() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let write = |name: &str, text: &str| {
            let file = folder.path().join(name);
            std::fs::write(&file, text).expect("a file can be written");
            file
        };
        let shipped = std::fs::read_to_string("../../markets.toml").expect("it ships");
        let high = shipped.replace("max_leverage = 100", "max_leverage = 101");
        let rows = [
            (folder.path().join("none.toml"), "none.toml: No such file"),
            (folder.path().to_owned(), "Is a directory"),
            (write("empty.toml", ""), "empty.toml: there is no [[instrument]] table"),
            (write("garbage.toml", "garbage"), "garbage.toml: TOML parse error at line 1"),
            (write("high.toml", &high), "high.toml: BTCUSDT: max_leverage is 101, not 1 to 100"),
        ];
        for (file, problem) in rows {
            let error = format!("{:#}", choose(Some(&file), folder.path()).expect_err(problem));
            assert!(error.starts_with("--markets: ") && error.contains(problem), "{error}");
        }
    }
}
