//! Placing an order: market orders that only open a position of their own, and all others.

use crate::draft::{check_notional, check_steps, fingerprint_of};
use crate::exchange::Exchange;
use crate::execution::{FillAmounts, own_execution};
use crate::exits;
use crate::fill::{check_value, opening_margin};
use crate::instruments::InstrumentIndex;
use crate::ledger::add;
use crate::orders::Placed;
use crate::position::{PackedPosition, Terms};
use crate::slab::Slot;
use crate::valuation::{self, Quote};
use messages::{
    Event, EventKind, InstrumentStatus, OrderId, PlaceOrder, Position, PositionMode, PositionState,
    Rejection, RequestId, Response, UserId,
};
use price::{OutOfRange, Usd};
use std::num::NonZeroU64;

/// The record that an order id belongs to.
pub enum Known {
    /// An order that did not only open a position of its own.
    Order(Placed),
    /// A position, or any record that is no longer in memory.
    Position,
}

impl Exchange {
    pub(crate) fn place(
        &mut self,
        request_id: Option<RequestId>,
        user_id: UserId,
        place: &PlaceOrder,
        events: &mut Vec<Event>,
    ) -> Result<Response, Rejection> {
        let account = self.account_of(user_id)?;
        match self.find_known(place.order_id, place.earlier_order_id) {
            None => {}
            Some((order_id, Known::Position)) => {
                return self.repeat_place(place, order_id, account);
            }
            Some((order_id, Known::Order(placed))) => {
                return self.repeat_order((order_id, placed), account, fingerprint_of(place));
            }
        }
        let mode = self.accounts.get(account).mode;
        if mode != PositionMode::Separate || !place.is_plain() {
            return self.place_any(request_id, account, place, events);
        }
        self.check_open()?;
        let instrument = self.find_asset(&place.asset)?;
        if self.fills_next(instrument) {
            return self.place_any(request_id, account, place, events);
        }
        self.check_status(instrument)?;
        self.check_clock()?;
        let tick = self.fresh_tick(instrument)?;
        let price = tick.quote.open_price(place.side);
        exits::check_price_limit(place.side.opposite(), price, place.price_limit)?;
        let mut position = self.draft(place, instrument, account, tick.quote)?;
        self.check_not_liquidated(&position)?;
        let prices = self.instruments.get(instrument).exit_references(place.side, tick.quote);
        let exits = [place.stop_loss, place.take_profit];
        exits::check_exits(place.side, exits, prices, Some(position.liquidation_price()))?;
        position
            .set_exits(place.stop_loss, place.take_profit)
            .map_err(|_| Rejection::AmountOutOfRange)?;
        position.fingerprint = Some(fingerprint(place));
        self.check_count(account, None, 0)?;
        let holder = self.accounts.get(account);
        let required = add(position.margin(), position.commission());
        if required > holder.balance {
            return Err(Rejection::InsufficientBalance { required, available: holder.balance });
        }

        let (qty, fee) = (position.qty(), position.commission());
        let slot = self.open_position(position);
        let open = self.open_order(slot);
        let execution = (!fee.is_zero()).then(|| {
            let amounts = FillAmounts { qty, realized_pnl: Usd::ZERO, fee };
            own_execution(open.order.order_id, place.side.into(), (price, amounts), tick.id)
        });
        self.tell_fill(request_id, account, events, || {
            (EventKind::PositionOpened(open.order.clone()), execution)
        });
        let state = Box::new(PositionState::Open(open));
        Ok(self.position_response(state, account, false))
    }

    /// Returns the position that this order would open, without its stop-loss and take-profit.
    fn draft(
        &self,
        place: &PlaceOrder,
        index: InstrumentIndex,
        account: Slot,
        quote: Quote,
    ) -> Result<PackedPosition, Rejection> {
        let listed = self.instruments.get(index);
        let instrument = &*listed.instrument;
        let max = instrument.max_leverage;
        let leverage = u8::try_from(place.leverage)
            .ok()
            .filter(|leverage| (1..=max).contains(leverage))
            .ok_or(Rejection::InvalidLeverage { leverage: place.leverage, max })?;
        if !place.qty.is_positive() {
            return Err(Rejection::InvalidQuantity);
        }
        place.qty.to_i64().map_err(|price::OutOfRange| Rejection::AmountOutOfRange)?;
        let price = quote.open_price(place.side);
        check_steps(instrument, Some(place.qty), [place.stop_loss, place.take_profit])?;
        check_notional(instrument, place.qty, price)?;
        let margin = opening_margin(place.qty, price, leverage)?;
        check_value(instrument, leverage, (place.qty, price))?;
        listed.check_interest(place.side, place.qty)?;
        let (qty, opened) = (place.qty, (price, place.qty));
        let position = || {
            let liquidation_price =
                valuation::liquidation_price_at_opening(instrument, place.side, leverage, opened)?;
            let terms = Terms { qty, margin, entry_price: price, liquidation_price };
            let who = (place.order_id, self.opened, account);
            let what = (index, place.side, leverage);
            let mut position = PackedPosition::new(who, what, terms, self.last_id.ms)?;
            let fee = valuation::fee(qty, price, instrument.taker_fee_ppm)?;
            position.note_costs(fee, Usd::ZERO);
            Ok(position)
        };
        position().map_err(|OutOfRange| Rejection::AmountOutOfRange)
    }

    /// Refuses an order that opens while trading is paused.
    pub(crate) fn check_open(&self) -> Result<(), Rejection> {
        match &self.pause {
            Some(pause) => Err(Rejection::TradingPaused { reason: pause.reason.clone() }),
            None => Ok(()),
        }
    }

    /// Refuses an order that opens in an instrument that is not trading.
    pub(crate) fn check_status(&self, index: InstrumentIndex) -> Result<(), Rejection> {
        match self.instruments.get(index).instrument.status {
            InstrumentStatus::Trading => Ok(()),
            status => Err(Rejection::NotTrading { status }),
        }
    }

    pub(crate) fn find_asset(&mut self, asset: &str) -> Result<InstrumentIndex, Rejection> {
        match self.instruments.find_text(asset) {
            Some(index) => Ok(index),
            None => self.find_other_asset(asset),
        }
    }

    #[cold]
    fn find_other_asset(&mut self, asset: &str) -> Result<InstrumentIndex, Rejection> {
        let unknown = |_| Rejection::UnknownAsset { asset: asset.to_owned() };
        self.find_instrument(asset.parse().map_err(unknown)?)
    }

    /// Refuses an order whose entry id is far ahead of its sender's clock: the server's clock ran
    /// ahead, and until it is correct again, ids show neither the time nor the age of a price.
    pub(crate) fn check_clock(&self) -> Result<(), Rejection> {
        let ahead_ms = self.last_id.ms.saturating_sub(self.clock_ms);
        match self.rules.clock_lead_max_ms {
            Some(max) if ahead_ms > max => Err(Rejection::ClockAhead { ahead_ms }),
            _ => Ok(()),
        }
    }

    /// Finds the first of an order's ids that is known: of a request sent again after midnight the
    /// earlier one.
    pub(crate) fn find_known(
        &self,
        order_id: OrderId,
        earlier: Option<OrderId>,
    ) -> Option<(OrderId, Known)> {
        let known = |order_id| {
            let placed = self.find_placed(order_id).map(Known::Order);
            let is_position = || {
                self.book.find(order_id).is_some()
                    || self.closed.knows(order_id)
                    || self.ended.id_owner(order_id).is_some()
            };
            let known = placed.or_else(|| is_position().then_some(Known::Position));
            known.map(|known| (order_id, known))
        };
        known(order_id).or_else(|| known(earlier?))
    }

    /// Refuses an id that is known for something else, or of which no record is in memory.
    pub(crate) fn refuse_id(&self, order_id: OrderId, account: Slot) -> Rejection {
        let is_recorded = self.book.find(order_id).is_some() || self.closed.get(order_id).is_some();
        let owner = self.closed.id_owner(order_id).or_else(|| self.ended.id_owner(order_id));
        if owner == Some(account) && !is_recorded {
            return Rejection::OrderClosedEarlier { order_id };
        }
        Rejection::OrderIdReused { order_id }
    }

    /// Handles a known order id: the same order gets its first response again, a different one is
    /// refused.
    fn repeat_place(
        &self,
        place: &PlaceOrder,
        order_id: OrderId,
        account: Slot,
    ) -> Result<Response, Rejection> {
        let open = self.book.find(order_id).map(|slot| self.book.get(slot));
        let position = open.or_else(|| Some(&self.closed.get(order_id)?.position));
        let Some(position) = position else { return Err(self.refuse_id(order_id, account)) };
        // The order that opened the position, were it not plain, would have a record of its own.
        let opened = Position { qty: position.opened_qty(), ..self.order(position) };
        let same = place.is_plain()
            && opened.is_opened_by(self.accounts.get(account).user_id, place)
            && position.fingerprint.is_none_or(|asked| asked == fingerprint(place));
        let known = self.find_order(order_id).filter(|_| same);
        let known = known.ok_or(Rejection::OrderIdReused { order_id })?;
        Ok(self.position_response(Box::new(known), account, true))
    }
}

/// Hashes the fields of an order that its position does not keep unchanged: stop-loss and
/// take-profit, which may be modified later, and the price limit. Part of the state, so it must
/// never change.
fn fingerprint(place: &PlaceOrder) -> NonZeroU64 {
    /// An odd constant without a pattern: 2^64 divided by the golden ratio.
    const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;
    let prices = [place.stop_loss, place.take_profit, place.price_limit];
    let hash = prices.into_iter().fold(0, |hash: u64, price| {
        // Only prices above zero that fit in 64 bits are accepted, so 0 stands for none.
        let price = price.and_then(|price| price.to_i64().ok()).map_or(0, i64::unsigned_abs);
        let mixed = (hash.rotate_left(29) ^ price).wrapping_mul(MULTIPLIER);
        mixed ^ (mixed >> 32)
    });
    NonZeroU64::MIN | hash
}
