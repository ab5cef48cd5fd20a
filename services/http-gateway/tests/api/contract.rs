//! The API's description: committed, complete, and true.

use http_gateway::openapi;
use std::path::Path;

/// Set to write the committed copy anew; `cargo xtask openapi` does.
const REWRITE: &str = "VELOX_REWRITE_OPENAPI";

#[test]
fn the_committed_description_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    let fresh = openapi::json();
    if std::env::var_os(REWRITE).is_some() {
        std::fs::write(&path, fresh).unwrap();
        return;
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let line = committed.lines().zip(fresh.lines()).position(|(old, new)| old != new);
    assert!(
        committed == fresh,
        "openapi.json is not current from line {} on; run `cargo xtask openapi` and commit it",
        line.map_or_else(|| committed.lines().count(), |line| line + 1),
    );
}
