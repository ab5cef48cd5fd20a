//! Listing instruments, changing their parameters for everybody, and finding them.

use crate::exchange::Exchange;
use crate::instruments::{InstrumentIndex, before_listings};
use crate::sweep::{Change, Sweep};
use messages::{Event, Instrument, LiquidationModel, Rejection, Symbol};
use std::sync::Arc;

impl Exchange {
    /// Lists an instrument, or changes its parameters for everybody: positions get the liquidation
    /// prices by its new ones, and those that these let a price reach are closed.
    pub(crate) fn set_instrument(
        &mut self,
        new: &Instrument,
        limit: usize,
        events: &mut Vec<Event>,
    ) {
        let before = self.instruments.find(new.symbol);
        let before = before.map(|index| Arc::clone(&self.instruments.get(index).instrument));
        let instrument = self.list(new.clone());
        let Some(before) = before.filter(|before| **before != *new) else { return };
        let models = [before.liquidation_model, new.liquidation_model];
        let moves = models.contains(&LiquidationModel::Maintenance)
            && (models[0] != models[1] || before.brackets != new.brackets);
        // What waits for another price, or waited for the end of a halt, is served at the next one.
        self.instruments.get_mut(instrument).is_behind = true;
        if moves {
            let next = self.book.oldest(instrument);
            let change = Change::LiquidationPrice;
            self.begin_sweep(Sweep { instrument, next, change }, limit, events);
        }
    }

    pub(crate) fn list(&mut self, instrument: Instrument) -> InstrumentIndex {
        let index = self.instruments.set(instrument);
        self.book.cover(index, &self.instruments.get(index).instrument);
        index
    }

    /// Finds an instrument. A history that lists none trades those of the versions before.
    #[inline]
    pub(crate) fn find_instrument(&mut self, symbol: Symbol) -> Result<InstrumentIndex, Rejection> {
        match self.instruments.find(symbol) {
            Some(index) => Ok(index),
            None => self.find_unlisted(symbol),
        }
    }

    #[cold]
    fn find_unlisted(&mut self, symbol: Symbol) -> Result<InstrumentIndex, Rejection> {
        let before = before_listings();
        let has_listings = !self.instruments.all().is_empty();
        if !has_listings && before.iter().any(|instrument| instrument.symbol == symbol) {
            for instrument in before {
                self.list(instrument);
            }
        }
        let found = self.instruments.find(symbol);
        found.ok_or_else(|| Rejection::UnknownAsset { asset: symbol.to_string() })
    }
}
