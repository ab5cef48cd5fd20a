use super::*;
use Verdict::{Accepted, Held, Paused};
use proptest::prelude::*;
use testkit::symbols::{BTC, ETH};

const LIMITS: Limits = Limits {
    max_tick_move_bps: 500,
    max_confirmed_move_bps: 2_000,
    confirm_notional: Usd::from_scaled(1_000 * 100_000_000),
};

fn trade(symbol: Symbol, time_ms: u64, price: &str, qty: &str) -> Trade {
    let (price, qty) = (price.parse().unwrap(), qty.parse().unwrap());
    Trade { symbol, trade_id: 1, price, qty, time_us: time_ms * 1_000 }
}

fn resumed(price: &str) -> OutlierFilter {
    let mut filter = OutlierFilter::new(LIMITS);
    let trade = trade(BTC, 0, price, "1");
    let (bid, ask) = (trade.price, trade.price);
    let (disputed, run) = (None, None);
    filter.resume(&MarketPrice { bid, ask, timestamp_ms: 0, trade, disputed, run });
    filter
}

/// Each step: venue time (ms), price, quantity, and the expected verdict.
fn check(filter: &mut OutlierFilter, steps: &[(u64, &str, &str, Verdict)]) {
    for (time_ms, price, qty, expected) in steps {
        let verdict = filter.judge(&trade(BTC, *time_ms, price, qty));
        assert_eq!(verdict, *expected, "{price} at {time_ms} ms");
    }
}

#[test]
fn moves_within_the_limit_pass() {
    let steps = [(1, "105", "1", Accepted), (2, "99.75", "1", Accepted)];
    check(&mut resumed("100"), &steps);
}

#[test]
fn a_print_that_is_not_confirmed_is_no_price_however_long_it_waits() {
    let steps = [(1, "90", "99", Held), (2, "100.1", "1", Accepted), (9_000_000, "90", "99", Held)];
    check(&mut resumed("100"), &steps);
}

#[test]
fn a_move_is_confirmed_by_three_moments_a_second_and_volume() {
    let mut filter = resumed("100");
    let steps = [(1, "90", "5", Held), (600, "89", "5", Held), (1_001, "88", "5", Accepted)];
    check(&mut filter, &steps);
    check(&mut filter, &[(1_002, "88", "5", Accepted), (1_003, "100", "5", Held)]);
}

#[test]
fn prints_of_one_moment_or_within_a_second_do_not_confirm_each_other() {
    let at_once = [(1, "90", "99", Held); 5];
    check(&mut resumed("100"), &at_once);
    let two_moments = [(1, "90", "99", Held), (1, "90", "9", Held), (5_000, "90", "99", Held)];
    check(&mut resumed("100"), &two_moments);
    let too_fast = [(1, "90", "99", Held), (500, "90", "99", Held), (1_000, "90", "99", Held)];
    check(&mut resumed("100"), &too_fast);
}

#[test]
fn dust_does_not_confirm_a_price() {
    let dust = [1, 1_000, 2_000, 3_000].map(|ms| (ms, "90", "0.00000001", Held));
    check(&mut resumed("100"), &dust);
}

#[test]
fn the_first_price_of_all_is_confirmed_as_well() {
    let steps = [(1, "90", "9", Held), (600, "90", "9", Held), (1_001, "90", "9", Accepted)];
    check(&mut OutlierFilter::new(LIMITS), &steps);
}

#[test]
fn an_odd_print_in_between_does_not_start_a_confirmation_over() {
    let steps = [
        (1, "90", "5", Held),
        (500, "42", "9", Held),
        (600, "89", "5", Held),
        (700, "77777", "9", Held),
        (1_001, "88", "5", Accepted),
    ];
    check(&mut resumed("100"), &steps);
}

#[test]
fn a_confirmed_move_beyond_the_bound_pauses_until_the_market_returns() {
    let mut filter = resumed("100");
    let crash = [(1, "79", "9", Held), (600, "79", "9", Held), (1_001, "79", "9", Paused)];
    check(&mut filter, &crash);
    // A paused symbol waits, however much time passes.
    check(&mut filter, &[(90_000_000, "79", "99", Paused), (90_000_001, "100", "99", Paused)]);
    check(&mut filter, &[(90_000_600, "100", "9", Paused), (90_001_001, "101", "9", Accepted)]);
}

#[test]
fn the_bound_grows_with_each_begun_hour() {
    let after = |ms| [(ms, "79", "9", Held), (ms + 600, "79", "9", Held)];
    let mut filter = resumed("100");
    check(&mut filter, &after(3_590_000));
    check(&mut filter, &[(3_591_001, "79", "9", Paused)]);
    let mut filter = resumed("100");
    check(&mut filter, &after(3_600_000));
    check(&mut filter, &[(3_601_001, "79", "9", Accepted)]);
}

#[test]
fn an_operator_accepts_what_is_held_and_nothing_else() {
    let mut filter = resumed("100");
    let crash = [(1, "50", "99", Held), (600, "50", "99", Held), (1_001, "50.5", "99", Paused)];
    check(&mut filter, &crash);
    let price = |text: &str| text.parse().unwrap();
    assert_eq!(filter.held(BTC), Some(price("50.5")));
    assert!(!filter.accept_held(BTC, price("70")));
    assert!(!filter.accept_held(ETH, price("50.5")));
    assert!(filter.accept_held(BTC, price("50.5")));
    check(&mut filter, &[(1_002, "51", "1", Accepted)]);
}

#[test]
fn a_new_run_may_begin_anywhere_and_is_confirmed_over_runs_that_are_short() {
    let mut filter = resumed("100");
    filter.begin_run(BTC);
    check(&mut filter, &[(1_000, "10", "99", Held), (1_500, "10", "99", Held)]);
    filter.begin_run(BTC);
    check(&mut filter, &[(1_000, "10", "99", Held), (1_500, "10", "99", Accepted)]);
    filter.begin_run(BTC);
    check(&mut filter, &[(1_000, "10", "99", Accepted)]);
}

#[test]
fn symbols_do_not_speak_for_each_other() {
    let mut filter = resumed("100");
    check(&mut filter, &[(1, "50", "99", Held)]);
    for ms in [1, 600] {
        assert_eq!(filter.judge(&trade(ETH, ms, "50", "99")), Held);
    }
    assert_eq!(filter.judge(&trade(ETH, 1_001, "50", "99")), Accepted);
    check(&mut filter, &[(1_001, "50", "99", Held)]);
}

proptest! {
    /// Within one second of venue time no accepted price is far from the one before.
    #[test]
    fn no_prints_of_one_second_move_the_price_far(prints in prop::collection::vec((1_000_i128..100_000, 0_u64..1_000), 1..200)) {
        let mut filter = resumed("0.00050000");
        let mut last = Price::from_scaled(50_000);
        for (price, ms) in prints {
            let print = Trade { price: Price::from_scaled(price), ..trade(BTC, ms, "1", "9999") };
            if filter.judge(&print) == Accepted {
                prop_assert!(is_within(print.price, last, 500));
                last = print.price;
            }
        }
    }
}
