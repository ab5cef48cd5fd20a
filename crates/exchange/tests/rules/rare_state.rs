//! Requests that give three accounts, one in each position mode, what random histories seldom leave
//! behind all at once: resting orders of every kind and state, trailing stops with several peaks,
//! and positions that fills and their owners have changed.

use crate::desk::{ETH, user};
use messages::{
    ChangeLeverage, ChangeMargin, ChangePositionMode, OrderId, OrderKind, PlaceOrder, PositionMode,
    PriceUpdate, RegisterUser, Request, Side, TimeInForce, UserId,
};
use price::{Price, Qty, Usd};
use uuid::Uuid;

const USERS: [(u128, PositionMode); 3] =
    [(21, PositionMode::OneWay), (22, PositionMode::Hedge), (23, PositionMode::Separate)];

/// The time for which orders are good that are good till a date (ms).
const GOOD_FOR_MS: u64 = 20_000;

/// The requests of one account, around a price.
struct Writer {
    mid: i128,
    user: UserId,
    mode: PositionMode,
    orders: u128,
    requests: Vec<Request>,
}

/// The requests, which begin at a time and a price of Ether and end at the price.
pub fn requests(now_ms: u64, mid: i128) -> Vec<Request> {
    let (orders, requests) = (1_400, Vec::new());
    let mut writer = Writer { mid, user: user(0), mode: PositionMode::Separate, orders, requests };
    writer.tick(10_000);
    for (n, mode) in USERS {
        (writer.user, writer.mode) = (user(n), mode);
        writer.open_account();
        writer.trade();
        writer.rest(now_ms + GOOD_FOR_MS);
    }
    // Peaks of sales get lower and those of purchases higher from one order to the next.
    for share in [10_004, 10_002, 10_000, 9_998, 9_996, 9_998, 10_000] {
        writer.tick(share);
        for (n, mode) in USERS {
            (writer.user, writer.mode) = (user(n), mode);
            writer.trail();
        }
    }
    writer.requests
}

impl Writer {
    /// The price times a share, in basis points.
    fn at(&self, share: i128) -> Price {
        Price::from_scaled(self.mid * share / 10_000)
    }

    fn tick(&mut self, share: i128) {
        let update = PriceUpdate::new(ETH, self.at(share), self.at(share), 1);
        self.requests.push(Request::PriceUpdate(update));
    }

    fn open_account(&mut self) {
        let deposit = Usd::from_scaled(10_000_000_000_000);
        self.requests.push(Request::RegisterUser(self.user, RegisterUser { deposit }));
        let mode = self.mode;
        self.requests.push(Request::ChangePositionMode(self.user, ChangePositionMode { mode }));
        let change = ChangeLeverage { asset: ETH.to_string(), leverage: 5 };
        self.requests.push(Request::ChangeLeverage(self.user, change));
    }

    fn order(&mut self, kind: OrderKind, side: Side, milli: i128) -> PlaceOrder {
        self.orders += 1;
        let qty = Qty::from_scaled(milli * 100_000);
        let mut order = PlaceOrder::market(order_id_of(self.orders), ETH.to_string(), side, 0, qty);
        order.kind = Some(kind);
        match self.mode {
            PositionMode::Separate => order.leverage = 5,
            PositionMode::Hedge => order.position_side = Some(side),
            PositionMode::OneWay => {}
        }
        order
    }

    /// An order that reduces a position of a side, that of an order.
    fn reducing(&mut self, kind: OrderKind, side: Side, position_id: OrderId) -> PlaceOrder {
        let mut order = self.order(kind, side.opposite(), 100);
        order.reduce_only = true;
        match self.mode {
            PositionMode::Separate => order.position_id = Some(position_id),
            PositionMode::Hedge => order.position_side = Some(side),
            PositionMode::OneWay => {}
        }
        order
    }

    fn place(&mut self, order: PlaceOrder) {
        self.requests.push(Request::PlaceOrder(self.user, order));
    }

    /// Opens positions, increases and reduces them, and adds to their margin.
    fn trade(&mut self) {
        let mut order = self.order(OrderKind::Market, Side::Long, 1_000);
        let position_id = order.order_id;
        order.client_order_id = Some("my-1".to_owned());
        (order.stop_loss, order.take_profit) = (Some(self.at(8_700)), Some(self.at(12_000)));
        self.place(order);
        self.tick(10_010);
        let mut order = self.order(OrderKind::Market, Side::Long, 700);
        order.trailing_stop_bps = Some(900);
        self.place(order);
        let order = self.reducing(OrderKind::Market, Side::Long, position_id);
        self.place(order);
        let change = ChangeMargin { order_id: position_id, amount: Usd::from_scaled(777_777_777) };
        self.requests.push(Request::ChangeMargin(self.user, change));
        if self.mode != PositionMode::OneWay {
            let order = self.order(OrderKind::Market, Side::Short, 300);
            self.place(order);
        }
        let mut order = self.reducing(OrderKind::StopMarket, Side::Long, position_id);
        order.trigger_price = Some(self.at(8_600));
        (order.reduce_only, order.close_position, order.qty) = (false, true, Qty::ZERO);
        self.place(order);
        let mut order = self.reducing(OrderKind::Limit, Side::Long, position_id);
        order.price = Some(self.at(10_700));
        self.place(order);
        let mut order = self.order(OrderKind::Limit, Side::Long, 100);
        (order.price, order.time_in_force) = (Some(self.at(9_000)), Some(TimeInForce::Ioc));
        self.place(order);
        let mut order = self.order(OrderKind::Limit, Side::Long, 100);
        (order.price, order.client_order_id) = (Some(self.at(9_000)), Some("my-2".to_owned()));
        let canceled = order.order_id;
        self.place(order);
        self.requests.push(Request::CancelOrder(self.user, canceled.into()));
    }

    /// Places orders of every kind that rest, of which the next price activates two.
    fn rest(&mut self, expires_at_ms: u64) {
        let mut order = self.order(OrderKind::Limit, Side::Short, 110);
        (order.price, order.time_in_force) = (Some(self.at(10_500)), Some(TimeInForce::Gtx));
        (order.stop_loss, order.take_profit) = (Some(self.at(10_900)), Some(self.at(10_100)));
        order.trailing_stop_bps = Some(200);
        order.client_order_id = Some("my-3".to_owned());
        self.place(order);
        let mut order = self.order(OrderKind::StopMarket, Side::Long, 120);
        (order.trigger_price, order.max_slippage_bps) = (Some(self.at(10_400)), Some(20));
        self.place(order);
        let mut order = self.order(OrderKind::TakeProfitMarket, Side::Long, 130);
        (order.trigger_price, order.price_limit) = (Some(self.at(9_800)), Some(self.at(9_900)));
        self.place(order);
        let mut order = self.order(OrderKind::Stop, Side::Long, 140);
        (order.trigger_price, order.price) = (Some(self.at(10_600)), Some(self.at(10_650)));
        (order.time_in_force, order.expires_at_ms) = (Some(TimeInForce::Gtd), Some(expires_at_ms));
        self.place(order);
        let mut order = self.order(OrderKind::TakeProfit, Side::Short, 150);
        (order.trigger_price, order.price) = (Some(self.at(10_300)), Some(self.at(10_250)));
        self.place(order);
        let mut order = self.order(OrderKind::TrailingStopMarket, Side::Short, 160);
        (order.trigger_price, order.callback_bps) = (Some(self.at(10_150)), Some(100));
        self.place(order);
        let mut order = self.order(OrderKind::Stop, Side::Long, 170);
        (order.trigger_price, order.price) = (Some(self.at(10_020)), Some(self.at(9_700)));
        self.place(order);
        let mut order = self.order(OrderKind::TakeProfit, Side::Short, 180);
        (order.trigger_price, order.price) = (Some(self.at(10_020)), Some(self.at(10_450)));
        self.place(order);
        self.tick(10_020);
        self.tick(10_010);
    }

    /// Places a trailing stop on each side, which trail at once.
    fn trail(&mut self) {
        let callback_bps = u32::try_from(40 + self.orders % 50 * 10).expect("it is small");
        for side in [Side::Long, Side::Short] {
            let mut order = self.order(OrderKind::TrailingStopMarket, side, 50);
            order.callback_bps = Some(callback_bps);
            self.place(order);
        }
    }
}

fn order_id_of(n: u128) -> OrderId {
    OrderId(Uuid::from_u128(n))
}
