//! Mechanical checks of prose: doc comments, paths in the docs, and commit subjects.

use crate::{root, sources};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Words that open a sentence without its subject.
const DANGLING: [&str; 16] = [
    "What", "Who", "Whose", "Whom", "Which", "How", "Why", "Where", "When", "Whether", "Of", "As",
    "So", "Somebody", "Nobody", "Whoever",
];

/// The maximum share of doc comments that open with one of them, per thousand. Only ever lowered.
const DANGLING_PER_MILLE_MAX: usize = 40;

/// The date since which commits have subjects of the form `area: Imperative`.
const SUBJECTS_SINCE: &str = "2026-11-29T01:00:00Z";

/// First words that show that a subject is not an imperative.
const NO_IMPERATIVES: [&str; 12] =
    ["A", "An", "The", "What", "How", "Who", "Where", "When", "Added", "Fixed", "Changed", "Moved"];

#[test]
fn doc_comments_open_with_their_subject() {
    let (mut count, mut dangling) = (0, Vec::new());
    for path in sources() {
        let text = fs::read_to_string(&path).unwrap();
        for (line, opening) in doc_comments(&text) {
            count += 1;
            let first = opening.split(|letter: char| !letter.is_alphabetic()).next().unwrap();
            if DANGLING.contains(&first) {
                dangling.push(format!("{}:{line}: {opening}", path.display()));
            }
        }
    }
    let allowed = count * DANGLING_PER_MILLE_MAX / 1_000;
    let found = dangling.len();
    assert!(found <= allowed, "{}\n{found} of {count}, at most {allowed}", dangling.join("\n"));
}

/// The first non-empty line of each doc comment, with its number.
fn doc_comments(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut is_inside = false;
    for (n, line) in text.lines().enumerate() {
        let line = line.trim_start();
        let comment = line.strip_prefix("///").or_else(|| line.strip_prefix("//!"));
        let comment = comment.filter(|comment| !comment.starts_with('/'));
        match comment.map(str::trim) {
            Some(opening) if !is_inside && !opening.is_empty() => found.push((n + 1, opening)),
            _ => {}
        }
        is_inside = comment.is_some();
    }
    found
}

#[test]
fn paths_in_the_docs_exist() {
    let listed = git(&["ls-files"]);
    let files: BTreeSet<&str> = listed.lines().collect();
    let mut missing = Vec::new();
    for document in files.iter().filter(|file| is_document(file)) {
        let text = fs::read_to_string(root().join(document)).unwrap();
        let folder = Path::new(document).parent().unwrap().to_str().unwrap();
        for path in text.split('`').skip(1).step_by(2).filter(|text| is_source_path(text)) {
            let suffix = format!("/{path}");
            let is_there = files.contains(path)
                || files.iter().any(|file| file.starts_with(folder) && file.ends_with(&suffix))
                || files.iter().any(|file| file.ends_with(&suffix));
            if !is_there {
                missing.push(format!("{document}: `{path}`"));
            }
        }
    }
    assert!(missing.is_empty(), "no such files:\n{}", missing.join("\n"));
}

fn is_document(file: &str) -> bool {
    file == "ARCHITECTURE.md" || file == "STYLE.md" || file.ends_with("README.md")
}

fn is_source_path(text: &str) -> bool {
    let is_path = text.chars().all(|letter| letter.is_alphanumeric() || "/._-".contains(letter));
    // STYLE.md names it as the file that does not exist.
    let is_named = text != "mod.rs";
    is_path && is_named && [".rs", ".ts", ".tsx", ".sql"].iter().any(|end| text.ends_with(end))
}

#[test]
fn commit_subjects_name_the_area_and_are_imperatives() {
    let since = format!("--since={SUBJECTS_SINCE}");
    let log = git(&["log", "--no-merges", "--format=%s", &since]);
    let wrong: Vec<&str> = log.lines().filter(|subject| !is_subject(subject)).collect();
    assert!(wrong.is_empty(), "not `area: Imperative`:\n{}", wrong.join("\n"));
}

fn is_subject(subject: &str) -> bool {
    let Some((area, rest)) = subject.split_once(": ") else { return false };
    let first = rest.split(' ').next().unwrap_or_default();
    area.chars().all(|letter| letter.is_ascii_lowercase() || "-,/ ".contains(letter))
        && first.starts_with(|letter: char| letter.is_ascii_uppercase())
        && !NO_IMPERATIVES.contains(&first)
}

#[test]
fn subjects_are_told_apart() {
    assert!(is_subject("http-gateway: Split the state from the routes"));
    for wrong in ["engine: The heartbeat is kept", "Add a test", "engine: add a test"] {
        assert!(!is_subject(wrong), "{wrong}");
    }
}

/// The output of a `git` command in the workspace; empty when it is not a clone.
fn git(arguments: &[&str]) -> String {
    let output = Command::new("git").args(arguments).current_dir(root()).output();
    output.map_or_else(|_| String::new(), |done| String::from_utf8(done.stdout).unwrap())
}
