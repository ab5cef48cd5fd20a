//! `income`: a row for each line of a statement, and pages of them.

use crate::{BTC, Database, ETH, NOON_MS, at, order_id, user};
use messages::{EntryId, Income, IncomeKind, UserId};
use store::StoreError;
use store::income::{self, Cursor, Filter};

use IncomeKind::{Commission, FundingFee, LiquidationFee, RealizedPnl, Transfer};

fn line(user_id: UserId, id: EntryId, kind: IncomeKind) -> Income {
    Income {
        id,
        sequence: 9,
        kind,
        user_id,
        amount: "-12.5".parse().unwrap(),
        asset: Some(ETH),
        order_id: Some(order_id(1)),
        position_id: Some(order_id(2)),
    }
}

async fn store(database: &Database, lines: &[Income]) -> Result<u64, StoreError> {
    income::insert_all(&mut database.pool.acquire().await.unwrap(), lines.iter()).await
}

#[tokio::test]
async fn the_same_line_again_changes_nothing_and_another_with_its_key_is_refused() {
    let database = Database::new().await;
    let id = EntryId::new(NOON_MS, 1 << 32);
    let [pnl, fee] = [RealizedPnl, Commission].map(|kind| line(user(7), id, kind));
    assert_eq!(store(&database, &[pnl.clone(), fee.clone(), pnl.clone()]).await.unwrap(), 2);
    assert_eq!(store(&database, &[fee, pnl.clone()]).await.unwrap(), 0);
    let other = Income { amount: "1".parse().unwrap(), order_id: None, ..pnl.clone() };
    let refused = store(&database, &[other]).await.unwrap_err();
    assert!(matches!(refused, StoreError::Unstorable(_)));
    assert_eq!(
        refused.to_string(),
        "line 1703001299001-4294967296 REALIZED_PNL is already stored with other values: amount is \
         100000000, stored is -1250000000, order_id is None, stored is \
         Some(00000000-0000-0000-0000-000000000001)"
    );
    let page = income::page(&database.pool, user(7), &Filter::default(), None, 9).await.unwrap();
    assert_eq!(Income::try_from(page[0].clone()).unwrap(), pnl, "the first one stays");

    let nothing = Income { amount: "0".parse().unwrap(), ..line(user(7), id, FundingFee) };
    let refused = store(&database, &[nothing]).await.unwrap_err();
    assert!(refused.to_string().contains("income_amount"), "{refused}");
}

/// Reads all pages of user 7, two rows a page, newest or oldest first.
async fn pages(database: &Database, filter: &Filter, is_onward: bool) -> Vec<Cursor> {
    let (mut all, mut after): (Vec<Cursor>, _) = (Vec::new(), None);
    loop {
        let page = if is_onward {
            income::page_onward(&database.pool, user(7), filter, after, 2).await.unwrap()
        } else {
            income::page(&database.pool, user(7), filter, after, 2).await.unwrap()
        };
        let lines = page.into_iter().map(|row| Income::try_from(row).unwrap());
        all.extend(lines.map(|line| Cursor { id: line.id, kind: line.kind }));
        if all.last().copied() == after {
            return all;
        }
        after = all.last().copied();
    }
}

#[tokio::test]
async fn pages_show_what_is_asked_for_in_both_directions() {
    let database = Database::new().await;
    // As texts, 10 would be less than 9. An event has several lines.
    let places = [
        (0, 9, Transfer),
        (0, 10, Commission),
        (0, 10, LiquidationFee),
        (0, 10, RealizedPnl),
        (0, 1 << 32, Commission),
        (1_000, 0, FundingFee),
        (2_000, 0, Commission),
    ]
    .map(|(later, seq, kind)| Cursor { id: EntryId::new(NOON_MS + later, seq), kind });
    let mut all = places.map(|place| line(user(7), place.id, place.kind));
    all[0].asset = None;
    (all[4].asset, all[5].asset) = (Some(BTC), Some(BTC));
    store(&database, &all).await.unwrap();
    store(&database, &[line(user(8), EntryId::new(NOON_MS, 5), Commission)]).await.unwrap();

    let any = Filter::default;
    let kinds = |kinds: &[IncomeKind]| Filter { kinds: kinds.to_vec(), ..any() };
    for (filter, expected) in [
        (any(), vec![0, 1, 2, 3, 4, 5, 6]),
        (Filter { asset: Some(BTC), ..any() }, vec![4, 5]),
        (kinds(&[Commission]), vec![1, 4, 6]),
        (kinds(&[Commission, RealizedPnl]), vec![1, 3, 4, 6]),
        (Filter { asset: Some(ETH), ..kinds(&[Commission]) }, vec![1, 6]),
        (Filter { from: Some(at(NOON_MS + 1_000)), ..any() }, vec![5, 6]),
        (Filter { to: Some(at(NOON_MS + 1_000)), ..any() }, vec![0, 1, 2, 3, 4]),
        (Filter { from: Some(at(NOON_MS + 1)), to: Some(at(NOON_MS + 2_000)), ..any() }, vec![5]),
    ] {
        let mut expected: Vec<_> = expected.into_iter().map(|n: usize| places[n]).collect();
        assert_eq!(pages(&database, &filter, true).await, expected, "{filter:?}");
        expected.reverse();
        assert_eq!(pages(&database, &filter, false).await, expected, "{filter:?}");
    }
    // A cursor in a year that the database does not know.
    let end = Some(Cursor { id: EntryId::new(u64::MAX, 0), kind: Transfer });
    let page = income::page(&database.pool, user(7), &any(), end, 9).await.unwrap();
    assert_eq!(page.len(), 7);
}
