//! The tests that `docs/guarantees.md` names exist.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

#[test]
fn every_guarantee_names_a_test_that_there_is() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = fs::read_to_string(root.join("docs/guarantees.md")).unwrap();
    let named: Vec<_> = page.split('`').filter_map(|text| text.split_once(".rs::")).collect();
    assert!(named.len() > 20, "the page names {} tests", named.len());
    for (file, test) in named {
        let source = fs::read_to_string(root.join(format!("{file}.rs"))).unwrap_or_default();
        let is_there = source.contains(&format!("fn {test}("));
        assert!(is_there, "{file}.rs has no test `{test}`");
    }
}
