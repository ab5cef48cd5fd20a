//! What all services of one stack say under `/metrics`, after some trading.

use reqwest::{Method, StatusCode};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use testkit::stack::{Service, Stack, eventually};
use tokio::sync::OnceCell;

/// One metric of one service.
#[derive(Default)]
pub struct Family {
    pub kind: String,
    pub help: String,
    pub labels: BTreeSet<String>,
}

/// `/metrics` of every service, by the name of its binary. Traded once for all tests.
pub async fn scraped() -> &'static BTreeMap<&'static str, String> {
    static SCRAPED: OnceCell<BTreeMap<&'static str, String>> = OnceCell::const_new();
    SCRAPED.get_or_init(trade_and_scrape).await
}

/// The metrics in such a text.
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
    let settings = [
        ("PRICE_FEED", "sim"),
        ("SIM_RATE", "20"),
        ("SNAPSHOT_INTERVAL_MS", "200"),
        ("SNAPSHOT_DELAY_MS", "0"),
    ];
    let mut stack = Stack::new(&settings).await;
    for service in Service::ALL {
        stack.start(service).await;
    }
    let trader = stack.trader(1).await;
    let order = json!({ "asset": "BTCUSDT", "orderType": "LONG", "leverage": 5, "qty": "0.001" });
    let mut opened = json!(null);
    eventually("there is a price", async || {
        let (status, body) = trader.open(order.clone()).await;
        opened = body;
        status.is_success()
    })
    .await;
    let (status, closed) = trader.close(opened["order"]["orderId"].as_str().unwrap()).await;
    assert!(status.is_success(), "{closed}");
    let too_much = json!({ "asset": "BTCUSDT", "orderType": "LONG", "leverage": 1, "qty": "9" });
    assert_eq!(trader.open(too_much).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    let mail = json!({ "email": "trader1@example.com" });
    assert!(trader.request(Method::POST, "/user/magic-link", Some(mail)).await.0.is_success());
    wait_for_figures(&stack).await;
    let mut scraped = BTreeMap::new();
    for service in Service::ALL {
        scraped.insert(service.binary(), stack.tell(service, "/metrics").await);
    }
    scraped
}

/// What is measured now and then has been measured.
async fn wait_for_figures(stack: &Stack) {
    for (service, figure) in [
        (Service::Engine, "velox_stream_unacknowledged_entries{stream=\"mail:stream\""),
        (Service::Engine, "velox_stream_unacknowledged_entries{stream=\"response:stream\""),
        (Service::Engine, "velox_stream_unacknowledged_entries{stream=\"batch:uploader:stream\""),
        (Service::Engine, "velox_engine_snapshot_timestamp_seconds 1"),
        (Service::DbWorker, "velox_worker_rows_total{worker=\"db-worker\"} 1"),
        (Service::Mailer, "velox_mails_total{transport=\"folder\",outcome=\"sent\"} 1"),
    ] {
        eventually(figure, async || stack.tell(service, "/metrics").await.contains(figure)).await;
    }
}
