//! Asks the engine for the positions of an account whose client has just connected.

use super::margin_watch::MarginWatch;
use super::market::unix_ms;
use messages::{
    ENGINE_STATUS, EngineState, EngineStatus, Position, QUERY_STREAM, Query, QueryEntry, Rejection,
    RequestId, Response, StreamMessage as _, UserId,
};
use price::Usd;
use std::sync::Arc;
use std::time::Duration;
use streams::{Redis, RequestClient};
use uuid::Uuid;

/// The time in which the engine has to answer.
const TIMEOUT: Duration = Duration::from_secs(3);

/// The pause before the engine is asked again.
const RETRY_INTERVAL: Duration = Duration::from_secs(5);

/// The way to ask the engine.
#[derive(Clone)]
pub struct Questions {
    pub redis: Redis,
    pub client: RequestClient,
    pub watch: Arc<MarginWatch>,
}

impl Questions {
    /// Asks for the positions of an account in the background, until the engine answers or nobody
    /// wants to know any more. The events of the account after now must go to the watch.
    pub fn ask_for(&self, account: UserId) {
        let (asking, asked) = (self.clone(), self.watch.expect(account));
        tokio::spawn(async move {
            while asking.watch.expects(account, asked) {
                if let Some(answer) = asking.ask(account).await {
                    return asking.watch.learn(account, asked, answer);
                }
                tokio::time::sleep(RETRY_INTERVAL).await;
            }
        });
    }

    /// Returns what the account has free, and its positions.
    async fn ask(&self, account: UserId) -> Option<(Usd, Vec<Position>)> {
        // Questions to an engine that is away would pile up.
        let shard = self.redis.shards().of(account);
        let status = self.redis.get(&shard.key(ENGINE_STATUS)).await.ok()??;
        let status: EngineStatus = serde_json::from_str(&status).ok()?;
        if status.status != EngineState::Ready {
            return None;
        }
        let sheet = self.call(account, Query::GetBalance);
        let open = self.call(account, Query::GetUserOrders);
        match tokio::join!(sheet, open) {
            (Some(Ok(Response::Balance { balance })), Some(Ok(Response::Positions { orders }))) => {
                let open = orders.into_iter().map(|open| open.order);
                Some((balance.balance, open.collect()))
            }
            // An account that the engine does not know has nothing yet.
            (Some(Err(Rejection::UnknownUser)), _) => Some((Usd::ZERO, Vec::new())),
            answers => {
                tracing::debug!(?answers, user.id = %account, "positions can't be read yet");
                None
            }
        }
    }

    async fn call(&self, user_id: UserId, query: Query) -> Option<Result<Response, Rejection>> {
        let shard = self.redis.shards().of(user_id);
        let (request_id, timestamp_ms) = (RequestId(Uuid::now_v7()), unix_ms());
        let encode =
            |reply_to| QueryEntry { request_id, user_id, timestamp_ms, reply_to, query }.encode();
        Some(self.client.call(shard, QUERY_STREAM, TIMEOUT, encode).await.ok()?.outcome)
    }
}
