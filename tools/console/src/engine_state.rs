//! The engine's state of an account: as the engine answers, or computed without an engine.

use crate::context::Context;
use crate::history::Replay;
use crate::words::now_ms;
use anyhow::{Result, bail};
use messages::{
    ENGINE_STATUS, EngineState, EngineStatus, QUERY_STREAM, Query, QueryEntry, Rejection,
    RequestId, Response, StreamMessage as _, UserId,
};
use std::time::Duration;
use uuid::Uuid;

/// The time that the engine has to answer before its state is computed without it.
const ENGINE_PATIENCE: Duration = Duration::from_secs(3);

/// The answers to queries about an account.
pub struct Answers<const N: usize> {
    /// The source of the answers, for people.
    pub source: String,
    /// The answers in the order of the queries; none if the engine does not know the account.
    pub responses: Option<[Response; N]>,
}

/// Answers queries by the engine's state.
pub async fn ask<const N: usize>(
    context: &Context,
    user_id: UserId,
    queries: [Query; N],
) -> Result<Answers<N>> {
    let context = &context.of(user_id);
    match ask_the_engine(context, user_id, &queries).await {
        Ok(responses) => Ok(Answers { source: "the engine".to_owned(), responses }),
        Err(obstacle) => compute(context, user_id, &queries, &obstacle).await,
    }
}

/// Asks the engine, as a gateway does: only one that is READY. Returns the obstacle as an error.
async fn ask_the_engine<const N: usize>(
    context: &Context,
    user_id: UserId,
    queries: &[Query; N],
) -> Result<Option<[Response; N]>, String> {
    let shard = context.shard;
    let status =
        context.redis.get(&shard.key(ENGINE_STATUS)).await.map_err(|error| error.to_string())?;
    let status = status.and_then(|text| serde_json::from_str::<EngineStatus>(&text).ok());
    match status {
        None => return Err("the engine is not running".to_owned()),
        Some(EngineStatus { status: EngineState::Ready, .. }) => {}
        Some(EngineStatus { message, .. }) => {
            return Err(format!("the engine is not ready: {message}"));
        }
    }
    let (client, _listening) = context.caller().await;
    let mut responses = Vec::with_capacity(N);
    for query in queries.clone() {
        let (request_id, timestamp_ms) = (RequestId(Uuid::now_v7()), now_ms());
        let encode =
            |reply_to| QueryEntry { request_id, user_id, timestamp_ms, reply_to, query }.encode();
        let asked = client.call(shard, QUERY_STREAM, ENGINE_PATIENCE, encode).await;
        let reply = asked.map_err(|error| format!("the engine: {error}"))?;
        match reply.outcome {
            Ok(response) => responses.push(response),
            Err(Rejection::UnknownUser) => return Ok(None),
            Err(other) => return Err(format!("the engine sent an unexpected response: {other:?}")),
        }
    }
    Ok(Some(responses.try_into().expect("every query was answered")))
}

/// Computes the same from the newest snapshot and the entries after it.
async fn compute<const N: usize>(
    context: &Context,
    user_id: UserId,
    queries: &[Query; N],
    obstacle: &str,
) -> Result<Answers<N>> {
    let replay = Replay::to_the_end(context).await?;
    let (origin, read) = (replay.origin, replay.read);
    let source = format!("{origin} and the stream up to {read}, because {obstacle}");
    let mut responses = Vec::with_capacity(N);
    for query in queries.clone() {
        match replay.exchange.answer(user_id, query) {
            Ok(response) => responses.push(response),
            Err(Rejection::UnknownUser) => return Ok(Answers { source, responses: None }),
            other => bail!("unexpected response: {other:?}"),
        }
    }
    let responses = Some(responses.try_into().expect("every query was answered"));
    Ok(Answers { source, responses })
}
