//! The worked example of the web UI's help page, as the exchange computes it. The UI's tests read
//! the same file, so that the help page and the exchange agree.

use crate::desk::{Desk, Long, Ticket, closed_of};
use messages::EventKind;
use serde_json::{Value, json};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/example.json");

/// The variable that makes the test rewrite the file instead of comparing with it.
const UPDATE: &str = "UPDATE_VECTORS";

const BID: &str = "91954";
const ASK: &str = "92046";
const TAKE_PROFIT: &str = "94000";
const STOP_LOSS: &str = "91000";

fn open() -> Desk {
    let mut desk = Desk::empty();
    desk.register(1, "1000").unwrap();
    desk.tick(BID, ASK);
    desk.place(Ticket::new(1, Long, "0.05").take_profit(TAKE_PROFIT).stop_loss(STOP_LOSS));
    desk
}

/// The end of the position at a price, closed by the price or by its owner.
fn end(bid: &str, with_exits: bool) -> Value {
    let mut desk = open();
    if !with_exits {
        let remove = messages::Edit::Remove;
        desk.modify(1, 1, remove, remove).unwrap();
    }
    let by_itself = desk.tick(bid, "95000");
    if by_itself.is_empty() {
        desk.close(1);
    }
    let Some(EventKind::PositionClosed(_)) = desk.events.last().map(|event| &event.kind) else {
        panic!("it is closed")
    };
    let closed = closed_of(desk.events.pop().unwrap());
    json!({
        "reason": closed.close_reason.as_str(),
        "close": closed.close_price.to_string(),
        "pnl": closed.final_pnl.to_string(),
        "shortfall": closed.shortfall.to_string(),
        "balance": desk.balance(1).to_string(),
    })
}

#[test]
fn the_worked_example_is_what_the_exchange_does() {
    let desk = open();
    let order = match &desk.events.last().unwrap().kind {
        EventKind::PositionOpened(order) => order.clone(),
        other => panic!("{other:?}"),
    };
    let liquidation = order.liquidation_price.to_string();
    let example = json!({
        "bid": BID,
        "ask": ASK,
        "entry": order.entry_price.to_string(),
        "margin": order.margin.to_string(),
        "free": desk.balance(1).to_string(),
        "liquidation": liquidation,
        "atOnce": end(BID, true),
        "atTakeProfit": end(TAKE_PROFIT, true),
        "atStopLoss": end(STOP_LOSS, true),
        "atLiquidation": end(&liquidation, false),
        "atGap": end("80000", false),
    });
    let text = format!("{example:#}\n");
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(FILE, &text).unwrap();
    }
    let file = std::fs::read_to_string(FILE).unwrap_or_default();
    assert_eq!(file, text, "the rules changed: check them, then run this test with {UPDATE}=1");
}
