//! Encoding and decoding give the same value, and decoding errors name their field.

use crate::examples;
use messages::*;
use price::{Price, Qty, Usd};
use proptest::prelude::*;
use uuid::Uuid;

fn any_user() -> impl Strategy<Value = UserId> {
    any::<u128>().prop_map(|n| UserId(Uuid::from_u128(n)))
}

fn any_order_id() -> impl Strategy<Value = OrderId> {
    any::<u128>().prop_map(|n| OrderId(Uuid::from_u128(n)))
}

fn any_request_id() -> impl Strategy<Value = Option<RequestId>> {
    proptest::option::of(any::<u128>().prop_map(|n| RequestId(Uuid::from_u128(n))))
}

fn any_price() -> impl Strategy<Value = Price> {
    any::<i128>().prop_map(Price::from_scaled)
}

fn any_usd() -> impl Strategy<Value = Usd> {
    any::<i128>().prop_map(Usd::from_scaled)
}

fn any_symbol() -> impl Strategy<Value = Symbol> {
    "[A-Z0-9]{2,16}".prop_map(|text| text.parse().unwrap())
}

fn any_side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Long), Just(Side::Short)]
}

fn any_dispute_reason() -> impl Strategy<Value = DisputeReason> {
    use DisputeReason::{Held, Late, Paused, Silent};
    prop_oneof![Just(Held), Just(Late), Just(Silent), Just(Paused)]
}

fn any_edit() -> impl Strategy<Value = Edit<Price>> {
    prop_oneof![Just(Edit::Keep), Just(Edit::Remove), any_price().prop_map(Edit::Set)]
}

prop_compose! {
    fn any_place()(
        order_id in any_order_id(),
        asset in ".{0,20}",
        side in any_side(),
        leverage in any::<u32>(),
        qty in any::<i128>(),
        stop_loss in proptest::option::of(any_price()),
        take_profit in proptest::option::of(any_price()),
        earlier_order_id in proptest::option::of(any_order_id()),
        price_limit in proptest::option::of(any_price()),
    ) -> PlaceOrder {
        let qty = Qty::from_scaled(qty);
        PlaceOrder { earlier_order_id, stop_loss, take_profit, price_limit, ..PlaceOrder::market(order_id, asset, side, leverage, qty) }
    }
}

fn any_attribution() -> impl Strategy<Value = Attribution> {
    (".*", ".*").prop_map(|(by, reason)| Attribution { by, reason })
}

/// An instrument within its ranges, which are checked when it is read.
fn any_instrument() -> impl Strategy<Value = Instrument> {
    let numbers = (0_u8..=8, 1..=LEVERAGE_MAX, 0_u32..=1_000, 1..=WHOLE_BPS);
    let stale = proptest::option::of(1_u64..=1_000_000);
    (any_symbol(), "\\PC{1,40}", numbers, stale).prop_filter_map(
        "a name is not blank",
        |(symbol, name, (decimals, max_leverage, spread_bps, loss_bps), stale_price_ms)| {
            let instrument = Instrument {
                symbol,
                name,
                price_decimals: decimals,
                max_leverage,
                spread_bps,
                liquidation_loss_bps: loss_bps,
                stale_price_ms,
                ..examples::instrument()
            };
            instrument.checked().ok()
        },
    )
}

fn any_request() -> impl Strategy<Value = Request> {
    prop_oneof![
        (any_user(), any_usd()).prop_map(|(user_id, deposit)| Request::RegisterUser(
            user_id,
            RegisterUser { deposit }
        )),
        (any_user(), any_place()).prop_map(|(user_id, place)| Request::PlaceOrder(user_id, place)),
        (any_user(), any_order_id(), any_edit(), any_edit()).prop_map(
            |(user_id, order_id, stop_loss, take_profit)| {
                Request::ModifyPosition(
                    user_id,
                    ModifyPosition { order_id, stop_loss, take_profit },
                )
            }
        ),
        (any_user(), any_order_id(), proptest::option::of(any_price())).prop_map(
            |(user_id, order_id, price_limit)| {
                Request::ClosePosition(user_id, ClosePosition { order_id, price_limit })
            }
        ),
        (any_symbol(), any_price(), any_price(), any::<u64>(), any::<[Option<u64>; 2]>()).prop_map(
            |(symbol, bid, ask, trade_id, [traded_at_ms, valid_for_ms])| {
                let update = PriceUpdate::new(symbol, bid, ask, trade_id);
                Request::PriceUpdate(PriceUpdate { traded_at_ms, valid_for_ms, ..update })
            }
        ),
        (any_symbol(), any_dispute_reason()).prop_map(|(symbol, reason)| {
            Request::DisputePrice(DisputePrice { symbol, reason })
        }),
        any_instrument().prop_map(|instrument| Request::SetInstrument(Box::new(instrument))),
        any_attribution().prop_map(Request::PauseTrading),
        any_attribution().prop_map(Request::ResumeTrading),
        (any_user(), any_usd(), any_attribution()).prop_map(|(user_id, amount, attribution)| {
            Request::AdjustBalance(user_id, AdjustBalance { amount, attribution })
        }),
        any::<(u32, u64, u64, u32, [Option<u64>; 2], Option<u32>)>().prop_map(
            |(positions, stale, retention, max, [ids, lead], orders)| {
                Request::SetRules(Rules {
                    max_open_positions: positions,
                    stale_price_ms: stale,
                    closed_retention_ms: retention,
                    closed_retention_max: max,
                    order_id_retention_ms: ids,
                    clock_lead_max_ms: lead,
                    max_open_orders: orders,
                    stale_mark_ms: None,
                    mark_deviation_max_bps: None,
                })
            }
        ),
    ]
}

prop_compose! {
    fn any_order()(
        user_id in any_user(),
        place in any_place(),
        asset in any_symbol(),
        leverage in any::<u8>(),
        margin in any_usd(),
        entry_price in any_price(),
        liquidation_price in any_price(),
        created_at_ms in any::<u64>(),
        costs in (any_usd(), any_usd()),
    ) -> Position {
        Position {
            order_id: place.order_id,
            user_id,
            asset,
            side: place.side,
            leverage,
            qty: place.qty,
            margin,
            entry_price,
            liquidation_price,
            stop_loss: place.stop_loss,
            take_profit: place.take_profit,
            created_at_ms,
            commission: costs.0,
            funding: costs.1,
        }
    }
}

prop_compose! {
    fn any_closed()(
        order in any_order(),
        close_reason in proptest::sample::select(vec![
            CloseReason::Manual, CloseReason::Liquidation, CloseReason::StopLoss, CloseReason::TakeProfit,
        ]),
        close_price in any_price(),
        final_pnl in any_usd(),
        shortfall in any_usd(),
        liquidation_fee in any_usd(),
        tick in any::<(u64, u64)>(),
        closed_at_ms in any::<u64>(),
    ) -> ClosedPosition {
        let tick_id = EntryId::new(tick.0, tick.1);
        ClosedPosition { order, close_reason, close_price, final_pnl, shortfall, liquidation_fee, tick_id, closed_at_ms }
    }
}

fn any_event_kind() -> impl Strategy<Value = EventKind> {
    prop_oneof![
        any_usd().prop_map(|deposit| EventKind::UserRegistered(RegisterUser { deposit })),
        any_order().prop_map(EventKind::PositionOpened),
        any_order().prop_map(EventKind::PositionModified),
        any_closed().prop_map(EventKind::PositionClosed),
        (any_usd(), any_attribution()).prop_map(
            |(amount, attribution)| EventKind::BalanceAdjusted(AdjustBalance {
                amount,
                attribution
            })
        ),
    ]
}

prop_compose! {
    fn any_event()(
        request_id in any_request_id(),
        user_id in any_user(),
        timestamp_ms in any::<u64>(),
        balance in any_usd(),
        used_margin in any_usd(),
        reserved in any_usd(),
        sequence in any::<u64>(),
        kind in any_event_kind(),
    ) -> Event {
        let account = AccountState { balance, used_margin, reserved, sequence };
        Event { request_id, user_id, timestamp_ms, account, kind, execution: None }
    }
}

fn any_mail() -> impl Strategy<Value = Mail> {
    prop_oneof![
        (".*", any::<u64>())
            .prop_map(|(link, expires_at_ms)| Mail::MagicLink(MagicLink { link, expires_at_ms })),
        any::<u64>()
            .prop_map(|changed_at_ms| Mail::PasswordChanged(PasswordChanged { changed_at_ms })),
        (".*", ".*", any::<u64>()).prop_map(|(name, scope, created_at_ms)| {
            Mail::ApiKeyCreated(ApiKeyCreated { name, scope, created_at_ms })
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn requests(
        request_id in any_request_id(),
        timestamp_ms in any::<u64>(),
        reply_to in proptest::option::of(".{0,40}"),
        request in any_request(),
    ) {
        let entry = RequestEntry { request_id, timestamp_ms, reply_to, request };
        prop_assert_eq!(RequestEntry::decode(&entry.encode()), Ok(entry));
    }

    #[test]
    fn events_and_notifications(event in any_event(), id in any::<(u64, u64)>()) {
        prop_assert_eq!(Event::decode(&event.encode()), Ok(event.clone()));
        let notification = Notification { id: EntryId::new(id.0, id.1), event };
        prop_assert_eq!(Notification::from_json(&notification.to_json()), Ok(notification));
    }

    #[test]
    fn mails(
        request_id in any_request_id(),
        mail_id in any::<u128>(),
        timestamp_ms in any::<u64>(),
        to in ".{0,40}",
        mail in any_mail(),
    ) {
        let mail_id = MailId(Uuid::from_u128(mail_id));
        let entry = MailEntry { request_id, mail_id, timestamp_ms, to, mail };
        prop_assert_eq!(MailEntry::decode(&entry.encode()), Ok(entry));
    }

    #[test]
    fn ids_are_read_as_they_are_printed(ms in any::<u64>(), seq in any::<u64>()) {
        let id = EntryId::new(ms, seq);
        prop_assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn outputs_are_ordered_as_their_requests(
        ms in 0..3_u64, seq in any::<u32>(), n in any::<u32>(), other_ms in 0..3_u64,
        other_seq in any::<u32>(), other_n in any::<u32>(),
    ) {
        let (a, b) = (EntryId::new(ms, seq.into()), EntryId::new(other_ms, other_seq.into()));
        prop_assert_eq!(a.output(n).cmp(&b.output(other_n)), (a, n).cmp(&(b, other_n)));
    }
}

#[test]
fn the_other_messages() {
    for entry in examples::queries() {
        assert_eq!(QueryEntry::decode(&entry.encode()), Ok(entry));
    }
    for reply in examples::replies() {
        assert_eq!(serde_json::from_str::<Reply>(&reply.to_json()).unwrap(), reply);
    }
    let price = examples::market_price();
    assert_eq!(serde_json::from_str::<MarketPrice>(&price.to_json()).unwrap(), price);
}

#[test]
fn a_mail_is_printed_without_its_link() {
    for entry in examples::mails() {
        let printed = format!("{entry:?}");
        assert!(!printed.contains("velox.example"), "{printed}");
        assert!(printed.contains("ada@example.com"), "{printed}");
    }
}

#[test]
fn a_rejection_carries_its_code() {
    for reply in examples::replies() {
        if let Err(rejection) = &reply.outcome {
            assert!(reply.to_json().contains(&format!("\"code\":\"{}\"", rejection.code())));
        }
    }
}

#[test]
fn an_error_names_the_field() {
    let good = || -> Vec<(String, Vec<u8>)> {
        let fields = examples::requests()[1].encode();
        fields.iter().map(|(name, value)| (name.to_owned(), value.to_vec())).collect()
    };
    let payload = |from: &str, to: &str| {
        let fields = good().into_iter().map(|(name, value)| {
            let text = String::from_utf8(value).unwrap();
            (name, text.replacen(from, to, 1).into_bytes())
        });
        RequestEntry::decode(&fields.collect()).unwrap_err()
    };
    let without = |field: &str| {
        let fields = good().into_iter().filter(|(name, _)| name != field);
        RequestEntry::decode(&fields.collect()).unwrap_err()
    };
    for field in ["type", "userId", "timestamp", "payload"] {
        assert_eq!(without(field).to_string(), format!("field `{field}` is missing"));
    }
    let rows = [
        (payload("PLACE_ORDER", "BUY"), "type", "unknown request type"),
        (payload("\"leverage\":10", "\"leverage\":1.5"), "payload.leverage", "1.5"),
        (payload("\"1000000\"", "\"0.01\""), "payload.qtyInt", "scale"),
        (payload("\"1000000\"", "1000000"), "payload.qtyInt", "scale"),
        (payload("LONG", "BUY"), "payload.orderType", "BUY"),
        (payload("qtyInt", "qty"), "payload", "qtyInt"),
        (payload("0190a6e4", "xyz"), "userId", "a UUID"),
        (payload("1703001234560", "yesterday"), "timestamp", "milliseconds"),
    ];
    for (error, field, problem) in rows {
        assert_eq!(error.field, field);
        assert!(error.problem.contains(problem), "{error}");
    }
}

#[test]
fn a_missing_version_is_the_first_and_an_unknown_one_is_refused() {
    let with_version = |version: Option<&str>| {
        let fields = examples::requests()[0].encode();
        let fields = fields.iter().filter(|(name, _)| *name != "v");
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_vec()));
        let version = version.map(|v| ("v".to_owned(), v.as_bytes().to_vec()));
        RequestEntry::decode(&fields.chain(version).collect())
    };
    assert_eq!(with_version(None), Ok(examples::requests()[0].clone()));
    assert_eq!(with_version(Some("2")).unwrap_err().field, "v");
    assert_eq!(with_version(Some("x")).unwrap_err().field, "v");
}
