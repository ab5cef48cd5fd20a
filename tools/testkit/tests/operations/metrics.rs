//! Names, units and help texts follow Prometheus' rules, and the reference is current.

use crate::live::{Family, families, scraped};
use crate::promtool::{promtool, root};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Writes the reference instead of comparing it.
const WRITE: &str = "WRITE_METRICS_REFERENCE";

#[tokio::test(flavor = "multi_thread")]
async fn promtool_finds_nothing_wrong_with_any_service() {
    for (service, text) in scraped().await {
        let said = promtool(&["check", "metrics"], text);
        assert_eq!(said, "", "{service}");
        for (name, family) in families(text) {
            assert!(!family.help.is_empty(), "{service}: {name} has no help");
            let is_ours = name.starts_with("velox_") || name.starts_with("process_");
            assert!(is_ours, "{service}: {name} has another prefix");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_books_balance_and_every_service_is_ready() {
    let scraped = scraped().await;
    assert!(scraped["engine"].contains("\nvelox_ledger_difference_usd 0\n"));
    assert!(scraped["engine"].contains("\nvelox_ledger_deposits_usd 1000\n"));
    assert!(scraped["engine"].contains("velox_dead_letters{stream=\"request:stream\"} 0\n"));
    assert!(scraped["engine"].contains("velox_redis_append_only_file_ok 1\n"));
    for (service, text) in scraped {
        assert!(text.contains("\nvelox_ready 1\n"), "{service}");
    }
    for (service, stage) in [
        ("http-gateway", "gateway"),
        ("http-gateway", "append"),
        ("http-gateway", "reply"),
        ("engine", "stream"),
        ("engine", "engine"),
    ] {
        let count = format!("velox_order_stage_seconds_count{{stage=\"{stage}\"}} ");
        let value = scraped[service].lines().find_map(|line| line.strip_prefix(&count)).unwrap();
        assert!(value.parse::<u32>().unwrap() >= 2, "{stage}: {value}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reference_tells_of_every_metric() {
    let path = root().join("docs/metrics.md");
    let generated = reference(scraped().await);
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&path, &generated).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    let known: BTreeSet<&str> = written.lines().collect();
    let new: Vec<&str> = generated.lines().filter(|line| !known.contains(line)).collect();
    assert!(
        written == generated,
        "docs/metrics.md is not current (cargo xtask metrics writes it). New:\n{}",
        new.join("\n")
    );
}

/// Renders the page. Alphabetical order keeps related metrics together.
fn reference(scraped: &BTreeMap<&str, String>) -> String {
    let mut rows: BTreeMap<String, (Family, Vec<&str>)> = BTreeMap::new();
    for (service, text) in scraped {
        for (name, family) in families(text) {
            let (known, services) = rows.entry(name).or_default();
            known.labels.extend(family.labels);
            (known.kind, known.help) = (family.kind, family.help);
            services.push(service);
        }
    }
    let mut page = String::from(
        "# Metrics\n\nThe metrics that the services serve under `/metrics`. `cargo xtask metrics` \
         writes this page from\ntheir output, and a test checks that it is current. Counters end \
         with `_total` and are best shown\nas rates; histograms of seconds have buckets from 10 µs \
         to 5 s. Metrics start at 0, so that rates\ninclude the first event.\n\n\
         | metric | kind | labels | services | meaning |\n|---|---|---|---|---|\n",
    );
    for (name, (Family { kind, help, labels }, services)) in rows {
        let of =
            if services.len() == scraped.len() { "all".to_owned() } else { services.join(", ") };
        let labels = labels.iter().map(|label| format!("`{label}`")).collect::<Vec<_>>().join(", ");
        writeln!(page, "| `{name}` | {kind} | {labels} | {of} | {help} |").unwrap();
    }
    page
}
