//! Accounts: the money and the positions of each user.

use crate::by_owner::OwnerList;
use crate::index::Index;
use crate::instruments::InstrumentIndex;
use crate::ledger::{Ledger, add, sub};
use crate::position::ClosedPart;
use crate::slab::{Frozen, Slab, Slot};
use messages::{AccountState, PositionMode, RequestId, UserId};
use price::Usd;
use std::sync::Arc;

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
    /// The sum of the money reserved for resting orders.
    pub reserved: Usd,
    /// The resting orders.
    pub orders: OwnerList,
    pub mode: PositionMode,
    /// The leverages that were set, by instrument. Shared, because accounts are copied for a
    /// snapshot, and most have none.
    pub leverages: Option<Arc<[(InstrumentIndex, u8)]>>,
    /// The request that reset it last, which may arrive again.
    pub reset_by: Option<Arc<RequestId>>,
}

impl Account {
    /// The leverage that was set for an instrument.
    pub fn leverage(&self, instrument: InstrumentIndex) -> Option<u8> {
        let leverages = self.leverages.as_deref()?;
        let place = leverages.binary_search_by_key(&instrument.0, |(index, _)| index.0).ok()?;
        Some(leverages[place].1)
    }

    /// The balance, the used margin and the reserve: the equity without unrealized P&L. The lines of
    /// the account's statement add up to it.
    pub fn wallet_balance(&self) -> Usd {
        add(add(self.balance, self.used_margin), self.reserved)
    }

    pub const fn state(&self) -> AccountState {
        AccountState {
            balance: self.balance,
            used_margin: self.used_margin,
            reserved: self.reserved,
            sequence: self.sequence,
        }
    }
}

/// All accounts, found by user, and the ledger: each movement of money is booked in both by one call.
#[derive(Default)]
pub struct Accounts {
    slab: Slab<Account>,
    index: Index<Slot>,
    ledger: Ledger,
}

impl Accounts {
    /// Sets the totals of a snapshot.
    pub fn restore_ledger(&mut self, ledger: Ledger) {
        self.ledger = ledger;
    }

    #[inline]
    pub fn find(&self, user_id: UserId) -> Option<Slot> {
        self.index.get(user_id, |slot| self.slab.get(slot).user_id)
    }

    /// Adds an account with its first deposit.
    pub fn register(&mut self, user_id: UserId, deposit: Usd) -> Slot {
        self.ledger.deposit(deposit);
        let slot = self.restore(user_id, deposit, 0);
        self.index.insert(user_id, slot, |slot| self.slab.get(slot).user_id);
        slot
    }

    /// Adds an account of a snapshot, whose money the ledger contains already. It is found after
    /// [`Self::index_all`].
    pub fn restore(&mut self, user_id: UserId, balance: Usd, sequence: u64) -> Slot {
        self.slab.insert(Account {
            user_id,
            balance,
            used_margin: Usd::ZERO,
            sequence,
            held: OwnerList::default(),
            reserved: Usd::ZERO,
            orders: OwnerList::default(),
            mode: PositionMode::default(),
            leverages: None,
            reset_by: None,
        })
    }

    /// Indexes all accounts of a snapshot. Reports false if a user has two.
    pub fn index_all(&mut self) -> bool {
        let users = self.slab.entries().map(|(slot, account)| (account.user_id, slot));
        let index = Index::of(users, |slot| self.slab.get(slot).user_id);
        index.map(|index| self.index = index).is_some()
    }

    /// Notes the request that has reset an account.
    pub fn note_reset(&mut self, slot: Slot, request_id: RequestId) {
        self.slab.get_mut(slot).reset_by = Some(Arc::new(request_id));
    }

    /// Books a deposit, or a withdrawal if `amount` is negative.
    pub fn deposit(&mut self, slot: Slot, amount: Usd) {
        self.ledger.deposit(amount);
        let account = self.slab.get_mut(slot);
        account.balance = add(account.balance, amount);
        assert!(!account.balance.is_negative(), "the balance was checked before money was taken");
    }

    /// Moves the margin of a new position from the balance to the used margin. Returns the list of the
    /// account's positions, for the book.
    pub fn lock(&mut self, slot: Slot, margin: Usd) -> &mut OwnerList {
        self.ledger.lock(margin);
        let account = self.slab.get_mut(slot);
        account.balance = sub(account.balance, margin);
        assert!(
            !account.balance.is_negative(),
            "the balance was checked before the margin was taken"
        );
        account.used_margin = add(account.used_margin, margin);
        &mut account.held
    }

    /// Adds a margin that is already taken from the balance, and in the ledger. Returns the list of the
    /// account's positions, for the book.
    pub fn hold(&mut self, slot: Slot, margin: Usd) -> &mut OwnerList {
        let account = self.slab.get_mut(slot);
        account.used_margin = add(account.used_margin, margin);
        &mut account.held
    }

    /// Releases the margin of what was closed and pays out what is left of it. Returns the list of
    /// the account's positions, for the book.
    pub fn settle(&mut self, slot: Slot, part: &ClosedPart) -> &mut OwnerList {
        let payout = part.payout();
        assert!(!payout.is_negative(), "a loss ends at the margin");
        self.ledger.settle(part);
        let account = self.slab.get_mut(slot);
        account.balance = add(account.balance, payout);
        account.used_margin = sub(account.used_margin, part.margin);
        &mut account.held
    }

    /// Takes a fee from the balance.
    pub fn charge(&mut self, slot: Slot, fee: Usd) {
        if fee.is_zero() {
            return;
        }
        self.ledger.charge(fee);
        let account = self.slab.get_mut(slot);
        account.balance = sub(account.balance, fee);
        assert!(!account.balance.is_negative(), "the balance was checked before a fee was taken");
    }

    /// Pays a funding to the balance, or takes it from balance and margin if it is negative.
    pub fn fund(&mut self, slot: Slot, to_balance: Usd, to_margin: Usd) {
        self.ledger.fund(to_balance, to_margin);
        let account = self.slab.get_mut(slot);
        account.balance = add(account.balance, to_balance);
        account.used_margin = add(account.used_margin, to_margin);
        assert!(
            !account.balance.is_negative() && !account.used_margin.is_negative(),
            "no more is taken than there is"
        );
    }

    /// Moves money from the balance to the reserve of a resting order, or back if `amount` is
    /// negative. Returns the list of the account's orders, for the book.
    pub fn reserve(&mut self, slot: Slot, amount: Usd) -> &mut OwnerList {
        self.ledger.reserve(amount);
        let account = self.slab.get_mut(slot);
        account.balance = sub(account.balance, amount);
        account.reserved = add(account.reserved, amount);
        assert!(
            !account.balance.is_negative() && !account.reserved.is_negative(),
            "the balance was checked before money was reserved"
        );
        &mut account.orders
    }

    /// Adds a reserve that is already taken from the balance, and in the ledger. Returns the list
    /// of the account's orders, for the book.
    pub fn hold_reserve(&mut self, slot: Slot, amount: Usd) -> &mut OwnerList {
        let account = self.slab.get_mut(slot);
        account.reserved = add(account.reserved, amount);
        &mut account.orders
    }

    pub fn set_mode(&mut self, slot: Slot, mode: PositionMode) {
        self.slab.get_mut(slot).mode = mode;
    }

    pub fn set_leverage(&mut self, slot: Slot, instrument: InstrumentIndex, leverage: u8) {
        let account = self.slab.get_mut(slot);
        let mut leverages: Vec<_> = account.leverages.as_deref().unwrap_or_default().to_vec();
        match leverages.binary_search_by_key(&instrument.0, |(index, _)| index.0) {
            Ok(place) => leverages[place].1 = leverage,
            Err(place) => leverages.insert(place, (instrument, leverage)),
        }
        account.leverages = Some(leverages.into());
    }

    /// Counts one more change of an account; returns its owner and its state.
    #[inline]
    pub fn next_state(&mut self, slot: Slot) -> (UserId, AccountState) {
        let account = self.slab.get_mut(slot);
        account.sequence += 1;
        (account.user_id, account.state())
    }

    /// The totals over all accounts.
    pub const fn ledger(&self) -> Ledger {
        self.ledger
    }

    #[inline]
    pub fn get(&self, slot: Slot) -> &Account {
        self.slab.get(slot)
    }

    pub fn entries(&self) -> impl Iterator<Item = (Slot, &Account)> {
        self.slab.entries()
    }

    pub const fn len(&self) -> usize {
        self.slab.len()
    }

    pub fn freeze(&self) -> Frozen<Account> {
        self.slab.freeze()
    }
}
