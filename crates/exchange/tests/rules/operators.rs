//! Pausing, resuming and adjusting.

use crate::desk::{Desk, Long, Ticket, order_id, usd, user};
use exchange::Exchange;
use messages::{AdjustBalance, Attribution, EventKind, Rejection, Request, Response};

fn attribution(reason: &str) -> Attribution {
    Attribution { by: "mia".to_owned(), reason: reason.to_owned() }
}

fn pause(desk: &mut Desk) {
    desk.apply(Request::PauseTrading(attribution("a new release"))).unwrap();
}

fn adjust(desk: &mut Desk, n: u128, amount: &str) -> Result<Response, Rejection> {
    desk.apply(Request::AdjustBalance(
        user(n),
        AdjustBalance { amount: usd(amount), attribution: attribution("a correction") },
    ))
}

#[test]
fn while_trading_is_paused_positions_are_closed_but_none_is_opened() {
    let mut desk = Desk::open();
    desk.place(Ticket::new(1, Long, "0.1"));
    desk.place(Ticket::new(2, Long, "0.1").stop_loss("95"));
    pause(&mut desk);
    let reason = "a new release".to_owned();
    let refused = desk.try_place(Ticket::new(3, Long, "0.1"));
    assert_eq!(refused.unwrap_err(), Rejection::TradingPaused { reason });
    // A repeat of the same order is still answered.
    let again = desk.try_place(Ticket::new(1, Long, "0.1")).unwrap();
    assert!(matches!(again, Response::Position { repeated: true, .. }));
    desk.close(1);
    assert_eq!(desk.tick("94", "96")[0].order.order_id, order_id(2));

    desk.apply(Request::ResumeTrading(attribution("it is done"))).unwrap();
    desk.place(Ticket::new(3, Long, "0.1"));
}

#[test]
fn an_adjustment_changes_the_balance_and_the_books_and_says_who_did_it() {
    let mut desk = Desk::open();
    adjust(&mut desk, 1, "-250.00000001").unwrap();
    let event = desk.events.last().unwrap();
    assert_eq!(event.account.balance, usd("749.99999999"));
    let EventKind::BalanceAdjusted(AdjustBalance { amount, attribution }) = &event.kind else {
        panic!()
    };
    assert_eq!((*amount, attribution.by.as_str()), (usd("-250.00000001"), "mia"));
    assert_eq!(desk.exchange.ledger().deposits, usd("749.99999999"));
    adjust(&mut desk, 1, "0.00000001").unwrap();
    assert_eq!(desk.exchange.ledger().balances, usd("750"));
}

#[test]
fn an_adjustment_that_can_not_be_is_refused() {
    let mut desk = Desk::open();
    assert_eq!(adjust(&mut desk, 2, "1").unwrap_err(), Rejection::UnknownUser);
    assert_eq!(adjust(&mut desk, 1, "0").unwrap_err(), Rejection::InvalidAdjustment);
    let (amount, available) = (usd("-1000.00000001"), usd("1000"));
    let refused = adjust(&mut desk, 1, "-1000.00000001");
    assert_eq!(refused.unwrap_err(), Rejection::BalanceTooLow { amount, available });
    for amount in ["92233720368", "1e25"] {
        assert_eq!(adjust(&mut desk, 1, amount).unwrap_err(), Rejection::AmountOutOfRange);
    }
    adjust(&mut desk, 1, "-1000").unwrap();
}

#[test]
fn who_commands_says_who_and_why() {
    let mut desk = Desk::open();
    let (long, longest) = ("é".repeat(201), "é".repeat(200));
    for (by, reason) in [("", "why"), ("mia", " "), (long.as_str(), "why"), ("mia", &long)] {
        let attribution = Attribution { by: by.to_owned(), reason: reason.to_owned() };
        let refused = desk.apply(Request::PauseTrading(attribution));
        assert_eq!(refused.unwrap_err(), Rejection::InvalidAttribution);
    }
    desk.apply(Request::PauseTrading(attribution(&longest))).unwrap();
}

#[test]
fn a_pause_is_in_the_snapshot() {
    let mut desk = Desk::open();
    pause(&mut desk);
    let paused = desk.exchange.freeze().encode();
    desk.exchange = Exchange::restore(&paused.bytes, &paused.hash).unwrap();
    assert_eq!(desk.exchange.pause(), Some(&attribution("a new release")));
    assert_eq!(desk.exchange.freeze().encode().hash, paused.hash);
    desk.try_place(Ticket::new(1, Long, "0.1")).unwrap_err();
}
