//! The life of orders and positions.

use super::bot::Bot;
use crate::counter::Counter;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::stack::{Service, eventually};

pub const ORDER: &str = "/fapi/v1/order";
const DUAL: &str = "/fapi/v1/positionSide/dual";
const COUNTDOWN: &str = "/fapi/v1/countdownCancelAll";
const MARGIN: &str = "/fapi/v1/positionMargin";
pub const ALGO: &str = "/fapi/v1/algoOrder";

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("no number: {value}"))
}

pub async fn trading() -> (Counter, String) {
    let mut counter = Counter::open().await;
    counter.stack.start(Service::DbWorker).await;
    let token = counter.sign_up(1).await;
    (counter, token)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_market_order_opens_a_position_and_another_closes_it() {
    let (counter, token) = trading().await;
    let bot = Bot::with_account(&counter, &token, "TRADE").await;
    let leverage = bot.post("/fapi/v1/leverage", "symbol=BTCUSDT&leverage=10").await;
    assert_eq!(leverage.ok()["leverage"], 10);
    let buy = "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=2&newOrderRespType=RESULT";
    let bought = bot.post(ORDER, buy).await;
    let bought = bought.ok();
    assert_eq!(bought["status"], "FILLED");
    assert_eq!(bought["avgPrice"], "100");
    assert_eq!((&bought["executedQty"], &bought["cumQuote"]), (&json!("2"), &json!("200")));
    assert_eq!(bought["positionSide"], "BOTH");

    let account = bot.get("/fapi/v3/account", "").await;
    let account = account.ok();
    assert_eq!(account["totalWalletBalance"], "1000");
    assert_eq!(account["totalPositionInitialMargin"], "20");
    assert_eq!(account["availableBalance"], "980");
    assert_eq!(account["totalMarginBalance"], "999.8");
    assert_eq!(account["assets"][0]["asset"], "USDT");
    assert_eq!(account["positions"][0]["positionAmt"], "2");
    let risk = bot.get("/fapi/v3/positionRisk", "symbol=BTCUSDT").await;
    let risk = &risk.ok()[0];
    assert_eq!(risk["entryPrice"], "100");
    assert_eq!(risk["markPrice"], "99.9");
    assert_eq!(risk["unRealizedProfit"], "-0.2");
    assert_eq!(risk["liquidationPrice"], "91");
    assert_eq!(risk["notional"], "199.8");
    assert_eq!(risk["maintMargin"], "2");
    let older = bot.get("/fapi/v2/positionRisk", "").await;
    assert!(older.ok().as_array().unwrap().len() >= 3);

    let sell = "symbol=BTCUSDT&side=SELL&type=MARKET&quantity=3&reduceOnly=true";
    let sold = bot.post(ORDER, sell).await;
    // Acknowledged: the order as it was accepted, with the quantity cut to the position.
    assert_eq!(sold.ok()["status"], "NEW");
    let sold = bot.get(ORDER, &format!("symbol=BTCUSDT&orderId={}", sold.ok()["orderId"])).await;
    assert_eq!((&sold.ok()["status"], &sold.ok()["executedQty"]), (&json!("FILLED"), &json!("2")));
    assert_eq!(*bot.get("/fapi/v3/positionRisk", "").await.ok(), json!([]));

    eventually("the trades are stored", async || {
        let trades = bot.get("/fapi/v1/userTrades", "symbol=BTCUSDT").await;
        trades.ok().as_array().unwrap().len() == 2
    })
    .await;
    let trades = bot.get("/fapi/v1/userTrades", "symbol=BTCUSDT").await;
    let trades = trades.ok();
    assert_eq!(trades[0]["orderId"], bought["orderId"]);
    assert_eq!((&trades[0]["price"], &trades[0]["quoteQty"]), (&json!("100"), &json!("200")));
    assert_eq!(trades[1]["orderId"], sold.ok()["orderId"]);
    assert_eq!(trades[1]["realizedPnl"], "-0.2");
    assert!(number(&trades[0]["id"]) < number(&trades[1]["id"]));
    let from = format!("symbol=BTCUSDT&fromId={}", trades[1]["id"]);
    let later = bot.get("/fapi/v1/userTrades", &from).await;
    assert_eq!(later.ok(), &json!([trades[1]]));
    let of_order = format!("symbol=BTCUSDT&orderId={}", bought["orderId"]);
    let first = bot.get("/fapi/v1/userTrades", &of_order).await;
    assert_eq!(first.ok(), &json!([trades[0]]));
    let lines = bot.get("/fapi/v1/income", "incomeType=REALIZED_PNL").await;
    assert_eq!(lines.ok()[0]["income"], "-0.2");
    assert_eq!(lines.ok()[0]["tradeId"], trades[1]["id"].to_string());
    assert_eq!(*bot.get("/fapi/v1/income", "incomeType=FUNDING_FEE").await.ok(), json!([]));
    let all = bot.get("/fapi/v1/allOrders", "symbol=BTCUSDT").await;
    let all: Vec<&Value> =
        all.ok().as_array().unwrap().iter().map(|order| &order["orderId"]).collect();
    assert_eq!(all, [&bought["orderId"], &sold.ok()["orderId"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_order_rests_and_is_changed_and_canceled() {
    let (counter, token) = trading().await;
    let bot = Bot::with_account(&counter, &token, "TRADE").await;
    let buy = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=50\
               &newClientOrderId=grid-1&newOrderRespType=RESULT";
    let placed = bot.post(ORDER, buy).await;
    let id = number(&placed.ok()["orderId"]);
    assert_eq!(placed.ok()["status"], "NEW");
    let by_number = format!("symbol=BTCUSDT&orderId={id}");
    let by_name = "symbol=BTCUSDT&origClientOrderId=grid-1";
    for named in [&by_number as &str, by_name] {
        assert_eq!(bot.get(ORDER, named).await.ok(), placed.ok());
        assert_eq!(bot.get("/fapi/v1/openOrder", named).await.ok(), placed.ok());
    }
    assert_eq!(bot.get("/fapi/v1/openOrders", "").await.ok(), &json!([placed.ok()]));
    assert_eq!(bot.post(ORDER, buy).await.refusal(), (400, -4116));
    let account = bot.get("/fapi/v2/account", "").await;
    assert_eq!(account.ok()["totalOpenOrderInitialMargin"], "2.5");
    let risk = bot.get("/fapi/v3/positionRisk", "").await;
    assert_eq!(risk.ok()[0]["openOrderInitialMargin"], "2.5");
    assert_eq!(risk.ok()[0]["positionAmt"], "0");
    let notionals = (&risk.ok()[0]["bidNotional"], &risk.ok()[0]["askNotional"]);
    assert_eq!(notionals, (&json!("50"), &json!("0")));

    let change = format!("{by_number}&side=BUY&quantity=2&price=40");
    let amended = bot.send(Method::PUT, ORDER, &change).await;
    assert_eq!((&amended.ok()["origQty"], &amended.ok()["price"]), (&json!("2"), &json!("40")));
    assert_eq!(amended.ok()["orderId"], id);
    // What names another instrument, another side or another kind changes nothing.
    let ether = by_name.replace("BTC", "ETH");
    assert_eq!(bot.delete(ORDER, &ether).await.refusal(), (400, -2011));
    assert_eq!(bot.delete(ALGO, &format!("algoId={id}")).await.refusal(), (400, -2011));
    let sell = change.replace("side=BUY", "side=SELL");
    assert_eq!(bot.send(Method::PUT, ORDER, &sell).await.refusal(), (400, -1117));
    let ether = change.replace("BTC", "ETH");
    assert_eq!(bot.send(Method::PUT, ORDER, &ether).await.refusal(), (400, -2013));
    assert_eq!(bot.get(ORDER, &by_number).await.ok(), amended.ok());
    let ether = by_number.replace("BTC", "ETH");
    assert_eq!(bot.delete(ORDER, &ether).await.refusal(), (400, -2011));
    let canceled = bot.delete(ORDER, by_name).await;
    assert_eq!(canceled.ok()["status"], "CANCELED");
    for named in [&by_number as &str, by_name] {
        assert_eq!(bot.delete(ORDER, named).await.refusal(), (400, -2011));
    }
    assert_eq!(bot.get(ORDER, &by_number).await.ok()["status"], "CANCELED");
    assert_eq!(bot.get("/fapi/v1/openOrder", &by_number).await.refusal(), (400, -2013));
    assert_eq!(bot.send(Method::PUT, ORDER, &change).await.refusal(), (400, -2013));

    for n in 0..3 {
        let buy = buy.replace("grid-1", &format!("more-{n}"));
        bot.post(ORDER, &buy).await.ok();
    }
    let all = bot.delete("/fapi/v1/allOpenOrders", "symbol=BTCUSDT").await;
    assert_eq!(all.ok()["code"], 200);
    assert_eq!(bot.get("/fapi/v1/openOrders", "symbol=BTCUSDT").await.ok(), &json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_is_an_algo_order_and_then_an_order() {
    let (counter, token) = trading().await;
    let bot = Bot::with_account(&counter, &token, "TRADE").await;
    bot.post(ORDER, "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1").await.ok();
    let stop = "algoType=CONDITIONAL&symbol=BTCUSDT&side=SELL&type=STOP_MARKET&triggerPrice=98\
                &closePosition=true&clientAlgoId=stop-1";
    let placed = bot.post(ALGO, stop).await;
    let placed = placed.ok();
    assert_eq!((&placed["algoStatus"], &placed["actualOrderId"]), (&json!("NEW"), &json!("")));
    assert_eq!(bot.post(ALGO, &stop.replace("stop-1", "stop-2")).await.refusal(), (400, -4130));
    let trailing = "algoType=CONDITIONAL&symbol=BTCUSDT&side=SELL&type=TRAILING_STOP_MARKET\
                    &quantity=1&callbackRate=5&activatePrice=120&reduceOnly=true";
    let trailing = bot.post(ALGO, trailing).await;
    assert_eq!(trailing.ok()["callbackRate"], "5");
    assert_eq!(trailing.ok()["activatePrice"], "120");
    let open = bot.get("/fapi/v1/openAlgoOrders", "").await;
    assert_eq!(open.ok().as_array().unwrap().len(), 2);
    assert_eq!(bot.get("/fapi/v1/openOrders", "").await.ok(), &json!([]));
    let by_id = format!("algoId={}", placed["algoId"]);
    assert_eq!(bot.get(ALGO, &by_id).await.ok(), placed);
    assert_eq!(bot.get(ALGO, "clientAlgoId=stop-1").await.ok(), placed);
    let as_order = format!("symbol=BTCUSDT&orderId={}", placed["algoId"]);
    assert_eq!(bot.get(ORDER, &as_order).await.refusal(), (400, -2013));
    assert_eq!(bot.delete(ORDER, &as_order).await.refusal(), (400, -2011));

    counter.tick("97", "97.1").await;
    eventually("the stop is triggered", async || {
        bot.get(ALGO, &by_id).await.ok()["algoStatus"] == "FINISHED"
    })
    .await;
    let done = bot.get(ALGO, &by_id).await;
    let actual = done.ok()["actualOrderId"].as_str().unwrap().to_owned();
    let order = bot.get(ORDER, &format!("symbol=BTCUSDT&orderId={actual}")).await;
    let order = order.ok();
    assert_eq!((&order["status"], &order["avgPrice"]), (&json!("FILLED"), &json!("97")));
    assert_eq!((&order["type"], &order["origType"]), (&json!("MARKET"), &json!("STOP_MARKET")));
    assert_eq!(order["clientOrderId"], "stop-1");
    // The other one had nothing left to reduce.
    let trailing = bot.get(ALGO, &format!("algoId={}", trailing.ok()["algoId"])).await;
    assert_eq!(trailing.ok()["algoStatus"], "EXPIRED");
    // Canceling it is no mistake.
    let canceled = bot.delete(ALGO, &format!("algoId={}", trailing.ok()["algoId"])).await;
    assert_eq!(canceled.ok()["msg"], "success");
    assert_eq!(bot.delete(ALGO, &by_id).await.refusal(), (400, -2011));
    eventually("both are stored", async || {
        let all = bot.get("/fapi/v1/allAlgoOrders", "symbol=BTCUSDT").await;
        all.ok().as_array().unwrap().iter().all(|order| order["algoStatus"] != "NEW")
            && all.ok().as_array().unwrap().len() == 2
    })
    .await;

    let limit = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=50";
    bot.post(ORDER, limit).await.ok();
    let entry = "algoType=CONDITIONAL&symbol=BTCUSDT&side=BUY&type=STOP&triggerPrice=110&price=111\
                 &quantity=1";
    let entry = bot.post(ALGO, entry).await;
    let canceled = bot.delete(ALGO, &format!("algoId={}", entry.ok()["algoId"])).await;
    assert_eq!((&canceled.ok()["code"], &canceled.ok()["msg"]), (&json!("200"), &json!("success")));
    let all = bot.delete("/fapi/v1/algoOpenOrders", "symbol=BTCUSDT").await;
    assert_eq!(all.ok()["code"], 200);
    let open = bot.get("/fapi/v1/openOrders", "").await;
    assert_eq!(open.ok().as_array().unwrap().len(), 1, "the limit order stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_in_the_older_way_is_an_order() {
    let (counter, token) = trading().await;
    let bot = Bot::with_account(&counter, &token, "TRADE").await;
    bot.post(ORDER, "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1").await.ok();
    let stop = "symbol=BTCUSDT&side=SELL&type=STOP_MARKET&stopPrice=98&quantity=1&reduceOnly=true";
    let placed = bot.post(ORDER, stop).await;
    let placed = placed.ok();
    assert_eq!((&placed["type"], &placed["stopPrice"]), (&json!("STOP_MARKET"), &json!("98")));
    assert_eq!(bot.get("/fapi/v1/openOrders", "").await.ok().as_array().unwrap().len(), 1);
    assert_eq!(bot.get("/fapi/v1/openAlgoOrders", "").await.ok(), &json!([]));
    counter.tick("97", "97.1").await;
    let by_id = format!("symbol=BTCUSDT&orderId={}", placed["orderId"]);
    eventually("it is filled", async || bot.get(ORDER, &by_id).await.ok()["status"] == "FILLED")
        .await;
    assert_eq!(bot.get(ORDER, &by_id).await.ok()["origType"], "STOP_MARKET");
}

#[tokio::test(flavor = "multi_thread")]
async fn several_orders_are_placed_and_canceled_at_once() {
    let (counter, token) = trading().await;
    let bot = Bot::with_account(&counter, &token, "TRADE").await;
    let batch = json!([
        {
            "symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC",
            "quantity": 1, "price": "50", "newClientOrderId": "one",
        },
        { "symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "quantity": "1", "price": "50" },
    ]);
    let batch: String = form_urlencoded::byte_serialize(batch.to_string().as_bytes()).collect();
    let placed = bot.post("/fapi/v1/batchOrders", &format!("batchOrders={batch}")).await;
    assert_eq!(placed.ok()[0]["clientOrderId"], "one");
    assert_eq!(placed.ok()[1]["code"], -1102);
    assert_eq!(placed.headers["x-mbx-order-count-10s"], "2");
    // Items count as orders, however their names are written.
    let shouted = batch.to_uppercase().replace("%22SYMBOL%22", "%22Symbol%22");
    let again = bot.post("/fapi/v1/batchOrders", &format!("batchOrders={shouted}")).await;
    assert_eq!(again.headers["x-mbx-order-count-10s"], "4");
    let ids = format!("symbol=BTCUSDT&orderIdList=%5B{}%2C999%5D", placed.ok()[0]["orderId"]);
    let canceled = bot.delete("/fapi/v1/batchOrders", &ids).await;
    assert_eq!(canceled.ok()[0]["status"], "CANCELED");
    assert_eq!(canceled.ok()[1]["code"], -2011);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_in_hedge_mode_has_two_positions() {
    let (counter, token) = trading().await;
    let bot = Bot::with_account(&counter, &token, "TRADE").await;
    assert_eq!(bot.get(DUAL, "").await.ok()["dualSidePosition"], false);
    assert_eq!(bot.post(DUAL, "dualSidePosition=false").await.refusal(), (400, -4059));
    assert_eq!(bot.post(DUAL, "dualSidePosition=TRUE").await.ok()["code"], 200);
    let order = "symbol=BTCUSDT&type=MARKET&quantity=1";
    assert_eq!(bot.post(ORDER, &format!("{order}&side=BUY")).await.refusal(), (400, -4061));
    let test = format!("{ORDER}/test");
    assert_eq!(bot.post(&test, &format!("{order}&side=BUY")).await.refusal(), (400, -4061));
    bot.post(&test, &format!("{order}&side=BUY&positionSide=LONG")).await.ok();
    bot.post(ORDER, &format!("{order}&side=BUY&positionSide=LONG")).await.ok();
    bot.post(ORDER, &format!("{order}&side=SELL&positionSide=SHORT")).await.ok();
    let risk = bot.get("/fapi/v3/positionRisk", "").await;
    let amounts: Vec<_> = risk.ok().as_array().unwrap().iter().map(|p| &p["positionAmt"]).collect();
    assert_eq!(amounts, ["1", "-1"]);
    assert_eq!(bot.post(DUAL, "dualSidePosition=false").await.refusal(), (400, -4068));
    bot.post(ORDER, &format!("{order}&side=SELL&positionSide=LONG")).await.ok();
    eventually("the trades are stored with their sides", async || {
        let trades = bot.get("/fapi/v1/userTrades", "symbol=BTCUSDT").await;
        let sides = trades.ok().as_array().unwrap().iter().map(|trade| &trade["positionSide"]);
        sides.collect::<Vec<_>>() == ["LONG", "SHORT", "LONG"]
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_countdown_cancels_orders_unless_it_is_renewed() {
    let (counter, token) = trading().await;
    let bot = Bot::with_account(&counter, &token, "TRADE").await;
    let buy = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=50";
    bot.post(ORDER, buy).await.ok();
    bot.post(COUNTDOWN, "symbol=BTCUSDT&countdownTime=600000").await.ok();
    bot.post(COUNTDOWN, "symbol=BTCUSDT&countdownTime=0").await.ok();
    assert_eq!(bot.get("/fapi/v1/openOrders", "").await.ok().as_array().unwrap().len(), 1);
    bot.post(COUNTDOWN, "symbol=BTCUSDT&countdownTime=1").await.ok();
    eventually("the order is canceled", async || {
        *bot.get("/fapi/v1/openOrders", "").await.ok() == json!([])
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn margin_is_added_to_a_position_and_removed() {
    let (counter, token) = trading().await;
    let bot = Bot::with_account(&counter, &token, "TRADE").await;
    let add = "symbol=BTCUSDT&amount=5&type=1";
    assert_eq!(bot.post(MARGIN, add).await.refusal(), (400, -4054));
    bot.post(ORDER, "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1").await.ok();
    assert_eq!(bot.post(MARGIN, add).await.ok()["amount"], "5");
    let risk = bot.get("/fapi/v3/positionRisk", "").await;
    assert_eq!(risk.ok()[0]["isolatedWallet"], "10");
    let take = add.replace("type=1", "type=2");
    bot.post(MARGIN, &take).await.ok();
    assert_eq!(bot.post(MARGIN, &take).await.refusal(), (400, -4051));
    let lower = bot.post("/fapi/v1/leverage", "symbol=BTCUSDT&leverage=10").await;
    assert_eq!(lower.refusal(), (400, -4161));
}
