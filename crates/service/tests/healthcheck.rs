//! Tests of the `healthcheck` program.

use service::{Health, MetricsArgs, serve_metrics};
use std::process::Command;
use tokio_util::sync::CancellationToken;

fn check(port: &str) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_healthcheck")).arg(port).output();
    let output = output.expect("the program was built with this test");
    (output.status.code(), String::from_utf8(output.stdout).expect("text"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_is_well_when_it_is_ready() {
    let health = Health::new();
    let args = MetricsArgs::<9103> { metrics_host: "127.0.0.1".into(), metrics_port: 0 };
    let address = serve_metrics(&args, health.clone(), CancellationToken::new()).await;
    let port = address.expect("a free port").port().to_string();
    health.set_not_ready("waiting for Redis");
    assert_eq!(check(&port), (Some(1), "waiting for Redis\n".to_owned()));
    health.set_ready();
    assert_eq!(check(&port), (Some(0), "ready\n".to_owned()));
    health.set_ready_to("take over");
    assert_eq!(check(&port), (Some(0), "ready to take over\n".to_owned()));
}

#[test]
fn a_service_that_is_not_there_is_not_well() {
    // Nothing listens on port 1; an argument that is not a port is a usage error.
    let (code, says) = check("1");
    assert!(code == Some(1) && says.contains("does not answer"), "{code:?} {says}");
    assert_eq!(check("metrics").0, Some(2));
}
