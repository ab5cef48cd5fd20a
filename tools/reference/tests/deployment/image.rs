//! The image is made of what is there.

use crate::{programs, read, root};
use std::collections::BTreeSet;
use std::path::Path;

/// The variables that the image sets, by name.
pub(crate) fn variables() -> Vec<String> {
    let dockerfile = read("Dockerfile");
    let image = dockerfile.rsplit("\nFROM ").next().unwrap();
    let lines = image.lines().filter_map(|line| line.strip_prefix("ENV "));
    let pairs = lines.flat_map(str::split_whitespace).filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, _)| name.to_owned()).collect()
}

/// A `# syntax` line would make the builder pull one more image for its frontend.
#[test]
fn nothing_is_pulled_to_build_the_image_but_what_it_is_made_of() {
    let dockerfile = read("Dockerfile");
    assert!(!dockerfile.contains("syntax="), "{}", dockerfile.lines().next().unwrap());
}

/// Copied files have what they need in the build context, and every path exists.
#[test]
fn the_image_is_made_of_what_is_there() {
    let dockerfile = read("Dockerfile");
    let mut count = 0;
    for line in dockerfile.lines().filter(|line| line.starts_with("COPY ")) {
        let mut words: Vec<_> = line.split_whitespace().skip(1).collect();
        words.pop();
        if words.first().is_some_and(|word| word.starts_with("--from=")) {
            continue;
        }
        for source in words {
            assert!(root().join(source).exists(), "COPY {source}");
            count += 1;
        }
    }
    assert!(count >= 3, "the COPY lines were not found");
    let manifest = read("Cargo.toml");
    let version = manifest.split("rust-version = \"").nth(1).unwrap().split('"').next().unwrap();
    assert!(dockerfile.contains(&format!("FROM rust:{version}-")), "Rust {version} is needed");
    let built: BTreeSet<_> =
        dockerfile.split("--package ").skip(1).filter_map(package_name).collect();
    let mut needed: BTreeSet<_> = programs().iter().map(|program| program.name).collect();
    // The health check, and the operator's console where there is one.
    needed.insert("service");
    needed.extend(root().join("tools/console").is_dir().then_some("console"));
    assert_eq!(built, needed);
    let context = read(".dockerignore");
    let folders = ["crates", "services", "tools"];
    let files = ["Cargo.toml", "Cargo.lock", ".cargo", ".sqlx", "migrations", "web"];
    let mut needed: BTreeSet<String> =
        folders.into_iter().chain(files).map(str::to_owned).collect();
    needed.extend(folders.iter().flat_map(|folder| included_from_the_root(&root().join(folder))));
    assert!(needed.contains("markets.toml"), "included files were not found: {needed:?}");
    for needed in needed {
        assert!(context.contains(&format!("\n!{needed}\n")), ".dockerignore leaves {needed} out");
    }
}

/// The files in the root of the repository that Rust code below `folder` includes.
fn included_from_the_root(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(included_from_the_root(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let included = text.split("include_str!(\"../../../").skip(1);
            let names = included.filter_map(|rest| rest.split('"').next());
            found.extend(names.filter(|name| !name.contains('/')).map(str::to_owned));
        }
    }
    found
}

fn package_name(text: &str) -> Option<&str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '-').next()
}
