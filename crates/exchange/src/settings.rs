//! The way in which an account trades: its position mode, its leverages, the margins of its
//! positions.

use crate::admit::plan_price;
use crate::exchange::Exchange;
use crate::fill::check_size;
use crate::instruments::InstrumentIndex;
use crate::ledger::{add, sub};
use crate::order::PackedOrder;
use crate::position::PackedPosition;
use crate::slab::Slot;
use crate::valuation;
use messages::{
    AccountSettings, ChangeLeverage, ChangeMargin, ChangePositionMode, Event, EventKind,
    LeverageChanged, Order, PositionChange, PositionChanged, PositionMode, Rejection, RequestId,
    Response, UserId,
};
use price::{OutOfRange, Usd};

impl Exchange {
    pub(crate) fn change_mode(
        &mut self,
        request_id: Option<RequestId>,
        user_id: UserId,
        ChangePositionMode { mode }: ChangePositionMode,
        events: &mut Vec<Event>,
    ) -> Result<Response, Rejection> {
        let account = self.account_of(user_id)?;
        let holder = self.accounts.get(account);
        if holder.mode != mode {
            if holder.held.count() + holder.orders.count() > 0 {
                return Err(Rejection::NotFlat);
            }
            self.accounts.set_mode(account, mode);
            self.tell(request_id, account, events, || EventKind::PositionModeChanged(mode));
        }
        Ok(Response::Account { account: self.accounts.get(account).state() })
    }

    pub(crate) fn account_settings(&self, account: Slot) -> AccountSettings {
        let holder = self.accounts.get(account);
        let leverages = holder.leverages.as_deref().unwrap_or_default();
        let named = leverages.iter().map(|(index, leverage)| (self.symbol_at(*index), *leverage));
        AccountSettings { mode: holder.mode, leverages: named.collect() }
    }

    pub(crate) fn change_leverage(
        &mut self,
        request_id: Option<RequestId>,
        user_id: UserId,
        ChangeLeverage { asset, leverage }: &ChangeLeverage,
        events: &mut Vec<Event>,
    ) -> Result<Response, Rejection> {
        let account = self.account_of(user_id)?;
        let instrument = self.find_asset(asset)?;
        let holder = self.accounts.get(account);
        let mode = holder.mode;
        if mode == PositionMode::Separate {
            return Err(Rejection::WrongPositionMode { mode });
        }
        let max = self.instruments.get(instrument).instrument.max_leverage;
        let leverage = u8::try_from(*leverage)
            .ok()
            .filter(|leverage| (1..=max).contains(leverage))
            .ok_or(Rejection::InvalidLeverage { leverage: *leverage, max })?;
        if leverage == self.leverage(account, instrument) {
            return Ok(Response::Account { account: holder.state() });
        }
        let slots = self.positions_of(account, Some(instrument));
        let positions = self.releveraged(&slots, leverage)?;
        let orders = self.rereserved(account, instrument, leverage)?;
        self.check_increase(account, &positions, &orders)?;

        self.accounts.set_leverage(account, instrument, leverage);
        let asset = self.symbol_at(instrument);
        let changed = LeverageChanged { asset, leverage };
        self.tell(request_id, account, events, || EventKind::LeverageChanged(changed));
        for (slot, position) in positions {
            self.change_position(slot, position, PositionChange::Leverage, request_id, events);
        }
        for (slot, order) in orders {
            self.update_order(slot, order, request_id, events);
        }
        Ok(Response::Account { account: self.accounts.get(account).state() })
    }

    /// The positions with the margins that another leverage asks for.
    fn releveraged(
        &self,
        slots: &[Slot],
        leverage: u8,
    ) -> Result<Vec<(Slot, PackedPosition)>, Rejection> {
        let mut changed = Vec::new();
        for slot in slots {
            let mut position = self.book.get(*slot).clone();
            self.fresh_tick(position.instrument)?;
            let margin = valuation::margin(position.qty(), position.entry_price(), leverage);
            position.leverage = leverage;
            let margin = margin.map_err(|OutOfRange| Rejection::AmountOutOfRange)?;
            self.set_margin(&mut position, margin)?;
            check_size(&self.instruments.get(position.instrument).instrument, &position)?;
            let before = self.book.get(*slot);
            if (before.leverage, before.margin()) != (leverage, margin) {
                changed.push((*slot, position));
            }
        }
        Ok(changed)
    }

    /// The resting orders that open in an instrument with the reserves that another leverage asks
    /// for, oldest first.
    fn rereserved(
        &self,
        account: Slot,
        instrument: InstrumentIndex,
        leverage: u8,
    ) -> Result<Vec<(Slot, Order)>, Rejection> {
        let mut changed = Vec::new();
        let opens = |order: &PackedOrder| order.instrument == instrument && !order.reduce_only;
        for slot in self.orders_of(account, opens) {
            let known = self.resting_order(self.book.order(slot));
            let mut order = Order { leverage, ..known.clone() };
            let tick = self.instruments.get(instrument).tick.ok_or(Rejection::NoPrice)?;
            let plan_price = plan_price(&order, tick.quote.order_price(order.side));
            order.reserved = self.reserve(&order, (account, instrument), plan_price)?;
            if order != known {
                order.updated_at_ms = self.last_id.ms;
                changed.push((slot, order));
            }
        }
        Ok(changed)
    }

    /// Checks that the balance has what margins and reserves grow by. What others free does not
    /// count: each change is booked by itself.
    fn check_increase(
        &self,
        account: Slot,
        positions: &[(Slot, PackedPosition)],
        orders: &[(Slot, Order)],
    ) -> Result<(), Rejection> {
        let margins = positions
            .iter()
            .map(|(slot, position)| sub(position.margin(), self.book.get(*slot).margin()));
        let reserves = orders
            .iter()
            .map(|(slot, order)| sub(order.reserved, self.book.order(*slot).reserved()));
        let increases = margins.chain(reserves).filter(|more| more.is_positive());
        let required = increases.fold(Usd::ZERO, add);
        let available = self.accounts.get(account).balance;
        if required > available {
            return Err(Rejection::InsufficientBalance { required, available });
        }
        Ok(())
    }

    /// Sets the margin of a position, and the liquidation price with it.
    fn set_margin(&self, position: &mut PackedPosition, margin: Usd) -> Result<(), Rejection> {
        let instrument = &self.instruments.get(position.instrument).instrument;
        let terms = position.terms();
        let held = (terms.entry_price, margin, terms.qty);
        let is_set = position.set_held(instrument, held);
        is_set.map_err(|OutOfRange| Rejection::AmountOutOfRange)?;
        self.check_not_liquidated(position)
    }

    /// Replaces a position by one with another margin, which comes from the balance.
    fn change_position(
        &mut self,
        slot: Slot,
        position: PackedPosition,
        change: PositionChange,
        request_id: Option<RequestId>,
        events: &mut Vec<Event>,
    ) {
        let account = position.account;
        let more = sub(position.margin(), self.book.get(slot).margin());
        self.accounts.lock(account, more);
        self.book.replace(slot, position);
        let order = self.order(self.book.get(slot));
        let changed = PositionChanged { order, change, realized_pnl: None };
        let changed = || EventKind::PositionChanged(Box::new(changed));
        self.tell(request_id, account, events, changed);
    }

    pub(crate) fn change_margin(
        &mut self,
        request_id: Option<RequestId>,
        user_id: UserId,
        ChangeMargin { order_id, amount }: ChangeMargin,
        events: &mut Vec<Event>,
    ) -> Result<Response, Rejection> {
        let account = self.account_of(user_id)?;
        if amount == Usd::ZERO || amount.to_i64().is_err() {
            return Err(Rejection::InvalidAmount);
        }
        let slot = self.own_open_position(order_id, account)?;
        let mut position = self.book.get(slot).clone();
        let changed_by = position.changes().and_then(|changes| changes.margin_changed_by);
        if request_id.is_some() && changed_by == request_id {
            return Ok(self.position_response(self.open_state(slot), account, true));
        }
        let available = self.accounts.get(account).balance;
        if amount > available {
            return Err(Rejection::InsufficientBalance { required: amount, available });
        }
        let margin = add(position.margin(), amount);
        if amount.is_negative() {
            let least =
                valuation::margin(position.qty(), position.entry_price(), position.leverage);
            let required = least.map_err(|OutOfRange| Rejection::AmountOutOfRange)?;
            if margin < required {
                return Err(Rejection::MarginTooLow { required, margin });
            }
            self.fresh_tick(position.instrument)?;
        }
        self.set_margin(&mut position, margin)?;
        position.set_margin_changed_by(request_id);
        self.change_position(slot, position, PositionChange::Margin, request_id, events);
        Ok(self.position_response(self.open_state(slot), account, false))
    }
}
