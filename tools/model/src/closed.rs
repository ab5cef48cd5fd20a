//! Closed orders. All of them are in the list, which stands for the database; the exchange knows
//! the newest, limited by number and age, and the ids of earlier ones, limited by age alone.

use crate::entry::Id;
use crate::model::Model;
use crate::position::Position;
use std::collections::{HashMap, VecDeque};
use std::ops::Index;

/// A closed order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The position when it was closed.
    pub position: Position,
    /// The close reason.
    pub reason: &'static str,
    /// The price at which it was closed.
    pub close_price: i128,
    /// The final P&L, never below −margin.
    pub final_pnl: i128,
    /// The loss beyond the margin.
    pub shortfall: i128,
    /// The tick whose price was used.
    pub tick_id: Id,
    /// The time of closing, as stream time.
    pub closed_at: u64,
    /// The id of the request that closed it, if one did.
    pub(crate) closed_by: Option<String>,
}

/// All closed orders, and the places of those that the exchange knows.
#[derive(Default)]
pub struct ClosedOrders {
    /// Every closed order, in the order in which they were closed.
    all: Vec<Record>,
    /// The last place of each order id.
    places: HashMap<String, usize>,
    /// The places of the orders that are known, the oldest first.
    kept: VecDeque<usize>,
    /// The places of the orders of which only the id is known, in the order in which they are
    /// forgotten.
    ids: VecDeque<usize>,
    /// The state of each place.
    memory: Vec<Memory>,
}

/// The part of a closed order that the exchange still knows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Memory {
    Order,
    Id,
    Nothing,
}

impl ClosedOrders {
    /// All closed orders, in the order in which they were closed.
    pub fn iter(&self) -> impl Iterator<Item = &Record> {
        self.all.iter()
    }

    /// The order that was closed last.
    pub fn last(&self) -> Option<&Record> {
        self.all.last()
    }

    /// The last record of an order id, known to the exchange or not.
    pub fn find(&self, order_id: &str) -> Option<&Record> {
        self.places.get(order_id).map(|place| &self.all[*place])
    }

    /// The record of an order that the exchange knows.
    pub fn known(&self, order_id: &str) -> Option<&Record> {
        self.find_in(Memory::Order, order_id)
    }

    /// The record of an order of which the exchange knows only the id.
    pub fn known_by_id(&self, order_id: &str) -> Option<&Record> {
        self.find_in(Memory::Id, order_id)
    }

    /// The number of orders that the exchange knows.
    pub fn known_count(&self) -> usize {
        self.kept.len()
    }

    fn find_in(&self, memory: Memory, order_id: &str) -> Option<&Record> {
        let place = *self.places.get(order_id)?;
        (self.memory[place] == memory).then(|| &self.all[place])
    }

    /// Adds a record, and returns its place.
    fn push(&mut self, record: Record) -> usize {
        let place = self.all.len();
        self.places.insert(record.position.order_id.clone(), place);
        self.all.push(record);
        self.memory.push(Memory::Nothing);
        place
    }
}

impl Index<usize> for ClosedOrders {
    type Output = Record;

    fn index(&self, place: usize) -> &Record {
        &self.all[place]
    }
}

impl Model {
    /// Adds a closed order, and forgets the oldest if there are too many now. `following` is the
    /// number of positions that the same tick has still to close: an order that they would push out
    /// is known by its id alone, from the start.
    pub(crate) fn remember(&mut self, record: Record, following: usize) {
        let place = self.closed.push(record);
        let max = self.rules.closed_retention_max;
        if following >= max {
            return self.remember_id(place);
        }
        self.closed.memory[place] = Memory::Order;
        self.closed.kept.push_back(place);
        if self.closed.kept.len() > max {
            self.forget_oldest();
        }
    }

    /// Forgets closed orders and ids by age, and closed orders by number, the oldest first. Ids are
    /// looked at before orders, so an order leaves its id for this entry at least.
    pub(crate) fn forget(&mut self, now_ms: u64) {
        let id_retention_ms = self.rules.order_id_retention_ms.unwrap_or(0);
        while let Some(place) = self.closed.ids.front().copied()
            && now_ms.saturating_sub(self.closed[place].closed_at) > id_retention_ms
        {
            self.closed.ids.pop_front();
            self.closed.memory[place] = Memory::Nothing;
        }
        while let Some(place) = self.closed.kept.front().copied() {
            let age_ms = now_ms.saturating_sub(self.closed[place].closed_at);
            let is_too_old = age_ms > self.rules.closed_retention_ms;
            let are_too_many = self.closed.kept.len() > self.rules.closed_retention_max;
            if !is_too_old && !are_too_many {
                return;
            }
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some(place) = self.closed.kept.pop_front() {
            self.remember_id(place);
        }
    }

    fn remember_id(&mut self, place: usize) {
        if self.rules.order_id_retention_ms.is_some() {
            self.closed.memory[place] = Memory::Id;
            self.closed.ids.push_back(place);
        } else {
            self.closed.memory[place] = Memory::Nothing;
        }
    }
}
