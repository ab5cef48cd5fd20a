//! The requests about orders and positions in random histories.

use crate::order_history::{OrderHistory, TRADED, id_of, number_of};
use messages::{
    AmendOrder, CancelOrders, ChangeMargin, ClosePosition, ClosePositions, Edit, ModifyPosition,
    OrderId, OrderKind, OrderRef, PlaceOrder, Request, ReversePosition, Side, TimeInForce, UserId,
};
use model::{Mode, Model, Order, Position};
use price::{Price, Qty, Usd};
use rand::RngExt;
use uuid::Uuid;

/// The side of the market on which a price is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Level {
    Above,
    Below,
}

impl OrderHistory {
    /// Draws an order: mostly one that fits together, of which one field is wrong now and then.
    pub fn place(&mut self, model: &Model, user: UserId, symbol: usize) -> Request {
        let order_id = self.new_order_id();
        let mode = model.mode(&user.to_string());
        let mut order =
            PlaceOrder::market(order_id, self.asset(symbol), self.side(), 0, self.qty(symbol));
        if self.random.random_bool(0.02) {
            order.earlier_order_id = Some(self.some_order_id());
        }
        let name = user.to_string();
        let held: Vec<_> = model.open_of(&name).collect();
        let reduces = !held.is_empty() && self.random.random_bool(0.4);
        if reduces {
            let position = held[self.random.random_range(0..held.len())];
            self.reduce(&mut order, position, mode);
        } else {
            self.open(&mut order, mode, symbol);
            if self.random.random_bool(0.06) {
                self.take_all(&mut order, model, user, symbol);
            }
        }
        let is_plain = !reduces && self.random.random_bool(0.15);
        if !is_plain {
            let symbol = held.first().filter(|_| reduces).map_or(symbol, |_| of(&order, symbol));
            self.set_kind(&mut order, symbol);
            self.set_time(&mut order);
            let n = self.random.random_range(0..40);
            order.client_order_id = self.random.random_bool(0.3).then(|| format!("my-{n}"));
            self.set_protection(&mut order, symbol);
            let may_sell_lower = order.kind() == OrderKind::StopMarket && order.side == Side::Short;
            if !reduces && symbol == 2 && may_sell_lower && self.random.random() {
                take_least(&mut order, model, user);
            }
        }
        if self.wrong() {
            spoil(self, &mut order);
        }
        Request::PlaceOrder(user, order)
    }

    fn side(&mut self) -> Side {
        if self.random.random() { Side::Long } else { Side::Short }
    }

    fn open(&mut self, order: &mut PlaceOrder, mode: Mode, symbol: usize) {
        match mode {
            Mode::Separate => order.leverage = self.random.random_range(2..80),
            Mode::OneWay => {}
            Mode::Hedge => order.position_side = Some(order.side),
        }
        if self.random.random_bool(0.25) {
            let (good, bad) = beside(order.side);
            order.stop_loss = Some(self.level(symbol, bad));
            order.take_profit = self.random.random_bool(0.5).then(|| self.level(symbol, good));
        }
        if self.random.random_bool(0.2) {
            order.trailing_stop_bps = Some(self.random.random_range(10..40));
        }
    }

    /// Gives an order a quantity whose margin is almost all that the account has, so that a worse
    /// price than planned is too much for it.
    fn take_all(&mut self, order: &mut PlaceOrder, model: &Model, user: UserId, symbol: usize) {
        let name = user.to_string();
        let Some(account) = model.accounts.get(&name) else { return };
        let leverage = leverage_of(order, model, user);
        let share = self.random.random_range(980..1_000);
        let notional = account.balance * leverage * share / 1_000;
        let qty = notional * 100_000_000 / self.mids[symbol];
        order.qty = Qty::from_scaled(if symbol == 0 { qty / 1_000 * 1_000 } else { qty });
    }

    /// Makes an order one that reduces a position: by a part of its quantity, a share, or whole.
    fn reduce(&mut self, order: &mut PlaceOrder, position: &Position, mode: Mode) {
        order.asset = position.asset.to_string();
        order.side = if position.is_long { Side::Short } else { Side::Long };
        order.reduce_only = mode != Mode::Hedge || self.random.random_bool(0.3);
        if mode == Mode::Separate || self.random.random_bool(0.3) {
            order.position_id = Some(id_of(&position.order_id));
        }
        match mode {
            Mode::Separate | Mode::OneWay => {}
            Mode::Hedge => {
                order.position_side = Some(if position.is_long { Side::Long } else { Side::Short });
            }
        }
        let percent = self.random.random_range(20..130);
        let qty = (position.qty * percent / 100).max(1);
        let is_stepped = number_of(position.asset) == 0 && qty > 1_000;
        order.qty = Qty::from_scaled(if is_stepped { qty / 1_000 * 1_000 } else { qty });
        match self.random.random_range(0..10) {
            0..2 => {
                order.close_position = true;
                order.qty = Qty::from_scaled(0);
            }
            2 => {
                order.share_bps = Some(self.random.random_range(1..=10_000));
                order.qty = Qty::from_scaled(0);
            }
            _ => {}
        }
    }

    /// Draws a kind with its prices. Limits are seldom marketable, and stops seldom reached.
    fn set_kind(&mut self, order: &mut PlaceOrder, symbol: usize) {
        let mut kind = OrderKind::ALL[self.random.random_range(0..OrderKind::ALL.len())];
        if order.share_bps.is_some() {
            kind = OrderKind::Market;
        } else if order.close_position && kind.has_price() {
            kind = OrderKind::StopMarket;
        }
        order.kind = Some(kind);
        let (better, worse) = match order.side {
            Side::Long => (Level::Below, Level::Above),
            Side::Short => (Level::Above, Level::Below),
        };
        match kind {
            OrderKind::Market => {}
            OrderKind::Limit => {
                let is_marketable = self.random.random_bool(0.15);
                let level = if is_marketable { worse } else { better };
                order.price = Some(self.level(symbol, level));
            }
            OrderKind::StopMarket => order.trigger_price = Some(self.level(symbol, worse)),
            OrderKind::TakeProfitMarket => order.trigger_price = Some(self.level(symbol, better)),
            OrderKind::Stop | OrderKind::TakeProfit => {
                let level = if kind == OrderKind::Stop { worse } else { better };
                order.trigger_price = Some(self.level(symbol, level));
                let level = if self.random.random_bool(0.5) { better } else { worse };
                order.price = Some(self.level(symbol, level));
            }
            OrderKind::TrailingStopMarket => {
                order.callback_bps = Some(self.random.random_range(10..40));
                if self.random.random_bool(0.6) {
                    order.trigger_price = Some(self.level(symbol, better));
                }
            }
        }
    }

    fn set_time(&mut self, order: &mut PlaceOrder) {
        let kind = order.kind();
        order.time_in_force = match self.random.random_range(0..8) {
            0 if kind.has_price() => Some(TimeInForce::Ioc),
            1 if kind.has_price() => Some(TimeInForce::Fok),
            2..4 if kind.has_price() => Some(TimeInForce::Gtx),
            4 if kind != OrderKind::Market => Some(TimeInForce::Gtd),
            5 => Some(TimeInForce::Gtc),
            _ => None,
        };
        if order.time_in_force == Some(TimeInForce::Gtd) {
            order.expires_at_ms = Some(self.id.ms + self.random.random_range(0..3_000));
        }
    }

    /// Draws the worst acceptable price of a market kind, and takes the exits from reducing orders.
    fn set_protection(&mut self, order: &mut PlaceOrder, symbol: usize) {
        if order.kind().has_price() {
            return;
        }
        let level = if self.random.random() { Level::Above } else { Level::Below };
        match self.random.random_range(0..12) {
            0 => order.price_limit = Some(self.level(symbol, level)),
            1 => order.max_slippage_bps = Some(self.random.random_range(0..6)),
            _ => {}
        }
    }

    /// Draws a resting order of an account, by one of its ids.
    fn resting<'a>(&mut self, model: &'a Model, user: UserId) -> Option<(OrderRef, &'a Order)> {
        let all = model.resting_of(&user.to_string());
        let order = *all.get(self.random.random_range(0..all.len().max(1)))?;
        let by_client_id = order.client_order_id.clone().filter(|_| self.random.random_bool(0.5));
        let reference = match by_client_id {
            Some(name) => OrderRef::called(name),
            None if self.random.random_bool(0.3) => OrderRef::numbered(order.sequence),
            None => id_of(&order.order_id).into(),
        };
        Some((reference, order))
    }

    fn reference(&mut self, model: &Model, user: UserId) -> OrderRef {
        let resting = self.resting(model, user).map(|(reference, _)| reference);
        let mut reference = match resting {
            Some(reference) if !self.wrong() => reference,
            _ => self.some_order_id().into(),
        };
        match self.random.random_range(0..60) {
            0 => reference = OrderRef::default(),
            2 => reference.sequence = Some(self.random.random_range(0..40)),
            3 => reference = OrderRef::numbered(self.random.random_range(0..40)),
            1 => {
                reference.order_id = Some(self.some_order_id());
                reference.client_order_id = Some("my-1".to_owned());
            }
            _ => {}
        }
        reference
    }

    pub fn cancel(&mut self, model: &Model, user: UserId) -> Request {
        Request::CancelOrder(user, self.reference(model, user))
    }

    pub fn cancel_all(&mut self, user: UserId) -> Request {
        let asset = self.some_symbol();
        Request::CancelOrders(user, CancelOrders { asset })
    }

    pub fn close_all(&mut self, user: UserId) -> Request {
        let asset = self.some_symbol();
        Request::ClosePositions(user, ClosePositions { asset })
    }

    fn some_symbol(&mut self) -> Option<messages::Symbol> {
        match self.random.random_range(0..20) {
            0 => Some(crate::desk::SOL),
            1..8 => Some(TRADED[self.random.random_range(0..3)].0),
            _ => None,
        }
    }

    /// Draws new values for a resting order, most of which belong to its kind.
    pub fn amend(&mut self, model: &Model, user: UserId) -> Request {
        let found = self.resting(model, user).map(|(_, order)| order);
        let order = self.reference(model, user);
        let mut amendment =
            AmendOrder { order, qty: None, price: None, trigger_price: None, callback_bps: None };
        let Some(found) = found else { return Request::AmendOrder(user, amendment) };
        if !self.wrong() {
            amendment.order = id_of(&found.order_id).into();
        }
        let (symbol, any) = (number_of(found.asset), self.wrong());
        let (up, down) = (Level::Above, Level::Below);
        let better = if found.is_buy { down } else { up };
        let worse = if found.is_buy { up } else { down };
        if any || (!found.close_position && self.random.random_bool(0.4)) {
            amendment.qty = Some(self.qty(symbol));
        }
        if (any || found.price.is_some()) && self.random.random_bool(0.6) {
            let level = if self.random.random_bool(0.15) { worse } else { better };
            amendment.price = Some(self.level(symbol, level));
        }
        let waits = found.trigger_price.is_some() && found.activated_at.is_none();
        if (any || waits) && self.random.random_bool(0.6) {
            let is_stop = matches!(found.kind, model::Kind::Stop | model::Kind::StopMarket);
            amendment.trigger_price =
                Some(self.level(symbol, if is_stop { worse } else { better }));
        }
        if (any || found.callback_bps.is_some()) && self.random.random_bool(0.6) {
            amendment.callback_bps = Some(self.random.random_range(5..40));
        }
        Request::AmendOrder(user, amendment)
    }

    /// Draws an open position of an account, mostly; otherwise any order.
    fn position(&mut self, model: &Model, user: UserId) -> (OrderId, usize, Side) {
        let name = user.to_string();
        let held: Vec<_> = model.open_of(&name).collect();
        if held.is_empty() || self.random.random_bool(0.05) {
            return (self.some_order_id(), 0, Side::Long);
        }
        let position = held[self.random.random_range(0..held.len())];
        let side = if position.is_long { Side::Long } else { Side::Short };
        (id_of(&position.order_id), number_of(position.asset), side)
    }

    pub fn modify(&mut self, model: &Model, user: UserId) -> Request {
        let (order_id, symbol, side) = self.position(model, user);
        let (good, bad) = beside(side);
        let edit = |price, keeps| if keeps { Edit::Keep } else { Edit::Set(price) };
        let stop_loss = edit(self.level(symbol, bad), self.random.random_bool(0.3));
        let take_profit = edit(self.level(symbol, good), self.random.random_bool(0.3));
        Request::ModifyPosition(user, ModifyPosition { order_id, stop_loss, take_profit })
    }

    pub fn close(&mut self, model: &Model, user: UserId) -> Request {
        let (order_id, symbol, _) = self.position(model, user);
        let price_limit = self.price_limit(symbol);
        Request::ClosePosition(user, ClosePosition { order_id, price_limit })
    }

    fn price_limit(&mut self, symbol: usize) -> Option<Price> {
        let level = if self.random.random() { Level::Above } else { Level::Below };
        self.random.random_bool(0.1).then(|| self.level(symbol, level))
    }

    pub fn change_margin(&mut self, model: &Model, user: UserId) -> Request {
        let (order_id, ..) = self.position(model, user);
        let amount: i128 = match self.random.random_range(0..30) {
            0 => 0,
            1 => i128::from(i64::MAX) + 1,
            2 => 900_000_000_000_000,
            3..12 => -self.random.random_range(1..1_000_000_000),
            _ => self.random.random_range(1..3_000_000_000),
        };
        let amount = Usd::from_scaled(amount);
        Request::ChangeMargin(user, ChangeMargin { order_id, amount })
    }

    pub fn reverse(&mut self, model: &Model, user: UserId) -> Request {
        let (position_id, symbol, _) = self.position(model, user);
        let reversal = ReversePosition {
            order_id: self.new_order_id(),
            earlier_order_id: self.random.random_bool(0.02).then(|| self.some_order_id()),
            position_id,
            price_limit: self.price_limit(symbol),
        };
        Request::ReversePosition(user, reversal)
    }
}

/// Gives an order the least quantity that is not free at its trigger price; below, it is.
fn take_least(order: &mut PlaceOrder, model: &Model, user: UserId) {
    let Some(trigger) = order.trigger_price.filter(|price| price.is_positive()) else { return };
    // The higher the leverage is, the finer are the steps of the margin.
    order.leverage = order.leverage.min(1) * 79;
    let leverage = leverage_of(order, model, user);
    let (whole, trigger) = (leverage * 100_000_000, trigger.scaled());
    order.qty = Qty::from_scaled((whole + trigger - 1) / trigger);
}

/// The leverage at which an order opens.
fn leverage_of(order: &PlaceOrder, model: &Model, user: UserId) -> i128 {
    match (order.leverage, model::Symbol::read(&order.asset)) {
        (0, Some(asset)) => model.leverage(&user.to_string(), asset),
        (leverage, _) => leverage.into(),
    }
}

/// The sides of the market on which a position wins and loses.
fn beside(side: Side) -> (Level, Level) {
    match side {
        Side::Long => (Level::Above, Level::Below),
        Side::Short => (Level::Below, Level::Above),
    }
}

/// The number of an order's instrument, which may be one that does not exist.
fn of(order: &PlaceOrder, otherwise: usize) -> usize {
    let found = TRADED.iter().position(|(symbol, _)| symbol.as_str() == order.asset);
    found.unwrap_or(otherwise)
}

/// Gives one field of an order a value that it can't have, or that does not fit the others.
fn spoil(history: &mut OrderHistory, order: &mut PlaceOrder) {
    let some_price = |amount: i128| Some(Price::from_scaled(amount));
    let wide = i128::from(i64::MAX) + 1;
    match history.random.random_range(0..28) {
        0 => order.leverage = 101,
        1 => order.leverage = 7,
        2 => order.leverage = 0,
        3 => order.qty = Qty::from_scaled(-1),
        4 => order.qty = Qty::from_scaled(wide),
        5 => order.qty = Qty::from_scaled(1),
        6 => order.price = some_price(0),
        7 => order.price = some_price(wide),
        8 => order.price = None,
        9 => order.trigger_price = some_price(-5),
        10 => order.trigger_price = None,
        11 => order.callback_bps = Some(9),
        12 => order.callback_bps = None,
        13 => order.time_in_force = Some(TimeInForce::Gtd),
        14 => order.expires_at_ms = Some(history.id.ms + 100),
        15 => order.expires_at_ms = Some(history.id.ms),
        16 => order.reduce_only = !order.reduce_only,
        17 => order.close_position = true,
        18 => order.share_bps = Some(10_001),
        19 => order.position_side = order.position_side.map_or(Some(Side::Long), |_| None),
        20 => order.position_id = order.position_id.map_or(Some(OrderId(Uuid::nil())), |_| None),
        21 => order.client_order_id = Some("no spaces".to_owned()),
        22 => order.max_slippage_bps = Some(10_001),
        23 => order.price_limit = some_price(0),
        24 => order.stop_loss = some_price(0),
        25 => order.take_profit = some_price(wide),
        26 => order.trailing_stop_bps = Some(9),
        _ => order.side = if order.side == Side::Long { Side::Short } else { Side::Long },
    }
}
