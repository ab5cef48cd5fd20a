//! Snapshots in PostgreSQL.

use crate::equity_history::{EquityHistory, Valuation};
use crate::world::{Newest, Remembered, SnapshotStore, StoreError, Stored};
use exchange::Exchange;
use exchange::snapshot::{Encoded, FrozenExchange, Summary};
use messages::{EntryId, Shard};
use sqlx::{PgConnection, PgPool};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;

/// zstd's fastest level that still halves the size of typical states.
const COMPRESSION_LEVEL: i32 = 1;

/// The table `snapshots`.
#[derive(Clone)]
pub struct PostgresStore {
    pool: PgPool,
    /// The number of the shard, and that of all shards.
    shard: i32,
    shards: i32,
    /// The runtime that serves the pool's connections.
    aside: Handle,
    history: Arc<EquityHistory>,
}

/// A row of `snapshots`.
pub struct Row {
    last_id: EntryId,
    data: serde_json::Value,
    state: Vec<u8>,
    valuation: Option<Arc<Valuation>>,
}

impl PostgresStore {
    /// Creates the store of a shard, of as many as the second number says.
    pub fn new(
        pool: PgPool,
        (shard, shards): (Shard, u16),
        aside: Handle,
        equity_interval: Duration,
    ) -> Self {
        let [shard, shards] = [shard.number(), shards].map(i32::from);
        let history = Arc::new(EquityHistory::new(equity_interval));
        Self { pool, shard, shards, aside, history }
    }
}

impl SnapshotStore for PostgresStore {
    type Encoded = Row;

    async fn encode(&self, frozen: FrozenExchange) -> Result<Row, StoreError> {
        let history = self.history.clone();
        tokio::task::spawn_blocking(move || {
            let Encoded { bytes, hash, summary } = frozen.encode();
            let state = zstd::bulk::compress(&bytes, COMPRESSION_LEVEL)?;
            let data = description(&summary, &hash);
            let valuation = history.value(&frozen).map(Arc::new);
            Ok(Row { last_id: summary.last_stream_id, data, state, valuation })
        })
        .await
        .expect("encoding a state that the engine holds does not panic")
        .map_err(|error: io::Error| {
            StoreError::Away(format!("the state cannot be compressed: {error}"))
        })
    }

    async fn store(&self, row: &Row, epoch: u64, kept: u32) -> Result<Stored, StoreError> {
        let mut transaction = self.pool.begin().await?;
        // Serialize writers: the newest epoch must not change during the insert.
        sqlx::query!("lock table snapshots in share row exclusive mode")
            .execute(&mut *transaction)
            .await?;
        self.insert(&mut transaction, row, epoch).await?;
        sqlx::query!(
            "delete from snapshots where shard = $2 and id not in (
                 select id from snapshots where shard = $2 order by id desc limit $1
             )",
            i64::from(kept),
            self.shard,
        )
        .execute(&mut *transaction)
        .await?;
        let oldest = sqlx::query_scalar!(
            r#"select "lastStreamId" from snapshots where shard = $2 order by id desc offset $1 limit 1"#,
            i64::from(kept) - 1,
            self.shard,
        )
        .fetch_optional(&mut *transaction)
        .await?;
        transaction.commit().await?;
        if let Some(valuation) = &row.valuation {
            self.history.write(&self.aside, &self.pool, valuation);
        }
        let oldest_kept = oldest.map(|id| parse_id(&id)).transpose()?;
        Ok(Stored { oldest_kept, bytes: row.state.len() })
    }

    async fn newest(&self) -> Result<Newest, StoreError> {
        let store = self.clone();
        let newest = self.aside.spawn(async move { store.read_newest().await });
        newest.await.expect("reading snapshots does not panic")
    }

    async fn remembered(&self, first: Option<u64>) -> Result<Remembered, StoreError> {
        let store = self.clone();
        let remembered = self.aside.spawn(async move { store.read_remembered(first).await });
        remembered.await.expect("counting rows does not panic")
    }
}

impl PostgresStore {
    /// Counts the records of an earlier history. Users may sign up before the first engine starts,
    /// so the accounts of the last minutes do not count if there never was a snapshot.
    async fn read_remembered(&self, first: Option<u64>) -> Result<Remembered, StoreError> {
        let first = first.map(|ms| i64::try_from(ms).unwrap_or(i64::MAX));
        let row = sqlx::query!(
            r#"select
                (select count(*) from users
                 where created_at < coalesce(to_timestamp($1::bigint / 1000.0), now())
                     - case when begun then interval '0' else interval '10 minutes' end
                     and shard_of(id, $3) = $2
                ) as "users!",
                (select count(*) from closed_orders
                 where ($1 is null or "closedAt" < to_timestamp($1::bigint / 1000.0))
                     and shard_of("userId", $3) = $2
                ) as "closed!",
                (select count(*) from balance_adjustments
                 where ($1 is null or "adjustedAt" < to_timestamp($1::bigint / 1000.0))
                     and shard_of("userId", $3) = $2
                ) as "adjusted!",
                begun as "begun!"
               from (
                   -- The sequence remembers snapshots that were deleted. It is that of all shards.
                   select is_called and (
                       $3 = 1 or exists (select from snapshots where shard = $2)
                   ) as begun
                   from snapshots_id_seq
               ) as history"#,
            first,
            self.shard,
            self.shards,
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(Remembered {
            users: row.users.unsigned_abs(),
            records: row.closed.unsigned_abs() + row.adjusted.unsigned_abs(),
            snapshots: row.begun,
        })
    }

    /// Reads the newest sound snapshot. A damaged one is logged, and the previous one is tried.
    async fn read_newest(&self) -> Result<Newest, StoreError> {
        let divided = sqlx::query_scalar!("select shards from snapshots order by id desc limit 1")
            .fetch_optional(&self.pool)
            .await?;
        if let Some(found) = divided.filter(|shards| *shards != self.shards) {
            let [found, wanted] =
                [found, self.shards].map(|count| u16::try_from(count).unwrap_or(u16::MAX));
            return Err(StoreError::OtherShards { found, wanted });
        }
        let epoch =
            sqlx::query_scalar!("select max(epoch) from snapshots where shard = $1", self.shard)
                .fetch_one(&self.pool)
                .await?
                .map_or(0, i64::cast_unsigned);
        let ids = sqlx::query_scalar!(
            "select id from snapshots where shard = $1 order by id desc",
            self.shard,
        )
        .fetch_all(&self.pool)
        .await?;
        let mut last_error = None;
        for id in ids {
            match self.read(id).await {
                Ok(Some(exchange)) => return Ok(Newest { exchange: Some(exchange), epoch }),
                // Another engine has deleted it meanwhile: there are newer ones.
                Ok(None) => {}
                Err(error @ StoreError::Away(_)) => return Err(error),
                Err(error) => {
                    tracing::error!(snapshot.id = id, %error, "a snapshot is damaged; trying the previous one");
                    last_error = Some(error);
                }
            }
        }
        // If all are damaged, this is not a fresh start.
        last_error.map_or(Ok(Newest { exchange: None, epoch }), Err)
    }

    async fn read(&self, id: i64) -> Result<Option<Exchange>, StoreError> {
        let row =
            sqlx::query!(r#"select "lastStreamId", data, state from snapshots where id = $1"#, id)
                .fetch_optional(&self.pool)
                .await?;
        let Some(row) = row else { return Ok(None) };
        let hash = row.data["stateHash"]
            .as_str()
            .ok_or_else(|| StoreError::Damaged("data has no stateHash".to_owned()))?
            .to_owned();
        let state = row.state;
        let exchange = tokio::task::spawn_blocking(move || {
            let bytes = zstd::stream::decode_all(state.as_slice())
                .map_err(|error| StoreError::Damaged(format!("the state is damaged: {error}")))?;
            Exchange::restore(&bytes, &hash).map_err(|error| StoreError::Damaged(error.to_string()))
        })
        .await
        .map_err(|error| StoreError::Damaged(format!("reading it failed: {error}")))??;
        if exchange.last_id() != parse_id(&row.lastStreamId)? {
            let (says, is) = (row.lastStreamId, exchange.last_id());
            return Err(StoreError::Damaged(format!(
                "lastStreamId is {says}, but the state's is {is}"
            )));
        }
        Ok(Some(exchange))
    }
}

impl PostgresStore {
    /// Inserts a row unless a later one is stored: an engine may not know yet that it has lost the
    /// lease. A row is later if its epoch is; if Redis lost the last epoch and gave its number to
    /// another engine, the row whose last entry is later. With rows out of order, the stream would be
    /// trimmed beyond one that is kept.
    async fn insert(
        &self,
        connection: &mut PgConnection,
        row: &Row,
        epoch: u64,
    ) -> Result<(), StoreError> {
        let inserted = sqlx::query!(
            r#"insert into snapshots ("lastStreamId", data, state, epoch, shard, shards)
               select $1::text, $2::jsonb, $3::bytea, $4::bigint, $5, $6
               where not exists (
                   select from snapshots
                   where shard = $5 and (epoch > $4 or epoch = $4 and (
                       split_part("lastStreamId", '-', 1)::numeric,
                       split_part("lastStreamId", '-', 2)::numeric
                   ) > (split_part($1, '-', 1)::numeric, split_part($1, '-', 2)::numeric))
               )"#,
            row.last_id.to_string(),
            row.data,
            row.state,
            i64::try_from(epoch).expect("epochs are counted one by one"),
            self.shard,
            self.shards,
        )
        .execute(connection)
        .await?;
        if inserted.rows_affected() == 0 { Err(StoreError::Superseded) } else { Ok(()) }
    }
}

fn description(summary: &Summary, hash: &str) -> serde_json::Value {
    let mut data = serde_json::to_value(summary).expect("a summary is plain JSON");
    data["stateHash"] = hash.into();
    data
}

fn parse_id(text: &str) -> Result<EntryId, StoreError> {
    text.parse().map_err(|error| StoreError::Damaged(format!("lastStreamId: {error}")))
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        service::note_database_error(&error);
        Self::Away(format!("PostgreSQL: {error}"))
    }
}
