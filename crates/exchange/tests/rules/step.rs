//! The steps of tables, as requests.
//!
//! `BUY 2 LIMIT at 90`, `SELL 0 STOP_MARKET when 95 close`, `tick 88 90`, `cancel 1`,
//! `amend 1 at 91`, `leverage 20`, `margin 1 -5`, `reverse 1`, `exit 1`, `show 1`.

use crate::desk::{BTC, order_id, user};
use crate::scene::{Hedge, Scene, Separate, units};
use exchange::Outcome;
use messages::{
    AdjustBalance, AmendOrder, Attribution, CancelOrders, ChangeLeverage, ChangeMargin,
    ClosePosition, ClosePositions, GetOrder, OrderKind, PlaceOrder, Query, Request, Response,
    ReversePosition, Side, TimeInForce,
};
use price::{Price, Qty, Usd};
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
                other => panic!("{other:?} is no parameter"),
            }
        }
    })
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
