//! `fills`: a row for each fill, and pages of them.

use crate::{BTC, Database, ETH, NOON_MS, at, order_id, user};
use messages::{AccountFill, CloseReason, EntryId, FillRole, OrderSide};
use price::Usd;
use store::StoreError;
use store::fills::{self, Filter};

/// The fill of user 7 that an event told.
fn fill(id: EntryId) -> AccountFill {
    AccountFill {
        id,
        sequence: 9,
        order_sequence: 8,
        order_id: order_id(1),
        position_id: order_id(2),
        user_id: user(7),
        asset: ETH,
        side: OrderSide::Sell,
        qty: "0.5".parse().unwrap(),
        price: "3000".parse().unwrap(),
        realized_pnl: "-12.5".parse().unwrap(),
        fee: Usd::ZERO,
        role: FillRole::Taker,
        reason: Some(CloseReason::StopLoss),
        tick_id: Some(EntryId::new(NOON_MS, 0)),
    }
}

async fn store(database: &Database, fills: &[AccountFill]) -> Result<u64, StoreError> {
    fills::insert_all(&mut database.pool.acquire().await.unwrap(), fills.iter()).await
}

#[tokio::test]
async fn the_same_fill_again_changes_nothing_and_another_with_its_id_is_refused() {
    let database = Database::new().await;
    let (first, second) = (fill(EntryId::new(NOON_MS, 0)), fill(EntryId::new(NOON_MS, 1 << 32)));
    assert_eq!(store(&database, &[first.clone(), first.clone()]).await.unwrap(), 1);
    assert_eq!(store(&database, &[first.clone(), second]).await.unwrap(), 1);
    let other = AccountFill { qty: "0.75".parse().unwrap(), reason: None, ..first.clone() };
    let refused = store(&database, &[other]).await.unwrap_err();
    assert!(matches!(refused, StoreError::Unstorable(_)));
    assert_eq!(
        refused.to_string(),
        "fill 1703001299001-0 is already stored with other values: qty is 75000000, stored is \
         50000000, reason is None, stored is Some(\"STOP_LOSS\")"
    );
    let page = fills::page(&database.pool, user(7), &Filter::default(), None, 9).await.unwrap();
    assert_eq!(AccountFill::try_from(page[1].clone()).unwrap(), first, "the first one stays");
}

#[tokio::test]
async fn a_fill_that_can_not_be_is_refused() {
    let database = Database::new().await;
    let good = || fill(EntryId::new(NOON_MS, 0));
    for wrong in [
        AccountFill { qty: "0".parse().unwrap(), ..good() },
        AccountFill { price: "0".parse().unwrap(), ..good() },
    ] {
        let refused = store(&database, &[wrong]).await.unwrap_err();
        assert!(matches!(refused, StoreError::Unstorable(_)), "{refused:?}");
        assert!(refused.to_string().contains("fills_positive"), "{refused}");
    }
}

/// Reads all pages of user 7, two rows a page, and returns their ids.
async fn pages(database: &Database, filter: &Filter) -> Vec<EntryId> {
    let (mut all, mut after): (Vec<EntryId>, _) = (Vec::new(), None);
    loop {
        let page = fills::page(&database.pool, user(7), filter, after, 2).await.unwrap();
        all.extend(page.iter().map(|row| row.id.parse::<EntryId>().unwrap()));
        if page.is_empty() {
            return all;
        }
        after = all.last().copied();
    }
}

#[tokio::test]
async fn pages_show_what_is_asked_for_newest_first() {
    let database = Database::new().await;
    // As texts, 10 would be less than 9.
    let ids = [(0, 9), (0, 10), (0, 1 << 32), (1_000, 0), (2_000, 0)]
        .map(|(later, seq)| EntryId::new(NOON_MS + later, seq));
    let mut all = ids.map(fill);
    (all[1].asset, all[3].asset) = (BTC, BTC);
    (all[1].order_id, all[1].position_id) = (order_id(3), order_id(3));
    (all[2].side, all[2].role, all[2].reason) = (OrderSide::Buy, FillRole::Maker, None);
    all[4].order_id = order_id(3);
    let others = AccountFill { user_id: user(8), ..fill(EntryId::new(NOON_MS, 5)) };
    store(&database, &all).await.unwrap();
    store(&database, &[others]).await.unwrap();

    let any = Filter::default;
    let (second, third) = (Some(order_id(2)), Some(order_id(3)));
    for (filter, expected) in [
        (any(), vec![4, 3, 2, 1, 0]),
        (Filter { asset: Some(BTC), ..any() }, vec![3, 1]),
        (Filter { order_id: third, ..any() }, vec![4, 1]),
        (Filter { order_id: third, position_id: second, ..any() }, vec![4]),
        (Filter { position_id: second, ..any() }, vec![4, 3, 2, 0]),
        (Filter { position_id: second, asset: Some(ETH), ..any() }, vec![4, 2, 0]),
        (Filter { from: Some(at(NOON_MS + 1_000)), ..any() }, vec![4, 3]),
        (Filter { to: Some(at(NOON_MS + 1_000)), ..any() }, vec![2, 1, 0]),
        (Filter { side: Some(OrderSide::Buy), ..any() }, vec![2]),
        (Filter { role: Some(FillRole::Taker), asset: Some(ETH), ..any() }, vec![4, 0]),
        (Filter { reason: Some(CloseReason::StopLoss), ..any() }, vec![4, 3, 1, 0]),
        (Filter { reason: Some(CloseReason::Liquidation), ..any() }, vec![]),
        (Filter { from: Some(at(NOON_MS + 1)), to: Some(at(NOON_MS + 2_000)), ..any() }, vec![3]),
    ] {
        let expected: Vec<_> = expected.into_iter().map(|n: usize| ids[n]).collect();
        assert_eq!(pages(&database, &filter).await, expected, "{filter:?}");
    }
    // A cursor in a year that the database does not know.
    let end = Some(EntryId::new(u64::MAX, 0));
    let page = fills::page(&database.pool, user(7), &any(), end, 9).await.unwrap();
    assert_eq!(page.len(), 5);
}
