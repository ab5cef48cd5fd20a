//! The state as bytes: the same state always gives the same bytes, whatever its history.

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

/// The newest version that is written and read; the version is first in the bytes.
///
/// 1 had everything but a pause of trading, 2 had the same and the pause, 3 has disputed prices,
/// how old prices are by the feed's clock, and the ids of orders that are no longer in memory.
pub const VERSION: u32 = 3;

/// The state at one moment, to be encoded while the exchange goes on.
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
    /// [`Exchange::restore`] reads them.
    pub bytes: Vec<u8>,
    /// BLAKE3 of the bytes, in hex. Equal states have equal hashes.
    pub hash: String,
    /// What a person wants to know of it.
    pub summary: Summary,
}

/// What a person wants to know of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Of the encoding.
    pub version: u32,
    /// The last entry that the state includes.
    pub last_stream_id: EntryId,
    /// How many accounts.
    pub accounts: usize,
    /// How many open positions.
    pub open_positions: usize,
    /// How many closed orders are still in memory.
    pub closed_orders: usize,
    /// Where the money is, at scale 10^8.
    pub ledger: Ledger,
}

/// Why bytes are not a state.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// Written by a version of Velox that this one doesn't know.
    #[error("the snapshot has version {found}; this version of Velox reads {VERSION}")]
    UnknownVersion {
        /// The version in the bytes.
        found: u32,
    },
    /// The hash is not the one that was stored with the bytes.
    #[error("the snapshot's hash is {found}, not {expected}")]
    HashDiffers {
        /// Stored beside the bytes.
        expected: String,
        /// Computed from them.
        found: String,
    },
    /// Cut off or damaged.
    #[error("the snapshot can't be decoded: {0}")]
    Undecodable(#[from] postcard::Error),
    /// An amount that no position can have.
    #[error("the snapshot holds an amount that is out of range")]
    AmountOutOfRange,
    /// An order whose owner or price is not in the snapshot.
    #[error("the snapshot holds order {0} without its owner or price")]
    Orphan(OrderId),
    /// Something that no history leads to.
    #[error("the snapshot holds {0}")]
    Impossible(&'static str),
    /// Decoded, but no state that could have come about.
    #[error("the snapshot is inconsistent: {0}")]
    Broken(#[from] BrokenInvariant),
}

impl Exchange {
    /// Shares the state as it is now. Takes microseconds, and some reference counts per thousand
    /// positions; what changes afterwards is copied as it changes.
    ///
    /// # Panics
    /// Between the slices of a tick: half a tick is no state.
    pub fn freeze(&self) -> FrozenExchange {
        assert!(!self.is_closing(), "an entry is finished before the next snapshot");
        FrozenExchange {
            rules: self.rules,
            pause: self.pause.clone(),
            last_id: self.last_id,
            ticks: self.ticks,
            disputes: self.disputes,
            accounts: self.accounts.freeze(),
            positions: self.positions.freeze(),
            closed: self.closed.freeze(),
            ledger: self.ledger,
            opened: self.opened,
        }
    }

    /// The state whose bytes these are. Its invariants are checked.
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

    /// The state as bytes. Takes time in proportion to its size: not for the engine's own thread.
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
