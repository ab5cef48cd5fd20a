//! Rates of fundings.

use crate::office::Office;
use messages::{Fields, MarketData, SettleFunding, StreamMessage as _, UPLOADER_STREAM};
use testkit::stack::eventually;
use testkit::symbols::{BTC, ETH};

#[tokio::test(flavor = "multi_thread")]
async fn each_is_stored_once_and_the_first_one_stays() {
    let office = Office::new().await;
    let rate = |text: &str| text.parse().unwrap();
    let funding = SettleFunding {
        symbol: BTC,
        funding_ms: 1_703_030_400_003,
        rate: rate("-0.000025"),
        mark: "92046.12345678".parse().unwrap(),
    };
    let other = SettleFunding { symbol: ETH, rate: rate("0.0003"), ..funding };
    let uploader = office.uploader(&[]);
    for funding in [funding, other, funding, SettleFunding { rate: rate("0.5"), ..funding }] {
        office.append(&MarketData::Funding(funding)).await;
    }
    eventually("all is stored", async || office.is_done().await).await;
    let rows: Vec<(String, i64, i64, i64)> = sqlx::query_as(
        "select symbol, (extract(epoch from funding_time) * 1000)::bigint, rate, mark_price
         from funding_rates order by symbol",
    )
    .fetch_all(&office.pool)
    .await
    .unwrap();
    let row = |symbol: &str, rate| (symbol.to_owned(), 1_703_030_400_003, rate, 9_204_612_345_678);
    assert_eq!(rows, [row("BTCUSDT", -2_500), row("ETHUSDT", 30_000)]);
    // What the database would refuse is set aside, and stops nothing.
    let wrong: Fields = MarketData::Funding(funding)
        .encode()
        .iter()
        .map(|(name, value)| {
            let text = String::from_utf8_lossy(value).replace("9204612345678", "0");
            (name.to_owned(), text.into_bytes())
        })
        .collect();
    office.append_fields(&wrong).await;
    let next = SettleFunding { funding_ms: 1_703_034_000_000, ..funding };
    office.append(&MarketData::Funding(next)).await;
    eventually("the next is stored", async || office.count("funding_rates").await == 3).await;
    let dead = messages::dead_letter_stream(UPLOADER_STREAM);
    eventually("the wrong one is dead-lettered", async || {
        office.streams.stream_info(&dead).await.unwrap().is_some_and(|info| info.length == 1)
    })
    .await;
    uploader.stop().await;
}
