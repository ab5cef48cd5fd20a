//! A model of PostgreSQL with the only table that the engine's loop uses: `snapshots`.

use engine::world::{Newest, StoreError, Stored};
use exchange::Exchange;
use exchange::snapshot::{FrozenExchange, RestoreError};
use messages::EntryId;

/// A row of the table; the state is encoded by the real encoder.
#[derive(Clone)]
pub struct Row {
    pub last_id: EntryId,
    pub hash: String,
    pub is_damaged: bool,
    epoch: u64,
    bytes: Vec<u8>,
}

impl Row {
    /// Restores the state.
    pub fn restore(&self) -> Result<Exchange, RestoreError> {
        Exchange::restore(&self.bytes, &self.hash)
    }
}

/// The server.
#[derive(Default)]
pub struct Database {
    pub rows: Vec<Row>,
    pub is_down: bool,
}

/// Encodes a state.
pub fn encode(frozen: &FrozenExchange) -> Row {
    let encoded = frozen.encode();
    let last_id = encoded.summary.last_stream_id;
    Row { last_id, hash: encoded.hash, is_damaged: false, epoch: 0, bytes: encoded.bytes }
}

impl Database {
    /// Stores a row as the statements of `engine::snapshots` do.
    pub fn store(&mut self, row: Row, epoch: u64, kept: u32) -> Result<Stored, StoreError> {
        if self.rows.iter().any(|found| (found.epoch, found.last_id) > (epoch, row.last_id)) {
            return Err(StoreError::Superseded);
        }
        let (bytes, kept) = (row.bytes.len(), kept as usize);
        self.rows.push(Row { epoch, ..row });
        self.rows.drain(..self.rows.len().saturating_sub(kept));
        let oldest_kept = (self.rows.len() == kept).then(|| self.rows[0].last_id);
        Ok(Stored { oldest_kept, bytes })
    }

    /// Restores the newest row that is not damaged.
    pub fn newest(&self) -> Result<Newest, StoreError> {
        let epoch = self.rows.iter().map(|row| row.epoch).max().unwrap_or(0);
        let mut damaged = None;
        for row in self.rows.iter().rev() {
            let mut bytes = row.bytes.clone();
            if row.is_damaged {
                let middle = bytes.len() / 2;
                bytes[middle] ^= 0x10;
            }
            match Exchange::restore(&bytes, &row.hash) {
                Ok(exchange) => return Ok(Newest { exchange: Some(exchange), epoch }),
                Err(error) => damaged = Some(StoreError::Damaged(error.to_string())),
            }
        }
        damaged.map_or(Ok(Newest { exchange: None, epoch }), Err)
    }
}
