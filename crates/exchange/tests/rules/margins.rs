//! Tables: leverages, margins and liquidation prices, and the average prices of positions.

use crate::scene::{ALL, Hedge, NETTING, OneWay, Scene, Separate, table};

#[test]
fn a_leverage_is_the_orders_own_or_the_accounts() {
    table(
        &[Separate],
        "",
        "
        BUY 1 MARKET leverage 0            | INVALID_LEVERAGE
        BUY 1 MARKET leverage 1            | OPENED LONG 101 TAKER 1 at 101
        BUY 1 LIMIT at 90 leverage 100     | ACCEPTED 0.9
        BUY 1 LIMIT at 90 leverage 101     | INVALID_LEVERAGE
        BUY 1 LIMIT at 90 leverage 4294967295               | INVALID_LEVERAGE
        list highest 5 > BUY 1 LIMIT at 90 leverage 5       | ACCEPTED 18
        list highest 5 > BUY 1 LIMIT at 90 leverage 6       | INVALID_LEVERAGE
        leverage 20                        | WRONG_POSITION_MODE
        # An order that reduces has none, whatever it says.
        BUY 1 MARKET > SELL 1 MARKET reduce leverage 101 \
         | CLOSED LONG MANUAL TAKER 1 at 99 pnl -2
        ",
    );
    table(
        &NETTING,
        "",
        "
        BUY 1 MARKET leverage 0            | OPENED LONG 10.1 TAKER 1 at 101
        BUY 1 MARKET leverage 10           | OPENED LONG 10.1 TAKER 1 at 101
        BUY 1 MARKET leverage 11           | LEVERAGE_DIFFERS
        BUY 1 MARKET leverage 4294967295   | LEVERAGE_DIFFERS
        leverage 0                         | INVALID_LEVERAGE
        leverage 1                         | LEVERAGE_CHANGED
        leverage 10                        | nothing
        leverage 100                       | LEVERAGE_CHANGED
        leverage 101                       | INVALID_LEVERAGE
        leverage 256                       | INVALID_LEVERAGE
        # A setting above what the instrument still allows refuses what opens.
        list highest 9 > BUY 1 MARKET      | INVALID_LEVERAGE
        list highest 9 > leverage 9 > BUY 1 MARKET          | OPENED LONG 11.22222223 TAKER 1 at 101
        BUY 1 MARKET > SELL 1 MARKET reduce leverage 11     | LEVERAGE_DIFFERS
        ",
    );
}

#[test]
fn a_new_leverage_changes_margins_and_reserves() {
    table(
        &NETTING,
        "BUY 2 MARKET",
        "
        leverage 20 | LEVERAGE_CHANGED, LEVERAGE LONG 2 at 101 margin 10.1 | 989.9 10.1 0
        leverage 1  | LEVERAGE_CHANGED, LEVERAGE LONG 2 at 101 margin 202  | 798 202 0
        # ⌈202 / 3⌉, and a liquidation price of 101 - ⌊30.3|00000015⌋.
        leverage 3  | LEVERAGE_CHANGED, LEVERAGE LONG 2 at 101 margin 67.33333334
        leverage 3 > show 1  | LONG 2 at 101 margin 67.33333334 liquidation 70.7
        # What was added to the margin by hand is gone with the leverage.
        margin 1 10 > leverage 20 | LEVERAGE_CHANGED, LEVERAGE LONG 2 at 101 margin 10.1
        # The liquidation price is 101 - 90.9 / 45 = 98.98, and with 46 above the bid of 99.
        leverage 45 | LEVERAGE_CHANGED, LEVERAGE LONG 2 at 101 margin 4.48888889
        leverage 46 | LIQUIDATED_AT_ONCE | 979.8 20.2 0
        BUY 1 LIMIT at 90 > leverage 5 \
         | LEVERAGE_CHANGED, LEVERAGE LONG 2 at 101 margin 40.4, AMENDED 1 18 | 941.6 40.4 18
        SELL 1 LIMIT at 110 reduce > leverage 5 \
         | LEVERAGE_CHANGED, LEVERAGE LONG 2 at 101 margin 40.4
        ",
    );
    table(
        &NETTING,
        "",
        "
        BUY 100 LIMIT at 90 > leverage 9  | LEVERAGE_CHANGED, AMENDED 100 1000 | 0 0 1000
        BUY 100+ LIMIT at 90 > leverage 9 | INSUFFICIENT_BALANCE
        BUY 1 STOP when 110 at 112 > BUY 1 TRAILING_STOP_MARKET back 100 > leverage 20 \
         | LEVERAGE_CHANGED, AMENDED 1 5.6, AMENDED 1 5.05
        BUY 90 MARKET > leverage 9        | INSUFFICIENT_BALANCE | 91 909 0
        ",
    );
    // A hedge account has the leverage on both sides, and the increases of both must be free.
    table(
        &[Hedge],
        "BUY 2 MARKET > SELL 2 MARKET",
        "
        leverage 5 | LEVERAGE_CHANGED, LEVERAGE LONG 2 at 101 margin 40.4, \
         LEVERAGE SHORT 2 at 99 margin 39.6 | 920 80 0
        ",
    );
}

#[test]
fn the_leverage_is_20_or_the_highest_until_the_account_sets_one() {
    let rows = [
        ("BUY 1 LIMIT at 90", "ACCEPTED 4.5"),
        ("BUY 1 LIMIT at 90 leverage 20", "ACCEPTED 4.5"),
        ("BUY 1 LIMIT at 90 leverage 10", "LEVERAGE_DIFFERS"),
        ("list highest 9 > BUY 1 LIMIT at 90", "ACCEPTED 10"),
        ("leverage 20", "nothing"),
        ("BUY 1 LIMIT at 90 > leverage 10", "LEVERAGE_CHANGED, AMENDED 1 9"),
        ("list highest 9 > BUY 1 LIMIT at 90 > leverage 9", "nothing"),
        // An order from the time of a lower limit has the new leverage already, and does not change.
        ("list highest 9 > BUY 1 LIMIT at 90 > list > leverage 9", "LEVERAGE_CHANGED"),
        (
            "list highest 9 > BUY 1 LIMIT at 90 > list > BUY 1 LIMIT at 81 > leverage 9",
            "LEVERAGE_CHANGED, AMENDED 1 9",
        ),
    ];
    for mode in NETTING {
        for (steps, expected) in rows {
            let mut scene = Scene::without_leverage(mode, steps);
            assert_eq!(scene.play("", steps), expected, "{mode}: {steps}");
            scene.check();
        }
    }
}

#[test]
fn margin_is_added_from_the_balance_and_removed_down_to_what_the_leverage_asks_for() {
    table(
        &ALL,
        "BUY 2 MARKET",
        "
        margin 1 0                           | INVALID_AMOUNT
        margin 1 92233720368.54775807        | INSUFFICIENT_BALANCE
        margin 1 92233720368.54775808        | INVALID_AMOUNT
        margin 1 -92233720368.54775808       | MARGIN_TOO_LOW
        margin 1 -92233720368.54775809       | INVALID_AMOUNT
        margin 1 979.8                       | MARGIN LONG 2 at 101 margin 1000 | 0 1000 0
        margin 1 979.8+                      | INSUFFICIENT_BALANCE
        margin 1 -0.00000001                 | MARGIN_TOO_LOW
        margin 1 10 > margin 1 -10           | MARGIN LONG 2 at 101 margin 20.2 | 979.8 20.2 0
        margin 1 10 > margin 1 -10.00000001  | MARGIN_TOO_LOW
        margin 2 10                          | ORDER_NOT_FOUND
        exit 1 > margin 1 10                 | ORDER_ALREADY_CLOSED
        # 90 % of the margin, for each of 2, rounded down.
        margin 1 10 > show 1                 | LONG 2 at 101 margin 30.2 liquidation 87.41
        margin 1 0.00000002 > show 1         | LONG 2 at 101 margin 20.20000002 liquidation 91.91
        margin 1 0.00000003 > show 1         | LONG 2 at 101 margin 20.20000003 liquidation 91.91-
        margin 1 900 > show 1                | LONG 2 at 101 margin 920.2 liquidation 0
        # Without the 10, it would be liquidated at 91.91.
        margin 1 10 > tick 91.91+ 94 > margin 1 -10 | MARGIN LONG 2 at 101 margin 20.2
        margin 1 10 > tick 91.91 94 > margin 1 -10  | LIQUIDATED_AT_ONCE
        ",
    );
    table(
        &ALL,
        "SELL 2 MARKET",
        "
        margin 1 10 > show 1                 | SHORT 2 at 99 margin 29.8 liquidation 112.41
        margin 1 -0.00000001                 | MARGIN_TOO_LOW
        margin 1 10 > tick 105 107.91- > margin 1 -10 | MARGIN SHORT 2 at 99 margin 19.8
        margin 1 10 > tick 105 107.91 > margin 1 -10  | LIQUIDATED_AT_ONCE
        ",
    );
}

#[test]
fn an_order_must_not_open_what_the_next_tick_liquidates() {
    // 101 × 90 % / 45 = 2.02.
    table(
        &[Separate],
        "",
        "
        BUY 1 MARKET leverage 45                    | OPENED LONG 2.24444445 TAKER 1 at 101
        BUY 1 MARKET leverage 46                    | LIQUIDATED_AT_ONCE
        tick 98.98+ 101 > BUY 1 MARKET leverage 45  | OPENED LONG 2.24444445 TAKER 1 at 101
        tick 98.98 101 > BUY 1 MARKET leverage 45   | LIQUIDATED_AT_ONCE
        tick 98.98 101 > BUY 1 LIMIT at 101 leverage 45 | LIQUIDATED_AT_ONCE
        tick 98.98 101 > BUY 1 LIMIT at 101- leverage 45 | ACCEPTED 2.24444445
        ",
    );
    table(
        &NETTING,
        "leverage 45",
        "
        BUY 1 MARKET                    | OPENED LONG 2.24444445 TAKER 1 at 101
        tick 98.98+ 101 > BUY 1 MARKET  | OPENED LONG 2.24444445 TAKER 1 at 101
        tick 98.98 101 > BUY 1 MARKET   | LIQUIDATED_AT_ONCE
        leverage 46 > BUY 1 MARKET      | LIQUIDATED_AT_ONCE
        ",
    );
    // A resting order is not asked: it is filled, and liquidated in the next round of the tick.
    table(
        &[Separate],
        "",
        "
        BUY 1 LIMIT at 100 leverage 45 > tick 98 100 \
         | OPENED LONG 2.22222223 MAKER 1 at 100, CLOSED LONG MARGIN_CALL at 98 pnl -2
        BUY 1 LIMIT at 100 leverage 45 > tick 97 100 \
         | OPENED LONG 2.22222223 MAKER 1 at 100, CLOSED LONG MARGIN_CALL at 97 pnl -2.22222223 \
         | 997.77777777 0 0
        ",
    );
}

#[test]
fn the_average_entry_price_is_rounded_against_the_trader() {
    table(
        &NETTING,
        "",
        "
        BUY 1 MARKET > tick 99 102 > BUY 1 MARKET \
         | INCREASED LONG 2 at 101.5 margin 20.3 TAKER 1 at 102
        # Thirds of a unit: up for a long, down for a short.
        BUY 2 MARKET > tick 99 101+ > BUY 1 MARKET \
         | INCREASED LONG 3 at 101+ margin 30.30000001 TAKER 1 at 101+
        BUY 1 MARKET > tick 99 101+ > BUY 2 MARKET \
         | INCREASED LONG 3 at 101+ margin 30.30000001 TAKER 2 at 101+
        BUY 2 MARKET > tick 99 101- > BUY 1 MARKET \
         | INCREASED LONG 3 at 101 margin 30.3 TAKER 1 at 101-
        SELL 2 MARKET > tick 99+ 101 > SELL 1 MARKET \
         | INCREASED SHORT 3 at 99 margin 29.70000001 TAKER 1 at 99+
        SELL 1 MARKET > tick 99+ 101 > SELL 2 MARKET \
         | INCREASED SHORT 3 at 99 margin 29.70000001 TAKER 2 at 99+
        SELL 2 MARKET > tick 99- 101 > SELL 1 MARKET \
         | INCREASED SHORT 3 at 99- margin 29.7 TAKER 1 at 99-
        # The liquidation price follows the margin: (20.2 + 9) × 90 % / 3 = 8.76, from 97.333….
        BUY 2 MARKET > BUY 1 LIMIT at 94 > tick 92 94 > show 1 \
         | LONG 3 at 98.66666667 margin 29.6 liquidation 89.78666667
        ",
    );
    // Each order of mode separate has its own position.
    table(
        &[Separate],
        "",
        "BUY 1 MARKET > tick 99 102 > BUY 1 MARKET | OPENED LONG 10.2 TAKER 1 at 102",
    );
}

#[test]
fn a_position_that_fills_have_changed_closes_with_average_prices() {
    table(
        &NETTING,
        "",
        "
        # Opened: (101 + 102) / 2; closed: (100 + 104) / 2; -1.5 + 2.5 = 1.
        BUY 1 MARKET > tick 100 102 > BUY 1 MARKET > SELL 1 MARKET reduce > tick 104 106 > exit 1 \
         > show 1 | LONG 2 at 101.5 margin 20.3 closed at 102 pnl 1
        # A third of a unit of the close price: down for a long, up for a short.
        BUY 3 MARKET > SELL 2 MARKET reduce > tick 99+ 101 > exit 1 > show 1 \
         | LONG 3 at 101 margin 30.3 closed at 99 pnl -5.99999999
        SELL 3 MARKET > BUY 2 MARKET reduce > tick 99 101- > exit 1 > show 1 \
         | SHORT 3 at 99 margin 29.7 closed at 101 pnl -5.99999999
        ",
    );
    table(
        &[OneWay],
        "BUY 1 MARKET > tick 99 102 > BUY 1 MARKET > SELL 5 MARKET",
        "show 1 | LONG 2 at 101.5 margin 20.3 closed at 99 pnl -5
         show 3 | SHORT 3 at 99 margin 29.7 liquidation 107.91",
    );
}
