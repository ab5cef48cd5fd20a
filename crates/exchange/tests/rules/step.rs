//! The steps of tables, as requests.
//!
//! `BUY 2 LIMIT at 90`, `SELL 0 STOP_MARKET when 95 close`, `tick 88 90`, `cancel 1`,
//! `amend 1 at 91`, `leverage 20`, `margin 1 -5`, `reverse 1`, `exit 1`, `show 1`, `mark 99.5`,
//! `fund 0.0001 100`, `reset 500`.

use crate::desk::{BTC, order_id, user};
use crate::scene::{Hedge, Scene, Separate, units};
use exchange::Outcome;
use messages::{
    AdjustBalance, AmendOrder, Attribution, Bracket, CancelOrders, ChangeLeverage, ChangeMargin,
    ClosePosition, ClosePositions, FillPolicy, Funding, FundingSource, GetOrder, InstrumentStatus,
    LiquidationModel, MarkPrice, OrderKind, PlaceOrder, PriceSource, Query, Request, ResetAccount,
    Response, ReversePosition, SettleFunding, Side, TimeInForce, amount_after,
};
use price::{Price, Qty, Rate, Usd};
use std::str::FromStr;

/// The words of a step that are still to be read.
struct Words<'a>(std::str::SplitWhitespace<'a>);

impl<'a> Words<'a> {
    fn next(&mut self) -> Option<&'a str> {
        self.0.next()
    }

    fn text(&mut self) -> &'a str {
        self.next().expect("a step is complete")
    }

    fn read<T: FromStr>(&mut self) -> T {
        let word = self.text();
        word.parse().unwrap_or_else(|_| panic!("{word:?} is not what a step expects here"))
    }

    fn amount(&mut self) -> i128 {
        units(self.text())
    }

    fn price(&mut self) -> Price {
        Price::from_scaled(self.amount())
    }
}

/// The request of a step that places an order.
pub fn placement(scene: &mut Scene, step: &str) -> PlaceOrder {
    let mut words = Words(step.split_whitespace());
    let side = words.text();
    place(scene, side, words)
}

/// Plays a step.
pub fn play(scene: &mut Scene, step: &str) -> Outcome {
    let mut words = Words(step.split_whitespace());
    let asset = BTC.to_string();
    let request = match words.text() {
        "tick" => return scene.tick(words.text(), words.text()),
        "mark" => mark(words),
        "fund" => fund(scene, words),
        "reset" => {
            let balance = Usd::from_scaled(words.amount());
            Request::ResetAccount(user(1), ResetAccount { balance })
        }
        "marks" => {
            let (stale, far) = (Some(words.read()), Some(words.read()));
            let rules = scene.exchange.rules();
            let (stale_mark_ms, mark_deviation_max_bps) = (stale, far);
            Request::SetRules(messages::Rules { stale_mark_ms, mark_deviation_max_bps, ..rules })
        }
        "list" => return list(scene, words),
        "show" => {
            let query = Query::GetOrder(GetOrder { order_id: order_id(words.read()) });
            let response = scene.exchange.answer(user(1), query);
            return Outcome { response, events: Vec::new() };
        }
        "wait" => return wait(scene, words.read()),
        side @ ("BUY" | "SELL") => Request::PlaceOrder(user(1), place(scene, side, words)),
        "cancel" => Request::CancelOrder(user(1), order_id(words.read()).into()),
        "cancels" => Request::CancelOrders(user(1), CancelOrders { asset: None }),
        "amend" => amend(words),
        "leverage" => {
            Request::ChangeLeverage(user(1), ChangeLeverage { asset, leverage: words.read() })
        }
        "margin" => {
            let order_id = order_id(words.read());
            let amount = Usd::from_scaled(words.amount());
            Request::ChangeMargin(user(1), ChangeMargin { order_id, amount })
        }
        "reverse" => reverse(scene, words),
        "exit" => {
            let (order_id, price_limit) = (order_id(words.read()), None);
            Request::ClosePosition(user(1), ClosePosition { order_id, price_limit })
        }
        "exits" => Request::ClosePositions(user(1), ClosePositions { asset: None }),
        "adjust" => {
            let amount = Usd::from_scaled(words.amount());
            Request::AdjustBalance(user(1), AdjustBalance { amount, attribution: operator() })
        }
        "pause" => Request::PauseTrading(operator()),
        "resume" => Request::ResumeTrading(operator()),
        "orders" => {
            let max_open_orders = Some(words.read());
            Request::SetRules(messages::Rules { max_open_orders, ..scene.exchange.rules() })
        }
        "positions" => {
            let max_open_positions = words.read();
            Request::SetRules(messages::Rules { max_open_positions, ..scene.exchange.rules() })
        }
        other => panic!("{other:?} is no step"),
    };
    scene.apply(request)
}

fn operator() -> Attribution {
    Attribution { by: "operator".to_owned(), reason: "because".to_owned() }
}

/// Changes a parameter of the instrument.
fn list(scene: &mut Scene, mut words: Words<'_>) -> Outcome {
    scene.list(|instrument| {
        while let Some(word) = words.next() {
            match word {
                "tick" => instrument.price_tick = Some(words.price()),
                "step" => instrument.quantity_step = Some(Qty::from_scaled(words.amount())),
                "min" => instrument.min_notional = Some(Usd::from_scaled(words.amount())),
                "highest" => instrument.max_leverage = words.read(),
                "loss" => instrument.liquidation_loss_bps = words.read(),
                "least" => instrument.min_quantity = Some(Qty::from_scaled(words.amount())),
                "maker" => instrument.maker_fee_ppm = words.read(),
                "taker" => instrument.taker_fee_ppm = words.read(),
                "liquidation" => instrument.liquidation_fee_ppm = words.read(),
                "funding" => instrument.funding = Some(funding(words.read())),
                "maintenance" => {
                    instrument.liquidation_model = LiquidationModel::Maintenance;
                    instrument.brackets = brackets(words.text());
                }
                "triggers" => instrument.trigger_price = PriceSource::Mark,
                "next" => instrument.fill = FillPolicy::Next,
                "interest" => {
                    instrument.open_interest_cap = Some(Qty::from_scaled(words.amount()));
                }
                "reduce-only" => instrument.status = InstrumentStatus::ReduceOnly,
                "halted" => instrument.status = InstrumentStatus::Halted,
                other => panic!("{other:?} is no parameter"),
            }
        }
    })
}

const fn funding(cap_ppm: u32) -> Funding {
    Funding { source: FundingSource::Venue, interval_hours: 8, cap_ppm }
}

/// Brackets by name: each cap in thousands of USD, highest leverage and rate in millionths.
fn brackets(name: &str) -> Vec<Bracket> {
    let table: &[(i128, u8, u32)] = match name {
        // Those of ETHUSDT and BTCUSDT at Binance in 2021, with leverages of at most 100.
        "eth" => &[
            (10, 100, 5_000),
            (100, 75, 6_500),
            (500, 50, 10_000),
            (1_000, 25, 20_000),
            (2_000, 10, 50_000),
            (5_000, 5, 100_000),
            (10_000, 4, 125_000),
        ],
        "btc" => &[
            (50, 100, 4_000),
            (250, 100, 5_000),
            (1_000, 50, 10_000),
            (10_000, 20, 25_000),
            (20_000, 10, 50_000),
        ],
        "small" => &[(1, 100, 10_000), (2, 10, 30_000), (4, 5, 50_000)],
        other => panic!("{other:?} is no table of brackets"),
    };
    let mut brackets: Vec<Bracket> = Vec::new();
    for (thousands, max_leverage, maintenance_ppm) in table.iter().copied() {
        let amount = brackets.last().map(|before| amount_after(before, maintenance_ppm).unwrap());
        brackets.push(Bracket {
            notional_cap: Usd::from_scaled(thousands * 1_000 * price::SCALE),
            max_leverage,
            maintenance_ppm,
            maintenance_amount: amount.unwrap_or(Usd::ZERO),
        });
    }
    brackets
}

fn mark(mut words: Words<'_>) -> Request {
    let mark = words.price();
    let (index, funding_rate, next_funding_ms, marked_at_ms) = (None, None, None, None);
    let symbol = BTC;
    Request::MarkPrice(MarkPrice {
        symbol,
        mark,
        index,
        funding_rate,
        next_funding_ms,
        marked_at_ms,
    })
}

/// A funding at a rate and a mark price, of now or of a time before.
fn fund(scene: &Scene, mut words: Words<'_>) -> Request {
    let (rate, mark) = (Rate::from_scaled(words.amount()), words.price());
    let ago: i64 = words.next().map_or(0, |word| word.parse().unwrap());
    let funding_ms = (scene.now.ms + 1).checked_add_signed(-ago).unwrap();
    Request::SettleFunding(SettleFunding { symbol: BTC, funding_ms, rate, mark })
}

/// Lets time pass, so that the next entry comes this much later.
fn wait(scene: &mut Scene, ms: u64) -> Outcome {
    scene.now.ms += ms;
    Outcome { response: Ok(Response::Done), events: Vec::new() }
}

fn place(scene: &mut Scene, side: &str, mut words: Words<'_>) -> PlaceOrder {
    let side = if side == "BUY" { Side::Long } else { Side::Short };
    scene.orders += 1;
    let qty = Qty::from_scaled(words.amount());
    let mut order = PlaceOrder::market(order_id(scene.orders), BTC.to_string(), side, 0, qty);
    order.kind = Some(words.read::<OrderKind>());
    // Without it, market orders would be plain ones.
    order.time_in_force = Some(TimeInForce::Gtc);
    let (mut reduces, mut names_side, mut names_leverage) = (false, false, false);
    while let Some(word) = words.next() {
        match word {
            "at" => order.price = Some(words.price()),
            "when" => order.trigger_price = Some(words.price()),
            "back" => order.callback_bps = Some(words.read()),
            "IOC" | "FOK" | "GTX" | "GTD" => order.time_in_force = word.parse().ok(),
            "until" => order.expires_at_ms = Some(scene.now.ms + 1 + words.read::<u64>()),
            "reduce" => (order.reduce_only, reduces) = (true, true),
            "close" => (order.close_position, reduces) = (true, true),
            "share" => order.share_bps = Some(words.read()),
            "of" => order.position_id = Some(order_id(words.read())),
            "id" => order.client_order_id = Some(words.text().to_owned()),
            "slip" => order.max_slippage_bps = Some(words.read()),
            "limit" => order.price_limit = Some(words.price()),
            "loss" => order.stop_loss = Some(words.price()),
            "trail" => order.trailing_stop_bps = Some(words.read()),
            "gain" => order.take_profit = Some(words.price()),
            "leverage" => (order.leverage, names_leverage) = (words.read(), true),
            "LONG" => (order.position_side, names_side) = (Some(Side::Long), true),
            "SHORT" => (order.position_side, names_side) = (Some(Side::Short), true),
            "plain" => order.time_in_force = None,
            "nowhere" => names_side = true,
            other => panic!("{other:?} is no word of an order"),
        }
    }
    if scene.mode == Hedge && !names_side {
        order.position_side = Some(if reduces { side.opposite() } else { side });
    }
    if scene.mode == Separate && reduces && order.position_id.is_none() && !names_side {
        order.position_id = Some(order_id(1));
    }
    if scene.mode == Separate && !reduces && !names_leverage {
        order.leverage = 10;
    }
    order
}

fn amend(mut words: Words<'_>) -> Request {
    let order = order_id(words.read()).into();
    let mut amend =
        AmendOrder { order, qty: None, price: None, trigger_price: None, callback_bps: None };
    while let Some(word) = words.next() {
        match word {
            "qty" => amend.qty = Some(Qty::from_scaled(words.amount())),
            "at" => amend.price = Some(words.price()),
            "when" => amend.trigger_price = Some(words.price()),
            "back" => amend.callback_bps = Some(words.read()),
            other => panic!("{other:?} is no word of an amendment"),
        }
    }
    Request::AmendOrder(user(1), amend)
}

fn reverse(scene: &mut Scene, mut words: Words<'_>) -> Request {
    scene.orders += 1;
    let position_id = order_id(words.read());
    let price_limit = words.next().map(|_| words.price());
    let order_id = order_id(scene.orders);
    let reversal = ReversePosition { order_id, earlier_order_id: None, position_id, price_limit };
    Request::ReversePosition(user(1), reversal)
}
