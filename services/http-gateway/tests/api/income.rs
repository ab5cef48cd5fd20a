//! Statements: pages, sums and files of any number of lines.

use crate::counter::Counter;
use reqwest::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

/// The order and the position of a line about a fill.
const ORDER: &str = "0853d9e4-965f-518c-9cd8-65029e3511e3";

/// 2023-12-19 15:54:59.001.
const NOON_MS: u64 = 1_703_001_299_001;

/// More lines than a page has, and than two pieces of a file.
const MANY: i64 = 2_345;

/// The id of a user who has signed up.
async fn user_id(counter: &Counter, token: &str) -> Uuid {
    let me = counter.get(token, "/user/me").await.body;
    me["user"]["userId"].as_str().unwrap().parse().unwrap()
}

/// Inserts a line: the number of its event in the millisecond, its time after noon, kind, amount and
/// asset.
async fn line(counter: &Counter, user_id: Uuid, row: (u64, u64, &str, i64, Option<&str>)) {
    let (seq, after_ms, kind, amount, asset) = row;
    let about = asset.map(|_| ORDER);
    sqlx::query(
        r"insert into income values (
               $1 || '-' || $2, $3, $4, $5, $6, $7::uuid, $7::uuid,
               to_timestamp($1::bigint / 1000.0)
           )",
    )
    .bind((NOON_MS + after_ms).to_string())
    .bind(seq.to_string())
    .bind(kind)
    .bind(user_id)
    .bind(amount)
    .bind(asset)
    .bind(about)
    .execute(&counter.stack.pool)
    .await
    .unwrap();
}

/// The statement of a user, and another one's.
async fn statements(counter: &Counter) -> (String, String) {
    let (token, other) = (counter.sign_up(1).await, counter.sign_up(2).await);
    let (own, foreign) = (user_id(counter, &token).await, user_id(counter, &other).await);
    for row in [
        (0, 0, "TRANSFER", 100_000_000_000, None),
        // As texts, 10 would be less than 9.
        (9, 1_000, "COMMISSION", -46_165_722, Some("BTCUSDT")),
        (10, 1_000, "COMMISSION", -46_061_208, Some("ETHUSDT")),
        (10, 1_000, "REALIZED_PNL", -209_026_900, Some("ETHUSDT")),
        (0, 2_000, "FUNDING_FEE", 1, Some("BTCUSDT")),
        (0, 3_000, "ADJUSTMENT", -1_000_000_000, None),
    ] {
        line(counter, own, row).await;
    }
    line(counter, foreign, (1, 0, "TRANSFER", 7, None)).await;
    (token, other)
}

/// The kinds and amounts of lines.
fn shown(lines: &Value) -> Vec<(&str, &str)> {
    let lines = lines.as_array().unwrap().iter();
    lines.map(|line| (line["kind"].as_str().unwrap(), line["amount"].as_str().unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_is_listed_newest_first_by_what_is_asked_for() {
    let counter = Counter::closed().await;
    let (token, other) = statements(&counter).await;
    let whole = counter.get(&token, "/income").await;
    let all = [
        ("ADJUSTMENT", "-10"),
        ("FUNDING_FEE", "0.00000001"),
        ("REALIZED_PNL", "-2.090269"),
        ("COMMISSION", "-0.46061208"),
        ("COMMISSION", "-0.46165722"),
        ("TRANSFER", "1000"),
    ];
    assert_eq!(shown(&whole.body["income"]), all);
    assert_eq!(whole.body["nextCursor"], Value::Null);
    let (fee, deposit) = (&whole.body["income"][3], &whole.body["income"][5]);
    let expected = json!({
        "incomeId": "1703001300001-10.COMMISSION", "kind": "COMMISSION", "amount": "-0.46061208",
        "amountInt": "-46061208", "asset": "ETHUSDT", "orderId": ORDER, "positionId": ORDER,
        "time": NOON_MS + 1_000,
    });
    assert_eq!(*fee, expected);
    let about = ["asset", "orderId", "positionId"].map(|name| deposit[name].clone());
    assert_eq!(about, [Value::Null, Value::Null, Value::Null]);

    let (from, to) = (NOON_MS + 1_000, NOON_MS + 2_000);
    for (query, expected) in [
        ("kind=COMMISSION".to_owned(), vec![3, 4]),
        ("kind=TRANSFER,ADJUSTMENT".to_owned(), vec![0, 5]),
        ("kind=TRANSFER%2CADJUSTMENT".to_owned(), vec![0, 5]),
        ("asset=eth".to_owned(), vec![2, 3]),
        ("asset=ETHUSDT&kind=COMMISSION".to_owned(), vec![3]),
        (format!("from={from}"), vec![0, 1, 2, 3, 4]),
        (format!("to={to}"), vec![2, 3, 4, 5]),
        (format!("from={from}&to={to}&kind=REALIZED_PNL,COMMISSION"), vec![2, 3, 4]),
        (format!("from={to}&to={from}"), vec![]),
        ("kind=LIQUIDATION_FEE".to_owned(), vec![]),
    ] {
        let expected: Vec<_> = expected.into_iter().map(|n: usize| all[n]).collect();
        let found = counter.get(&token, &format!("/income?{query}")).await;
        assert_eq!(shown(&found.body["income"]), expected, "{query}");
    }
    let foreign = counter.get(&other, "/income").await;
    assert_eq!(shown(&foreign.body["income"]), [("TRANSFER", "0.00000007")]);

    // Pages, with lines of one event on two of them.
    let (mut paged, mut query) = (Vec::new(), "limit=3".to_owned());
    loop {
        let page = counter.get(&token, &format!("/income?{query}")).await.body;
        paged.extend(page["income"].as_array().unwrap().clone());
        let Some(cursor) = page["nextCursor"].as_str() else { break };
        query = format!("limit=3&cursor={cursor}");
    }
    assert_eq!(json!(paged), whole.body["income"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_is_summed_up_exactly() {
    let counter = Counter::closed().await;
    let (token, other) = statements(&counter).await;
    let whole = counter.get(&token, "/income/summary").await.body;
    let sum = |kind, amount: &str, int: &str, lines| json!({"kind": kind, "amount": amount, "amountInt": int, "lines": lines});
    let expected = json!({
        "success": true,
        "sums": [
            sum("TRANSFER", "1000", "100000000000", 1),
            sum("REALIZED_PNL", "-2.090269", "-209026900", 1),
            sum("COMMISSION", "-0.9222693", "-92226930", 2),
            sum("FUNDING_FEE", "0.00000001", "1", 1),
            sum("LIQUIDATION_FEE", "0", "0", 0),
            sum("ADJUSTMENT", "-10", "-1000000000", 1),
        ],
        "total": {"amount": "986.98746171", "amountInt": "98698746171", "lines": 6},
    });
    assert_eq!(whole, expected);
    let (from, to) = (NOON_MS + 1_000, NOON_MS + 1_001);
    let path =
        format!("/income/summary?kind=COMMISSION,TRANSFER&asset=BTCUSDT&from={from}&to={to}");
    let part = counter.get(&token, &path).await.body;
    let sums = [sum("TRANSFER", "0", "0", 0), sum("COMMISSION", "-0.46165722", "-46165722", 1)];
    assert_eq!((&part["sums"], &part["total"]["lines"]), (&json!(sums), &json!(1)));
    let foreign = counter.get(&other, "/income/summary").await.body;
    assert_eq!(foreign["total"]["amountInt"], "7");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_has_every_line_oldest_first() {
    let counter = Counter::closed().await;
    let (token, other) = statements(&counter).await;
    let file = counter.get(&token, "/income?format=csv").await;
    assert_eq!(file.status, StatusCode::OK);
    assert_eq!(file.headers["content-type"], "text/csv; charset=utf-8; header=present");
    assert_eq!(file.headers["content-disposition"], "attachment; filename=\"velox-income.csv\"");
    let expected = [
        "income id,kind,amount,asset,order id,position id,time",
        "1703001299001-0.TRANSFER,TRANSFER,1000,,,,2023-12-19T15:54:59.001Z",
        &format!(
            "1703001300001-9.COMMISSION,COMMISSION,-0.46165722,BTCUSDT,{ORDER},{ORDER},2023-12-19T15:55:00.001Z"
        ),
        &format!(
            "1703001300001-10.COMMISSION,COMMISSION,-0.46061208,ETHUSDT,{ORDER},{ORDER},2023-12-19T15:55:00.001Z"
        ),
        &format!(
            "1703001300001-10.REALIZED_PNL,REALIZED_PNL,-2.090269,ETHUSDT,{ORDER},{ORDER},2023-12-19T15:55:00.001Z"
        ),
        &format!(
            "1703001301001-0.FUNDING_FEE,FUNDING_FEE,0.00000001,BTCUSDT,{ORDER},{ORDER},2023-12-19T15:55:01.001Z"
        ),
        "1703001302001-0.ADJUSTMENT,ADJUSTMENT,-10,,,,2023-12-19T15:55:02.001Z",
        "",
    ];
    assert_eq!(file.text, expected.join("\r\n"));
    let part = counter.get(&token, "/income?format=csv&kind=TRANSFER,ADJUSTMENT&limit=1").await;
    assert_eq!(part.text, [expected[0], expected[1], expected[6], ""].join("\r\n"));
    let none = counter.get(&other, "/income?format=csv&kind=COMMISSION").await;
    assert_eq!(none.text, [expected[0], ""].join("\r\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_thousands_of_lines_are_whole() {
    let counter = Counter::closed().await;
    let token = counter.sign_up(1).await;
    let user_id = user_id(&counter, &token).await;
    // Three events in a millisecond, two lines an event.
    for table in [
        r"insert into income
           select 1700000000000 + n / 3 || '-' || n, kind, $1, n, 'BTCUSDT', null, null,
               to_timestamp(1700000000 + n / 3 / 1000.0)
           from generate_series(1, $2::bigint) as n, unnest(array['COMMISSION', 'REALIZED_PNL']) as kind",
        r"insert into fills
           select 1700000000000 + n / 3 || '-' || n, $1, $1, $1, 'BTCUSDT', 'SELL', n, 2, -n, 0, 'MAKER',
               case when n = 2 then 'STOP_LOSS' end, case when n = 2 then '7-0' end,
               to_timestamp(1700000000 + n / 3 / 1000.0)
           from generate_series(1, $2::bigint) as n",
    ] {
        let inserted = sqlx::query(table).bind(user_id).bind(MANY);
        inserted.execute(&counter.stack.pool).await.unwrap();
    }
    let file = counter.get(&token, "/income?format=csv").await.text;
    let mut expected = "income id,kind,amount,asset,order id,position id,time\r\n".to_owned();
    let time = |n: i64| format!("2023-11-14T22:13:20.{:03}Z", n / 3);
    for n in 1..=MANY {
        let (id, amount) = (1_700_000_000_000 + n / 3, price::Usd::from_scaled(n.into()));
        for kind in ["COMMISSION", "REALIZED_PNL"] {
            let line = format!("{id}-{n}.{kind},{kind},{amount},BTCUSDT,,,{}\r\n", time(n));
            expected.push_str(&line);
        }
    }
    assert!(file == expected, "{} and {} bytes", file.len(), expected.len());

    let file = counter.get(&token, "/fills?format=csv").await;
    assert_eq!(file.headers["content-disposition"], "attachment; filename=\"velox-fills.csv\"");
    let lines: Vec<_> = file.text.split("\r\n").collect();
    assert_eq!(lines.len(), usize::try_from(MANY).unwrap() + 2);
    let header = "fill id,order id,position id,asset,side,quantity,price,realized P&L,fee,role,\
        reason,tick id,time";
    let second = format!(
        "1700000000000-2,{user_id},{user_id},BTCUSDT,SELL,0.00000002,0.00000002,-0.00000002,0,MAKER,\
         STOP_LOSS,7-0,2023-11-14T22:13:20.000Z"
    );
    assert_eq!((lines[0], lines[2]), (header, second.as_str()));
    let ids: Vec<_> = lines[1..=2_345].iter().map(|line| line.split(',').next().unwrap()).collect();
    let expected: Vec<_> =
        (1..=MANY).map(|n| format!("{}-{n}", 1_700_000_000_000 + n / 3)).collect();
    assert_eq!(ids, expected);
    let part = counter.get(&token, "/fills?format=csv&to=1700000000001").await.text;
    assert_eq!(part.split("\r\n").count(), 2 + 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_key_reads_the_statement_and_nobody_else_does() {
    let counter = Counter::closed().await;
    let (token, _) = statements(&counter).await;
    let (_, key) = counter.api_key(&token, "READ").await;
    for path in ["/income", "/income/summary", "/income?format=csv", "/fills?format=csv"] {
        assert_eq!(counter.get(&key, path).await.status, 200, "{path}");
        assert_eq!(counter.get("", path).await.refusal(), (401, "UNAUTHENTICATED"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parameter_that_is_wrong_is_named() {
    let counter = Counter::closed().await;
    let token = counter.sign_up(1).await;
    let kind = "must be TRANSFER, REALIZED_PNL, COMMISSION, FUNDING_FEE, LIQUIDATION_FEE or \
        ADJUSTMENT";
    let cursor = "must be a nextCursor returned by this API";
    let time = "must be a time in Unix milliseconds";
    let seven = ["TRANSFER"; 7].join(",");
    for (path, field, problem) in [
        ("/income?kind=GIFT", "kind", kind),
        ("/income?kind=TRANSFER,gift", "kind", kind),
        ("/income?kind=", "kind", kind),
        (&format!("/income?kind={seven}"), "kind", "must have 1 to 6 items"),
        ("/income?limit=101", "limit", "must be a whole number from 1 to 100"),
        ("/income?cursor=1703001299001-0", "cursor", cursor),
        ("/income?cursor=1703001299001-0.GIFT", "cursor", cursor),
        ("/income?cursor=99999999999999999999999-0.TRANSFER", "cursor", cursor),
        ("/income?from=x", "from", time),
        ("/income?to=-1", "to", time),
        ("/income?asset=DOGE", "asset", "must be one of BTCUSDT, ETHUSDT, SOLUSDT"),
        ("/income?format=xml", "format", "must be json or csv"),
        ("/fills?format=xml", "format", "must be json or csv"),
        ("/income/summary?kind=GIFT", "kind", kind),
        ("/income/summary?limit=5", "limit", "is not a parameter of this request"),
    ] {
        let refused = counter.get(&token, path).await;
        assert_eq!(refused.refusal(), (400, "VALIDATION"), "{path}");
        assert_eq!(refused.body["fields"], json!({ field: problem }), "{path}");
    }
}
