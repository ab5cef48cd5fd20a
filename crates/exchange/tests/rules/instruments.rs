//! Instruments are listed and changed by entries, and their parameters apply from then on.

use crate::desk::{BTC, DOGE, Desk, ETH, Long, SHIB, Short, Ticket, instrument, order_id, price};
use exchange::Exchange;
use messages::{
    Instrument, MarkPrice, PositionState, PriceUpdate, Rejection, Request, Response, Symbol,
};

fn list(desk: &mut Desk, instrument: Instrument) {
    let answer = desk.apply(Request::SetInstrument(Box::new(instrument)));
    assert_eq!(answer, Ok(Response::Done));
}

fn refused(desk: &mut Desk, ticket: Ticket) -> Rejection {
    desk.try_place(ticket).expect_err("the order is refused")
}

fn order(n: u128, symbol: Symbol) -> Ticket {
    let mut ticket = Ticket::new(n, Long, "1");
    ticket.1.asset = symbol.to_string();
    ticket
}

#[test]
fn an_unlisted_symbol_has_no_price_and_no_orders() {
    let mut desk = Desk::open();
    let unknown = |symbol: Symbol| Rejection::UnknownAsset { asset: symbol.to_string() };
    assert_eq!(refused(&mut desk, order(1, DOGE)), unknown(DOGE));
    let update = PriceUpdate::new(DOGE, price("0.4"), price("0.5"), 1);
    assert_eq!(desk.apply(Request::PriceUpdate(update)), Err(unknown(DOGE)));
    list(&mut desk, instrument(DOGE));
    assert_eq!(refused(&mut desk, order(1, DOGE)), Rejection::NoPrice);
    desk.tick_of(DOGE, "0.499", "0.5");
    desk.place(order(1, DOGE));
    assert_eq!(refused(&mut desk, order(2, SHIB)), unknown(SHIB));
    desk.exchange.check_invariants().unwrap();
}

#[test]
fn a_history_that_lists_instruments_has_no_others() {
    let mut desk = Desk::empty();
    list(&mut desk, instrument(DOGE));
    let update = PriceUpdate::new(BTC, price("10"), price("11"), 1);
    let unknown = Rejection::UnknownAsset { asset: BTC.to_string() };
    assert_eq!(desk.apply(Request::PriceUpdate(update)), Err(unknown));
    let symbols: Vec<Symbol> = desk.exchange.instruments().map(|listed| listed.symbol).collect();
    assert_eq!(symbols, [DOGE]);
}

#[test]
fn the_parameters_apply_to_new_positions_only() {
    // Highest leverage, loss, and the liquidation price of a 10x long and short at 100.
    let rows = [
        (100, 9_000, "91", "109"),
        (100, 10_000, "90", "110"),
        (20, 5_000, "95", "105"),
        (10, 3_333, "96.667", "103.333"),
        (10, 1, "99.999", "100.001"),
    ];
    let mut desk = Desk::open();
    desk.tick("100", "100");
    desk.place(Ticket::new(1, Long, "1"));
    for (n, (max_leverage, liquidation_loss_bps, long, short)) in (0..).zip(rows) {
        list(&mut desk, Instrument { max_leverage, liquidation_loss_bps, ..instrument(BTC) });
        for (id, side, expected) in [(2 * n + 10, Long, long), (2 * n + 11, Short, short)] {
            let opened = desk.place(Ticket::new(id, side, "1"));
            assert_eq!(opened.liquidation_price, price(expected), "{liquidation_loss_bps} bps");
        }
        let leverage = u32::from(max_leverage) + 1;
        let refused = refused(&mut desk, Ticket::new(99, Long, "1").leverage(leverage));
        assert_eq!(refused, Rejection::InvalidLeverage { leverage, max: max_leverage });
    }
    let PositionState::Open(first) = desk.exchange.find_order(order_id(1)).unwrap() else {
        panic!("the first position is open")
    };
    assert_eq!(first.order.liquidation_price, price("91"));
}

#[test]
fn an_instrument_may_have_a_stale_limit_of_its_own() {
    let mut desk = Desk::open();
    desk.tick_of(ETH, "100", "100");
    desk.tick("100", "100");
    list(&mut desk, Instrument { stale_price_ms: Some(2_000), ..instrument(BTC) });
    desk.wait_ms(2_001);
    let refused = refused(&mut desk, Ticket::new(1, Long, "1"));
    assert!(matches!(refused, Rejection::StalePrice { age_ms: 2_001.. }), "{refused:?}");
    desk.place(order(2, ETH));
}

#[test]
fn a_listing_keeps_its_place_in_a_snapshot() {
    let mut desk = Desk::open();
    for symbol in [DOGE, SHIB] {
        list(&mut desk, instrument(symbol));
    }
    list(&mut desk, Instrument { max_leverage: 3, ..instrument(DOGE) });
    desk.tick_of(DOGE, "0.499", "0.5");
    desk.place(order(1, DOGE).leverage(3));
    let encoded = desk.exchange.freeze().encode();
    let restored = Exchange::restore(&encoded.bytes, &encoded.hash).unwrap();
    let listed = |exchange: &Exchange| exchange.instruments().cloned().collect::<Vec<_>>();
    assert_eq!(listed(&restored), listed(&desk.exchange));
    assert_eq!(restored.freeze().encode().hash, encoded.hash);
}

#[test]
fn operators_see_the_positions_and_last_prices_of_one_instrument() {
    let mut desk = Desk::open();
    assert_eq!(desk.exchange.last_mark(BTC), None);
    desk.tick("99", "101");
    desk.tick_of(ETH, "10.9", "11");
    let mark = MarkPrice::new(BTC, price("100.5"), Some(price("100.25")));
    let mark = MarkPrice { marked_at_ms: Some(7), next_funding_ms: Some(9), ..mark };
    desk.apply(Request::MarkPrice(mark)).unwrap();
    let places = [order(1, BTC), order(2, ETH), order(3, BTC)];
    let opened = places.map(|ticket| desk.place(ticket));
    // However old.
    desk.wait_ms(1_000_000);
    let exchange = &desk.exchange;
    let held: Vec<_> = exchange.positions_in(BTC).map(|open| open.order).collect();
    assert_eq!(held, [opened[0].clone(), opened[2].clone()]);
    assert_eq!(exchange.positions_in(DOGE).count(), 0);
    assert_eq!(exchange.last_quote(BTC), Some((price("99"), price("101"))));
    assert_eq!(exchange.last_mark(BTC), Some(mark));
    assert_eq!((exchange.last_mark(ETH), exchange.last_quote(DOGE)), (None, None));
}
