//! The metrics of all services of one stack, after some trading.

use std::collections::{BTreeMap, BTreeSet};
use testkit::stack::{Service, Stack};
use tokio::sync::OnceCell;

/// One metric of one service.
#[derive(Default)]
pub struct Family {
    pub kind: String,
    pub help: String,
    pub labels: BTreeSet<String>,
}

/// The text of `/metrics` of every service, by the name of its binary. One stack serves all tests.
pub async fn scraped() -> &'static BTreeMap<&'static str, String> {
    static SCRAPED: OnceCell<BTreeMap<&'static str, String>> = OnceCell::const_new();
    SCRAPED.get_or_init(trade_and_scrape).await
}

/// The metrics in such a text, by name.
pub fn families(text: &str) -> BTreeMap<String, Family> {
    let mut families: BTreeMap<String, Family> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, help) = help.split_once(' ').unwrap();
            help.clone_into(&mut families.entry(name.to_owned()).or_default().help);
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').unwrap();
            kind.clone_into(&mut families.entry(name.to_owned()).or_default().kind);
        } else {
            let (series, _) = line.rsplit_once(' ').unwrap();
            let (name, labels) = series.split_once('{').unwrap_or((series, ""));
            let known = |name: &str| families.contains_key(name).then(|| name.to_owned());
            let of_histogram = ["_bucket", "_sum", "_count"]
                .iter()
                .find_map(|part| name.strip_suffix(part).and_then(known));
            let family = known(name).or(of_histogram).expect("a sample follows its type");
            let names = labels.trim_end_matches('}').split(',').filter_map(|l| l.split_once('='));
            let names = names.map(|(name, _)| name.to_owned()).filter(|name| name != "le");
            families.get_mut(&family).unwrap().labels.extend(names);
        }
    }
    families
}

async fn trade_and_scrape() -> BTreeMap<&'static str, String> {
    let stack = Stack::watched().await;
    let mut scraped = BTreeMap::new();
    for service in Service::ALL {
        scraped.insert(service.binary(), stack.tell(service, "/metrics").await);
    }
    scraped
}
