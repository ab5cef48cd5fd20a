//! What was traded, by market and by side, and what became of a position.

use super::{Account, HOUR_MS, monday_ms, picked};
use crate::counter::Counter;
use reqwest::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

const USD: i64 = 100_000_000;

const MONEY: [&str; 7] = [
    "realizedPnL",
    "commission",
    "funding",
    "fundingPaid",
    "fundingReceived",
    "liquidationFees",
    "netPnL",
];

/// A long that won, one that was liquidated, a short that won, and a short that is still open.
async fn busy(counter: &Counter) -> (Account<'_>, [Uuid; 3]) {
    let account = Account::new(counter, 1).await;
    account.income(1, "TRANSFER", "1000").await;
    let bitcoin = ("BTCUSDT", "LONG");
    let won = account.closed_of(bitcoin, 3, 9 * USD, [2 * USD, -USD, 0]).await;
    account.fill_of(("BTCUSDT", won), 2, ("BUY", 150_000_000, 3)).await;
    account.fill_of(("BTCUSDT", won), 3, ("SELL", 150_000_000, 5 * USD)).await;
    account.income_of(("BTCUSDT", won), 2, "COMMISSION", "-1").await;
    account.income_of(("BTCUSDT", won), 3, "REALIZED_PNL", "9").await;
    account.income_of(("BTCUSDT", won), 3, "COMMISSION", "-1").await;
    account.income_of(("BTCUSDT", won), 3, "FUNDING_FEE", "-1").await;
    let lost = account.closed_of(bitcoin, 4, -20 * USD, [0, 0, 4 * USD]).await;
    account.income_of(("BTCUSDT", lost), 4, "REALIZED_PNL", "-20").await;
    account.income_of(("BTCUSDT", lost), 4, "LIQUIDATION_FEE", "-4").await;
    let short = account.closed_of(("ETHUSDT", "SHORT"), 5, 3 * USD, [0, 0, 0]).await;
    account.income_of(("ETHUSDT", short), 5, "REALIZED_PNL", "3").await;
    // The first fill says that it is a short; the second one has reduced it.
    let open = Uuid::from_u128(7);
    account.fill_of(("ETHUSDT", open), 6, ("SELL", 2 * USD, 10 * USD)).await;
    account.fill_of(("ETHUSDT", open), 7, ("BUY", USD, 9 * USD)).await;
    account.income_of(("ETHUSDT", open), 7, "REALIZED_PNL", "1").await;
    account.income_of(("ETHUSDT", open), 8, "FUNDING_FEE", "0.25").await;
    (account, [won, lost, short])
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_traded_is_told_by_market_and_by_side() {
    let counter = Counter::closed().await;
    let (account, [won, lost, _]) = busy(&counter).await;
    let found = account.performance("").await;
    let total = ["-7", "-2", "-0.75", "-1", "0.25", "-4", "-13.75"];
    assert_eq!(picked(&found["performance"], &MONEY), total);
    let (bitcoin, ether) = (&found["markets"][0], &found["markets"][1]);
    let longs = ["-11", "-2", "-1", "-1", "0", "-4", "-18"];
    let shorts = ["4", "0", "0.25", "0", "0.25", "0", "4.25"];
    for (part, money) in [(bitcoin, longs), (&found["sides"][0], longs)] {
        assert_eq!(picked(part, &MONEY), money);
        // 1.5 × 0.00000003, rounded down, and 1.5 × 5.
        assert_eq!(
            picked(part, &["volume", "winRate", "profitFactor"]),
            ["7.50000004", "0.5", "0.25"]
        );
        assert_eq!((&part["fills"], &part["closedPositions"]), (&json!(2), &json!(2)));
        assert_eq!((&part["wonPositions"], &part["lostPositions"]), (&json!(1), &json!(1)));
    }
    for (part, money) in [(ether, shorts), (&found["sides"][1], shorts)] {
        assert_eq!(picked(part, &MONEY), money);
        assert_eq!(picked(part, &["volume", "winRate", "profitFactor"]), ["29", "1", "null"]);
        assert_eq!((&part["fills"], &part["closedPositions"]), (&json!(2), &json!(1)));
    }
    assert_eq!((&bitcoin["asset"], &ether["asset"]), (&json!("BTCUSDT"), &json!("ETHUSDT")));
    assert_eq!(
        (&found["sides"][0]["side"], &found["sides"][1]["side"]),
        (&json!("LONG"), &json!("SHORT"))
    );
    assert_eq!(found["performance"]["volume"], "36.50000004");
    assert_eq!(found["bestPosition"]["positionId"], json!(won));
    assert_eq!(found["worstPosition"]["positionId"], json!(lost));
    // 6 and -24 of a margin of 1000.
    let result = ["netPnL", "returnOnMargin"];
    assert_eq!(picked(&found["bestPosition"], &result), ["6", "0.006"]);
    assert_eq!(picked(&found["worstPosition"], &result), ["-24", "-0.024"]);

    // Of one hour there are its lines alone, but the side is still known.
    let (from, to) = (monday_ms() + 8 * HOUR_MS, monday_ms() + 9 * HOUR_MS);
    let hour = account.performance(&format!("?from={from}&to={to}")).await;
    assert_eq!(hour["markets"].as_array().map(Vec::len), Some(1));
    assert_eq!(picked(&hour["sides"][1], &["funding", "volume", "winRate"]), ["0.25", "0", "null"]);
    assert_eq!((&hour["bestPosition"], &hour["worstPosition"]), (&Value::Null, &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_result_of_a_closed_position_is_told_to_its_owner() {
    let counter = Counter::closed().await;
    let (account, [won, _, _]) = busy(&counter).await;
    let other = Account::new(&counter, 2).await;
    let path = format!("/closed-positions/{won}");
    let found = counter.get(&account.token, &path).await;
    assert_eq!(found.status, StatusCode::OK, "{}", found.body);
    let position = &found.body["position"];
    assert_eq!(picked(position, &["netPnL", "returnOnMargin", "finalPnL"]), ["6", "0.006", "9"]);
    assert_eq!(position["heldMs"], HOUR_MS);
    let refused = counter.get(&other.token, &path).await;
    assert_ne!(refused.status, StatusCode::OK, "{}", refused.body);
}
