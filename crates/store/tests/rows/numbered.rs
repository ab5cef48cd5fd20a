//! Orders, fills and lines by number, some of them from before there were numbers.

use crate::{BTC, Database, ETH, NOON_MS, at, order_id, user};
use messages::{
    AccountFill, CloseReason, EntryId, FillRole, Income, IncomeKind, Order, OrderKind, OrderSide,
    OrderStatus, Position, Side, Symbol,
};
use price::Usd;
use sqlx::Executor as _;
use store::fills::{self, NumberedFilter, Which};
use store::income::{self, Filter};
use store::numbered::{PAGE_MAX, Span};
use store::orders::{self, OrderState};

/// The second half of the numbers of a test: those from before have their times.
const fn ms(second: u64) -> u64 {
    NOON_MS + second * 1_000
}

/// Order `n` of a user, accepted in second `n`.
fn order(n: u64, sequence: u64, asset: Symbol, owner: u128) -> OrderState {
    let position = Position {
        order_id: order_id(n.into()),
        user_id: user(owner),
        asset,
        side: Side::Long,
        leverage: 20,
        qty: "0.5".parse().unwrap(),
        margin: "75".parse().unwrap(),
        entry_price: "3000".parse().unwrap(),
        liquidation_price: "2900".parse().unwrap(),
        stop_loss: None,
        take_profit: None,
        created_at_ms: ms(n),
        commission: Usd::ZERO,
        funding: Usd::ZERO,
    };
    let order = Order::filled_plainly(&position, sequence);
    OrderState { event_id: EntryId::new(ms(n), 0), order }
}

/// Seconds 1 and 2 were before there were numbers; orders 3 to 6 have 10 times their second.
async fn with_orders() -> Database {
    let database = Database::new().await;
    let numbered = (3..7).map(|n| order(n, n * 10, ETH, 7));
    let others =
        [order(1, 0, ETH, 7), order(2, 0, ETH, 7), order(8, 41, BTC, 7), order(9, 50, ETH, 8)];
    let mut states: Vec<_> = numbered.chain(others).collect();
    for n in [4, 6] {
        states[n - 3].order.client_order_id = Some("again".to_owned());
    }
    states[1].order.kind = OrderKind::Limit;
    states[2].order.status = OrderStatus::Canceled;
    states[2].order.filled_qty = "0".parse().unwrap();
    states[2].order.average_price = None;
    let mut connection = database.pool.acquire().await.unwrap();
    orders::upsert_all(&mut connection, states.iter()).await.unwrap();
    database
}

fn span() -> Span {
    Span { asset: ETH, number: None, from: None, to: None }
}

#[tokio::test]
async fn an_order_is_found_by_its_number_and_by_its_owners_id() {
    let database = with_orders().await;
    let found = async |owner, number| {
        let row = orders::find_by_number(&database.pool, user(owner), number).await.unwrap();
        row.map(|row| OrderState::try_from(row).unwrap().order)
    };
    for (owner, number, n) in [(7, 40, 4), (7, 41, 8), (8, 50, 9), (7, 50, 5), (7, ms(2), 2)] {
        let order = found(owner, number).await.unwrap();
        assert_eq!((order.order_id, order.number()), (order_id(n), number));
    }
    // A time is the number of none that was counted.
    for (owner, number) in [(7, 0), (7, 45), (8, 40), (7, ms(4)), (7, u64::MAX)] {
        assert_eq!(found(owner, number).await, None, "{owner} {number}");
    }
    let called = async |owner, name| {
        let row = orders::find_by_client_order_id(&database.pool, user(owner), name).await;
        row.unwrap().map(|row| row.order_id)
    };
    assert_eq!(called(7, "again").await, Some(order_id(6).0), "the newest");
    assert_eq!((called(8, "again").await, called(7, "never").await), (None, None));
}

#[tokio::test]
async fn a_page_of_orders_ascends() {
    let database = with_orders().await;
    let page = async |span: Span, len| -> Vec<u64> {
        let rows = orders::numbered_page(&database.pool, user(7), &span, len).await.unwrap();
        let orders = rows.into_iter().map(|row| OrderState::try_from(row).unwrap().order);
        orders.map(|order| order.number()).collect()
    };
    // The newest, in the order of time.
    assert_eq!(page(span(), 9).await, [ms(1), ms(2), 30, 40, 50, 60]);
    assert_eq!(page(span(), 3).await, [40, 50, 60]);
    assert_eq!(page(Span { to: Some(at(ms(5))), ..span() }, 2).await, [30, 40]);
    // The oldest since a time.
    assert_eq!(page(Span { from: Some(at(ms(2))), ..span() }, 3).await, [ms(2), 30, 40]);
    let between = Span { from: Some(at(ms(3))), to: Some(at(ms(5))), ..span() };
    assert_eq!(page(between, 9).await, [30, 40]);
    // From a number: those from before have the greatest.
    let from = |number| Span { number: Some(number), ..span() };
    assert_eq!(page(from(40), 9).await, [40, 50, 60, ms(1), ms(2)]);
    assert_eq!(page(from(41), 1).await, [50]);
    assert_eq!(page(from(ms(1) + 1), 9).await, [ms(2)]);
    assert_eq!(page(Span { to: Some(at(ms(6))), ..from(41) }, 9).await, [50, ms(1), ms(2)]);
    assert!(page(from(u64::MAX), 9).await.is_empty());
    assert_eq!(page(Span { asset: BTC, ..span() }, 9).await, [41]);
    assert_eq!(page(span(), i64::MAX).await.len(), 6, "as many as {PAGE_MAX}");
}

/// The fill of an order in second `n`.
fn fill(n: u64, (sequence, order_sequence): (u64, u64), order: u64) -> AccountFill {
    AccountFill {
        id: EntryId::new(ms(n), 0),
        sequence,
        order_id: order_id(order.into()),
        order_sequence,
        position_id: order_id(99),
        user_id: user(7),
        asset: ETH,
        side: OrderSide::Sell,
        qty: "0.5".parse().unwrap(),
        price: "3000".parse().unwrap(),
        realized_pnl: "-12.5".parse().unwrap(),
        fee: Usd::ZERO,
        role: FillRole::Taker,
        reason: None,
        tick_id: None,
    }
}

#[tokio::test]
async fn a_page_of_fills_ascends() {
    let database = with_orders().await;
    let liquidation =
        AccountFill { reason: Some(CloseReason::Liquidation), ..fill(14, (90, 90), 4) };
    let fills = [
        fill(10, (0, 0), 1),
        fill(11, (70, 40), 4),
        fill(12, (71, 40), 4),
        fill(13, (80, 50), 5),
        liquidation,
        AccountFill { asset: BTC, ..fill(15, (91, 41), 8) },
        AccountFill { user_id: user(8), ..fill(16, (72, 40), 9) },
    ];
    let mut connection = database.pool.acquire().await.unwrap();
    fills::insert_all(&mut connection, fills.iter()).await.unwrap();
    let page = async |span: Span, order: Option<u64>, len| -> Vec<u64> {
        let filter = NumberedFilter { span, which: order.map_or(Which::All, Which::OfOrder) };
        let rows = fills::numbered_page(&database.pool, user(7), &filter, len).await.unwrap();
        let fills = rows.into_iter().map(|row| AccountFill::try_from(row).unwrap());
        fills.map(|fill| fill.number()).collect()
    };
    assert_eq!(page(span(), None, 9).await, [ms(10), 70, 71, 80, 90]);
    assert_eq!(page(span(), None, 2).await, [80, 90]);
    assert_eq!(page(Span { from: Some(at(ms(11))), ..span() }, None, 2).await, [70, 71]);
    assert_eq!(page(Span { to: Some(at(ms(13))), ..span() }, None, 2).await, [70, 71]);
    let from = |number| Span { number: Some(number), ..span() };
    assert_eq!(page(from(71), None, 9).await, [71, 80, 90, ms(10)]);
    assert_eq!(page(from(71), None, 1).await, [71]);
    assert_eq!(page(Span { asset: BTC, ..from(1) }, None, 9).await, [91]);
    for (order, numbers) in
        [(40, &[70, 71][..]), (50, &[80]), (90, &[90]), (ms(1), &[ms(10)]), (41, &[]), (45, &[])]
    {
        assert_eq!(page(span(), Some(order), 9).await, numbers, "{order}");
    }
    assert_eq!(page(from(71), Some(40), 9).await, [71]);
    let filter = NumberedFilter { span: span(), which: Which::WithoutOrder };
    let alone = fills::numbered_page(&database.pool, user(7), &filter, 9).await.unwrap();
    assert_eq!(alone.iter().map(fills::Row::number).collect::<Vec<_>>(), [90]);
}

#[tokio::test]
async fn a_page_of_lines_ascends() {
    let database = Database::new().await;
    let line = |n, kind, asset| Income {
        id: EntryId::new(ms(n), 0),
        sequence: n,
        kind,
        user_id: user(7),
        amount: "1".parse().unwrap(),
        asset: Some(asset),
        order_id: None,
        position_id: None,
    };
    let (pnl, funding) = (IncomeKind::RealizedPnl, IncomeKind::FundingFee);
    let lines = [
        line(0, pnl, ETH),
        line(1, funding, ETH),
        line(2, pnl, ETH),
        line(3, pnl, BTC),
        line(4, pnl, ETH),
    ];
    let mut connection = database.pool.acquire().await.unwrap();
    income::insert_all(&mut connection, lines.iter()).await.unwrap();
    let page = async |filter: Filter, len| -> Vec<u64> {
        let rows = income::page_ascending(&database.pool, user(7), &filter, len).await.unwrap();
        rows.into_iter().map(|row| Income::try_from(row).unwrap().sequence).collect()
    };
    let all = Filter::default;
    assert_eq!(page(all(), 9).await, [0, 1, 2, 3, 4]);
    assert_eq!(page(all(), 2).await, [3, 4]);
    assert_eq!(page(Filter { to: Some(at(ms(4))), ..all() }, 2).await, [2, 3]);
    assert_eq!(page(Filter { from: Some(at(ms(1))), ..all() }, 2).await, [1, 2]);
    assert_eq!(page(Filter { kinds: vec![pnl], asset: Some(ETH), ..all() }, 2).await, [2, 4]);
}

#[tokio::test]
async fn what_the_version_before_has_stored_is_no_other_row() {
    let database = Database::new().await;
    let state = order(3, 30, ETH, 7);
    let fill = fill(3, (30, 30), 3);
    let line = Income {
        id: fill.id,
        sequence: 30,
        kind: IncomeKind::RealizedPnl,
        user_id: user(7),
        amount: "1".parse().unwrap(),
        asset: Some(ETH),
        order_id: None,
        position_id: None,
    };
    let mut connection = database.pool.acquire().await.unwrap();
    let mut store = async || {
        let stored = orders::upsert_all(&mut connection, [&state].into_iter()).await.unwrap();
        let filled = fills::insert_all(&mut connection, [&fill].into_iter()).await.unwrap();
        (stored, filled, income::insert_all(&mut connection, [&line].into_iter()).await.unwrap())
    };
    assert_eq!(store().await, (1, 1, 1));
    let forget = "update orders set sequence = 0;
        update fills set sequence = null, order_sequence = null;
        update income set sequence = null;";
    database.pool.execute(forget).await.unwrap();
    assert_eq!(store().await, (0, 0, 0));
    let wrong = "update orders set sequence = 7";
    database.pool.execute(wrong).await.unwrap();
    let mut connection = database.pool.acquire().await.unwrap();
    let refused = orders::upsert_all(&mut connection, [&state].into_iter()).await.unwrap_err();
    assert!(refused.to_string().contains("sequence is 30, stored is 7"), "{refused}");
}
