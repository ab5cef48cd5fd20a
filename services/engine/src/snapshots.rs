//! Snapshots in PostgreSQL.

use exchange::Exchange;
use exchange::snapshot::{Encoded, FrozenExchange, RestoreError};
use messages::EntryId;
use sqlx::PgPool;
use std::time::{Duration, Instant};

/// zstd's fastest level that still halves the size of typical states.
const COMPRESSION_LEVEL: i32 = 1;

/// Why a snapshot could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// PostgreSQL is away or refuses.
    #[error("PostgreSQL: {0}")]
    Database(#[from] sqlx::Error),
    /// The bytes are damaged.
    #[error("the compressed state is damaged: {0}")]
    Compression(#[from] std::io::Error),
    /// The bytes are no state.
    #[error(transparent)]
    Restore(#[from] RestoreError),
    /// `data` or `lastStreamId` is not what the engine writes.
    #[error("the snapshot's description can't be read: {0}")]
    Description(String),
}

/// A snapshot that was written.
pub struct Written {
    /// The last entry of the oldest snapshot, once there are as many as are kept. While there are
    /// fewer, the stream is not trimmed: one damaged snapshot must not be the end.
    pub oldest_kept: Option<EntryId>,
    /// How long it took.
    pub took: Duration,
    /// Size of the compressed state.
    pub bytes: usize,
}

/// Encodes, compresses and stores a state, and deletes all but the newest `kept`.
pub async fn write(
    pool: &PgPool,
    frozen: FrozenExchange,
    kept: u32,
) -> Result<Written, SnapshotError> {
    let started = Instant::now();
    let (Encoded { hash, summary, .. }, state) = tokio::task::spawn_blocking(move || {
        let encoded = frozen.encode();
        let state = zstd::bulk::compress(&encoded.bytes, COMPRESSION_LEVEL)?;
        Ok::<_, std::io::Error>((Encoded { bytes: Vec::new(), ..encoded }, state))
    })
    .await
    .expect("encoding a state that the engine holds does not panic")?;

    let last_stream_id = summary.last_stream_id.to_string();
    let mut data = serde_json::to_value(&summary).expect("a summary is plain JSON");
    data["stateHash"] = hash.into();
    let mut transaction = pool.begin().await?;
    sqlx::query!(
        r#"insert into snapshots ("lastStreamId", data, state) values ($1, $2, $3)"#,
        last_stream_id,
        data,
        state,
    )
    .execute(&mut *transaction)
    .await?;
    sqlx::query!(
        "delete from snapshots where id not in (select id from snapshots order by id desc limit $1)",
        i64::from(kept),
    )
    .execute(&mut *transaction)
    .await?;
    let oldest = sqlx::query_scalar!(
        r#"select "lastStreamId" from snapshots order by id desc offset $1 limit 1"#,
        i64::from(kept) - 1,
    )
    .fetch_optional(&mut *transaction)
    .await?;
    transaction.commit().await?;
    let oldest_kept = oldest.map(|id| parse_id(&id)).transpose()?;
    Ok(Written { oldest_kept, took: started.elapsed(), bytes: state.len() })
}

/// The newest snapshot that is sound, or `None` where there is none at all. A damaged one is
/// logged and the one before is tried.
pub async fn newest(pool: &PgPool) -> Result<Option<Exchange>, SnapshotError> {
    let ids =
        sqlx::query_scalar!("select id from snapshots order by id desc").fetch_all(pool).await?;
    let mut last_error = None;
    for id in ids {
        match read(pool, id).await {
            Ok(exchange) => return Ok(Some(exchange)),
            Err(SnapshotError::Database(error)) => return Err(error.into()),
            Err(error) => {
                tracing::error!(snapshot.id = id, %error, "a snapshot is unusable; trying the one before");
                last_error = Some(error);
            }
        }
    }
    // All are damaged: that is not the same as a fresh start.
    last_error.map_or(Ok(None), Err)
}

async fn read(pool: &PgPool, id: i64) -> Result<Exchange, SnapshotError> {
    let row =
        sqlx::query!(r#"select "lastStreamId", data, state from snapshots where id = $1"#, id)
            .fetch_one(pool)
            .await?;
    let hash = row.data["stateHash"]
        .as_str()
        .ok_or_else(|| SnapshotError::Description("data has no stateHash".to_owned()))?
        .to_owned();
    let state = row.state;
    let exchange = tokio::task::spawn_blocking(move || {
        let bytes = zstd::stream::decode_all(state.as_slice())?;
        Ok::<_, SnapshotError>(Exchange::restore(&bytes, &hash)?)
    })
    .await
    .map_err(|error| SnapshotError::Description(format!("reading it failed: {error}")))??;
    if exchange.last_id() != parse_id(&row.lastStreamId)? {
        let message =
            format!("lastStreamId is {}, the state's is {}", row.lastStreamId, exchange.last_id());
        return Err(SnapshotError::Description(message));
    }
    Ok(exchange)
}

fn parse_id(text: &str) -> Result<EntryId, SnapshotError> {
    text.parse().map_err(|error| SnapshotError::Description(format!("lastStreamId: {error}")))
}
