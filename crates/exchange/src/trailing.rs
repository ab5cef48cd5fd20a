//! A trail of active trailing stops. Those with equal peaks move as one group, so a new peak costs one
//! comparison, and a price that reaches nothing another one.

use crate::by_owner::{ByOwner, OwnerList};
use crate::slab::Slot;

/// The basis points of a whole.
const WHOLE: i128 = 10_000;

/// Trailing stops, grouped by peak. Positions on the scale are `along`, which grows while prices
/// move against the trader; the peak is the smallest `along` since an order became active.
///
/// An order that became active earlier has seen more prices, so its peak is at least as good: the
/// groups are a stack, with the best peak at the bottom, and a new peak concerns its top alone.
#[derive(Default)]
pub struct Trail {
    groups: Vec<Group>,
    /// The number of the next activation.
    next: u64,
}

/// The orders with one peak.
struct Group {
    /// The number of the first activation among them. Those of the groups above are higher.
    first: u64,
    peak: i64,
    /// The orders by callback, smallest first.
    buckets: Vec<Bucket>,
    count: usize,
    /// The nearest stop of this group and of those below. Too low after a removal, until a price
    /// comes there.
    nearest: i64,
}

/// The orders with one peak and one callback.
struct Bucket {
    callback_bps: u16,
    orders: OwnerList,
}

/// The place of an order that has left a trail: its slot and its stop.
pub struct Reached {
    pub slot: Slot,
    pub along: i64,
}

/// The stop of an order: the peak moved back by the callback, rounded towards the peak.
pub fn stop(peak: i64, callback_bps: u16) -> i64 {
    let distance = i128::from(peak).abs() * i128::from(callback_bps) / WHOLE;
    let distance = i64::try_from(distance).expect("a callback is less than the whole");
    peak.saturating_add(distance)
}

impl Trail {
    /// Reports whether an order can be added that becomes active at `along`.
    pub fn takes(&self, along: i64) -> bool {
        self.groups.last().is_none_or(|top| top.peak <= along)
    }

    /// Adds an order that becomes active at `along`. Returns the number of its activation.
    pub fn insert(
        &mut self,
        slot: Slot,
        callback_bps: u16,
        along: i64,
        links: &mut ByOwner,
    ) -> u64 {
        let activation = self.next;
        self.next += 1;
        let has_group = self.groups.last().is_some_and(|top| top.peak == along);
        if !has_group {
            let is_sorted = self.groups.last().is_none_or(|top| top.peak < along);
            assert!(is_sorted, "every peak is at least as good as the price of the last tick");
            let nearest = self.nearest().unwrap_or(i64::MAX);
            let (first, buckets) = (activation, Vec::new());
            self.groups.push(Group { first, peak: along, buckets, count: 0, nearest });
        }
        let top = self.groups.last_mut().expect("a group was just added");
        let index = top.bucket_at(callback_bps);
        links.add(&mut top.buckets[index].orders, slot);
        top.count += 1;
        top.nearest = top.nearest.min(stop(along, callback_bps));
        activation
    }

    /// Removes an order.
    pub fn remove(&mut self, slot: Slot, callback_bps: u16, activation: u64, links: &mut ByOwner) {
        let index = self.group_of(activation);
        let group = &mut self.groups[index];
        let place = group.buckets.binary_search_by_key(&callback_bps, |bucket| bucket.callback_bps);
        let place = place.expect("an order is in the bucket of its callback");
        links.remove(&mut group.buckets[place].orders, slot);
        group.count -= 1;
        if group.buckets[place].orders.count() == 0 {
            group.buckets.remove(place);
        }
        if group.count == 0 {
            self.groups.remove(index);
        }
    }

    /// Changes the callback of an order, which keeps its peak.
    pub fn change(
        &mut self,
        slot: Slot,
        [from_bps, to_bps]: [u16; 2],
        activation: u64,
        links: &mut ByOwner,
    ) {
        let index = self.group_of(activation);
        let group = &mut self.groups[index];
        let from = group.bucket_at(from_bps);
        links.remove(&mut group.buckets[from].orders, slot);
        if group.buckets[from].orders.count() == 0 {
            group.buckets.remove(from);
        }
        let to = group.bucket_at(to_bps);
        links.add(&mut group.buckets[to].orders, slot);
        let mut nearest = stop(group.peak, to_bps);
        for group in &mut self.groups[index..] {
            nearest = nearest.min(group.nearest);
            group.nearest = nearest;
        }
    }

    /// The peak of an order, by the number of its activation.
    pub fn peak(&self, activation: u64) -> i64 {
        self.groups[self.group_of(activation)].peak
    }

    fn group_of(&self, activation: u64) -> usize {
        let above = self.groups.partition_point(|group| group.first <= activation);
        above.checked_sub(1).expect("an active order is in a group")
    }

    /// Moves the peaks that a price improves.
    pub fn follow(&mut self, along: i64, links: &mut ByOwner) {
        let mut merged: Option<Group> = None;
        while let Some(top) = self.groups.pop_if(|top| top.peak > along) {
            merged = Some(match merged {
                None => top,
                Some(above) => top.merge(above, links),
            });
        }
        let Some(merged) = merged else { return };
        let group = match self.groups.pop_if(|top| top.peak == along) {
            None => merged,
            Some(below) => below.merge(merged, links),
        };
        let below = self.nearest().unwrap_or(i64::MAX);
        let nearest = below.min(stop(along, group.smallest_callback()));
        self.groups.push(Group { peak: along, nearest, ..group });
    }

    fn nearest(&self) -> Option<i64> {
        self.groups.last().map(|top| top.nearest)
    }

    /// Reports whether a price may have reached an order.
    pub fn may_reach(&self, along: i64) -> bool {
        self.nearest().is_some_and(|nearest| nearest <= along)
    }

    /// Reports whether a price has reached an order.
    pub fn is_reached(&self, along: i64) -> bool {
        self.may_reach(along)
            && self.groups.iter().any(|group| stop(group.peak, group.smallest_callback()) <= along)
    }

    /// Removes and returns the orders that a price has reached.
    pub fn take(&mut self, along: i64, links: &mut ByOwner) -> Vec<Reached> {
        let mut taken = Vec::new();
        if !self.may_reach(along) {
            return taken;
        }
        for group in &mut self.groups {
            let peak = group.peak;
            let is_reached = |bucket: &Bucket| stop(peak, bucket.callback_bps) <= along;
            let reached = group.buckets.partition_point(is_reached);
            for Bucket { callback_bps, mut orders } in group.buckets.drain(..reached) {
                while let Some(slot) = orders.newest() {
                    links.remove(&mut orders, slot);
                    group.count -= 1;
                    taken.push(Reached { slot, along: stop(peak, callback_bps) });
                }
            }
        }
        self.groups.retain(|group| group.count > 0);
        let mut nearest = i64::MAX;
        for group in &mut self.groups {
            nearest = nearest.min(stop(group.peak, group.smallest_callback()));
            group.nearest = nearest;
        }
        taken
    }

    /// The first activation and the peak of each group.
    pub fn peaks(&self) -> Vec<(u64, i64)> {
        self.groups.iter().map(|group| (group.first, group.peak)).collect()
    }

    /// The number of orders.
    pub fn len(&self) -> usize {
        self.groups.iter().map(|group| group.count).sum()
    }
}

impl Group {
    fn smallest_callback(&self) -> u16 {
        self.buckets.first().expect("a group has orders").callback_bps
    }

    /// Returns the index of the bucket of a callback, which is added if there is none.
    fn bucket_at(&mut self, callback_bps: u16) -> usize {
        let found = self.buckets.binary_search_by_key(&callback_bps, |bucket| bucket.callback_bps);
        found.unwrap_or_else(|index| {
            self.buckets.insert(index, Bucket { callback_bps, orders: OwnerList::default() });
            index
        })
    }

    /// Adds the orders of a group of later activations. Of two lists with the same callback, the
    /// shorter one is moved, so an order moves a logarithmic number of times.
    fn merge(self, later: Self, links: &mut ByOwner) -> Self {
        let Self { first, peak, .. } = self;
        let count = self.count + later.count;
        let (mut into, from) =
            if self.buckets.len() >= later.buckets.len() { (self, later) } else { (later, self) };
        for Bucket { callback_bps, mut orders } in from.buckets {
            let index = into.bucket_at(callback_bps);
            let kept = &mut into.buckets[index].orders;
            if kept.count() < orders.count() {
                std::mem::swap(kept, &mut orders);
            }
            while let Some(slot) = orders.newest() {
                links.remove(&mut orders, slot);
                links.add(kept, slot);
            }
        }
        Self { first, peak, count, ..into }
    }
}
