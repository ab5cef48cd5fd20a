//! Orders that wait for the quote after them, in instruments that fill at the next quote: the house
//! trades with nobody at a price that is older than the order.

use crate::admit::{Admission, Arrival};
use crate::draft::draft;
use crate::due::Due;
use crate::exchange::{Exchange, Tick};
use crate::execution::Deal;
use crate::exits::{check_price_limit, is_worse_for_order};
use crate::instruments::InstrumentIndex;
use crate::ledger::add;
use crate::order::PackedOrder;
use crate::resting::{End, slippage_limit};
use crate::slab::Slot;
use messages::{
    Event, EventKind, ExpiryReason, FillPolicy, FillRole, Order, OrderKind, PlaceOrder,
    PositionMode, Rejection, RequestId, Response, TimeInForce,
};
use price::Price;
use std::sync::Arc;

impl Exchange {
    /// Reports whether what would trade at once waits for the next quote.
    pub(crate) fn fills_next(&self, instrument: InstrumentIndex) -> bool {
        self.instruments.get(instrument).instrument.fill == FillPolicy::Next
    }

    /// Lets an order wait that could fill at the current quote, `at`.
    pub(crate) fn admit_waiting(
        &self,
        order: &mut Order,
        arrival: &Arrival,
        at: Price,
    ) -> Result<Admission, Rejection> {
        let Arrival { account, instrument, amends, .. } = *arrival;
        self.check_open_orders(account, amends)?;
        order.awaits_quote = true;
        if order.kind == OrderKind::Market && order.price_limit.is_none() {
            let slippage = order.max_slippage_bps;
            let limit = slippage.and_then(|bps| slippage_limit(order, at, bps));
            order.price_limit = limit.filter(|limit| limit.is_positive());
        }
        let price = order.price.unwrap_or(at);
        order.reserved = self.reserve(order, (account, instrument), price)?;
        let available = add(self.accounts.get(account).balance, self.reserved_by(amends));
        if order.reserved > available {
            let required = order.reserved;
            return Err(Rejection::InsufficientBalance { required, available });
        }
        // It has no peak.
        Ok(Admission::Rests(0))
    }

    /// Places an order that closes a position at the next quote, unless one waits to do so.
    pub(crate) fn wait_to_close(
        &mut self,
        request_id: Option<RequestId>,
        slot: Slot,
        price_limit: Option<Price>,
        events: &mut Vec<Event>,
    ) -> Result<Response, Rejection> {
        let position = self.book.get(slot);
        let (account, position_id, side) = (position.account, position.order_id, position.side);
        let waits = |order: &PackedOrder| {
            order.awaits_quote && order.close_position && order.position_id() == Some(position_id)
        };
        if let Some(waiting) = self.orders_of(account, waits).first() {
            let order = self.resting_order(self.book.order(*waiting));
            return Ok(self.order_response(order.into(), None, account, true));
        }
        let (instrument, leverage) = (position.instrument, position.leverage);
        let tick = self.fresh_tick(instrument)?;
        check_price_limit(side, tick.quote.close_price(side), price_limit)?;
        self.check_open_orders(account, None)?;
        let order_id = position_id.closing(self.last_id);
        if self.find_known(order_id, None).is_some() {
            return Err(Rejection::OrderIdReused { order_id });
        }
        let holder = self.accounts.get(account);
        let asset = self.symbol_at(instrument);
        let place = PlaceOrder {
            price_limit,
            reduce_only: true,
            close_position: true,
            position_id: Some(position_id),
            position_side: (holder.mode == PositionMode::Hedge).then_some(side),
            ..PlaceOrder::market(order_id, asset.as_str(), side.opposite(), 0, price::Qty::ZERO)
        };
        let mut order = draft(&place, true, (holder, asset, self.last_id.ms));
        order.leverage = if holder.mode == PositionMode::Separate { 0 } else { leverage };
        let order = self.wait(order, (account, instrument), 0, request_id, events);
        Ok(self.order_response(order, None, account, false))
    }

    /// Lets an order wait that was checked.
    pub(crate) fn wait(
        &mut self,
        mut order: Order,
        (account, instrument): (Slot, InstrumentIndex),
        fingerprint: u64,
        request_id: Option<RequestId>,
        events: &mut Vec<Event>,
    ) -> Arc<Order> {
        order.awaits_quote = true;
        let packed = PackedOrder::pack(&order, (self.opened, fingerprint), (account, instrument));
        self.rest(packed.expect("its amounts are those of a position, or were checked"), 0);
        let order = Arc::new(order);
        let accepted = Arc::clone(&order);
        self.tell(request_id, account, events, || EventKind::OrderAccepted(accepted));
        order
    }

    /// Takes the waiting orders of an instrument that its last quote serves: those that are older than
    /// the quote's trade, and those that have waited for too long. Those whose own time is over stay:
    /// they end before anything fills.
    pub(crate) fn take_waiting(&mut self, instrument: InstrumentIndex) -> Vec<Due> {
        let Some(tick) = self.instruments.get(instrument).tick else { return Vec::new() };
        let is_fresh = self.fresh_tick(instrument).is_ok();
        let (now_ms, stale_ms) = (self.last_id.ms, self.stale_price_ms(instrument));
        self.book.take_waiting(instrument, |order| {
            let since_ms = order.updated_at_ms();
            let is_after = tick.traded_at_ms.is_none_or(|traded_at_ms| traded_at_ms > since_ms);
            let is_over = order.expires_at_ms().is_some_and(|at_ms| at_ms <= now_ms);
            !is_over && (now_ms - since_ms > stale_ms || (is_fresh && is_after))
        })
    }

    /// Serves an order at the quote for which it has waited.
    pub(crate) fn serve_waiting(&mut self, slot: Slot, tick: &Tick, events: &mut Vec<Event>) {
        let packed = self.book.order(slot);
        let stale_ms = self.stale_price_ms(packed.instrument);
        let mut order = self.resting_order(packed);
        if self.last_id.ms - order.updated_at_ms > stale_ms {
            self.end_order(slot, End::Expired(ExpiryReason::NoQuote), None, events);
            return;
        }
        let is_after = |traded_at_ms| traded_at_ms > order.updated_at_ms;
        if !tick.traded_at_ms.is_none_or(is_after) {
            // Another order has changed it a moment ago.
            let packed = packed.clone();
            return self.book.replace_order(slot, packed, 0);
        }
        let price = tick.quote.order_price(order.side);
        let is_limit = order.kind.has_price();
        let is_worse = |limit| is_worse_for_order(order.side, price, limit);
        if is_limit && order.price.is_some_and(is_worse) {
            if matches!(order.time_in_force, TimeInForce::Ioc | TimeInForce::Fok) {
                let end = End::Expired(ExpiryReason::NotMarketable);
                self.end_order(slot, end, None, events);
                return;
            }
            order.awaits_quote = false;
            order.updated_at_ms = self.last_id.ms;
            let account = packed.account;
            let changed = packed.changed(&order).expect("only times changed");
            self.book.replace_order(slot, changed, 0);
            self.tell(None, account, events, || EventKind::OrderActivated(Arc::new(order)));
            return;
        }
        let (role, tick_id) = (FillRole::Taker, tick.id);
        let deal = Deal { price, role, tick_id, request_id: None };
        let limit = order.price_limit.filter(|_| !is_limit);
        self.fill_resting(slot, limit, &deal, events);
    }
}
