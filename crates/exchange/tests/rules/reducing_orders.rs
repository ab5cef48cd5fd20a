//! Tables: orders that reduce or close a position, and what its end or its reduction does to them.

use crate::scene::{ALL, Hedge, NETTING, OneWay, Separate, table};

/// A long of 2 at 101 with a margin of 20.2: 979.8 are free.
const LONG: &str = "BUY 2 MARKET";
/// A short of 2 at 99 with a margin of 19.8: 980.2 are free.
const SHORT: &str = "SELL 2 MARKET";

#[test]
fn a_reducing_order_reserves_nothing_and_takes_at_most_the_position() {
    table(
        &ALL,
        LONG,
        "
        SELL 1 MARKET reduce | REDUCED LONG 1 at 101 margin 10.1 TAKER 1 at 99 pnl -2 | 987.9 10.1 0
        SELL 2- MARKET reduce \
         | REDUCED LONG 0.00000001 at 101 margin 0.00000011 TAKER 2- at 99 pnl -3.99999998 \
         | 995.99999991 0.00000011 0
        SELL 2 MARKET reduce      | CLOSED LONG MANUAL TAKER 2 at 99 pnl -4         | 996 0 0
        SELL 2+ MARKET reduce     | CLOSED LONG MANUAL TAKER 2 at 99 pnl -4         | 996 0 0
        SELL 0 MARKET close       | CLOSED LONG MANUAL TAKER 2 at 99 pnl -4         | 996 0 0
        SELL 1 LIMIT at 99 reduce | REDUCED LONG 1 at 101 margin 10.1 TAKER 1 at 99 pnl -2
        SELL 1 LIMIT at 99 reduce GTX  | WOULD_TAKE
        SELL 1 LIMIT at 99+ reduce IOC | EXPIRED NOT_MARKETABLE
        SELL 1 LIMIT at 110 reduce     | ACCEPTED 0 | 979.8 20.2 0
        SELL 1 LIMIT at 110 reduce > tick 110- 112 | nothing
        SELL 1 LIMIT at 110 reduce > tick 110 112 \
         | REDUCED LONG 1 at 101 margin 10.1 MAKER 1 at 110 pnl 9 | 998.9 10.1 0
        SELL 3 LIMIT at 110 reduce > tick 111 113 \
         | CLOSED LONG MANUAL MAKER 2 at 110 pnl 18 | 1018 0 0
        # It needs a position of the other side, and no leverage.
        BUY 1 LIMIT at 90 reduce | WOULD_NOT_REDUCE
        BUY 0 MARKET close       | WOULD_NOT_REDUCE
        SELL 0 MARKET reduce     | INVALID_QUANTITY
        # Exits belong to orders that open.
        SELL 1 MARKET reduce loss 90  | INVALID_ORDER
        SELL 1 MARKET reduce gain 110 | INVALID_ORDER
        ",
    );
    table(
        &ALL,
        SHORT,
        "
        BUY 1 MARKET reduce | REDUCED SHORT 1 at 99 margin 9.9 TAKER 1 at 101 pnl -2 | 988.1 9.9 0
        BUY 2 MARKET reduce | CLOSED SHORT MANUAL TAKER 2 at 101 pnl -4              | 996 0 0
        BUY 0 MARKET close  | CLOSED SHORT MANUAL TAKER 2 at 101 pnl -4              | 996 0 0
        BUY 3 LIMIT at 90 reduce > tick 88 90+ | nothing
        BUY 3 LIMIT at 90 reduce > tick 88 90 \
         | CLOSED SHORT MANUAL MAKER 2 at 90 pnl 18 | 1018 0 0
        SELL 1 MARKET reduce | WOULD_NOT_REDUCE
        ",
    );
}

#[test]
fn an_order_that_closes_its_position_does_so_for_the_reason_of_its_kind() {
    table(
        &ALL,
        LONG,
        "
        SELL 0 STOP_MARKET when 95 close > tick 95+ 97 | nothing
        SELL 0 STOP_MARKET when 95 close > tick 95 97 \
         | CLOSED LONG STOP_LOSS TAKER 2 at 95 pnl -12 | 988 0 0
        SELL 0 STOP_MARKET when 95 close > tick 94 97 \
         | CLOSED LONG STOP_LOSS TAKER 2 at 94 pnl -14 | 986 0 0
        SELL 0 TAKE_PROFIT_MARKET when 110 close > tick 110- 112 | nothing
        SELL 0 TAKE_PROFIT_MARKET when 110 close > tick 110 112 \
         | CLOSED LONG TAKE_PROFIT TAKER 2 at 110 pnl 18 | 1018 0 0
        SELL 0 TRAILING_STOP_MARKET back 100 close > tick 98.01+ 100 | nothing
        SELL 0 TRAILING_STOP_MARKET back 100 close > tick 98.01 100 \
         | CLOSED LONG STOP_LOSS TAKER 2 at 98.01 pnl -5.98
        SELL 2 STOP when 95 at 94 reduce > tick 95 97 \
         | CLOSED LONG STOP_LOSS TAKER 2 at 95 pnl -12
        SELL 2 STOP when 95 at 96 reduce > tick 95 97 > tick 96 98 \
         | CLOSED LONG STOP_LOSS MAKER 2 at 96 pnl -10
        SELL 2 TAKE_PROFIT when 110 at 108 reduce > tick 110 112 \
         | CLOSED LONG TAKE_PROFIT TAKER 2 at 110 pnl 18
        SELL 2 TAKE_PROFIT when 110 at 111 reduce > tick 110 112 > tick 112 114 \
         | CLOSED LONG TAKE_PROFIT MAKER 2 at 111 pnl 20
        SELL 0 LIMIT at 110 close              | INVALID_ORDER
        SELL 0 STOP when 95 at 94 close        | INVALID_ORDER
        SELL 0 TAKE_PROFIT when 110 at 109 close | INVALID_ORDER
        SELL 1 MARKET close                    | INVALID_ORDER
        SELL 0 MARKET close share 5000         | INVALID_ORDER
        SELL 0 STOP_MARKET when 95 close > amend 2 qty 1   | INVALID_ORDER
        SELL 0 STOP_MARKET when 95 close > amend 2 when 96 | AMENDED 0 0
        ",
    );
    table(
        &ALL,
        SHORT,
        "
        BUY 0 STOP_MARKET when 105 close > tick 103 105- | nothing
        BUY 0 STOP_MARKET when 105 close > tick 103 105 \
         | CLOSED SHORT STOP_LOSS TAKER 2 at 105 pnl -12 | 988 0 0
        BUY 0 TAKE_PROFIT_MARKET when 90 close > tick 88 90+ | nothing
        BUY 0 TAKE_PROFIT_MARKET when 90 close > tick 88 90 \
         | CLOSED SHORT TAKE_PROFIT TAKER 2 at 90 pnl 18 | 1018 0 0
        BUY 0 TRAILING_STOP_MARKET when 95 back 100 close > tick 93 95 > tick 94 95.95 \
         | CLOSED SHORT STOP_LOSS TAKER 2 at 95.95 pnl 6.1
        ",
    );
}

#[test]
fn liquidation_comes_before_stop_orders_and_takes_the_orders_with_it() {
    // The long is liquidated at 101 - 9.09 = 91.91 and the short at 99 + 8.91 = 107.91.
    table(
        &ALL,
        LONG,
        "
        SELL 0 STOP_MARKET when 95 close > tick 91.91+ 94 \
         | CLOSED LONG STOP_LOSS TAKER 2 at 91.91+ pnl -18.17999998
        SELL 0 STOP_MARKET when 95 close > tick 91.91 94 \
         | CLOSED LONG MARGIN_CALL at 91.91 pnl -18.18, EXPIRED POSITION_CLOSED | 981.82 0 0
        SELL 1 LIMIT at 110 reduce > SELL 0 STOP_MARKET when 95 close > tick 91 94 \
         | CLOSED LONG MARGIN_CALL at 91 pnl -20, EXPIRED POSITION_CLOSED, EXPIRED POSITION_CLOSED
        SELL 1 LIMIT at 110 reduce > exit 1    | CLOSED LONG MANUAL at 99 pnl -4, \
         EXPIRED POSITION_CLOSED | 996 0 0
        SELL 1 LIMIT at 110 reduce > exits     | CLOSED LONG MANUAL at 99 pnl -4, \
         EXPIRED POSITION_CLOSED | 996 0 0
        SELL 1 LIMIT at 110 reduce > SELL 2 MARKET reduce \
         | CLOSED LONG MANUAL TAKER 2 at 99 pnl -4, EXPIRED POSITION_CLOSED
        ",
    );
    table(
        &ALL,
        SHORT,
        "
        BUY 0 STOP_MARKET when 105 close > tick 105 107.91- \
         | CLOSED SHORT STOP_LOSS TAKER 2 at 107.91- pnl -17.81999998
        BUY 0 STOP_MARKET when 105 close > tick 105 107.91 \
         | CLOSED SHORT MARGIN_CALL at 107.91 pnl -17.82, EXPIRED POSITION_CLOSED | 982.18 0 0
        ",
    );
}

#[test]
fn a_reduced_position_shrinks_the_orders_that_exceed_it() {
    table(
        &ALL,
        LONG,
        "
        SELL 2 LIMIT at 110 reduce > SELL 1.2 MARKET reduce \
         | REDUCED LONG 0.8 at 101 margin 8.08 TAKER 1.2 at 99 pnl -2.4, AMENDED 0.8 0
        SELL 0.8 LIMIT at 110 reduce > SELL 1.2 MARKET reduce \
         | REDUCED LONG 0.8 at 101 margin 8.08 TAKER 1.2 at 99 pnl -2.4
        SELL 0.8+ LIMIT at 110 reduce > SELL 1.2 MARKET reduce \
         | REDUCED LONG 0.8 at 101 margin 8.08 TAKER 1.2 at 99 pnl -2.4, AMENDED 0.8 0
        # Orders that close the whole are as large as the position.
        SELL 0 STOP_MARKET when 95 close > SELL 1.2 MARKET reduce \
         | REDUCED LONG 0.8 at 101 margin 8.08 TAKER 1.2 at 99 pnl -2.4
        SELL 0 STOP_MARKET when 95 close > SELL 1.2 MARKET reduce > tick 95 97 \
         | CLOSED LONG STOP_LOSS TAKER 0.8 at 95 pnl -4.8
        # Two brackets of which the first to fill takes the other's position.
        SELL 2 LIMIT at 110 reduce > SELL 2 STOP_MARKET when 95 reduce > tick 110 112 \
         | CLOSED LONG MANUAL MAKER 2 at 110 pnl 18, EXPIRED POSITION_CLOSED
        SELL 2 LIMIT at 110 reduce > SELL 2 STOP_MARKET when 95 reduce > tick 95 97 \
         | CLOSED LONG STOP_LOSS TAKER 2 at 95 pnl -12, EXPIRED POSITION_CLOSED
        SELL 1 LIMIT at 110 reduce > SELL 1 LIMIT at 109 reduce > tick 110 112 \
         | REDUCED LONG 1 at 101 margin 10.1 MAKER 1 at 109 pnl 8, \
         CLOSED LONG MANUAL MAKER 1 at 110 pnl 9 | 1017 0 0
        # An amendment asks for at most the position.
        SELL 1 LIMIT at 110 reduce > amend 2 qty 3 | AMENDED 2 0
        SELL 2 LIMIT at 110 reduce > amend 2 qty 3 | repeated
        ",
    );
}

#[test]
fn a_share_of_a_position_is_rounded_down() {
    table(
        &ALL,
        LONG,
        "
        SELL 0 MARKET reduce share 0     | INVALID_ORDER
        SELL 0 MARKET reduce share 1 \
         | REDUCED LONG 1.9998 at 101 margin 20.19798 TAKER 0.0002 at 99 pnl -0.0004
        SELL 0 MARKET reduce share 9999 \
         | REDUCED LONG 0.0002 at 101 margin 0.00202 TAKER 1.9998 at 99 pnl -3.9996
        SELL 0 MARKET reduce share 10000 | CLOSED LONG MANUAL TAKER 2 at 99 pnl -4 | 996 0 0
        SELL 0 MARKET reduce share 10001 | INVALID_ORDER
        SELL 1 MARKET reduce share 5000  | INVALID_ORDER
        SELL 0 LIMIT at 110 reduce share 5000        | INVALID_ORDER
        SELL 0 STOP_MARKET when 95 reduce share 5000 | INVALID_ORDER
        # With a step of 0.01, 0.5 % of 2 are the least that can be closed.
        list step 0.01 > SELL 0 MARKET reduce share 49 | INVALID_QUANTITY
        list step 0.01 > SELL 0 MARKET reduce share 50 \
         | REDUCED LONG 1.99 at 101 margin 20.099 TAKER 0.01 at 99 pnl -0.02
        list step 0.01 > SELL 0 MARKET reduce share 99 \
         | REDUCED LONG 1.99 at 101 margin 20.099 TAKER 0.01 at 99 pnl -0.02
        ",
    );
    // One unit less than 0.0001 has no ten-thousandth.
    table(
        &ALL,
        "BUY 0.00009999 MARKET",
        "
        SELL 0 MARKET reduce share 1     | INVALID_QUANTITY
        SELL 0 MARKET reduce share 2     | REDUCED LONG 0.00009998 at 101 margin 0.0010098 \
         TAKER 0.00000001 at 99 pnl -0.00000002
        ",
    );
}

#[test]
fn the_margin_that_a_part_releases_is_rounded_down() {
    // A third of 30.30000001 is 10.10000000|33.
    table(
        &ALL,
        "BUY 3 MARKET > margin 1 0.00000001",
        "
        show 1               | LONG 3 at 101 margin 30.30000001 liquidation 91.91
        SELL 1 MARKET reduce | REDUCED LONG 2 at 101 margin 20.20000001 TAKER 1 at 99 pnl -2
        SELL 2 MARKET reduce | REDUCED LONG 1 at 101 margin 10.10000001 TAKER 2 at 99 pnl -4
        SELL 1 MARKET reduce > SELL 1 MARKET reduce \
         | REDUCED LONG 1 at 101 margin 10.10000001 TAKER 1 at 99 pnl -2
        SELL 1 MARKET reduce > SELL 2 MARKET reduce \
         | CLOSED LONG MANUAL TAKER 2 at 99 pnl -4 | 994 0 0
        # Half of a unit of gain is nothing, and of loss a unit.
        tick 101+ 102 > SELL 0.5 MARKET reduce \
         | REDUCED LONG 2.5 at 101 margin 25.25000001 TAKER 0.5 at 101+
        tick 101- 102 > SELL 0.5 MARKET reduce \
         | REDUCED LONG 2.5 at 101 margin 25.25000001 TAKER 0.5 at 101- pnl -0.00000001
        ",
    );
    // A part releases its share of what was added to the margin, too.
    table(
        &ALL,
        "BUY 2 MARKET > margin 1 10",
        "
        tick 90 92 > SELL 1 MARKET reduce \
         | REDUCED LONG 1 at 101 margin 15.1 TAKER 1 at 90 pnl -11 | 973.9 15.1 0
        tick 90 92 > show 1 | LONG 2 at 101 margin 30.2 liquidation 87.41
        # A reduction does not move the liquidation price.
        tick 90 92 > SELL 1 MARKET reduce > show 1 | LONG 1 at 101 margin 15.1 liquidation 87.41
        ",
    );
}

#[test]
fn an_opposite_order_of_a_net_position_reverses_it() {
    table(
        &[OneWay],
        LONG,
        "
        SELL 1 MARKET    | REDUCED LONG 1 at 101 margin 10.1 TAKER 1 at 99 pnl -2 | 987.9 10.1 0
        SELL 2 MARKET    | CLOSED LONG MANUAL TAKER 2 at 99 pnl -4                | 996 0 0
        SELL 2+ MARKET \
         | CLOSED LONG MANUAL TAKER 2 at 99 pnl -4, OPENED SHORT 0.0000001 TAKER 0.00000001 at 99
        SELL 5 MARKET \
         | CLOSED LONG MANUAL TAKER 2 at 99 pnl -4, OPENED SHORT 29.7 TAKER 3 at 99 | 966.3 29.7 0
        # Only what opens is reserved.
        SELL 2 LIMIT at 110   | ACCEPTED 0  | 979.8 20.2 0
        SELL 2+ LIMIT at 110  | ACCEPTED 0.00000011
        SELL 5 LIMIT at 110   | ACCEPTED 33 | 946.8 20.2 33
        SELL 5 LIMIT at 110 > tick 110 112 \
         | CLOSED LONG MANUAL MAKER 2 at 110 pnl 18, OPENED SHORT 33 MAKER 3 at 110 | 985 33 0
        # The payout of the part that closes pays for the part that opens: 979.8 + 20.2 - 4 = 996
        # are enough for 100.6060 at 9.9 each, and not for one unit more.
        SELL 102.60606060 MARKET | CLOSED LONG MANUAL TAKER 2 at 99 pnl -4, \
         OPENED SHORT 995.99999994 TAKER 100.6060606 at 99 | 0.00000006 995.99999994 0
        SELL 102.60606061 MARKET | INSUFFICIENT_BALANCE | 979.8 20.2 0
        # A limit of positions counts after the close.
        positions 1 > SELL 5 MARKET \
         | CLOSED LONG MANUAL TAKER 2 at 99 pnl -4, OPENED SHORT 29.7 TAKER 3 at 99
        positions 0 > SELL 5 MARKET | TOO_MANY_POSITIONS
        positions 0 > SELL 2 MARKET | CLOSED LONG MANUAL TAKER 2 at 99 pnl -4
        positions 0 > BUY 1 MARKET  | INCREASED LONG 3 at 101 margin 30.3 TAKER 1 at 101
        ",
    );
    table(
        &NETTING,
        LONG,
        "
        reverse 1 | CLOSED LONG MANUAL TAKER 2 at 99 pnl -4, OPENED SHORT 19.8 TAKER 2 at 99 \
         | 976.2 19.8 0
        reverse 1 limit 99 \
         | CLOSED LONG MANUAL TAKER 2 at 99 pnl -4, OPENED SHORT 19.8 TAKER 2 at 99
        reverse 1 limit 99+ | PRICE_LIMIT_EXCEEDED
        reverse 2           | ORDER_NOT_FOUND
        pause > reverse 1   | TRADING_PAUSED
        ",
    );
    table(
        &[Separate],
        SHORT,
        "
        reverse 1 | CLOSED SHORT MANUAL TAKER 2 at 101 pnl -4, OPENED LONG 20.2 TAKER 2 at 101 \
         | 975.8 20.2 0
        reverse 1 limit 101  \
         | CLOSED SHORT MANUAL TAKER 2 at 101 pnl -4, OPENED LONG 20.2 TAKER 2 at 101
        reverse 1 limit 101- | PRICE_LIMIT_EXCEEDED
        ",
    );
    table(
        &[Hedge],
        "BUY 2 MARKET > SELL 1 MARKET",
        "
        reverse 1 | CLOSED LONG MANUAL TAKER 2 at 99 pnl -4, \
         INCREASED SHORT 3 at 99 margin 29.7 TAKER 2 at 99 | 966.3 29.7 0
        reverse 2 | CLOSED SHORT MANUAL TAKER 1 at 101 pnl -2, \
         INCREASED LONG 3 at 101 margin 30.3 TAKER 1 at 101 | 967.7 30.3 0
        ",
    );
}
