//! The active trailing stops of one instrument, side and price. Nearly all are in one trail, whose
//! peaks are sorted by age. A mark price moves peaks only while it is trusted, so a stop may begin with
//! a better peak than older ones: it gets a trail of its own.

use crate::by_owner::ByOwner;
use crate::slab::Slot;
use crate::trailing::{Reached, Trail};

/// Trails; new ones are added at the end, and empty ones are dropped there.
#[derive(Default)]
pub struct Trails(Vec<Trail>);

/// The bits of an activation that are its number in its trail; those above are the trail's.
const NUMBER_BITS: u32 = 48;

const fn parts(activation: u64) -> (usize, u64) {
    let trail = (activation >> NUMBER_BITS) as usize;
    (trail, activation & ((1 << NUMBER_BITS) - 1))
}

const fn activation(trail: usize, number: u64) -> u64 {
    ((trail as u64) << NUMBER_BITS) | number
}

impl Trails {
    /// Adds an order that becomes active at `along`. Returns its activation, by which it is found.
    pub fn insert(
        &mut self,
        slot: Slot,
        callback_bps: u16,
        along: i64,
        links: &mut ByOwner,
    ) -> u64 {
        let fitting = self.0.iter().position(|trail| trail.takes(along));
        let index = fitting.unwrap_or_else(|| {
            self.0.push(Trail::default());
            self.0.len() - 1
        });
        activation(index, self.0[index].insert(slot, callback_bps, along, links))
    }

    /// Removes an order.
    pub fn remove(&mut self, slot: Slot, callback_bps: u16, activation: u64, links: &mut ByOwner) {
        let (index, number) = parts(activation);
        self.0[index].remove(slot, callback_bps, number, links);
        self.drop_empty();
    }

    /// Changes the callback of an order, which keeps its peak.
    pub fn change(
        &mut self,
        slot: Slot,
        callbacks: [u16; 2],
        activation: u64,
        links: &mut ByOwner,
    ) {
        let (index, number) = parts(activation);
        self.0[index].change(slot, callbacks, number, links);
    }

    /// The peak of an order, by its activation.
    pub fn peak(&self, activation: u64) -> i64 {
        let (index, number) = parts(activation);
        self.0[index].peak(number)
    }

    /// Moves the peaks that a price improves.
    #[inline]
    pub fn follow(&mut self, along: i64, links: &mut ByOwner) {
        for trail in &mut self.0 {
            trail.follow(along, links);
        }
    }

    /// Reports whether a price has reached an order.
    #[inline]
    pub fn is_reached(&self, along: i64) -> bool {
        self.0.iter().any(|trail| trail.is_reached(along))
    }

    /// Removes and returns the orders that a price has reached.
    pub fn take(&mut self, along: i64, links: &mut ByOwner) -> Vec<Reached> {
        let mut taken = Vec::new();
        for trail in &mut self.0 {
            taken.append(&mut trail.take(along, links));
        }
        self.drop_empty();
        taken
    }

    fn drop_empty(&mut self) {
        while self.0.pop_if(|trail| trail.len() == 0).is_some() {}
    }

    /// The first activation and the peak of each group, by activation.
    pub fn peaks(&self) -> Vec<(u64, i64)> {
        let of_trail = |(index, trail): (usize, &Trail)| {
            let peaks = trail.peaks().into_iter();
            peaks.map(|(first, peak)| (activation(index, first), peak)).collect::<Vec<_>>()
        };
        self.0.iter().enumerate().flat_map(of_trail).collect()
    }

    /// The number of orders.
    pub fn len(&self) -> usize {
        self.0.iter().map(Trail::len).sum()
    }
}
