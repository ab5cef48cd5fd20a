//! `equity`: a row where the worth of an account changes, and fewer of them with age.

use crate::{Database, NOON_MS, at, user};
use futures_util::TryStreamExt as _;
use messages::{AccountReset, EntryId, Equity};
use price::Usd;
use store::account_resets::{self, Reset};
use store::equity::{self, Row};
use time::Duration;

const MINUTE_MS: u64 = 60_000;

fn worth(n: u128, wallet: i64, unrealized: i64) -> Equity {
    Equity {
        user_id: user(n),
        wallet_balance: Usd::from(wallet),
        unrealized_pnl: Usd::from(unrealized),
    }
}

async fn insert(database: &Database, ms: u64, equities: &[Equity]) -> u64 {
    let mut connection = database.pool.acquire().await.unwrap();
    equity::insert_changed(&mut connection, EntryId::new(ms, 3), equities).await.unwrap()
}

async fn rows(database: &Database, n: u128) -> Vec<(u64, i64, i64)> {
    let (from, to) = (at(0), at(NOON_MS * 2));
    let rows: Vec<Row> =
        equity::between(&database.pool, &[user(n).0], from, to).try_collect().await.unwrap();
    let ms = |row: &Row| u64::try_from(row.time.unix_timestamp_nanos() / 1_000_000).unwrap();
    rows.iter().map(|row| (ms(row), row.wallet_balance, row.unrealized_pnl)).collect()
}

#[tokio::test]
async fn an_account_has_a_row_for_each_change() {
    let database = Database::new().await;
    let too_much = Equity { unrealized_pnl: Usd::from_scaled(1 << 63), ..worth(3, 5, 0) };
    assert_eq!(insert(&database, NOON_MS, &[worth(1, 5, 0), worth(2, 5, -7), too_much]).await, 2);
    assert_eq!(insert(&database, NOON_MS + 1, &[worth(1, 5, 0), worth(2, 5, -6)]).await, 1);
    // What an engine writes that was paused is not put among later rows.
    assert_eq!(insert(&database, NOON_MS, &[worth(1, 6, 0), worth(2, 5, -9)]).await, 0);
    assert_eq!(insert(&database, NOON_MS + 2, &[worth(1, 6, 0), worth(2, 5, -7)]).await, 2);
    assert_eq!(rows(&database, 1).await, [(NOON_MS, 5, 0), (NOON_MS + 2, 6, 0)]);
    let changes = [(NOON_MS, 5, -7), (NOON_MS + 1, 5, -6), (NOON_MS + 2, 5, -7)];
    assert_eq!(rows(&database, 2).await, changes);
    let wanted = [1, 2, 3].map(|n| user(n).0);
    let newest = equity::newest_before(&database.pool, &wanted, at(NOON_MS + 2)).await.unwrap();
    let newest: Vec<_> = newest.iter().map(|row| (row.account_id, row.unrealized_pnl)).collect();
    assert_eq!(newest, [(user(1).0, 0), (user(2).0, -6)]);
}

/// A worth for each minute, which repeats in no step.
fn drawn(minute: u64) -> i64 {
    i64::try_from(minute * 7_919 % 10_007).unwrap()
}

#[tokio::test]
async fn old_rows_become_the_last_the_lowest_and_the_highest_of_each_step() {
    let database = Database::new().await;
    assert_eq!(equity::thin(&database.pool, at(NOON_MS)).await.unwrap(), 0, "there are none");
    let (first_ms, minutes) = (NOON_MS - NOON_MS % 3_600_000, 32 * 24 * 60);
    sqlx::query(
        r#"insert into equity (account_id, "time", entry_seq, wallet_balance, unrealized_pnl)
           select $1, $2 + n * interval '1 minute', 0, n * 7919 % 10007, -5
           from generate_series(0, $3 - 1) as n"#,
    )
    .bind(user(1).0)
    .bind(at(first_ms))
    .bind(i64::try_from(minutes).unwrap())
    .execute(&database.pool)
    .await
    .unwrap();
    let id = EntryId::new(first_ms + (10 * 60 + 30) * MINUTE_MS - 1, 0);
    let (previous, balance) = (Usd::from(5), Usd::from(7));
    let reset = Reset {
        id,
        account_id: user(1),
        timestamp_ms: id.ms,
        reset: AccountReset { balance, previous },
    };
    let mut connection = database.pool.acquire().await.unwrap();
    account_resets::insert_all(&mut connection, [&reset].into_iter()).await.unwrap();
    let now = at(first_ms + minutes * MINUTE_MS) + Duration::minutes(59);
    let deleted = equity::thin(&database.pool, now).await.unwrap();
    let kept = rows(&database, 1).await;
    assert_eq!(deleted, minutes - kept.len() as u64);

    // A reset divides an hour.
    let (day, hour, divided) = (24 * 60_u64, 60_u64, 10 * 60_u64);
    let hours = (0..2 * day).step_by(60).filter(|start| *start != divided);
    let mut parts: Vec<_> = hours.map(|start| start..start + hour).collect();
    parts.extend([divided..divided + 30, divided + 30..divided + hour]);
    parts.extend((2 * day..31 * day).step_by(15).map(|start| start..start + 15));
    parts.extend((31 * day..32 * day).map(|start| start..start + 1));
    let mut expected = Vec::new();
    for part in parts {
        let low = part.clone().min_by_key(|minute| drawn(*minute)).unwrap();
        let high = part.clone().max_by_key(|minute| drawn(*minute)).unwrap();
        let last = part.end - 1;
        let stays = part.filter(|minute| [low, high, last].contains(minute));
        expected.extend(stays.map(|n| (first_ms + n * MINUTE_MS, drawn(n), -5)));
    }
    expected.sort_unstable();
    assert_eq!(kept, expected);
    assert_eq!(equity::thin(&database.pool, now).await.unwrap(), 0);
}
