//! An unreliable price fills nothing, and an id stands for one order.

use crate::desk::ETH;
use crate::desk::{BTC, Desk, Long, Short, Ticket, order_id, price, user};
use messages::{ClosePosition, DisputeReason, Edit, PriceUpdate, Rejection, Request, Response};

const HOUR_MS: u64 = 60 * 60 * 1_000;

#[test]
fn a_disputed_price_neither_opens_nor_closes_until_the_next_price() {
    for reason in
        [DisputeReason::Held, DisputeReason::Late, DisputeReason::Silent, DisputeReason::Paused]
    {
        let mut desk = Desk::open();
        desk.place(Ticket::new(1, Long, "1"));
        desk.dispute(BTC, reason);
        let refused = Err(Rejection::PriceDisputed { reason });
        assert_eq!(desk.try_place(Ticket::new(2, Long, "1")), refused);
        assert_eq!(desk.try_close(1, 1), refused);
        // Exits fill nothing by themselves.
        desk.modify(1, 1, Edit::Set(price("95")), Edit::Keep).unwrap();
        assert_eq!(desk.tick("98", "100"), []);
        desk.place(Ticket::new(2, Long, "1"));
        desk.close(1);
    }
}

#[test]
fn a_dispute_is_about_one_asset() {
    let mut desk = Desk::open();
    desk.dispute(ETH, DisputeReason::Silent);
    desk.place(Ticket::new(1, Long, "1"));
    desk.dispute(BTC, DisputeReason::Silent);
    desk.tick_of(ETH, "9", "11");
    let refused = desk.try_close(1, 1);
    assert_eq!(refused, Err(Rejection::PriceDisputed { reason: DisputeReason::Silent }));
}

#[test]
fn a_dispute_outlives_a_restart() {
    let mut desk = Desk::open();
    desk.dispute(BTC, DisputeReason::Held);
    let encoded = desk.exchange.freeze().encode();
    desk.exchange = exchange::Exchange::restore(&encoded.bytes, &encoded.hash).unwrap();
    let refused = desk.try_place(Ticket::new(1, Long, "1"));
    assert_eq!(refused, Err(Rejection::PriceDisputed { reason: DisputeReason::Held }));
}

#[test]
fn the_age_of_a_price_counts_from_the_feeds_clock() {
    // The age of the price on arrival, the time for which it is valid, and the age that is refused.
    let rows = [
        (0, None, None),
        (9_998, None, None),
        (10_000, None, Some(10_001)),
        (60_000, None, Some(60_001)),
        (2_999, Some(3_000), None),
        (3_000, Some(3_000), Some(3_001)),
        (9_000, Some(60_000), None),
        (10_000, Some(60_000), Some(10_001)),
    ];
    for (age_ms, valid_for_ms, refused) in rows {
        let mut desk = Desk::open();
        desk.tick_aged("99", "101", age_ms, valid_for_ms);
        let answer = desk.try_place(Ticket::new(1, Long, "1"));
        let refused = refused.map(|age_ms| Rejection::StalePrice { age_ms });
        assert_eq!(answer.err(), refused, "{age_ms} ms old, valid for {valid_for_ms:?} ms");
    }
}

/// The server's clock was briefly an hour ahead, so ids stand still for an hour.
#[test]
fn ids_that_stand_still_do_not_keep_a_price_young() {
    let mut desk = Desk::open();
    desk.tick_aged("99", "101", 0, None);
    desk.place(Ticket::new(1, Long, "1"));
    // Ten seconds pass without a change of the ids.
    desk.senders_ahead_ms = 10_001;
    let stale = Err(Rejection::StalePrice { age_ms: 10_003 });
    assert_eq!(desk.try_close(1, 1), stale);
}

#[test]
fn a_price_from_the_future_is_as_old_as_it_is_early() {
    let mut desk = Desk::open();
    let traded_at_ms = Some(desk.now.ms + HOUR_MS);
    let update = PriceUpdate::new(BTC, price("99"), price("101"), 1);
    desk.apply(Request::PriceUpdate(PriceUpdate { traded_at_ms, ..update })).unwrap();
    let answer = desk.try_place(Ticket::new(1, Long, "1"));
    assert_eq!(answer, Err(Rejection::StalePrice { age_ms: HOUR_MS - 2 }));
}

#[test]
fn orders_are_refused_while_ids_are_far_ahead_of_every_clock() {
    let mut desk = Desk::open();
    desk.ids_ahead_ms = 60_001;
    desk.place(Ticket::new(1, Long, "1"));
    desk.set_rules(|rules| rules.clock_lead_max_ms = Some(60_000));
    let refused = Err(Rejection::ClockAhead { ahead_ms: 60_001 });
    assert_eq!(desk.try_place(Ticket::new(2, Long, "1")), refused);
    // A trader can still close, and a known order is still recognised.
    desk.place(Ticket::new(1, Long, "1"));
    desk.close(1);
    desk.ids_ahead_ms = 60_000;
    desk.place(Ticket::new(2, Long, "1"));
}

#[test]
fn an_order_beyond_its_price_limit_is_refused() {
    let rows = [
        (Long, "101", None),
        (Long, "100.99999999", Some("101")),
        (Short, "99", None),
        (Short, "99.00000001", Some("99")),
    ];
    for (side, limit, filled_at) in rows {
        let answer = Desk::open().try_place(Ticket::new(1, side, "1").price_limit(limit));
        let refused = filled_at.map(|filled_at| Rejection::PriceLimitExceeded {
            price: price(filled_at),
            limit: price(limit),
        });
        assert_eq!(answer.err(), refused, "{side:?} with a limit of {limit}");
    }
}

#[test]
fn a_close_beyond_its_price_limit_is_refused() {
    let rows = [
        (Long, "99", None),
        (Long, "99.00000001", Some("99")),
        (Short, "101", None),
        (Short, "100.99999999", Some("101")),
    ];
    for (side, limit, filled_at) in rows {
        let mut desk = Desk::open();
        desk.place(Ticket::new(1, side, "1"));
        let limit = price(limit);
        let (user_id, order_id) = (user(1), order_id(1));
        let close = ClosePosition { order_id, price_limit: Some(limit) };
        let answer = desk.apply(Request::ClosePosition(user_id, close));
        let refused = filled_at
            .map(|filled_at| Rejection::PriceLimitExceeded { price: price(filled_at), limit });
        assert_eq!(answer.err(), refused, "{side:?} with a limit of {limit}");
    }
}

#[test]
fn a_repeated_order_is_compared_in_every_field() {
    let original = || Ticket::new(1, Long, "1").stop_loss("95").price_limit("102");
    let others: [fn() -> Ticket; 8] = [
        || Ticket::new(1, Short, "1").stop_loss("105").price_limit("90"),
        || Ticket::new(1, Long, "2").stop_loss("95").price_limit("102"),
        || Ticket::new(1, Long, "1").leverage(9).stop_loss("95").price_limit("102"),
        || Ticket::new(1, Long, "1").price_limit("102"),
        || Ticket::new(1, Long, "1").stop_loss("94").price_limit("102"),
        || Ticket::new(1, Long, "1").stop_loss("95"),
        || Ticket::new(1, Long, "1").stop_loss("95").price_limit("103"),
        || Ticket::new(1, Long, "1").stop_loss("95").take_profit("110").price_limit("102"),
    ];
    let mut desk = Desk::open();
    desk.place(original());
    // Later changes of the position do not matter, only the original order.
    desk.modify(1, 1, Edit::Set(price("94")), Edit::Set(price("110"))).unwrap();
    for closed in [false, true] {
        if closed {
            desk.close(1);
        }
        let again = desk.try_place(original());
        assert!(matches!(again, Ok(Response::Position { repeated: true, .. })), "{again:?}");
        for other in others {
            let refused = Err(Rejection::OrderIdReused { order_id: order_id(1) });
            assert_eq!(desk.try_place(other()), refused, "{:?}", other().0);
        }
        let encoded = desk.exchange.freeze().encode();
        desk.exchange = exchange::Exchange::restore(&encoded.bytes, &encoded.hash).unwrap();
    }
}

#[test]
fn the_id_of_the_period_before_is_the_same_order() {
    let mut desk = Desk::open();
    desk.place(Ticket::new(1, Long, "1"));
    let again = desk.try_place(Ticket::new(2, Long, "1").earlier(1));
    assert!(matches!(again, Ok(Response::Position { repeated: true, .. })), "{again:?}");
    let other = desk.try_place(Ticket::new(2, Long, "2").earlier(1));
    assert_eq!(other, Err(Rejection::OrderIdReused { order_id: order_id(1) }));
}

#[test]
fn an_id_is_known_for_its_time_however_many_orders_follow() {
    let mut desk = Desk::open();
    desk.set_rules(|rules| {
        rules.closed_retention_max = 3;
        rules.order_id_retention_ms = Some(48 * HOUR_MS);
    });
    for n in 1..=10 {
        desk.place(Ticket::new(n, Long, "0.01"));
        desk.close(n);
    }
    let closed_earlier = Err(Rejection::OrderClosedEarlier { order_id: order_id(1) });
    assert_eq!(desk.try_place(Ticket::new(1, Long, "0.01")), closed_earlier);
    assert_eq!(desk.try_place(Ticket::new(77, Long, "0.01").earlier(1)), closed_earlier);
    let encoded = desk.exchange.freeze().encode();
    desk.exchange = exchange::Exchange::restore(&encoded.bytes, &encoded.hash).unwrap();
    desk.wait_ms(47 * HOUR_MS);
    desk.tick("99", "101");
    assert_eq!(desk.try_place(Ticket::new(1, Long, "0.01")), closed_earlier);
    desk.register(2, "1000").unwrap();
    let reused = Err(Rejection::OrderIdReused { order_id: order_id(1) });
    assert_eq!(desk.try_place(Ticket::new(1, Long, "0.01").of(2)), reused);
    desk.wait_ms(HOUR_MS);
    desk.tick("99", "101");
    desk.place(Ticket::new(1, Long, "0.01"));
}

/// A tick that closes more orders than are kept evicts most of their records, but none of their
/// ids.
#[test]
fn a_burst_of_closes_forgets_no_id() {
    let mut desk = Desk::open();
    desk.set_rules(|rules| {
        rules.closed_retention_max = 3;
        rules.order_id_retention_ms = Some(48 * HOUR_MS);
    });
    for n in 1..=20 {
        desk.place(Ticket::new(n, Long, "0.01").stop_loss("95"));
    }
    assert_eq!(desk.tick("94", "96").len(), 20);
    desk.tick("99", "101");
    for n in 1..=20 {
        let again = desk.try_place(Ticket::new(n, Long, "0.01").stop_loss("95"));
        let is_known = matches!(
            again,
            Err(Rejection::OrderClosedEarlier { .. })
                | Ok(Response::Position { repeated: true, .. })
        );
        assert!(is_known, "order {n}: {again:?}");
    }
}
