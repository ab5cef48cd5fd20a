//! Closing positions, on a trader's request or because of a price.

use crate::ended::PackedClosedPosition;
use crate::exchange::{Exchange, Tick};
use crate::execution::{Deal, FillAmounts, execution, own_execution};
use crate::exits;
use crate::fill::less;
use crate::instruments::InstrumentIndex;
use crate::position::Costs;
use crate::slab::Slot;
use messages::{
    ClosePosition, ClosePositions, CloseReason, ClosedPosition, ClosedPositions, EntryId, Event,
    EventKind, FillRole, Order, OrderId, OrderSide, PositionState, Rejection, RequestId, Response,
    UserId,
};
use price::{Price, Qty};

/// The circumstances of a close.
pub struct Closing<'a> {
    pub reason: CloseReason,
    pub price: Price,
    pub tick_id: EntryId,
    pub request_id: Option<RequestId>,
    /// The order that closes the position, if one does.
    pub order: Option<(&'a Order, FillRole)>,
}

impl Exchange {
    pub(crate) fn close(
        &mut self,
        request_id: Option<RequestId>,
        user_id: UserId,
        ClosePosition { order_id, price_limit }: ClosePosition,
        events: &mut Vec<Event>,
    ) -> Result<Response, Rejection> {
        let account = self.account_of(user_id)?;
        let slot = match self.own_open_position(order_id, account) {
            Ok(slot) => slot,
            Err(rejection) => return self.repeat_close(request_id, order_id, account, rejection),
        };
        let position = self.book.get(slot);
        if self.fills_next(position.instrument) {
            return self.wait_to_close(request_id, slot, price_limit, events);
        }
        let tick = self.fresh_tick(position.instrument)?;
        let price = tick.quote.close_price(position.side);
        exits::check_price_limit(position.side, price, price_limit)?;

        let closed = self.close_manually(slot, &tick, request_id, events);
        let closed = Box::new(PositionState::Closed(closed.clone()));
        Ok(self.position_response(closed, account, false))
    }

    pub(crate) fn close_manually<'e>(
        &mut self,
        slot: Slot,
        tick: &Tick,
        request_id: Option<RequestId>,
        events: &'e mut Vec<Event>,
    ) -> &'e ClosedPosition {
        self.book.unwatch(slot);
        let price = tick.quote.close_price(self.book.get(slot).side);
        let (reason, tick_id) = (CloseReason::Manual, tick.id);
        let closing = Closing { reason, price, tick_id, request_id, order: None };
        self.close_for_response(slot, &closing, events)
    }

    /// Closes a position like [`Self::close_position`], and returns it as its event has it.
    fn close_for_response<'e>(
        &mut self,
        slot: Slot,
        closing: &Closing<'_>,
        events: &'e mut Vec<Event>,
    ) -> &'e ClosedPosition {
        let first = events.len();
        self.close_position(slot, closing, events);
        match &events[first].kind {
            EventKind::PositionClosed(closed) => closed,
            other => unreachable!("the first event of a close is not {other:?}"),
        }
    }

    /// The open positions of an account, or those in one instrument, oldest first.
    pub(crate) fn positions_of(
        &self,
        account: Slot,
        instrument: Option<InstrumentIndex>,
    ) -> Vec<Slot> {
        let held = self.accounts.get(account).held;
        let is_meant = |slot: &Slot| {
            instrument.is_none_or(|instrument| self.book.get(*slot).instrument == instrument)
        };
        let mut slots: Vec<Slot> = self.book.slots_of(held).filter(is_meant).collect();
        slots.sort_unstable_by_key(|slot| self.book.get(*slot).number);
        slots
    }

    /// Closes every position of an account, or those in one instrument, that has a price that may
    /// fill, oldest first.
    pub(crate) fn close_all(
        &mut self,
        request_id: Option<RequestId>,
        user_id: UserId,
        ClosePositions { asset }: ClosePositions,
        events: &mut Vec<Event>,
    ) -> Result<Response, Rejection> {
        let account = self.account_of(user_id)?;
        let instrument = asset.map(|symbol| self.find_instrument(symbol)).transpose()?;
        let (mut closed, mut left, mut orders) = (Vec::new(), Vec::new(), Vec::new());
        for slot in self.positions_of(account, instrument) {
            let position = self.book.get(slot);
            if self.fills_next(position.instrument) {
                let order_id = position.order_id;
                let waits = self
                    .fresh_tick(position.instrument)
                    .and_then(|_| self.wait_to_close(request_id, slot, None, events));
                match waits {
                    Ok(Response::PlacedOrder { order, .. }) => orders.push(order.order_id),
                    _ => left.push(order_id),
                }
                continue;
            }
            match self.fresh_tick(position.instrument) {
                Ok(tick) => {
                    closed.push(self.close_manually(slot, &tick, request_id, events).clone());
                }
                Err(_) => left.push(position.order_id),
            }
        }
        let account = self.accounts.get(account).state();
        Ok(Response::ClosedPositions(Box::new(ClosedPositions { closed, left, orders, account })))
    }

    /// Answers a repeated close with its first response, and refuses any other close of a closed
    /// order.
    fn repeat_close(
        &self,
        request_id: Option<RequestId>,
        order_id: OrderId,
        account: Slot,
        rejection: Rejection,
    ) -> Result<Response, Rejection> {
        match self.closed.get(order_id) {
            Some(closed)
                if closed.closed_by.is_some()
                    && closed.closed_by == request_id
                    && closed.position.account == account =>
            {
                Ok(self.position_response(
                    Box::new(PositionState::Closed(self.closed_order(closed))),
                    account,
                    true,
                ))
            }
            _ => Err(rejection),
        }
    }

    /// Closes a position by an order that fills.
    pub(crate) fn close_by_order<'e>(
        &mut self,
        slot: Slot,
        reason: CloseReason,
        order: &Order,
        deal: &Deal,
        events: &'e mut Vec<Event>,
    ) -> &'e ClosedPosition {
        let Deal { price, role, tick_id, request_id } = *deal;
        self.book.unwatch(slot);
        let closing = Closing { reason, price, tick_id, request_id, order: Some((order, role)) };
        self.close_for_response(slot, &closing, events)
    }

    /// Closes a position that is no longer watched, and books the result: an event of the position,
    /// then those of the orders that would have reduced it, which expire.
    pub(crate) fn close_position(
        &mut self,
        slot: Slot,
        closing: &Closing<'_>,
        events: &mut Vec<Event>,
    ) {
        let Closing { reason, price, tick_id, request_id, .. } = *closing;
        let position = self.book.get(slot);
        let (account, order_id) = (position.account, position.order_id);
        let concerned = (order_id, position.side, position.instrument);
        let role = closing.order.map_or(FillRole::Taker, |(_, role)| role);
        let mut part = self.closed_part(slot, position.qty(), (price, role));
        if reason == CloseReason::Liquidation {
            self.charge_liquidation(slot, &mut part);
        }
        let execution = match closing.order {
            Some((by, role)) => {
                let deal = Deal { price, role, tick_id, request_id };
                Some(execution(by, order_id, FillAmounts::of(&part), &deal))
            }
            None if position.is_partly_closed() || part.costs != Costs::default() => {
                let side = OrderSide::closing(position.side);
                Some(own_execution(order_id, side, (part.price, FillAmounts::of(&part)), tick_id))
            }
            None => None,
        };

        let (instrument, side) = (position.instrument, position.side);
        let closed = less(Qty::ZERO, part.qty);
        self.instruments.get_mut(instrument).add_interest(side, closed);
        let list = self.accounts.settle(account, &part);
        let mut position = self.book.remove(slot, list);
        let total = position.close(&part).expect("the sums were checked when the fills were noted");
        let closed = PackedClosedPosition {
            position,
            close_reason: reason,
            close_price: total.price,
            final_pnl: total.final_pnl,
            shortfall: total.shortfall,
            liquidation_fee: part.costs.liquidation_fee,
            tick_id,
            closed_at_ms: self.last_id.ms,
            closed_by: request_id,
        };
        let told = self.closed_order(&closed);
        self.tell_fill(request_id, account, events, || {
            (EventKind::PositionClosed(told), execution)
        });
        // Skip positions that this tick's own later closes would evict anyway.
        let is_kept = self.due.closes() < self.rules.closed_retention_max as usize;
        if is_kept {
            self.closed.push(closed, &self.rules);
        } else {
            self.closed.push_id(&closed, &self.rules);
        }
        self.expire_reducing(account, concerned, request_id, events);
    }
}
