//! Which positions a price closes: ladders by price, so that a tick that closes nothing costs six
//! comparisons however many positions are open, and one that closes k costs k·log n.

use crate::ladder::{Ladder, Places, Rung};
use crate::position::Position;
use crate::slab::Slot;
use crate::valuation::Quote;
use messages::{CloseReason, OrderType, Symbol};
use price::Price;

use CloseReason::{MarginCall, StopLoss, TakeProfit};
use OrderType::{Long, Short};

/// The triggers of all positions.
///
/// A tick closes in this order: margin calls, then stop-losses, then take-profits; of each the
/// longs before the shorts, the price that was reached first before the others, the older
/// position before the younger.
#[derive(Default)]
pub struct Triggers {
    assets: [Ladders; Symbol::ALL.len()],
    places: Places,
}

/// The triggers of one asset's positions.
struct Ladders([(CloseReason, OrderType, Ladder); 6]);

impl Default for Ladders {
    fn default() -> Self {
        let kinds =
            [MarginCall, StopLoss, TakeProfit].map(|reason| [(reason, Long), (reason, Short)]);
        Self(std::array::from_fn(|n| {
            let (reason, order_type) = kinds[n / 2][n % 2];
            (reason, order_type, Ladder::new(reason))
        }))
    }
}

impl Triggers {
    /// Starts watching a position.
    pub fn insert(&mut self, position: &Position, slot: Slot) {
        self.places.cover(slot);
        self.for_each_of(position, slot, Ladder::insert);
    }

    /// Stops watching it. Its trigger prices must be those with which it was inserted.
    pub fn remove(&mut self, position: &Position, slot: Slot) {
        self.for_each_of(position, slot, Ladder::remove);
    }

    /// The next position that this price closes, and why. The caller removes it before asking again.
    pub fn next_reached(&self, symbol: Symbol, quote: Quote) -> Option<(Slot, CloseReason)> {
        self.assets[symbol.index()].0.iter().find_map(|(reason, order_type, ladder)| {
            let next = ladder.next()?;
            let price = quote.close_price(*order_type);
            (next.along <= along(*reason, *order_type, scaled(price)))
                .then_some((next.slot, *reason))
        })
    }

    /// How many positions are watched.
    pub fn len(&self) -> usize {
        let ladders = self.assets.iter().flat_map(|asset| &asset.0);
        let margin_calls = ladders.filter(|(reason, ..)| *reason == MarginCall);
        margin_calls.map(|(.., ladder)| ladder.len()).sum()
    }

    fn for_each_of(
        &mut self,
        position: &Position,
        slot: Slot,
        act: impl Fn(&mut Ladder, Rung, &mut Places),
    ) {
        let prices = position.trigger_prices();
        for (reason, order_type, ladder) in &mut self.assets[position.asset.index()].0 {
            let price = match reason {
                MarginCall => Some(prices.margin_call),
                StopLoss => prices.stop_loss,
                TakeProfit => prices.take_profit,
                CloseReason::Manual => unreachable!("no ladder waits for a trader"),
            };
            if let Some(price) = price
                && *order_type == position.order_type
            {
                let along = along(*reason, *order_type, price);
                act(ladder, Rung { along, number: position.number, slot }, &mut self.places);
            }
        }
    }
}

/// How far along its way a price is: the opposite of a price that is reached by falling.
const fn along(reason: CloseReason, order_type: OrderType, price: i64) -> i64 {
    match (reason, order_type) {
        (TakeProfit, Long) | (MarginCall | StopLoss, Short) => price,
        (MarginCall | StopLoss, Long) | (TakeProfit, Short) => -price,
        (CloseReason::Manual, _) => panic!("no price closes for a trader"),
    }
}

fn scaled(price: Price) -> i64 {
    price.to_i64().expect("quotes are checked to fit when they arrive")
}
