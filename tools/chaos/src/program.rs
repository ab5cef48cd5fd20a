//! A program that appends requests about orders of every kind to `request:stream` itself, as a
//! gateway does: the API has no routes for them. It reads no replies; the audit compares the
//! events.

use crate::audit::Appended;
use crate::client::pause;
use crate::shards::{key, shard_of};
use crate::trader::Floor;
use model::Id;
use model::amount::SCALE;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use redis::AsyncConnectionConfig;
use redis::aio::MultiplexedConnection;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The time that Redis has for a connection, and for an answer.
const TIMEOUT: Duration = Duration::from_secs(3);
/// The pause between two requests (ms).
const THINKING_MS: std::ops::Range<u64> = 5..90;
/// The position modes, one an account.
const MODES: [&str; 3] = ["separate", "one_way", "hedge"];
const DEPOSIT: i128 = 5_000 * SCALE;
/// The number of an account's last orders that requests are about.
const RECENT: usize = 12;

/// An order that was placed, whether or not it was granted.
#[derive(Clone)]
struct Placed {
    order_id: String,
    market: usize,
    is_buy: bool,
    kind: &'static str,
}

/// An account, and its last orders.
struct Account {
    user_id: String,
    mode: &'static str,
    placed: Vec<Placed>,
}

/// The program. It owns accounts of every position mode.
pub struct Program {
    redis_url: String,
    shards: usize,
    redis: Option<MultiplexedConnection>,
    floor: Arc<Floor>,
    give_up: CancellationToken,
    appended: Arc<Mutex<Vec<Appended>>>,
    random: ChaCha8Rng,
    accounts: [Account; MODES.len()],
}

impl Program {
    /// Creates a program that notes every entry that Redis has acknowledged.
    pub fn new(
        (redis_url, shards): (String, usize),
        floor: Arc<Floor>,
        give_up: CancellationToken,
        appended: Arc<Mutex<Vec<Appended>>>,
        seed: u64,
    ) -> Self {
        let random = ChaCha8Rng::seed_from_u64(seed);
        let account =
            |mode| Account { user_id: Uuid::now_v7().to_string(), mode, placed: Vec::new() };
        let accounts = MODES.map(account);
        Self { redis_url, shards, redis: None, floor, give_up, appended, random, accounts }
    }

    /// Sends requests until the floor closes.
    pub async fn trade(mut self) {
        for n in 0..self.accounts.len() {
            let mode = json!({ "mode": self.accounts[n].mode });
            self.insist(n, "REGISTER_USER", &json!({ "depositInt": DEPOSIT.to_string() })).await;
            self.insist(n, "CHANGE_POSITION_MODE", &mode).await;
        }
        while !self.floor.closing.is_cancelled() {
            let n = self.random.random_range(0..self.accounts.len());
            let (kind, payload) = self.request(n);
            self.insist(n, kind, &payload).await;
            let thinking = Duration::from_millis(self.random.random_range(THINKING_MS));
            tokio::time::sleep(thinking).await;
        }
    }

    /// Appends a request until Redis has acknowledged it once, or the run ends.
    async fn insist(&mut self, account: usize, kind: &str, payload: &Value) {
        let request_id = Uuid::now_v7().to_string();
        while !self.give_up.is_cancelled() {
            if let Ok(id) = self.append(account, kind, &request_id, payload).await {
                let id = Id::parse(&id).expect("Redis answers with the entry's id");
                let mut appended = self.appended.lock().expect("the lock is not poisoned");
                return appended.push(Appended { id, request_id });
            }
            self.redis = None;
            pause().await;
        }
    }

    async fn append(
        &mut self,
        account: usize,
        kind: &str,
        request_id: &str,
        payload: &Value,
    ) -> redis::RedisResult<String> {
        if self.redis.is_none() {
            let patience = AsyncConnectionConfig::new()
                .set_connection_timeout(Some(TIMEOUT))
                .set_response_timeout(Some(TIMEOUT));
            let client = redis::Client::open(self.redis_url.as_str())?;
            let connected = client.get_multiplexed_async_connection_with_config(&patience).await?;
            self.redis = Some(connected);
        }
        let redis = self.redis.as_mut().expect("it was connected just now");
        let shard = shard_of(&self.accounts[account].user_id, self.shards);
        let mut command = redis::cmd("XADD");
        command
            .arg(key("request:stream", shard, self.shards))
            .arg("*")
            .arg("v")
            .arg("1")
            .arg("type")
            .arg(kind);
        command.arg("requestId").arg(request_id).arg("userId").arg(&self.accounts[account].user_id);
        command.arg("timestamp").arg(unix_ms()).arg("payload").arg(payload.to_string());
        command.query_async(redis).await
    }

    fn request(&mut self, account: usize) -> (&'static str, Value) {
        let earlier = self.earlier(account);
        let Some(earlier) = earlier else { return ("PLACE_ORDER", self.place(account, None)) };
        let order_id = &earlier.order_id;
        match self.random.random_range(0..103) {
            0..30 => ("PLACE_ORDER", self.place(account, None)),
            30..55 => ("PLACE_ORDER", self.place(account, Some(&earlier))),
            55..67 => ("AMEND_ORDER", self.amend(&earlier)),
            67..77 => ("CANCEL_ORDER", json!({ "orderId": order_id })),
            77..79 => ("CANCEL_ORDERS", json!({})),
            79..84 => {
                let amount = SCALE * self.random.random_range(-20..40);
                ("CHANGE_MARGIN", json!({ "orderId": order_id, "amountInt": amount.to_string() }))
            }
            84..88 => {
                let asset = self.floor.prices.symbol(earlier.market);
                let leverage = self.random.random_range(1..60);
                ("CHANGE_LEVERAGE", json!({ "asset": asset, "leverage": leverage }))
            }
            88..92 => {
                let reversal = Placed { order_id: new_id(), is_buy: !earlier.is_buy, ..earlier };
                let payload = json!({ "orderId": reversal.order_id, "positionId": order_id });
                self.accounts[account].placed.push(reversal);
                ("REVERSE_POSITION", payload)
            }
            92..94 => ("CLOSE_POSITIONS", json!({})),
            94 => {
                let balance = SCALE * self.random.random_range(90..10_000);
                ("RESET_ACCOUNT", json!({ "balanceInt": balance.to_string() }))
            }
            95..97 => {
                let amount = SCALE * self.random.random_range(-1_000..2_000);
                let (by, reason) = ("a program", "the run");
                let payload =
                    json!({ "amountInt": amount.to_string(), "by": by, "reason": reason });
                ("ADJUST_BALANCE", payload)
            }
            _ => ("CLOSE_ORDER", json!({ "orderId": order_id })),
        }
    }

    /// An order: one that opens a position, or reduces that of an earlier order.
    fn place(&mut self, account: usize, reduced: Option<&Placed>) -> Value {
        let mode = self.accounts[account].mode;
        let market = reduced
            .map_or_else(|| self.random.random_range(0..self.floor.prices.len()), |r| r.market);
        let is_buy = reduced.map_or_else(|| self.random.random(), |reduced| !reduced.is_buy);
        let qty = self.floor.prices.qty(market, self.random.random_range(50..3_000));
        let side = |is_long| if is_long { "LONG" } else { "SHORT" };
        let placed = Placed { order_id: new_id(), market, is_buy, kind: self.kind() };
        let mut order = json!({
            "orderId": placed.order_id,
            "asset": self.floor.prices.symbol(market),
            "orderType": side(is_buy),
            "leverage": 0,
            "qtyInt": qty.to_string(),
        });
        self.set_prices(&mut order, &placed);
        if let Some(reduced) = reduced {
            if mode == "separate" {
                order["positionId"] = reduced.order_id.clone().into();
            }
            order["reduceOnly"] = true.into();
            if !placed.has_price() && self.random.random_ratio(1, 4) {
                (order["closePosition"], order["qtyInt"]) = (true.into(), "0".into());
            }
        } else {
            if mode == "separate" {
                let most = self.floor.prices.market(market).max_leverage;
                order["leverage"] = self.random.random_range(2..=most).into();
            }
            if self.random.random_ratio(1, 6) {
                order["trailingStopBps"] = self.random.random_range(10..80).into();
            }
        }
        if mode == "hedge" {
            order["positionSide"] = side(is_buy != reduced.is_some()).into();
        }
        let placed_orders = &mut self.accounts[account].placed;
        placed_orders.push(placed);
        order
    }

    fn kind(&mut self) -> &'static str {
        const KINDS: [&str; 8] = [
            "MARKET",
            "LIMIT",
            "LIMIT",
            "STOP_MARKET",
            "STOP",
            "TAKE_PROFIT_MARKET",
            "TAKE_PROFIT",
            "TRAILING_STOP_MARKET",
        ];
        KINDS[self.random.random_range(0..KINDS.len())]
    }

    /// Sets the kind with its prices, and sometimes a time in force.
    fn set_prices(&mut self, order: &mut Value, placed: &Placed) {
        order["kind"] = placed.kind.into();
        if placed.kind == "TRAILING_STOP_MARKET" {
            order["callbackBps"] = self.random.random_range(10..80).into();
        } else if placed.has_trigger() {
            order["triggerPriceInt"] = self.trigger(placed).into();
        }
        if placed.has_price() {
            let is_marketable = self.random.random_ratio(1, 6);
            order["priceInt"] = self.price(placed.market, placed.is_buy == is_marketable).into();
        }
        match self.random.random_range(0..8) {
            0 if placed.has_price() => order["timeInForce"] = "GTX".into(),
            1 if placed.has_price() => order["timeInForce"] = "IOC".into(),
            2 if placed.kind != "MARKET" => {
                order["timeInForce"] = "GTD".into();
                order["expiresAt"] = (unix_ms() + self.random.random_range(0..10_000)).into();
            }
            _ => {}
        }
    }

    fn amend(&mut self, placed: &Placed) -> Value {
        let mut change = json!({ "orderId": placed.order_id });
        if placed.has_price() {
            change["priceInt"] = self.price(placed.market, !placed.is_buy).into();
        } else if placed.kind == "TRAILING_STOP_MARKET" {
            change["callbackBps"] = self.random.random_range(10..80).into();
        } else {
            change["triggerPriceInt"] = self.trigger(placed).into();
        }
        change
    }

    /// A trigger price that is not reached yet: a stop's is worse than the market.
    fn trigger(&mut self, placed: &Placed) -> String {
        let is_stop = placed.kind.starts_with("STOP");
        self.price(placed.market, placed.is_buy == is_stop)
    }

    /// A price above or below the market.
    fn price(&mut self, market: usize, is_above: bool) -> String {
        let prices = &self.floor.prices;
        let price = prices.price(market);
        let distance = price * self.random.random_range(700..8_000) / 1_000_000;
        let price = if is_above { price + distance } else { price - distance };
        prices.on_tick(market, price).to_string()
    }

    fn earlier(&mut self, account: usize) -> Option<Placed> {
        let placed = &self.accounts[account].placed;
        let recent = &placed[placed.len().saturating_sub(RECENT)..];
        let n = self.random.random_range(0..recent.len().max(1));
        recent.get(n).cloned()
    }
}

impl Placed {
    fn has_price(&self) -> bool {
        matches!(self.kind, "LIMIT" | "STOP" | "TAKE_PROFIT")
    }

    fn has_trigger(&self) -> bool {
        !matches!(self.kind, "MARKET" | "LIMIT")
    }
}

fn new_id() -> String {
    Uuid::now_v7().to_string()
}

fn unix_ms() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now = now.expect("the clock is set to a time after 1970");
    u64::try_from(now.as_millis()).expect("the next 500 million years fit")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::list::List;
    use model::{Entry, Model, Verdict};
    use std::collections::BTreeSet;

    /// Applies a request and returns the kinds of its events, unless it is refused.
    fn apply(model: &mut Model, n: u64, user_id: &str, kind: &str, payload: &Value) -> Told {
        let fields = [
            ("type", kind.to_owned()),
            ("userId", user_id.to_owned()),
            ("timestamp", unix_ms().to_string()),
            ("payload", payload.to_string()),
        ];
        let fields = fields.map(|(name, text)| (name.to_owned(), text)).into();
        let outcome = model.apply(&Entry { id: Id { ms: unix_ms(), seq: n }, fields });
        assert_ne!(outcome.verdict, Verdict::Unreadable, "{kind} {payload}");
        let is_granted = !matches!(outcome.verdict, Verdict::Rejected(_));
        is_granted.then(|| outcome.events.iter().map(|event| event.kind).collect())
    }

    type Told = Option<Vec<&'static str>>;

    #[test]
    fn requests_of_every_kind_are_granted_and_orders_have_every_end() {
        let floor = Arc::new(Floor::new(&List::shipped(false)));
        let (give_up, appended) = (CancellationToken::new(), Arc::default());
        let mut program =
            Program::new((String::new(), 1), Arc::clone(&floor), give_up, appended, 7);
        let (mut model, mut granted, mut events) =
            (Model::default(), BTreeSet::new(), BTreeSet::new());
        for account in &program.accounts {
            let deposit = json!({ "depositInt": DEPOSIT.to_string() });
            apply(&mut model, 0, &account.user_id, "REGISTER_USER", &deposit);
            let mode = json!({ "mode": account.mode });
            apply(&mut model, 0, &account.user_id, "CHANGE_POSITION_MODE", &mode);
        }
        for n in 1..6_000_u64 {
            let market = usize::try_from(n).unwrap() % floor.prices.len();
            let price = floor.prices.price(market);
            let mid = price + price * program.random.random_range(-60..60) / 10_000;
            let tick = json!({"symbol": floor.prices.symbol(market), "tradeId": n,
                "bidPriceInt": (mid - mid / 2_000).to_string(),
                "askPriceInt": (mid + mid / 2_000).to_string()});
            events.extend(apply(&mut model, 2 * n, "", "PRICE_UPDATE", &tick).unwrap());
            let account = program.random.random_range(0..MODES.len());
            let (kind, payload) = program.request(account);
            let user_id = program.accounts[account].user_id.clone();
            if let Some(told) = apply(&mut model, 2 * n + 1, &user_id, kind, &payload) {
                granted.insert(kind);
                events.extend(told);
            }
        }
        assert_eq!(granted.len(), 11, "{granted:?}");
        for kind in ["ACCEPTED", "AMENDED", "ACTIVATED", "CANCELED", "EXPIRED", "OPENED", "CLOSED"]
        {
            assert!(events.contains(format!("ORDER_{kind}").as_str()), "{kind} not in {events:?}");
        }
        assert!(events.contains("POSITION_CHANGED"), "{events:?}");
    }
}
