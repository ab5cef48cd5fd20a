//! The way to the engine: is it there, what does it say.

use crate::clock::unix_ms;
use crate::error::ApiError;
use crate::metering;
use crate::request_id;
use messages::{
    ENGINE_STATUS, EngineState, EngineStatus, FEED_STATUS, FeedStatus, Fields, QUERY_STREAM, Query,
    QueryEntry, REQUEST_STREAM, Rejection, Request, RequestEntry, RequestId, Response,
    StreamMessage, UserId,
};
use service::Health;
use std::time::Duration;
use streams::{CallError, Redis, Replied, RequestClient};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How often the engine's status is looked at: a request that comes within this after the engine
/// has gone is sent all the same, and waits. One that would be refused has it looked at again.
const STATUS_INTERVAL: Duration = Duration::from_millis(200);

/// The engine, as far as the gateway knows it. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    redis: Redis,
    client: RequestClient,
    /// Why no requests were taken at the last look, or nothing when they were.
    seen: watch::Receiver<Option<String>>,
    timeout: Duration,
}

impl Engine {
    /// Starts to listen for replies and to watch the status.
    pub async fn start(
        redis: Redis,
        timeout: Duration,
        health: Health,
        shutdown: CancellationToken,
    ) -> Self {
        let client = RequestClient::start(redis.clone(), shutdown.clone()).await;
        let (sender, seen) = watch::channel(Some("the gateway is starting".to_owned()));
        let (watched, listener) = (redis.clone(), client.clone());
        tokio::spawn(shutdown.run_until_cancelled_owned(async move {
            loop {
                let obstacle = look(&watched, &listener, &health).await;
                sender.send_if_modified(|known| {
                    let is_new = *known != obstacle;
                    *known = obstacle;
                    is_new
                });
                tokio::time::sleep(STATUS_INTERVAL).await;
            }
        }));
        Self { redis, client, seen, timeout }
    }

    /// Sends a request and gives the engine's answer.
    pub async fn send(
        &self,
        request_id: RequestId,
        request: Request,
    ) -> Result<Response, ApiError> {
        let encode = |reply_to| {
            let (request_id, reply_to) = (Some(request_id), Some(reply_to));
            let entry = RequestEntry { request_id, timestamp_ms: unix_ms(), reply_to, request };
            let mut fields = entry.encode();
            if let Some(traceparent) = request_id::traceparent() {
                fields.set_traceparent(&traceparent);
            }
            fields
        };
        self.call(REQUEST_STREAM, encode).await
    }

    /// Asks a question.
    pub async fn ask(&self, user_id: UserId, query: Query) -> Result<Response, ApiError> {
        // Not the request's own id: a request may ask twice.
        let request_id = RequestId(Uuid::now_v7());
        let timestamp_ms = unix_ms();
        let encode =
            |reply_to| QueryEntry { request_id, user_id, timestamp_ms, reply_to, query }.encode();
        self.call(QUERY_STREAM, encode).await
    }

    async fn call(
        &self,
        stream: &str,
        encode: impl FnOnce(String) -> Fields,
    ) -> Result<Response, ApiError> {
        if let Some(obstacle) = self.obstacle().await {
            return Err(ApiError::EngineNotReady(obstacle));
        }
        match self.client.call_timed(stream, self.timeout, encode).await {
            Ok(Replied { reply, append, wait }) => {
                // Questions go another way, on which no order waits.
                if stream == REQUEST_STREAM {
                    metering::called(append, wait);
                }
                reply.outcome.map_err(ApiError::Rejected)
            }
            Err(CallError::NotSent(error)) => Err(ApiError::EngineNotReady(error.to_string())),
            Err(error @ (CallError::Unknown(_) | CallError::TimedOut)) => {
                tracing::warn!(stream, %error, "no answer from the engine");
                Err(ApiError::EngineTimeout(None))
            }
        }
    }

    /// Why a request can't be taken now. Nobody is refused for what was seen a while ago: whoever
    /// has just read that everything is ready finds it so.
    async fn obstacle(&self) -> Option<String> {
        let seen = self.seen.borrow().clone()?;
        let now = tokio::time::timeout(STATUS_INTERVAL, obstacle(&self.redis, &self.client)).await;
        match now {
            Ok(Ok(now)) => now,
            // With Redis away it doesn't wait for it.
            Ok(Err(_)) | Err(_) => Some(seen),
        }
    }

    /// Sends a request of a signed-in user. Should the engine not know the user, because it was
    /// away when the account was made, it is told, and the request is sent again.
    pub async fn send_as(
        &self,
        account: &Account,
        request_id: RequestId,
        request: Request,
    ) -> Result<Response, ApiError> {
        match self.send(request_id, request.clone()).await {
            Err(ApiError::Rejected(Rejection::UnknownUser)) => {
                self.register(account).await?;
                self.send(request_id, request).await
            }
            outcome => outcome,
        }
    }

    /// Asks a question of a signed-in user, with the same care.
    pub async fn ask_as(&self, account: &Account, query: Query) -> Result<Response, ApiError> {
        match self.ask(account.user_id, query).await {
            Err(ApiError::Rejected(Rejection::UnknownUser)) => {
                self.register(account).await?;
                self.ask(account.user_id, query).await
            }
            outcome => outcome,
        }
    }

    /// Opens the account. Doing it again changes nothing.
    pub async fn register(&self, account: &Account) -> Result<Response, ApiError> {
        let Account { user_id, deposit } = *account;
        self.send(RequestId(Uuid::now_v7()), Request::RegisterUser { user_id, deposit }).await
    }
}

/// Whose account, and what it starts with.
#[derive(Clone, Copy, Debug)]
pub struct Account {
    pub user_id: UserId,
    pub deposit: price::Usd,
}

/// Looks whether requests can be taken, and says so under `/readyz`.
async fn look(redis: &Redis, client: &RequestClient, health: &Health) -> Option<String> {
    match obstacle(redis, client).await {
        Ok(obstacle) => {
            // A gateway without an engine still signs people in, and says itself what is missing:
            // it stays ready, or a load balancer would answer in its place.
            health.set_remark("engine", obstacle.clone());
            health.set_remark("feed", feed_problem(redis).await);
            health.set_ready();
            obstacle
        }
        Err(problem) => {
            health.set_not_ready(problem);
            Some("Redis is not reachable".to_owned())
        }
    }
}

/// What keeps the engine from taking requests, or why that can't be known.
async fn obstacle(redis: &Redis, client: &RequestClient) -> Result<Option<String>, String> {
    let status = redis.get(ENGINE_STATUS).await.map_err(|error| error.to_string())?;
    if !client.is_listening() {
        return Err("replies can't be heard yet".to_owned());
    }
    Ok(engine_obstacle(status.as_deref()))
}

fn engine_obstacle(status: Option<&str>) -> Option<String> {
    let Some(status) = status else { return Some("the engine is not running".to_owned()) };
    match serde_json::from_str::<EngineStatus>(status) {
        Ok(EngineStatus { status: EngineState::Ready, .. }) => None,
        Ok(EngineStatus { message, .. }) => Some(message),
        Err(error) => Some(format!("the engine's status can't be read: {error}")),
    }
}

/// Why prices don't come, if they don't.
async fn feed_problem(redis: &Redis) -> Option<String> {
    let Ok(status) = redis.get(FEED_STATUS).await else { return None };
    let Some(status) = status else { return Some("the price feed is not running".to_owned()) };
    match serde_json::from_str::<FeedStatus>(&status) {
        Ok(FeedStatus { connected: true, .. }) => None,
        Ok(FeedStatus { message, .. }) => Some(message),
        Err(error) => Some(format!("the feed's status can't be read: {error}")),
    }
}

/// An answer that the engine does not give to this request.
pub fn unexpected(answer: &Response) -> ApiError {
    tracing::error!(?answer, "the engine gave an answer to another question");
    ApiError::Internal
}
