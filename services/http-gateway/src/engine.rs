//! The client for the engine: its status, and calls over Redis Streams.

pub mod turn;

use crate::access::account::{Account, AccountId};
use crate::clock::unix_ms;
use crate::error::ApiError;
use crate::metering;
use crate::request_id;
use messages::{
    AccountSettings, BalanceSheet, ChangePositionMode, ENGINE_STATUS, EngineState, EngineStatus,
    FEED_STATUS, FeedStatus, Fields, GetOpenOrders, OpenPosition, PositionMode, QUERY_STREAM,
    Query, QueryEntry, REQUEST_STREAM, RegisterUser, Rejection, Request, RequestEntry, RequestId,
    Response, RestingOrder, Shard, Shards, StreamMessage, Symbol, UserId,
};
use service::Health;
use std::time::Duration;
use streams::{CallError, Redis, Replied, RequestClient};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The interval at which the engine's status is read. A request that arrives within it after the
/// engine has stopped is still sent, and waits; before a request is refused, the status is reread.
const STATUS_INTERVAL: Duration = Duration::from_millis(200);

/// A client for the engine. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    redis: Redis,
    client: RequestClient,
    /// The reason for which the engine of each shard took no requests at the last look; none if it
    /// took them.
    seen: watch::Receiver<Vec<Option<String>>>,
    timeout: Duration,
}

impl Engine {
    /// Starts listening for replies and watching the status.
    pub async fn start(
        redis: Redis,
        timeout: Duration,
        health: Health,
        shutdown: CancellationToken,
    ) -> Self {
        let client = RequestClient::start(redis.clone(), shutdown.clone()).await;
        let starting = redis.shards().all().map(|_| Some("the gateway is starting".to_owned()));
        let (sender, seen) = watch::channel(starting.collect());
        let (watched, listener) = (redis.clone(), client.clone());
        tokio::spawn(shutdown.run_until_cancelled_owned(async move {
            loop {
                let obstacles = look(&watched, &listener, &health).await;
                sender.send_if_modified(|known| {
                    let is_new = *known != obstacles;
                    *known = obstacles;
                    is_new
                });
                tokio::time::sleep(STATUS_INTERVAL).await;
            }
        }));
        Self { redis, client, seen, timeout }
    }

    /// Sends a request about an account and returns the engine's response.
    pub async fn send(
        &self,
        request_id: RequestId,
        request: Request,
    ) -> Result<Response, ApiError> {
        let account = request.user_id().expect("a gateway sends no request without an account");
        let encode = |reply_to| {
            let (request_id, reply_to) = (Some(request_id), Some(reply_to));
            let entry = RequestEntry { request_id, timestamp_ms: unix_ms(), reply_to, request };
            let mut fields = entry.encode();
            if let Some(traceparent) = request_id::traceparent() {
                fields.set_traceparent(&traceparent);
            }
            fields
        };
        self.call(account, REQUEST_STREAM, encode).await
    }

    /// Sends a query and returns the engine's response.
    pub async fn ask(&self, account: AccountId, query: Query) -> Result<Response, ApiError> {
        // Not the HTTP request's id: one HTTP request may send two queries.
        let request_id = RequestId(Uuid::now_v7());
        let (user_id, timestamp_ms) = (account.in_engine(), unix_ms());
        let encode =
            |reply_to| QueryEntry { request_id, user_id, timestamp_ms, reply_to, query }.encode();
        self.call(user_id, QUERY_STREAM, encode).await
    }

    async fn call(
        &self,
        account: UserId,
        stream: &str,
        encode: impl FnOnce(String) -> Fields,
    ) -> Result<Response, ApiError> {
        let shard = self.redis.shards().of(account);
        if let Some(obstacle) = self.obstacle(shard).await {
            return Err(ApiError::EngineNotReady(obstacle));
        }
        let replied = match self.client.send(shard, stream, self.timeout, encode).await {
            Ok(sent) => {
                if stream == REQUEST_STREAM {
                    turn::pass();
                }
                sent.reply().await
            }
            Err(error) => Err(error),
        };
        match replied {
            Ok(Replied { reply, append, wait }) => {
                // Queries take another stream, on which no order waits.
                if stream == REQUEST_STREAM {
                    metering::called(append, wait);
                }
                reply.outcome.map_err(ApiError::Rejected)
            }
            Err(CallError::NotSent(error)) => Err(ApiError::EngineNotReady(error.to_string())),
            Err(error @ (CallError::Unknown(_) | CallError::TimedOut)) => {
                tracing::warn!(stream, %error, "no reply from the engine");
                Err(ApiError::EngineTimeout(None))
            }
        }
    }

    /// Returns the reason for which a shard can't take a request now, if there is one. It is read again
    /// before a refusal, so that a client that has just seen a ready engine is not refused.
    async fn obstacle(&self, shard: Shard) -> Option<String> {
        let seen = self.seen.borrow()[usize::from(shard.number())].clone()?;
        let looking = obstacle(&self.redis, &self.client, shard);
        match tokio::time::timeout(STATUS_INTERVAL, looking).await {
            Ok(Ok(now)) => now,
            // Without Redis, don't wait for it.
            Ok(Err(_)) | Err(_) => Some(seen),
        }
    }

    /// Sends a request about an account. If the engine does not know it, because it was unavailable
    /// when the account was opened, registers the account and sends the request again.
    pub async fn send_as(
        &self,
        account: &Account,
        request_id: RequestId,
        request: Request,
    ) -> Result<Response, ApiError> {
        let outcome = match self.send(request_id, request.clone()).await {
            Err(ApiError::Rejected(Rejection::UnknownUser)) => {
                self.register(account).await?;
                self.send(request_id, request).await
            }
            outcome => outcome,
        };
        if matches!(outcome, Ok(_) | Err(ApiError::Rejected(_))) {
            turn::note_account();
        }
        outcome
    }

    /// Sends a query about an account, registering it if necessary.
    pub async fn ask_as(&self, account: &Account, query: Query) -> Result<Response, ApiError> {
        match self.ask(account.id, query.clone()).await {
            Err(ApiError::Rejected(Rejection::UnknownUser)) => {
                self.register(account).await?;
                self.ask(account.id, query).await
            }
            outcome => outcome,
        }
    }

    /// Returns the figures of an account, valued at the current prices.
    pub async fn balance(&self, account: &Account) -> Result<BalanceSheet, ApiError> {
        match self.ask_as(account, Query::GetBalance).await? {
            Response::Balance { balance } => Ok(balance),
            other => Err(unexpected(&other)),
        }
    }

    /// Returns the position mode of an account and the leverages that were set.
    pub async fn settings(&self, account: &Account) -> Result<AccountSettings, ApiError> {
        match self.ask_as(account, Query::GetAccountSettings).await? {
            Response::AccountSettings { settings } => Ok(settings),
            other => Err(unexpected(&other)),
        }
    }

    /// Returns the open positions of an account, newest first.
    pub async fn positions(&self, account: &Account) -> Result<Vec<OpenPosition>, ApiError> {
        match self.ask_as(account, Query::GetUserOrders).await? {
            Response::Positions { orders } => Ok(orders),
            other => Err(unexpected(&other)),
        }
    }

    /// Returns the resting orders of an account, all or those in one instrument, oldest first.
    pub async fn open_orders(
        &self,
        account: &Account,
        asset: Option<Symbol>,
    ) -> Result<Vec<RestingOrder>, ApiError> {
        match self.ask_as(account, Query::GetOpenOrders(GetOpenOrders { asset })).await? {
            Response::OpenOrders { orders } => Ok(orders),
            other => Err(unexpected(&other)),
        }
    }

    /// Sets the position mode of an account. Returns false for one that has positions or orders, whose
    /// mode stays.
    pub async fn change_mode(
        &self,
        account: &Account,
        request_id: RequestId,
        mode: PositionMode,
    ) -> Result<bool, ApiError> {
        let change = Request::ChangePositionMode(account.engine_id(), ChangePositionMode { mode });
        match self.send_as(account, request_id, change).await {
            Ok(_) => Ok(true),
            Err(ApiError::Rejected(Rejection::NotFlat)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Registers the account. Idempotent.
    pub async fn register(&self, account: &Account) -> Result<Response, ApiError> {
        let register = RegisterUser { deposit: account.deposit };
        let request = Request::RegisterUser(account.engine_id(), register);
        self.send(RequestId(Uuid::now_v7()), request).await
    }
}

/// Checks whether requests can be taken by each shard, and reports it under `/readyz`.
async fn look(redis: &Redis, client: &RequestClient, health: &Health) -> Vec<Option<String>> {
    let shards = redis.shards();
    let looks = shards.all().map(|shard| obstacle(redis, client, shard));
    let (mut obstacles, mut unknown) = (Vec::new(), None);
    for found in futures_util::future::join_all(looks).await {
        obstacles.push(found.unwrap_or_else(|problem| {
            unknown = Some(problem);
            Some("Redis is unavailable".to_owned())
        }));
    }
    match unknown {
        // Servers of a cluster fail one by one, and the accounts on the others can trade.
        Some(problem) if obstacles.len() == 1 => health.set_not_ready(problem),
        _ => {
            // A gateway without an engine can still sign users in and reports the problem itself.
            // It stays ready, or a load balancer would answer in its place.
            health.set_remark("engine", summary(shards, &obstacles));
            health.set_remark("feed", feed_problem(redis).await);
            health.set_ready();
        }
    }
    obstacles
}

/// Returns the obstacles in one text, if there are any.
fn summary(shards: Shards, obstacles: &[Option<String>]) -> Option<String> {
    let named = shards.all().zip(obstacles).filter_map(|(shard, obstacle)| {
        let obstacle = obstacle.as_deref()?;
        Some(if shard.is_tagged() { format!("{shard}: {obstacle}") } else { obstacle.to_owned() })
    });
    let named: Vec<String> = named.collect();
    (!named.is_empty()).then(|| named.join("; "))
}

/// Returns the reason for which the engine of a shard takes no requests, if there is one. Fails if it
/// can't be determined.
async fn obstacle(
    redis: &Redis,
    client: &RequestClient,
    shard: Shard,
) -> Result<Option<String>, String> {
    let status = redis.get(&shard.key(ENGINE_STATUS)).await.map_err(|error| error.to_string())?;
    if !client.is_listening(shard) {
        return Err("the gateway can't receive replies yet".to_owned());
    }
    Ok(engine_obstacle(status.as_deref(), redis.shards().count()))
}

fn engine_obstacle(status: Option<&str>, count: u16) -> Option<String> {
    let Some(status) = status else { return Some("the engine is not running".to_owned()) };
    match serde_json::from_str::<EngineStatus>(status) {
        Ok(EngineStatus { shards, .. }) if shards != count => {
            Some(format!("the engine has {shards} shards, and SHARDS of this gateway is {count}"))
        }
        Ok(EngineStatus { status: EngineState::Ready, .. }) => None,
        Ok(EngineStatus { message, .. }) => Some(message),
        Err(error) => Some(format!("the engine's status can't be read: {error}")),
    }
}

/// Returns the reason for which no prices arrive, if they don't.
async fn feed_problem(redis: &Redis) -> Option<String> {
    let Ok(status) = redis.get(FEED_STATUS).await else { return None };
    let Some(status) = status else { return Some("the price feed is not running".to_owned()) };
    match serde_json::from_str::<FeedStatus>(&status) {
        Ok(FeedStatus { connected: true, .. }) => None,
        Ok(FeedStatus { message, .. }) => Some(message),
        Err(error) => Some(format!("the feed's status can't be read: {error}")),
    }
}

/// Logs a response of the wrong kind and returns the error for it.
pub fn unexpected(answer: &Response) -> ApiError {
    tracing::error!(?answer, "the engine sent a response of the wrong kind");
    ApiError::Internal
}
