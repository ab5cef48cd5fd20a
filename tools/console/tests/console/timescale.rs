//! Conversion of a database without TimescaleDB, on a server that has it.

use crate::scene::{Said, velox_on};
use devstack::servers::RedisServer;
use sqlx::{Connection as _, Executor as _, PgConnection};
use std::time::{Duration, Instant};
use testkit::stack::PATIENCE;
use testkit::timescale::TimescaleServer;

/// Trades of two symbols every five minutes of the last two days, many of them in the same
/// millisecond.
const TRADES: &str = "
    insert into trades
    select symbol || '-' || n, to_timestamp(extract(epoch from now())::bigint / 60 * 60 - n / 3 * 300),
        symbol, 1000 + n * 7919 % 500, 1 + n % 9
    from generate_series(1, 1700) as n, unnest(array['BTCUSDT', 'SOLUSDT']) as symbol";

/// Fills of three months, the second of them twice.
const FILLS: &str = "
    insert into fills
    select ms || '-0', gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'BTCUSDT', 'BUY',
        1, 1, 0, 0, 'TAKER', null, null, to_timestamp(ms / 1000.0)
    from unnest(array[1700000000000, 1703000000000, 1703000000000, 1706000000000]) as ms
    on conflict (id, executed_at) do nothing";

/// Lines of the same months.
const INCOME: &str = "
    insert into income
    select ms || '-0', kind, gen_random_uuid(), -1, null, null, null, to_timestamp(ms / 1000.0)
    from unnest(array[1700000000000, 1703000000000, 1706000000000]) as ms,
        unnest(array['COMMISSION', 'FUNDING_FEE']) as kind
    on conflict (id, kind, time) do nothing";

struct Scene {
    timescale: TimescaleServer,
    redis: RedisServer,
}

impl Scene {
    /// A database with trades and candles in plain tables.
    async fn new() -> Self {
        let timescale = TimescaleServer::without_extension();
        let redis = RedisServer::private().unwrap();
        let scene = Self { timescale, redis };
        let mut connection = scene.connect().await;
        sqlx::migrate!("../../migrations").run(&mut connection).await.unwrap();
        connection.execute(TRADES).await.unwrap();
        connection.execute(FILLS).await.unwrap();
        connection.execute(INCOME).await.unwrap();
        connection.close().await.unwrap();
        scene
    }

    /// Connects; the server accepts one connection at a time, so close it before the next one.
    async fn connect(&self) -> PgConnection {
        let started = Instant::now();
        let mut connection = loop {
            // Retried until the previous connection is closed.
            match PgConnection::connect(&self.timescale.url()).await {
                Ok(connection) => break connection,
                Err(error) if started.elapsed() > PATIENCE => panic!("no connection: {error}"),
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        };
        // All connections share one session, which still has the statements of the last one.
        connection.execute("deallocate all").await.unwrap();
        connection
    }

    async fn adopt(&self, arguments: &[&str]) -> Said {
        self.connect().await.close().await.unwrap();
        let arguments = [&["timescale", "adopt"], arguments].concat();
        velox_on(&self.redis.url(), &self.timescale.url(), &arguments)
    }

    /// The ids of the fills and of the lines of statements, and whether their tables belong to
    /// TimescaleDB.
    async fn records(&self) -> (Vec<String>, bool) {
        let mut connection = self.connect().await;
        let ids = sqlx::query_scalar(
            "select 'fill ' || id from fills union all select kind || ' ' || id from income order by 1",
        );
        let ids = ids.fetch_all(&mut connection).await.unwrap();
        let converted = sqlx::query_scalar(
            "select count(*) = 2 from timescaledb_information.hypertables
             where hypertable_name in ('fills', 'income')",
        );
        // Nobody has created the extension yet.
        let converted = converted.fetch_one(&mut connection).await.unwrap_or(false);
        connection.close().await.unwrap();
        (ids, converted)
    }

    /// All rows of the seven tables or views, and whether these belong to TimescaleDB.
    async fn candles(&self) -> (Vec<String>, bool) {
        let mut connection = self.connect().await;
        let mut rows = Vec::new();
        for level in ["30s", "1m", "5m", "15m", "1h", "4h", "1d"] {
            let sql = format!(
                "select '{level} ' || row_to_json(c)::text from candles_{level} c
                 order by \"time\", symbol"
            );
            let found = sqlx::query_scalar::<_, String>(sqlx::AssertSqlSafe(sql));
            rows.extend(found.fetch_all(&mut connection).await.unwrap());
        }
        let converted = sqlx::query_scalar("select has_timescaledb()");
        let converted = converted.fetch_one(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        (rows, converted)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_began_without_timescaledb_is_converted_with_the_same_candles() {
    let scene = Scene::new().await;
    let (before, converted) = scene.candles().await;
    assert!(!converted && before.len() > 2_000, "{}", before.len());
    let (records, converted) = scene.records().await;
    assert!(!converted && records.len() == 3 + 6, "{records:?}");

    // Without an answer nothing is changed.
    scene
        .adopt(&[])
        .await
        .ends_with(2)
        .complains_of("3400 trades")
        .complains_of("nothing was changed");
    assert_eq!(scene.candles().await, (before.clone(), false));

    scene.adopt(&["--yes"]).await.ends_with(0).shows("now uses TimescaleDB");
    assert_eq!(scene.candles().await, (before.clone(), true));
    assert_eq!(scene.records().await, (records.clone(), true));
    // A row that is stored again changes nothing in a hypertable either.
    let mut connection = scene.connect().await;
    connection.execute(FILLS).await.unwrap();
    connection.close().await.unwrap();
    assert_eq!(scene.records().await, (records, true));

    scene.adopt(&[]).await.ends_with(0).shows("nothing was changed");
    let mut connection = scene.connect().await;
    let jobs: i64 = sqlx::query_scalar("select count(*) from timescaledb_jobs()")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(jobs, 9);
    // If interrupted before its last step, the conversion is finished by the next run.
    connection.execute("select delete_job(id) from timescaledb_jobs()").await.unwrap();
    connection.close().await.unwrap();
    scene.adopt(&[]).await.ends_with(0).shows("now uses TimescaleDB");
    assert_eq!(scene.candles().await, (before, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn candles_of_trades_that_were_deleted_are_not_lost_to_a_conversion() {
    let scene = Scene::new().await;
    let mut connection = scene.connect().await;
    connection.execute("delete from trades where id = 'SOLUSDT-1000'").await.unwrap();
    connection.close().await.unwrap();
    let before = scene.candles().await;
    let said = scene.adopt(&["--yes"]).await.ends_with(2).complains_of("nothing was changed");
    said.complains_of("BTCUSDT 1700, SOLUSDT 1699");
    assert_eq!(scene.candles().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversion_waits_for_the_uploader_to_be_stopped() {
    let scene = Scene::new().await;
    let streams = streams::Redis::new(&scene.redis.url()).unwrap();
    let key = "service:batch-uploader:h1";
    streams.set_expiring(key, "{}", std::time::Duration::from_mins(10)).await.unwrap();
    scene.adopt(&["--yes"]).await.ends_with(2).complains_of("service:batch-uploader:h1");
    assert!(!scene.candles().await.1);
}
