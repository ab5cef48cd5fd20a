//! Dashboards and alerts use only existing metrics, and each alert has a runbook page.

use crate::live::{families, scraped};
use crate::promtool::{promtool, root};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.extension().is_some_and(|e| e == extension)).collect()
}

/// Collects every `expr` in a dashboard.
fn queries(json: &Value, found: &mut Vec<String>) {
    match json {
        Value::Object(object) => {
            found.extend(object.get("expr").and_then(Value::as_str).map(str::to_owned));
            object.values().for_each(|value| queries(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| queries(value, found)),
        _ => {}
    }
}

/// The metrics that a query names: words with these prefixes.
fn named(query: &str) -> BTreeSet<String> {
    let words = query.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let is_metric = |word: &&str| word.starts_with("velox_") || word.starts_with("process_");
    words.filter(is_metric).map(str::to_owned).collect()
}

/// All metrics that a query may name.
async fn existing() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (name, family) in scraped().await.values().flat_map(|text| families(text)) {
        if family.kind == "histogram" {
            names.extend(["_bucket", "_sum", "_count"].map(|part| format!("{name}{part}")));
        } else {
            names.insert(name);
        }
    }
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn dashboards_name_only_metrics_that_exist_and_use_all_that_matter() {
    let existing = existing().await;
    let mut used = BTreeSet::new();
    let mut dashboards = 0;
    for path in files("deploy/grafana/dashboards", "json") {
        let dashboard: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let mut found = Vec::new();
        queries(&dashboard, &mut found);
        assert!(found.len() > 5, "{} shows something", path.display());
        for query in found {
            let names = named(&query);
            assert!(!names.is_empty(), "{}: {query}", path.display());
            for name in &names {
                assert!(existing.contains(name), "{}: there is no {name}", path.display());
            }
            used.extend(names);
        }
        dashboards += 1;
    }
    assert_eq!(dashboards, 4);
    let shown = |name: &&String| used.iter().any(|used| used.starts_with(name.as_str()));
    let unseen: Vec<_> = existing
        .iter()
        .filter(|name| name.starts_with("velox_") && !name.ends_with("_bucket"))
        .filter(|name| {
            let base = name.trim_end_matches("_sum").trim_end_matches("_count").to_owned();
            !shown(&&base)
        })
        .collect();
    assert_eq!(unseen, ["velox_build_info"], "on no dashboard");
}

/// The alerts, each with its name and its lines.
fn alerts() -> Vec<(String, String)> {
    let rules = fs::read_to_string(root().join("deploy/prometheus/alerts.yml")).unwrap();
    let parts = rules.split("- alert: ").skip(1);
    let alerts = parts.map(|part| {
        let (name, rest) = part.split_once('\n').unwrap();
        (name.trim().to_owned(), rest.to_owned())
    });
    alerts.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_name_only_metrics_that_exist() {
    let existing = existing().await;
    for (alert, rule) in alerts() {
        for name in named(&rule) {
            assert!(existing.contains(&name), "{alert}: there is no {name}");
        }
    }
}

#[test]
fn every_alert_has_a_page_and_a_test_and_no_page_is_left_over() {
    let tests = fs::read_to_string(root().join("deploy/prometheus/alerts_test.yml")).unwrap();
    let mut pages = BTreeSet::from(["README".to_owned()]);
    for (alert, rule) in alerts() {
        let page = format!("docs/runbooks/{alert}.md");
        assert!(rule.contains(&format!("runbook: {page}\n")), "{alert} names its page");
        let text = fs::read_to_string(root().join(&page)).unwrap_or_default();
        for heading in ["## What it means", "## How to look", "## What to do"] {
            assert!(text.contains(heading), "{page} has no {heading:?}");
        }
        let of_it = tests.split("alertname: ").filter(|test| test.starts_with(alert.as_str()));
        let (silent, fires): (Vec<&str>, Vec<&str>) = of_it.partition(|test| {
            let line = test.lines().next().unwrap();
            line.contains("exp_alerts: []")
        });
        assert!(!silent.is_empty() && !fires.is_empty(), "{alert} is not tested both ways");
        pages.insert(alert);
    }
    let written = files("docs/runbooks", "md").into_iter();
    let written: BTreeSet<_> =
        written.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    assert_eq!(written, pages);
}

#[test]
fn prometheus_takes_its_settings_and_the_rules_do_what_their_tests_say() {
    promtool(&["check", "config", "prometheus.yml"], "");
    promtool(&["check", "rules", "alerts.yml"], "");
    promtool(&["test", "rules", "alerts_test.yml"], "");
}
