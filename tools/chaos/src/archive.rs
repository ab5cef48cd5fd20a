//! Collects everything that a run has stored, without the project's own code: through a plain Redis
//! client, SQL and HTTP.

use crate::audit::{History, Reading, ShardHistory};
use crate::client::Session;
use crate::shards::key;
use anyhow::{Context as _, Result, bail};
use model::{Entry, Id};
use redis::AsyncConnectionConfig;
use redis::aio::MultiplexedConnection;
use redis::streams::{StreamInfoGroupsReply, StreamRangeReply};
use serde_json::Value;
use sqlx::PgPool;
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::PathBuf;
use std::time::Duration;
use testkit::stack::Stack;

/// The stream that the engine reads.
const REQUESTS: &str = "request:stream";
/// The stream that the engine writes.
const RESPONSES: &str = "response:stream";

/// The trades that the poller has received.
const TRADED: &str = "batch:uploader:stream";
/// The mails that the gateway has requested.
const MAILS: &str = "mail:stream";

/// The consumer groups that must have handled every entry before the audit starts, each with its stream.
fn workers(shards: usize) -> Vec<(String, &'static str)> {
    let responses = (0..shards).map(|shard| (key(RESPONSES, shard, shards), "db-worker"));
    let others = [(TRADED, "batch-uploader"), (MAILS, "mailer")];
    responses.chain(others.map(|(stream, group)| (stream.to_owned(), group))).collect()
}

/// The number of entries read at once.
const PAGE_LEN: usize = 1_000;

/// The timeout for Redis; long, because the auditor is in no hurry.
const PATIENCE: Duration = Duration::from_mins(1);

/// Closed orders as HTTP shows them: integer amounts and times in ms.
const ROWS: &str = r#"
    select row_to_json(r)::text from (
        select "orderId", "userId", asset, "orderType", leverage, "marginInt",
               "executionPriceInt", "closePriceInt", "qtyInt", "liquidationPriceInt",
               "stopLossInt", "takeProfitInt", "finalPnLInt", "shortfallInt", "closeReason",
               "tickId", "commissionInt", "fundingInt", "liquidationFeeInt",
               (extract(epoch from "createdAt") * 1000)::bigint as "createdAt",
               (extract(epoch from "closedAt") * 1000)::bigint as "closedAt"
        from closed_orders
    ) r"#;

/// The newest states of orders, with times in ms.
const ORDER_ROWS: &str = r"
    select row_to_json(r)::text from (
        select order_id, user_id, client_order_id, asset, side, position_side, position_id, kind,
               time_in_force, qty, price, trigger_price, callback_bps, trailing_stop_bps,
               (extract(epoch from activated_at) * 1000)::bigint as activated_at,
               reduce_only, close_position, leverage, stop_loss, take_profit, price_limit,
               max_slippage_bps,
               (extract(epoch from expires_at) * 1000)::bigint as expires_at,
               reserved, status, reason, filled_qty, average_price,
               (extract(epoch from created_at) * 1000)::bigint as created_at,
               (extract(epoch from updated_at) * 1000)::bigint as updated_at,
               event_id, sequence
        from orders
    ) r";

/// Fills with times in ms, the oldest first.
const FILL_ROWS: &str = r"
    select row_to_json(r)::text from (
        select id, order_id, position_id, user_id, asset, side, qty, price, realized_pnl, fee,
               role, reason, tick_id, sequence, order_sequence,
               (extract(epoch from executed_at) * 1000)::bigint as executed_at
        from fills
    ) r
    order by executed_at, length(id), id";

/// Lines of statements with times in ms, the oldest first. A line is named by its event and kind.
const INCOME_ROWS: &str = r#"
    select row_to_json(r)::text from (
        select id || ' ' || kind as line, id, kind, user_id, amount, asset, order_id, position_id,
               sequence, (extract(epoch from "time") * 1000)::bigint as "time"
        from income
    ) r
    order by "time", length(id), id, kind"#;

/// Trades, with times in µs.
const TRADES: &str = r#"
    select row_to_json(r)::text from (
        select id, symbol, "priceInt", "qtyInt",
               (extract(epoch from "time") * 1000000)::bigint as "timeUs"
        from trades
    ) r"#;

/// Fundings with times in ms. A row is named by its symbol and time.
const FUNDING_ROWS: &str = r"
    select row_to_json(r)::text from (
        select symbol || ' ' || (extract(epoch from funding_time) * 1000)::bigint as name,
               rate, mark_price
        from funding_rates
    ) r";

/// Connections to the stack's servers.
pub struct Archive {
    redis: MultiplexedConnection,
    shards: usize,
    pool: PgPool,
    api_url: String,
    mail_dir: PathBuf,
}

/// Keeps the entries that the workers read: streams are trimmed to what all groups have
/// acknowledged, and the group created here never acknowledges anything.
///
/// # Errors
/// When Redis refuses the command.
pub async fn keep_everything(redis_url: &str, shards: usize) -> Result<()> {
    let mut redis = connect(redis_url).await?;
    for (stream, _) in workers(shards) {
        let mut command = redis::cmd("XGROUP");
        command.arg("CREATE").arg(stream).arg("auditor").arg("0").arg("MKSTREAM");
        command.query_async::<()>(&mut redis).await.context("no group for the auditor")?;
    }
    Ok(())
}

async fn connect(redis_url: &str) -> Result<MultiplexedConnection> {
    let client = redis::Client::open(redis_url).context("the URL of Redis is wrong")?;
    let patient = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(PATIENCE))
        .set_response_timeout(Some(PATIENCE));
    let connected = client.get_multiplexed_async_connection_with_config(&patient).await;
    connected.context("Redis does not answer")
}

impl Archive {
    /// Connects to a stack on which no faults are injected any more.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn open(stack: &Stack) -> Result<Self> {
        let redis = connect(&stack.redis.url()).await?;
        let (shards, mail_dir) = (stack.shards(), stack.mail_dir().to_owned());
        let (pool, api_url) = (stack.pool.clone(), stack.api_url());
        Ok(Self { redis, shards, pool, api_url, mail_dir })
    }

    /// Describes the work that is still outstanding, if there is any.
    ///
    /// # Errors
    /// When a server does not answer.
    pub async fn backlog(&mut self) -> Result<Option<String>> {
        for shard in 0..self.shards {
            let newest = self.snapshots(shard).await?.pop().map(|(last_id, _)| last_id);
            // The engine takes a snapshot only once all outputs of its entries are in Redis.
            let end = self.stream_info(&key(REQUESTS, shard, self.shards)).await?.0;
            if newest.as_ref() != Some(&end) {
                return Ok(Some(format!("the newest snapshot is of {newest:?}, not of {end}")));
            }
        }
        for (stream, group) in workers(self.shards) {
            let mut command = redis::cmd("XINFO");
            command.arg("GROUPS").arg(&stream);
            let groups: StreamInfoGroupsReply = command.query_async(&mut self.redis).await?;
            let end = self.stream_info(&stream).await?.0;
            let done = groups.groups.iter().any(|found| {
                found.name == group
                    && found.pending == 0
                    && at_least(&found.last_delivered_id, &end)
            });
            if !done {
                return Ok(Some(format!("{group} has not handled everything up to {end}")));
            }
        }
        Ok(None)
    }

    /// Reads everything that is stored, and the accounts of these users over HTTP.
    ///
    /// # Errors
    /// When a server does not answer, or its answer can't be parsed.
    pub async fn read(&mut self, users: &[Session]) -> Result<History> {
        let mut shards = Vec::new();
        for shard in 0..self.shards {
            shards.push(self.shard(shard).await?);
        }
        let mut put_aside = Vec::new();
        for dead in self.dead_letters() {
            let entries = self.entries(&dead).await?;
            put_aside.extend(entries.into_iter().map(|entry| (dead.clone(), entry)));
        }
        let letters = fs::read_dir(&self.mail_dir)?.map(|letter| Ok(letter?.file_name()));
        let letters = letters.map(|name| name.map(|name| name.to_string_lossy().into_owned()));
        let mut readings = Vec::new();
        for user in users {
            readings.push(self.account(user).await?);
        }
        Ok(History {
            shards,
            put_aside,
            rows: self.rows(ROWS).await?,
            order_rows: self.rows(ORDER_ROWS).await?,
            fill_rows: self.rows(FILL_ROWS).await?,
            income_rows: self.rows(INCOME_ROWS).await?,
            traded: self.entries(TRADED).await?,
            trades: self.rows(TRADES).await?,
            funding_rows: self.rows(FUNDING_ROWS).await?,
            mails: self.entries(MAILS).await?,
            letters: letters.collect::<Result<_>>()?,
            users: sqlx::query_as("select email, id::text from users")
                .fetch_all(&self.pool)
                .await?,
            readings,
            journal: Vec::new(),
            appended: Vec::new(),
        })
    }

    async fn shard(&mut self, shard: usize) -> Result<ShardHistory> {
        let [requests, responses] = [REQUESTS, RESPONSES].map(|name| key(name, shard, self.shards));
        Ok(ShardHistory {
            requests: self.entries(&requests).await?,
            requests_added: self.stream_info(&requests).await?.1,
            responses: self.entries(&responses).await?,
            snapshots: self.snapshots(shard).await?,
        })
    }

    /// `lastStreamId` and `data` of a shard's snapshots, the oldest first.
    async fn snapshots(&self, shard: usize) -> Result<Vec<(String, Value)>> {
        let all: Vec<(String, String)> = sqlx::query_as(
            r#"select "lastStreamId", data::text from snapshots where shard = $1 order by id"#,
        )
        .bind(i32::try_from(shard)?)
        .fetch_all(&self.pool)
        .await?;
        all.into_iter().map(|(id, data)| Ok((id, serde_json::from_str(&data)?))).collect()
    }

    /// The streams of entries that were put aside.
    fn dead_letters(&self) -> Vec<String> {
        let (sharded, shards) = ([REQUESTS, RESPONSES], self.shards);
        let sharded = (0..shards)
            .flat_map(|shard| sharded.map(|name| key(&format!("{name}:dead"), shard, shards)));
        sharded.chain([TRADED, MAILS].map(|name| format!("{name}:dead"))).collect()
    }

    /// Runs a query that returns each row as JSON.
    async fn rows(&self, query: &'static str) -> Result<Vec<Value>> {
        let rows: Vec<String> = sqlx::query_scalar(query).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok(serde_json::from_str(row)?)).collect()
    }

    async fn entries(&mut self, stream: &str) -> Result<Vec<Entry>> {
        let mut all: Vec<Entry> = Vec::new();
        loop {
            let from = all.last().map_or_else(|| "-".to_owned(), |last| format!("({}", last.id));
            let mut command = redis::cmd("XRANGE");
            command.arg(stream).arg(from).arg("+").arg("COUNT").arg(PAGE_LEN);
            let page: StreamRangeReply = command.query_async(&mut self.redis).await?;
            let is_last = page.ids.len() < PAGE_LEN;
            for found in page.ids {
                let id = Id::parse(&found.id).with_context(|| format!("{} is no id", found.id))?;
                let fields = found.map.into_iter();
                let fields =
                    fields.map(|(name, value)| Ok((name, redis::from_redis_value(value)?)));
                all.push(Entry { id, fields: fields.collect::<Result<BTreeMap<_, String>>>()? });
            }
            if is_last {
                return Ok(all);
            }
        }
    }

    /// The last id that a stream has generated, and the number of entries ever added to it.
    async fn stream_info(&mut self, stream: &str) -> Result<(String, u64)> {
        let mut command = redis::cmd("XINFO");
        let info: HashMap<String, redis::Value> =
            command.arg("STREAM").arg(stream).query_async(&mut self.redis).await?;
        let value = |name: &str| info.get(name).cloned().with_context(|| format!("no {name}"));
        let last_id = redis::from_redis_value(value("last-generated-id")?)?;
        Ok((last_id, redis::from_redis_value(value("entries-added")?)?))
    }

    async fn account(&self, user: &Session) -> Result<Reading> {
        let balance = self.get(user, "/order/user/balance").await?["balance"].take();
        let mut orders = self.get(user, "/order/user/orders").await?;
        let open = list(orders["orders"].take())?;
        let mut closed = Vec::new();
        let mut path = "/order/user/orders?status=CLOSED&limit=100".to_owned();
        loop {
            let mut page = self.get(user, &path).await?;
            closed.extend(list(page["orders"].take())?);
            let Some(cursor) = page["nextCursor"].as_str() else { break };
            path = format!("/order/user/orders?status=CLOSED&limit=100&cursor={cursor}");
        }
        Ok(Reading { user_id: user.user_id.clone(), balance, open, closed })
    }

    /// Retries, because a busy machine may be slow; as no faults are injected, a request that keeps
    /// failing is an error.
    async fn get(&self, user: &Session, path: &str) -> Result<Value> {
        const ATTEMPTS: usize = 20;
        let mut last = String::new();
        for _ in 0..ATTEMPTS {
            let request = reqwest::Client::new().get(format!("{}/api/v1{path}", self.api_url));
            match user.sign(request).send().await {
                Ok(answer) if answer.status().is_success() => {
                    return Ok(serde_json::from_str(&answer.text().await?)?);
                }
                Ok(answer) => last = answer.text().await.unwrap_or_default(),
                Err(error) => last = error.to_string(),
            }
            crate::client::pause().await;
        }
        bail!("GET {path} of {}: {last}", user.user_id);
    }
}

fn at_least(id: &str, end: &str) -> bool {
    Id::parse(id).is_some_and(|id| Id::parse(end).is_some_and(|end| id >= end))
}

fn list(value: Value) -> Result<Vec<Value>> {
    match value {
        Value::Array(orders) => Ok(orders),
        other => bail!("expected a list of orders, not {other}"),
    }
}
