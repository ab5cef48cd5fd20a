//! The positions that a price closes, in ladders by price, so that a tick that closes nothing costs
//! four comparisons however many positions are open.

use crate::instruments::InstrumentIndex;
use crate::ladder::{Ladder, Places, Trigger};
use crate::position::PackedPosition;
use crate::slab::{Slab, Slot};
use crate::valuation::Quote;
use messages::{CloseReason, Side};
use price::Price;

/// The sides in the order in which a tick closes them.
const SIDES: [Side; 2] = [Side::Long, Side::Short];

/// The number of triggers from which on one pass over a ladder is cheaper than removing them one by
/// one.
const MANY: usize = 256;

/// The triggers of all positions.
#[derive(Default)]
pub struct Triggers {
    /// The ladders by instrument and side.
    ladders: Vec<[Ladders; 2]>,
    places: Places,
}

/// The triggers of one instrument's longs, or of its shorts.
struct Ladders {
    /// By the nearer of stop-loss and liquidation price, for prices that move against a position.
    losses: Ladder,
    /// By take-profit, if there is one, for prices that move in favour of a position.
    gains: Ladder,
}

impl Default for Ladders {
    fn default() -> Self {
        Self { losses: Ladder::new(0), gains: Ladder::new(1) }
    }
}

/// A position that a price closes.
#[derive(Clone, Copy)]
pub struct Due {
    pub slot: Slot,
    pub reason: CloseReason,
    side: Side,
    along: i64,
    number: u64,
}

impl Due {
    const fn new(
        side: Side,
        reason: CloseReason,
        Trigger { along, number, slot }: Trigger,
    ) -> Self {
        Self { slot, reason, side, along, number }
    }

    /// The sort key of the order in which a tick closes: liquidations, stop-losses, take-profits;
    /// within each the longs before the shorts, then by the price that was reached first, then the
    /// older position before the younger.
    const fn turn(&self) -> (CloseReason, Side, i64, u64) {
        (self.reason, self.side, self.along, self.number)
    }
}

impl Triggers {
    /// Makes room for an instrument.
    pub fn cover(&mut self, instrument: InstrumentIndex) {
        if self.ladders.len() <= instrument.get() {
            self.ladders.resize_with(instrument.get() + 1, Default::default);
        }
    }

    /// Starts watching a position.
    pub fn insert(&mut self, position: &PackedPosition, slot: Slot) {
        let Self { ladders, places } = self;
        places.cover(slot);
        ladders[position.instrument.get()][position.side as usize].insert(position, slot, places);
    }

    /// Stops watching a position. Its trigger prices must be those with which it was inserted.
    pub fn remove(&mut self, position: &PackedPosition, slot: Slot) {
        let Self { ladders, places } = self;
        ladders[position.instrument.get()][position.side as usize].remove(position, slot, places);
    }

    /// Reports whether this price closes any position.
    pub fn reaches(&self, instrument: InstrumentIndex, quote: Quote) -> bool {
        SIDES.into_iter().any(|side| {
            let at = against(side, quote.close_price(side));
            let Ladders { losses, gains } = &self.ladders[instrument.get()][side as usize];
            losses.is_reached(at) || gains.is_reached(-at)
        })
    }

    /// Removes and returns the positions that this price closes, in their order.
    pub fn take(
        &mut self,
        instrument: InstrumentIndex,
        quote: Quote,
        positions: &Slab<PackedPosition>,
    ) -> Vec<Due> {
        let mut due = Vec::new();
        for side in SIDES {
            let at = against(side, quote.close_price(side));
            let ladders = &mut self.ladders[instrument.get()][side as usize];
            let reached = ladders.reached(side, at, positions);
            ladders.remove_all(&reached, positions, &mut self.places);
            due.extend(reached);
        }
        due.sort_unstable_by_key(Due::turn);
        due
    }

    /// The number of watched positions.
    pub fn len(&self) -> usize {
        self.ladders.iter().flatten().map(|ladders| ladders.losses.len()).sum()
    }
}

impl Ladders {
    fn insert(&mut self, position: &PackedPosition, slot: Slot, places: &mut Places) {
        let TriggersOf { loss, gain } = TriggersOf::of(position, slot);
        self.losses.insert(loss, places);
        if let Some(gain) = gain {
            self.gains.insert(gain, places);
        }
    }

    fn remove(&mut self, position: &PackedPosition, slot: Slot, places: &mut Places) {
        let TriggersOf { loss, gain } = TriggersOf::of(position, slot);
        self.losses.remove(loss, places);
        if let Some(gain) = gain {
            self.gains.remove(gain, places);
        }
    }

    fn reached(&self, side: Side, at: i64, positions: &Slab<PackedPosition>) -> Vec<Due> {
        let by_loss = self.losses.reached(at).into_iter().map(|trigger| {
            let prices = positions.get(trigger.slot).trigger_prices();
            let margin_call = against_scaled(side, prices.margin_call);
            if margin_call <= at {
                let trigger = Trigger { along: margin_call, ..trigger };
                Due::new(side, CloseReason::Liquidation, trigger)
            } else {
                Due::new(side, CloseReason::StopLoss, trigger)
            }
        });
        let by_gain = self.gains.reached(-at).into_iter().filter_map(|trigger| {
            let TriggersOf { loss, .. } = TriggersOf::of(positions.get(trigger.slot), trigger.slot);
            let due = Due::new(side, CloseReason::TakeProfit, trigger);
            (loss.along > at).then_some(due)
        });
        by_loss.chain(by_gain).collect()
    }

    fn remove_all(&mut self, due: &[Due], positions: &Slab<PackedPosition>, places: &mut Places) {
        if due.len() < MANY {
            for due in due {
                self.remove(positions.get(due.slot), due.slot, places);
            }
        } else {
            for due in due {
                places.mark(due.slot);
            }
            self.losses.drop_marked(places);
            self.gains.drop_marked(places);
        }
    }
}

/// The entries of a position in the ladders.
struct TriggersOf {
    loss: Trigger,
    gain: Option<Trigger>,
}

impl TriggersOf {
    fn of(position: &PackedPosition, slot: Slot) -> Self {
        let (prices, number) = (position.trigger_prices(), position.number);
        let against = |price| against_scaled(position.side, price);
        let margin_call = against(prices.margin_call);
        let loss = prices.stop_loss.map_or(margin_call, |price| margin_call.min(against(price)));
        let gain = prices.take_profit.map(|price| -against(price));
        let trigger = |along| Trigger { along, number, slot };
        Self { loss: trigger(loss), gain: gain.map(trigger) }
    }
}

/// The sort key for adverse price movement, negated for longs, so that the smallest key triggers
/// first. Its negation is the key for favourable movement.
fn against(side: Side, price: Price) -> i64 {
    let scaled = price.to_i64().expect("quotes are checked to fit when they arrive");
    against_scaled(side, scaled)
}

const fn against_scaled(side: Side, price: i64) -> i64 {
    match side {
        Side::Long => -price,
        Side::Short => price,
    }
}
