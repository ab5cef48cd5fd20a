//! Snapshots: the state as bytes. Equal states give equal bytes, whatever their history.

mod division;
mod fields;
mod holdings;
mod join;
mod orders;
mod plausible;
mod positions;
mod restoring;
mod v1;
mod v2;
mod v3;
mod v4;
mod v5;
mod v7;
mod values;

pub use division::{DivisionError, divide};
pub use holdings::Holdings;

use crate::account::Account;
use crate::ended::{FrozenEnded, PackedClosedPosition};
use crate::exchange::Exchange;
use crate::frozen_orders::FrozenOrders;
use crate::instruments::Listed;
use crate::invariants::BrokenInvariant;
use crate::ledger::Ledger;
use crate::order::{EndedOrder, PackedOrder};
use crate::position::PackedPosition;
use crate::slab::Frozen;
use fields::{Fields, Output};
use messages::{Attribution, EntryId, InvalidInstrument, OrderId, RequestId, Rules, UserId};
use plausible::require;
use restoring::{Layout, Restoring};
use serde::{Deserialize, Serialize};
use v1::StateV1;
use v2::StateV2;
use v3::StateV3;
use v4::StateV4;

/// The version that is written, and the newest that is read; the bytes start with it.
///
/// Each version has a module of its own. Those before 5 convert a state to the next version. Version
/// 5 is read value by value, and so are those after it: version 6 is version 5 after a list of the
/// orders that attach trailing stops, version 7 has more about each value, version 8 is version 7
/// after a list of the requests that reset accounts, and version 9 has the sequence of each order.
pub const VERSION: u32 = 9;

/// The state at one moment, to be encoded while the exchange continues.
pub struct FrozenExchange {
    rules: Rules,
    pause: Option<Box<Attribution>>,
    last_id: EntryId,
    pub(crate) instruments: Vec<Listed>,
    pub(crate) accounts: Frozen<Account>,
    pub(crate) positions: Frozen<PackedPosition>,
    orders: FrozenOrders,
    closed: FrozenEnded<PackedClosedPosition>,
    ended: FrozenEnded<EndedOrder>,
    ledger: Ledger,
    opened: u64,
}

/// The values of a state in an order that depends on the state alone, not on slots.
struct Sorted<'a> {
    accounts: Vec<(UserId, &'a Account)>,
    positions: Vec<(u64, &'a PackedPosition)>,
    /// The resting orders by place.
    resting: Vec<(u64, &'a PackedOrder)>,
    /// The closed positions in the order in which they were closed.
    closed: Vec<&'a PackedClosedPosition>,
    /// The ended orders in the order in which they ended.
    ended: Vec<&'a EndedOrder>,
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
    /// The number of resting orders.
    #[serde(default)]
    pub open_orders: usize,
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
    /// An instrument has a parameter outside its range.
    #[error("the snapshot holds an invalid instrument: {0}")]
    InvalidInstrument(#[from] InvalidInstrument),
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
        let (positions, orders) = self.book.freeze();
        FrozenExchange {
            rules: self.rules,
            pause: self.pause.clone(),
            last_id: self.last_id,
            instruments: self.instruments.all().to_vec(),
            accounts: self.accounts.freeze(),
            positions,
            orders,
            closed: self.closed.freeze(),
            ended: self.ended.freeze(),
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
        let mut fields = Fields::of(bytes);
        let exchange = match fields.take::<u32>()? {
            1 => upgrade(StateV2::from(fields.take::<StateV1>()?))?,
            2 => upgrade(fields.take::<StateV2>()?)?,
            3 => upgrade(fields.take::<StateV3>()?)?,
            4 => fields.take::<StateV4>()?.restore()?,
            5 => Restoring::restore(fields, Layout::V5, Vec::new())?,
            6 => {
                let attached = fields.take()?;
                Restoring::restore(fields, Layout::V5, attached)?
            }
            7 => Restoring::restore(fields, Layout::V7, Vec::new())?,
            version @ (8 | VERSION) => {
                let layout = if version == VERSION { Layout::V9 } else { Layout::V7 };
                let resets = fields.take()?;
                let mut exchange = Restoring::restore(fields, layout, Vec::new())?;
                exchange.restore_resets(resets)?;
                exchange
            }
            found => return Err(RestoreError::UnknownVersion { found }),
        };
        exchange.check_invariants()?;
        Ok(exchange)
    }
}

impl Exchange {
    /// Restores the requests that reset accounts last, in the order of the accounts.
    fn restore_resets(&mut self, resets: Vec<(UserId, RequestId)>) -> Result<(), RestoreError> {
        require(resets.is_sorted_by(|(a, _), (b, _)| a < b), "an account twice")?;
        for (user_id, request_id) in resets {
            let account = self.accounts.find(user_id);
            let account = account.ok_or(RestoreError::Impossible("a reset without its account"))?;
            self.accounts.note_reset(account, request_id);
        }
        Ok(())
    }
}

impl Sorted<'_> {
    /// The requests that reset accounts last, in the order of the accounts.
    fn resets(&self) -> Vec<(UserId, RequestId)> {
        let reset = |(user_id, account): &(UserId, &Account)| {
            Some((*user_id, *account.reset_by.as_deref()?))
        };
        self.accounts.iter().filter_map(reset).collect()
    }
}

fn upgrade(state: impl Into<StateV3>) -> Result<Exchange, RestoreError> {
    let state = state.into().upgrade();
    let state = state.ok_or(RestoreError::Impossible("a price of an unknown instrument"))?;
    state.restore()
}

impl FrozenExchange {
    /// The last entry that the state includes.
    pub const fn last_id(&self) -> EntryId {
        self.last_id
    }

    /// Encodes the state. Takes time in proportion to its size, so it must not run on the engine's
    /// own thread.
    pub fn encode(&self) -> Encoded {
        let sorted = self.sorted();
        let mut output = Output::new();
        output.put(&VERSION);
        output.put(&sorted.resets());
        self.write(&sorted, &mut output);
        let bytes = output.into_bytes();
        let summary = Summary {
            version: VERSION,
            last_stream_id: self.last_id,
            accounts: sorted.accounts.len(),
            open_positions: sorted.positions.len(),
            open_orders: sorted.resting.len(),
            closed_orders: sorted.closed.len(),
            ledger: self.ledger,
        };
        Encoded { hash: blake3::hash(&bytes).to_hex().to_string(), bytes, summary }
    }

    fn sorted(&self) -> Sorted<'_> {
        Sorted {
            accounts: sorted(self.accounts.iter().map(|account| (account.user_id, account))),
            positions: sorted(self.positions.iter().map(|position| (position.number, position))),
            resting: sorted(self.orders.iter().map(|order| (order.number, order))),
            closed: self.closed.sorted(),
            ended: self.ended.sorted(),
        }
    }
}

/// Sorts values by keys beside them: looking for a key in the value would wait for memory at each
/// comparison.
fn sorted<K: Ord, T>(values: impl Iterator<Item = (K, T)>) -> Vec<(K, T)> {
    let mut values: Vec<_> = values.collect();
    values.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    values
}
