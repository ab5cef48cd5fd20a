//! A model with a clock, and what tests tell it and ask it.

use model::amount::decimal;
use model::income::sums;
use model::{Entry, Event, Id, Model, Verdict};
use serde_json::{Value, json};

/// The id of the account.
const USER: &str = "user";

/// A model with a clock, and with one account of 1,000 USD. An instrument is at 99 to 101.
pub struct Desk {
    pub model: Model,
    pub now_ms: u64,
    /// The sum of the statement's lines.
    income: i128,
}

impl Desk {
    pub fn open(parameters: &Value) -> Self {
        let mut desk = Self { model: Model::default(), now_ms: 0, income: 0 };
        desk.list(parameters);
        desk.change("REGISTER_USER", &json!({ "depositInt": int("1000") }));
        desk.tick("99", "101");
        desk
    }

    pub fn apply(&mut self, kind: &str, payload: &Value) -> (Verdict, Vec<Event>) {
        self.now_ms += 1;
        let fields = [
            ("type", kind.to_owned()),
            ("userId", USER.to_owned()),
            ("requestId", format!("request {}", self.now_ms)),
            ("timestamp", self.now_ms.to_string()),
            ("payload", payload.to_string()),
        ];
        let fields = fields.into_iter().map(|(name, text)| (name.to_owned(), text)).collect();
        let id = Id { ms: self.now_ms, seq: 0 };
        let outcome = self.model.apply(&Entry { id, fields });
        assert_eq!(self.model.difference(), 0);
        self.income += sums(&outcome.events).get(USER).copied().unwrap_or(0);
        let account = self.model.accounts.get(USER).copied().unwrap_or_default();
        assert_eq!(self.income, account.total());
        (outcome.verdict, outcome.events)
    }

    /// The kinds of the events of a request that must be granted, and their payloads.
    pub fn change(&mut self, kind: &str, payload: &Value) -> Vec<(&'static str, Value)> {
        let (verdict, events) = self.apply(kind, payload);
        assert!(!matches!(verdict, Verdict::Rejected(_) | Verdict::Unreadable), "{verdict:?}");
        events.into_iter().map(|event| (event.kind, event.payload)).collect()
    }

    /// The reasons to refuse a request.
    pub fn refusals(&mut self, kind: &str, payload: &Value) -> Vec<&'static str> {
        let (verdict, events) = self.apply(kind, payload);
        assert!(events.is_empty());
        let Verdict::Rejected(reasons) = verdict else { panic!("{verdict:?}") };
        reasons
    }

    pub fn list(&mut self, parameters: &Value) -> Vec<(&'static str, Value)> {
        let mut payload =
            json!({"symbol": "BTCUSDT", "maxLeverage": 50, "liquidationLossBps": 9_000});
        payload.as_object_mut().unwrap().extend(parameters.as_object().unwrap().clone());
        self.change("SET_INSTRUMENT", &payload)
    }

    pub fn tick(&mut self, bid: &str, ask: &str) -> Vec<(&'static str, Value)> {
        let price = json!({"symbol": "BTCUSDT", "bidPriceInt": int(bid), "askPriceInt": int(ask)});
        self.change("PRICE_UPDATE", &price)
    }

    pub fn mark(&mut self, price: &str) -> Vec<(&'static str, Value)> {
        self.change("MARK_PRICE", &json!({"symbol": "BTCUSDT", "markPriceInt": int(price)}))
    }

    /// The mark price of a position, and its unrealized P&L.
    pub fn value(&self, order_id: &str) -> [String; 2] {
        let open = self.model.valued(self.model.find_open(order_id).unwrap());
        [open.mark_price, open.unrealized_pnl].map(decimal)
    }

    pub fn place(&mut self, terms: &Value) -> Vec<(&'static str, Value)> {
        self.change("PLACE_ORDER", &order(terms))
    }

    /// A quote with the feed's own time.
    pub fn traded(&mut self, at: u64, bid: &str, ask: &str) -> Vec<(&'static str, Value)> {
        let price = json!({"symbol": "BTCUSDT", "bidPriceInt": int(bid), "askPriceInt": int(ask),
            "tradedAt": at});
        self.change("PRICE_UPDATE", &price)
    }

    /// The response to a request that must be granted, and the kinds of its events.
    pub fn answer(&mut self, kind: &str, payload: &Value) -> (Value, Vec<&'static str>) {
        let (verdict, events) = self.apply(kind, payload);
        (verdict.response().unwrap(), events.into_iter().map(|event| event.kind).collect())
    }

    /// Limits the number of resting orders.
    pub fn allow_orders(&mut self, max: usize) {
        let rules = json!({"maxOpenPositions": 100, "stalePriceMs": 10_000, "maxOpenOrders": max,
            "closedRetentionMs": 86_400_000, "closedRetentionMax": 100_000});
        self.change("SET_RULES", &rules);
    }

    /// Balance, used margin and reserved funds.
    pub fn account(&self) -> [String; 3] {
        let account = self.model.accounts[USER];
        [account.balance, account.used_margin, account.reserved].map(decimal)
    }

    /// The house's profit, the fees, the insurance fund and the sum of shortfalls.
    pub fn ledger(&self) -> [String; 4] {
        let Model { house, fees, insurance, shortfall, .. } = self.model;
        [house, fees, insurance, shortfall].map(decimal)
    }
}

pub fn order(terms: &Value) -> Value {
    let mut order = json!({ "asset": "BTCUSDT" });
    order.as_object_mut().unwrap().extend(terms.as_object().unwrap().clone());
    order
}

/// An amount at scale, as messages carry it.
pub fn int(text: &str) -> String {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{fraction:0<8}").parse::<i128>().unwrap().to_string()
}

pub fn kinds(events: &[(&'static str, Value)]) -> Vec<&'static str> {
    events.iter().map(|(kind, _)| *kind).collect()
}

/// The ids of the orders that have expired, with their reasons.
pub fn expired(events: &[(&'static str, Value)]) -> Vec<[String; 2]> {
    let expired = events.iter().filter(|(kind, _)| *kind == "ORDER_EXPIRED");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    expired.map(|(_, it)| ["orderId", "reason"].map(|name| text(&it["order"][name]))).collect()
}

/// Maker 0.02 %, taker 0.05 %.
pub fn fees() -> Value {
    json!({"makerFeePpm": 200, "takerFeePpm": 500, "liquidationFeePpm": 12_500})
}

/// No fees, and fills at the next quote.
pub fn next() -> Value {
    json!({ "fill": "NEXT" })
}

pub fn next_with_fees() -> Value {
    let mut parameters = fees();
    parameters["fill"] = "NEXT".into();
    parameters
}

/// Two brackets: up to 1,000 USD at 50x with 1 % maintenance, up to 10,000 USD at 10x with 2 %,
/// less 1,000 × (2 % − 1 %) = 10 USD.
pub fn maintenance() -> Value {
    json!({"liquidationModel": "MAINTENANCE", "brackets": [
        {"notionalCapInt": int("1000"), "maxLeverage": 50, "maintenancePpm": 10_000,
            "maintenanceAmountInt": "0"},
        {"notionalCapInt": int("10000"), "maxLeverage": 10, "maintenancePpm": 20_000,
            "maintenanceAmountInt": int("10")},
    ]})
}

pub fn long(id: &str, qty: &str, leverage: u32) -> Value {
    json!({"orderId": id, "orderType": "LONG", "qtyInt": int(qty), "leverage": leverage})
}

pub fn short(id: &str, qty: &str, leverage: u32) -> Value {
    json!({"orderId": id, "orderType": "SHORT", "qtyInt": int(qty), "leverage": leverage})
}

pub fn limit(mut terms: Value, price: &str) -> Value {
    terms["kind"] = "LIMIT".into();
    terms["priceInt"] = int(price).into();
    terms
}

/// Opens positions at the next quote, which is 99 to 101.
pub fn open(desk: &mut Desk, terms: &[Value]) {
    for terms in terms {
        desk.place(terms);
    }
    assert_eq!(desk.tick("99", "101").len(), terms.len());
}
