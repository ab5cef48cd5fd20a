//! Snapshots: the state as bytes. Equal states give equal bytes, whatever their history.

mod earlier;
mod encoding;
mod plausible;

use crate::account::Account;
use crate::closed::FrozenClosed;
use crate::exchange::{Exchange, Tick};
use crate::invariants::BrokenInvariant;
use crate::ledger::Ledger;
use crate::position::PackedPosition;
use crate::slab::Frozen;
use earlier::{StateV1, StateV2};
use encoding::StateV3;
use messages::{Attribution, DisputeReason, EntryId, OrderId, Rules, Symbol};
use serde::{Deserialize, Serialize};

/// The version that is written, and the newest that is read; the bytes start with it.
///
/// Version 1 has no pause of trading. Version 2 adds it. Version 3 adds disputed prices, the age of
/// prices by the feed's clock, and the ids of orders that are no longer in memory.
pub const VERSION: u32 = 3;

/// The state at one moment, to be encoded while the exchange continues.
pub struct FrozenExchange {
    rules: Rules,
    pause: Option<Box<Attribution>>,
    last_id: EntryId,
    ticks: [Option<Tick>; Symbol::ALL.len()],
    disputes: [Option<DisputeReason>; Symbol::ALL.len()],
    accounts: Frozen<Account>,
    positions: Frozen<PackedPosition>,
    closed: FrozenClosed,
    ledger: Ledger,
    opened: u64,
}

/// An encoded state.
pub struct Encoded {
    /// The bytes, which [`Exchange::restore`] reads.
    pub bytes: Vec<u8>,
    /// BLAKE3 of the bytes, in hex. Equal states have equal hashes.
    pub hash: String,
    /// Key figures for operators.
    pub summary: Summary,
}

/// The key figures of a snapshot for operators.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// The version of the encoding.
    pub version: u32,
    /// The last entry that the state includes.
    pub last_stream_id: EntryId,
    /// The number of accounts.
    pub accounts: usize,
    /// The number of open positions.
    pub open_positions: usize,
    /// The number of closed orders in memory.
    pub closed_orders: usize,
    /// The ledger, at scale 10^8.
    pub ledger: Ledger,
}

/// The reason why bytes can't be restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The bytes have a version that this Velox does not know.
    #[error("the snapshot has version {found}; this version of Velox reads {VERSION}")]
    UnknownVersion {
        /// The version in the bytes.
        found: u32,
    },
    /// The hash is not the one that was stored with the bytes.
    #[error("the snapshot's hash is {found}, not {expected}")]
    HashDiffers {
        /// The hash stored beside the bytes.
        expected: String,
        /// The hash computed from the bytes.
        found: String,
    },
    /// The bytes are truncated or damaged.
    #[error("the snapshot can't be decoded: {0}")]
    Undecodable(#[from] postcard::Error),
    /// The snapshot holds an amount that no position can have.
    #[error("the snapshot holds an amount that is out of range")]
    AmountOutOfRange,
    /// The owner or the price of an order is not in the snapshot.
    #[error("the snapshot holds order {0} without its owner or price")]
    Orphan(OrderId),
    /// The snapshot holds a value that no history leads to.
    #[error("the snapshot holds {0}")]
    Impossible(&'static str),
    /// The decoded state breaks an invariant.
    #[error("the snapshot is inconsistent: {0}")]
    Broken(#[from] BrokenInvariant),
}

impl Exchange {
    /// Shares the current state. Takes microseconds and a few reference counts per thousand
    /// positions; later changes are copied on write.
    ///
    /// # Panics
    /// Between the slices of a tick, because a partial tick is not a consistent state.
    pub fn freeze(&self) -> FrozenExchange {
        assert!(!self.is_closing(), "an entry is finished before the next snapshot");
        FrozenExchange {
            rules: self.rules,
            pause: self.pause.clone(),
            last_id: self.last_id,
            ticks: self.ticks,
            disputes: self.disputes,
            accounts: self.accounts.freeze(),
            positions: self.book.freeze(),
            closed: self.closed.freeze(),
            ledger: self.ledger(),
            opened: self.opened,
        }
    }

    /// Restores the state from its bytes and checks its invariants.
    ///
    /// # Errors
    /// When the bytes are not those that [`FrozenExchange::encode`] made with this hash.
    pub fn restore(bytes: &[u8], hash: &str) -> Result<Self, RestoreError> {
        let found = blake3::hash(bytes).to_hex();
        if found.as_str() != hash {
            let expected = hash.to_owned();
            return Err(RestoreError::HashDiffers { expected, found: found.to_string() });
        }
        let (version, state) = postcard::take_from_bytes::<u32>(bytes)?;
        let state: StateV3 = match version {
            1 => postcard::from_bytes::<StateV1>(state)?.into(),
            2 => postcard::from_bytes::<StateV2>(state)?.into(),
            VERSION => postcard::from_bytes(state)?,
            found => return Err(RestoreError::UnknownVersion { found }),
        };
        state.check()?;
        let exchange = state.build()?;
        exchange.check_invariants()?;
        Ok(exchange)
    }
}

impl FrozenExchange {
    /// The last entry that the state includes.
    pub const fn last_id(&self) -> EntryId {
        self.last_id
    }

    /// Encodes the state. Takes time in proportion to its size, so it must not run on the engine's
    /// own thread.
    pub fn encode(&self) -> Encoded {
        let state = self.state();
        let bytes = postcard::to_stdvec(&VERSION)
            .and_then(|bytes| postcard::to_extend(&state, bytes))
            .expect("the state has nothing that can't be encoded, and memory grows");
        let summary = Summary {
            version: VERSION,
            last_stream_id: state.last_id,
            accounts: state.accounts.len(),
            open_positions: state.positions.len(),
            closed_orders: state.closed.len(),
            ledger: state.ledger,
        };
        Encoded { hash: blake3::hash(&bytes).to_hex().to_string(), bytes, summary }
    }
}
