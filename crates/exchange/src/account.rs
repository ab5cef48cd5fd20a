//! Accounts: the money and the positions of each user.

use crate::by_owner::OwnerList;
use crate::index::Index;
use crate::ledger::{add, sub};
use crate::slab::{Frozen, Slab, Slot};
use messages::{AccountState, UserId};
use price::Usd;

/// One trader's money and positions.
#[derive(Clone, Debug)]
pub struct Account {
    pub user_id: UserId,
    pub balance: Usd,
    pub used_margin: Usd,
    /// The number of the last change, counted from 1 at registration.
    pub sequence: u64,
    /// The open positions.
    pub held: OwnerList,
}

impl Account {
    /// Creates an empty account.
    pub fn new(user_id: UserId) -> Self {
        let (balance, used_margin) = (Usd::ZERO, Usd::ZERO);
        Self { user_id, balance, used_margin, sequence: 0, held: OwnerList::default() }
    }

    pub const fn state(&self) -> AccountState {
        AccountState {
            balance: self.balance,
            used_margin: self.used_margin,
            sequence: self.sequence,
        }
    }

    /// Moves the margin of a new position from the balance to the used margin.
    pub fn lock(&mut self, margin: Usd) {
        self.balance = sub(self.balance, margin);
        assert!(!self.balance.is_negative(), "the balance was checked before the margin was taken");
        self.hold(margin);
    }

    /// Adds a margin that is already taken from the balance.
    pub fn hold(&mut self, margin: Usd) {
        self.used_margin = add(self.used_margin, margin);
    }

    /// Releases a margin and pays out what is left of it.
    pub fn settle(&mut self, margin: Usd, final_pnl: Usd) {
        let payout = add(margin, final_pnl);
        assert!(!payout.is_negative(), "a loss ends at the margin");
        self.balance = add(self.balance, payout);
        self.used_margin = sub(self.used_margin, margin);
    }
}

/// All accounts, found by user.
#[derive(Default)]
pub struct Accounts {
    slab: Slab<Account>,
    index: Index<Slot>,
}

impl Accounts {
    pub fn find(&self, user_id: UserId) -> Option<Slot> {
        self.index.get(user_id, |slot| self.slab.get(slot).user_id)
    }

    /// Adds a new account.
    pub fn insert(&mut self, account: Account) -> Slot {
        let user_id = account.user_id;
        let slot = self.slab.insert(account);
        self.index.insert(user_id, slot, |slot| self.slab.get(slot).user_id);
        slot
    }

    pub fn get(&self, slot: Slot) -> &Account {
        self.slab.get(slot)
    }

    pub fn get_mut(&mut self, slot: Slot) -> &mut Account {
        self.slab.get_mut(slot)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Account> {
        self.slab.iter()
    }

    pub const fn len(&self) -> usize {
        self.slab.len()
    }

    pub fn freeze(&self) -> Frozen<Account> {
        self.slab.freeze()
    }
}
