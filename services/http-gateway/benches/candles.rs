//! Charts over a market of `VELOX_BENCH_TRADES` (10,000,000) trades: the speed of loading the
//! trades and of reading candles, by SQL and by the API.

#![allow(clippy::unwrap_used, reason = "a benchmark ends by panicking")]

use clap::Parser as _;
use connections::{Door, FileLimit};
use devstack::servers::{PostgresServer, RedisServer};
use http_gateway::config::Config;
use http_gateway::routes;
use http_gateway::server;
use http_gateway::state::AppState;
use service::Health;
use sqlx::PgPool;
use std::time::Instant;
use streams::Redis;
use testkit::report::{Limit, Report};
use testkit::symbols::publish_shipped;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// The trades inserted by one statement, as by an uploader that is catching up.
const BATCH: i64 = 5_000;
const REQUESTS: usize = 2_000;

async fn load(report: &Report, pool: &PgPool, trades: i64) {
    let started = Instant::now();
    for first in (0..trades).step_by(usize::try_from(BATCH).unwrap()) {
        // Some 46 trades a second, as in a busy hour of Bitcoin: 10,000,000 make 2.5 days.
        sqlx::query(
            "insert into trades
             select
                 'BTCUSDT-' || n, timestamptz '2026-01-01' + n * interval '21.6 ms', 'BTCUSDT',
                 9000000000000 + (n * 7919) % 100000000000, 1 + (n * 104729) % 1000000000
             from generate_series($1::bigint, $2::bigint) as n
             on conflict (id, time) do nothing",
        )
        .bind(first + 1)
        .bind((first + BATCH).min(trades))
        .execute(pool)
        .await
        .unwrap();
    }
    let rate = u32::try_from(trades).unwrap();
    let rate = f64::from(rate) / started.elapsed().as_secs_f64();
    report.row("trades loaded with their candles", rate, "/s", &Limit::None);
    let summed = r#"insert into quote_volumes
        select symbol, timeframe, date_bin(length, "time", 'epoch'),
            sum("priceInt"::numeric * "qtyInt"), count(*)
        from trades
        cross join (values ('1m', interval '1 minute'), ('1h', interval '1 hour'))
            as lengths (timeframe, length)
        group by 1, 2, 3"#;
    sqlx::query(summed).execute(pool).await.unwrap();
}

async fn gateway(redis: &RedisServer, postgres: &PostgresServer) -> String {
    let (secret, database_url) = ("a secret that is long enough for benchmarks", postgres.url());
    let settings = ["http-gateway", "--jwt-secret", secret, "--database-url", &database_url];
    // One client sends requests as fast as it can.
    let unlimited = ["--rate-limit-address-reads", "off", "--fapi-limit-weight", "1000000/1s"];
    let settings = settings.into_iter().chain(unlimited);
    let config = Config::parse_from(settings);
    let redis = Redis::new(&redis.url()).unwrap();
    publish_shipped(&redis).await;
    let (health, pool) = (Health::new(), config.database.pool());
    let app = AppState::start(&config, redis, pool, health).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (door, limits) = (
        Door { listener, router: routes::api(app.clone()) },
        config.server_limits(FileLimit::raise()),
    );
    tokio::spawn(
        async move { server::serve(&app, vec![door], limits, CancellationToken::new()).await },
    );
    url
}

#[tokio::main]
async fn main() {
    let trades = std::env::var("VELOX_BENCH_TRADES").map_or(10_000_000, |n| n.parse().unwrap());
    let (redis, postgres) = (RedisServer::private().unwrap(), PostgresServer::private().unwrap());
    let pool = PgPool::connect(&postgres.url()).await.unwrap();
    sqlx::migrate!("../../migrations").run(&pool).await.unwrap();
    let report = Report::start(&format!("Charts over {trades} trades in plain PostgreSQL"));
    load(&report, &pool, trades).await;

    let mut times = Vec::new();
    for _ in 0..200 {
        let started = Instant::now();
        let rows = sqlx::query("select * from candles_1m order by time desc limit 10");
        assert_eq!(rows.fetch_all(&pool).await.unwrap().len(), 10);
        times.push(started.elapsed());
    }
    let what = "`select * from candles_1m order by time desc limit 10`";
    report.times(what, times, &Limit::None, &Limit::AtMost(10.0));

    let url = gateway(&redis, &postgres).await;
    let http = reqwest::Client::new();
    for (duration, len) in [("1m", 1_000), ("30s", 1_000)] {
        let url = format!("{url}/candles?asset=BTCUSDT&duration={duration}&limit={len}");
        let mut times = Vec::new();
        for _ in 0..REQUESTS {
            let started = Instant::now();
            let body = http.get(&url).send().await.unwrap().bytes().await.unwrap();
            times.push(started.elapsed());
            assert!(body.ends_with(format!("\"count\":{len}}}").as_bytes()), "{body:?}");
        }
        let what = format!("`GET /candles`, {len} of {duration}");
        report.times(&what, times, &Limit::None, &Limit::AtMost(10.0));
    }
    for interval in ["1m", "3m"] {
        let url = format!("{url}/fapi/v1/klines?symbol=BTCUSDT&interval={interval}&limit=1500");
        let mut times = Vec::new();
        for _ in 0..REQUESTS {
            let started = Instant::now();
            let body = http.get(&url).send().await.unwrap().bytes().await.unwrap();
            times.push(started.elapsed());
            assert!(body.ends_with(b"]]"), "{body:?}");
        }
        let what = format!("`GET /fapi/v1/klines`, up to 1,500 of {interval}");
        report.times(&what, times, &Limit::None, &Limit::None);
    }
}
