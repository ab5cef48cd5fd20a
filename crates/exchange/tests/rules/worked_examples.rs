//! Worked examples from the public documentation of two exchanges, with their figures.
//!
//! The house fills whole orders at one price and takes no fees. Its liquidation price is where a
//! share of the margin is lost, and theirs is where the margin falls to a maintenance margin; an
//! example holds here where the share is that of the two margins.

use crate::scene::{ALL, NETTING, Separate, table};

/// Bybit Help Center, "How to Calculate Average Entry Price": the examples of BTCUSDT, of BTCUSDC,
/// and that of "P&L calculations (USDT Contract)".
#[test]
fn bybit_average_entry_price() {
    table(
        &NETTING,
        "adjust 99000",
        "
        # (1 × 10,000 + 2 × 13,000) / 3 = 12,000.
        tick 10000 10000 > BUY 1 MARKET > tick 13000 13000 > BUY 2 MARKET \
         | INCREASED LONG 3 at 12000 margin 3600 TAKER 2 at 13000
        # (0.5 × 50,000 + 0.8 × 51,000) / 1.3 = 65,800 / 1.3, which the document cuts to 50,615.38.
        tick 50000 50000 > BUY 0.5 MARKET > tick 51000 51000 > BUY 0.8 MARKET \
         | INCREASED LONG 1.3 at 50615.38461539 margin 6580 TAKER 0.8 at 51000
        tick 50000 50000 > SELL 0.5 MARKET > tick 51000 51000 > SELL 0.8 MARKET \
         | INCREASED SHORT 1.3 at 50615.38461538 margin 6580 TAKER 0.8 at 51000
        # (0.5 × 5,000 + 0.3 × 6,000) / 0.8 = 5,375.
        tick 5000 5000 > BUY 0.5 MARKET > tick 6000 6000 > BUY 0.3 MARKET \
         | INCREASED LONG 0.8 at 5375 margin 430 TAKER 0.3 at 6000
        ",
    );
}

/// Bybit Help Center, "Liquidation Price (USDT Contract)", isolated margin, example 1: 1 BTC at
/// 20,000 with a leverage of 50 has an initial margin of 400 and, at a rate of 0.5 %, a maintenance
/// margin of 100, so it is liquidated at 20,000 - (400 - 100) = 19,700. The share is 300 of 400.
#[test]
fn bybit_liquidation_price_of_an_isolated_margin() {
    table(
        &[Separate],
        "list loss 7500 > tick 20000 20000",
        "
        BUY 1 MARKET leverage 50 > show 1  | LONG 1 at 20000 margin 400 liquidation 19700
        BUY 1 MARKET leverage 50 > tick 19700+ 19701  | nothing
        BUY 1 MARKET leverage 50 > tick 19700 19701   | CLOSED LONG MARGIN_CALL at 19700 pnl -300
        SELL 1 MARKET leverage 50 > show 1 | SHORT 1 at 20000 margin 400 liquidation 20300
        SELL 1 MARKET leverage 50 > tick 20299 20300- | nothing
        SELL 1 MARKET leverage 50 > tick 20299 20300  | CLOSED SHORT MARGIN_CALL at 20300 pnl -300
        ",
    );
    table(
        &NETTING,
        "list loss 7500 > leverage 50 > tick 20000 20000",
        "BUY 1 MARKET > show 1  | LONG 1 at 20000 margin 400 liquidation 19700
         SELL 1 MARKET > show 1 | SHORT 1 at 20000 margin 400 liquidation 20300",
    );
}

/// Bybit Help Center, "Bankruptcy Price (USDT Contract)": 1 BTC at 10,000 with a leverage of 50 has
/// lost its whole margin at 10,000 × (1 - 2 %) = 9,800.
///
/// Binance, "How to Calculate Liquidation Price of USDⓈ-M Futures Contracts": with one isolated
/// position and a maintenance margin of zero, the formula is (margin - quantity × entry) /
/// -quantity, which gives the same. With a rate r it divides by r - 1 instead: the maintenance
/// margin is a share of the value at the liquidation price, for which there is no parameter here.
#[test]
fn bybit_bankruptcy_price() {
    table(
        &[Separate],
        "list loss 10000 > tick 10000 10000",
        "
        BUY 1 MARKET leverage 50 > show 1  | LONG 1 at 10000 margin 200 liquidation 9800
        BUY 1 MARKET leverage 50 > tick 9800+ 9801 | nothing
        BUY 1 MARKET leverage 50 > tick 9800 9801 \
         | CLOSED LONG MARGIN_CALL at 9800 pnl -200 | 800 0 0
        # What a gap loses beyond it is not the trader's.
        BUY 1 MARKET leverage 50 > tick 9700 9701 \
         | CLOSED LONG MARGIN_CALL at 9700 pnl -200 | 800 0 0
        SELL 1 MARKET leverage 50 > show 1 | SHORT 1 at 10000 margin 200 liquidation 10200
        ",
    );
}

/// Bybit Help Center, "How to Increase/Decrease Position Margin": 1 BTC at 10,000 that is
/// liquidated at 9,500 gets 1,000 of margin, which makes it 8,500; one more BTC at 10,000 shares
/// the margin, which makes it 9,000. To close a part releases its share of the margin, and leaves
/// the price where it is. A new leverage takes the added margin back.
#[test]
fn bybit_added_margin() {
    // A leverage of 20 and a share of 100 % give the 9,500.
    table(
        &NETTING,
        "adjust 9000 > list loss 10000 > leverage 20 > tick 10000 10000 > BUY 1 MARKET",
        "
        show 1                                 | LONG 1 at 10000 margin 500 liquidation 9500
        margin 1 1000 > show 1                 | LONG 1 at 10000 margin 1500 liquidation 8500
        margin 1 1000 > BUY 1 MARKET > show 1  | LONG 2 at 10000 margin 2000 liquidation 9000
        margin 1 1000 > SELL 0.5 MARKET reduce \
         | REDUCED LONG 0.5 at 10000 margin 750 TAKER 0.5 at 10000 | 9250 750 0
        margin 1 1000 > SELL 0.5 MARKET reduce > show 1 \
         | LONG 0.5 at 10000 margin 750 liquidation 8500
        margin 1 1000 > leverage 25            | LEVERAGE_CHANGED, \
         LEVERAGE LONG 1 at 10000 margin 400 | 9600 400 0
        ",
    );
}

/// Bybit Help Center, "Trailing Stop": with a distance of 100 and an activation price of 8,000, a
/// long is closed at 7,900. Without one, and with a distance of 500, a long of 8,000 is closed at
/// 7,500 unless the price rises.
///
/// Distances are shares of the peak here: 100 is 1.25 % of 8,000, and 500 is 6.25 %. The document's
/// distance stays 500 when the price rises to 9,000, and the long is closed at 8,500; the share is
/// 562.5 then.
#[test]
fn bybit_trailing_stop() {
    table(
        &ALL,
        "adjust 9000 > tick 7000 7000 > BUY 1 MARKET \
         > SELL 1 TRAILING_STOP_MARKET when 8000 back 125 reduce",
        "
        tick 8000- 8001                     | nothing
        tick 6900 6901                      | nothing
        tick 8000 8001                      | ACTIVATED
        tick 8000 8001 > tick 7900+ 7901    | nothing
        tick 8000 8001 > tick 7900 7901     | CLOSED LONG STOP_LOSS TAKER 1 at 7900 pnl 900
        ",
    );
    table(
        &ALL,
        "adjust 9000 > tick 8000 8000 > BUY 1 MARKET > SELL 0 TRAILING_STOP_MARKET back 625 close",
        "
        tick 7500+ 7501                     | nothing
        tick 7500 7501                      | CLOSED LONG STOP_LOSS TAKER 1 at 7500 pnl -500
        tick 9000 9001 > tick 8437.5+ 8439  | nothing
        tick 9000 9001 > tick 8437.5 8439   | CLOSED LONG STOP_LOSS TAKER 1 at 8437.5 pnl 437.5
        ",
    );
}

/// Binance Open Platform, "Event: Conditional Order Trade Update": the example is a sale with the
/// activation price 7,476.89 and a callback rate of 5.0 (per cent), whose stop price is given as
/// 7,103.04. That is 7,476.89 × 95 % = 7,103.0455, cut to the price tick of the contract.
///
/// "New Order (TRADE)": a purchase is due once the lowest price is at most the activation price and
/// the latest at least the lowest × (1 + rate); a sale once the highest price is at least the
/// activation price and the latest at most the highest × (1 - rate). The rate is 0.1 to 10 per
/// cent.
#[test]
fn binance_trailing_stop() {
    table(
        &ALL,
        "adjust 9000 > tick 7400 7401",
        "
        SELL 1 TRAILING_STOP_MARKET when 7476.89 back 500 > tick 7476.89- 7478 | nothing
        SELL 1 TRAILING_STOP_MARKET when 7476.89 back 500 > tick 7476.89 7478  | ACTIVATED
        SELL 1 TRAILING_STOP_MARKET when 7476.89 back 500 > tick 7476.89 7478 \
         > tick 7103.0455+ 7104 | nothing
        SELL 1 TRAILING_STOP_MARKET when 7476.89 back 500 > tick 7476.89 7478 \
         > tick 7103.0455 7104 | OPENED SHORT 710.30455 TAKER 1 at 7103.0455
        # The mirror image: 7,000 × 105 % = 7,350.
        BUY 1 TRAILING_STOP_MARKET when 7100 back 500 > tick 6999 7000 > tick 7349 7350- | nothing
        BUY 1 TRAILING_STOP_MARKET when 7100 back 500 > tick 6999 7000 > tick 7349 7350 \
         | OPENED LONG 735 TAKER 1 at 7350
        BUY 1 TRAILING_STOP_MARKET back 9    | INVALID_ORDER
        BUY 1 TRAILING_STOP_MARKET back 10   | ACCEPTED 740.1
        BUY 1 TRAILING_STOP_MARKET back 1000 | ACCEPTED 740.1
        BUY 1 TRAILING_STOP_MARKET back 1001 | INVALID_ORDER
        ",
    );
}
