//! A trading desk for tests: an exchange with a clock that the test controls.

use exchange::{Exchange, Outcome};
use messages::{
    ClosePosition, ClosedPosition, DisputePrice, DisputeReason, Edit, EntryId, Event, EventKind,
    FillPolicy, Instrument, InstrumentStatus, LiquidationModel, ModifyPosition, OrderId,
    PlaceOrder, Position, PositionState, PriceSource, PriceUpdate, Query, RegisterUser, Rejection,
    Request, RequestEntry, RequestId, Response, Rules, Side, Simulation, Symbol, UserId,
};
use price::{Price, Usd};
use uuid::Uuid;

pub const BTC: Symbol = Symbol::from_static("BTCUSDT");
pub const ETH: Symbol = Symbol::from_static("ETHUSDT");
pub const SOL: Symbol = Symbol::from_static("SOLUSDT");
pub const DOGE: Symbol = Symbol::from_static("DOGEUSDT");
pub const SHIB: Symbol = Symbol::from_static("1000SHIBUSDT");
/// The instruments of the tests. Histories without listings have the first three.
pub const SYMBOLS: [Symbol; 5] = [BTC, ETH, SOL, DOGE, SHIB];

/// An instrument with the parameters that every instrument once had.
pub fn instrument(symbol: Symbol) -> Instrument {
    Instrument {
        symbol,
        name: symbol.to_string(),
        base_asset: symbol.as_str().trim_end_matches("USDT").to_owned(),
        quote_asset: "USDT".to_owned(),
        feed_symbol: symbol,
        price_decimals: 2,
        quantity_decimals: 5,
        max_leverage: 100,
        spread_bps: 10,
        liquidation_loss_bps: 9_000,
        stale_price_ms: None,
        price_tick: None,
        quantity_step: None,
        min_notional: None,
        min_quantity: None,
        brackets: Vec::new(),
        maker_fee_ppm: 0,
        taker_fee_ppm: 0,
        liquidation_fee_ppm: 0,
        funding: None,
        liquidation_model: LiquidationModel::MarginLoss,
        trigger_price: PriceSource::Quote,
        fill: FillPolicy::Last,
        open_interest_cap: None,
        status: InstrumentStatus::Trading,
        simulation: Simulation { first_price: price("100"), volatility_ppb: 100_000 },
    }
}
pub use messages::Side::{Long, Short};

pub struct Desk {
    pub exchange: Exchange,
    pub now: EntryId,
    /// The lead of ids over the senders' clocks.
    pub ids_ahead_ms: u64,
    /// The lead of the senders' clocks over ids.
    pub senders_ahead_ms: u64,
    /// Every event so far.
    pub events: Vec<Event>,
}

pub fn user(n: u128) -> UserId {
    UserId(Uuid::from_u128(n))
}

pub fn order_id(n: u128) -> OrderId {
    OrderId(Uuid::from_u128(0xabc_0000 + n))
}

pub fn request_id(n: u128) -> RequestId {
    RequestId(Uuid::from_u128(0xdef_0000 + n))
}

pub fn usd(text: &str) -> Usd {
    text.parse().unwrap()
}

pub fn price(text: &str) -> Price {
    text.parse().unwrap()
}

/// An order as a test writes it: `Ticket::new(1, Long, "0.1").leverage(10)`.
pub struct Ticket(pub UserId, pub PlaceOrder);

impl Ticket {
    pub fn new(n: u128, side: Side, qty: &str) -> Self {
        let place =
            PlaceOrder::market(order_id(n), BTC.to_string(), side, 10, qty.parse().unwrap());
        Self(user(1), place)
    }

    pub fn of(mut self, n: u128) -> Self {
        self.0 = user(n);
        self
    }

    pub fn leverage(mut self, leverage: u32) -> Self {
        self.1.leverage = leverage;
        self
    }

    pub fn stop_loss(mut self, text: &str) -> Self {
        self.1.stop_loss = Some(price(text));
        self
    }

    pub fn take_profit(mut self, text: &str) -> Self {
        self.1.take_profit = Some(price(text));
        self
    }

    pub fn price_limit(mut self, text: &str) -> Self {
        self.1.price_limit = Some(price(text));
        self
    }

    /// Sets the id that the order's key gave in the previous period.
    pub fn earlier(mut self, n: u128) -> Self {
        self.1.earlier_order_id = Some(order_id(n));
        self
    }
}

impl Desk {
    /// Opens a desk at which user 1 has 1,000 USD and Bitcoin is at 99 to 101.
    pub fn open() -> Self {
        let mut desk = Self::empty();
        desk.register(1, "1000").unwrap();
        desk.tick("99", "101");
        desk
    }

    pub fn empty() -> Self {
        let now = EntryId::new(1_700_000_000_000, 0);
        Self {
            exchange: Exchange::default(),
            now,
            ids_ahead_ms: 0,
            senders_ahead_ms: 0,
            events: Vec::new(),
        }
    }

    /// The clock of every sender.
    fn clock_ms(&self) -> u64 {
        self.now.ms + self.senders_ahead_ms - self.ids_ahead_ms
    }

    pub fn wait_ms(&mut self, ms: u64) {
        self.now = EntryId::new(self.now.ms + ms, 0);
    }

    /// Applies a request one millisecond later and checks the invariants.
    pub fn apply_as(&mut self, request_id: RequestId, request: Request) -> Outcome {
        self.wait_ms(1);
        let before = self.exchange.freeze().encode();
        let entry = RequestEntry {
            request_id: Some(request_id),
            timestamp_ms: self.clock_ms(),
            reply_to: None,
            request,
        };
        let outcome = self.exchange.apply(self.now, &entry);
        self.exchange.check_invariants().unwrap();
        if outcome.response.is_err() {
            let after = self.exchange.freeze().encode();
            assert_eq!(before.summary.ledger, after.summary.ledger);
            assert_eq!(before.summary.open_positions, after.summary.open_positions);
            assert!(outcome.events.is_empty(), "a refused request has no events");
        }
        self.events.extend(outcome.events.clone());
        outcome
    }

    pub fn apply(&mut self, request: Request) -> Result<Response, Rejection> {
        self.apply_as(request_id(u128::from(self.now.ms)), request).response
    }

    pub fn register(&mut self, n: u128, deposit: &str) -> Result<Response, Rejection> {
        self.apply(Request::RegisterUser(user(n), RegisterUser { deposit: usd(deposit) }))
    }

    pub fn set_rules(&mut self, change: impl FnOnce(&mut Rules)) {
        let mut rules = self.exchange.rules();
        change(&mut rules);
        self.apply(Request::SetRules(rules)).unwrap();
    }

    /// Applies a tick and returns the positions that it closed.
    pub fn tick(&mut self, bid: &str, ask: &str) -> Vec<ClosedPosition> {
        self.tick_of(BTC, bid, ask)
    }

    pub fn tick_of(&mut self, symbol: Symbol, bid: &str, ask: &str) -> Vec<ClosedPosition> {
        let update = PriceUpdate::new(symbol, price(bid), price(ask), 1);
        let events = self.apply_as(request_id(0), Request::PriceUpdate(update)).events;
        events.into_iter().map(closed_of).collect()
    }

    pub fn try_place(&mut self, ticket: Ticket) -> Result<Response, Rejection> {
        self.apply(Request::PlaceOrder(ticket.0, ticket.1))
    }

    pub fn place(&mut self, ticket: Ticket) -> Position {
        open_of(self.try_place(ticket).unwrap())
    }

    /// Applies a price of the given age, for which the feed vouches for the given time (ms).
    pub fn tick_aged(&mut self, bid: &str, ask: &str, age_ms: u64, valid_for_ms: Option<u64>) {
        let traded_at_ms = Some(self.clock_ms() + 1 - age_ms);
        let update = PriceUpdate::new(BTC, price(bid), price(ask), 1);
        let update = PriceUpdate { traded_at_ms, valid_for_ms, ..update };
        self.apply(Request::PriceUpdate(update)).unwrap();
    }

    pub fn dispute(&mut self, symbol: Symbol, reason: DisputeReason) {
        self.apply(Request::DisputePrice(DisputePrice { symbol, reason })).unwrap();
    }

    pub fn try_close(&mut self, n: u128, order: u128) -> Result<Response, Rejection> {
        self.apply(Request::ClosePosition(
            user(n),
            ClosePosition { order_id: order_id(order), price_limit: None },
        ))
    }

    pub fn close(&mut self, order: u128) -> ClosedPosition {
        let Response::Position { order, .. } = self.try_close(1, order).unwrap() else {
            panic!("a close is answered with the order")
        };
        let PositionState::Closed(closed) = *order else { panic!("it is closed now") };
        closed
    }

    pub fn modify(
        &mut self,
        n: u128,
        order: u128,
        stop_loss: Edit<Price>,
        take_profit: Edit<Price>,
    ) -> Result<Response, Rejection> {
        let (user_id, order_id) = (user(n), order_id(order));
        self.apply(Request::ModifyPosition(
            user_id,
            ModifyPosition { order_id, stop_loss, take_profit },
        ))
    }

    pub fn balance(&self, n: u128) -> Usd {
        match self.exchange.answer(user(n), Query::GetBalance) {
            Ok(Response::Balance { balance }) => balance.balance,
            other => panic!("no balance: {other:?}"),
        }
    }
}

pub fn open_of(answer: Response) -> Position {
    let Response::Position { order, .. } = answer else { panic!("an order is answered with it") };
    let PositionState::Open(open) = *order else { panic!("it is open") };
    open.order
}

pub fn closed_of(event: Event) -> ClosedPosition {
    match event.kind {
        EventKind::PositionClosed(closed) => closed,
        other => panic!("a tick only closes: {other:?}"),
    }
}
