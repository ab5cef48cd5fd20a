//! Tables: what a tick one unit before, at and beyond the bound of a resting order does.

use crate::scene::{ALL, table};

#[test]
fn a_resting_limit_order_fills_at_its_own_price_as_maker() {
    table(
        &ALL,
        "",
        "
        BUY 1 LIMIT at 90 > tick 88 90+    | nothing                        | 991 0 9
        BUY 1 LIMIT at 90 > tick 88 90     | OPENED LONG 9 MAKER 1 at 90    | 991 9 0
        BUY 1 LIMIT at 90 > tick 88 90-    | OPENED LONG 9 MAKER 1 at 90    | 991 9 0
        SELL 1 LIMIT at 110 > tick 110- 112 | nothing                        | 989 0 11
        SELL 1 LIMIT at 110 > tick 110 112  | OPENED SHORT 11 MAKER 1 at 110 | 989 11 0
        SELL 1 LIMIT at 110 > tick 110+ 112 | OPENED SHORT 11 MAKER 1 at 110 | 989 11 0
        # A gap through it fills it at its price all the same; the tick then liquidates it: a long
        # of 90 at 81.9.
        BUY 1 LIMIT at 90 > tick 81.9+ 84   | OPENED LONG 9 MAKER 1 at 90 | 991 9 0
        BUY 1 LIMIT at 90 > tick 81.9 84 | OPENED LONG 9 MAKER 1 at 90, \
         CLOSED LONG MARGIN_CALL at 81.9 pnl -8.1 | 991.9 0 0
        BUY 1 LIMIT at 90 > tick 80 84 | OPENED LONG 9 MAKER 1 at 90, \
         CLOSED LONG MARGIN_CALL at 80 pnl -9 | 991 0 0
        ",
    );
}

#[test]
fn a_triggered_market_kind_fills_at_the_quote_as_taker() {
    // What the fill costs beyond the reserve comes from the balance, and what it does not cost
    // returns to it.
    table(
        &ALL,
        "",
        "
        BUY 1 STOP_MARKET when 110 > tick 108 110-  | nothing                          | 989 0 11
        BUY 1 STOP_MARKET when 110 > tick 108 110   | OPENED LONG 11 TAKER 1 at 110    | 989 11 0
        BUY 1 STOP_MARKET when 110 > tick 108 110+  | OPENED LONG 11+ TAKER 1 at 110+  | 989- 11+ 0
        SELL 1 STOP_MARKET when 90 > tick 90+ 92    | nothing                          | 991 0 9
        SELL 1 STOP_MARKET when 90 > tick 90 92     | OPENED SHORT 9 TAKER 1 at 90     | 991 9 0
        SELL 1 STOP_MARKET when 90 > tick 90- 92    | OPENED SHORT 9 TAKER 1 at 90-    | 991 9 0
        SELL 1 STOP_MARKET when 90 > tick 80 82     | OPENED SHORT 8 TAKER 1 at 80     | 992 8 0
        BUY 1 TAKE_PROFIT_MARKET when 90 > tick 88 90+     | nothing                      | 991 0 9
        BUY 1 TAKE_PROFIT_MARKET when 90 > tick 88 90      | OPENED LONG 9 TAKER 1 at 90  | 991 9 0
        BUY 1 TAKE_PROFIT_MARKET when 90 > tick 88 90-     | OPENED LONG 9 TAKER 1 at 90- | 991 9 0
        SELL 1 TAKE_PROFIT_MARKET when 110 > tick 110- 112 | nothing | 989 0 11
        SELL 1 TAKE_PROFIT_MARKET when 110 > tick 110 112  | OPENED SHORT 11 TAKER 1 at 110 \
         | 989 11 0
        SELL 1 TAKE_PROFIT_MARKET when 110 > tick 110+ 112 | OPENED SHORT 11+ TAKER 1 at 110+ \
         | 989- 11+ 0
        ",
    );
}

#[test]
fn a_triggered_limit_kind_takes_the_quote_or_rests_at_its_price() {
    table(
        &ALL,
        "",
        "
        BUY 1 STOP when 110 at 112 > tick 108 110-           | nothing   | 988.8 0 11.2
        BUY 1 STOP when 110 at 112 > tick 108 110  | OPENED LONG 11 TAKER 1 at 110     | 989 11 0
        BUY 1 STOP when 110 at 112 > tick 108 112  | OPENED LONG 11.2 TAKER 1 at 112  | 988.8 11.2 0
        BUY 1 STOP when 110 at 112 > tick 108 112+           | ACTIVATED | 988.8 0 11.2
        BUY 1 STOP when 110 at 112 > tick 108 112+ > tick 108 112+     | nothing
        BUY 1 STOP when 110 at 112 > tick 108 112+ > tick 108 112 \
         | OPENED LONG 11.2 MAKER 1 at 112 | 988.8 11.2 0
        # Back before its trigger, it is a limit order still.
        BUY 1 STOP when 110 at 112 > tick 108 112+ > tick 107 109 \
         | OPENED LONG 11.2 MAKER 1 at 112
        BUY 1 STOP when 110 at 105 > tick 108 110            | ACTIVATED | 989.5 0 10.5
        BUY 1 STOP when 110 at 105 > tick 108 110 > tick 103 105+      | nothing
        BUY 1 STOP when 110 at 105 > tick 108 110 > tick 103 105 \
         | OPENED LONG 10.5 MAKER 1 at 105
        SELL 1 STOP when 90 at 88 > tick 90+ 92              | nothing   | 991.2 0 8.8
        SELL 1 STOP when 90 at 88 > tick 90 92     | OPENED SHORT 9 TAKER 1 at 90      | 991 9 0
        SELL 1 STOP when 90 at 88 > tick 88 92     | OPENED SHORT 8.8 TAKER 1 at 88    | 991.2 8.8 0
        SELL 1 STOP when 90 at 88 > tick 88- 92              | ACTIVATED | 991.2 0 8.8
        SELL 1 STOP when 90 at 88 > tick 88- 92 > tick 88 92 \
         | OPENED SHORT 8.8 MAKER 1 at 88
        BUY 1 TAKE_PROFIT when 90 at 92 > tick 88 90+        | nothing   | 990.8 0 9.2
        BUY 1 TAKE_PROFIT when 90 at 92 > tick 88 90         | OPENED LONG 9 TAKER 1 at 90
        BUY 1 TAKE_PROFIT when 90 at 88 > tick 88 90         | ACTIVATED | 991.2 0 8.8
        BUY 1 TAKE_PROFIT when 90 at 88 > tick 88 88         | OPENED LONG 8.8 TAKER 1 at 88
        BUY 1 TAKE_PROFIT when 90 at 88 > tick 86 88+        | ACTIVATED
        BUY 1 TAKE_PROFIT when 90 at 88 > tick 88 90 > tick 86 88 \
         | OPENED LONG 8.8 MAKER 1 at 88
        SELL 1 TAKE_PROFIT when 110 at 108 > tick 110- 112   | nothing   | 989.2 0 10.8
        SELL 1 TAKE_PROFIT when 110 at 108 > tick 110 112    | OPENED SHORT 11 TAKER 1 at 110
        SELL 1 TAKE_PROFIT when 110 at 112 > tick 110 112    | ACTIVATED
        SELL 1 TAKE_PROFIT when 110 at 112 > tick 110 112 > tick 112- 114 | nothing
        SELL 1 TAKE_PROFIT when 110 at 112 > tick 110 112 > tick 112 114 \
         | OPENED SHORT 11.2 MAKER 1 at 112
        ",
    );
}

#[test]
fn the_time_in_force_of_a_triggered_limit_kind_counts_from_its_trigger() {
    table(
        &ALL,
        "",
        "
        BUY 1 STOP when 110 at 112 IOC > tick 108 110         | OPENED LONG 11 TAKER 1 at 110
        BUY 1 STOP when 110 at 112 IOC > tick 108 112         | OPENED LONG 11.2 TAKER 1 at 112
        BUY 1 STOP when 110 at 112 IOC > tick 108 112+        | EXPIRED NOT_MARKETABLE | 1000 0 0
        BUY 1 STOP when 110 at 112 FOK > tick 108 112         | OPENED LONG 11.2 TAKER 1 at 112
        BUY 1 STOP when 110 at 112 FOK > tick 108 112+        | EXPIRED NOT_MARKETABLE | 1000 0 0
        BUY 1 STOP when 110 at 112 GTX > tick 108 112         | EXPIRED WOULD_TAKE     | 1000 0 0
        BUY 1 STOP when 110 at 112 GTX > tick 108 112+        | ACTIVATED
        BUY 1 STOP when 110 at 112 GTX > tick 108 112+ > tick 108 112 \
         | OPENED LONG 11.2 MAKER 1 at 112
        SELL 1 TAKE_PROFIT when 110 at 112 IOC > tick 112 114 | OPENED SHORT 11.2 TAKER 1 at 112
        SELL 1 TAKE_PROFIT when 110 at 112 IOC > tick 110 114 | EXPIRED NOT_MARKETABLE | 1000 0 0
        SELL 1 TAKE_PROFIT when 110 at 112 GTX > tick 112 114 | EXPIRED WOULD_TAKE     | 1000 0 0
        SELL 1 TAKE_PROFIT when 110 at 112 GTX > tick 112- 114           | ACTIVATED
        ",
    );
}

#[test]
fn a_trailing_stop_follows_the_best_price_and_fires_at_its_callback() {
    // 1 % of 101 is 1.01, and of 99 0.99.
    table(
        &ALL,
        "",
        "
        BUY 1 TRAILING_STOP_MARKET back 100 > tick 100 102.01-      | nothing | 989.9 0 10.1
        BUY 1 TRAILING_STOP_MARKET back 100 > tick 100 102.01 \
         | OPENED LONG 10.201 TAKER 1 at 102.01 | 989.799 10.201 0
        BUY 1 TRAILING_STOP_MARKET back 100 > tick 98 100 > tick 99 101-     | nothing
        BUY 1 TRAILING_STOP_MARKET back 100 > tick 98 100 > tick 99 101 \
         | OPENED LONG 10.1 TAKER 1 at 101
        # A worse price before does not move the peak back.
        BUY 1 TRAILING_STOP_MARKET back 100 > tick 98 100 > tick 99 100.5 > tick 99 101 \
         | OPENED LONG 10.1 TAKER 1 at 101
        SELL 1 TRAILING_STOP_MARKET back 100 > tick 98.01+ 100      | nothing | 990.1 0 9.9
        SELL 1 TRAILING_STOP_MARKET back 100 > tick 98.01 100 \
         | OPENED SHORT 9.801 TAKER 1 at 98.01 | 990.199 9.801 0
        SELL 1 TRAILING_STOP_MARKET back 100 > tick 100 102 > tick 99+ 101   | nothing
        SELL 1 TRAILING_STOP_MARKET back 100 > tick 100 102 > tick 99 101 \
         | OPENED SHORT 9.9 TAKER 1 at 99
        # The nearest and the farthest callback.
        BUY 1 TRAILING_STOP_MARKET back 10 > tick 99 101.101-                | nothing
        BUY 1 TRAILING_STOP_MARKET back 10 > tick 99 101.101 \
         | OPENED LONG 10.1101 TAKER 1 at 101.101
        SELL 1 TRAILING_STOP_MARKET back 10 > tick 98.901+ 101               | nothing
        SELL 1 TRAILING_STOP_MARKET back 10 > tick 98.901 101 \
         | OPENED SHORT 9.8901 TAKER 1 at 98.901
        BUY 1 TRAILING_STOP_MARKET back 1000 > tick 110 111.1-               | nothing
        BUY 1 TRAILING_STOP_MARKET back 1000 > tick 110 111.1 \
         | OPENED LONG 11.11 TAKER 1 at 111.1
        SELL 1 TRAILING_STOP_MARKET back 1000 > tick 89.1+ 90                | nothing
        SELL 1 TRAILING_STOP_MARKET back 1000 > tick 89.1 90 \
         | OPENED SHORT 8.91 TAKER 1 at 89.1
        # The distance is rounded down, towards the peak: 0.1 % of 100.00000999 is 0.10000000|999.
        tick 100.00000999 102 > SELL 1 TRAILING_STOP_MARKET back 10 > tick 99.90001 102 | nothing
        tick 100.00000999 102 > SELL 1 TRAILING_STOP_MARKET back 10 > tick 99.90000999 102 \
         | OPENED SHORT 9.990001 TAKER 1 at 99.90000999
        tick 98 100.00000999 > BUY 1 TRAILING_STOP_MARKET back 10 > tick 98 100.10000998 | nothing
        tick 98 100.00000999 > BUY 1 TRAILING_STOP_MARKET back 10 > tick 98 100.10000999 \
         | OPENED LONG 10.010001 TAKER 1 at 100.10000999
        ",
    );
}

#[test]
fn a_trailing_stop_waits_for_its_activation_price() {
    table(
        &ALL,
        "",
        "
        BUY 1 TRAILING_STOP_MARKET when 95 back 100 > tick 93 95+   | nothing   | 990.5 0 9.5
        BUY 1 TRAILING_STOP_MARKET when 95 back 100 > tick 93 95    | ACTIVATED | 990.5 0 9.5
        BUY 1 TRAILING_STOP_MARKET when 95 back 100 > tick 93 95 > tick 93 95.95- | nothing
        BUY 1 TRAILING_STOP_MARKET when 95 back 100 > tick 93 95 > tick 93 95.95 \
         | OPENED LONG 9.595 TAKER 1 at 95.95 | 990.405 9.595 0
        # Its peak is the quote that activates it, not the activation price.
        BUY 1 TRAILING_STOP_MARKET when 95 back 100 > tick 88 90 > tick 88 90.9- | nothing
        BUY 1 TRAILING_STOP_MARKET when 95 back 100 > tick 88 90 > tick 88 90.9 \
         | OPENED LONG 9.09 TAKER 1 at 90.9
        # Prices beyond the callback do nothing before.
        BUY 1 TRAILING_STOP_MARKET when 95 back 100 > tick 110 112  | nothing   | 990.5 0 9.5
        SELL 1 TRAILING_STOP_MARKET when 105 back 100 > tick 105- 107 | nothing | 989.5 0 10.5
        SELL 1 TRAILING_STOP_MARKET when 105 back 100 > tick 105 107  | ACTIVATED
        SELL 1 TRAILING_STOP_MARKET when 105 back 100 > tick 105 107 > tick 103.95+ 107 | nothing
        SELL 1 TRAILING_STOP_MARKET when 105 back 100 > tick 105 107 > tick 103.95 107 \
         | OPENED SHORT 10.395 TAKER 1 at 103.95
        SELL 1 TRAILING_STOP_MARKET when 105 back 100 > tick 50 52             | nothing
        ",
    );
}

#[test]
fn an_order_that_is_good_till_a_date_expires_with_the_first_tick_from_then_on() {
    // The entry after the order is one millisecond later.
    table(
        &ALL,
        "",
        "
        BUY 1 LIMIT at 90 GTD until 3 > wait 1 > tick 99 101  | nothing      | 991 0 9
        BUY 1 LIMIT at 90 GTD until 3 > wait 2 > tick 99 101  | EXPIRED TIME | 1000 0 0
        BUY 1 LIMIT at 90 GTD until 3 > wait 3 > tick 99 101  | EXPIRED TIME | 1000 0 0
        # Its time comes before its price.
        BUY 1 LIMIT at 90 GTD until 3 > wait 1 > tick 88 90   | OPENED LONG 9 MAKER 1 at 90
        BUY 1 LIMIT at 90 GTD until 3 > wait 2 > tick 88 90   | EXPIRED TIME | 1000 0 0
        BUY 1 STOP_MARKET when 110 GTD until 3 > wait 2 > tick 108 110             | EXPIRED TIME
        BUY 1 STOP when 110 at 112 GTD until 3 > wait 2 > tick 108 110             | EXPIRED TIME
        BUY 1 TAKE_PROFIT_MARKET when 90 GTD until 3 > wait 2 > tick 88 90         | EXPIRED TIME
        BUY 1 TAKE_PROFIT when 90 at 92 GTD until 3 > wait 2 > tick 88 90          | EXPIRED TIME
        BUY 1 TRAILING_STOP_MARKET back 10 GTD until 3 > wait 2 > tick 110 112     | EXPIRED TIME
        BUY 1 STOP when 110 at 105 GTD until 9 > tick 108 110 > wait 7 > tick 103 105 \
         | EXPIRED TIME
        # No request but a tick of its instrument looks at the clock.
        BUY 1 LIMIT at 90 GTD until 3 > wait 9 > amend 1 qty 2                     | ORDER_EXPIRED
        BUY 1 LIMIT at 90 GTD until 3 > wait 9 > cancel 1                          | CANCELED
        ",
    );
}
