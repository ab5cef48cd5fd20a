use crate::scene::{tick, velox, velox_json};
use messages::ENGINE_STATUS;
use reqwest::StatusCode;
use serde_json::{Value, json};
use testkit::stack::{Service, Stack, eventually};
use testkit::trader::Trader;

const WHO: [&str; 4] = ["--by", "mia", "--reason", "a new release"];

async fn open(trader: &Trader) -> (StatusCode, Value) {
    let body = json!({"asset": "BTCUSDT", "orderType": "LONG", "leverage": 5, "qty": "0.5"});
    trader.open(body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn new_orders_are_refused_from_pause_to_resume_also_by_the_next_engine() {
    let own = [("STALE_PRICE_MS", "600000"), ("SNAPSHOT_INTERVAL_MS", "200")];
    let mut stack = Stack::new(&own).await;
    for service in [Service::Engine, Service::HttpGateway] {
        stack.start(service).await;
    }
    tick(&stack, "99.9", "100").await;
    let trader = stack.trader(1).await;
    let (status, opened) = open(&trader).await;
    assert_eq!(status, StatusCode::CREATED, "{opened}");

    velox(&stack, &[&["pause"], &WHO[..]].concat()).ends_with(0).shows("are now refused");
    let streams = &stack.streams;
    eventually("the engine's status says that trading is paused", async || {
        let status = streams.get(ENGINE_STATUS).await.unwrap();
        status.is_some_and(|status| status.contains("paused by mia: a new release"))
    })
    .await;
    stack.kill(Service::Engine);
    stack.start(Service::Engine).await;
    let (status, refused) = open(&trader).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{refused}");
    assert_eq!(refused["code"], "TRADING_PAUSED");
    assert!(refused["error"].as_str().unwrap().contains("a new release"), "{refused}");
    let order = opened["order"]["orderId"].as_str().unwrap();
    assert_eq!(trader.close(order).await.0, StatusCode::OK);

    let resumed = velox_json(&stack, &[&["resume"], &WHO[..]].concat());
    assert_eq!(resumed["done"], "new orders are accepted again");
    assert_eq!(open(&trader).await.0, StatusCode::CREATED);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_examples_of_the_readme_print_what_it_says() {
    let mut stack = Stack::new(&[]).await;
    for service in [Service::Engine, Service::HttpGateway] {
        stack.start(service).await;
    }
    stack.trader(1).await;
    let mut sections = include_str!("../../README.md").split("\n## ");
    let section = sections.find(|text| text.starts_with("pause, resume")).unwrap();
    let section = section.replace("you@example.com", "trader1@example.com");
    let examples: Vec<_> = section.split("\n$ velox ").skip(1).collect();
    for command in ["pause", "resume", "adjust-balance"] {
        let example = examples.iter().find(|example| example.starts_with(command));
        let mut lines = example.unwrap_or_else(|| panic!("no {command} in {section}")).lines();
        let (arguments, output) = (lines.next().unwrap(), lines.next().unwrap());
        // Texts in quotes are one argument.
        let arguments: Vec<_> = arguments
            .split('\'')
            .enumerate()
            .flat_map(|(n, text)| match n % 2 {
                0 => text.split_whitespace().collect(),
                _ => vec![text],
            })
            .collect();
        assert_eq!(velox(&stack, &arguments).ends_with(0).text.trim_end(), output);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_balance_is_adjusted_to_the_digit_and_kept_with_who_and_why() {
    let mut stack = Stack::new(&[]).await;
    for service in [Service::Engine, Service::HttpGateway, Service::DbWorker] {
        stack.start(service).await;
    }
    let trader = stack.trader(1).await;
    let adjust = |amount: &str| {
        let command = ["adjust-balance", "TRADER1@example.com", amount];
        velox(&stack, &[&command, &WHO[..]].concat())
    };
    adjust("-0.00000001").ends_with(0).shows("is now 999.99999999 USD");
    adjust("250").ends_with(0).shows("is now 1249.99999999 USD");
    assert_eq!(trader.balance().await["balance"], "1249.99999999");
    adjust("-1250")
        .ends_with(2)
        .complains_of("would make it negative")
        .complains_of("1249.99999999");
    adjust("0").ends_with(2).complains_of("must not be zero");
    adjust("1.000000001").ends_with(2).complains_of("1.000000001");
    velox(&stack, &[&["adjust-balance", "nobody@example.com", "1"], &WHO[..]].concat())
        .ends_with(1)
        .complains_of("no user has the email");
    velox(&stack, &["pause", "--by", "mia", "--reason", ""])
        .ends_with(2)
        .complains_of("1 to 200 characters");

    let pool = sqlx::PgPool::connect(&stack.postgres.url()).await.unwrap();
    let rows = async || -> Vec<(i64, i64, String, String)> {
        let rows = r#"select "amountInt", "balanceInt", "adjustedBy", reason
                      from balance_adjustments order by sequence"#;
        sqlx::query_as(rows).fetch_all(&pool).await.unwrap()
    };
    eventually("both are written", async || rows().await.len() == 2).await;
    let row = |amount, balance| (amount, balance, "mia".to_owned(), "a new release".to_owned());
    assert_eq!(rows().await, [row(-1, 99_999_999_999), row(25_000_000_000, 124_999_999_999)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_engine_the_command_waits_and_the_console_says_so() {
    let mut stack = Stack::new(&[]).await;
    velox(&stack, &[&["pause"], &WHO[..]].concat())
        .ends_with(2)
        .complains_of("Don't send it again");
    stack.start(Service::Engine).await;
    eventually("the engine says that it is paused", async || {
        let status = stack.streams.get(ENGINE_STATUS).await.unwrap().unwrap_or_default();
        status.contains("paused by mia")
    })
    .await;
}
