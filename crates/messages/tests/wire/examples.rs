//! One of each message, with values that a reader can follow from one to the next.

use crate::order_examples;
use messages::*;
use price::{Price, Usd};
use uuid::Uuid;

/// The symbols of the examples.
pub const BTC: Symbol = Symbol::from_static("BTCUSDT");
pub const ETH: Symbol = Symbol::from_static("ETHUSDT");

pub fn user() -> UserId {
    "0190a6e4-7f3c-7c1a-9d52-3b1f0a8c4e11".parse().unwrap()
}

pub fn order_id() -> OrderId {
    "0190a6e5-1b2d-7a40-8c33-5f6a7b8c9d10".parse().unwrap()
}

pub fn request_id(n: u8) -> RequestId {
    RequestId(Uuid::from_u128(0x0190_a6e5_1b2d_7000_8000_0000_0000_0000 + u128::from(n)))
}

fn price(text: &str) -> Price {
    text.parse().unwrap()
}

pub fn order() -> Position {
    Position {
        order_id: order_id(),
        user_id: user(),
        asset: BTC,
        side: Side::Long,
        leverage: 10,
        qty: "0.01".parse().unwrap(),
        margin: "92.0925".parse().unwrap(),
        entry_price: price("92092.5"),
        liquidation_price: price("83804.175"),
        stop_loss: Some(price("90000")),
        take_profit: None,
        created_at_ms: 1_703_001_234_567,
        commission: Usd::ZERO,
        funding: Usd::ZERO,
    }
}

pub fn closed_order() -> ClosedPosition {
    ClosedPosition {
        order: order(),
        close_reason: CloseReason::StopLoss,
        close_price: price("89999.5"),
        final_pnl: "-20.93".parse().unwrap(),
        shortfall: Usd::ZERO,
        liquidation_fee: Usd::ZERO,
        tick_id: EntryId::new(1_703_001_299_000, 3),
        closed_at_ms: 1_703_001_299_000,
    }
}

fn account(balance: &str, used_margin: &str, sequence: u64) -> AccountState {
    AccountState {
        balance: balance.parse().unwrap(),
        used_margin: used_margin.parse().unwrap(),
        reserved: Usd::ZERO,
        sequence,
    }
}

fn request(n: u8, request: Request) -> RequestEntry {
    RequestEntry {
        request_id: Some(request_id(n)),
        timestamp_ms: 1_703_001_234_560,
        reply_to: Some(reply_channel("7d0c")),
        request,
    }
}

fn place() -> PlaceOrder {
    PlaceOrder {
        stop_loss: Some(price("90000")),
        ..PlaceOrder::market(order_id(), "BTCUSDT", Side::Long, 10, "0.01".parse().unwrap())
    }
}

fn close() -> ClosePosition {
    ClosePosition { order_id: order_id(), price_limit: None }
}

fn rules() -> Rules {
    Rules {
        max_open_positions: 100,
        stale_price_ms: 10_000,
        closed_retention_ms: 86_400_000,
        closed_retention_max: 100_000,
        order_id_retention_ms: None,
        clock_lead_max_ms: None,
        max_open_orders: None,
        stale_mark_ms: None,
        mark_deviation_max_bps: None,
    }
}

fn price_update() -> PriceUpdate {
    PriceUpdate::new(BTC, price("92000.5"), price("92092.5"), 3_312_345_678)
}

fn unasked(request: Request) -> RequestEntry {
    RequestEntry { request_id: None, timestamp_ms: 1_703_001_234_500, reply_to: None, request }
}

pub fn requests() -> Vec<RequestEntry> {
    let modify = ModifyPosition {
        order_id: order_id(),
        stop_loss: Edit::Remove,
        take_profit: Edit::Set(price("95000")),
    };
    let deposit = "1000".parse().unwrap();
    let adjust =
        AdjustBalance { amount: "-25.5".parse().unwrap(), attribution: attribution("paid twice") };
    let first = vec![
        request(1, Request::RegisterUser(user(), RegisterUser { deposit })),
        request(2, Request::PlaceOrder(user(), place())),
        request(3, Request::ModifyPosition(user(), modify)),
        request(4, Request::ClosePosition(user(), close())),
        unasked(Request::PriceUpdate(price_update())),
        unasked(Request::SetRules(rules())),
        request(5, Request::PauseTrading(attribution("a new release"))),
        request(6, Request::ResumeTrading(attribution("it is done"))),
        request(7, Request::AdjustBalance(user(), adjust)),
    ];
    let of_orders = (20..).zip(order_examples::requests());
    let of_orders = of_orders.map(|(n, of_order)| request(n, of_order));
    first.into_iter().chain(later_requests()).chain(of_orders).collect()
}

/// Requests with the fields that were added later.
fn later_requests() -> [RequestEntry; 7] {
    let earlier_order_id = Some("0190a6e5-1b2d-7a40-8c33-5f6a7b8c9d11".parse().unwrap());
    let price_limit = Some(price("92100"));
    let limited = PlaceOrder { earlier_order_id, price_limit, ..place() };
    let limited_close = ClosePosition { price_limit: Some(price("91900")), ..close() };
    let (traded_at_ms, valid_for_ms) = (Some(1_703_001_234_498), Some(3_000));
    let live = PriceUpdate { traded_at_ms, valid_for_ms, ..price_update() };
    let order_id_retention_ms = Some(172_800_000);
    let newest_rules = Rules { order_id_retention_ms, clock_lead_max_ms: Some(60_000), ..rules() };
    let dispute = DisputePrice { symbol: BTC, reason: DisputeReason::Held };
    [
        request(8, Request::PlaceOrder(user(), limited)),
        request(9, Request::ClosePosition(user(), limited_close)),
        unasked(Request::PriceUpdate(live)),
        unasked(Request::SetRules(newest_rules)),
        unasked(Request::DisputePrice(dispute)),
        unasked(Request::SetInstrument(Box::new(instrument()))),
        unasked(Request::SetInstrument(Box::new(Instrument {
            stale_price_ms: Some(3_000),
            ..instrument()
        }))),
    ]
}

pub fn instrument() -> Instrument {
    Instrument {
        symbol: BTC,
        name: "Bitcoin".to_owned(),
        base_asset: "BTC".to_owned(),
        quote_asset: "USDT".to_owned(),
        feed_symbol: BTC,
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
        simulation: Simulation { first_price: price("92000"), volatility_ppb: 80_000 },
    }
}

fn attribution(reason: &str) -> Attribution {
    Attribution { by: "mia".to_owned(), reason: reason.to_owned() }
}

pub fn queries() -> Vec<QueryEntry> {
    let queries = [
        Query::GetBalance,
        Query::GetOrder(GetOrder { order_id: order_id() }),
        Query::GetUserOrders,
    ];
    (10..)
        .zip(queries.into_iter().chain(order_examples::queries()))
        .map(|(n, query)| QueryEntry {
            request_id: request_id(n),
            user_id: user(),
            timestamp_ms: 1_703_001_234_600,
            reply_to: reply_channel("7d0c"),
            query,
        })
        .collect()
}

pub fn events() -> Vec<Event> {
    let event = |request_id, account, kind| Event {
        request_id,
        user_id: user(),
        timestamp_ms: 1_703_001_234_567,
        account,
        kind,
        execution: None,
    };
    let of_orders =
        order_examples::kinds().map(|kind| event(None, account("863.57", "0", 6), kind));
    let filled = Event {
        execution: Some(Box::new(order_examples::execution())),
        ..event(None, account("861.4775", "92.0925", 7), EventKind::PositionOpened(order()))
    };
    let moved = Position { stop_loss: None, take_profit: Some(price("95000")), ..order() };
    let deposit = "1000".parse().unwrap();
    let first = vec![
        event(
            Some(request_id(1)),
            account("1000", "0", 1),
            EventKind::UserRegistered(RegisterUser { deposit }),
        ),
        event(
            Some(request_id(2)),
            account("907.9075", "92.0925", 2),
            EventKind::PositionOpened(order()),
        ),
        event(
            Some(request_id(3)),
            account("907.9075", "92.0925", 3),
            EventKind::PositionModified(moved),
        ),
        event(None, account("979.07", "0", 4), EventKind::PositionClosed(closed_order())),
        event(
            Some(request_id(7)),
            account("953.57", "0", 5),
            EventKind::BalanceAdjusted(AdjustBalance {
                amount: "-25.5".parse().unwrap(),
                attribution: attribution("paid twice"),
            }),
        ),
    ];
    first.into_iter().chain(of_orders).chain([filled]).collect()
}

pub fn trade() -> Trade {
    Trade {
        symbol: BTC,
        trade_id: 3_312_345_678,
        price: price("92046.5"),
        qty: "0.00437600".parse().unwrap(),
        time_us: 1_703_001_234_498_000,
    }
}

pub fn market_data() -> [MarketData; 3] {
    let part = CandlePart {
        from_s: 1_703_001_180,
        until_s: 1_703_001_234,
        open: price("92000"),
        high: price("92050.25"),
        low: price("91999.99"),
        close: price("92046.5"),
        volume: "1.25000001".parse().unwrap(),
        trades: 421,
    };
    let (symbol, timeframe) = (BTC, Timeframe::M1);
    let history = CandleHistory { symbol, timeframe, parts: vec![part] };
    let funding = SettleFunding {
        symbol: BTC,
        funding_ms: 1_703_030_400_000,
        rate: "-0.000025".parse().unwrap(),
        mark: price("92046.12345678"),
    };
    [MarketData::Trade(trade()), MarketData::History(history), MarketData::Funding(funding)]
}

pub fn mails() -> Vec<MailEntry> {
    let link = "https://velox.example/auth/magic?token=kq3V9b\"&x=<1>".to_owned();
    let mails = [
        Mail::MagicLink(MagicLink { link, expires_at_ms: 1_703_002_134_700 }),
        Mail::PasswordChanged(PasswordChanged { changed_at_ms: 1_703_001_234_690 }),
        Mail::ApiKeyCreated(ApiKeyCreated {
            name: "my bot".to_owned(),
            scope: "trade".to_owned(),
            created_at_ms: 1_703_001_234_695,
        }),
    ];
    (30..)
        .zip(mails)
        .map(|(n, mail)| MailEntry {
            request_id: Some(request_id(n)),
            mail_id: MailId(request_id(n + 10).0),
            timestamp_ms: 1_703_001_234_700,
            to: "ada@example.com".to_owned(),
            mail,
        })
        .collect()
}

pub fn market_price() -> MarketPrice {
    MarketPrice {
        bid: price("92000.5"),
        ask: price("92092.5"),
        timestamp_ms: 1_703_001_234_500,
        trade: trade(),
        disputed: None,
        run: None,
    }
}

pub fn replies() -> Vec<Reply> {
    let open = OpenPosition {
        order: order(),
        mark_price: price("92000.5"),
        unrealized_pnl: "-0.92".parse().unwrap(),
    };
    let (state, closed) =
        (PositionState::Open(open.clone()), PositionState::Closed(closed_order()));
    let balance = BalanceSheet {
        balance: "907.9075".parse().unwrap(),
        used_margin: "92.0925".parse().unwrap(),
        reserved: Usd::ZERO,
        unrealized_pnl: "-0.92".parse().unwrap(),
        equity: "999.08".parse().unwrap(),
    };
    let opened = account("907.9075", "92.0925", 2);
    let outcomes = [
        Ok(Response::Account { account: account("1000", "0", 1) }),
        Ok(Response::Position { order: Box::new(state), account: opened, repeated: false }),
        Ok(Response::Position { order: Box::new(closed), account: opened, repeated: true }),
        Ok(Response::Positions { orders: vec![open] }),
        Ok(Response::Balance { balance }),
        Err(Rejection::InsufficientBalance {
            required: "1200".parse().unwrap(),
            available: "907.9075".parse().unwrap(),
        }),
        Err(Rejection::OrderAlreadyClosed { order: Box::new(closed_order()) }),
    ];
    (20..).zip(outcomes).map(|(n, outcome)| Reply { request_id: request_id(n), outcome }).collect()
}
