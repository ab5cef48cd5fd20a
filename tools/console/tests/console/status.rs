use crate::scene::{unreadable, velox, velox_json};
use serde_json::Value;
use testkit::stack::{Service, Stack, eventually};

fn problems(stack: &Stack) -> Vec<String> {
    let said = velox(stack, &["status", "--json"]);
    let report: Value = serde_json::from_str(&said.text).unwrap();
    let problems = report["problems"].as_array().unwrap();
    assert_eq!(said.code, i32::from(!problems.is_empty()), "{problems:?}");
    assert_eq!(report["well"], problems.is_empty());
    problems.iter().map(|problem| problem.as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn status_tells_what_is_well_and_what_is_not() {
    let settings =
        [("PRICE_FEED", "sim"), ("SNAPSHOT_INTERVAL_MS", "500"), ("SNAPSHOT_DELAY_MS", "100")];
    let mut stack = Stack::new(&settings).await;
    stack.keep_logs();
    assert!(problems(&stack).contains(&"db-worker is not running".to_owned()));
    for service in Service::ALL {
        stack.start(service).await;
    }
    stack.start(Service::Standby).await;
    eventually("all is well", async || problems(&stack).is_empty()).await;

    eventually("the standby says so", async || {
        velox_json(&stack, &["status"])["engine"]["standbys"][0].is_string()
    })
    .await;
    eventually("there is a snapshot", async || {
        velox_json(&stack, &["status"])["snapshot"].is_object()
    })
    .await;
    let report = velox_json(&stack, &["status"]);
    let services = report["services"].as_array().unwrap();
    assert_eq!(services.len(), 8, "{services:?}");
    for service in Service::ALL {
        let of_it = |found: &&Value| found["name"] == service.binary();
        let found = services.iter().find(of_it).unwrap();
        assert_eq!(found["version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(found["ready"], true);
        assert!(found["uptimeMs"].as_u64().unwrap() < 600_000);
    }
    let pids: Vec<_> = services.iter().map(|found| found["pid"].as_u64().unwrap()).collect();
    assert!(pids.contains(&stack.pid(Service::Mailer).into()), "{pids:?}");
    assert_eq!(report["engine"]["status"]["status"], "READY");
    assert_eq!(report["engine"]["leaders"].as_array().unwrap().len(), 1);
    assert_eq!(report["engine"]["epoch"], 1);
    assert_eq!(report["feed"]["feed"], "sim");
    assert_eq!(report["prices"].as_array().unwrap().len(), 3);
    assert!(report["prices"][0]["ageMs"].as_u64().unwrap() < 60_000);
    assert_eq!(report["ledger"]["differenceInt"], "0");
    let groups = report["groups"].as_array().unwrap();
    assert!(groups.iter().any(|group| group["name"] == "batch-uploader"), "{groups:?}");

    velox(&stack, &["status"]).ends_with(0).shows("all is well").shows("READY, trading");
    it_tells_of_each_problem(stack).await;
}

async fn it_tells_of_each_problem(mut stack: Stack) {
    assert!(stack.stop(Service::DbWorker));
    assert_eq!(problems(&stack), ["db-worker is not running"]);
    velox(&stack, &["status", "--services", "engine"]).ends_with(0);
    stack.start(Service::DbWorker).await;

    stack.kill(Service::Mailer);
    let died = "mailer is not running".to_owned();
    eventually("the dead mailer shows", async || problems(&stack).contains(&died)).await;
    stack.start(Service::Mailer).await;

    unreadable(&stack, "PLACE_ORDER").await;
    let aside = "dead letters of request:stream: 1".to_owned();
    eventually("the dead letter shows", async || problems(&stack).contains(&aside)).await;
    velox(&stack, &["status"]).ends_with(1).shows(&format!("! {aside}"));
    velox(&stack, &["status", "--price-age-max-ms", "0"]).ends_with(1).shows("the last price of");

    stack.postgres.kill_hard().unwrap();
    eventually("PostgreSQL is missed", async || {
        problems(&stack).iter().any(|problem| problem.contains("PostgreSQL"))
    })
    .await;
    stack.redis.kill_hard().unwrap();
    velox(&stack, &["status"]).ends_with(2).complains_of("Redis is unavailable");
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_shows_lengths_and_groups() {
    let mut stack = Stack::new(&[("PRICE_FEED", "sim")]).await;
    velox(&stack, &["streams"]).ends_with(0).shows("there is no stream yet");
    stack.start(Service::Engine).await;
    stack.start(Service::PricePoller).await;
    stack.start(Service::BatchUploader).await;
    eventually("trades arrive", async || stack.stream_len("request:stream").await > 3).await;
    let of = |name: &str| {
        let streams = velox_json(&stack, &["streams"]);
        streams.as_array().unwrap().iter().find(|stream| stream["name"] == name).cloned()
    };
    eventually("the uploader reads", async || {
        of("batch:uploader:stream")
            .is_some_and(|found| !found["groups"][0]["consumers"][0].is_null())
    })
    .await;
    let of = |name: &str| of(name).unwrap();
    let requests = of("request:stream");
    assert!(requests["length"].as_u64().unwrap() > 3, "{requests}");
    assert!(requests["bytes"].as_u64().unwrap() > 100, "{requests}");
    assert_eq!(requests["groups"].as_array().unwrap().len(), 0);
    let first = requests["first"].as_str().unwrap().to_owned();
    let uploads = of("batch:uploader:stream");
    assert_eq!(uploads["groups"][0]["name"], "batch-uploader");
    assert_eq!(uploads["groups"][0]["consumers"][0]["name"], "batch-uploader-1");
    velox(&stack, &["streams"]).ends_with(0).shows(&first).shows("batch-uploader-1 (");
}

#[tokio::test]
async fn mistakes_are_told_in_a_sentence() {
    let velox = |arguments: &[&str]| {
        crate::scene::velox_on(
            "redis://:hush@127.0.0.1:1",
            "postgres://a:hush@127.0.0.1:1/b",
            arguments,
        )
    };
    for arguments in [
        &["streams"][..],
        &["account", "show", "a@example.com"],
        &["snapshots", "list"],
        &["dead-letters", "list"],
    ] {
        let said = velox(arguments).ends_with(2).complains_of("velox: ");
        assert!(!said.error.contains("hush"), "{}", said.error);
    }
    velox(&["order", "show", "no-order"]).ends_with(2).complains_of("is not a UUID");
    velox(&["dead-letters", "list", "some:stream"]).ends_with(2).complains_of("the streams are");
    velox(&["replay", "--from", "5", "--to", "4"]).ends_with(2).complains_of("is after");
    velox(&["nonsense"]).ends_with(2);
    for url in ["postgres://a:hush@host:port/b", "hush"] {
        let said = crate::scene::velox_on("redis://127.0.0.1:1", url, &["status"]).ends_with(2);
        assert!(!said.error.contains("hush"), "{}", said.error);
    }
    let url = "redis://:hush@127.0.0.1:port";
    let said = crate::scene::velox_on(url, "postgres://127.0.0.1:1/b", &["status"]).ends_with(2);
    assert!(!said.error.contains("hush"), "{}", said.error);
    for shell in ["bash", "zsh", "fish"] {
        velox(&["completions", shell]).ends_with(0).shows("dead-letters");
    }
}
