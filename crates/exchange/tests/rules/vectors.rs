//! A table of positions and their results, for other implementations of the formulas. The web UI's
//! tests read it too, so the two sides can't diverge.

use crate::desk::{BTC, Desk, Ticket, closed_of, open_of, order_id, request_id, user};
use messages::{ClosedPosition, PlaceOrder, PriceUpdate, RegisterUser, Request, Side};
use price::{Price, Qty, Usd};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use std::fmt::Write as _;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/positions.json");

/// The variable that makes the test rewrite the file instead of comparing with it.
const UPDATE: &str = "UPDATE_VECTORS";

const CASES: usize = 400;

#[test]
fn the_table_of_positions_is_what_the_exchange_does() {
    let table = table();
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(FILE, &table).unwrap();
    }
    let file = std::fs::read_to_string(FILE).unwrap();
    assert_eq!(file, table, "the rules changed: check them, then run this test with {UPDATE}=1");
}

/// The table with one case per line, so that a diff is readable.
fn table() -> String {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut text = String::from("[\n");
    for number in 0..CASES {
        let end = if number + 1 < CASES { "," } else { "" };
        writeln!(text, "{}{end}", case(&mut random)).unwrap();
    }
    text.push_str("]\n");
    text
}

struct Quote {
    bid: i128,
    ask: i128,
}

/// An order at one quote and, if it is accepted, its close at another.
fn case(random: &mut ChaCha8Rng) -> Value {
    let opening = quote(random);
    let order = order(random, &opening);
    let deposit = Usd::from_scaled(random.random_range(1..=10_i128.pow(12)));
    let mut desk = Desk::empty();
    desk.apply(Request::RegisterUser(user(1), RegisterUser { deposit })).unwrap();
    tick(&mut desk, &opening);

    let mut view = json!({
        "orderType": order.side.as_str(),
        "leverage": order.leverage,
        "qty": order.qty,
        "stopLoss": order.stop_loss,
        "takeProfit": order.take_profit,
        "free": deposit,
        "bid": opening.bid.to_string(),
        "ask": opening.ask.to_string(),
    });
    let answer = match desk.try_place(Ticket(user(1), order)) {
        Ok(answer) => answer,
        Err(rejection) => {
            view["refused"] = rejection.code().into();
            return view;
        }
    };
    let opened = open_of(answer);
    view["margin"] = json!(opened.margin);
    view["executionPrice"] = json!(opened.entry_price);
    view["liquidationPrice"] = json!(opened.liquidation_price);

    let closing = moved(random, &opening);
    let closed = tick(&mut desk, &closing).unwrap_or_else(|| desk.close(1));
    view["closeBid"] = closing.bid.to_string().into();
    view["closeAsk"] = closing.ask.to_string().into();
    view["closeReason"] = closed.close_reason.as_str().into();
    view["finalPnL"] = json!(closed.final_pnl);
    view["shortfall"] = json!(closed.shortfall);
    view["freeAfter"] = json!(desk.balance(1));
    view
}

/// Draws a quote of up to a million USD, mostly with the usual spread.
fn quote(random: &mut ChaCha8Rng) -> Quote {
    let digits = random.random_range(6..=14);
    let bid = random.random_range(1..=10_i128.pow(digits));
    let spread = if random.random_bool(0.8) { bid / 1_000 } else { bid / 10 };
    Quote { bid, ask: bid + random.random_range(0..=spread) }
}

fn moved(random: &mut ChaCha8Rng, from: &Quote) -> Quote {
    let reach = if random.random_bool(0.7) { from.bid / 50 } else { from.bid - 1 };
    let bid = from.bid + random.random_range(-reach..=reach);
    Quote { bid, ask: bid + (from.ask - from.bid) }
}

/// Draws an order, mostly an acceptable one with valid exits, occasionally one that is refused.
fn order(random: &mut ChaCha8Rng, quote: &Quote) -> PlaceOrder {
    let side = if random.random_bool(0.5) { Side::Long } else { Side::Short };
    let leverage = if random.random_bool(0.8) { 1..=20 } else { 1..=100 };
    let digits = random.random_range(3..=12);
    let leverage = random.random_range(leverage);
    let qty = Qty::from_scaled(random.random_range(1..=10_i128.pow(digits)));
    PlaceOrder {
        stop_loss: exit(random, quote, side == Side::Short),
        take_profit: exit(random, quote, side == Side::Long),
        ..PlaceOrder::market(order_id(1), BTC.to_string(), side, leverage, qty)
    }
}

/// Draws no exit half of the time, else a price that is seldom on the wrong side.
fn exit(random: &mut ChaCha8Rng, quote: &Quote, is_above: bool) -> Option<Price> {
    let away = random.random_range(0..=(quote.bid / 40).max(1));
    let is_above = is_above != random.random_bool(0.05);
    let at = if is_above { quote.ask + away } else { quote.bid - away };
    random.random_bool(0.5).then(|| Price::from_scaled(at.max(1)))
}

fn tick(desk: &mut Desk, quote: &Quote) -> Option<ClosedPosition> {
    let (bid, ask) = (Price::from_scaled(quote.bid), Price::from_scaled(quote.ask));
    let update = PriceUpdate::new(BTC, bid, ask, 1);
    let events = desk.apply_as(request_id(0), Request::PriceUpdate(update)).events;
    events.into_iter().map(closed_of).next()
}
