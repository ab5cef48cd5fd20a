//! The rules of STYLE.md that a machine can check.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod prose;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The folders of the workspace: libraries, services, and programs for developers and operators.
const FOLDERS: [&str; 3] = ["crates", "services", "tools"];
const FILE_LINES_MAX: usize = 400;
const TEST_FILE_LINES_MAX: usize = 500;
const MAIN_LINES_MAX: usize = 80;
const FUNCTION_LINES_MAX: usize = 70;
const BANNED_NAMES: [&str; 6] =
    ["utils.rs", "helpers.rs", "common.rs", "types.rs", "manager.rs", "mod.rs"];

/// The workspace's crates that a crate may use. Services may use any crate of this list but
/// `xtask`, and never each other; the simulation uses the engine, and the reference uses all
/// services, because it documents them.
const EDGES: [(&str, &[&str]); 21] = [
    ("price", &[]),
    ("performance", &["price"]),
    ("messages", &["price"]),
    ("exchange", &["messages", "price"]),
    ("streams", &["messages"]),
    ("markets", &["messages", "price", "streams"]),
    ("service", &["messages", "streams"]),
    ("proxies", &[]),
    ("connections", &["proxies"]),
    ("session", &["messages", "service", "streams"]),
    ("views", &["messages", "performance", "price"]),
    ("store", &["messages", "price", "service"]),
    ("worker", &["messages", "service", "store", "streams"]),
    ("devstack", &[]),
    ("testkit", &["devstack", "markets", "messages", "price", "streams"]),
    // A model that shares code with what it is compared with proves nothing, and neither does an
    // auditor that uses the code under audit.
    ("model", &[]),
    ("chaos", &["devstack", "model", "testkit"]),
    ("simulation", &["engine", "exchange", "markets", "messages", "price", "service", "streams"]),
    (
        "console",
        &["exchange", "markets", "messages", "price", "service", "store", "streams", "views"],
    ),
    (
        "reference",
        &[
            "batch-uploader",
            "db-worker",
            "engine",
            "http-gateway",
            "mailer",
            "migrate",
            "price-poller",
            "realtime",
        ],
    ),
    ("xtask", &["devstack", "markets"]),
];
const LIBRARIES: [&str; 13] = [
    "price",
    "performance",
    "messages",
    "exchange",
    "streams",
    "markets",
    "service",
    "proxies",
    "connections",
    "session",
    "views",
    "store",
    "worker",
];
const SPEAK_REDIS: [&str; 2] = ["streams", "chaos"];
const SPEAK_SQL: [&str; 10] = [
    "service",
    "store",
    "testkit",
    "chaos",
    "console",
    "engine",
    "db-worker",
    "batch-uploader",
    "http-gateway",
    "migrate",
];
const SPEAK_SMTP: [&str; 1] = ["mailer"];
/// The pure core: no I/O, clocks or random numbers.
const PURE: [&str; 5] = ["price", "performance", "messages", "exchange", "model"];
const IMPURE: [&str; 8] =
    ["tokio", "redis", "sqlx", "time", "rand", "tracing", "reqwest", "chrono"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut dirs = FOLDERS.map(|folder| root().join(folder)).to_vec();
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
                dirs.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    assert!(found.len() > 50, "the sources were not found");
    found
}

#[test]
fn files_and_functions_are_short() {
    let mut long = Vec::new();
    for path in sources() {
        let text = fs::read_to_string(&path).unwrap();
        let lines = text.lines().count();
        let is_test = path.components().any(|part| part.as_os_str() == "tests");
        let is_main = path.ends_with("src/main.rs");
        let lines_max = match (is_test, is_main) {
            (true, _) => TEST_FILE_LINES_MAX,
            (_, true) => MAIN_LINES_MAX,
            _ => FILE_LINES_MAX,
        };
        if lines > lines_max {
            long.push(format!("{}: {lines} lines, at most {lines_max}", path.display()));
        }
        for (name, lines) in long_functions(&text) {
            long.push(format!("{}: fn {name} has {lines} lines", path.display()));
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}

/// Finds functions by indentation, which rustfmt guarantees: a function ends at the closing brace
/// in its own column.
fn long_functions(text: &str) -> Vec<(String, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut long = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let Some((_, after)) = code.split_once("fn ").filter(|(before, _)| {
            before
                .split_whitespace()
                .all(|word| ["pub", "pub(crate)", "pub(super)", "async", "const"].contains(&word))
        }) else {
            continue;
        };
        let indent = line.len() - code.len();
        // A trait method without a body ends with its signature.
        let signature_end = lines[start..].iter().find(|line| line.ends_with([';', '{', '}']));
        if signature_end.is_some_and(|line| line.ends_with(';')) {
            continue;
        }
        let end = format!("{}}}", " ".repeat(indent));
        let len = lines[start..].iter().position(|line| **line == end).map_or(1, |n| n + 1);
        if len > FUNCTION_LINES_MAX {
            let name = after.split(['(', '<']).next().unwrap().to_owned();
            long.push((name, len));
        }
    }
    long
}

#[test]
fn files_are_named_for_what_they_are_for() {
    for path in sources() {
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(!BANNED_NAMES.contains(&name), "{}", path.display());
    }
}

#[test]
fn nothing_is_left_to_be_done() {
    // Assembled here, so that this file does not find itself.
    let marks = ["TODO", "FIXME", "XXX"].map(|mark| format!("// {mark}"));
    for path in sources() {
        let text = fs::read_to_string(&path).unwrap();
        for mark in &marks {
            assert!(!text.contains(mark.as_str()), "{}: {mark}", path.display());
        }
    }
}

/// The names in `[dependencies]` of a crate, by package.
fn dependencies() -> BTreeMap<String, Vec<String>> {
    let mut all = BTreeMap::new();
    for folder in FOLDERS {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let manifest = fs::read_to_string(path.join("Cargo.toml")).unwrap();
            let section = manifest.split("\n[dependencies]\n").nth(1).unwrap_or_default();
            let section = section.split("\n[").next().unwrap();
            let names = section.lines().filter_map(|line| line.split(['.', ' ', '=']).next());
            let names: Vec<String> =
                names.filter(|name| !name.is_empty()).map(str::to_owned).collect();
            all.insert(path.file_name().unwrap().to_str().unwrap().to_owned(), names);
        }
    }
    assert!(all["http-gateway"].contains(&"axum".to_owned()), "manifests were not read: {all:?}");
    all
}

#[test]
fn crates_use_only_those_below_them() {
    let all = dependencies();
    let ours: Vec<&String> = all.keys().collect();
    for (package, used) in &all {
        let edge = EDGES.iter().find(|(name, _)| name == package);
        let allowed = edge.map_or(&LIBRARIES[..], |(_, allowed)| *allowed);
        for name in used.iter().filter(|name| ours.contains(name)) {
            assert!(allowed.contains(&name.as_str()), "{package} must not use {name}");
        }
    }
}

/// The dependencies of the model's tests count too: a test that builds entries with `messages` would
/// not notice a payload that both sides misspell.
#[test]
fn the_model_shares_nothing_with_the_exchange() {
    let manifest = fs::read_to_string(root().join("tools/model/Cargo.toml")).unwrap();
    let ours = dependencies();
    let starts_with = |line: &str, name: &str| {
        line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['.', ' ', '=']))
    };
    for line in manifest.lines().filter(|line| !starts_with(line, "name")) {
        for name in ours.keys() {
            assert!(!starts_with(line, name), "model must not use {name}, not even in tests");
        }
    }
}

#[test]
fn the_core_is_pure_and_each_server_has_its_speakers() {
    for (package, used) in dependencies() {
        let uses = |name: &str| used.iter().any(|used| used == name);
        let is_in = |list: &[&str]| list.contains(&package.as_str());
        assert!(!uses("redis") || is_in(&SPEAK_REDIS), "{package} must not speak Redis");
        assert!(!uses("sqlx") || is_in(&SPEAK_SQL), "{package} must not speak SQL");
        assert!(!uses("lettre") || is_in(&SPEAK_SMTP), "{package} must not send mails");
        for name in IMPURE.iter().filter(|_| is_in(&PURE)) {
            assert!(!uses(name), "{package} must not use {name}");
        }
    }
}
