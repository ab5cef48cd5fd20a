//! The limit orders that this gateway has placed, so that a request that names one by its number need
//! not ask the engine what it is.
//!
//! The kept parts of an order never change. It may have ended meanwhile, which the engine says.

use crate::access::account::AccountId;
use messages::{Order, OrderId, OrderKind, OrderSide, Symbol};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

/// The most orders that are kept, some 10 MiB; beyond it all are forgotten, and looked up again.
const KEPT_MAX: usize = 100_000;

/// The orders, by account and number.
#[derive(Default)]
pub struct KnownOrders(Mutex<HashMap<(AccountId, u64), Known>>);

/// A limit order, as far as it never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its id.
    pub order_id: OrderId,
    /// Its instrument.
    pub symbol: Symbol,
    /// Its side.
    pub side: OrderSide,
}

impl Known {
    /// Returns what never changes of an order.
    pub const fn of(order: &Order) -> Self {
        Self { order_id: order.order_id, symbol: order.asset, side: order.side }
    }
}

impl KnownOrders {
    /// Keeps an order, if it is a limit order: one that waits for a trigger changes what it is shown as.
    pub fn note(&self, account: AccountId, order: &Order) {
        if order.kind != OrderKind::Limit {
            return;
        }
        let mut orders = self.lock();
        if orders.len() >= KEPT_MAX {
            orders.clear();
        }
        orders.insert((account, order.number()), Known::of(order));
    }

    /// Returns the order with this number, if it is kept.
    pub fn find(&self, account: AccountId, number: u64) -> Option<Known> {
        self.lock().get(&(account, number)).copied()
    }

    /// Forgets an order that has ended.
    pub fn forget(&self, account: AccountId, number: u64) {
        self.lock().remove(&(account, number));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(AccountId, u64), Known>> {
        self.0.lock().expect("nothing panics while it holds this lock")
    }
}
