//! The page about settings is current and complete.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use reference::{LOGS, programs};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The variable that makes the test write the committed page; `cargo xtask settings` sets it.
const REWRITE: &str = "VELOX_REWRITE_SETTINGS";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn the_committed_page_is_current() {
    let path = root().join("docs/settings.md");
    let fresh = reference::settings();
    if std::env::var_os(REWRITE).is_some() {
        fs::write(&path, fresh).unwrap();
        return;
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    let line = committed.lines().zip(fresh.lines()).position(|(old, new)| old != new);
    assert!(
        committed == fresh,
        "docs/settings.md is not current from line {} on; run `cargo xtask settings` and commit it",
        line.map_or_else(|| committed.lines().count(), |line| line + 1),
    );
}

#[test]
fn every_setting_is_explained_and_can_be_set_in_the_environment() {
    for program in programs() {
        for setting in program.command.get_arguments() {
            let name = setting.get_id();
            let help = setting.get_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.len() > 5, "{}: {name} is not explained", program.name);
            assert!(setting.get_env().is_some(), "{}: {name} has no variable", program.name);
        }
    }
}

#[test]
fn no_error_repeats_a_secret() {
    // Too short, not a URL, and like a flag.
    let wrong = "-hunter2:pass@//?#%zz";
    let mut tried = 0;
    for program in programs() {
        for setting in program.settings().filter(|setting| setting.is_hide_env_values_set()) {
            let long = setting.get_long().unwrap();
            let line = [program.name.to_owned(), format!("--{long}"), wrong.to_owned()];
            let parsed = program.command.clone().try_get_matches_from(line);
            let said = parsed.err().map(|error| error.to_string()).unwrap_or_default();
            assert!(!said.contains("hunter2"), "{}: {said}", program.name);
            tried += 1;
        }
        for setting in program.settings() {
            let name = setting.get_env().unwrap().to_str().unwrap();
            let is_secret = ["SECRET", "KEY", "DATABASE_URL", "REDIS_URL", "SMTP_URL"];
            if is_secret.iter().any(|part| name.contains(part)) {
                assert!(setting.is_hide_env_values_set(), "{name} is shown in the help");
            }
        }
    }
    assert!(tried > 10, "the settings with secrets were not found");
}

/// Variables that are read without the settings' parser are on the page as well.
#[test]
fn nothing_else_is_read_from_the_environment() {
    let listed: BTreeSet<_> = LOGS.iter().map(|setting| setting.variable).collect();
    let mut read = BTreeSet::new();
    for entry in fs::read_dir(root().join("crates/service/src")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(path).unwrap_or_default();
        for way in ["env::var(\"", "const ENDPOINT: &str = \""] {
            for part in text.split(way).skip(1) {
                read.insert(part.split('"').next().unwrap().to_owned());
            }
        }
    }
    assert_eq!(listed, read.iter().map(String::as_str).collect());
}

/// The settings that only `cargo xtask up` reads.
const OF_UP: [&str; 4] = ["METRICS_PORT_BASE", "POSTGRES_PORT", "REDIS_PORT", "VELOX_DATA_DIR"];

/// The variables in README's short table exist.
#[test]
fn readme_names_only_settings_that_exist() {
    let text = fs::read_to_string(root().join("README.md")).unwrap();
    let section = text.split("\n## Settings\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let programs = programs();
    let known: BTreeSet<_> = programs.iter().flat_map(reference::Program::variables).collect();
    let mut count = 0;
    for row in section.lines().filter(|line| line.starts_with("| `")) {
        let cell = row.split('|').nth(1).unwrap();
        for name in cell.split('`').skip(1).step_by(2) {
            assert!(known.contains(name) || OF_UP.contains(&name), "{name} is no setting");
            count += 1;
        }
    }
    assert!(count > 5, "the table was not found");
}
