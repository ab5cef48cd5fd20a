//! Resting orders: their acceptance, their end, and what a tick does to them.

use crate::draft::draft;
use crate::due::{Due, Turn};
use crate::ended::Record as _;
use crate::exchange::{Exchange, Tick};
use crate::execution::Deal;
use crate::exits::is_worse_for_order;
use crate::instruments::InstrumentIndex;
use crate::ledger::sub;
use crate::order::{EndedOrder, PackedOrder};
use crate::position::PackedPosition;
use crate::slab::Slot;
use crate::watch::{peak_at, price_at};
use messages::{
    Event, EventKind, ExpiryReason, FillRole, Order, OrderId, OrderKind, OrderSide, OrderStatus,
    PlaceOrder, PositionMode, Rejection, RequestId, Side, TimeInForce, WHOLE_BPS,
};
use price::{Price, Qty, Rounding, Usd};
use std::sync::Arc;

/// The end of an order without a fill.
#[derive(Clone, Copy, Debug)]
pub enum End {
    Canceled,
    Expired(ExpiryReason),
}

impl Exchange {
    /// Lets an order rest.
    pub(crate) fn rest(&mut self, order: PackedOrder, peak: i64) -> Slot {
        self.opened += 1;
        let (account, reserved) = (order.account, order.reserved());
        self.book.insert_order(order, self.accounts.reserve(account, reserved), peak)
    }

    /// Checks that the id of the trailing stop that an order attaches is free.
    pub(crate) fn check_trailing_stop(&self, order: &Order) -> Result<(), Rejection> {
        if order.trailing_stop_bps.is_none() {
            return Ok(());
        }
        let order_id = order.order_id.trailing_stop();
        match self.find_known(order_id, None) {
            None => Ok(()),
            Some(_) => Err(Rejection::OrderIdReused { order_id }),
        }
    }

    /// Places the trailing stop that an order attaches to the quantity that it has opened. It
    /// trails from the quote at which the position could be closed now.
    pub(crate) fn rest_trailing_stop(
        &mut self,
        position: Slot,
        order: &Order,
        (qty, callback_bps): (Qty, u16),
        deal: &Deal,
        events: &mut Vec<Event>,
    ) {
        let PackedPosition { order_id: position_id, account, instrument, side, .. } =
            *self.book.get(position);
        let order_id = order.order_id.trailing_stop();
        let mode = self.accounts.get(account).mode;
        let place = PlaceOrder {
            kind: Some(OrderKind::TrailingStopMarket),
            callback_bps: Some(callback_bps.into()),
            reduce_only: true,
            position_id: Some(position_id),
            position_side: (mode == PositionMode::Hedge).then_some(side),
            ..PlaceOrder::market(order_id, order.asset.as_str(), side.opposite(), 0, qty)
        };
        let who = (self.accounts.get(account), order.asset, self.last_id.ms);
        let mut trailing = draft(&place, true, who);
        trailing.leverage = if mode == PositionMode::Separate { 0 } else { order.leverage };
        trailing.activated_at_ms = Some(self.last_id.ms);
        // No request placed it, so none repeats it.
        let packed = PackedOrder::pack(&trailing, (self.opened, 0), (account, instrument));
        let packed = packed.expect("the quantity is that of a fill");
        let quote = self.tick_of(self.book.get(position)).quote;
        let quote = self.instruments.get(instrument).trigger_quote(quote);
        self.rest(packed, peak_at(trailing.side, quote));
        let accepted = || EventKind::OrderAccepted(Arc::new(trailing));
        self.tell(deal.request_id, account, events, accepted);
    }

    /// Takes an order from the book; its reserve returns to the balance.
    pub(crate) fn take_order(&mut self, slot: Slot) -> PackedOrder {
        let order = self.book.order(slot);
        let (account, reserved) = (order.account, order.reserved());
        let list = self.accounts.reserve(account, sub(Usd::ZERO, reserved));
        self.book.remove_order(slot, list)
    }

    /// Ends a resting order without a fill.
    pub(crate) fn end_order(
        &mut self,
        slot: Slot,
        end: End,
        request_id: Option<RequestId>,
        events: &mut Vec<Event>,
    ) -> Arc<Order> {
        let order = self.take_order(slot);
        self.record_end(order, end, request_id, events)
    }

    /// Records an order that ended without a fill and does not rest.
    pub(crate) fn record_end(
        &mut self,
        order: PackedOrder,
        end: End,
        request_id: Option<RequestId>,
        events: &mut Vec<Event>,
    ) -> Arc<Order> {
        let account = order.account;
        let (status, reason) = match end {
            End::Canceled => (OrderStatus::Canceled, None),
            End::Expired(reason) => (OrderStatus::Expired, Some(reason)),
        };
        let ended_by = request_id.filter(|_| matches!(end, End::Canceled));
        let ended_at_ms = self.last_id.ms;
        let ended = EndedOrder { order, status, reason, filled: None, ended_at_ms, ended_by };
        let order = Arc::new(self.ended_order(&ended));
        self.ended.push(ended, &self.rules);
        let shared = Arc::clone(&order);
        self.tell(request_id, account, events, || match end {
            End::Canceled => EventKind::OrderCanceled(shared),
            End::Expired(_) => EventKind::OrderExpired(shared),
        });
        order
    }

    /// Records an order that has filled.
    pub(crate) fn record_fill(&mut self, order: PackedOrder, filled: (Qty, Price)) {
        let ended = EndedOrder {
            order,
            status: OrderStatus::Filled,
            reason: None,
            filled: Some(filled),
            ended_at_ms: self.last_id.ms,
            ended_by: None,
        };
        self.ended.push(ended, &self.rules);
    }

    pub(crate) fn resting_order(&self, order: &PackedOrder) -> Order {
        order.order(self.accounts.get(order.account).user_id, self.symbol_at(order.instrument))
    }

    pub(crate) fn ended_order(&self, ended: &EndedOrder) -> Order {
        let owner = self.accounts.get(ended.id().account).user_id;
        ended.order(owner, self.symbol_at(ended.order.instrument))
    }

    /// The resting orders of an account that are meant, oldest first by their places.
    pub(crate) fn orders_of(
        &self,
        account: Slot,
        is_meant: impl Fn(&PackedOrder) -> bool,
    ) -> Vec<Slot> {
        let list = self.accounts.get(account).orders;
        let orders = self.book.orders_of(list);
        let mut slots: Vec<Slot> = orders.filter(|slot| is_meant(self.book.order(*slot))).collect();
        slots.sort_unstable_by_key(|slot| self.book.order(*slot).number);
        slots
    }

    /// The resting orders that reduce a position, oldest first.
    fn reducing(
        &self,
        account: Slot,
        (position_id, side, instrument): (OrderId, Side, InstrumentIndex),
    ) -> Vec<Slot> {
        self.orders_of(account, |order| {
            order.reduce_only
                && order.instrument == instrument
                && order.side == OrderSide::closing(side)
                && order.position_id().is_none_or(|id| id == position_id)
        })
    }

    /// Ends the orders that would reduce a position that is closed.
    pub(crate) fn expire_reducing(
        &mut self,
        account: Slot,
        position: (OrderId, Side, InstrumentIndex),
        request_id: Option<RequestId>,
        events: &mut Vec<Event>,
    ) {
        // Most positions are closed by accounts without a resting order.
        if self.accounts.get(account).orders.count() == 0 {
            return;
        }
        for slot in self.reducing(account, position) {
            let end = End::Expired(ExpiryReason::PositionClosed);
            self.end_order(slot, end, request_id, events);
        }
    }

    /// Limits the orders that reduce a position to its quantity.
    pub(crate) fn shrink_reducing(
        &mut self,
        position: Slot,
        request_id: Option<RequestId>,
        events: &mut Vec<Event>,
    ) {
        let position = self.book.get(position);
        let (account, qty) = (position.account, position.qty());
        let what = (position.order_id, position.side, position.instrument);
        for slot in self.reducing(account, what) {
            if self.book.order(slot).qty() > qty {
                let mut order = self.resting_order(self.book.order(slot));
                (order.qty, order.updated_at_ms) = (qty, self.last_id.ms);
                self.update_order(slot, order, request_id, events);
            }
        }
    }

    /// Changes a resting order that waits for the same prices as before and keeps its place.
    pub(crate) fn update_order(
        &mut self,
        slot: Slot,
        order: Order,
        request_id: Option<RequestId>,
        events: &mut Vec<Event>,
    ) {
        let before = self.book.order(slot);
        let account = before.account;
        let more = sub(order.reserved, before.reserved());
        let packed = before.changed(&order).expect("the amounts were checked to fit");
        self.accounts.reserve(account, more);
        self.book.update_order(slot, packed);
        let amended = || EventKind::OrderAmended(Arc::new(order));
        self.tell(request_id, account, events, amended);
    }

    /// Serves an order that a tick has reached, unless it has ended earlier in the tick.
    pub(crate) fn serve_order(&mut self, due: Due, events: &mut Vec<Event>) {
        let Some(order) = self.book.order_at(due.slot, due.number) else { return };
        if due.turn == Turn::End {
            self.end_order(due.slot, End::Expired(ExpiryReason::Time), None, events);
            return;
        }
        let listed = self.instruments.get(order.instrument);
        let tick = listed.tick.expect("a tick is being served");
        if order.awaits_quote {
            return self.serve_waiting(due.slot, &tick, events);
        }
        let is_triggered = match order.kind {
            OrderKind::Market | OrderKind::Limit => return self.fill_as_maker(due, &tick, events),
            OrderKind::Stop | OrderKind::TakeProfit if order.is_active() => {
                return self.fill_as_maker(due, &tick, events);
            }
            OrderKind::TrailingStopMarket => order.is_active(),
            _ => true,
        };
        if order.kind.has_price() || !is_triggered {
            self.activate(due, &tick, events);
        } else {
            self.fill_triggered(due, &tick, events);
        }
    }

    fn fill_as_maker(&mut self, due: Due, tick: &Tick, events: &mut Vec<Event>) {
        let price = self.book.order(due.slot).price().expect("a limit order has a price");
        let deal = Deal {
            price: Price::from(price),
            role: FillRole::Maker,
            tick_id: tick.id,
            request_id: None,
        };
        self.fill_resting(due.slot, None, &deal, events);
    }

    fn fill_triggered(&mut self, due: Due, tick: &Tick, events: &mut Vec<Event>) {
        let order = self.resting_order(self.book.order(due.slot));
        let price = tick.quote.order_price(order.side);
        let trigger = match order.kind {
            OrderKind::TrailingStopMarket => price_at(order.side, due.along),
            _ => order.trigger_price.expect("a triggered order has a trigger price"),
        };
        let slippage = order.max_slippage_bps.and_then(|bps| slippage_limit(&order, trigger, bps));
        let limit = order.price_limit.or(slippage);
        let deal = Deal { price, role: FillRole::Taker, tick_id: tick.id, request_id: None };
        self.fill_resting(due.slot, limit, &deal, events);
    }

    /// Activates a limit order whose trigger, or a trailing stop whose activation price, a tick has
    /// reached.
    fn activate(&mut self, due: Due, tick: &Tick, events: &mut Vec<Event>) {
        let before = self.book.order(due.slot);
        let mut order = self.resting_order(before);
        order.activated_at_ms = Some(self.last_id.ms);
        order.updated_at_ms = self.last_id.ms;
        let packed = before.changed(&order).expect("only times changed");
        let (account, quote) = (before.account, tick.quote);
        if order.kind.has_price() {
            let price = order.price.expect("a limit order has a price");
            let at = quote.order_price(order.side);
            let is_marketable = !is_worse_for_order(order.side, at, price);
            let end = match (order.time_in_force, is_marketable) {
                (TimeInForce::Gtx, true) => Some(ExpiryReason::WouldTake),
                (TimeInForce::Ioc | TimeInForce::Fok, false) => Some(ExpiryReason::NotMarketable),
                _ => None,
            };
            if let Some(reason) = end {
                self.book.update_order(due.slot, packed);
                self.end_order(due.slot, End::Expired(reason), None, events);
                return;
            }
            if is_marketable {
                self.book.update_order(due.slot, packed);
                let (role, tick_id) = (FillRole::Taker, tick.id);
                let deal = Deal { price: at, role, tick_id, request_id: None };
                self.fill_resting(due.slot, None, &deal, events);
                return;
            }
        }
        let quote = self.instruments.get(packed.instrument).trigger_quote(quote);
        self.book.replace_order(due.slot, packed, peak_at(order.side, quote));
        self.tell(None, account, events, || EventKind::OrderActivated(Arc::new(order)));
    }

    /// Fills a resting order, or ends it for the reason for which it can't be filled.
    pub(crate) fn fill_resting(
        &mut self,
        slot: Slot,
        limit: Option<Price>,
        deal: &Deal,
        events: &mut Vec<Event>,
    ) {
        let packed = self.book.order(slot);
        let order = self.resting_order(packed);
        let place = (packed.account, packed.instrument);
        let plan = match order.reverses() {
            None => self.plan(&order, place, (deal.price, deal.role), order.reserved),
            Some(position_id) => match self.own_open_position(position_id, place.0) {
                Ok(position) => self.plan_reversal(&order, position, deal.price),
                Err(_) => Err(Rejection::WouldNotReduce),
            },
        };
        let is_worse = |limit| is_worse_for_order(order.side, deal.price, limit);
        let plan = match plan {
            Err(rejection) => Err(expiry_reason(&rejection)),
            Ok(_) if self.pause.is_some() && !order.reduce_only => Err(ExpiryReason::TradingPaused),
            Ok(_) if !order.reduce_only && self.check_status(place.1).is_err() => {
                Err(ExpiryReason::NotTrading)
            }
            Ok(_) if limit.is_some_and(is_worse) => Err(ExpiryReason::PriceLimitExceeded),
            Ok(plan) => Ok(plan),
        };
        match plan {
            Err(reason) => {
                self.end_order(slot, End::Expired(reason), None, events);
            }
            Ok(plan) => {
                let packed = self.take_order(slot);
                let filled = (plan.qty(), deal.price);
                let fingerprint = packed.fingerprint;
                self.record_fill(packed, filled);
                self.execute(order, (plan, fingerprint), deal, events);
            }
        }
    }
}

/// The worst price of a triggered order: its trigger price moved by the slippage.
pub fn slippage_limit(order: &Order, trigger: Price, bps: u16) -> Option<Price> {
    let distance = trigger.ratio(bps.into(), WHOLE_BPS, Rounding::Floor).ok()?;
    match order.side {
        OrderSide::Buy => trigger.checked_add(distance).ok(),
        OrderSide::Sell => trigger.checked_sub(distance).ok(),
    }
}

/// The reason for which an order expires that can't be filled.
fn expiry_reason(rejection: &Rejection) -> ExpiryReason {
    match rejection {
        Rejection::WouldNotReduce => ExpiryReason::WouldNotReduce,
        Rejection::TooManyPositions { .. } => ExpiryReason::TooManyPositions,
        Rejection::QuantityTooSmall => ExpiryReason::QuantityTooSmall,
        Rejection::AmountOutOfRange => ExpiryReason::AmountOutOfRange,
        Rejection::InsufficientBalance { .. } => ExpiryReason::InsufficientBalance,
        Rejection::OrderIdReused { .. } => ExpiryReason::OrderIdReused,
        Rejection::PositionTooLarge { .. } => ExpiryReason::PositionTooLarge,
        Rejection::OpenInterestCap { .. } => ExpiryReason::OpenInterestCap,
        other => unreachable!("a planned fill is not refused with {other:?}"),
    }
}
