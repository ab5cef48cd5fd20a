//! The lines of statements that events give.

use crate::office::{Office, SEQUENCE, closed, event};
use crate::trades::{changed, execution, id, member_of};
use messages::{
    AccountReset, AdjustBalance, Attribution, CloseReason, ClosedPosition, EntryId, Event,
    EventKind, Execution, FundingSettled, PositionChange, PositionMode, RegisterUser,
};
use serde_json::{Value, json};
use testkit::stack::eventually;

impl Office {
    /// The rows of `income`, oldest first.
    async fn income(&self) -> Vec<Value> {
        let rows = sqlx::query_scalar(
            r#"select to_jsonb(i) from income i order by "time", length(id), id, kind"#,
        );
        rows.fetch_all(&self.pool).await.unwrap()
    }
}

/// The fill of order 5 on position 2, which cost a fee.
fn costly(realized_pnl: &str) -> Box<Execution> {
    let mut execution = execution(5, 2, realized_pnl);
    execution.fill.fee = "0.5".parse().unwrap();
    execution
}

/// A liquidation, which has no order.
fn liquidation() -> Event {
    let mut execution = costly("-77.5");
    (execution.order, execution.fill.order_id) = (None, closed(2).order.order_id);
    let liquidation_fee = "0.25".parse().unwrap();
    let closed =
        ClosedPosition { close_reason: CloseReason::Liquidation, liquidation_fee, ..closed(2) };
    Event { execution: Some(execution), ..event(EventKind::PositionClosed(closed)) }
}

fn funding() -> EventKind {
    EventKind::FundingSettled(Box::new(FundingSettled {
        order: closed(2).order,
        amount: "-0.125".parse().unwrap(),
        from_margin: "0".parse().unwrap(),
        rate: "0.0001".parse().unwrap(),
        mark: "3100".parse().unwrap(),
        funding_ms: 1_703_001_299_001,
    }))
}

fn adjustment(amount: &str) -> EventKind {
    let attribution = Attribution { by: "mia".to_owned(), reason: "paid twice".to_owned() };
    EventKind::BalanceAdjusted(AdjustBalance { amount: amount.parse().unwrap(), attribution })
}

/// Events with lines of every kind, and some without any.
fn events() -> Vec<Event> {
    let deposit = "1000".parse().unwrap();
    let amount = |text: &str| text.parse().unwrap();
    let reset = AccountReset { balance: amount("100"), previous: amount("940.5") };
    let reduced = event(changed(PositionChange::Reduced));
    let increased = event(changed(PositionChange::Increased));
    vec![
        event(EventKind::UserRegistered(RegisterUser { deposit })),
        event(EventKind::PositionOpened(closed(2).order)),
        Event { execution: Some(costly("0")), ..increased },
        event(changed(PositionChange::Margin)),
        Event { execution: Some(costly("12.5")), ..reduced },
        event(funding()),
        liquidation(),
        event(EventKind::PositionModeChanged(PositionMode::OneWay)),
        event(adjustment("5")),
        event(EventKind::AccountReset(reset)),
        event(EventKind::PositionClosed(closed(3))),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_of_what_an_account_holds_is_a_line() {
    let office = Office::new().await;
    let mut ids = Vec::new();
    for event in events() {
        ids.push(office.append(&event).await);
    }
    office.store_all().await;
    assert!(office.reasons().await.is_empty(), "{:?}", office.reasons().await);
    let rows = office.income().await;
    let none = (Value::Null, Value::Null, Value::Null);
    let of = |order: u128, position: u128| (json!("ETHUSDT"), id(order), id(position));
    let expected = [
        (0, "TRANSFER", 100_000_000_000_i64, none.clone()),
        (2, "COMMISSION", -50_000_000, of(5, 2)),
        (4, "COMMISSION", -50_000_000, of(5, 2)),
        (4, "REALIZED_PNL", 1_250_000_000, of(5, 2)),
        (5, "FUNDING_FEE", -12_500_000, (json!("ETHUSDT"), Value::Null, id(2))),
        (6, "COMMISSION", -50_000_000, of(2, 2)),
        (6, "LIQUIDATION_FEE", -25_000_000, of(2, 2)),
        (6, "REALIZED_PNL", -7_750_000_000, of(2, 2)),
        (8, "ADJUSTMENT", 500_000_000, none.clone()),
        (9, "TRANSFER", -84_050_000_000, none),
        (10, "REALIZED_PNL", 5_025_000_000, of(3, 3)),
    ];
    let expected = expected.iter().zip(&rows).map(|((n, kind, amount, about), row)| {
        let (asset, order, position) = about;
        json!({"id": ids[*n].to_string(), "kind": kind, "user_id": id(7), "amount": amount,
            "asset": asset, "order_id": order, "position_id": position, "time": row["time"], "sequence": SEQUENCE})
    });
    assert_eq!(rows, expected.collect::<Vec<_>>());
    assert_eq!(rows.len(), 11);
    let times: Vec<i64> = sqlx::query_scalar(
        r#"select (extract(epoch from "time") * 1000)::bigint from income order by "time""#,
    )
    .fetch_all(&office.pool)
    .await
    .unwrap();
    assert_eq!(u64::try_from(times[0]).unwrap(), ids[0].ms, "the time of the event");
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_are_delivered_again_add_no_line() {
    let office = Office::new().await;
    // Entries stay in the stream until all groups have acknowledged them.
    let _auditor = member_of("auditor", &office).await;
    for event in events() {
        office.append(&event).await;
    }
    office.store_all().await;
    let rows = office.income().await;
    office.store_all_again().await;
    assert_eq!(office.income().await, rows);
    assert!(office.dead_letters().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_whose_lines_can_not_be_stored_leaves_no_row_and_holds_up_nothing() {
    let office = Office::new().await;
    let mut poisoned = liquidation();
    if let EventKind::PositionClosed(closed) = &mut poisoned.kind {
        closed.liquidation_fee = "1e20".parse().unwrap();
    }
    office.append(&event(adjustment("5"))).await;
    office.append(&poisoned).await;
    let last: EntryId = office.append(&event(funding())).await;
    let worker = office.worker("one");
    eventually("it is put aside", async || office.dead_letters().await.len() == 1).await;
    eventually("the others are stored", async || office.income().await.len() == 2).await;
    worker.stop().await;
    assert!(office.reasons().await[0].contains("out of range"), "{:?}", office.reasons().await);
    let rows = office.income().await;
    assert_eq!(
        rows.iter().map(|row| row["kind"].clone()).collect::<Vec<_>>(),
        ["ADJUSTMENT", "FUNDING_FEE"]
    );
    assert_eq!(rows[1]["id"], last.to_string());
    let fills: i64 =
        sqlx::query_scalar("select count(*) from fills").fetch_one(&office.pool).await.unwrap();
    assert_eq!((fills, office.count().await), (0, 0));
}
