//! Tables of requests: every row is a history of its own, which the exchange and the model play in
//! each of the given position modes.
//!
//! A row is `step > step | answer | balance used-margin reserved`. All steps but the last are
//! granted; the answer is that of the last one: its events, or the code of its refusal. An amount
//! with `+` or `-` behind it is one unit (10^-8) more or less. User 1 has 1,000 USD and a leverage
//! of 10, and Bitcoin is at 99 to 101. Orders are numbered from 1, and so are their positions.

use crate::desk::{BTC, instrument, order_id, price, request_id, usd, user};
use crate::oracle::Oracle;
use crate::step;
use exchange::{Exchange, Outcome};
pub use messages::PositionMode::{Hedge, OneWay, Separate};
use messages::{
    ChangeLeverage, ChangePositionMode, ClosedPosition, EntryId, Event, EventKind, Instrument,
    PositionChanged, PositionMode, PositionState, PriceUpdate, RegisterUser, Request, RequestEntry,
    Response,
};
use model::amount::decimal;
use price::Usd;
use std::fmt::Write as _;

pub const ALL: [PositionMode; 3] = [Separate, OneWay, Hedge];
pub const NETTING: [PositionMode; 2] = [OneWay, Hedge];

/// An exchange and a model with one account.
pub struct Scene {
    pub exchange: Exchange,
    pub oracle: Oracle,
    pub mode: PositionMode,
    pub now: EntryId,
    /// The number of orders asked for.
    pub orders: u128,
}

/// Plays the rows of a table, each after the steps of `setup`, and compares the answers.
pub fn table(modes: &[PositionMode], setup: &str, rows: &str) {
    let mut wrong = String::new();
    let rows = rows.lines().map(str::trim).filter(|row| !row.is_empty() && !row.starts_with('#'));
    for row in rows {
        for mode in modes {
            let mut columns = row.split('|').map(str::trim);
            let steps = columns.next().unwrap();
            let mut scene = Scene::open(*mode, row);
            let found = scene.play(setup, steps);
            scene.check();
            let found = [found, scene.money()];
            for (found, expected) in found.into_iter().zip(columns) {
                if found != exact(expected) {
                    write!(wrong, "\n{mode}: {row}\n    {found}").unwrap();
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// An amount as a table writes it.
pub fn units(text: &str) -> i128 {
    let (text, more) = match text.split_at(text.len() - 1) {
        (text, "+") => (text, 1),
        (text, "-") => (text, -1),
        _ => (text, 0),
    };
    price(text).scaled() + more
}

/// An expected text with its amounts written out.
fn exact(text: &str) -> String {
    let word = |word: &str| {
        let is_amount = word.ends_with(['+', '-']) && word.starts_with(|c: char| c.is_numeric());
        if is_amount { decimal(units(word)) } else { word.to_owned() }
    };
    text.split_whitespace().map(word).collect::<Vec<_>>().join(" ")
}

impl Scene {
    pub fn open(mode: PositionMode, name: &str) -> Self {
        let mut scene = Self::without_leverage(mode, name);
        if mode != Separate {
            let change = ChangeLeverage { asset: BTC.to_string(), leverage: 10 };
            scene.apply(Request::ChangeLeverage(user(1), change));
        }
        scene
    }

    /// Opens a scene whose account has not set its leverage.
    pub fn without_leverage(mode: PositionMode, name: &str) -> Self {
        let mut scene = Self {
            exchange: Exchange::default(),
            oracle: Oracle::new(format!("{mode}: {name}")),
            mode,
            now: EntryId::new(1_700_000_000_000, 0),
            orders: 0,
        };
        scene.apply(Request::RegisterUser(user(1), RegisterUser { deposit: usd("1000") }));
        scene.tick("99", "101");
        scene.apply(Request::ChangePositionMode(user(1), ChangePositionMode { mode }));
        scene
    }

    /// Applies a request one millisecond later, and compares the exchange with the model.
    pub fn apply(&mut self, request: Request) -> Outcome {
        self.now.ms += 1;
        let before = self.exchange.freeze().encode();
        let request_id = Some(request_id(self.now.ms.into()));
        let entry = RequestEntry { request_id, timestamp_ms: self.now.ms, reply_to: None, request };
        let outcome = self.exchange.apply(self.now, &entry);
        self.oracle.check(self.now, &entry, &outcome);
        if outcome.response.is_err() {
            // An account that exists is registered again without an effect.
            let request = Request::RegisterUser(user(1), RegisterUser { deposit: usd("1") });
            let mut idle = Exchange::restore(&before.bytes, &before.hash).unwrap();
            idle.apply(self.now, &RequestEntry { request, ..entry });
            let hashes = [&idle, &self.exchange].map(|exchange| exchange.freeze().encode().hash);
            assert_eq!(hashes[0], hashes[1], "a refused request changes nothing");
        }
        outcome
    }

    pub fn tick(&mut self, bid: &str, ask: &str) -> Outcome {
        let prices = [bid, ask].map(|text| price::Price::from_scaled(units(text)));
        self.apply(Request::PriceUpdate(PriceUpdate::new(BTC, prices[0], prices[1], 1)))
    }

    /// Changes the parameters of Bitcoin.
    pub fn list(&mut self, change: impl FnOnce(&mut Instrument)) -> Outcome {
        let mut bitcoin = instrument(BTC);
        change(&mut bitcoin);
        self.apply(Request::SetInstrument(Box::new(bitcoin)))
    }

    /// Plays steps, and returns the answer of the last one.
    pub fn play(&mut self, setup: &str, steps: &str) -> String {
        let before = setup.split('>').filter(|step| !step.trim().is_empty());
        let mut steps: Vec<_> = before.chain(steps.split('>')).map(str::trim).collect();
        let last = steps.pop().unwrap();
        for step in steps {
            let outcome = step::play(self, step);
            assert!(outcome.response.is_ok(), "{step}: {:?}", outcome.response);
        }
        answer(&step::play(self, last))
    }

    /// The balance, the used margin and the reserved funds of the account.
    pub fn money(&self) -> String {
        let account = self.oracle.model().accounts[&user(1).to_string()];
        [account.balance, account.used_margin, account.reserved].map(decimal).join(" ")
    }

    /// Compares the states of the exchange and the model.
    pub fn check(&self) {
        let ids = || (0..=self.orders).map(|n| order_id(n).0.as_u128());
        self.oracle.check_state(&self.exchange);
        self.oracle.check_settings(&self.exchange);
        self.oracle.check_orders(&self.exchange, ids());
        self.oracle.check_memory(&self.exchange, ids());
        self.oracle.check_placed(&self.exchange, ids(), ["a".to_owned()].into_iter());
    }
}

/// The result of a request: its refusal, its events, or the position or order that it shows.
fn answer(outcome: &Outcome) -> String {
    match &outcome.response {
        Err(rejection) => rejection.code().to_owned(),
        Ok(_) if !outcome.events.is_empty() => {
            outcome.events.iter().map(told).collect::<Vec<_>>().join(", ")
        }
        Ok(Response::Position { order, .. }) => shown(order),
        Ok(Response::PlacedOrder { repeated: true, .. }) => "repeated".to_owned(),
        Ok(_) => "nothing".to_owned(),
    }
}

/// A position: its side, quantity, entry price and margin; then the liquidation price if it is
/// open, otherwise the close price and the profit or loss.
fn shown(position: &PositionState) -> String {
    let order = position.position();
    let amounts = [order.qty.scaled(), order.entry_price.scaled(), order.margin.scaled()];
    let [qty, entry, margin] = amounts.map(decimal);
    let text = format!("{} {qty} at {entry} margin {margin}", order.side);
    match position {
        PositionState::Open(_) => {
            format!("{text} liquidation {}", decimal(order.liquidation_price.scaled()))
        }
        PositionState::Closed(closed) => {
            let amounts = [closed.close_price.scaled(), closed.final_pnl.scaled()];
            let [price, pnl] = amounts.map(decimal);
            format!("{text} closed at {price} pnl {pnl}")
        }
    }
}

fn told(event: &Event) -> String {
    let mut text = match &event.kind {
        EventKind::OrderAccepted(order) => format!("ACCEPTED {}", decimal(order.reserved.scaled())),
        EventKind::OrderAmended(order) => {
            format!("AMENDED {} {}", decimal(order.qty.scaled()), decimal(order.reserved.scaled()))
        }
        EventKind::OrderActivated(_) => "ACTIVATED".to_owned(),
        EventKind::OrderCanceled(_) => "CANCELED".to_owned(),
        EventKind::OrderExpired(order) => format!("EXPIRED {}", order.reason.unwrap()),
        EventKind::PositionOpened(position) => {
            format!("OPENED {} {}", position.side, decimal(position.margin.scaled()))
        }
        EventKind::PositionChanged(changed) => {
            let PositionChanged { order, change, .. } = &**changed;
            let amounts = [order.qty.scaled(), order.entry_price.scaled(), order.margin.scaled()];
            let [qty, entry, margin] = amounts.map(decimal);
            format!("{change} {} {qty} at {entry} margin {margin}", order.side)
        }
        EventKind::PositionClosed(closed) => {
            let text = closed_text(closed, event.execution.is_some());
            match closed.liquidation_fee {
                Usd::ZERO => text,
                fee => format!("{text} liquidation fee {}", decimal(fee.scaled())),
            }
        }
        EventKind::FundingSettled(funding) => {
            let [amount, from_margin] = [funding.amount, funding.from_margin].map(Usd::scaled);
            format!("FUNDED {} from margin {}", decimal(amount), decimal(from_margin))
        }
        EventKind::AccountReset(reset) => format!("RESET {}", decimal(reset.balance.scaled())),
        other => other.type_name().to_owned(),
    };
    if let Some(execution) = &event.execution {
        let fill = &execution.fill;
        let (qty, price) = (decimal(fill.qty.scaled()), decimal(fill.price.scaled()));
        write!(text, " {} {qty} at {price}", fill.role).unwrap();
        if !matches!(event.kind, EventKind::PositionOpened(_)) && fill.realized_pnl.scaled() != 0 {
            write!(text, " pnl {}", decimal(fill.realized_pnl.scaled())).unwrap();
        }
        if !fill.fee.is_zero() {
            write!(text, " fee {}", decimal(fill.fee.scaled())).unwrap();
        }
    }
    text
}

fn closed_text(closed: &ClosedPosition, is_by_order: bool) -> String {
    let text = format!("CLOSED {} {}", closed.order.side, closed.close_reason.as_str());
    if is_by_order {
        return text;
    }
    let (price, pnl) = (closed.close_price.scaled(), closed.final_pnl.scaled());
    format!("{text} at {} pnl {}", decimal(price), decimal(pnl))
}
