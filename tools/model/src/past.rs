//! Records of closed positions and of ended orders. All of them are in a list, which stands for the
//! database; the exchange knows the newest, limited by number and age, and the ids of earlier ones,
//! limited by age alone.

use crate::limits::Rules;
use std::collections::{HashMap, VecDeque};

/// A record of something that has ended.
pub trait Ended {
    /// The id of the order.
    fn order_id(&self) -> &str;
    /// The id of the owner.
    fn user_id(&self) -> &str;
    /// The time of the end, as stream time.
    fn ended_at(&self) -> u64;
}

/// All records, and the places of those that the exchange knows.
pub struct Past<R> {
    /// Every record, in the order in which they were made.
    all: Vec<R>,
    /// The last place of each order id.
    places: HashMap<String, usize>,
    /// The places of the records that are known, the oldest first.
    kept: VecDeque<usize>,
    /// The places of the records of which only the id is known, in the order in which they are
    /// forgotten.
    ids: VecDeque<usize>,
    /// The state of each place.
    memory: Vec<Memory>,
}

/// The part of a record that the exchange still knows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Memory {
    Record,
    Id,
    Nothing,
}

impl<R> Default for Past<R> {
    fn default() -> Self {
        Self {
            all: Vec::new(),
            places: HashMap::new(),
            kept: VecDeque::new(),
            ids: VecDeque::new(),
            memory: Vec::new(),
        }
    }
}

impl<R: Ended> Past<R> {
    /// All records, in the order in which they were made.
    pub fn iter(&self) -> impl Iterator<Item = &R> {
        self.all.iter()
    }

    /// The record that was made last.
    pub fn last(&self) -> Option<&R> {
        self.all.last()
    }

    /// The last record of an order id, known to the exchange or not.
    pub fn find(&self, order_id: &str) -> Option<&R> {
        self.places.get(order_id).map(|place| &self.all[*place])
    }

    /// The record of an order that the exchange knows.
    pub fn known(&self, order_id: &str) -> Option<&R> {
        self.find_in(Memory::Record, order_id)
    }

    /// The record of an order of which the exchange knows only the id.
    pub fn known_by_id(&self, order_id: &str) -> Option<&R> {
        self.find_in(Memory::Id, order_id)
    }

    /// The records that the exchange knows, the oldest first.
    pub fn all_known(&self) -> impl DoubleEndedIterator<Item = &R> {
        self.kept.iter().map(|place| &self.all[*place])
    }

    /// The number of records that the exchange knows.
    pub fn known_count(&self) -> usize {
        self.kept.len()
    }

    fn find_in(&self, memory: Memory, order_id: &str) -> Option<&R> {
        let place = *self.places.get(order_id)?;
        (self.memory[place] == memory).then(|| &self.all[place])
    }

    /// Adds a record, and forgets the oldest if there are too many now. `following` is the number
    /// of records that the same entry is still to make: a record that they would push out is known
    /// by its id alone, from the start.
    pub(crate) fn remember(&mut self, record: R, following: usize, rules: Rules) {
        let place = self.all.len();
        self.places.insert(record.order_id().to_owned(), place);
        self.all.push(record);
        self.memory.push(Memory::Nothing);
        let max = rules.closed_retention_max;
        if following >= max {
            return self.remember_id(place, rules);
        }
        self.memory[place] = Memory::Record;
        self.kept.push_back(place);
        if self.kept.len() > max {
            self.forget_oldest(rules);
        }
    }

    /// Forgets records and ids by age, and records by number, the oldest first. Ids are looked at
    /// before records, so a record leaves its id for this entry at least.
    pub(crate) fn forget(&mut self, now_ms: u64, rules: Rules) {
        let id_retention_ms = rules.order_id_retention_ms.unwrap_or(0);
        while let Some(place) = self.ids.front().copied()
            && now_ms.saturating_sub(self.all[place].ended_at()) > id_retention_ms
        {
            self.ids.pop_front();
            self.memory[place] = Memory::Nothing;
        }
        while let Some(place) = self.kept.front().copied() {
            let age_ms = now_ms.saturating_sub(self.all[place].ended_at());
            let is_too_old = age_ms > rules.closed_retention_ms;
            let are_too_many = self.kept.len() > rules.closed_retention_max;
            if !is_too_old && !are_too_many {
                return;
            }
            self.forget_oldest(rules);
        }
    }

    fn forget_oldest(&mut self, rules: Rules) {
        if let Some(place) = self.kept.pop_front() {
            self.remember_id(place, rules);
        }
    }

    fn remember_id(&mut self, place: usize, rules: Rules) {
        if rules.order_id_retention_ms.is_some() {
            self.memory[place] = Memory::Id;
            self.ids.push_back(place);
        } else {
            self.memory[place] = Memory::Nothing;
        }
    }
}
