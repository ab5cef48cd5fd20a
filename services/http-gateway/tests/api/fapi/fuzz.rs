//! Random requests to every operation: whatever is sent, the answer is a success or a code.

use super::bot::Bot;
use crate::counter::Counter;
use crate::fapi_market_data::quoted;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use testkit::symbols::BTC;

/// The number of requests to each operation.
const REQUESTS: usize = 12;

const NAMES: [&str; 40] = [
    "symbol",
    "pair",
    "side",
    "type",
    "quantity",
    "price",
    "stopPrice",
    "triggerPrice",
    "activationPrice",
    "callbackRate",
    "timeInForce",
    "goodTillDate",
    "reduceOnly",
    "closePosition",
    "positionSide",
    "newClientOrderId",
    "clientAlgoId",
    "origClientOrderId",
    "orderId",
    "algoId",
    "orderIdList",
    "origClientOrderIdList",
    "batchOrders",
    "limit",
    "fromId",
    "startTime",
    "endTime",
    "interval",
    "contractType",
    "incomeType",
    "leverage",
    "marginType",
    "dualSidePosition",
    "amount",
    "algoType",
    "newOrderRespType",
    "countdownTime",
    "workingType",
    "period",
    "recvWindow",
];

const VALUES: [&str; 44] = [
    "",
    "BTCUSDT",
    "ETHUSDT",
    "NOPE",
    "btcusdt",
    "BUY",
    "SELL",
    "LIMIT",
    "MARKET",
    "STOP_MARKET",
    "TRAILING_STOP_MARKET",
    "TAKE_PROFIT",
    "GTC",
    "IOC",
    "FOK",
    "GTX",
    "GTD",
    "true",
    "FALSE",
    "LONG",
    "BOTH",
    "0",
    "1",
    "-1",
    "0.01",
    "100",
    "99.95",
    "1e400",
    "1e10",
    "18446744073709551616",
    "9223372036854775807",
    "4102444800000",
    "1m",
    "1M",
    "3d",
    "CONDITIONAL",
    "RESULT",
    "[1,2]",
    "[\"a\"]",
    "[{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\"}]",
    "%00",
    "%FF%FE",
    "a%20b",
    "NaN",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_a_success_or_a_code() {
    let mut counter = Counter::closed_with(&["--fapi-limit-weight", "1000000/60s"]).await;
    counter.stack.start(testkit::stack::Service::Engine).await;
    counter.tick("99.9", "100").await;
    counter.quote(&quoted(BTC, 77, ["99.9", "99.95", "100"])).await;
    let token = counter.sign_up(1).await;
    let bot = Bot::with_account(&counter, &token, "TRADE").await;
    testkit::stack::eventually("the engine answers", async || {
        bot.get("/fapi/v3/account", "").await.status == 200
    })
    .await;
    let pair = (select(NAMES.to_vec()), select(VALUES.to_vec()));
    // Most requests name an instrument, or nothing else would be looked at.
    let params = (any::<bool>(), prop::collection::vec(pair, 0..10));
    let mut runner = TestRunner::deterministic();
    for (method, path) in http_gateway::routes::binance_operations() {
        for _ in 0..REQUESTS {
            let (is_named, pairs) = params.new_tree(&mut runner).unwrap().current();
            let named = is_named.then(|| "symbol=BTCUSDT".to_owned());
            let pairs = pairs.iter().map(|(name, value)| format!("{name}={value}"));
            let query = named.into_iter().chain(pairs).collect::<Vec<_>>().join("&");
            let reply = bot.send(method.clone(), path, &query).await;
            let what = format!("{method} {path}?{query}: {} {}", reply.status, reply.body);
            // A countdown or an order of the queries before may be under way; nothing is an accident.
            // Only Bitcoin has a price.
            let is_unpriced = reply.status == 503 && query.contains("ETHUSDT");
            assert!(reply.status.as_u16() < 500 || is_unpriced, "{what}");
            if reply.status != 200 {
                assert!(reply.refusal().1 < 0, "{what}");
            }
        }
    }
}
