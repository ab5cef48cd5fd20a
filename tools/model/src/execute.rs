//! The effects of an order that is filled.

use crate::account::Event;
use crate::close::Closing;
use crate::entry::Id;
use crate::fill::{Opening, Parts};
use crate::mode::Mode;
use crate::model::{Model, PositionState};
use crate::order::{Execution, Kind, Order, Sent, Status};
use crate::position::Position;
use crate::rest::Cause;
use serde_json::json;

/// The price at which an order is filled.
#[derive(Clone, Copy)]
pub struct FillPrice {
    /// The price itself.
    pub amount: i128,
    /// `MAKER` or `TAKER`.
    pub role: &'static str,
    /// The tick whose quote was used.
    pub tick_id: Id,
}

/// An order that was filled.
pub struct Filled {
    /// The order.
    pub order: Order,
    /// The position that it opened, changed or closed; a reversal's new one.
    pub position: PositionState,
}

impl Model {
    /// Fills an order that may rest: nothing is against it. What is reserved for it returns to the
    /// balance, then the reducing part happens, then the opening part.
    pub(crate) fn execute(
        &mut self,
        mut order: Order,
        parts: &Parts,
        at: FillPrice,
        cause: Cause<'_>,
        events: &mut Vec<Event>,
    ) -> Filled {
        self.unrest(&order.order_id);
        self.number(&mut order);
        let reduced = parts.reduced.map_or(0, |(_, qty)| qty);
        let opened = parts.opened.map_or(0, |opening| opening.qty);
        order.qty = reduced + opened;
        order.filled_qty = order.qty;
        order.average_price = Some(at.amount);
        order.reserved = 0;
        order.awaits_quote = false;
        order.status = Status::Filled;
        order.updated_at = cause.0;
        self.ended.remember(order.clone(), 0, self.rules);
        let mut position = None;
        let part = |qty| Execution {
            order: &order,
            qty,
            price: at.amount,
            role: at.role,
            tick_id: at.tick_id,
        };
        if let Some((number, qty)) = parts.reduced {
            position = Some(self.reduce(number, &part(qty), cause, events));
        }
        if let Some(opening) = parts.opened {
            position = Some(self.open_part(&opening, &part(opening.qty), cause, events));
        }
        Filled { position: position.expect("an order has a part"), order }
    }

    /// Closes a position, or a part of it.
    fn reduce(
        &mut self,
        number: u64,
        part: &Execution<'_>,
        (now_ms, by): Cause<'_>,
        events: &mut Vec<Event>,
    ) -> PositionState {
        if part.qty == self.open[&number].qty {
            let closing = Closing {
                reason: part.order.kind.close_reason(),
                price: part.price,
                tick_id: part.tick_id,
                now_ms,
                by,
                following: 0,
                execution: Some(*part),
            };
            self.settle(number, &closing, events);
            let closed = self.closed.last().expect("one was closed");
            return PositionState::Closed(closed.clone());
        }
        let at = (part.price, part.role);
        let payout = self.payout(&self.open[&number], part.qty, at, false);
        let position = self.open.get_mut(&number).expect("the position is open");
        position.qty -= part.qty;
        position.margin -= payout.margin;
        position.commission += payout.fee;
        position.life.close((part.qty, part.price), &payout);
        let instrument = &self.instruments[&position.asset];
        if instrument.is_maintained() {
            position.set_liquidation_price(instrument);
        }
        let position = position.clone();
        self.pay(&position.user_id, &payout);
        let payload = json!({
            "order": position.message(),
            "change": "REDUCED",
            "realizedPnLInt": payout.final_pnl.to_string(),
            "execution": part.message(&position.order_id, payout.final_pnl, payout.fee),
        });
        events.push(self.event("POSITION_CHANGED", by, &position.user_id, payload));
        self.follow(&position, (now_ms, by), events);
        PositionState::Open(self.valued(&position))
    }

    /// Opens a position, or increases one.
    fn open_part(
        &mut self,
        opening: &Opening,
        part: &Execution<'_>,
        cause: Cause<'_>,
        events: &mut Vec<Event>,
    ) -> PositionState {
        let by = cause.1;
        let opened = self.opened_position(part.order, opening, part.price);
        let mut position = opened.expect("its amounts were checked");
        let fee = self.fee(position.asset, part.role, opening.qty, part.price);
        position.commission += fee;
        let held = opening.onto.map_or(0, |number| self.open[&number].margin);
        let account = self.accounts.get_mut(&position.user_id).expect("orders have owners");
        account.balance -= position.margin - held + fee;
        account.used_margin += position.margin - held;
        self.fees += fee;
        let mut payload = json!({
            "order": position.message(),
            "execution": part.message(&position.order_id, 0, fee),
        });
        let kind = if opening.onto.is_some() {
            payload["change"] = "INCREASED".into();
            "POSITION_CHANGED"
        } else {
            self.opened += 1;
            "ORDER_OPENED"
        };
        events.push(self.event(kind, by, &position.user_id, payload));
        self.put_open(position.clone());
        if let Some(callback_bps) = part.order.trailing_stop_bps {
            self.attach(&position, part, callback_bps, cause, events);
        }
        PositionState::Open(self.valued(&position))
    }

    /// Places the trailing stop that an order attaches to what it has opened. It trails from the
    /// price now that triggers go by.
    fn attach(
        &mut self,
        position: &Position,
        part: &Execution<'_>,
        callback_bps: i128,
        (now_ms, by): Cause<'_>,
        events: &mut Vec<Event>,
    ) {
        let mode = self.mode(&position.user_id);
        let is_buy = !position.is_long;
        let peak = self.seen(position.asset).by_triggers.quote(is_buy);
        let order_id = part.order.trailing_stop_id();
        let ids = (position.user_id.as_str(), order_id.as_str(), position.asset);
        let what = (Kind::TrailingStopMarket, is_buy, part.qty);
        let mut trailing = Order {
            on_long: (mode == Mode::Hedge).then_some(position.is_long),
            position_id: Some(position.order_id.clone()),
            callback_bps: Some(callback_bps),
            activated_at: Some(now_ms),
            reduce_only: true,
            leverage: if mode == Mode::Separate { 0 } else { part.order.leverage },
            peak: Some(peak),
            ..Order::new(ids, what, Sent::Attached, now_ms)
        };
        self.number(&mut trailing);
        self.place_last(&mut trailing);
        self.rest(trailing.clone());
        events.push(self.order_event("ORDER_ACCEPTED", &trailing, by));
    }

    /// Puts a new or changed position among the open ones.
    pub(crate) fn put_open(&mut self, position: Position) {
        self.numbers.insert(position.order_id.clone(), position.number);
        self.open.insert(position.number, position);
    }
}
