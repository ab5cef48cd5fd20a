//! A trading floor for benchmarks: positions and resting orders spread over every index, whose
//! triggers the quiet prices do not reach.

use exchange::Exchange;
use messages::{
    Bracket, ClosePosition, EntryId, Funding, FundingSource, Instrument, LiquidationModel,
    MarkPrice, OrderId, OrderKind, OrderRef, PlaceOrder, PriceUpdate, RegisterUser, Request,
    RequestEntry, Rules, SettleFunding, Side, Symbol, UserId,
};
use price::{Price, Qty, Rate, Usd};
use uuid::Uuid;

/// The number of instruments of [`Floor::list_many`].
pub const MANY: u64 = 497;

pub const POSITIONS: [u64; 3] = [10, 10_000, 1_000_000];

const POSITIONS_PER_USER: u64 = 20;

/// The price range in USD in which nothing is triggered.
const QUIET: std::ops::Range<u64> = 98_000..102_000;

const BTC: Symbol = Symbol::from_static("BTCUSDT");

const CENT: i128 = 1_000_000;

/// An exchange and the id of its last entry.
pub struct Floor {
    pub exchange: Exchange,
    pub ms: u64,
    pub crowd: Crowd,
}

/// The traders of a floor.
#[derive(Clone, Copy)]
pub struct Crowd {
    users: u64,
}

impl Floor {
    /// Lists [`MANY`] more instruments.
    pub fn list_many(&mut self) {
        let btc = self.exchange.instrument(BTC).unwrap().clone();
        for symbol in (0..MANY).map(many_symbol) {
            let instrument = Instrument { symbol, ..btc.clone() };
            self.apply(&Request::SetInstrument(Box::new(instrument)));
        }
    }

    /// Creates a floor with longs of one contract at random prices, all with a stop-loss and every
    /// other one with a take-profit: the deepest ladders for this number of positions.
    pub fn with_positions(count: u64) -> Self {
        let users = count / POSITIONS_PER_USER + 1;
        let crowd = Crowd { users };
        let mut floor = Self { exchange: Exchange::default(), ms: 0, crowd };
        floor.apply(&Request::SetRules(Rules {
            max_open_positions: u32::MAX,
            stale_price_ms: u64::MAX,
            ..exchange::DEFAULT_RULES
        }));
        for n in 0..users {
            let deposit = Usd::from_scaled(1_000_000_000_000_000);
            floor.apply(&Request::RegisterUser(user_id(n), RegisterUser { deposit }));
        }
        for n in 0..count {
            floor.apply(&quiet_tick(n));
            floor.apply(&crowd.place(n));
        }
        assert_eq!(floor.exchange.open_positions() as u64, count);
        floor
    }

    /// Adds resting orders of every kind that waits for a price of its own.
    pub fn rest_orders(&mut self, count: u64) {
        self.apply(&quiet_tick(0));
        for n in 0..count {
            self.apply(&self.crowd.rest(n));
        }
        assert_eq!(self.exchange.open_orders() as u64, count);
    }

    /// Adds trailing stops that are active at once, at a price that rises by a cent after each
    /// thousand of them.
    pub fn trail(&mut self, count: u64) {
        for n in 0..count {
            if n.is_multiple_of(1_000) {
                self.apply(&rising_tick(n / 1_000));
            }
            self.apply(&self.crowd.trail(n));
        }
        assert_eq!(self.exchange.open_orders() as u64, count);
    }

    /// Gives all positions a maintenance margin and a funding, and a mark price to go by.
    pub fn go_by_mark(&mut self) {
        let bracket = Bracket {
            notional_cap: Usd::from_scaled(i64::MAX.into()),
            max_leverage: 100,
            maintenance_ppm: 4_000,
            maintenance_amount: Usd::ZERO,
        };
        let funding =
            Funding { source: FundingSource::Venue, interval_hours: 8, cap_ppm: 1_000_000 };
        let btc = self.exchange.instrument(BTC).unwrap().clone();
        let liquidation_model = LiquidationModel::Maintenance;
        let (brackets, funding) = (vec![bracket], Some(funding));
        self.apply(&quiet_tick(0));
        let terms = Instrument { liquidation_model, brackets, funding, ..btc };
        self.apply(&Request::SetInstrument(Box::new(terms)));
        self.apply(&quiet_mark(0));
    }

    /// A funding of this moment, of all positions.
    pub fn funding(&self) -> Request {
        let mark = dollars(QUIET.start);
        let rate = Rate::from_scaled(10_000);
        Request::SettleFunding(SettleFunding { symbol: BTC, funding_ms: self.ms, rate, mark })
    }

    pub fn next_id(&mut self) -> EntryId {
        self.ms += 1;
        EntryId::new(self.ms, 0)
    }

    pub fn apply(&mut self, request: &Request) {
        let id = self.next_id();
        let outcome = self.exchange.apply(id, &entry(request.clone()));
        assert!(outcome.response.is_ok(), "{:?}", outcome.response);
    }

    /// Applies entries, asserts that they are granted, and drops their events.
    pub fn apply_all(&mut self, entries: &[RequestEntry]) {
        for entry in entries {
            let id = self.next_id();
            let outcome = std::hint::black_box(self.exchange.apply(id, entry));
            assert!(outcome.response.is_ok(), "{:?}", outcome.response);
        }
    }
}

/// A mark price that reaches nothing.
pub fn quiet_mark(n: u64) -> Request {
    Request::MarkPrice(MarkPrice {
        symbol: BTC,
        mark: dollars(QUIET.start + n % (QUIET.end - QUIET.start)),
        index: None,
        funding_rate: None,
        next_funding_ms: None,
        marked_at_ms: None,
    })
}

impl Crowd {
    /// The `n`th order, of a random user.
    pub fn place(self, n: u64) -> Request {
        let leverage = draw(n, 1) % 20 + 1;
        // Above the liquidation price of an order filled at the highest quiet price.
        let stop_loss = QUIET.end - QUIET.end * 9 / (10 * leverage) + 1;
        let stop_loss = dollars(stop_loss + draw(n, 2) % (QUIET.start - stop_loss));
        let take_profit = dollars(QUIET.end + draw(n, 3) % 50_000);
        Request::PlaceOrder(
            user_id(draw(n, 0) % self.users),
            PlaceOrder {
                stop_loss: Some(cents(stop_loss, n)),
                take_profit: n.is_multiple_of(2).then(|| cents(take_profit, n)),
                ..PlaceOrder::market(
                    order_id(n),
                    "BTCUSDT",
                    Side::Long,
                    u32::try_from(leverage).unwrap(),
                    Qty::from_scaled(100_000),
                )
            },
        )
    }

    /// The `n`th resting order, of a random user: a limit or stop order, or a take-profit that
    /// opens.
    pub fn rest(self, n: u64) -> Request {
        let below = cents(dollars(1_000 + draw(n, 2) % (QUIET.start - 1_000)), n);
        let above = cents(dollars(QUIET.end + draw(n, 2) % 90_000), n);
        let (kind, side, price, trigger_price) = match n % 4 {
            0 => (OrderKind::Limit, Side::Long, Some(below), None),
            1 => (OrderKind::Limit, Side::Short, Some(above), None),
            2 => (OrderKind::StopMarket, Side::Long, None, Some(above)),
            _ => (OrderKind::TakeProfitMarket, Side::Long, None, Some(below)),
        };
        self.waiting(n, PlaceOrder { price, trigger_price, ..order(n, kind, side) })
    }

    /// The `n`th trailing stop, of a random user.
    pub fn trail(self, n: u64) -> Request {
        let callback_bps = u32::try_from(10 + draw(n, 2) % 991).ok();
        let kind = OrderKind::TrailingStopMarket;
        self.waiting(n, PlaceOrder { callback_bps, ..order(n, kind, Side::Short) })
    }

    fn waiting(self, n: u64, place: PlaceOrder) -> Request {
        Request::PlaceOrder(user_id(draw(n, 0) % self.users), place)
    }

    /// The cancellation of the `n`th resting order.
    pub fn cancel(self, n: u64) -> Request {
        let user_id = user_id(draw(n, 0) % self.users);
        Request::CancelOrder(user_id, OrderRef::from(resting_id(n)))
    }

    /// The close of the `n`th order.
    pub fn close(self, n: u64) -> Request {
        let user_id = user_id(draw(n, 0) % self.users);
        Request::ClosePosition(user_id, ClosePosition { order_id: order_id(n), price_limit: None })
    }
}

fn order(n: u64, kind: OrderKind, side: Side) -> PlaceOrder {
    let leverage = u32::try_from(draw(n, 1) % 20 + 1).unwrap();
    PlaceOrder {
        kind: Some(kind),
        ..PlaceOrder::market(resting_id(n), "BTCUSDT", side, leverage, Qty::from_scaled(100_000))
    }
}

pub fn entry(request: Request) -> RequestEntry {
    RequestEntry { request_id: None, timestamp_ms: 0, reply_to: None, request }
}

/// A price that closes nothing.
pub fn quiet_tick(n: u64) -> Request {
    tick(quiet_price(n))
}

/// A price that closes nothing, of one of the instruments that [`Floor::list_many`] lists.
pub fn quiet_tick_of_many(n: u64) -> Request {
    let (symbol, price) = (many_symbol(n % MANY), quiet_price(n));
    Request::PriceUpdate(PriceUpdate::new(symbol, price, price, 1))
}

/// The `n`th price of a rise by a cent a tick, which begins in the middle of the quiet prices.
pub fn rising_tick(n: u64) -> Request {
    let middle = dollars(u64::midpoint(QUIET.start, QUIET.end));
    tick(Price::from_scaled(middle.scaled() + i128::from(n) * CENT))
}

fn quiet_price(n: u64) -> Price {
    let price = QUIET.start + 1 + draw(n, 4) % (QUIET.end - QUIET.start - 1);
    cents(dollars(price), n)
}

fn many_symbol(n: u64) -> Symbol {
    format!("M{n}USDT").parse().unwrap()
}

/// A price that closes every position.
pub fn crash() -> Request {
    tick(dollars(1))
}

fn tick(price: Price) -> Request {
    Request::PriceUpdate(PriceUpdate::new(BTC, price, price, 1))
}

fn dollars(whole: u64) -> Price {
    Price::from_scaled(i128::from(whole) * 100 * CENT)
}

fn cents(price: Price, n: u64) -> Price {
    Price::from_scaled(price.scaled() + i128::from(draw(n, 5) % 99) * CENT)
}

/// A pseudorandom number: the same in every run, without a pattern that a cache could follow.
pub fn draw(n: u64, purpose: u64) -> u64 {
    let mut mixed = (n << 3 | purpose).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed ^ mixed >> 31) >> 8
}

fn user_id(n: u64) -> UserId {
    UserId(Uuid::from_u64_pair(draw(n, 6), n))
}

fn resting_id(n: u64) -> OrderId {
    OrderId(Uuid::from_u64_pair(draw(n, 6), n))
}

fn order_id(n: u64) -> OrderId {
    OrderId(Uuid::from_u64_pair(draw(n, 7), n))
}
