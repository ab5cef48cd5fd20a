//! Instruments that fill at the next quote: what would trade as a taker at its arrival rests until
//! there is a quote that is newer.

use crate::account::Event;
use crate::amount::fits;
use crate::entry::Id;
use crate::guards::Asking;
use crate::instrument::FillAt;
use crate::mark::Prices;
use crate::mode::Mode;
use crate::model::{Model, Rejection};
use crate::order::{Kind, Order, Sent};
use crate::position::Position;
use crate::symbol::Symbol;

impl Model {
    /// Reports whether what would trade at its arrival waits for the next quote.
    pub(crate) fn fills_next(&self, asset: Symbol) -> bool {
        self.instruments[&asset].fill == FillAt::Next
    }

    /// Makes an order that could fill at a quote wait for the next. Returns what is reserved for it,
    /// and the reasons against that.
    pub(crate) fn make_wait(
        &self,
        order: &mut Order,
        asking: &Asking<'_>,
        (quote, plan_price): (i128, i128),
    ) -> (i128, Vec<Rejection>) {
        let mut wrong = Vec::new();
        order.awaits_quote = true;
        order.price_limit =
            order.price_limit.or(order.slippage_limit(quote).filter(|limit| *limit > 0));
        if order.max_slippage_bps.is_some() && !order.price_limit.is_none_or(fits) {
            wrong.push("AMOUNT_OUT_OF_RANGE");
        }
        if asking.earlier.is_none() && self.has_all_orders(&order.user_id) {
            wrong.push("TOO_MANY_ORDERS");
        }
        let reserved = self.reserve(order, plan_price);
        if !fits(reserved) {
            wrong.push("AMOUNT_OUT_OF_RANGE");
        }
        let own = asking.earlier.map_or(0, |earlier| earlier.reserved);
        if reserved > self.accounts[&order.user_id].balance + own {
            wrong.push("INSUFFICIENT_BALANCE");
        }
        (reserved, wrong)
    }

    /// The order that waits to close a position; the oldest if there are several.
    pub(crate) fn waiting_close(&self, position: &Position) -> Option<&Order> {
        let closes = |order: &&Order| {
            order.awaits_quote
                && order.close_position
                && order.position_id.as_ref() == Some(&position.order_id)
        };
        self.resting_of(&position.user_id).into_iter().find(closes)
    }

    /// The order that closes a position at the next quote. Its id is UUIDv5 of `close` and the
    /// entry's id, in the position's own id as namespace.
    pub(crate) fn closing_order(
        &self,
        position: &Position,
        price_limit: Option<i128>,
        now: Id,
    ) -> Order {
        let mode = self.mode(&position.user_id);
        let namespace =
            uuid::Uuid::parse_str(&position.order_id).expect("a position's id is a UUID");
        let order_id = uuid::Uuid::new_v5(&namespace, format!("close {now}").as_bytes());
        let order_id = order_id.to_string();
        let ids = (position.user_id.as_str(), order_id.as_str(), position.asset);
        Order {
            on_long: (mode == Mode::Hedge).then_some(position.is_long),
            position_id: Some(position.order_id.clone()),
            reduce_only: true,
            close_position: true,
            leverage: if mode == Mode::Separate { 0 } else { position.leverage },
            price_limit,
            awaits_quote: true,
            ..Order::new(ids, (Kind::Market, !position.is_long, 0), Sent::Close, now.ms)
        }
    }

    /// The reasons not to place an order that closes a position.
    pub(crate) fn closing_refusals(&self, order: &Order) -> Vec<Rejection> {
        let mut wrong = Vec::new();
        if self.has_all_orders(&order.user_id) {
            wrong.push("TOO_MANY_ORDERS");
        }
        if self.knows(&order.order_id) {
            wrong.push("ORDER_ID_REUSED");
        }
        wrong
    }

    /// Accepts an order that closes a position.
    pub(crate) fn accept_close(&mut self, order: &mut Order, by: Option<&str>) -> Event {
        self.number(order);
        self.place_last(order);
        self.rest(order.clone());
        self.order_event("ORDER_ACCEPTED", order, by)
    }

    /// Gives an order its turn at a new quote: it has waited too long, or the quote serves it, or it
    /// goes on waiting.
    pub(crate) fn serve_waiting(
        &mut self,
        mut order: Order,
        prices: Prices,
        events: &mut Vec<Event>,
    ) {
        if prices.now_ms - order.updated_at > self.stale_price_ms(order.asset) {
            return self.end(&order, "NO_QUOTE", prices, events);
        }
        let traded_at = prices.quote.traded_at;
        let is_newer = traded_at.is_none_or(|traded_at| traded_at > order.updated_at);
        if !prices.may_fill || !is_newer {
            return;
        }
        if order.kind == Kind::Market || order.is_marketable(prices.quote) {
            let quote = prices.quote.quote(order.is_buy);
            return self.fill_resting(order, quote, "TAKER", prices, events);
        }
        if order.time_in_force.is_immediate() {
            return self.end(&order, "NOT_MARKETABLE", prices, events);
        }
        order.awaits_quote = false;
        self.put_active(order, prices.now_ms, events);
    }

    /// Replaces an order that is active from now on.
    pub(crate) fn put_active(&mut self, mut order: Order, now_ms: u64, events: &mut Vec<Event>) {
        order.updated_at = now_ms;
        let rests = self.resting.iter_mut().find(|other| other.order_id == order.order_id);
        *rests.expect("the order rests") = order.clone();
        events.push(self.order_event("ORDER_ACTIVATED", &order, None));
    }
}
