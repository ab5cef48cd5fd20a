//! A check of the state from scratch, independent of the code that maintains it.

use crate::account::Account;
use crate::by_owner::OwnerList;
use crate::exchange::Exchange;
use crate::instruments::InstrumentIndex;
use crate::ledger::{Ledger, add};
use crate::of_instrument::Prices;
use crate::slab::Slot;
use messages::{Symbol, UserId};
use price::Usd;

/// A broken invariant, which is always a bug.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BrokenInvariant {
    /// The ledger does not add up to the deposits.
    #[error("the ledger is off by {difference} USD")]
    Unbalanced {
        /// The excess of the ledger (negative: the deficit).
        difference: Usd,
    },
    /// The maintained totals differ from the sums over all accounts.
    #[error("the totals are {kept:?} and the accounts add up to {counted:?}")]
    TotalsDiffer {
        /// The maintained totals.
        kept: Box<Ledger>,
        /// The sums over all accounts.
        counted: Box<Ledger>,
    },
    /// An account is below zero, or its used margin or reserve differs from the sum over its
    /// positions or orders.
    #[error("the account of user {user_id} does not add up")]
    Account {
        /// The owner of the account.
        user_id: UserId,
    },
    /// The indexes and the tables hold different numbers of positions and orders.
    #[error("{held:?} positions and orders are held, {indexed:?} indexed and {watched:?} watched")]
    Counts {
        /// The numbers of positions and orders in the tables.
        held: (usize, usize),
        /// The numbers in the indexes by id.
        indexed: (usize, usize),
        /// The numbers in the triggers.
        watched: (usize, usize),
    },
    /// A position is open beyond a price that should have closed it.
    #[error("a position in {symbol} should have been closed")]
    MissedTrigger {
        /// The symbol of the position.
        symbol: Symbol,
    },
}

impl Exchange {
    /// Recomputes every total from the accounts and positions. Linear in the size of the state, so
    /// it is for tests and for restored snapshots.
    pub fn check_invariants(&self) -> Result<(), BrokenInvariant> {
        let difference = self.ledger().difference();
        if difference != Usd::ZERO {
            return Err(BrokenInvariant::Unbalanced { difference });
        }
        self.check_accounts()?;
        self.check_positions()
    }

    fn check_accounts(&self) -> Result<(), BrokenInvariant> {
        let (balances, locked, reserved) = (Usd::ZERO, Usd::ZERO, Usd::ZERO);
        let mut counted = Ledger { balances, locked, reserved, ..self.ledger() };
        let positions = self.book.entries();
        let of_positions = self.owned(
            |account| (account.held, self.book.slots_of(account.held)),
            positions.map(|(slot, position)| (slot, position.account, position.margin())),
        );
        let orders = self.book.order_entries();
        let of_orders = self.owned(
            |account| (account.orders, self.book.orders_of(account.orders)),
            orders.map(|(slot, order)| (slot, order.account, order.reserved())),
        );
        for (slot, account) in self.accounts.entries() {
            let adds_up = of_positions[slot.index()] == (account.held.count(), account.used_margin)
                && of_orders[slot.index()] == (account.orders.count(), account.reserved);
            if account.balance.is_negative() || !adds_up {
                return Err(BrokenInvariant::Account { user_id: account.user_id });
            }
            counted.balances = add(counted.balances, account.balance);
            counted.locked = add(counted.locked, account.used_margin);
            counted.reserved = add(counted.reserved, account.reserved);
        }
        if counted != self.ledger() {
            let kept = Box::new(self.ledger());
            return Err(BrokenInvariant::TotalsDiffer { kept, counted: Box::new(counted) });
        }
        Ok(())
    }

    /// Returns the number and the sum of the amounts of those positions, or orders, that are in the
    /// list of their account, by slot of the account. Nothing waits for memory: the lists are
    /// followed by their links alone, and the entries come in the order of their table.
    fn owned<L: Iterator<Item = Slot>>(
        &self,
        list_of: impl Fn(&Account) -> (OwnerList, L),
        entries: impl Iterator<Item = (Slot, Slot, Usd)>,
    ) -> Vec<(usize, Usd)> {
        let (mut owners, mut sums) = (Vec::new(), Vec::new());
        for (account, of) in self.accounts.entries() {
            let (list, mut slots) = list_of(of);
            for slot in slots.by_ref().take(list.count()) {
                if owners.len() <= slot.index() {
                    owners.resize(slot.index() + 1, None);
                }
                owners[slot.index()] = Some(account);
            }
            // A list that is longer than it counts, and may have no end, never adds up.
            let more = usize::from(slots.next().is_some());
            sums.resize(account.index() + 1, (more, Usd::ZERO));
        }
        for (slot, account, amount) in entries {
            if owners.get(slot.index()) == Some(&Some(account)) {
                let (count, sum) = &mut sums[account.index()];
                (*count, *sum) = (*count + 1, add(*sum, amount));
            }
        }
        sums
    }

    fn check_positions(&self) -> Result<(), BrokenInvariant> {
        let held = (self.book.len(), self.book.orders_len());
        let [indexed, watched] = self.book.indexed();
        if indexed != held || watched != held {
            return Err(BrokenInvariant::Counts { held, indexed, watched });
        }
        let mut listed = (0..).map(InstrumentIndex).zip(self.instruments.all());
        let missed = listed.find(|(index, listed)| {
            let prices = listed.tick.filter(|_| !listed.is_behind).map(|tick| {
                // A mark price is not trusted any more, or not yet, in ways that depend on clocks.
                Prices { quote: tick.quote, mark: None, now_ms: tick.id.ms }
            });
            prices.is_some_and(|prices| self.book.is_reached(*index, prices))
        });
        match missed {
            Some((_, listed)) => Err(BrokenInvariant::MissedTrigger { symbol: listed.symbol }),
            None => Ok(()),
        }
    }
}
