//! Tables of what trading costs: fees, maintenance margins, fundings, mark prices, resets.

use crate::scene::{ALL, NETTING, OneWay, Separate, table};

/// Binance, "How to Calculate Liquidation Price of USDⓈ-M Futures Contracts": the two contracts of the
/// example, with the brackets of their time, each as an isolated margin of 1,535,443.01. Of ETHUSDT
/// 3,683.979 at 1,456.84 are in the bracket of 12.5 % when they are opened, and in that of 10 % and
/// 135,365 at the liquidation price of 1,114.78; of BTCUSDT 109.488 at 32,481.98 are in that of 2.5 %
/// and 16,300, and liquidated at 18,778.73.
///
/// The example itself is one cross margin of both: 1,153.26 and 26,316.89. These are the prices of
/// isolated margins that hold the wallet balance less the maintenance margin and the loss of the other
/// contract.
#[test]
fn binance_liquidation_prices() {
    table(
        &[Separate],
        "adjust 9000000 > list maintenance eth > tick 1456.84 1456.84",
        "
        BUY 3683.979 MARKET leverage 4 > margin 1 193701.01841 > show 1 \
         | LONG 3683.979 at 1456.84 margin 1535443.01 liquidation 1114.78496375
        BUY 3683.979 MARKET leverage 4 > margin 1 66145.63697 > show 1 \
         | LONG 3683.979 at 1456.84 margin 1407887.62856 liquidation 1153.2564647
        BUY 3683.979 MARKET leverage 5 | POSITION_TOO_LARGE
        ",
    );
    table(
        &[Separate],
        "adjust 9000000 > list maintenance btc > tick 32481.98 32481.98",
        "
        BUY 109.488 MARKET leverage 20 > margin 1 1357623.658688 > show 1 \
         | LONG 109.488 at 32481.98 margin 1535443.01 liquidation 18778.72593218
        BUY 109.488 MARKET leverage 20 > margin 1 552918.260688 > show 1 \
         | LONG 109.488 at 32481.98 margin 730737.612 liquidation 26316.89330891
        BUY 109.488 MARKET leverage 21 | POSITION_TOO_LARGE
        ",
    );
}

/// Brackets of 1 %, 3 % and 5 % up to 1,000, 2,000 and 4,000 USD, with leverages of 100, 10 and 5. The
/// bracket of the liquidation price counts, not that of the entry.
#[test]
fn maintenance_margins() {
    let setup = "adjust 9000 > list maintenance small";
    table(
        &[Separate],
        setup,
        "
        # (505 - 50.5) / (5 × 0.99), rounded up; (495 + 49.5) / (5 × 1.01), rounded down.
        BUY 5 MARKET > show 1 | LONG 5 at 101 margin 50.5 liquidation 91.81818182
        SELL 5 MARKET > show 1 | SHORT 5 at 99 margin 49.5 liquidation 107.82178217
        # (1,515 - 151.5 - 20) / (15 × 0.97) and (1,485 + 148.5 + 20) / (15 × 1.03).
        BUY 15 MARKET > show 1 | LONG 15 at 101 margin 151.5 liquidation 92.33676976
        SELL 15 MARKET > show 1 | SHORT 15 at 99 margin 148.5 liquidation 107.02265372
        # The mark price liquidates, at the bid and the ask.
        BUY 5 MARKET > mark 91.81818182+ | nothing
        BUY 5 MARKET > mark 99 > tick 91.8 92 | nothing
        BUY 5 MARKET > mark 99 > tick 91.9 92 > mark 91.81818182 | CLOSED LONG MARGIN_CALL at 91.9 pnl -45.5
        SELL 5 MARKET > mark 99 > tick 107 108 > mark 107.82178217 | CLOSED SHORT MARGIN_CALL at 108 pnl -45
        SELL 5 MARKET > mark 99 > tick 107 108 > mark 107.82178217- | nothing
        # What the mark price would liquidate at once is not opened.
        mark 91 > BUY 5 MARKET | LIQUIDATED_AT_ONCE
        # Leverage by notional: 10 from 1,000 on, 5 from 2,000 on.
        BUY 9 MARKET leverage 100 | LIQUIDATED_AT_ONCE
        BUY 10 MARKET leverage 11 | POSITION_TOO_LARGE
        BUY 10 MARKET leverage 10 | OPENED LONG 101 TAKER 10 at 101
        BUY 20 MARKET leverage 10 | POSITION_TOO_LARGE
        BUY 40 MARKET leverage 5 | POSITION_TOO_LARGE
        BUY 20 LIMIT at 98 leverage 10 | ACCEPTED 196
        BUY 21 LIMIT at 98 leverage 10 | POSITION_TOO_LARGE
        ",
    );
    table(
        &NETTING,
        setup,
        "
        # Two fills share a liquidation price; a part that is closed leaves the bracket.
        BUY 5 MARKET > BUY 10 MARKET > show 1 | LONG 15 at 101 margin 151.5 liquidation 92.33676976
        BUY 15 MARKET > SELL 10 MARKET reduce > show 1 | LONG 5 at 101 margin 50.5 liquidation 91.81818182
        BUY 5 MARKET > margin 1 10 > show 1 | LONG 5 at 101 margin 60.5 liquidation 89.7979798
        BUY 5 MARKET > leverage 5 > show 1 | LONG 5 at 101 margin 101 liquidation 81.61616162
        BUY 15 MARKET > BUY 5 MARKET | POSITION_TOO_LARGE
        BUY 15 MARKET > leverage 20 | POSITION_TOO_LARGE
        BUY 15 LIMIT at 90 > BUY 10 MARKET > tick 89 90 | EXPIRED POSITION_TOO_LARGE
        ",
    );
}

/// Fees of 200 and 500 millionths, a liquidation fee of 12,500, all rounded up.
#[test]
fn fees() {
    let setup = "list maker 200 taker 500 liquidation 12500";
    table(
        &ALL,
        setup,
        "
        # 101 × 500 / 10^6 = 0.0505; 99 × 500 / 10^6 = 0.0495.
        BUY 1 MARKET | OPENED LONG 10.1 TAKER 1 at 101 fee 0.0505 | 989.8495 10.1 0
        BUY 1 MARKET > SELL 0 MARKET close | CLOSED LONG MANUAL TAKER 1 at 99 pnl -2 fee 0.0495 | 997.9 0 0
        BUY 0.00000001 MARKET | OPENED LONG 0.00000011 TAKER 0.00000001 at 101 fee 0.00000001
        BUY 1.23456789 MARKET | OPENED LONG 12.46913569 TAKER 1.23456789 at 101 fee 0.06234568 | 987.46851863 12.46913569 0
        # The reserve has the fee of a maker, or of a taker for what triggers.
        BUY 1 LIMIT at 98 | ACCEPTED 9.8196 | 990.1804 0 9.8196
        BUY 1 LIMIT at 98 > tick 97 98 | OPENED LONG 9.8 MAKER 1 at 98 fee 0.0196 | 990.1804 9.8 0
        BUY 1 STOP_MARKET when 105 | ACCEPTED 10.5525 | 989.4475 0 10.5525
        BUY 1 STOP_MARKET when 105 > tick 104 105 | OPENED LONG 10.5 TAKER 1 at 105 fee 0.0525 | 989.4475 10.5 0
        # All of the balance is the margin and the fee: 10.1 + 0.0505 each.
        adjust -989.8495 > BUY 1 MARKET | OPENED LONG 10.1 TAKER 1 at 101 fee 0.0505 | 0 10.1 0
        adjust -989.84950001 > BUY 1 MARKET | INSUFFICIENT_BALANCE
        ",
    );
    table(
        &[Separate],
        setup,
        "
        BUY 1 MARKET plain | OPENED LONG 10.1 TAKER 1 at 101 fee 0.0505 | 989.8495 10.1 0
        BUY 1 MARKET plain > exit 1 | CLOSED LONG MANUAL TAKER 1 at 99 pnl -2 fee 0.0495 | 997.9 0 0
        # 101 × (1 - 9 %) = 91.91. Of the margin of 10.1 the loss leaves 0.1, and the fee 0.0545.
        BUY 1 MARKET plain > tick 91 92 | CLOSED LONG MARGIN_CALL liquidation fee 0.0545 TAKER 1 at 91 pnl -10 fee 0.0455 | 989.8495 0 0
        # A liquidation fee of 1.148875, of which 0.964045 is left.
        BUY 1 MARKET plain > tick 91.91 92 | CLOSED LONG MARGIN_CALL liquidation fee 0.964045 TAKER 1 at 91.91 pnl -9.09 fee 0.045955 | 989.8495 0 0
        BUY 1 MARKET plain > tick 80 81 | CLOSED LONG MARGIN_CALL at 80 pnl -10.1 | 989.8495 0 0
        BUY 4 MARKET plain > exit 1 | CLOSED LONG MANUAL TAKER 4 at 99 pnl -8 fee 0.198 | 991.6 0 0
        ",
    );
    table(
        &[OneWay],
        setup,
        "
        BUY 1 MARKET > SELL 2 MARKET | CLOSED LONG MANUAL TAKER 1 at 99 pnl -2 fee 0.0495, OPENED SHORT 9.9 TAKER 1 at 99 fee 0.0495 | 987.9505 9.9 0
        BUY 2 MARKET > SELL 1 MARKET reduce | REDUCED LONG 1 at 101 margin 10.1 TAKER 1 at 99 pnl -2 fee 0.0495 | 987.7495 10.1 0
        BUY 1 MARKET > reverse 1 | CLOSED LONG MANUAL TAKER 1 at 99 pnl -2 fee 0.0495, OPENED SHORT 9.9 TAKER 1 at 99 fee 0.0495 | 987.9505 9.9 0
        BUY 1 LIMIT at 98 > leverage 20 | LEVERAGE_CHANGED, AMENDED 1 4.9196 | 995.0804 0 4.9196
        ",
    );
}

/// The insurance fund gets 12,500 millionths of a liquidation, as far as the margin goes, and bears the
/// next shortfall; the ledgers of both implementations are compared after each row.
#[test]
fn insurance() {
    table(
        &[Separate],
        "list liquidation 12500",
        "
        BUY 1 MARKET plain > tick 91.91 92 > tick 99 101 > BUY 1 MARKET plain > tick 80 81 | CLOSED LONG MARGIN_CALL at 80 pnl -10.1 | 979.8 0 0
        ",
    );
}

/// Fundings: at a rate of 0.01 % 1 BTC at 100 USD pays 0.01. What the balance does not have comes from
/// the margin.
#[test]
fn fundings() {
    let setup = "list funding 20000";
    table(
        &ALL,
        setup,
        "
        BUY 1 MARKET > fund 0.0001 100 | FUNDED -0.01 from margin 0 | 989.89 10.1 0
        SELL 1 MARKET > fund 0.0001 100 | FUNDED 0.01 from margin 0 | 990.11 9.9 0
        BUY 1 MARKET > fund -0.0001 100 | FUNDED 0.01 from margin 0 | 989.91 10.1 0
        SELL 1 MARKET > fund -0.0001 100 | FUNDED -0.01 from margin 0 | 990.09 9.9 0
        # Paid is rounded up, received down.
        BUY 0.00012345 MARKET > fund 0.00012345 100 | FUNDED -0.00000153 from margin 0 | 999.99875162 0.00124685 0
        SELL 0.00012345 MARKET > fund 0.00012345 100 | FUNDED 0.00000152 from margin 0 | 999.99877936 0.00122216 0
        # The rate is at most 2 %.
        BUY 1 MARKET > fund 0.03 100 | FUNDED -2 from margin 0 | 987.9 10.1 0
        # One that is settled, one of before the position, one of the future.
        BUY 1 MARKET > fund 0.0001 100 > fund 0.0001 100 1 | nothing | 989.89 10.1 0
        BUY 1 MARKET > fund 0.0001 100 2 | nothing | 989.9 10.1 0
        BUY 1 MARKET > fund 0.0001 100 -60000 | FUNDED -0.01 from margin 0 | 989.89 10.1 0
        BUY 1 MARKET > fund 0.0001 100 -60001 | INVALID_FUNDING
        BUY 1 MARKET > fund 0.0001 0 | INVALID_FUNDING
        BUY 1 MARKET > fund 0 100 | nothing | 989.9 10.1 0
        # 1 from the balance, 1 from the margin of 10.1, which leaves 9.1: 101 - 9.1 × 90 % = 92.81.
        BUY 1 MARKET > adjust -988.9 > fund 0.02 100 | FUNDED -2 from margin 1 | 0 9.1 0
        BUY 1 MARKET > adjust -988.9 > fund 0.02 100 > show 1 | LONG 1 at 101 margin 9.1 liquidation 92.81
        # 9 from the margin, which leaves 1.1: 101 - 1.1 × 90 % is above the bid.
        BUY 10 MARKET > adjust -898 > fund 0.02 50 | FUNDED -10 from margin 9 | 0 92 0
        BUY 1 MARKET > adjust -989.9 > fund 0.02 9999 | FUNDED -10.09999999 from margin 10.09999999, CLOSED LONG MARGIN_CALL at 99 pnl -0.00000001 | 0 0 0
        ",
    );
    table(&ALL, "", "fund 0.0001 100 | INVALID_FUNDING");
}

/// Triggers at the mark price, while it may be trusted.
#[test]
fn mark_prices() {
    let setup = "list triggers > marks 10000 200 > mark 100";
    table(
        &NETTING,
        setup,
        "
        # The bid reaches no stop-loss, the mark price does.
        BUY 1 MARKET loss 98 > tick 97.9 99 | nothing
        BUY 1 MARKET loss 98 > tick 97.9 99 > mark 98 | CLOSED LONG STOP_LOSS at 97.9 pnl -3.1
        BUY 1 MARKET gain 105 > tick 103 104 > mark 105 | CLOSED LONG TAKE_PROFIT at 103 pnl 2
        # Too far from the middle of bid and ask: 2 % of 100.
        BUY 1 MARKET loss 98.5 > mark 98 | CLOSED LONG STOP_LOSS at 99 pnl -2
        BUY 1 MARKET loss 98.5 > mark 98- | nothing
        BUY 1 MARKET loss 98.5 > mark 98- > tick 98 100 | CLOSED LONG STOP_LOSS at 98 pnl -3
        # Too old.
        BUY 1 MARKET loss 98.5 > marks 100 200 > mark 98.6 > wait 150 > tick 97 99 | nothing
        BUY 1 MARKET loss 99.9 | OPENED LONG 10.1 TAKER 1 at 101
        BUY 1 MARKET loss 100 | STOP_LOSS_WRONG_SIDE
        BUY 1 MARKET gain 100 | TAKE_PROFIT_WRONG_SIDE
        SELL 1 STOP_MARKET when 99.5 > tick 98 99 | nothing
        SELL 1 STOP_MARKET when 99.5 > mark 99.5 | OPENED SHORT 9.9 TAKER 1 at 99
        SELL 1 STOP_MARKET when 100 | WOULD_TRIGGER
        # A trailing stop follows the mark price: 101 less 1 %.
        SELL 1 TRAILING_STOP_MARKET back 100 > mark 101 > mark 99.99+ | nothing
        SELL 1 TRAILING_STOP_MARKET back 100 > mark 101 > mark 99.99 | OPENED SHORT 9.9 TAKER 1 at 99
        # Limit prices wait for the quote.
        BUY 1 LIMIT at 98 > mark 98 | nothing
        # The margin is lost at the quote.
        BUY 1 MARKET > tick 91.91 92 | CLOSED LONG MARGIN_CALL at 91.91 pnl -9.09
        ",
    );
}

/// Limits of an instrument.
#[test]
fn limits_of_an_instrument() {
    table(
        &ALL,
        "list least 0.5 interest 2",
        "
        BUY 0.49999999 MARKET | BELOW_MIN_QUANTITY
        BUY 0.5 MARKET | OPENED LONG 5.05 TAKER 0.5 at 101
        BUY 2 MARKET | OPENED LONG 20.2 TAKER 2 at 101
        BUY 2.00000001 MARKET | OPEN_INTEREST_CAP
        BUY 1.5 MARKET > BUY 0.6 MARKET | OPEN_INTEREST_CAP
        BUY 1.5 MARKET > SELL 0.4 MARKET reduce > BUY 0.91 MARKET | OPEN_INTEREST_CAP
        BUY 1.5 MARKET > BUY 0.6 LIMIT at 98 | ACCEPTED 5.88
        BUY 1.5 MARKET > BUY 0.6 LIMIT at 98 > tick 97 98 | EXPIRED OPEN_INTEREST_CAP
        ",
    );
    table(
        &ALL,
        "BUY 1 MARKET > BUY 1 LIMIT at 95",
        "
        list reduce-only > BUY 1 MARKET | NOT_TRADING
        list reduce-only > BUY 1 LIMIT at 90 | NOT_TRADING
        list reduce-only > amend 2 at 94 | NOT_TRADING
        list reduce-only > reverse 1 | NOT_TRADING
        list reduce-only > tick 94 95 | EXPIRED NOT_TRADING
        list reduce-only > SELL 0 MARKET close | CLOSED LONG MANUAL TAKER 1 at 99 pnl -2
        list halted > SELL 0 MARKET close | NOT_TRADING
        list halted > exit 1 | NOT_TRADING
        list halted > cancel 2 | CANCELED
        list halted > tick 50 51 | nothing
        list halted > tick 50 51 > list > tick 60 61 | CLOSED LONG MARGIN_CALL at 60 pnl -10.1, OPENED LONG 9.5 MAKER 1 at 95, CLOSED LONG MARGIN_CALL at 60 pnl -9.5
        ",
    );
}

/// A change of an instrument moves the liquidation prices of all positions.
#[test]
fn changes_of_an_instrument() {
    table(
        &ALL,
        "adjust 9000 > BUY 5 MARKET",
        "
        list maintenance small | INSTRUMENT LONG 5 at 101 margin 50.5
        list maintenance small > show 1 | LONG 5 at 101 margin 50.5 liquidation 91.81818182
        list maintenance small > list | INSTRUMENT LONG 5 at 101 margin 50.5
        # 101 less 20 % of 10.1 is 98.98, and the bid is 99.
        list loss 2000 > show 1 | LONG 5 at 101 margin 50.5 liquidation 91.91
        ",
    );
}

/// A new beginning.
#[test]
fn resets() {
    table(
        &ALL,
        "BUY 1 MARKET > BUY 1 LIMIT at 90",
        "
        reset 500 | CANCELED, CLOSED LONG MANUAL at 99 pnl -2, RESET 500 | 500 0 0
        reset 100 | CANCELED, CLOSED LONG MANUAL at 99 pnl -2, RESET 100 | 100 0 0
        reset 99.99999999 | INVALID_RESET_BALANCE
        reset 1000000 | CANCELED, CLOSED LONG MANUAL at 99 pnl -2, RESET 1000000 | 1000000 0 0
        reset 1000000.00000001 | INVALID_RESET_BALANCE
        list halted > reset 500 | NOT_TRADING
        reset 500 > reset 700 | RESET 700 | 700 0 0
        ",
    );
}
