//! Tests of the shared settings and the monitoring endpoints.

use clap::Parser;
use service::{DatabaseArgs, Health, MetricsArgs, RedisArgs, serve_metrics};
use tokio_util::sync::CancellationToken;

#[derive(Parser)]
struct Config {
    #[command(flatten)]
    redis: RedisArgs,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    metrics: MetricsArgs<9103>,
}

fn redis_url(args: &[&str]) -> String {
    Config::parse_from(["service"].iter().chain(args)).redis.url()
}

#[test]
fn redis_is_found_by_url_or_by_host_and_port() {
    assert_eq!(redis_url(&["--redis-port", "7000"]), "redis://127.0.0.1:7000");
    assert_eq!(redis_url(&["--redis-host", "::1"]), "redis://[::1]:6380");
    let url = "redis://:secret@cache:6379/2";
    assert_eq!(redis_url(&["--redis-url", url, "--redis-host", "elsewhere"]), url);
    assert_eq!(redis_url(&["--redis-url", "", "--redis-host", "cache"]), "redis://cache:6380");
}

#[test]
fn a_service_has_its_own_port_for_metrics() {
    assert_eq!(Config::parse_from(["service"]).metrics.metrics_port, 9103);
    let config = Config::parse_from(["service", "--metrics-port", "9200"]);
    assert_eq!(config.metrics.metrics_port, 9200);
}

#[test]
fn settings_do_not_print_passwords() {
    let config = Config::parse_from([
        "service",
        "--redis-url=redis://:secret@cache",
        "--database-url=postgres://velox:secret@db/velox",
    ]);
    let printed = format!("{:?} {:?}", config.redis, config.database);
    assert!(!printed.contains("secret"), "{printed}");
}

#[test]
fn a_database_url_that_is_none_is_refused() {
    let refusal = Config::try_parse_from(["service", "--database-url=nonsense"]).err();
    let message = refusal.expect("a host is missing").to_string();
    assert!(message.contains("DATABASE_URL") && !message.contains("nonsense"), "{message}");
}

#[tokio::test]
async fn health_and_metrics_are_served_until_shutdown() {
    let health = Health::new();
    let shutdown = CancellationToken::new();
    let args = MetricsArgs::<9103> { metrics_host: "127.0.0.1".into(), metrics_port: 0 };
    let address = serve_metrics(&args, health.clone(), shutdown.clone()).await.unwrap();
    let get = async |path: &str| {
        let answer = reqwest::get(format!("http://{address}{path}")).await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };

    assert_eq!(get("/healthz").await.0, 200);
    assert_eq!(get("/readyz").await, (503, "starting\n".to_owned()));
    health.set_not_ready("Redis is away");
    assert_eq!(get("/readyz").await, (503, "Redis is away\n".to_owned()));
    health.set_ready();
    assert_eq!(get("/readyz").await.0, 200);

    metrics::histogram!("velox_test_duration_seconds").record(0.003);
    let (_, metrics) = get("/metrics").await;
    assert!(metrics.contains("velox_build_info{service=\"monitoring"), "{metrics}");
    assert!(metrics.contains("velox_test_duration_seconds_bucket{le=\"0.005\"} 1"), "{metrics}");

    let taken =
        MetricsArgs::<9103> { metrics_host: "127.0.0.1".into(), metrics_port: address.port() };
    let error = serve_metrics(&taken, health, shutdown.clone()).await.unwrap_err();
    assert!(error.to_string().contains("METRICS_PORT"), "{error}");

    shutdown.cancel();
    for _ in 0..500 {
        if tokio::net::TcpStream::connect(address).await.is_err() {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("the port stays open");
}
