//! Tables: the bounds of what an order may ask for and trade at: worst acceptable prices, the steps
//! of an instrument, exits, balances, and the numbers of orders and positions.

use crate::scene::{ALL, Hedge, NETTING, OneWay, Separate, table};

#[test]
fn the_worst_acceptable_price_is_the_last_one_that_fills() {
    table(
        &ALL,
        "",
        "
        BUY 1 MARKET limit 101           | OPENED LONG 10.1 TAKER 1 at 101
        BUY 1 MARKET limit 101-          | PRICE_LIMIT_EXCEEDED | 1000 0 0
        SELL 1 MARKET limit 99           | OPENED SHORT 9.9 TAKER 1 at 99
        SELL 1 MARKET limit 99+          | PRICE_LIMIT_EXCEEDED | 1000 0 0
        BUY 1 MARKET limit 0             | INVALID_ORDER
        BUY 1 MARKET limit 101 slip 10   | INVALID_ORDER
        BUY 1 LIMIT at 90 limit 101      | INVALID_ORDER
        BUY 1 LIMIT at 90 slip 10        | INVALID_ORDER
        BUY 1 STOP when 110 at 112 limit 112       | INVALID_ORDER
        BUY 1 TAKE_PROFIT when 90 at 92 slip 10    | INVALID_ORDER
        BUY 1 STOP_MARKET when 110 limit 112 > tick 110 112  | OPENED LONG 11.2 TAKER 1 at 112
        BUY 1 STOP_MARKET when 110 limit 112 > tick 110 112+ | EXPIRED PRICE_LIMIT_EXCEEDED \
         | 1000 0 0
        BUY 1 STOP_MARKET when 110 limit 110- > tick 108 110 | EXPIRED PRICE_LIMIT_EXCEEDED
        SELL 1 STOP_MARKET when 90 limit 88 > tick 88 90     | OPENED SHORT 8.8 TAKER 1 at 88
        SELL 1 STOP_MARKET when 90 limit 88 > tick 88- 90    | EXPIRED PRICE_LIMIT_EXCEEDED
        BUY 1 TAKE_PROFIT_MARKET when 90 limit 90- > tick 88 90  | EXPIRED PRICE_LIMIT_EXCEEDED
        BUY 1 TAKE_PROFIT_MARKET when 90 limit 90- > tick 88 90- | OPENED LONG 9 TAKER 1 at 90-
        BUY 1 TRAILING_STOP_MARKET back 100 limit 103 > tick 101 103 \
         | OPENED LONG 10.3 TAKER 1 at 103
        BUY 1 TRAILING_STOP_MARKET back 100 limit 103 > tick 101 103+ \
         | EXPIRED PRICE_LIMIT_EXCEEDED | 1000 0 0
        ",
    );
    // The order of a position that expires leaves it open.
    table(
        &ALL,
        "BUY 2 MARKET",
        "
        SELL 0 STOP_MARKET when 95 close limit 94 > tick 94 96 \
         | CLOSED LONG STOP_LOSS TAKER 2 at 94 pnl -14
        SELL 0 STOP_MARKET when 95 close limit 94 > tick 94- 96 \
         | EXPIRED PRICE_LIMIT_EXCEEDED | 979.8 20.2 0
        ",
    );
}

#[test]
fn the_slippage_counts_from_the_quote_at_arrival_or_from_the_trigger() {
    table(
        &ALL,
        "",
        "
        # The reference of a market order is the quote at which it fills.
        BUY 1 MARKET slip 0                                 | OPENED LONG 10.1 TAKER 1 at 101
        BUY 1 MARKET slip 10000                             | OPENED LONG 10.1 TAKER 1 at 101
        BUY 1 MARKET slip 10001                             | INVALID_ORDER
        BUY 1 STOP_MARKET when 110 slip 0 > tick 108 110    | OPENED LONG 11 TAKER 1 at 110
        BUY 1 STOP_MARKET when 110 slip 0 > tick 108 110+   | EXPIRED PRICE_LIMIT_EXCEEDED
        BUY 1 STOP_MARKET when 110 slip 100 > tick 110 111.1  | OPENED LONG 11.11 TAKER 1 at 111.1
        BUY 1 STOP_MARKET when 110 slip 100 > tick 110 111.1+ | EXPIRED PRICE_LIMIT_EXCEEDED
        SELL 1 STOP_MARKET when 90 slip 100 > tick 89.1 91  | OPENED SHORT 8.91 TAKER 1 at 89.1
        SELL 1 STOP_MARKET when 90 slip 100 > tick 89.1- 91 | EXPIRED PRICE_LIMIT_EXCEEDED
        SELL 1 STOP_MARKET when 90 slip 10000 > tick 1 1.05 | OPENED SHORT 0.1 TAKER 1 at 1
        BUY 1 TAKE_PROFIT_MARKET when 90 slip 0 > tick 88 90        | OPENED LONG 9 TAKER 1 at 90
        SELL 1 TAKE_PROFIT_MARKET when 110 slip 0 > tick 111 112 | OPENED SHORT 11.1 TAKER 1 at 111
        # The distance is rounded down: 1 % of 110.00000099 is 1.10000000|99.
        BUY 1 STOP_MARKET when 110.00000099 slip 100 > tick 110 111.10000099 \
         | OPENED LONG 11.1100001 TAKER 1 at 111.10000099
        BUY 1 STOP_MARKET when 110.00000099 slip 100 > tick 110 111.100001 \
         | EXPIRED PRICE_LIMIT_EXCEEDED
        SELL 1 STOP_MARKET when 90.00000099 slip 100 > tick 89.10000099 91 \
         | OPENED SHORT 8.9100001 TAKER 1 at 89.10000099
        SELL 1 STOP_MARKET when 90.00000099 slip 100 > tick 89.10000098 91 \
         | EXPIRED PRICE_LIMIT_EXCEEDED
        # The trigger price of a trailing stop is its stop price: 102.01, and 1.0201 more.
        BUY 1 TRAILING_STOP_MARKET back 100 slip 100 > tick 101 103.0301 \
         | OPENED LONG 10.30301 TAKER 1 at 103.0301
        BUY 1 TRAILING_STOP_MARKET back 100 slip 100 > tick 101 103.0301+ \
         | EXPIRED PRICE_LIMIT_EXCEEDED
        SELL 1 TRAILING_STOP_MARKET back 100 slip 0 > tick 98.01 100 \
         | OPENED SHORT 9.801 TAKER 1 at 98.01
        SELL 1 TRAILING_STOP_MARKET back 100 slip 0 > tick 98.01- 100 \
         | EXPIRED PRICE_LIMIT_EXCEEDED
        ",
    );
}

#[test]
fn prices_quantities_and_values_keep_to_the_steps_of_the_instrument() {
    table(
        &ALL,
        "list tick 0.1 step 0.01 min 10",
        "
        BUY 1 LIMIT at 90.1                          | ACCEPTED 9.01
        BUY 1 LIMIT at 90.1+                         | PRICE_OFF_TICK
        BUY 1 LIMIT at 90.1-                         | PRICE_OFF_TICK
        BUY 1 STOP_MARKET when 110.1                 | ACCEPTED 11.01
        BUY 1 STOP_MARKET when 110.15                | PRICE_OFF_TICK
        BUY 1 STOP when 110.1 at 112.15              | PRICE_OFF_TICK
        BUY 1 TRAILING_STOP_MARKET when 95.05 back 10 | PRICE_OFF_TICK
        BUY 1 MARKET loss 95.1 gain 110.1            | OPENED LONG 10.1 TAKER 1 at 101
        BUY 1 MARKET loss 95.15                      | PRICE_OFF_TICK
        BUY 1 MARKET gain 110.15                     | PRICE_OFF_TICK
        # A worst acceptable price is a bound, and no price of an order.
        BUY 1 MARKET limit 101+                      | OPENED LONG 10.1 TAKER 1 at 101
        BUY 1.01 LIMIT at 90                         | ACCEPTED 9.09
        BUY 1.01+ LIMIT at 90                        | QUANTITY_OFF_STEP
        BUY 1.005 LIMIT at 90                        | QUANTITY_OFF_STEP
        BUY 1 LIMIT at 90 > amend 1 at 90.15         | PRICE_OFF_TICK
        BUY 1 LIMIT at 90 > amend 1 qty 1.005        | QUANTITY_OFF_STEP
        BUY 1 LIMIT at 90 > amend 1 qty 0.11         | BELOW_MIN_NOTIONAL
        # The value at the plan price.
        BUY 0.1 LIMIT at 100                         | ACCEPTED 1
        BUY 0.1 LIMIT at 99.9                        | BELOW_MIN_NOTIONAL
        BUY 0.1 MARKET                               | OPENED LONG 1.01 TAKER 0.1 at 101
        SELL 0.1 MARKET                              | BELOW_MIN_NOTIONAL
        BUY 0.1 STOP_MARKET when 101.1               | ACCEPTED 1.011
        BUY 0.1 STOP when 110 at 99.9                | BELOW_MIN_NOTIONAL
        BUY 0.1 STOP when 110 at 100                 | ACCEPTED 1
        BUY 0.1 TAKE_PROFIT when 90 at 100           | ACCEPTED 1
        BUY 0.1 TAKE_PROFIT_MARKET when 99.9         | BELOW_MIN_NOTIONAL
        BUY 0.1 TRAILING_STOP_MARKET back 10         | ACCEPTED 1.01
        SELL 0.1 TRAILING_STOP_MARKET back 10        | BELOW_MIN_NOTIONAL
        BUY 0.1 TRAILING_STOP_MARKET when 99.9 back 10 | BELOW_MIN_NOTIONAL
        ",
    );
    table(
        &ALL,
        "list min 10",
        "
        # The value is rounded down: 0.1 at 100- are worth 9.99999999|9.
        BUY 0.1 LIMIT at 100-                        | BELOW_MIN_NOTIONAL
        BUY 0.1+ LIMIT at 100-                       | ACCEPTED 1.0000001
        BUY 0.0990099 MARKET                         | BELOW_MIN_NOTIONAL
        BUY 0.09900991 MARKET                        | OPENED LONG 1.0000001 TAKER 0.09900991 at 101
        # An order that reduces may be as small as it likes.
        BUY 1 MARKET > SELL 0.00000001 MARKET reduce \
         | REDUCED LONG 1- at 101 margin 10.0999999 TAKER 0.00000001 at 99 pnl -0.00000002
        ",
    );
    table(
        &[Separate],
        "list step 0.01 min 10",
        "
        BUY 0.1 MARKET plain  | OPENED LONG 1.01
        SELL 0.1 MARKET plain | BELOW_MIN_NOTIONAL
        BUY 0.105 MARKET plain | QUANTITY_OFF_STEP
        ",
    );
}

#[test]
fn exits_of_an_immediate_order_are_beyond_the_quote() {
    // The stop-loss is worse than the closing price, and the take-profit better than the fill.
    table(
        &ALL,
        "",
        "
        BUY 1 MARKET loss 99-              | OPENED LONG 10.1 TAKER 1 at 101
        BUY 1 MARKET loss 99               | STOP_LOSS_WRONG_SIDE
        BUY 1 MARKET gain 101+             | OPENED LONG 10.1 TAKER 1 at 101
        BUY 1 MARKET gain 101              | TAKE_PROFIT_WRONG_SIDE
        SELL 1 MARKET loss 101+            | OPENED SHORT 9.9 TAKER 1 at 99
        SELL 1 MARKET loss 101             | STOP_LOSS_WRONG_SIDE
        SELL 1 MARKET gain 99-             | OPENED SHORT 9.9 TAKER 1 at 99
        SELL 1 MARKET gain 99              | TAKE_PROFIT_WRONG_SIDE
        BUY 1 LIMIT at 105 loss 99-        | OPENED LONG 10.1 TAKER 1 at 101
        BUY 1 LIMIT at 105 loss 99         | STOP_LOSS_WRONG_SIDE
        BUY 1 LIMIT at 105 gain 101        | TAKE_PROFIT_WRONG_SIDE
        ",
    );
}

#[test]
fn exits_of_a_resting_order_are_beyond_its_plan_price() {
    table(
        &ALL,
        "",
        "
        BUY 1 LIMIT at 90 loss 90-         | ACCEPTED 9
        BUY 1 LIMIT at 90 loss 90          | STOP_LOSS_WRONG_SIDE
        BUY 1 LIMIT at 90 gain 90+         | ACCEPTED 9
        BUY 1 LIMIT at 90 gain 90          | TAKE_PROFIT_WRONG_SIDE
        SELL 1 LIMIT at 110 loss 110+      | ACCEPTED 11
        SELL 1 LIMIT at 110 loss 110       | STOP_LOSS_WRONG_SIDE
        SELL 1 LIMIT at 110 gain 110-      | ACCEPTED 11
        SELL 1 LIMIT at 110 gain 110       | TAKE_PROFIT_WRONG_SIDE
        BUY 1 STOP_MARKET when 110 loss 110-               | ACCEPTED 11
        BUY 1 STOP_MARKET when 110 loss 110                | STOP_LOSS_WRONG_SIDE
        BUY 1 STOP when 110 at 112 loss 112-               | ACCEPTED 11.2
        BUY 1 STOP when 110 at 112 gain 112                | TAKE_PROFIT_WRONG_SIDE
        BUY 1 TAKE_PROFIT_MARKET when 90 gain 90           | TAKE_PROFIT_WRONG_SIDE
        BUY 1 TAKE_PROFIT when 90 at 88 gain 88+           | ACCEPTED 8.8
        BUY 1 TRAILING_STOP_MARKET back 100 loss 101-      | ACCEPTED 10.1
        BUY 1 TRAILING_STOP_MARKET back 100 loss 101       | STOP_LOSS_WRONG_SIDE
        BUY 1 TRAILING_STOP_MARKET when 95 back 100 gain 95 | TAKE_PROFIT_WRONG_SIDE
        # They become the position's.
        BUY 1 LIMIT at 90 loss 85 gain 95 > tick 88 90 > tick 85+ 87 | nothing
        BUY 1 LIMIT at 90 loss 85 gain 95 > tick 88 90 > tick 85 87 \
         | CLOSED LONG STOP_LOSS at 85 pnl -5
        BUY 1 LIMIT at 90 loss 85 gain 95 > tick 88 90 > tick 95 97 \
         | CLOSED LONG TAKE_PROFIT at 95 pnl 5
        BUY 1 LIMIT at 90 loss 89 > tick 88 90 \
         | OPENED LONG 9 MAKER 1 at 90, CLOSED LONG STOP_LOSS at 88 pnl -2 | 998 0 0
        ",
    );
}

#[test]
fn only_in_mode_separate_is_a_stop_loss_before_the_liquidation_price() {
    // A long of 101 is liquidated at 91.91, one of 90 at 81.9, and a short of 99 at 107.91.
    table(
        &[Separate],
        "",
        "
        BUY 1 MARKET loss 91.91+       | OPENED LONG 10.1 TAKER 1 at 101
        BUY 1 MARKET loss 91.91        | STOP_LOSS_BEYOND_LIQUIDATION
        SELL 1 MARKET loss 107.91-     | OPENED SHORT 9.9 TAKER 1 at 99
        SELL 1 MARKET loss 107.91      | STOP_LOSS_BEYOND_LIQUIDATION
        BUY 1 LIMIT at 90 loss 81.9+   | ACCEPTED 9
        BUY 1 LIMIT at 90 loss 81.9    | STOP_LOSS_BEYOND_LIQUIDATION
        ",
    );
    // Where fills share a position, the next one moves the liquidation price.
    table(
        &NETTING,
        "",
        "
        BUY 1 MARKET loss 91.91        | OPENED LONG 10.1 TAKER 1 at 101
        SELL 1 MARKET loss 107.91      | OPENED SHORT 9.9 TAKER 1 at 99
        BUY 1 LIMIT at 90 loss 81.9    | ACCEPTED 9
        BUY 1 MARKET loss 95 > BUY 1 MARKET gain 120 > tick 95 97 \
         | CLOSED LONG STOP_LOSS at 95 pnl -12
        BUY 1 MARKET loss 95 > BUY 1 MARKET loss 97 > tick 97 98 \
         | CLOSED LONG STOP_LOSS at 97 pnl -8
        BUY 1 MARKET loss 95 > BUY 1 MARKET loss 94 > tick 95 97 | nothing
        ",
    );
}

#[test]
fn an_order_costs_at_most_the_balance() {
    table(
        &ALL,
        "",
        "
        # ⌈99.00990099 × 10.1⌉ = ⌈999.99999999|9⌉.
        BUY 99.00990099 MARKET              | OPENED LONG 1000 TAKER 99.00990099 at 101 | 0 1000 0
        BUY 99.009901 MARKET                | INSUFFICIENT_BALANCE
        BUY 100 LIMIT at 100                | ACCEPTED 1000 | 0 0 1000
        BUY 100+ LIMIT at 100               | INSUFFICIENT_BALANCE
        BUY 100 LIMIT at 100+               | INSUFFICIENT_BALANCE
        # Its own reserve counts when it is amended.
        BUY 100 LIMIT at 100 > amend 1 at 99 qty 101        | AMENDED 101 999.9 | 0.1 0 999.9
        BUY 100 LIMIT at 100 > amend 1 at 99 qty 101.01010101 \
         | AMENDED 101.01010101 1000 | 0 0 1000
        BUY 100 LIMIT at 100 > amend 1 at 99 qty 101.01010102  | INSUFFICIENT_BALANCE
        # And when it fills at a worse price than planned: 90 × 111.11111111 / 10 = 999.99999999.
        BUY 90 STOP_MARKET when 110 > tick 108 111.11111111 \
         | OPENED LONG 999.99999999 TAKER 90 at 111.11111111 | 0.00000001 999.99999999 0
        BUY 90 STOP_MARKET when 110 > tick 108 111.11111112 \
         | EXPIRED INSUFFICIENT_BALANCE | 1000 0 0
        # What is rounded up from less than one unit would be free.
        BUY 0.00000001 LIMIT at 10          | ACCEPTED 0.00000001
        BUY 0.00000001 LIMIT at 10-         | QUANTITY_TOO_SMALL
        BUY 92233720368.54775807 LIMIT at 1 | INSUFFICIENT_BALANCE
        BUY 92233720368.54775808 LIMIT at 1 | AMOUNT_OUT_OF_RANGE
        BUY 92233720368 LIMIT at 90         | AMOUNT_OUT_OF_RANGE
        BUY 0 LIMIT at 90                   | INVALID_QUANTITY
        BUY -1 LIMIT at 90                  | INVALID_QUANTITY
        ",
    );
}

#[test]
fn a_resting_order_expires_for_what_its_fill_price_makes_of_it() {
    table(
        &ALL,
        "",
        "
        # One unit at 90 has a margin of 9 units, at 10 of one, and below of none.
        SELL 0.00000001 STOP_MARKET when 90 > tick 10 10.5 \
         | OPENED SHORT 0.00000001 TAKER 0.00000001 at 10
        SELL 0.00000001 STOP_MARKET when 90 > tick 10- 10.5 | EXPIRED QUANTITY_TOO_SMALL | 1000 0 0
        # A short is liquidated at 9 % above its entry, which must fit in 64 bits.
        SELL 0.00000001 LIMIT at 84618092081.2364753 > tick 84618092081.2364753 84618092082 \
         | OPENED SHORT 84.61809209 MAKER 0.00000001 at 84618092081.2364753
        SELL 0.00000001 LIMIT at 84618092081.23647531 > tick 84618092081.23647531 84618092082 \
         | EXPIRED AMOUNT_OUT_OF_RANGE | 1000 0 0
        ",
    );
    // Two fills make a position whose quantity does not fit.
    table(
        &NETTING,
        "adjust 20000000000 > leverage 5 > BUY 50000000000 LIMIT at 1",
        "
        BUY 42233720368.54775807 LIMIT at 1 > tick 1- 1 \
         | OPENED LONG 10000000000 MAKER 50000000000 at 1, \
         INCREASED LONG 92233720368.54775807 at 1 margin 18446744073.70955162 \
         MAKER 42233720368.54775807 at 1
        BUY 42233720368.54775808 LIMIT at 1 > tick 1- 1 \
         | OPENED LONG 10000000000 MAKER 50000000000 at 1, EXPIRED AMOUNT_OUT_OF_RANGE
        ",
    );
    // Of a reversal, the part that opens may be too small; then nothing is closed either.
    table(
        &[OneWay],
        "adjust 200 > BUY 1 MARKET > margin 1 900",
        "
        SELL 1+ STOP_MARKET when 90 > tick 10 10.5 | CLOSED LONG STOP_LOSS TAKER 1 at 10 pnl -91, \
         OPENED SHORT 0.00000001 TAKER 0.00000001 at 10
        SELL 1+ STOP_MARKET when 90 > tick 10- 10.5 | EXPIRED QUANTITY_TOO_SMALL
        ",
    );
}

#[test]
fn the_numbers_of_orders_and_positions_are_limited() {
    table(
        &ALL,
        "orders 2 > BUY 1 LIMIT at 90",
        "
        BUY 1 LIMIT at 89                                | ACCEPTED 8.9
        BUY 1 LIMIT at 89 > BUY 1 LIMIT at 88            | TOO_MANY_ORDERS
        BUY 1 LIMIT at 89 > SELL 1 STOP_MARKET when 88   | TOO_MANY_ORDERS
        BUY 1 LIMIT at 89 > BUY 1 MARKET                 | OPENED LONG 10.1 TAKER 1 at 101
        BUY 1 LIMIT at 89 > BUY 1 LIMIT at 88 IOC        | EXPIRED NOT_MARKETABLE
        BUY 1 LIMIT at 89 > amend 1 at 88                | AMENDED 1 8.8
        BUY 1 LIMIT at 89 > cancel 1 > BUY 1 LIMIT at 88 | ACCEPTED 8.8
        orders 1 > BUY 1 LIMIT at 89                     | TOO_MANY_ORDERS
        orders 1 > amend 1 at 88                         | AMENDED 1 8.8
        orders 0 > BUY 1 MARKET                          | OPENED LONG 10.1 TAKER 1 at 101
        ",
    );
    let orders = |count: usize| vec!["BUY 0.001 LIMIT at 90"; count].join(" > ");
    table(&ALL, &orders(199), "BUY 1 LIMIT at 90 | ACCEPTED 9");
    table(&ALL, &orders(200), "BUY 1 LIMIT at 90 | TOO_MANY_ORDERS");
    table(
        &[Separate],
        "positions 2 > BUY 1 MARKET",
        "
        # Liquidations come before fills.
        BUY 1 MARKET > BUY 1 LIMIT at 90 > tick 88 90 | CLOSED LONG MARGIN_CALL at 88 pnl -10.1, \
         CLOSED LONG MARGIN_CALL at 88 pnl -10.1, OPENED LONG 9 MAKER 1 at 90
        BUY 1 LIMIT at 100 > BUY 1 LIMIT at 99.5 > tick 98 99 \
         | OPENED LONG 10 MAKER 1 at 100, EXPIRED TOO_MANY_POSITIONS
        BUY 1 MARKET > BUY 1 MARKET    | TOO_MANY_POSITIONS
        ",
    );
    table(
        &[Hedge],
        "positions 1 > BUY 1 MARKET",
        "
        BUY 1 MARKET                     | INCREASED LONG 2 at 101 margin 20.2 TAKER 1 at 101
        SELL 1 MARKET                    | TOO_MANY_POSITIONS
        SELL 1 LIMIT at 105              | ACCEPTED 10.5
        SELL 1 LIMIT at 105 > tick 105 107 | EXPIRED TOO_MANY_POSITIONS
        ",
    );
}

#[test]
fn a_pause_refuses_what_opens() {
    table(
        &ALL,
        "BUY 1 MARKET > BUY 1 LIMIT at 95 > SELL 1 LIMIT at 105 reduce > pause",
        "
        BUY 1 MARKET                       | TRADING_PAUSED
        BUY 1 LIMIT at 90                  | TRADING_PAUSED
        SELL 1 MARKET reduce | CLOSED LONG MANUAL TAKER 1 at 99 pnl -2, EXPIRED POSITION_CLOSED
        SELL 1 LIMIT at 106 reduce         | ACCEPTED 0
        amend 2 at 94                      | TRADING_PAUSED
        amend 3 at 106                     | AMENDED 1 0
        cancel 2                           | CANCELED
        tick 93 95                         | EXPIRED TRADING_PAUSED
        tick 105 107                       | CLOSED LONG MANUAL MAKER 1 at 105 pnl 4
        resume > amend 2 at 94             | AMENDED 1 9.4
        ",
    );
}
