//! The requests about orders and positions in a plan. Nothing is known of their results, so they
//! are about orders that were placed before, most of which are granted.

use crate::draw::{Draw, user_id};
use crate::world::START_MS;
use messages::{
    AmendOrder, CancelOrders, ChangeMargin, ClosePosition, ClosePositions, Edit, ModifyPosition,
    OrderId, OrderKind, OrderRef, PlaceOrder, PositionMode, Request, ReversePosition, Side,
    TimeInForce,
};
use price::{Price, Qty, Usd};
use rand::RngExt;
use uuid::Uuid;

/// The number of a user's last orders that requests are about.
const RECENT: usize = 6;
/// The bound of the order numbers that requests name.
const NUMBER_MAX: u64 = 100;
/// The quantity step of the instrument, when it has one.
pub const STEP: i128 = 1_000;
/// A bit that no request id has, so that no order id is taken for one.
const ORDER_ID: u128 = 1 << 100;

/// An order of a plan.
pub struct Placed {
    owner: u128,
    order: PlaceOrder,
}

impl Draw {
    /// Draws an order: a plain one, one of any kind, or one that was placed before.
    pub fn place(&mut self, user: u128) -> Request {
        if self.random.random_bool(0.04)
            && let Some(earlier) = self.earlier(user)
        {
            return Request::PlaceOrder(user_id(user), earlier.clone());
        }
        let (mode, side) = (self.mode(user), *self.pick(&[Side::Long, Side::Short]));
        let (order_id, qty) = (self.new_order_id(user), self.qty());
        let mut order = PlaceOrder::market(order_id, self.desk.symbol.to_string(), side, 0, qty);
        let reduced = if self.random.random_bool(0.35) { self.earlier(user) } else { None };
        match reduced {
            Some(reduced) => self.reduce(&mut order, &reduced, mode),
            None => self.open(&mut order, mode),
        }
        if self.random.random_bool(0.7) {
            self.set_kind(&mut order);
            self.set_time(&mut order);
            let n = self.random.random_range(0..8);
            order.client_order_id = self.random.random_bool(0.3).then(|| format!("my-{n}"));
        }
        if !order.kind().has_price() {
            match self.random.random_range(0..10) {
                0 => order.price_limit = Some(self.level(order.side, 150)),
                1 if !order.is_plain() => {
                    order.max_slippage_bps = Some(self.random.random_range(0..50));
                }
                _ => {}
            }
        }
        if self.random.random_bool(0.02) {
            order.earlier_order_id = self.earlier(user).map(|earlier| earlier.order_id);
        }
        self.desk.placed.push(Placed { owner: user, order: order.clone() });
        Request::PlaceOrder(user_id(user), order)
    }

    fn open(&mut self, order: &mut PlaceOrder, mode: PositionMode) {
        match mode {
            PositionMode::Separate => order.leverage = *self.pick(&[1, 5, 20, 50, 101]),
            PositionMode::OneWay => {}
            PositionMode::Hedge => order.position_side = Some(order.side),
        }
        order.stop_loss =
            self.random.random_bool(0.3).then(|| self.level(order.side.opposite(), 500));
        order.take_profit = self.random.random_bool(0.2).then(|| self.level(order.side, 500));
        order.trailing_stop_bps =
            self.random.random_bool(0.2).then(|| self.random.random_range(10..60));
    }

    /// Makes an order one that reduces the position that an earlier order has opened.
    fn reduce(&mut self, order: &mut PlaceOrder, earlier: &PlaceOrder, mode: PositionMode) {
        order.side = earlier.side.opposite();
        order.reduce_only = mode != PositionMode::Hedge || self.random.random_bool(0.3);
        match mode {
            PositionMode::Separate => order.position_id = Some(earlier.order_id),
            PositionMode::OneWay => {}
            PositionMode::Hedge => order.position_side = Some(earlier.side),
        }
        match self.random.random_range(0..8) {
            0..2 => (order.close_position, order.qty) = (true, Qty::from_scaled(0)),
            2 => {
                order.share_bps = Some(self.random.random_range(1..=10_000));
                order.qty = Qty::from_scaled(0);
            }
            _ => {}
        }
    }

    /// Draws a kind with its prices. Limits are seldom marketable, and stops seldom reached.
    fn set_kind(&mut self, order: &mut PlaceOrder) {
        let mut kind = *self.pick(OrderKind::ALL);
        if order.share_bps.is_some() {
            kind = OrderKind::Market;
        } else if order.close_position && kind.has_price() {
            kind = OrderKind::StopMarket;
        }
        order.kind = Some(kind);
        let (worse, better) = (order.side, order.side.opposite());
        let trigger = if kind.is_stop() { worse } else { better };
        if kind == OrderKind::TrailingStopMarket {
            order.callback_bps = Some(self.random.random_range(10..60));
            let activation = self.level(better, 60);
            order.trigger_price = self.random.random_bool(0.5).then_some(activation);
        } else if kind.has_trigger() {
            order.trigger_price = Some(self.level(trigger, 60));
        }
        if kind.has_price() {
            let limit = if self.random.random_bool(0.2) { worse } else { better };
            order.price = Some(self.level(limit, 60));
        }
    }

    fn set_time(&mut self, order: &mut PlaceOrder) {
        let kind = order.kind();
        order.time_in_force = match self.random.random_range(0..8) {
            0 if kind.has_price() => Some(TimeInForce::Ioc),
            1 if kind.has_price() => Some(TimeInForce::Fok),
            2 if kind.has_price() => Some(TimeInForce::Gtx),
            3..5 if kind != OrderKind::Market => Some(TimeInForce::Gtd),
            5 => Some(TimeInForce::Gtc),
            _ => None,
        };
        if order.time_in_force == Some(TimeInForce::Gtd) {
            let lifetime_ms = self.random.random_range(0..self.scale.lifetime_max_ms);
            order.expires_at_ms = Some(START_MS + self.now_ms + lifetime_ms);
        }
    }

    /// Draws new values that belong to the kind of an earlier order.
    pub fn amend(&mut self, user: u128) -> Request {
        let order = self.reference(user);
        let mut amendment =
            AmendOrder { order, qty: None, price: None, trigger_price: None, callback_bps: None };
        if let Some(earlier) = self.earlier(user) {
            if self.random.random_bool(0.8) {
                amendment.order = earlier.order_id.into();
            }
            let (worse, better) = (earlier.side, earlier.side.opposite());
            if earlier.price.is_some() {
                let limit = if self.random.random_bool(0.3) { worse } else { better };
                amendment.price = Some(self.level(limit, 60));
            }
            if earlier.trigger_price.is_some() && self.random.random_bool(0.5) {
                let trigger = if earlier.kind().is_stop() { worse } else { better };
                amendment.trigger_price = Some(self.level(trigger, 60));
            }
            if earlier.callback_bps.is_some() {
                amendment.callback_bps = Some(self.random.random_range(10..60));
            }
            if !earlier.close_position && self.random.random_bool(0.4) {
                amendment.qty = Some(self.qty());
            }
        }
        Request::AmendOrder(user_id(user), amendment)
    }

    pub fn cancel(&mut self, user: u128) -> Request {
        Request::CancelOrder(user_id(user), self.reference(user))
    }

    pub fn cancel_all(&mut self, user: u128) -> Request {
        let asset = self.random.random_bool(0.5).then_some(self.desk.symbol);
        Request::CancelOrders(user_id(user), CancelOrders { asset })
    }

    pub fn close_all(&mut self, user: u128) -> Request {
        let asset = self.random.random_bool(0.5).then_some(self.desk.symbol);
        Request::ClosePositions(user_id(user), ClosePositions { asset })
    }

    pub fn close(&mut self, user: u128) -> Request {
        let order_id = self.position(user);
        let price_limit = self.random.random_bool(0.2).then(|| self.desk.price(self.desk.mid - 10));
        Request::ClosePosition(user_id(user), ClosePosition { order_id, price_limit })
    }

    pub fn modify(&mut self, user: u128) -> Request {
        let order_id = self.position(user);
        let side = *self.pick(&[Side::Long, Side::Short]);
        let price = self.level(side, 500);
        let edits = [Edit::Keep, Edit::Remove, Edit::Set(price)];
        let (stop_loss, take_profit) = (*self.pick(&edits), *self.pick(&edits));
        Request::ModifyPosition(user_id(user), ModifyPosition { order_id, stop_loss, take_profit })
    }

    pub fn change_margin(&mut self, user: u128) -> Request {
        let order_id = self.position(user);
        let most = self.scale.wealth * *self.pick(&[-2_000_000_000_i128, 5_000_000_000]);
        let amount = Usd::from_scaled(most * self.random.random_range(0..100) / 100);
        Request::ChangeMargin(user_id(user), ChangeMargin { order_id, amount })
    }

    pub fn reverse(&mut self, user: u128) -> Request {
        let earlier = self.earlier(user);
        let position_id = self.position(user);
        let order_id = self.new_order_id(user);
        if let Some(earlier) = earlier {
            // The order of a reversal opens a position, too.
            let order = PlaceOrder { order_id, side: earlier.side.opposite(), ..earlier };
            self.desk.placed.push(Placed { owner: user, order });
        }
        let reversal =
            ReversePosition { order_id, earlier_order_id: None, position_id, price_limit: None };
        Request::ReversePosition(user_id(user), reversal)
    }

    /// Draws one of a user's last orders, and seldom another's.
    fn earlier(&mut self, user: u128) -> Option<PlaceOrder> {
        let is_own = self.random.random_bool(0.95);
        let orders = self.desk.placed.iter().rev().filter(|placed| !is_own || placed.owner == user);
        let recent: Vec<&PlaceOrder> = orders.take(RECENT).map(|placed| &placed.order).collect();
        let n = self.random.random_range(0..recent.len().max(1));
        recent.get(n).map(|order| (*order).clone())
    }

    /// Draws the id of one of a user's last orders, or one that was never given.
    pub fn position(&mut self, user: u128) -> OrderId {
        let earlier = self.earlier(user);
        earlier.map_or(OrderId(Uuid::from_u128(ORDER_ID)), |order| order.order_id)
    }

    pub fn reference(&mut self, user: u128) -> OrderRef {
        let earlier = self.earlier(user);
        let client_order_id = earlier.and_then(|order| order.client_order_id);
        match client_order_id {
            Some(name) if self.random.random_bool(0.5) => OrderRef::called(name),
            _ if self.random.random_bool(0.2) => {
                OrderRef::numbered(self.random.random_range(1..NUMBER_MAX))
            }
            _ => self.position(user).into(),
        }
    }

    fn new_order_id(&mut self, user: u128) -> OrderId {
        self.orders += 1;
        OrderId(Uuid::from_u128(ORDER_ID | self.orders << 8 | user))
    }

    /// Draws a quantity, mostly on the step.
    fn qty(&mut self) -> Qty {
        let (step, most) = (self.desk.step.scaled(), self.desk.qty_max.scaled());
        let qty: i128 = self.random.random_range(1..most);
        let is_off = self.random.random_bool(0.03);
        Qty::from_scaled(if is_off { qty } else { (qty / step + 1) * step })
    }

    /// Draws a price up to this distance (units) above the market (long) or below it (short).
    fn level(&mut self, side: Side, most: i128) -> Price {
        let distance = self.random.random_range(6..most);
        self.desk.price(match side {
            Side::Long => self.desk.mid + distance,
            Side::Short => self.desk.mid - distance,
        })
    }
}
