//! Closing positions, on a trader's request or because of a price.

use crate::closed::PackedClosedPosition;
use crate::exchange::{Exchange, Tick};
use crate::exits;
use crate::ledger::sub;
use crate::slab::Slot;
use crate::triggers::Due;
use crate::valuation;
use messages::{
    ClosePosition, CloseReason, ClosedPosition, Event, EventKind, OrderId, PositionState,
    PriceUpdate, Rejection, RequestId, Response, UserId,
};
use price::Usd;

/// The number of positions that a tick looks up together before it closes them: as many as stay in
/// the fastest cache until their turn.
const LOOK_AHEAD: usize = 32;

/// The reason and the price of a close.
struct Closing {
    reason: CloseReason,
    tick: Tick,
    now_ms: u64,
    request_id: Option<RequestId>,
}

impl Exchange {
    pub(crate) fn close(
        &mut self,
        request_id: Option<RequestId>,
        user_id: UserId,
        ClosePosition { order_id, price_limit }: ClosePosition,
        events: &mut Vec<Event>,
    ) -> Result<Response, Rejection> {
        let account = self.accounts.find(user_id).ok_or(Rejection::UnknownUser)?;
        let slot = match self.own_open_position(order_id, account) {
            Ok(slot) => slot,
            Err(rejection) => return self.repeat_close(request_id, order_id, account, rejection),
        };
        let position = self.book.get(slot);
        let tick = self.fresh_tick(position.instrument)?;
        let price = tick.quote.close_price(position.side);
        exits::check_price_limit(position.side, price, price_limit)?;

        self.book.unwatch(slot);
        let reason = CloseReason::Manual;
        let closing = Closing { reason, tick, now_ms: self.last_id.ms, request_id };
        let closed = self.close_position(slot, &closing, events);
        Ok(self.position_response(PositionState::Closed(closed), account, false))
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
                    PositionState::Closed(self.closed_order(closed)),
                    account,
                    true,
                ))
            }
            _ => Err(rejection),
        }
    }

    pub(crate) fn update_price(
        &mut self,
        update: &PriceUpdate,
        limit: usize,
        events: &mut Vec<Event>,
    ) -> Result<Response, Rejection> {
        let tick = Tick::new(update, self.last_id);
        let quote = tick.quote;
        let fits = quote.bid.to_i64().is_ok() && quote.ask.to_i64().is_ok();
        if !fits || !quote.bid.is_positive() || quote.bid > quote.ask {
            return Err(Rejection::InvalidPrice { bid: update.bid, ask: update.ask });
        }

        let index = self.find_instrument(update.symbol)?;
        let listed = self.instruments.get_mut(index);
        (listed.tick, listed.dispute) = (Some(tick), None);
        if self.book.reaches(index, quote) {
            self.due = self.book.take_due(index, quote).into_iter();
            self.close_due(limit, events);
        }
        Ok(Response::Done)
    }

    fn close_due(&mut self, limit: usize, events: &mut Vec<Event>) {
        for n in 0..limit {
            if n.is_multiple_of(LOOK_AHEAD) {
                self.look_ahead(limit - n);
            }
            let Some(Due { slot, reason, .. }) = self.due.next() else { break };
            let tick = self.tick_of(self.book.get(slot));
            let closing = Closing { reason, tick, now_ms: self.last_id.ms, request_id: None };
            self.close_position(slot, &closing, events);
        }
        if !self.is_closing() {
            // Free the memory of a burst at its end.
            self.due = Vec::new().into_iter();
        }
    }

    /// Checks that the indexes hold the next positions. This loads their data into the cache before
    /// they are closed: in these short loops the processor fetches several positions at once, while
    /// the closing loop would wait for them one after the other.
    fn look_ahead(&self, limit: usize) {
        let due = self.due.as_slice();
        let due = &due[..due.len().min(limit).min(LOOK_AHEAD)];
        for Due { slot, .. } in due {
            self.book.check_id(*slot);
        }
        for Due { slot, .. } in due {
            let owner = self.accounts.get(self.book.get(*slot).account);
            self.book.check_owner(*slot, owner.held);
        }
    }

    /// Reports whether the last tick has positions left to close.
    pub fn is_closing(&self) -> bool {
        !self.due.as_slice().is_empty()
    }

    /// Closes up to `limit` more positions of the last tick and returns the next events.
    pub fn close_more(&mut self, limit: usize) -> Vec<Event> {
        let mut events = Vec::with_capacity(limit.min(self.due.len()));
        self.close_due(limit, &mut events);
        self.check_money(&events);
        events
    }

    /// Closes a position that is no longer watched at the tick's own price, and books the result.
    fn close_position(
        &mut self,
        slot: Slot,
        closing: &Closing,
        events: &mut Vec<Event>,
    ) -> ClosedPosition {
        let position = self.book.get(slot);
        let owner = position.account;
        let close_price = closing.tick.quote.close_price(position.side);
        let (margin, entry) = (position.margin(), position.entry_price());
        let pnl = valuation::pnl(position.side, position.qty(), entry, close_price);
        let final_pnl = pnl.max(sub(Usd::ZERO, margin));
        let shortfall = sub(final_pnl, pnl);
        let list = self.accounts.settle(owner, margin, final_pnl, shortfall);
        let position = self.book.remove(slot, list);

        let closed = PackedClosedPosition {
            position,
            close_reason: closing.reason,
            close_price,
            final_pnl,
            shortfall,
            tick_id: closing.tick.id,
            closed_at_ms: closing.now_ms,
            closed_by: closing.request_id,
        };
        let order = self.closed_order(&closed);
        // Skip positions that this tick's own later closes would evict anyway.
        let is_kept = self.due.len() < self.rules.closed_retention_max as usize;
        if is_kept {
            self.closed.push(closed, &self.rules);
        } else {
            self.closed.push_id(&closed, &self.rules);
        }
        let kind = EventKind::PositionClosed(order.clone());
        events.push(self.event(closing.request_id, owner, kind));
        order
    }
}
