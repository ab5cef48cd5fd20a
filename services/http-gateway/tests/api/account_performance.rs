//! Performance and leaderboard, from rows that are written into the database.

mod traded;
mod worth;

use crate::counter::Counter;
use messages::{EntryId, Equity, UserId};
use price::Usd;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::SystemTime;
use uuid::Uuid;

const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;

/// The beginning of the day before yesterday.
fn monday_ms() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let now = u64::try_from(now.as_millis()).unwrap();
    (now / DAY_MS - 2) * DAY_MS
}

/// An account in the database. All that happens in it happens at hours after [`monday_ms`].
struct Account<'a> {
    counter: &'a Counter,
    token: String,
    id: Uuid,
    n: u64,
}

impl<'a> Account<'a> {
    async fn new(counter: &'a Counter, n: u32) -> Self {
        let token = counter.sign_up(n).await;
        let me = counter.get(&token, "/user/me").await.body;
        let id = me["user"]["userId"].as_str().unwrap().parse().unwrap();
        Self { counter, token, id, n: n.into() }
    }

    /// Adds an account of the same owner.
    async fn add(&self, n: u64, name: &str, on_leaderboard: bool) -> Self {
        let add = "insert into accounts (account_id, user_id, name, on_leaderboard)
             values ($1, $2, $3, $4)";
        let id = Uuid::from_u128(n.into());
        sqlx::query(add)
            .bind(id)
            .bind(self.id)
            .bind(name)
            .bind(on_leaderboard)
            .execute(&self.counter.stack.pool)
            .await
            .unwrap();
        Self { counter: self.counter, token: self.token.clone(), id, n }
    }

    async fn income(&self, hours: u64, kind: &str, amount: &str) {
        self.line(None, hours, kind, amount).await;
    }

    /// Writes a line about a position.
    async fn income_of(&self, position: (&str, Uuid), hours: u64, kind: &str, amount: &str) {
        self.line(Some(position), hours, kind, amount).await;
    }

    async fn line(&self, of: Option<(&str, Uuid)>, hours: u64, kind: &str, amount: &str) {
        let ms = monday_ms() + hours * HOUR_MS;
        let line = "insert into income (id, kind, user_id, amount, \"time\", asset, position_id)
             values ($1, $2, $3, $4, to_timestamp($5::bigint / 1000.0), $6, $7)";
        sqlx::query(line)
            .bind(EntryId::new(ms, (1 << 32) + self.n).to_string())
            .bind(kind)
            .bind(self.id)
            .bind(amount.parse::<Usd>().unwrap().to_i64().unwrap())
            .bind(i64::try_from(ms).unwrap())
            .bind(of.map(|(asset, _)| asset))
            .bind(of.map(|(_, position)| position))
            .execute(&self.counter.stack.pool)
            .await
            .unwrap();
    }

    async fn worth(&self, hours: u64, wallet_balance: &str, unrealized_pnl: &str) {
        let equity = Equity {
            user_id: UserId(self.id),
            wallet_balance: wallet_balance.parse().unwrap(),
            unrealized_pnl: unrealized_pnl.parse().unwrap(),
        };
        let after = EntryId::new(monday_ms() + hours * HOUR_MS, 5);
        let mut connection = self.counter.stack.pool.acquire().await.unwrap();
        store::equity::insert_changed(&mut connection, after, &[equity]).await.unwrap();
    }

    async fn reset(&self, hours: u64, previous: &str, balance: &str) {
        let id = EntryId::new(monday_ms() + hours * HOUR_MS, (1 << 32) + self.n);
        let (previous, balance): (Usd, Usd) = (previous.parse().unwrap(), balance.parse().unwrap());
        let reset = store::account_resets::Reset {
            id,
            account_id: UserId(self.id),
            timestamp_ms: id.ms,
            reset: messages::AccountReset { previous, balance },
        };
        let mut connection = self.counter.stack.pool.acquire().await.unwrap();
        store::account_resets::insert_all(&mut connection, [&reset].into_iter()).await.unwrap();
        let difference = balance.checked_sub(previous).unwrap();
        self.income(hours, "TRANSFER", &difference.to_string()).await;
    }

    /// Writes a position that was open for an hour.
    async fn closed(&self, hours: u64, pnl: i64, costs: [i64; 3]) -> Uuid {
        self.closed_of(("BTCUSDT", "LONG"), hours, pnl, costs).await
    }

    /// Writes a position of a market and side that was open for an hour.
    async fn closed_of(
        &self,
        (asset, side): (&str, &str),
        hours: u64,
        pnl: i64,
        costs: [i64; 3],
    ) -> Uuid {
        let closed = "insert into closed_orders values (
            $7, $1, $8, $9, 5, 100000000000, 1, 1, 1, 1, null, null, $2, 0,
            'MANUAL', '1-1', to_timestamp($3 / 1000.0) - interval '1 hour', to_timestamp($3 / 1000.0),
            $4, $5, $6)";
        let id = Uuid::new_v4();
        sqlx::query(closed)
            .bind(self.id)
            .bind(pnl)
            .bind(i64::try_from(monday_ms() + hours * HOUR_MS).unwrap())
            .bind(costs[0])
            .bind(costs[1])
            .bind(costs[2])
            .bind(id)
            .bind(asset)
            .bind(side)
            .execute(&self.counter.stack.pool)
            .await
            .unwrap();
        id
    }

    async fn fill(&self, hours: u64) {
        self.fill_of(("BTCUSDT", self.id), hours, ("BUY", 1, 1)).await;
    }

    /// Writes a fill of a position: side, quantity and price.
    async fn fill_of(
        &self,
        (asset, position): (&str, Uuid),
        hours: u64,
        (side, qty, price): (&str, i64, i64),
    ) {
        let fill = "insert into fills values (
            $1 || '-' || $3, $4, $4, $2, $5, $6, $7, $8, 0, 0, 'TAKER', null, null,
            to_timestamp($1::bigint / 1000.0))";
        sqlx::query(fill)
            .bind((monday_ms() + hours * HOUR_MS).to_string())
            .bind(self.id)
            .bind(self.n.to_string())
            .bind(position)
            .bind(asset)
            .bind(side)
            .bind(qty)
            .bind(price)
            .execute(&self.counter.stack.pool)
            .await
            .unwrap();
    }

    async fn take_part(&self, name: &str) {
        let (path, body) =
            (format!("/accounts/{}", self.id), json!({ "onLeaderboard": true, "name": name }));
        let body = Some(body.to_string());
        let changed = self.counter.send(Method::PATCH, &self.token, &path, body, &[]).await;
        assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
    }

    async fn performance(&self, query: &str) -> Value {
        let path = format!("/accounts/{}/performance{query}", self.id);
        let answer = self.counter.get(&self.token, &path).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer.body
    }
}

/// Calls every operation, in every way to succeed.
pub async fn call_everything(counter: &Counter, token: &str) {
    let me = counter.get(token, "/user/me").await;
    let path = format!("/accounts/{}/performance", me.body["user"]["userId"].as_str().unwrap());
    let account = Account {
        counter,
        token: token.to_owned(),
        id: me.body["user"]["userId"].as_str().unwrap().parse().unwrap(),
        n: 1,
    };
    let position = account.closed(1, 1, [0, 0, 0]).await;
    let result = format!("/closed-positions/{position}");
    for path in [&path, "/leaderboard", &result] {
        assert_eq!(counter.get(token, path).await.status, StatusCode::OK, "{path}");
    }
}

fn picked(object: &Value, names: &[&str]) -> Vec<String> {
    names.iter().map(|name| object[name].as_str().unwrap_or("null").to_owned()).collect()
}

/// An account that gains 10 %, loses a quarter, is reset, and gains 1 %.
async fn eventful(counter: &Counter, n: u32) -> Account<'_> {
    let account = Account::new(counter, n).await;
    account.income(1, "TRANSFER", "1000").await;
    account.worth(2, "1000", "100").await;
    account.income_of(("BTCUSDT", Uuid::nil()), 3, "COMMISSION", "-1.25").await;
    account.income_of(("BTCUSDT", Uuid::nil()), 3, "FUNDING_FEE", "0.5").await;
    account.worth(26, "825", "0").await;
    account.reset(27, "825", "2000").await;
    account.worth(28, "1990", "30").await;
    account.fill(4).await;
    account
}

#[tokio::test(flavor = "multi_thread")]
async fn the_figures_of_an_account_are_those_of_its_rows() {
    let counter = Counter::closed().await;
    let account = eventful(&counter, 1).await;
    account.closed(3, 500_000_000, [100_000_000, -50_000_000, 0]).await;
    account.closed(4, -200_000_000, [0, 0, 100_000_000]).await;
    account.closed(5, 100_000_000, [100_000_000, 0, 0]).await;
    let found = account.performance("").await;
    let names = ["equity", "netDeposits", "pnl", "return", "maxDrawdown", "sharpe", "sortino"];
    // 1.1 × 0.75 × 1.01 − 1; of 1000 + 1175 there are 2020.
    let figures = ["2020", "2175", "-155", "-0.16675", "0.25"];
    assert_eq!(picked(&found["performance"], &names)[..5], figures);
    // Of the days, which are 10 %, -24.25 % and today's nothing: computed with 60 digits.
    assert_eq!(picked(&found["performance"], &names)[5..], ["-5.1526", "-6.4817"]);
    let costs = ["commission", "funding", "liquidationFees"];
    assert_eq!(picked(&found["performance"], &costs), ["-1.25", "0.5", "0"]);
    let positions = json!({
        "closedPositions": 3, "wonPositions": 1, "lostPositions": 1,
        "winRate": "0.33333333", "winRateInt": "33333333",
        "profitFactor": "1.16666666", "profitFactorInt": "116666666",
        "bestPnl": "3.5", "bestPnlInt": "350000000", "worstPnl": "-3", "worstPnlInt": "-300000000",
        "averageHoldingMs": HOUR_MS,
    });
    assert_eq!(found["positions"], positions);
    let deposits = json!([{
        "time": monday_ms() + HOUR_MS, "kind": "TRANSFER",
        "amount": "1000", "amountInt": "100000000000",
    }]);
    assert_eq!(found["deposits"], deposits);
    let reset = json!([{
        "time": monday_ms() + 27 * HOUR_MS,
        "previousBalance": "825", "previousBalanceInt": "82500000000",
        "balance": "2000", "balanceInt": "200000000000",
    }]);
    assert_eq!(found["resets"], reset);
    let days = found["days"].as_array().unwrap();
    let day = |n: usize| picked(&days[n], &["equity", "pnl", "return"]);
    assert_eq!(
        (days.len(), day(0), day(1)),
        (
            3,
            ["1100", "100", "0.1"].map(str::to_owned).to_vec(),
            ["2020", "-255", "-0.2425"].map(str::to_owned).to_vec()
        )
    );
    assert_eq!(days[0]["start"], monday_ms());
    assert_eq!((&found["bestDay"], &found["worstDay"]), (&days[0], &days[1]));
    let sum = |spans: &Value| -> i64 {
        let amount = |span: &Value| span["pnlInt"].as_str().unwrap().parse::<i64>().unwrap();
        spans.as_array().unwrap().iter().map(amount).sum()
    };
    assert_eq!((sum(&found["weeks"]), sum(&found["months"])), (-15_500_000_000, -15_500_000_000));
    let curve = found["curve"].as_array().unwrap();
    assert_eq!(picked(&curve[curve.len() - 1], &["equity", "drawdown"]), ["2020", "0.2425"]);

    let few = account.performance("?points=1").await;
    assert_eq!(few["curve"].as_array().unwrap().len(), 1);
    assert_eq!((&few["curve"][0], &few["days"]), (&curve[curve.len() - 1], &found["days"]));

    // A part of it, which begins with what the account was worth then.
    let (from, to) = (monday_ms() + 26 * HOUR_MS - 1, monday_ms() + 27 * HOUR_MS);
    let part = account.performance(&format!("?from={from}&to={to}")).await;
    let figures = ["825", "0", "-275", "-0.25", "0.25", "null", "null"];
    assert_eq!(picked(&part["performance"], &names), figures);
    assert_eq!((part["resets"].clone(), &part["positions"]["winRate"]), (json!([]), &Value::Null));
    // What a reset brought between the last row and the beginning is not earned.
    let from = monday_ms() + 27 * HOUR_MS + 1;
    let later = account.performance(&format!("?from={from}")).await;
    assert_eq!(picked(&later["performance"], &names[..4]), ["2020", "0", "20", "0.01"]);
    assert_eq!(later["resets"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_without_history_has_no_figures_and_that_of_others_is_not_shown() {
    let counter = Counter::closed().await;
    let (account, other) = (Account::new(&counter, 1).await, Account::new(&counter, 2).await);
    let found = account.performance("").await;
    assert_eq!(picked(&found["performance"], &["equity", "return", "sharpe"]), ["0", "0", "null"]);
    assert_eq!((found["days"].clone(), found["curve"].clone()), (json!([]), json!([])));
    // One that was opened a moment ago is worth its deposit before it has a row.
    account.income(1, "TRANSFER", "1000").await;
    let found = account.performance("").await;
    assert_eq!(picked(&found["performance"], &["equity", "pnl", "return"]), ["1000", "0", "0"]);
    let path = format!("/accounts/{}/performance", other.id);
    let refused = counter.get(&account.token, &path).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND, "{}", refused.body);
    for wrong in ["?from=yesterday", "?to=-1", "?until=1", "?points=0", "?points=2001"] {
        let path = format!("/accounts/{}/performance{wrong}", account.id);
        let refused = counter.get(&account.token, &path).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{wrong}: {}", refused.body);
    }
    let public = counter.get("", "/leaderboard").await;
    assert_eq!((public.status, &public.body["own"]), (StatusCode::OK, &json!([])));
    for wrong in ["period=year", "by=luck", "limit=0"] {
        let refused = counter.get(&account.token, &format!("/leaderboard?{wrong}")).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{wrong}: {}", refused.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_leaderboard_has_those_who_take_part_and_trade() {
    let counter = Counter::closed().await;
    let eventful = eventful(&counter, 1).await;
    eventful.take_part("Eventful").await;
    let other = Account::new(&counter, 2).await;
    // A small gain without a loss, and nothing but a loss.
    let (calm, poor) = (other.add(11, "Calm", true).await, other.add(12, "Poor", true).await);
    for (account, worth) in [(&calm, "1002"), (&poor, "500")] {
        account.income(1, "TRANSFER", "1000").await;
        account.worth(40, worth, "0").await;
        account.fill(30).await;
    }
    other.add(13, "Idle", true).await;
    other.add(14, "Secret", false).await.fill(30).await;
    let board = async |query: &str| {
        let answer = counter.get(&poor.token, &format!("/leaderboard?{query}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer.body
    };
    let names = |board: &Value| -> Vec<String> {
        let standings = board["standings"].as_array().unwrap().iter();
        standings.map(|standing| standing["name"].as_str().unwrap().to_owned()).collect()
    };
    let by_return = board("").await;
    assert_eq!(names(&by_return), ["Calm", "Eventful", "Poor"]);
    assert_eq!(by_return["accounts"], 3);
    let second = &by_return["standings"][1];
    let shown = ["return", "maxDrawdown", "pnl", "equity"];
    assert_eq!(picked(second, &shown), ["-0.16675", "0.25", "-155", "2020"]);
    let reset = monday_ms() + 27 * HOUR_MS;
    assert_eq!((&second["resets"], &second["lastReset"]), (&json!(1), &json!(reset)));
    assert_eq!(second["trader"].as_str().map(str::len), Some(12));
    assert_eq!(by_return["own"], json!([by_return["standings"][0], by_return["standings"][2]]));
    assert_eq!(by_return["own"][1]["rank"], 3);
    assert_eq!(names(&board("by=drawdown&period=all&limit=2").await), ["Calm", "Eventful"]);
    // Those of the first day trade no more.
    let day = board("period=day&by=drawdown").await;
    assert!(!names(&day).contains(&"Eventful".to_owned()), "{day}");
}
