//! Tables: amendments of resting orders at their bounds, and the order in which one tick serves
//! what it reaches.

use crate::scene::{ALL, OneWay, Separate, table};

#[test]
fn an_amended_order_meets_what_a_new_one_would() {
    table(
        &ALL,
        "BUY 1 LIMIT at 90 gain 100.5",
        "
        amend 1 at 91               | AMENDED 1 9.1                        | 990.9 0 9.1
        amend 1 qty 2               | AMENDED 2 18                         | 982 0 18
        amend 1 at 100.5-           | AMENDED 1 10.05
        amend 1 at 90 qty 1         | repeated
        amend 1                     | repeated
        amend 1 at 0                | INVALID_ORDER
        amend 1 qty 0               | INVALID_QUANTITY
        amend 1 when 95             | INVALID_ORDER
        amend 1 back 100            | INVALID_ORDER
        amend 2 at 91               | ORDER_NOT_FOUND
        cancel 1 > amend 1 at 91    | ORDER_ALREADY_DONE
        tick 88 90 > amend 1 at 91  | ORDER_ALREADY_DONE
        # Its exits are checked against its new price, whether it fills at once or rests.
        amend 1 at 101              | TAKE_PROFIT_WRONG_SIDE               | 991 0 9
        amend 1 at 100.5            | TAKE_PROFIT_WRONG_SIDE               | 991 0 9
        amend 1 qty 2 at 100.5      | TAKE_PROFIT_WRONG_SIDE               | 991 0 9
        ",
    );
    table(
        &ALL,
        "",
        "
        BUY 1 LIMIT at 90 > amend 1 at 101     | OPENED LONG 10.1 TAKER 1 at 101 | 989.9 10.1 0
        BUY 1 LIMIT at 90 GTX > amend 1 at 101 | WOULD_TAKE
        BUY 1 LIMIT at 90 GTX > amend 1 at 101- | AMENDED 1 10.1
        BUY 1 LIMIT at 90 loss 85 > amend 1 at 85+ | AMENDED 1 8.5+
        BUY 1 LIMIT at 90 loss 85 > amend 1 at 85  | STOP_LOSS_WRONG_SIDE | 991 0 9
        SELL 1 LIMIT at 110 loss 115 > amend 1 at 115- | AMENDED 1 11.5
        SELL 1 LIMIT at 110 loss 115 > amend 1 at 115  | STOP_LOSS_WRONG_SIDE
        SELL 1 LIMIT at 110 gain 105 > amend 1 at 105+ | AMENDED 1 10.5+
        SELL 1 LIMIT at 110 gain 105 > amend 1 at 105  | TAKE_PROFIT_WRONG_SIDE
        BUY 1 STOP_MARKET when 110 loss 105 > amend 1 when 105+ | AMENDED 1 10.5+
        BUY 1 STOP_MARKET when 110 loss 105 > amend 1 when 105  | STOP_LOSS_WRONG_SIDE
        BUY 1 STOP when 110 at 112 loss 105 > amend 1 at 105    | STOP_LOSS_WRONG_SIDE
        BUY 1 STOP when 110 at 112 loss 105 > amend 1 when 104  | AMENDED 1 11.2
        BUY 1 STOP_MARKET when 110 > amend 1 when 101+       | AMENDED 1 10.1+
        BUY 1 STOP_MARKET when 110 > amend 1 when 101        | WOULD_TRIGGER
        BUY 1 STOP_MARKET when 110 > amend 1 at 110          | INVALID_ORDER
        BUY 1 TAKE_PROFIT_MARKET when 90 > amend 1 when 101- | AMENDED 1 10.1
        BUY 1 TAKE_PROFIT_MARKET when 90 > amend 1 when 101  | WOULD_TRIGGER
        BUY 1 STOP when 110 at 112 IOC > amend 1 at 113      | AMENDED 1 11.3
        # An activated order is a limit order, whose trigger is past.
        BUY 1 STOP when 110 at 105 > tick 108 110 > amend 1 when 111  | INVALID_ORDER
        BUY 1 STOP when 110 at 105 > tick 108 110 > amend 1 at 110-   | AMENDED 1 11
        BUY 1 STOP when 110 at 105 > tick 108 110 > amend 1 at 110 \
         | OPENED LONG 11 TAKER 1 at 110 | 989 11 0
        BUY 1 STOP when 110 at 105 GTX > tick 108 110 > amend 1 at 110 | WOULD_TAKE
        ",
    );
}

#[test]
fn an_amended_trailing_stop_keeps_its_peak() {
    // The peak is 101, and the stop price with 1 % 102.01, with 0.99 % 101.9999.
    table(
        &ALL,
        "BUY 1 TRAILING_STOP_MARKET back 100",
        "
        amend 1 back 9                             | INVALID_ORDER
        amend 1 back 10                            | AMENDED 1 10.1
        amend 1 back 1000                          | AMENDED 1 10.1
        amend 1 back 1001                          | INVALID_ORDER
        amend 1 when 95                            | INVALID_ORDER
        tick 100 101.9999- > amend 1 back 99       | AMENDED 1 10.19999
        tick 100 101.9999 > amend 1 back 99        | WOULD_TRIGGER
        tick 100 102 > amend 1 back 200            | AMENDED 1 10.2
        tick 100 102 > amend 1 back 200 > tick 102 103.02-  | nothing
        tick 100 102 > amend 1 back 200 > tick 102 103.02 \
         | OPENED LONG 10.302 TAKER 1 at 103.02
        ",
    );
    table(
        &ALL,
        "BUY 1 TRAILING_STOP_MARKET when 95 back 100",
        "
        amend 1 when 96                            | AMENDED 1 9.6
        amend 1 when 101-                          | AMENDED 1 10.1
        amend 1 when 101                           | WOULD_TRIGGER
        amend 1 back 10 > tick 93 95 > tick 94 95.095-      | nothing
        amend 1 back 10 > tick 93 95 > tick 94 95.095       | OPENED LONG 9.5095 TAKER 1 at 95.095
        tick 93 95 > amend 1 when 96               | INVALID_ORDER
        ",
    );
}

#[test]
fn one_tick_serves_reducing_before_opening_orders_longs_before_shorts_and_near_prices_first() {
    table(
        &[Separate],
        "",
        "
        BUY 1 LIMIT at 95 > BUY 1 LIMIT at 96 > tick 93 95 \
         | OPENED LONG 9.6 MAKER 1 at 96, OPENED LONG 9.5 MAKER 1 at 95
        SELL 1 LIMIT at 105 > SELL 1 LIMIT at 104 > tick 105 107 \
         | OPENED SHORT 10.4 MAKER 1 at 104, OPENED SHORT 10.5 MAKER 1 at 105
        SELL 1 LIMIT at 104 > BUY 1 STOP_MARKET when 106 > tick 106 106 \
         | OPENED LONG 10.6 TAKER 1 at 106, OPENED SHORT 10.4 MAKER 1 at 104
        # Of equal prices the older goes first, and an amended order is as old as its amendment.
        BUY 1 LIMIT at 95 > BUY 2 LIMIT at 95 > tick 93 95 \
         | OPENED LONG 9.5 MAKER 1 at 95, OPENED LONG 19 MAKER 2 at 95
        BUY 1 LIMIT at 95 > BUY 2 LIMIT at 95 > amend 1 qty 0.5 > tick 93 95 \
         | OPENED LONG 19 MAKER 2 at 95, OPENED LONG 4.75 MAKER 0.5 at 95
        # What is activated keeps its place.
        BUY 1 STOP when 103 at 95 > BUY 2 LIMIT at 95 > tick 101 103 > tick 93 95 \
         | OPENED LONG 9.5 MAKER 1 at 95, OPENED LONG 19 MAKER 2 at 95
        BUY 1 MARKET > SELL 1 LIMIT at 104 > SELL 1 LIMIT at 105 reduce > tick 105 107 \
         | CLOSED LONG MANUAL MAKER 1 at 105 pnl 4, OPENED SHORT 10.4 MAKER 1 at 104
        # The take-profit of a position comes before orders that reduce it, its stop-loss before both.
        BUY 1 MARKET gain 105 > SELL 1 LIMIT at 104 reduce > tick 106 108 \
         | CLOSED LONG TAKE_PROFIT at 106 pnl 5, EXPIRED POSITION_CLOSED
        BUY 1 MARKET loss 95 > SELL 0 STOP_MARKET when 96 close > tick 94 96 \
         | CLOSED LONG STOP_LOSS at 94 pnl -7, EXPIRED POSITION_CLOSED
        # The time of an order comes before everything.
        BUY 1 MARKET > SELL 1 LIMIT at 120 reduce GTD until 1 > tick 91 93 \
         | EXPIRED TIME, CLOSED LONG MARGIN_CALL at 91 pnl -10
        ",
    );
    table(
        &[OneWay],
        "",
        "
        BUY 1 STOP_MARKET when 106 > SELL 2 LIMIT at 104 > tick 106 106 \
         | OPENED LONG 10.6 TAKER 1 at 106, CLOSED LONG MANUAL MAKER 1 at 104 pnl -2, \
         OPENED SHORT 10.4 MAKER 1 at 104
        ",
    );
}
