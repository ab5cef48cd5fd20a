//! Checks trades, the prices made of them, and mails.

use super::{Findings, History, Kind, Subject, records::compare_rows};
use model::Entry;
use model::amount::{ceil_div, floor_div, read};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Half the run's spread, as a fraction of the price: `SPREAD_BPS` is 10.
const HALF_SPREAD: (i128, i128) = (10, 20_000);

/// The time for which a live price is valid, as the poller's default of `STALE_PRICE_MS` sets it.
const LIVE_PRICE_VALID_MS: u64 = 3_000;

/// Checks that each trade of the stream has exactly one row, however often it was sent.
pub fn check_trades(history: &History, findings: &mut Findings) {
    let mut trades: BTreeMap<String, Value> = BTreeMap::new();
    for entry in history.traded.iter().filter(|entry| entry.field("type") == "TRADE") {
        let trade = entry.payload().unwrap_or_default();
        let symbol = trade["symbol"].as_str().unwrap_or_default();
        let amount = |name| read(&trade, name).and_then(|amount| i64::try_from(amount).ok());
        let id = format!("{symbol}-{}", trade["tradeId"]);
        let row = json!({
            "id": id,
            "symbol": symbol,
            "priceInt": amount("priceInt"),
            "qtyInt": amount("qtyInt"),
            "timeUs": trade["timeUs"],
        });
        trades.insert(id, row);
    }
    compare_rows(Subject::Trades, "id", trades.clone(), &history.trades, findings);
    check_prices(history, &trades, findings);
}

/// Checks that each funding of the stream has exactly one row, however often it was sent, and that
/// every funding that the engine has settled is in the stream.
pub fn check_fundings(history: &History, findings: &mut Findings) {
    let row = |entry: &Entry| {
        let funding = entry.payload().unwrap_or_default();
        let amount = |name| read(&funding, name).and_then(|amount| i64::try_from(amount).ok());
        let symbol = funding["symbol"].as_str().unwrap_or_default();
        let name = format!("{symbol} {}", funding["fundingTime"]);
        let row = json!({
            "name": name,
            "rate": amount("fundingRateInt"),
            "mark_price": amount("markPriceInt"),
        });
        (name, row)
    };
    let sent = history.traded.iter().filter(|entry| entry.field("type") == "FUNDING");
    let sent: BTreeMap<String, Value> = sent.map(row).collect();
    for entry in history.requests().filter(|e| e.field("type") == "SETTLE_FUNDING") {
        let (name, settled) = row(entry);
        let expected = sent.get(&name).unwrap_or(&Value::Null);
        findings.compare(Subject::Fundings, entry.id, expected, &settled);
    }
    compare_rows(Subject::Fundings, "name", sent, &history.funding_rows, findings);
}

/// Checks that bid = ⌊price × (1 − spread / 2)⌋ and ask = ⌈price × (1 + spread / 2)⌉.
fn check_prices(history: &History, trades: &BTreeMap<String, Value>, findings: &mut Findings) {
    let (half, whole) = HALF_SPREAD;
    for entry in history.requests().filter(|e| e.field("type") == "PRICE_UPDATE") {
        findings.checked(Subject::Prices);
        let mut found = entry.payload().unwrap_or_default();
        let symbol = found["symbol"].as_str().unwrap_or_default();
        let id = format!("{symbol}-{}", found["tradeId"]);
        let trade = trades.get(&id).unwrap_or(&Value::Null);
        let price = trade["priceInt"].as_i64().map(i128::from);
        let expected = price.map_or(Value::Null, |price| {
            json!({
                "symbol": symbol,
                "bidPriceInt": floor_div(price * (whole - half), whole).to_string(),
                "askPriceInt": ceil_div(price * (whole + half), whole).to_string(),
                "tradeId": found["tradeId"],
                "tradedAt": trade["timeUs"].as_u64().map(|time_us| time_us / 1_000),
                "validForMs": LIVE_PRICE_VALID_MS,
            })
        });
        findings.compare(Subject::Prices, format!("{}, {id}", entry.id), &expected, &found.take());
    }
}

/// Checks that each requested mail is in the folder exactly once.
pub fn check_mails(history: &History, findings: &mut Findings) {
    for entry in &history.mails {
        findings.checked(Subject::Mails);
        let mail_id = entry.field("mailId");
        match history.letters.iter().filter(|name| name.contains(mail_id)).count() {
            1 => {}
            0 => findings.add(Subject::Mails, Kind::Lost, mail_id, "a letter", "none"),
            count => findings.add(Subject::Mails, Kind::Doubled, mail_id, "a letter", count),
        }
    }
}
