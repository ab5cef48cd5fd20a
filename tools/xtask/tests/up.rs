//! `cargo xtask up` refuses what it is told wrongly, and touches nothing.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::process::Command;

#[test]
fn a_wrong_list_of_instruments_starts_builds_and_deletes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (data, list) = (folder.path().join("data"), folder.path().join("mine.toml"));
    fs::create_dir(&data).unwrap();
    fs::write(data.join("velox-data"), "").unwrap();
    fs::write(&list, "[[instrument]]\nsymbol = \"BTCUSDT\"\n").unwrap();
    let up = |arguments: &[&str], variable: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.args(["up", "--reset"]).args(arguments);
        command.env("VELOX_DATA_DIR", &data).env("MARKETS_FILE", variable);
        let output = command.output().unwrap();
        assert!(!output.status.success());
        assert_eq!(String::from_utf8_lossy(&output.stdout), "");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let list = list.to_str().unwrap();
    let said = up(&["--markets", list], "");
    assert!(said.starts_with(&format!("error: --markets: {list}: TOML parse error")), "{said}");
    assert!(said.contains("missing field"), "{said}");
    let said = up(&["--markets", "/nowhere/markets.toml"], list);
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.starts_with("error: --markets: /nowhere/markets.toml: No such file"), "{said}");
    let said = up(&[], list);
    assert!(said.starts_with(&format!("error: MARKETS_FILE: {list}: ")), "{said}");
    let kept: Vec<_> =
        fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(kept, ["velox-data"], "the data is as it was");
}
