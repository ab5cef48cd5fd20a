//! A database of the version before, with data.

use crate::user;
use devstack::servers::PostgresServer;
use messages::{Income, IncomeKind};
use sqlx::{Executor as _, PgPool};
use std::borrow::Cow;
use store::income::{self, Filter};

/// The first migration of the statements.
const INCOME: i64 = 20_260_601_000_000;

/// Position 1 was closed before there were fills, 2 after that, in two parts. Position 3 is of
/// another account and made nothing.
const BEFORE: &str = "
    insert into closed_orders select
        ('00000000-0000-0000-0000-00000000000' || n)::uuid, ('00000000-0000-0000-0000-00000000000' || u)::uuid,
        'ETHUSDT', 'LONG', 10, 1000, 1, 1, 1, 1, null, null, pnl, 0, 'MANUAL', '1-0',
        to_timestamp(1703001299), to_timestamp(1703001299.123 + n)
    from (values (1, 7, -700), (2, 7, 30), (3, 8, 0)) as v (n, u, pnl);
    insert into fills select
        id, '00000000-0000-0000-0000-000000000009', '00000000-0000-0000-0000-000000000002', '00000000-0000-0000-0000-000000000007',
        'ETHUSDT', 'BUY', 1, 1, pnl, 0, 'TAKER', null, null, to_timestamp(ms / 1000.0)
    from (values
        ('1703001300000-0', 0, 1703001300000), ('1703001300500-0', 10, 1703001300500),
        ('1703001301123-0', 20, 1703001301123)
    ) as v (id, pnl, ms);
    insert into balance_adjustments values
        ('00000000-0000-0000-0000-000000000007', 5, -50, 100, 'mia', 'paid twice', null,
         to_timestamp(1703001400)),
        ('00000000-0000-0000-0000-000000000007', 6, 60, 160, 'mia', 'for the test', null,
         to_timestamp(1703001400));
";

#[tokio::test]
async fn what_the_tables_say_of_the_time_before_is_in_the_statement() {
    let server = PostgresServer::private().unwrap();
    let pool = PgPool::connect(&server.url()).await.unwrap();
    let mut earlier = sqlx::migrate!("../../migrations");
    let migrations = earlier.migrations.iter().filter(|migration| migration.version < INCOME);
    earlier.migrations = Cow::Owned(migrations.cloned().collect());
    earlier.run(&pool).await.unwrap();
    pool.execute(BEFORE).await.unwrap();
    sqlx::migrate!("../../migrations").run(&pool).await.unwrap();

    let rows = income::page_onward(&pool, user(7), &Filter::default(), None, 9).await.unwrap();
    let lines: Vec<Income> = rows.into_iter().map(|row| row.try_into().unwrap()).collect();
    let found: Vec<_> =
        lines.iter().map(|line| (line.id.ms, line.kind, line.amount.scaled())).collect();
    let pnl = IncomeKind::RealizedPnl;
    assert_eq!(
        found[..3],
        [
            (1_703_001_300_123, pnl, -700),
            (1_703_001_300_500, pnl, 10),
            (1_703_001_301_123, pnl, 20),
        ]
    );
    let adjustment = |amount| (1_703_001_400_000, IncomeKind::Adjustment, amount);
    assert_eq!(found.len(), 5);
    assert!(found.contains(&adjustment(-50)) && found.contains(&adjustment(60)), "{found:?}");
    // No event can have the id of a line that no event told.
    assert!(lines[0].id.seq >= 1 << 63 && lines[3].id.seq >= 1 << 63, "{lines:?}");
    assert_eq!(lines[2].id.to_string(), "1703001301123-0", "the id of the fill");
    let others = income::page(&pool, user(8), &Filter::default(), None, 9).await.unwrap();
    assert!(others.is_empty());

    let costs: Vec<(i64, i64, i64)> = sqlx::query_as(
        r#"select "commissionInt", "fundingInt", "liquidationFeeInt" from closed_orders"#,
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    assert_eq!(costs, [(0, 0, 0); 3]);
}
