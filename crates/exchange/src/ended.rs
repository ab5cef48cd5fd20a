//! Closed positions and ended orders in memory, kept long enough to answer a query or a repeated
//! request, and never growing with history. They are limited by age and number, their ids by age
//! alone: a repeated id must not place a second order.

use crate::index::Index;
use crate::order::{EndedOrder, PackedOrder};
use crate::position::PackedPosition;
use crate::slab::{Frozen, Slab, Slot};
use messages::{CloseReason, ClosedPosition, EntryId, OrderId, RequestId, Rules, Symbol, UserId};
use price::{Price, Usd};
use std::collections::{BTreeMap, VecDeque};

/// A closed position, packed like the open ones, and the request that closed it if one did.
#[derive(Clone, Debug)]
pub struct PackedClosedPosition {
    pub position: PackedPosition,
    pub close_reason: CloseReason,
    pub close_price: Price,
    pub final_pnl: Usd,
    pub shortfall: Usd,
    pub liquidation_fee: Usd,
    pub tick_id: EntryId,
    pub closed_at_ms: u64,
    /// The request that closed it, so that the same close sent again gets the same response and not
    /// "already closed".
    pub closed_by: Option<RequestId>,
}

impl PackedClosedPosition {
    /// The position as other services see it.
    #[inline]
    pub fn order(&self, user_id: UserId, symbol: Symbol) -> ClosedPosition {
        ClosedPosition {
            order: self.position.order(user_id, symbol),
            close_reason: self.close_reason,
            close_price: self.close_price,
            final_pnl: self.final_pnl,
            shortfall: self.shortfall,
            liquidation_fee: self.liquidation_fee,
            tick_id: self.tick_id,
            closed_at_ms: self.closed_at_ms,
        }
    }
}

/// The id of a record that is no longer in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndedId {
    pub order_id: OrderId,
    pub account: Slot,
    pub ended_at_ms: u64,
}

/// A record that is kept for a while after its end.
pub trait Record: Clone {
    fn id(&self) -> EndedId;

    /// The owner's own id.
    fn client_order_id(&self) -> Option<&str> {
        None
    }

    /// The owner's number for it.
    fn number(&self) -> Option<u64> {
        None
    }
}

impl Record for EndedId {
    fn id(&self) -> EndedId {
        *self
    }
}

impl Record for PackedClosedPosition {
    fn id(&self) -> EndedId {
        let PackedPosition { order_id, account, .. } = self.position;
        EndedId { order_id, account, ended_at_ms: self.closed_at_ms }
    }
}

impl Record for EndedOrder {
    fn id(&self) -> EndedId {
        let PackedOrder { order_id, account, .. } = self.order;
        EndedId { order_id, account, ended_at_ms: self.ended_at_ms }
    }

    fn client_order_id(&self) -> Option<&str> {
        self.order.client_order_id()
    }

    fn number(&self) -> Option<u64> {
        Some(self.order.number_of_owner())
    }
}

/// Ended records, and the ids of earlier ones.
pub struct Ended<T> {
    records: Memory<T>,
    /// Evicted in order of insertion. A tick that ends more than is kept inserts its ids before
    /// those of earlier records that are still in memory, so an id may outlive its time by the
    /// retention of the records. It is never evicted early.
    ids: Memory<EndedId>,
}

impl<T> Default for Ended<T> {
    fn default() -> Self {
        Self { records: Memory::default(), ids: Memory::default() }
    }
}

impl<T: Record> Ended<T> {
    /// Stores a record and evicts what exceeds the limit at once: a tick that ends a million must
    /// not store a million first.
    pub fn push(&mut self, record: T, rules: &Rules) {
        self.records.push(record);
        if self.records.len() > rules.closed_retention_max as usize {
            self.evict_oldest(rules);
        }
    }

    /// Stores a record of a snapshot without a limit; the next entry evicts the excess.
    pub fn restore(&mut self, record: T) {
        self.records.push(record);
    }

    /// Stores the id of a record without the record.
    pub fn push_id(&mut self, record: &T, rules: &Rules) {
        if rules.order_id_retention_ms.is_some() {
            self.ids.push(record.id());
        }
    }

    /// Stores an id of a snapshot.
    pub fn restore_id(&mut self, id: EndedId) {
        self.ids.push(id);
    }

    /// Reports whether a record with this id has ended, as far back as ids are kept.
    pub fn knows(&self, order_id: OrderId) -> bool {
        self.get(order_id).is_some() || self.ids.get(order_id).is_some()
    }

    /// Returns the owner of a record of which only the id is kept.
    pub fn id_owner(&self, order_id: OrderId) -> Option<Slot> {
        self.ids.get(order_id).map(|id| id.account)
    }

    pub fn get(&self, order_id: OrderId) -> Option<&T> {
        self.records.get(order_id)
    }

    /// Returns the newest record of an account with its owner's own id.
    pub fn find_client(&self, account: Slot, client_order_id: &str) -> Option<&T> {
        self.records.find_client(account, client_order_id)
    }

    /// Returns the newest record of an account with its owner's number.
    pub fn find_numbered(&self, account: Slot, number: u64) -> Option<&T> {
        self.records.find_numbered(account, number)
    }

    /// Evicts entries beyond the age and number that the rules allow. Takes constant time if there
    /// are none.
    #[inline]
    pub fn evict(&mut self, now_ms: u64, rules: &Rules) {
        // Every entry comes here, and most histories have few records.
        if self.records.len() + self.ids.len() > 0 {
            self.evict_old(now_ms, rules);
        }
    }

    fn evict_old(&mut self, now_ms: u64, rules: &Rules) {
        while self.ids.has_older(now_ms, rules.order_id_retention_ms.unwrap_or(0)) {
            self.ids.pop_oldest();
        }
        let max = rules.closed_retention_max as usize;
        while self.records.len() > max || self.records.has_older(now_ms, rules.closed_retention_ms)
        {
            self.evict_oldest(rules);
        }
    }

    fn evict_oldest(&mut self, rules: &Rules) {
        if let Some(record) = self.records.pop_oldest() {
            self.push_id(&record, rules);
        }
    }

    /// Shares the current entries.
    pub fn freeze(&self) -> FrozenEnded<T> {
        FrozenEnded { records: self.records.freeze(), ids: self.ids.freeze() }
    }
}

/// Ended records and the ids of earlier ones at the moment of a freeze.
pub struct FrozenEnded<T> {
    records: FrozenMemory<T>,
    ids: FrozenMemory<EndedId>,
}

impl<T: Record> FrozenEnded<T> {
    /// The records, in the order in which they ended.
    pub fn sorted(&self) -> Vec<&T> {
        self.records.sorted()
    }

    /// The ids, in the order of eviction.
    pub fn sorted_ids(&self) -> Vec<&EndedId> {
        self.ids.sorted()
    }
}

/// Values that are evicted in order of insertion and found by order id.
struct Memory<T> {
    /// Each value with the number of values inserted before it.
    entries: Slab<(u64, T)>,
    /// The time at which each ended, and its slot, oldest first.
    queue: VecDeque<(u64, Slot)>,
    index: Index<Slot>,
    /// The newest value by account and client order id. It is only looked up.
    by_client: BTreeMap<(Slot, Box<str>), Slot>,
    /// The newest value by account and number.
    by_number: Index<Slot>,
    /// The number of values ever inserted.
    count: u64,
}

impl<T> Default for Memory<T> {
    fn default() -> Self {
        Self {
            entries: Slab::default(),
            queue: VecDeque::new(),
            index: Index::default(),
            by_client: BTreeMap::new(),
            by_number: Index::default(),
            count: 0,
        }
    }
}

impl<T: Record> Memory<T> {
    fn push(&mut self, value: T) {
        let EndedId { order_id, account, ended_at_ms } = value.id();
        let by_client = value.client_order_id().map(|id| (account, id.into()));
        let number = value.number();
        let slot = self.entries.insert((self.count, value));
        self.index.insert(order_id, slot, |slot| self.entries.get(slot).1.id().order_id);
        self.queue.push_back((ended_at_ms, slot));
        self.count += 1;
        if let Some(by_client) = by_client {
            self.by_client.insert(by_client, slot);
        }
        if let Some(number) = number {
            // Of those from before orders had a sequence, several may have one number.
            let key_of = |slot| numbered(&self.entries, slot);
            self.by_number.set((account, number), slot, key_of);
        }
    }

    fn find_numbered(&self, account: Slot, number: u64) -> Option<&T> {
        let key_of = |slot| numbered(&self.entries, slot);
        let slot = self.by_number.get((account, number), key_of)?;
        Some(&self.entries.get(slot).1)
    }

    fn find_client(&self, account: Slot, client_order_id: &str) -> Option<&T> {
        let slot = self.by_client.get(&(account, client_order_id.into()))?;
        Some(&self.entries.get(*slot).1)
    }

    fn get(&self, order_id: OrderId) -> Option<&T> {
        if self.queue.is_empty() {
            return None;
        }
        let slot = self.index.get(order_id, |slot| self.entries.get(slot).1.id().order_id)?;
        Some(&self.entries.get(slot).1)
    }

    /// Reports whether the oldest value ended more than a time ago.
    fn has_older(&self, now_ms: u64, than_ms: u64) -> bool {
        self.queue
            .front()
            .is_some_and(|(ended_at_ms, _)| now_ms.saturating_sub(*ended_at_ms) > than_ms)
    }

    fn pop_oldest(&mut self) -> Option<T> {
        let (_, oldest) = self.queue.pop_front()?;
        let (_, value) = self.entries.remove(oldest);
        self.index.remove(value.id().order_id, oldest);
        if let Some(number) = value.number() {
            self.by_number.forget((value.id().account, number), oldest);
        }
        if let Some(client_order_id) = value.client_order_id() {
            let key = (value.id().account, client_order_id.into());
            // A newer order may have taken the id since.
            if self.by_client.get(&key) == Some(&oldest) {
                self.by_client.remove(&key);
            }
        }
        Some(value)
    }

    fn len(&self) -> usize {
        self.queue.len()
    }

    fn freeze(&self) -> FrozenMemory<T> {
        FrozenMemory(self.entries.freeze())
    }
}

/// The account and the number of a value that has one.
fn numbered<T: Record>(entries: &Slab<(u64, T)>, slot: Slot) -> (Slot, u64) {
    let value = &entries.get(slot).1;
    (value.id().account, value.number().unwrap_or_default())
}

struct FrozenMemory<T>(Frozen<(u64, T)>);

impl<T> FrozenMemory<T> {
    /// The values, oldest first.
    fn sorted(&self) -> Vec<&T> {
        let mut entries: Vec<&(u64, T)> = self.0.iter().collect();
        entries.sort_unstable_by_key(|(number, _)| *number);
        entries.into_iter().map(|(_, value)| value).collect()
    }
}
