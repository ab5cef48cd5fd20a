//! Tables: what an order of each kind meets when it arrives, with its bound one unit before, at and
//! beyond the quote, which is 99 to 101.

use crate::scene::{ALL, Hedge, OneWay, Separate, table};

#[test]
fn a_limit_order_takes_a_quote_that_is_as_good_as_its_price() {
    // The reserve is ⌈price / 10⌉: 10.099999999 is rounded up, and so is 9.900000001.
    table(
        &ALL,
        "",
        "
        BUY 1 MARKET          | OPENED LONG 10.1 TAKER 1 at 101 | 989.9 10.1 0
        SELL 1 MARKET         | OPENED SHORT 9.9 TAKER 1 at 99  | 990.1 9.9 0
        BUY 1 LIMIT at 101-   | ACCEPTED 10.1                   | 989.9 0 10.1
        BUY 1 LIMIT at 101    | OPENED LONG 10.1 TAKER 1 at 101 | 989.9 10.1 0
        BUY 1 LIMIT at 101+   | OPENED LONG 10.1 TAKER 1 at 101 | 989.9 10.1 0
        SELL 1 LIMIT at 99+   | ACCEPTED 9.9+                   | 990.1- 0 9.9+
        SELL 1 LIMIT at 99    | OPENED SHORT 9.9 TAKER 1 at 99  | 990.1 9.9 0
        SELL 1 LIMIT at 99-   | OPENED SHORT 9.9 TAKER 1 at 99  | 990.1 9.9 0
        ",
    );
}

#[test]
fn a_trigger_that_is_reached_is_refused() {
    table(
        &ALL,
        "",
        "
        BUY 1 STOP_MARKET when 101+            | ACCEPTED 10.1+ | 989.9- 0 10.1+
        BUY 1 STOP_MARKET when 101             | WOULD_TRIGGER  | 1000 0 0
        BUY 1 STOP_MARKET when 101-            | WOULD_TRIGGER  | 1000 0 0
        SELL 1 STOP_MARKET when 99-            | ACCEPTED 9.9   | 990.1 0 9.9
        SELL 1 STOP_MARKET when 99             | WOULD_TRIGGER  | 1000 0 0
        SELL 1 STOP_MARKET when 99+            | WOULD_TRIGGER  | 1000 0 0
        BUY 1 TAKE_PROFIT_MARKET when 101-     | ACCEPTED 10.1  | 989.9 0 10.1
        BUY 1 TAKE_PROFIT_MARKET when 101      | WOULD_TRIGGER  | 1000 0 0
        BUY 1 TAKE_PROFIT_MARKET when 101+     | WOULD_TRIGGER  | 1000 0 0
        SELL 1 TAKE_PROFIT_MARKET when 99+     | ACCEPTED 9.9+  | 990.1- 0 9.9+
        SELL 1 TAKE_PROFIT_MARKET when 99      | WOULD_TRIGGER  | 1000 0 0
        SELL 1 TAKE_PROFIT_MARKET when 99-     | WOULD_TRIGGER  | 1000 0 0
        # The limit price of an order that waits may be on either side of the quote.
        BUY 1 STOP when 101+ at 120            | ACCEPTED 12    | 988 0 12
        BUY 1 STOP when 101+ at 50             | ACCEPTED 5     | 995 0 5
        BUY 1 STOP when 101 at 50              | WOULD_TRIGGER  | 1000 0 0
        SELL 1 STOP when 99- at 50             | ACCEPTED 5     | 995 0 5
        SELL 1 STOP when 99- at 120            | ACCEPTED 12    | 988 0 12
        SELL 1 STOP when 99 at 120             | WOULD_TRIGGER  | 1000 0 0
        BUY 1 TAKE_PROFIT when 101- at 120     | ACCEPTED 12    | 988 0 12
        BUY 1 TAKE_PROFIT when 101- at 50      | ACCEPTED 5     | 995 0 5
        BUY 1 TAKE_PROFIT when 101 at 50       | WOULD_TRIGGER  | 1000 0 0
        SELL 1 TAKE_PROFIT when 99+ at 50      | ACCEPTED 5     | 995 0 5
        SELL 1 TAKE_PROFIT when 99+ at 120     | ACCEPTED 12    | 988 0 12
        SELL 1 TAKE_PROFIT when 99 at 120      | WOULD_TRIGGER  | 1000 0 0
        # A trailing stop without an activation price trails at once, from the quote of its side.
        BUY 1 TRAILING_STOP_MARKET back 100    | ACCEPTED 10.1  | 989.9 0 10.1
        SELL 1 TRAILING_STOP_MARKET back 100   | ACCEPTED 9.9   | 990.1 0 9.9
        BUY 1 TRAILING_STOP_MARKET when 101- back 100 | ACCEPTED 10.1 | 989.9 0 10.1
        BUY 1 TRAILING_STOP_MARKET when 101 back 100  | WOULD_TRIGGER | 1000 0 0
        SELL 1 TRAILING_STOP_MARKET when 99+ back 100 | ACCEPTED 9.9+ | 990.1- 0 9.9+
        SELL 1 TRAILING_STOP_MARKET when 99 back 100  | WOULD_TRIGGER | 1000 0 0
        ",
    );
}

#[test]
fn the_time_in_force_decides_between_taking_and_resting() {
    table(
        &ALL,
        "",
        "
        BUY 1 LIMIT at 101 GTX        | WOULD_TAKE                      | 1000 0 0
        BUY 1 LIMIT at 101- GTX       | ACCEPTED 10.1                   | 989.9 0 10.1
        BUY 1 LIMIT at 101 IOC        | OPENED LONG 10.1 TAKER 1 at 101 | 989.9 10.1 0
        BUY 1 LIMIT at 101- IOC       | EXPIRED NOT_MARKETABLE          | 1000 0 0
        BUY 1 LIMIT at 101 FOK        | OPENED LONG 10.1 TAKER 1 at 101 | 989.9 10.1 0
        BUY 1 LIMIT at 101- FOK       | EXPIRED NOT_MARKETABLE          | 1000 0 0
        SELL 1 LIMIT at 99 GTX        | WOULD_TAKE                      | 1000 0 0
        SELL 1 LIMIT at 99+ GTX       | ACCEPTED 9.9+                   | 990.1- 0 9.9+
        SELL 1 LIMIT at 99 IOC        | OPENED SHORT 9.9 TAKER 1 at 99  | 990.1 9.9 0
        SELL 1 LIMIT at 99+ FOK       | EXPIRED NOT_MARKETABLE          | 1000 0 0
        # A time in force that the account could not pay for expires too: nothing is reserved.
        BUY 200 LIMIT at 100 IOC      | EXPIRED NOT_MARKETABLE          | 1000 0 0
        BUY 1 LIMIT at 101 GTD until 1            | OPENED LONG 10.1 TAKER 1 at 101
        BUY 1 STOP when 110 at 112 IOC            | ACCEPTED 11.2
        BUY 1 STOP when 110 at 112 FOK            | ACCEPTED 11.2
        BUY 1 STOP when 110 at 112 GTX            | ACCEPTED 11.2
        BUY 1 TAKE_PROFIT when 90 at 88 IOC       | ACCEPTED 8.8
        BUY 1 TAKE_PROFIT when 90 at 88 FOK       | ACCEPTED 8.8
        BUY 1 TAKE_PROFIT when 90 at 88 GTX       | ACCEPTED 8.8
        BUY 1 STOP when 110 at 112 GTD until 1    | ACCEPTED 11.2
        BUY 1 TAKE_PROFIT when 90 at 88 GTD until 1              | ACCEPTED 8.8
        BUY 1 STOP_MARKET when 110 GTD until 1                   | ACCEPTED 11
        BUY 1 TAKE_PROFIT_MARKET when 90 GTD until 1             | ACCEPTED 9
        BUY 1 TRAILING_STOP_MARKET back 100 GTD until 1          | ACCEPTED 10.1
        # Those without a limit price have no choice, and market orders no time.
        BUY 1 MARKET IOC                                         | INVALID_ORDER
        BUY 1 MARKET FOK                                         | INVALID_ORDER
        BUY 1 MARKET GTX                                         | INVALID_ORDER
        BUY 1 MARKET GTD until 1                                 | INVALID_ORDER
        BUY 1 STOP_MARKET when 110 IOC                           | INVALID_ORDER
        BUY 1 STOP_MARKET when 110 FOK                           | INVALID_ORDER
        BUY 1 STOP_MARKET when 110 GTX                           | INVALID_ORDER
        BUY 1 TAKE_PROFIT_MARKET when 90 IOC                     | INVALID_ORDER
        BUY 1 TAKE_PROFIT_MARKET when 90 FOK                     | INVALID_ORDER
        BUY 1 TAKE_PROFIT_MARKET when 90 GTX                     | INVALID_ORDER
        BUY 1 TRAILING_STOP_MARKET back 100 IOC                  | INVALID_ORDER
        BUY 1 TRAILING_STOP_MARKET back 100 FOK                  | INVALID_ORDER
        BUY 1 TRAILING_STOP_MARKET back 100 GTX                  | INVALID_ORDER
        # An expiry belongs to good-till-date alone, and lies ahead of the entry.
        BUY 1 LIMIT at 90 GTD                                    | INVALID_ORDER
        BUY 1 LIMIT at 90 until 5                                | INVALID_ORDER
        BUY 1 LIMIT at 90 GTD until 0                            | ORDER_EXPIRED
        BUY 1 LIMIT at 90 GTD until 1                            | ACCEPTED 9
        ",
    );
}

#[test]
fn prices_belong_to_their_kinds() {
    table(
        &ALL,
        "",
        "
        BUY 1 MARKET at 101                                | INVALID_ORDER
        BUY 1 MARKET when 101                              | INVALID_ORDER
        BUY 1 MARKET back 100                              | INVALID_ORDER
        BUY 1 LIMIT                                        | INVALID_ORDER
        BUY 1 LIMIT at 0                                   | INVALID_ORDER
        BUY 1 LIMIT at 0+                                  | QUANTITY_TOO_SMALL
        BUY 1 LIMIT at 92233720368.54775807                | OPENED LONG 10.1 TAKER 1 at 101
        BUY 1 LIMIT at 92233720368.54775808                | INVALID_ORDER
        SELL 0.00000001 LIMIT at 92233720368.54775807      | ACCEPTED 92.23372037
        BUY 1 LIMIT at 90 when 95                          | INVALID_ORDER
        BUY 1 LIMIT at 90 back 100                         | INVALID_ORDER
        BUY 1 STOP_MARKET                                  | INVALID_ORDER
        BUY 1 STOP_MARKET when 0                           | INVALID_ORDER
        BUY 1 STOP_MARKET when 92233720368.54775808        | INVALID_ORDER
        BUY 1 STOP_MARKET when 110 at 112                  | INVALID_ORDER
        BUY 1 STOP when 110                                | INVALID_ORDER
        BUY 1 STOP at 110                                  | INVALID_ORDER
        BUY 1 TAKE_PROFIT_MARKET                           | INVALID_ORDER
        BUY 1 TAKE_PROFIT_MARKET when 90 at 88             | INVALID_ORDER
        BUY 1 TAKE_PROFIT when 90                          | INVALID_ORDER
        BUY 1 TAKE_PROFIT at 90                            | INVALID_ORDER
        BUY 1 TRAILING_STOP_MARKET                         | INVALID_ORDER
        BUY 1 TRAILING_STOP_MARKET when 90                 | INVALID_ORDER
        BUY 1 TRAILING_STOP_MARKET at 90 back 100          | INVALID_ORDER
        BUY 1 TRAILING_STOP_MARKET back 9                  | INVALID_ORDER
        BUY 1 TRAILING_STOP_MARKET back 10                 | ACCEPTED 10.1
        BUY 1 TRAILING_STOP_MARKET back 1000               | ACCEPTED 10.1
        BUY 1 TRAILING_STOP_MARKET back 1001               | INVALID_ORDER
        ",
    );
}

#[test]
fn a_client_order_id_has_36_characters_at_most_and_no_namesake_that_rests() {
    table(
        &ALL,
        "",
        "
        BUY 1 LIMIT at 90 id AZaz09.:/_-                           | ACCEPTED 9
        BUY 1 LIMIT at 90 id 123456789012345678901234567890123456  | ACCEPTED 9
        BUY 1 LIMIT at 90 id 1234567890123456789012345678901234567 | INVALID_ORDER
        BUY 1 LIMIT at 90 id a+b                                   | INVALID_ORDER
        BUY 1 LIMIT at 90 id é                                     | INVALID_ORDER
        BUY 1 LIMIT at 90 id a > BUY 1 LIMIT at 91 id a            | DUPLICATE_CLIENT_ORDER_ID
        BUY 1 LIMIT at 90 id a > BUY 1 LIMIT at 91 id A            | ACCEPTED 9.1
        BUY 1 LIMIT at 90 id a > BUY 1 MARKET id a                 | DUPLICATE_CLIENT_ORDER_ID
        BUY 1 LIMIT at 90 id a > amend 1 at 91                     | AMENDED 1 9.1
        BUY 1 LIMIT at 90 id a > cancel 1 > BUY 1 LIMIT at 91 id a | ACCEPTED 9.1
        BUY 1 MARKET id a > BUY 1 LIMIT at 90 id a                 | ACCEPTED 9
        ",
    );
}

#[test]
fn the_position_side_belongs_to_the_hedge_mode_and_the_position_id_to_reducing_orders() {
    let both = [Separate, OneWay];
    table(&both, "", "BUY 1 MARKET LONG | INVALID_ORDER\n SELL 1 MARKET LONG | INVALID_ORDER");
    table(
        &[Hedge],
        "BUY 1 MARKET",
        "
        BUY 1 MARKET nowhere                          | INVALID_ORDER
        BUY 1 MARKET LONG    | INCREASED LONG 2 at 101 margin 20.2 TAKER 1 at 101
        SELL 1 MARKET SHORT                           | OPENED SHORT 9.9 TAKER 1 at 99
        # Against its position side, an order reduces, whether it says so or not.
        SELL 1 MARKET LONG                            | CLOSED LONG MANUAL TAKER 1 at 99 pnl -2
        SELL 1 MARKET LONG reduce                     | CLOSED LONG MANUAL TAKER 1 at 99 pnl -2
        SELL 2 MARKET LONG                            | CLOSED LONG MANUAL TAKER 1 at 99 pnl -2
        BUY 1 MARKET SHORT                            | WOULD_NOT_REDUCE
        BUY 1 MARKET LONG reduce                      | INVALID_ORDER
        SELL 1 MARKET SHORT reduce                    | INVALID_ORDER
        BUY 0 MARKET LONG close                       | INVALID_ORDER
        SELL 1 MARKET LONG of 1                       | CLOSED LONG MANUAL TAKER 1 at 99 pnl -2
        SELL 1 MARKET LONG of 7                       | WOULD_NOT_REDUCE
        BUY 1 MARKET LONG of 1                        | INVALID_ORDER
        SELL 1 MARKET LONG loss 90                    | INVALID_ORDER
        ",
    );
    table(
        &[OneWay],
        "BUY 1 MARKET",
        "
        SELL 1 MARKET reduce of 1                     | CLOSED LONG MANUAL TAKER 1 at 99 pnl -2
        SELL 1 MARKET reduce of 7                     | WOULD_NOT_REDUCE
        SELL 1 MARKET of 1                            | INVALID_ORDER
        BUY 1 MARKET reduce                           | WOULD_NOT_REDUCE
        ",
    );
    table(
        &[Separate],
        "BUY 1 MARKET > SELL 1 MARKET",
        "
        SELL 1 MARKET reduce nowhere                  | INVALID_ORDER
        SELL 1 MARKET reduce of 1                     | CLOSED LONG MANUAL TAKER 1 at 99 pnl -2
        SELL 1 MARKET reduce of 2                     | WOULD_NOT_REDUCE
        BUY 1 MARKET reduce of 2                      | CLOSED SHORT MANUAL TAKER 1 at 101 pnl -2
        BUY 1 MARKET reduce of 1                      | WOULD_NOT_REDUCE
        SELL 1 MARKET reduce of 3                     | WOULD_NOT_REDUCE
        BUY 1 MARKET of 1                             | INVALID_ORDER
        ",
    );
}
