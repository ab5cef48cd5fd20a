//! Requests about orders: all but plain market orders, which have their own way.

use crate::account::Account;
use crate::admit::{Admission, Arrival};
use crate::draft::{
    check_callback, check_fields, check_price, draft, fingerprint_of, fingerprint_of_reversal,
    invalid, require,
};
use crate::exchange::Exchange;
use crate::execution::Deal;
use crate::exits;
use crate::ledger::sub;
use crate::order::PackedOrder;
use crate::place::Known;
use crate::resting::End;
use crate::slab::Slot;
use messages::{
    AmendOrder, CancelOrders, Event, EventKind, FillRole, Order, OrderId, OrderKind, OrderRef,
    OrderStatus, PlaceOrder, Position, PositionMode, PositionState, Rejection, RequestId, Response,
    ReversePosition, UserId,
};
use price::{OutOfRange, Price};
use std::sync::Arc;

/// An order with a known id.
pub enum Placed {
    Resting(Slot),
    Ended,
}

impl Exchange {
    /// Places an order that is not plain, or whose account nets its positions.
    pub(crate) fn place_any(
        &mut self,
        request_id: Option<RequestId>,
        account: Slot,
        place: &PlaceOrder,
        events: &mut Vec<Event>,
    ) -> Result<Response, Rejection> {
        let instrument = self.find_asset(&place.asset)?;
        let holder = self.accounts.get(account);
        let reduce_only = check_fields(place, holder.mode)?;
        let who = (holder, self.symbol_at(instrument), self.last_id.ms);
        let mut order = draft(place, reduce_only, who);
        if !order.reduce_only {
            self.check_open()?;
            self.check_status(instrument)?;
        }
        self.check_clock()?;
        let tick = self.fresh_tick(instrument)?;
        let arrival = Arrival { account, instrument, tick, amends: None };
        order.leverage = self.order_leverage(&order, place.leverage, &arrival)?;
        let admission = self.admit(&mut order, &arrival, place.share_bps)?;
        let fingerprint = fingerprint_of(place);
        let known = (self.opened, fingerprint);
        let packed = PackedOrder::pack(&order, known, (account, instrument))
            .map_err(|OutOfRange| Rejection::AmountOutOfRange)?;
        let (order, position) = match admission {
            Admission::Fills(plan, price) => {
                let (role, tick_id) = (FillRole::Taker, tick.id);
                let deal = Deal { price, role, tick_id, request_id };
                self.record_fill(packed, (plan.qty(), price));
                self.execute(order, (plan, fingerprint), &deal, events)
            }
            Admission::Expires(reason) => {
                (self.record_end(packed, End::Expired(reason), request_id, events), None)
            }
            Admission::Rests(peak) => {
                self.rest(packed, peak);
                let order = Arc::new(order);
                let accepted = Arc::clone(&order);
                self.tell(request_id, account, events, || EventKind::OrderAccepted(accepted));
                (order, None)
            }
        };
        Ok(self.order_response(order, position, account, false))
    }

    /// The leverage of an order: its own in mode `separate`, otherwise the account's.
    fn order_leverage(
        &self,
        order: &Order,
        asked: u32,
        arrival: &Arrival,
    ) -> Result<u8, Rejection> {
        let Arrival { account, instrument, .. } = *arrival;
        let max = self.instruments.get(instrument).instrument.max_leverage;
        if self.accounts.get(account).mode == PositionMode::Separate {
            if order.reduce_only {
                return Ok(0);
            }
            let leverage = u8::try_from(asked);
            return leverage.map_err(|_| Rejection::InvalidLeverage { leverage: asked, max });
        }
        let leverage = self.leverage(account, instrument);
        if asked != 0 && asked != u32::from(leverage) {
            return Err(Rejection::LeverageDiffers { leverage });
        }
        Ok(leverage)
    }

    /// Finds an order that did not only open a position of its own.
    pub(crate) fn find_placed(&self, order_id: OrderId) -> Option<Placed> {
        let resting = self.book.find_order(order_id).map(Placed::Resting);
        resting.or_else(|| self.ended.get(order_id).map(|_| Placed::Ended))
    }

    /// Answers a repeated order with its current state, and refuses a different one with its id.
    pub(crate) fn repeat_order(
        &self,
        (order_id, placed): (OrderId, Placed),
        account: Slot,
        fingerprint: u64,
    ) -> Result<Response, Rejection> {
        let (packed, order) = match placed {
            Placed::Resting(slot) => {
                let packed = self.book.order(slot);
                (packed, self.resting_order(packed))
            }
            Placed::Ended => {
                let ended = self.ended.get(order_id).expect("it was just found");
                (&ended.order, self.ended_order(ended))
            }
        };
        if packed.account != account || packed.fingerprint != fingerprint {
            return Err(Rejection::OrderIdReused { order_id });
        }
        Ok(self.order_response(order.into(), None, account, true))
    }

    pub(crate) fn order_response(
        &self,
        order: Arc<Order>,
        position: Option<Box<PositionState>>,
        account: Slot,
        repeated: bool,
    ) -> Response {
        let stop_price = self.stop_price(&order);
        let account = self.accounts.get(account).state();
        Response::PlacedOrder { order, stop_price, position, account, repeated }
    }

    /// The price at which an order trades that is an active trailing stop.
    fn stop_price(&self, order: &Order) -> Option<Price> {
        if order.kind != OrderKind::TrailingStopMarket || order.status != OrderStatus::New {
            return None;
        }
        let packed = self.book.order(self.book.find_order(order.order_id)?);
        self.book.peak_and_stop(packed).map(|(_, stop)| stop)
    }

    pub(crate) fn reverse(
        &mut self,
        request_id: Option<RequestId>,
        user_id: UserId,
        reverse: &ReversePosition,
        events: &mut Vec<Event>,
    ) -> Result<Response, Rejection> {
        let account = self.account_of(user_id)?;
        let fingerprint = fingerprint_of_reversal(reverse);
        match self.find_known(reverse.order_id, reverse.earlier_order_id) {
            None => {}
            Some((order_id, Known::Position)) => return Err(self.refuse_id(order_id, account)),
            Some((order_id, Known::Order(placed))) => {
                return self.repeat_order((order_id, placed), account, fingerprint);
            }
        }
        self.check_open()?;
        let slot = self.own_open_position(reverse.position_id, account)?;
        self.check_clock()?;
        let position = self.book.get(slot);
        let instrument = position.instrument;
        self.check_status(instrument)?;
        let tick = self.fresh_tick(instrument)?;
        let order = reversal(
            &self.order(position),
            reverse,
            (self.accounts.get(account), self.last_id.ms),
        )?;
        let price = tick.quote.order_price(order.side);
        exits::check_price_limit(position.side, price, reverse.price_limit)?;
        let plan = self.plan_reversal(&order, slot, price)?;
        self.check_liquidation(&plan)?;
        let packed = PackedOrder::pack(&order, (0, fingerprint), (account, instrument))
            .map_err(|OutOfRange| Rejection::AmountOutOfRange)?;
        if self.fills_next(instrument) {
            self.check_open_orders(account, None)?;
            let order = Order { position_id: Some(reverse.position_id), ..order };
            let place = (account, instrument);
            let order = self.wait(order, place, fingerprint, request_id, events);
            return Ok(self.order_response(order, None, account, false));
        }
        let deal = Deal { price, role: FillRole::Taker, tick_id: tick.id, request_id };
        self.record_fill(packed, (plan.qty(), price));
        let (order, position) = self.execute(order, (plan, fingerprint), &deal, events);
        Ok(self.order_response(order, position, account, false))
    }

    pub(crate) fn cancel(
        &mut self,
        request_id: Option<RequestId>,
        user_id: UserId,
        order: &OrderRef,
        events: &mut Vec<Event>,
    ) -> Result<Response, Rejection> {
        let account = self.account_of(user_id)?;
        match self.find_resting(account, order) {
            Ok(slot) => {
                let order = self.end_order(slot, End::Canceled, request_id, events);
                Ok(self.order_response(order, None, account, false))
            }
            Err(Rejection::OrderAlreadyDone { order }) => {
                let ended = self.ended.get(order.order_id);
                let ended_by = ended.and_then(|ended| ended.ended_by);
                if ended_by.is_some() && ended_by == request_id {
                    return Ok(self.order_response(order, None, account, true));
                }
                Err(Rejection::OrderAlreadyDone { order })
            }
            Err(rejection) => Err(rejection),
        }
    }

    /// Finds a resting order of an account by one of its ids.
    pub(crate) fn find_resting(
        &self,
        account: Slot,
        OrderRef { order_id, client_order_id, sequence }: &OrderRef,
    ) -> Result<Slot, Rejection> {
        let (resting, ended) = match (order_id, client_order_id.as_deref(), *sequence) {
            (Some(id), None, None) => (self.book.find_order(*id), self.ended.get(*id)),
            (None, Some(id), None) => {
                (self.find_client_order(account, id), self.ended.find_client(account, id))
            }
            (None, None, Some(number)) => {
                (self.find_numbered(account, number), self.ended.find_numbered(account, number))
            }
            _ => {
                let problem = "or clientOrderId or sequence is required, and only one of them";
                return Err(invalid("orderId", problem));
            }
        };
        if let Some(slot) = resting {
            let is_own = self.book.order(slot).account == account;
            return if is_own { Ok(slot) } else { Err(Rejection::OrderNotFound) };
        }
        match ended {
            Some(ended) if ended.order.account == account => {
                Err(Rejection::OrderAlreadyDone { order: Arc::new(self.ended_order(ended)) })
            }
            _ => Err(Rejection::OrderNotFound),
        }
    }

    pub(crate) fn cancel_all(
        &mut self,
        request_id: Option<RequestId>,
        user_id: UserId,
        CancelOrders { asset }: CancelOrders,
        events: &mut Vec<Event>,
    ) -> Result<Response, Rejection> {
        let account = self.account_of(user_id)?;
        let instrument = asset.map(|symbol| self.find_instrument(symbol)).transpose()?;
        let slots = self.orders_of(account, |order| {
            instrument.is_none_or(|instrument| order.instrument == instrument)
        });
        let orders = slots
            .into_iter()
            .map(|slot| self.end_order(slot, End::Canceled, request_id, events))
            .map(Arc::unwrap_or_clone)
            .collect();
        Ok(Response::PlacedOrders { orders, account: self.accounts.get(account).state() })
    }

    pub(crate) fn amend(
        &mut self,
        request_id: Option<RequestId>,
        user_id: UserId,
        amend: &AmendOrder,
        events: &mut Vec<Event>,
    ) -> Result<Response, Rejection> {
        let account = self.account_of(user_id)?;
        let slot = self.find_resting(account, &amend.order)?;
        let before = self.book.order(slot);
        require(!before.awaits_quote, "orderId", "waits for the next quote")?;
        let instrument = before.instrument;
        let known = self.resting_order(before);
        let mut order = amended(&known, amend)?;
        let mut limited = order.clone();
        if order.reduce_only
            && let Some(target) = self.target(&order, account, instrument)?
        {
            limited.qty = order.qty.min(self.book.get(target).qty());
        }
        if limited == known {
            return Ok(self.order_response(limited.into(), None, account, true));
        }
        if !order.reduce_only {
            self.check_open()?;
            self.check_status(instrument)?;
        }
        self.check_clock()?;
        let tick = self.fresh_tick(instrument)?;
        let arrival = Arrival { account, instrument, tick, amends: Some(slot) };
        let admission = self.admit(&mut order, &arrival, None)?;
        order.updated_at_ms = self.last_id.ms;
        let mut packed = self
            .book
            .order(slot)
            .changed(&order)
            .map_err(|OutOfRange| Rejection::AmountOutOfRange)?;
        let (order, position) = match admission {
            Admission::Fills(plan, price) => {
                let fingerprint = packed.fingerprint;
                let (role, tick_id) = (FillRole::Taker, tick.id);
                let deal = Deal { price, role, tick_id, request_id };
                self.take_order(slot);
                self.record_fill(packed, (plan.qty(), price));
                self.execute(order, (plan, fingerprint), &deal, events)
            }
            Admission::Expires(reason) => {
                self.take_order(slot);
                (self.record_end(packed, End::Expired(reason), request_id, events), None)
            }
            Admission::Rests(peak) => {
                packed.number = self.opened;
                self.opened += 1;
                self.accounts.reserve(account, sub(order.reserved, known.reserved));
                self.book.replace_order(slot, packed, peak);
                let order = Arc::new(order);
                let amended = Arc::clone(&order);
                self.tell(request_id, account, events, || EventKind::OrderAmended(amended));
                (order, None)
            }
        };
        Ok(self.order_response(order, position, account, false))
    }
}

/// The order that reverses a position.
fn reversal(
    position: &Position,
    reverse: &ReversePosition,
    (owner, now_ms): (&Account, u64),
) -> Result<Order, Rejection> {
    let mode = owner.mode;
    let side = position.side.opposite();
    let qty = position.qty.checked_add(position.qty);
    let qty = qty.map_err(|OutOfRange| Rejection::AmountOutOfRange)?;
    qty.to_i64().map_err(|OutOfRange| Rejection::AmountOutOfRange)?;
    let asset = position.asset;
    let place = PlaceOrder {
        price_limit: reverse.price_limit,
        position_side: (mode == PositionMode::Hedge).then_some(side),
        ..PlaceOrder::market(reverse.order_id, asset.as_str(), side, position.leverage.into(), qty)
    };
    let reduce_only = check_fields(&place, mode)?;
    let mut order = draft(&place, reduce_only, (owner, asset, now_ms));
    order.leverage = position.leverage;
    order.position_id = (mode == PositionMode::Separate).then_some(position.order_id);
    Ok(order)
}

/// An order with the new values.
fn amended(known: &Order, amend: &AmendOrder) -> Result<Order, Rejection> {
    let AmendOrder { qty, price, trigger_price, callback_bps, .. } = *amend;
    let kind = known.kind;
    let is_active = known.activated_at_ms.is_some();
    let takes_trigger = known.trigger_price.is_some() && !is_active;
    require(qty.is_none() || !known.close_position, "qtyInt", "does not go with closePosition")?;
    require(price.is_none() || kind.has_price(), "priceInt", "does not belong to this order")?;
    require(
        trigger_price.is_none() || takes_trigger,
        "triggerPriceInt",
        "does not belong to this order, or is reached already",
    )?;
    let is_trailing = kind == OrderKind::TrailingStopMarket;
    require(callback_bps.is_none() || is_trailing, "callbackBps", "does not belong to this order")?;
    check_callback("callbackBps", callback_bps)?;
    check_price("priceInt", price)?;
    check_price("triggerPriceInt", trigger_price)?;
    let callback_bps = callback_bps.and_then(|bps| u16::try_from(bps).ok());
    Ok(Order {
        qty: qty.unwrap_or(known.qty),
        price: price.or(known.price),
        trigger_price: trigger_price.or(known.trigger_price),
        callback_bps: callback_bps.or(known.callback_bps),
        ..known.clone()
    })
}
