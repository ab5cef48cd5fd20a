//! The leaderboard and what accounts were worth, computed again from `income`, `fills` and the prices.

use messages::{EntryId, PriceUpdate, Request, Symbol};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use testkit::stack::{Service, Stack, eventually};
use testkit::trader::Trader;
use uuid::Uuid;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../markets.binance.toml");
const SYMBOL: Symbol = Symbol::from_static("BTCUSDT");
const SCALE: i128 = 100_000_000;

/// The id of an entry of `request:stream`, as numbers.
type Place = (u64, u64);

/// Bid and ask from an entry on, at scale 10^8.
type Quotes = BTreeMap<Place, (i128, i128)>;

/// A line of `income`: its entry, kind and amount.
struct Line {
    entry: Place,
    kind: String,
    amount: i128,
}

/// A row of `fills`.
struct Fill {
    entry: Place,
    position: Uuid,
    is_buy: bool,
    qty: i128,
    price: i128,
}

/// What the tables say about an account.
struct Account {
    lines: Vec<Line>,
    fills: Vec<Fill>,
}

struct Scene {
    stack: Stack,
    quotes: Quotes,
}

impl Scene {
    async fn new() -> Self {
        let mut stack = Stack::new(&[
            ("MARKETS_FILE", FILE),
            ("STALE_PRICE_MS", "600000"),
            ("SNAPSHOT_INTERVAL_MS", "50"),
            ("SNAPSHOT_DELAY_MS", "0"),
            ("EQUITY_INTERVAL_MS", "1"),
        ])
        .await;
        for service in [Service::Engine, Service::HttpGateway, Service::DbWorker] {
            stack.start(service).await;
        }
        Self { stack, quotes: Quotes::new() }
    }

    async fn tick(&mut self, bid: &str, ask: &str) {
        let (bid, ask): (price::Price, price::Price) = (bid.parse().unwrap(), ask.parse().unwrap());
        let update = PriceUpdate::new(SYMBOL, bid, ask, 1);
        for id in self.stack.send_to_all(Request::PriceUpdate(update)).await {
            self.quotes.insert((id.ms, id.seq), (bid.scaled(), ask.scaled()));
        }
    }

    async fn lines(&self, account: Uuid) -> Vec<Line> {
        let rows: Vec<(String, String, i64)> = sqlx::query_as(
            r#"select id, kind, amount from income where user_id = $1 order by "time", length(id), id"#,
        )
        .bind(account)
        .fetch_all(&self.stack.pool)
        .await
        .unwrap();
        let line = |(id, kind, amount): (String, String, i64)| Line {
            entry: entry_of(&id),
            kind,
            amount: amount.into(),
        };
        rows.into_iter().map(line).collect()
    }

    async fn account(&self, account: Uuid) -> Account {
        let rows: Vec<(String, Uuid, String, i64, i64)> = sqlx::query_as(
            "select id, position_id, side, qty, price from fills where user_id = $1
             order by executed_at, length(id), id",
        )
        .bind(account)
        .fetch_all(&self.stack.pool)
        .await
        .unwrap();
        let fills = rows.into_iter().map(|(id, position, side, qty, price)| Fill {
            entry: entry_of(&id),
            position,
            is_buy: side == "BUY",
            qty: qty.into(),
            price: price.into(),
        });
        Account { lines: self.lines(account).await, fills: fills.collect() }
    }

    /// The rows of `equity`: the entry, the wallet balance and the unrealized P&L.
    async fn recorded(&self, account: Uuid) -> Vec<(Place, i128, i128)> {
        let rows: Vec<(i64, i64, i64, i64)> = sqlx::query_as(
            r#"select (extract(epoch from "time") * 1000)::bigint, entry_seq, wallet_balance,
                   unrealized_pnl
               from equity where account_id = $1 order by "time""#,
        )
        .bind(account)
        .fetch_all(&self.stack.pool)
        .await
        .unwrap();
        let row = |(ms, seq, wallet, pnl): (i64, i64, i64, i64)| {
            ((ms.unsigned_abs(), seq.unsigned_abs()), wallet.into(), pnl.into())
        };
        rows.into_iter().map(row).collect()
    }

    /// Waits until all is recorded that an account is worth now.
    async fn settle(&self, trader: &Trader) {
        let id: Uuid = trader.user_id.parse().unwrap();
        let balance = trader.balance().await;
        let worth: i128 = balance["equityInt"].as_str().unwrap().parse().unwrap();
        let pnl: i128 = balance["unrealizedPnLInt"].as_str().unwrap().parse().unwrap();
        eventually("the account is recorded", async || {
            let recorded = self.recorded(id).await.last().map(|(_, wallet, pnl)| (*wallet, *pnl));
            let told: i128 = self.lines(id).await.iter().map(|line| line.amount).sum();
            recorded == Some((worth - pnl, pnl)) && told == worth - pnl
        })
        .await;
    }
}

/// The entry of an event.
fn entry_of(event: &str) -> Place {
    let id: EntryId = event.parse().unwrap();
    (id.ms, id.seq >> 32)
}

impl Account {
    fn wallet(&self, at: Place) -> i128 {
        self.lines.iter().filter(|line| line.entry <= at).map(|line| line.amount).sum()
    }

    /// The P&L of what is open after an entry, in accounts whose positions are opened and closed whole.
    fn unrealized(&self, at: Place, quotes: &Quotes) -> i128 {
        let mut open: BTreeMap<Uuid, &Fill> = BTreeMap::new();
        for fill in self.fills.iter().filter(|fill| fill.entry <= at) {
            if open.remove(&fill.position).is_none() {
                open.insert(fill.position, fill);
            }
        }
        let pnl = |fill: &&Fill| {
            let (_, (bid, ask)) = quotes.range(..=at).next_back().unwrap();
            let gain = if fill.is_buy { bid - fill.price } else { fill.price - ask };
            (fill.qty * gain).div_euclid(SCALE)
        };
        open.values().map(pnl).sum()
    }

    fn equity(&self, at: Place, quotes: &Quotes) -> i128 {
        self.wallet(at) + self.unrealized(at, quotes)
    }

    /// The return, and the largest drawdown at some entries, as fractions.
    #[expect(clippy::cast_precision_loss, reason = "the figures are compared to eight digits")]
    fn figures(&self, samples: &[Place], quotes: &Quotes) -> (f64, f64) {
        let deposit = self.lines[0].entry;
        let resets = self.lines[1..].iter().filter(|line| line.kind == "TRANSFER");
        let mut stops: Vec<(Place, bool)> = resets.map(|line| (line.entry, true)).collect();
        stops.extend(samples.iter().filter(|at| **at > deposit).map(|at| (*at, false)));
        // What an entry did is in a sample of it.
        stops.sort_by_key(|(at, is_reset)| (*at, !is_reset));
        let (mut base, mut grown) = (self.wallet(deposit) as f64, 1.0);
        let (mut growth, mut peak, mut drawdown) = (1.0_f64, 1.0_f64, 0.0_f64);
        for (at, is_reset) in stops {
            let flow: i128 = if is_reset {
                let of_it = |line: &&Line| line.entry == at && line.kind == "TRANSFER";
                self.lines.iter().filter(of_it).map(|line| line.amount).sum()
            } else {
                0
            };
            let equity = self.equity(at, quotes);
            growth = grown * (equity - flow) as f64 / base;
            peak = peak.max(growth);
            drawdown = drawdown.max(1.0 - growth / peak);
            if is_reset {
                (base, grown) = (equity as f64, growth);
            }
        }
        (growth - 1.0, drawdown)
    }
}

async fn open(trader: &Trader, side: &str, qty: &str) -> String {
    let order = json!({"asset": "BTCUSDT", "orderType": side, "leverage": 20, "qty": qty});
    let (status, body) = trader.open(order).await;
    assert_eq!(status, StatusCode::CREATED, "{body}");
    body["order"]["orderId"].as_str().unwrap().to_owned()
}

async fn close(trader: &Trader, order: &str) {
    let (status, body) = trader.close(order).await;
    assert_eq!(status, StatusCode::OK, "{body}");
}

fn number(value: &Value) -> f64 {
    value.as_str().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_leaderboard_is_what_statements_and_fills_give() {
    let mut scene = Scene::new().await;
    scene.tick("92000.1", "92010.3").await;
    let mut traders = Vec::new();
    for n in 1..=3 {
        let trader = scene.stack.trader(n).await;
        let path = format!("/accounts/{}", trader.user_id);
        let body = json!({ "onLeaderboard": true, "name": format!("Trader {n}") });
        let (status, answer) = trader.request(Method::PATCH, &path, Some(body)).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        traders.push(trader);
    }
    let [bull, bear, turner] = [&traders[0], &traders[1], &traders[2]];
    open(bull, "LONG", "0.053").await;
    let short = open(bear, "SHORT", "0.031").await;
    open(turner, "SHORT", "0.1").await;
    for (bid, ask) in [("93500", "93510.7"), ("92750.4", "92760"), ("94000.2", "94011.1")] {
        scene.tick(bid, ask).await;
        for trader in &traders {
            scene.settle(trader).await;
        }
    }
    close(bear, &short).await;
    let path = format!("/accounts/{}/reset", turner.user_id);
    let (status, body) = turner.request(Method::POST, &path, Some(json!({"balance": 5000}))).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    scene.settle(turner).await;
    open(turner, "LONG", "0.5").await;
    open(bear, "LONG", "0.02").await;
    for (bid, ask) in [("94500", "94507.3"), ("94222.2", "94230"), ("95010.8", "95020.5")] {
        scene.tick(bid, ask).await;
        for trader in &traders {
            scene.settle(trader).await;
        }
    }

    let mut expected = Vec::new();
    for trader in &traders {
        let id: Uuid = trader.user_id.parse().unwrap();
        let (account, recorded) = (scene.account(id).await, scene.recorded(id).await);
        assert!(recorded.len() >= 6, "{} rows", recorded.len());
        for (at, wallet, pnl) in &recorded {
            assert_eq!(*wallet, account.wallet(*at), "{at:?}");
            assert_eq!(*pnl, account.unrealized(*at, &scene.quotes), "{at:?}");
        }
        let samples: Vec<Place> = recorded.iter().map(|(at, ..)| *at).collect();
        expected.push(account.figures(&samples, &scene.quotes));
    }
    for (by, figure) in [("return", 0), ("drawdown", 1)] {
        let board = bull.get(&format!("/leaderboard?period=day&by={by}")).await;
        let mut order: Vec<usize> = (0..3).collect();
        let key = |n: &usize| if figure == 0 { -expected[*n].0 } else { expected[*n].1 };
        order.sort_by(|a, b| key(a).total_cmp(&key(b)));
        for (standing, n) in board["standings"].as_array().unwrap().iter().zip(order) {
            assert_eq!(standing["name"], format!("Trader {}", n + 1), "{board}");
            let (total_return, drawdown) = expected[n];
            assert!((number(&standing["return"]) - total_return).abs() < 2e-8, "{board}");
            assert!((number(&standing["maxDrawdown"]) - drawdown).abs() < 2e-8, "{board}");
            assert_eq!(standing["resets"], u64::from(n == 2));
        }
        assert_eq!(board["accounts"], 3);
    }
}
