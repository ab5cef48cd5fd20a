//! The stop-loss and take-profit of positions as algo orders, and the orders of fills that no order made.

use super::bot::Bot;
use super::life::{ALGO, ORDER, trading};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::stack::eventually;

const OPEN: &str = "/fapi/v1/openAlgoOrders";
const CLOSE_ALL: &str = "algoType=CONDITIONAL&symbol=BTCUSDT&side=SELL&closePosition=true";

/// Buys, and gives the position exits over Velox's own API.
async fn protected(bot: &Bot<'_>, token: &str) {
    bot.post(ORDER, "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1").await.ok();
    let account = [("x-account", bot.account_id.as_str())];
    let path = "/positions";
    let open = bot.counter.send(Method::GET, token, path, None, &account).await;
    let path = format!("{path}/{}", open.body["positions"][0]["positionId"].as_str().unwrap());
    let exits = json!({ "stopLoss": "98", "takeProfit": "105" }).to_string();
    let changed = bot.counter.send(Method::PATCH, token, &path, Some(exits), &account).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
}

async fn open(bot: &Bot<'_>) -> Vec<Value> {
    bot.get(OPEN, "symbol=BTCUSDT").await.ok().as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_exits_of_a_position_are_algo_orders_that_close_it() {
    let (counter, token) = trading().await;
    let bot = Bot::with_account(&counter, &token, "TRADE").await;
    protected(&bot, &token).await;
    let both = open(&bot).await;
    let shown = both.iter().map(|exit| (&exit["orderType"], &exit["triggerPrice"], &exit["side"]));
    let stop = (json!("STOP_MARKET"), json!("98"), json!("SELL"));
    let profit = (json!("TAKE_PROFIT_MARKET"), json!("105"), json!("SELL"));
    assert_eq!(
        shown.collect::<Vec<_>>(),
        [&stop, &profit].map(|(kind, price, side)| (kind, price, side))
    );
    for exit in &both {
        assert_eq!((&exit["closePosition"], &exit["algoStatus"]), (&json!(true), &json!("NEW")));
        let names = [
            format!("algoId={}", exit["algoId"]),
            format!("clientAlgoId={}", exit["clientAlgoId"].as_str().unwrap()),
        ];
        for name in names {
            assert_eq!(bot.get(ALGO, &name).await.ok(), exit, "{name}");
        }
    }
    // The position can't be closed by two stops, whoever placed them.
    let second = format!("{CLOSE_ALL}&type=STOP_MARKET&triggerPrice=97");
    assert_eq!(bot.post(ALGO, &second).await.refusal(), (400, -4130));
    let stop = format!("algoId={}", both[0]["algoId"]);
    let canceled = bot.delete(ALGO, &stop).await;
    assert_eq!(canceled.ok()["algoId"], both[0]["algoId"]);
    assert_eq!(bot.delete(ALGO, &stop).await.refusal(), (400, -2011));
    assert_eq!(bot.get(ALGO, &stop).await.refusal(), (400, -2013));
    assert_eq!(open(&bot).await, both[1..]);
    bot.post(ALGO, &second).await.ok();
    bot.delete("/fapi/v1/algoOpenOrders", "symbol=BTCUSDT").await.ok();
    assert_eq!(open(&bot).await, [json!(null); 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fill_without_an_order_has_one_that_can_be_read() {
    let (counter, token) = trading().await;
    let bot = Bot::with_account(&counter, &token, "TRADE").await;
    protected(&bot, &token).await;
    counter.tick("97", "97.1").await;
    eventually("the stop-loss is stored", async || all(&bot).await.len() == 2).await;
    bot.post(ORDER, "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1").await.ok();
    counter.tick("50", "50.1").await;
    eventually("the liquidation is stored", async || all(&bot).await.len() == 4).await;
    let orders = all(&bot).await;
    let kinds: Vec<_> = orders.iter().map(|order| order["origType"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["MARKET", "STOP_MARKET", "MARKET", "LIMIT"]);
    let trades = bot.get("/fapi/v1/userTrades", "symbol=BTCUSDT").await;
    for (order, trade) in orders.iter().zip(trades.ok().as_array().unwrap()) {
        assert_eq!(order["orderId"], trade["orderId"]);
        let named = format!("symbol=BTCUSDT&orderId={}", trade["orderId"]);
        let read = bot.get(ORDER, &named).await;
        assert_eq!(read.ok(), order);
        assert_eq!((&order["status"], &order["side"]), (&json!("FILLED"), &trade["side"]));
        assert_eq!(order["avgPrice"], trade["price"]);
        // It is done, and nothing else than the order of its market.
        assert_eq!(bot.delete(ORDER, &named).await.refusal(), (400, -2011));
        let other = named.replace("BTC", "ETH");
        assert_eq!(bot.get(ORDER, &other).await.refusal(), (400, -2013));
    }
    let forced = bot.get("/fapi/v1/forceOrders", "").await;
    assert_eq!(forced.ok(), &json!([orders[3]]));
    let name = orders[3]["clientOrderId"].as_str().unwrap();
    assert!(name.starts_with("autoclose-"), "{name}");
    let named = format!("symbol=BTCUSDT&origClientOrderId={name}");
    assert_eq!(bot.get(ORDER, &named).await.ok(), &orders[3]);
    let name = format!("close-{}", orders[1]["orderId"]);
    assert_eq!(orders[1]["clientOrderId"], name);
    let named = format!("symbol=BTCUSDT&origClientOrderId={name}");
    assert_eq!(bot.get(ORDER, &named).await.ok(), &orders[1]);
    let from = format!("symbol=BTCUSDT&orderId={}&limit=2", orders[1]["orderId"]);
    assert_eq!(bot.get("/fapi/v1/allOrders", &from).await.ok(), &json!(orders[1..3]));
    let newest = bot.get("/fapi/v1/allOrders", "symbol=BTCUSDT&limit=2").await;
    assert_eq!(newest.ok(), &json!(orders[2..]));
}

async fn all(bot: &Bot<'_>) -> Vec<Value> {
    bot.get("/fapi/v1/allOrders", "symbol=BTCUSDT").await.ok().as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_without_a_name_is_found_by_the_one_that_it_is_shown_with() {
    let (counter, token) = trading().await;
    let bot = Bot::with_account(&counter, &token, "TRADE").await;
    let account = [("x-account", bot.account_id.as_str())];
    let order =
        json!({ "asset": "BTC", "side": "BUY", "type": "LIMIT", "qty": "1", "price": "50" });
    let order = Some(order.to_string());
    let placed = counter.send(Method::POST, &token, "/orders", order, &account).await;
    assert_eq!(placed.status, 201, "{}", placed.body);
    let shown = bot.get("/fapi/v1/openOrders", "").await.ok()[0].clone();
    let name = shown["clientOrderId"].as_str().unwrap();
    let id = placed.body["order"]["orderId"].as_str().unwrap();
    assert_eq!(name, id.replace('-', ""));
    let named = format!("symbol=BTCUSDT&origClientOrderId={name}");
    assert_eq!(bot.get(ORDER, &named).await.ok(), &shown);
    assert_eq!(bot.delete(ORDER, &named).await.ok()["status"], "CANCELED");
    let other = named.replace(name, &"0".repeat(32));
    assert_eq!(bot.get(ORDER, &other).await.refusal(), (400, -2013));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_was_to_be_filled_at_once_is_in_no_history() {
    let (counter, token) = trading().await;
    let bot = Bot::with_account(&counter, &token, "TRADE").await;
    let kill = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=FOK&quantity=1&price=50";
    let named = format!("{kill}&newClientOrderId=fok");
    assert_eq!(bot.post(ORDER, &named).await.refusal(), (400, -5021));
    bot.post(ORDER, "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1").await.ok();
    eventually("the second one is stored", async || !all(&bot).await.is_empty()).await;
    assert_eq!(all(&bot).await.len(), 1);
    let named = "symbol=BTCUSDT&origClientOrderId=fok";
    assert_eq!(bot.get(ORDER, named).await.refusal(), (400, -2013));
}
