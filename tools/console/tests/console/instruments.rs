//! The instruments.

use crate::scene::{velox, velox_json};
use messages::{InstrumentStatus, PriceSource};
use std::path::Path;
use testkit::stack::Stack;
use testkit::symbols::{SOL, publish, shipped};

#[tokio::test(flavor = "multi_thread")]
async fn every_parameter_of_an_instrument_is_shown_in_words() {
    let stack = Stack::new(&[]).await;
    velox(&stack, &["market", "list"]).ends_with(2).complains_of("not listed the instruments yet");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../markets.binance.toml");
    let mut instruments = markets::read(&file).unwrap();
    let count = instruments.len();
    instruments[1].status = InstrumentStatus::ReduceOnly;
    instruments[1].trigger_price = PriceSource::Mark;
    instruments[1].stale_price_ms = Some(2_500);
    *instruments.iter_mut().find(|listed| listed.symbol == SOL).unwrap() = shipped(SOL);
    publish(&stack.streams, instruments).await;

    let said = velox(&stack, &["market", "list"]).ends_with(0);
    assert_eq!(said.text.lines().count(), count + 1, "{}", said.text);
    let line = |symbol: &str| {
        let line = said.text.lines().find(|line| line.starts_with(symbol)).unwrap();
        line.split("  ").map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>()
    };
    assert_eq!(
        line("1000PEPEUSDT")[1..],
        ["1000 Pepe", "75x", "0.02 %", "0.02 %", "0.05 %", "8 h", "maintenance", "trading"]
    );
    assert_eq!(
        line("SOLUSDT")[1..],
        ["Solana", "100x", "0.1 %", "0 %", "0 %", "none", "margin loss", "trading"]
    );

    let said = velox(&stack, &["market", "show", "ETHUSDT"]).ends_with(0);
    for fact in [
        "symbol              ETHUSDT",
        "quantities in       ETH, shown with 3 decimals",
        "status              reduce only: only orders that reduce a position",
        "price tick          0.01 USDT",
        "quantity step       0.001 ETH",
        "least quantity      0.001 ETH",
        "least notional      20 USD",
        "highest leverage    100x",
        "spread              0.01 % of the price",
        "maker fee           0.02 % of the notional",
        "taker fee           0.05 % of the notional",
        "liquidation fee     1.25 % of the notional",
        "funding             every 8 h at the venue's rate, at most 0.3 %",
        "liquidated          when the maintenance margin is reached at the mark price",
        "triggers go by      the mark price",
        "market orders fill  at the last quote before them",
        "open interest       not limited",
        "stale price         after 2500 ms",
        "simulation          from 3100, moving by some 100000 billionths a second",
    ] {
        assert!(said.text.lines().any(|line| line == fact), "{fact:?} is not in:\n{}", said.text);
    }
    let second: Vec<_> = said.text.lines().rev().nth(10).unwrap().split_whitespace().collect();
    assert_eq!(second, ["600000", "100x", "0.5", "%", "50"]);
    velox(&stack, &["market", "show", "SOLUSDT"])
        .ends_with(0)
        .shows("price tick          none\n")
        .shows("liquidated          when 90 % of the margin is lost at the quote\n")
        .shows("funding             none\n");

    let market = velox_json(&stack, &["market", "show", "BTCUSDT"]);
    assert_eq!(market["brackets"][1]["maintenanceAmount"], "50");
    assert_eq!(market["liquidationModel"], "MAINTENANCE");
    let listed = velox_json(&stack, &["market", "list"]);
    assert_eq!(listed.as_array().unwrap().len(), count);
    velox(&stack, &["market", "show", "LUNAUSDT"]).ends_with(1).complains_of("is not listed");
}
