//! The orders that a list shows.

use messages::{OrderKind, OrderSide, OrderStatus, Symbol};
use time::OffsetDateTime;

/// The orders that a page shows: those that match everything that is given.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// The states; empty for all.
    pub statuses: Vec<OrderStatus>,
    /// The symbol.
    pub asset: Option<Symbol>,
    /// The owner's own id, which several of an account's orders may have had.
    pub client_order_id: Option<String>,
    /// The side.
    pub side: Option<OrderSide>,
    /// The kinds; empty for all.
    pub kinds: Vec<OrderKind>,
    /// The earliest time of acceptance.
    pub from: Option<OffsetDateTime>,
    /// The time before which the orders were accepted.
    pub to: Option<OffsetDateTime>,
}

impl Filter {
    /// Returns the words of the states, as a statement takes them.
    pub fn status_words(&self) -> Vec<String> {
        self.statuses.iter().map(ToString::to_string).collect()
    }

    /// Returns the words of the kinds, as a statement takes them.
    pub fn kind_words(&self) -> Vec<String> {
        self.kinds.iter().map(ToString::to_string).collect()
    }
}
