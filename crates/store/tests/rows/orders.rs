//! `orders`: the newest state of each order, and pages of them.

use crate::{BTC, Database, ETH, NOON_MS, at, order_id, user};
use messages::{EntryId, Order, OrderKind, OrderSide, OrderStatus, TimeInForce};
use price::Usd;
use store::StoreError;
use store::orders::{self, Cursor, Filter, OrderState, Row};

/// The `n`th limit order of user 7, as it was accepted: they come a second after another.
fn resting(n: u128) -> OrderState {
    let created_at_ms = NOON_MS + u64::try_from(n).unwrap() * 1_000;
    let order = Order {
        order_id: order_id(n),
        user_id: user(7),
        sequence: 10 + u64::try_from(n).unwrap(),
        client_order_id: Some(format!("bot:{n}")),
        asset: ETH,
        side: OrderSide::Buy,
        position_side: None,
        position_id: None,
        kind: OrderKind::Limit,
        time_in_force: TimeInForce::Gtc,
        qty: "0.5".parse().unwrap(),
        price: Some("3000".parse().unwrap()),
        trigger_price: None,
        callback_bps: None,
        activated_at_ms: None,
        reduce_only: false,
        close_position: false,
        leverage: 20,
        stop_loss: None,
        take_profit: None,
        trailing_stop_bps: Some(100),
        price_limit: None,
        max_slippage_bps: None,
        expires_at_ms: None,
        awaits_quote: false,
        reserved: "75".parse().unwrap(),
        status: OrderStatus::New,
        reason: None,
        filled_qty: "0".parse().unwrap(),
        average_price: None,
        created_at_ms,
        updated_at_ms: created_at_ms,
    };
    OrderState { event_id: EntryId::new(created_at_ms, 0), order }
}

/// The state after the event `event_id`, with another quantity.
fn amended(state: &OrderState, event_id: EntryId, qty: &str) -> OrderState {
    let order = Order { qty: qty.parse().unwrap(), ..state.order.clone() };
    OrderState { event_id, order }
}

fn canceled(state: &OrderState, event_id: EntryId) -> OrderState {
    let order = Order { status: OrderStatus::Canceled, reserved: Usd::ZERO, ..state.order.clone() };
    OrderState { event_id, order }
}

async fn store(database: &Database, states: &[&OrderState]) -> Result<u64, StoreError> {
    orders::upsert_all(&mut database.pool.acquire().await.unwrap(), states.iter().copied()).await
}

async fn stored(database: &Database, state: &OrderState) -> OrderState {
    let row = orders::find(&database.pool, state.order.order_id).await.unwrap();
    row.unwrap().try_into().unwrap()
}

#[tokio::test]
async fn the_newest_event_of_an_order_wins_in_any_order() {
    let database = Database::new().await;
    let first = resting(1);
    // Ids are numbers: as texts, 10 would be less than 9, and the last one less than the others.
    let ninth = amended(&first, EntryId::new(NOON_MS + 2_000, 9), "0.9");
    let tenth = amended(&first, EntryId::new(NOON_MS + 2_000, 10), "1");
    let latest = amended(&first, EntryId::new(10 * NOON_MS, u64::MAX), "2");

    assert_eq!(store(&database, &[&ninth, &first]).await.unwrap(), 1);
    assert_eq!(stored(&database, &first).await, ninth, "in one statement, the newer first");
    assert_eq!(store(&database, &[&ninth, &tenth]).await.unwrap(), 1);
    assert_eq!(stored(&database, &first).await, tenth, "in one statement, the newer last");
    for older in [&first, &ninth, &tenth] {
        assert_eq!(store(&database, &[older]).await.unwrap(), 0);
        assert_eq!(stored(&database, &first).await, tenth, "an older one, or the same again");
    }
    assert_eq!(store(&database, &[&latest]).await.unwrap(), 1);
    assert_eq!(store(&database, &[&tenth]).await.unwrap(), 0);
    assert_eq!(stored(&database, &first).await, latest);
}

#[tokio::test]
async fn another_state_that_the_same_event_brought_is_refused() {
    let database = Database::new().await;
    let first = resting(1);
    let other = amended(&first, first.event_id, "0.75");
    let expected = "order 00000000-0000-0000-0000-000000000001 is already stored with other \
        values: qty is 75000000, stored is 50000000";

    let refused = store(&database, &[&first, &other]).await.unwrap_err();
    assert_eq!(refused.to_string(), expected);
    assert_eq!(store(&database, &[&first]).await.unwrap(), 1);
    let refused = store(&database, &[&resting(2), &other]).await.unwrap_err();
    assert_eq!(refused.to_string(), expected);
    assert!(matches!(refused, StoreError::Unstorable(_)));
    // A state that another event has replaced can't be compared any more.
    let newer = canceled(&first, EntryId::new(NOON_MS + 9_000, 0));
    store(&database, &[&newer]).await.unwrap();
    assert_eq!(store(&database, &[&other]).await.unwrap(), 0);
    assert_eq!(stored(&database, &first).await, newer);
}

#[tokio::test]
async fn a_state_that_no_order_can_have_is_refused() {
    let database = Database::new().await;
    let done = canceled(&resting(1), EntryId::new(NOON_MS + 9_000, 0));
    for (constraint, order) in [
        ("orders_reserved", Order { reserved: "75".parse().unwrap(), ..done.order.clone() }),
        ("orders_filled", Order { status: OrderStatus::Filled, ..done.order.clone() }),
        ("orders_filled", Order { filled_qty: done.order.qty, ..done.order.clone() }),
        ("orders_qty", Order { qty: "-1".parse().unwrap(), ..done.order.clone() }),
        ("orders_leverage", Order { leverage: 101, ..done.order.clone() }),
    ] {
        let refused = store(&database, &[&OrderState { order, ..done }]).await.unwrap_err();
        assert!(matches!(refused, StoreError::Unstorable(_)), "{refused:?}");
        assert!(refused.to_string().contains(constraint), "{refused}");
    }
}

/// Reads all pages of user 7, two rows a page, and returns the last digits of the order ids.
async fn pages(database: &Database, filter: &Filter) -> Vec<u128> {
    let mut all: Vec<Row> = Vec::new();
    let mut after = None;
    loop {
        let page = orders::page(&database.pool, user(7), filter, after, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(Cursor { created_at: last.created_at, order_id: last.order_id });
        all.extend(page);
    }
    all.iter().map(|row| row.order_id.as_u128()).collect()
}

#[tokio::test]
async fn pages_show_what_is_asked_for_newest_first() {
    let database = Database::new().await;
    let mut states: Vec<_> = (1..=5).map(resting).collect();
    // Accepted with the fifth, so that their ids decide.
    states.push(OrderState {
        order: Order { order_id: order_id(6), ..resting(5).order },
        ..states[4]
    });
    states[1].order.asset = BTC;
    states[3].order.asset = BTC;
    states[2] = canceled(&states[2], EntryId::new(NOON_MS + 9_000, 0));
    states[3] = canceled(&states[3], EntryId::new(NOON_MS + 9_000, 1));
    // Two orders had one client id after another, and another user has it too.
    states[0] = canceled(&states[0], EntryId::new(NOON_MS + 9_000, 2));
    states[1].order.client_order_id = Some("bot:1".to_owned());
    let mut others = resting(8);
    others.order.user_id = user(8);
    others.order.client_order_id = Some("bot:1".to_owned());
    states.push(others);
    let states: Vec<_> = states.iter().collect();
    assert_eq!(store(&database, &states).await.unwrap(), 7);

    let (new, canceled) = (vec![OrderStatus::New], vec![OrderStatus::Canceled]);
    let ended = vec![OrderStatus::Filled, OrderStatus::Canceled];
    let client_order_id = Some("bot:1".to_owned());
    let Order { side, kind, created_at_ms, .. } = resting(3).order;
    let other_side = if side == OrderSide::Buy { OrderSide::Sell } else { OrderSide::Buy };
    let third = at(created_at_ms);
    let any = Filter::default;
    for (filter, expected) in [
        (any(), vec![6, 5, 4, 3, 2, 1]),
        (Filter { statuses: new.clone(), ..any() }, vec![6, 5, 2]),
        (Filter { statuses: canceled.clone(), ..any() }, vec![4, 3, 1]),
        (Filter { statuses: vec![OrderStatus::Filled], ..any() }, vec![]),
        (Filter { statuses: ended, ..any() }, vec![4, 3, 1]),
        (Filter { side: Some(side), ..any() }, vec![6, 5, 4, 3, 2, 1]),
        (Filter { side: Some(other_side), ..any() }, vec![]),
        (Filter { kinds: vec![kind], ..any() }, vec![6, 5, 4, 3, 2, 1]),
        (Filter { kinds: vec![OrderKind::Stop, OrderKind::Market], ..any() }, vec![]),
        (Filter { from: Some(third), ..any() }, vec![6, 5, 4, 3]),
        (Filter { to: Some(third), statuses: new.clone(), ..any() }, vec![2]),
        (Filter { asset: Some(BTC), ..any() }, vec![4, 2]),
        (Filter { asset: Some(BTC), statuses: new.clone(), ..any() }, vec![2]),
        (Filter { asset: Some(BTC), statuses: canceled.clone(), ..any() }, vec![4]),
        (Filter { client_order_id: client_order_id.clone(), ..any() }, vec![2, 1]),
        (
            Filter { client_order_id: client_order_id.clone(), statuses: new.clone(), ..any() },
            vec![2],
        ),
        (Filter { client_order_id, asset: Some(ETH), ..any() }, vec![1]),
    ] {
        assert_eq!(pages(&database, &filter).await, expected, "{filter:?}");
        let onward = orders::page_onward(&database.pool, user(7), &filter, None, 9).await.unwrap();
        let onward = onward.iter().rev().map(|row| row.order_id.as_u128());
        assert_eq!(onward.collect::<Vec<_>>(), expected, "{filter:?}");
    }
    let found = async |owner| orders::find_owned(&database.pool, owner, order_id(8)).await.unwrap();
    assert!(found(user(7)).await.is_none() && found(user(8)).await.is_some());
}
