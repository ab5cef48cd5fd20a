//! The state as bytes: the same state always gives the same bytes, whatever its history.

mod plausible;

use crate::account::Account;
use crate::closed::{ClosedPosition, FrozenClosed};
use crate::exchange::{Exchange, Tick};
use crate::invariants::BrokenInvariant;
use crate::ledger::Ledger;
use crate::position::{Position, Terms};
use crate::slab::Frozen;
use crate::valuation::Quote;
use messages::{
    Attribution, CloseReason, EntryId, Order, OrderId, OrderType, RequestId, Rules, Symbol, UserId,
};
use price::{Price, Qty, Usd};
use serde::{Deserialize, Serialize};

/// The newest version that is written and read; the version is first in the bytes.
///
/// 1 is everything but a pause of trading, 2 is the same and the pause. A state without one is
/// still written as 1: both ways between two versions of Velox are open but for that moment.
pub const VERSION: u32 = 2;

/// Of a state that trading is not paused in.
const VERSION_UNPAUSED: u32 = 1;

/// The state at one moment, to be encoded while the exchange goes on.
pub struct FrozenExchange {
    rules: Rules,
    pause: Option<Box<Attribution>>,
    last_id: EntryId,
    ticks: [Option<Tick>; Symbol::ALL.len()],
    accounts: Frozen<Account>,
    positions: Frozen<Position>,
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

#[derive(Serialize, Deserialize)]
struct StateV1 {
    rules: Rules,
    last_id: EntryId,
    ticks: Vec<(Symbol, Price, Price, EntryId)>,
    /// By user id.
    accounts: Vec<(UserId, Usd, u64)>,
    /// By number, that is in the order in which they were opened.
    positions: Vec<PositionV1>,
    /// In the order in which they were closed.
    closed: Vec<ClosedV1>,
    ledger: Ledger,
    opened: u64,
}

#[derive(Serialize, Deserialize)]
struct StateV2<S> {
    state: S,
    /// Who has paused trading,
    by: String,
    /// and why.
    reason: String,
}

#[derive(Serialize, Deserialize)]
struct PositionV1 {
    number: u64,
    order: OrderV1,
}

#[derive(Serialize, Deserialize)]
struct ClosedV1 {
    order: OrderV1,
    close_reason: CloseReason,
    close_price: Price,
    final_pnl: Usd,
    shortfall: Usd,
    tick_id: EntryId,
    closed_at_ms: u64,
    closed_by: Option<RequestId>,
}

/// [`Order`] as it is stored: the encoding must not follow when the message changes.
#[derive(Serialize, Deserialize)]
struct OrderV1 {
    order_id: OrderId,
    user_id: UserId,
    asset: Symbol,
    order_type: OrderType,
    leverage: u8,
    qty: Qty,
    margin: Usd,
    execution_price: Price,
    liquidation_price: Price,
    stop_loss: Option<Price>,
    take_profit: Option<Price>,
    created_at_ms: u64,
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
        let (state, pause) = match version {
            VERSION_UNPAUSED => (postcard::from_bytes::<StateV1>(state)?, None),
            VERSION => {
                let StateV2 { state, by, reason } =
                    postcard::from_bytes::<StateV2<StateV1>>(state)?;
                (state, Some(Box::new(Attribution { by, reason })))
            }
            found => return Err(RestoreError::UnknownVersion { found }),
        };
        state.check()?;
        let exchange = Self { pause, ..state.build()? };
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
        let version = if self.pause.is_some() { VERSION } else { VERSION_UNPAUSED };
        let bytes = postcard::to_stdvec(&version)
            .and_then(|bytes| match self.pause.as_deref().cloned() {
                None => postcard::to_extend(&state, bytes),
                Some(Attribution { by, reason }) => {
                    postcard::to_extend(&StateV2 { state: &state, by, reason }, bytes)
                }
            })
            .expect("the state has nothing that can't be encoded, and memory grows");
        let summary = Summary {
            version,
            last_stream_id: state.last_id,
            accounts: state.accounts.len(),
            open_positions: state.positions.len(),
            closed_orders: state.closed.len(),
            ledger: state.ledger,
        };
        Encoded { hash: blake3::hash(&bytes).to_hex().to_string(), bytes, summary }
    }

    /// In an order that depends on the state alone, not on slots.
    fn state(&self) -> StateV1 {
        let mut accounts: Vec<_> = self.accounts.iter().collect();
        accounts.sort_unstable_by_key(|account| account.user_id);
        let mut positions: Vec<_> = self.positions.iter().collect();
        positions.sort_unstable_by_key(|position| position.number);
        let ticks = Symbol::ALL.into_iter().zip(self.ticks).filter_map(|(symbol, tick)| {
            tick.map(|Tick { quote, id }| (symbol, quote.bid, quote.ask, id))
        });
        StateV1 {
            rules: self.rules,
            last_id: self.last_id,
            ticks: ticks.collect(),
            accounts: accounts.iter().map(|a| (a.user_id, a.balance, a.sequence)).collect(),
            positions: positions.into_iter().map(|position| self.position(position)).collect(),
            closed: self.closed.sorted().into_iter().map(|closed| self.closed(closed)).collect(),
            ledger: self.ledger,
            opened: self.opened,
        }
    }

    fn position(&self, position: &Position) -> PositionV1 {
        PositionV1 { number: position.number, order: self.order(position) }
    }

    fn closed(&self, closed: &ClosedPosition) -> ClosedV1 {
        ClosedV1 {
            order: self.order(&closed.position),
            close_reason: closed.close_reason,
            close_price: closed.close_price,
            final_pnl: closed.final_pnl,
            shortfall: closed.shortfall,
            tick_id: closed.tick_id,
            closed_at_ms: closed.closed_at_ms,
            closed_by: closed.closed_by,
        }
    }

    fn order(&self, position: &Position) -> OrderV1 {
        OrderV1::from(&position.order(self.accounts.get(position.account).user_id))
    }
}

impl StateV1 {
    fn build(self) -> Result<Exchange, RestoreError> {
        let mut exchange = Exchange {
            rules: self.rules,
            last_id: self.last_id,
            ledger: self.ledger,
            opened: self.opened,
            ..Exchange::default()
        };
        for (symbol, bid, ask, id) in self.ticks {
            exchange.ticks[symbol.index()] = Some(Tick { quote: Quote { bid, ask }, id });
        }
        for (user_id, balance, sequence) in self.accounts {
            exchange.accounts.insert(Account { balance, sequence, ..Account::new(user_id) });
        }
        for position in self.positions {
            position.restore_into(&mut exchange)?;
        }
        for closed in self.closed {
            closed.restore_into(&mut exchange)?;
        }
        Ok(exchange)
    }
}

impl PositionV1 {
    fn restore_into(self, exchange: &mut Exchange) -> Result<(), RestoreError> {
        let position = self.order.unpack(self.number, exchange)?;
        if exchange.ticks[position.asset.index()].is_none() {
            return Err(RestoreError::Orphan(position.order_id));
        }
        let (account, margin) = (position.account, position.margin());
        exchange.insert_position(position);
        exchange.accounts.get_mut(account).hold(margin);
        Ok(())
    }
}

impl ClosedV1 {
    fn restore_into(self, exchange: &mut Exchange) -> Result<(), RestoreError> {
        let closed = ClosedPosition {
            // How many were opened before it mattered while it was open.
            position: self.order.unpack(0, exchange)?,
            close_reason: self.close_reason,
            close_price: self.close_price,
            final_pnl: self.final_pnl,
            shortfall: self.shortfall,
            tick_id: self.tick_id,
            closed_at_ms: self.closed_at_ms,
            closed_by: self.closed_by,
        };
        // All that were remembered: what is too much is forgotten with the next entry.
        exchange.closed.push(closed, u32::MAX);
        Ok(())
    }
}

impl OrderV1 {
    fn unpack(self, number: u64, exchange: &Exchange) -> Result<Position, RestoreError> {
        let Self { order_id, user_id, asset, order_type, leverage, .. } = self;
        if exchange.find_open(order_id).is_some() || exchange.closed.get(order_id).is_some() {
            return Err(RestoreError::Impossible("an order twice"));
        }
        let account = exchange.accounts.find(user_id).ok_or(RestoreError::Orphan(order_id))?;
        let terms = Terms {
            qty: self.qty,
            margin: self.margin,
            execution_price: self.execution_price,
            liquidation_price: self.liquidation_price,
        };
        let (who, what) = ((order_id, number, account), (asset, order_type, leverage));
        let mut position = Position::new(who, what, terms, self.created_at_ms)
            .map_err(|price::OutOfRange| RestoreError::AmountOutOfRange)?;
        position
            .set_exits(self.stop_loss, self.take_profit)
            .map_err(|price::OutOfRange| RestoreError::AmountOutOfRange)?;
        Ok(position)
    }
}

impl From<&Order> for OrderV1 {
    fn from(order: &Order) -> Self {
        Self {
            order_id: order.order_id,
            user_id: order.user_id,
            asset: order.asset,
            order_type: order.order_type,
            leverage: order.leverage,
            qty: order.qty,
            margin: order.margin,
            execution_price: order.execution_price,
            liquidation_price: order.liquidation_price,
            stop_loss: order.stop_loss,
            take_profit: order.take_profit,
            created_at_ms: order.created_at_ms,
        }
    }
}
