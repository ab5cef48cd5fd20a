//! The list of instruments in memory.

use messages::{Instrument, Symbol};
use std::collections::HashMap;
use std::sync::Arc;

/// The instruments, in the order in which they were first listed. Cheap to clone. An instrument
/// keeps its index: later lists only change parameters and add instruments at the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Markets(Arc<List>);

#[derive(Debug, Default, PartialEq, Eq)]
struct List {
    instruments: Vec<Instrument>,
    by_symbol: HashMap<Symbol, usize>,
}

impl Markets {
    /// The instruments.
    pub fn all(&self) -> &[Instrument] {
        &self.0.instruments
    }

    /// The symbols.
    pub fn symbols(&self) -> impl Iterator<Item = Symbol> {
        self.all().iter().map(|instrument| instrument.symbol)
    }

    /// Returns an instrument.
    pub fn get(&self, symbol: Symbol) -> Option<&Instrument> {
        self.index_of(symbol).map(|index| &self.0.instruments[index])
    }

    /// Returns the index of an instrument.
    pub fn index_of(&self, symbol: Symbol) -> Option<usize> {
        self.0.by_symbol.get(&symbol).copied()
    }

    /// The symbols as a sentence names them, or where to find them if there are many.
    pub fn names(&self) -> String {
        /// The number of symbols up to which all of them are named.
        const NAMED_MAX: usize = 20;
        if self.all().len() > NAMED_MAX {
            return "the markets that GET /api/v1/markets lists".to_owned();
        }
        let symbols: Vec<String> = self.symbols().map(|symbol| symbol.to_string()).collect();
        symbols.join(", ")
    }

    /// Reports whether there is no instrument: the engine has not written its list yet.
    pub fn is_empty(&self) -> bool {
        self.0.instruments.is_empty()
    }

    /// The list as JSON, as the engine writes it to [`messages::MARKETS`].
    pub fn to_json(&self) -> String {
        serde_json::to_string(self.all())
            .expect("instruments have string keys and no failing parts")
    }
}

impl From<Vec<Instrument>> for Markets {
    fn from(instruments: Vec<Instrument>) -> Self {
        let symbols = instruments.iter().map(|instrument| instrument.symbol);
        let by_symbol = symbols.zip(0..).collect();
        Self(Arc::new(List { instruments, by_symbol }))
    }
}
