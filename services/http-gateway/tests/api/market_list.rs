//! The list of markets, which the engine writes.

use crate::counter::Counter;
use reqwest::StatusCode;
use testkit::symbols::publish_shipped;

#[tokio::test(flavor = "multi_thread")]
async fn a_list_written_a_moment_ago_is_known() {
    let counter = Counter::unlisted().await;
    for path in ["/markets", "/tickers", "/candles?asset=BTC&timeframe=1m"] {
        assert_eq!(counter.get("", path).await.refusal(), (503, "ENGINE_NOT_READY"), "{path}");
    }
    publish_shipped(&counter.stack.streams).await;
    let listed = counter.get("", "/markets").await;
    assert_eq!(listed.status, StatusCode::OK, "{}", listed.body);
    assert_eq!(listed.body["markets"].as_array().map(Vec::len), Some(3));
}
