//! A state that is restored value by value, in the order in which snapshots store them.

use super::RestoreError;
use super::fields::{Batches, Fields};
use super::orders::{EndedV5, RestingV5};
use super::plausible::require;
use super::positions::PositionV5;
use super::v3::ClosedV3;
use super::v5::{AccountV5, HeadV5, TotalsV5};
use crate::ended::EndedId;
use crate::exchange::Exchange;
use crate::order::PackedOrder;
use crate::slab::Slot;
use messages::{Order, OrderId, UserId};
use std::iter::Peekable;
use std::vec::IntoIter;

/// A state of which a part is restored. Each value is checked before it is added.
pub struct Restoring {
    exchange: Exchange,
    /// The trailing stops that orders to come attach.
    attached: Peekable<IntoIter<(OrderId, u16)>>,
    last_user: Option<UserId>,
    last_position: Option<u64>,
    last_order: Option<u64>,
}

impl Restoring {
    /// Restores a state of version 5, whose orders attach these trailing stops.
    pub fn restore(
        mut fields: Fields,
        attached: Vec<(OrderId, u16)>,
    ) -> Result<Exchange, RestoreError> {
        let mut restoring = Self {
            exchange: fields.take::<HeadV5>()?.restore()?,
            attached: attached.into_iter().peekable(),
            last_user: None,
            last_position: None,
            last_order: None,
        };
        restoring.add_accounts(&mut fields)?;
        restoring.add_positions(&mut fields)?;
        restoring.add_resting(&mut fields)?;
        restoring.add_ended(&mut fields)?;
        restoring.finish(&fields.take()?)
    }

    fn add_accounts(&mut self, fields: &mut Fields) -> Result<(), RestoreError> {
        for _ in 0..fields.length()? {
            let account = fields.take::<AccountV5>()?;
            let last = self.last_user.replace(account.user_id);
            require(last.is_none_or(|last| last < account.user_id), "an account twice")?;
            account.check()?;
            account.restore_into(&mut self.exchange)?;
        }
        require(self.exchange.accounts.index_all(), "an account twice")
    }

    /// Adds the open positions, and the closed ones.
    fn add_positions(&mut self, fields: &mut Fields) -> Result<(), RestoreError> {
        let mut batches = Batches::<PositionV5>::of(fields)?;
        let mut owners = Vec::new();
        while let Some(batch) = batches.next(fields)? {
            self.find_owners(batch.iter().map(|position| position.order.user_id), &mut owners);
            for (position, &owner) in batch.iter_mut().zip(&owners) {
                let last = self.last_position.replace(position.number);
                require(last.is_none_or(|last| last < position.number), "a position twice")?;
                require(position.is_sound(), "a position that no rule allows")?;
                position.restore_into(&mut self.exchange, owner)?;
            }
        }
        require(self.exchange.book.index_all(), "an order twice")?;
        for _ in 0..fields.length()? {
            fields.take::<ClosedV3>()?.restore_into(&mut self.exchange)?;
        }
        for _ in 0..fields.length()? {
            let id = self.unpack_id(fields.take()?)?;
            self.exchange.closed.restore_id(id);
        }
        Ok(())
    }

    fn add_resting(&mut self, fields: &mut Fields) -> Result<(), RestoreError> {
        let mut batches = Batches::<RestingV5>::of(fields)?;
        let (mut owners, mut trails) = (Vec::new(), Vec::new());
        while let Some(batch) = batches.next(fields)? {
            self.find_owners(batch.iter().map(|resting| resting.order.user_id), &mut owners);
            for (resting, &owner) in batch.iter_mut().zip(&owners) {
                self.attach_to(&mut resting.order);
                let last = self.last_order.replace(resting.number);
                require(last.is_none_or(|last| last < resting.number), "a resting order twice")?;
                require(resting.is_sound(), "a resting order that no rule allows")?;
                let order = resting.unpack(&self.exchange, owner)?;
                match resting.peak {
                    Some(peak) => trails.push((order, peak)),
                    None => self.rest(order, 0),
                }
            }
        }
        // Trails take those with better peaks first.
        trails.sort_by_key(|(_, peak)| *peak);
        for (order, peak) in trails {
            self.rest(order, peak);
        }
        require(self.exchange.book.index_all_orders(), "an order twice")
    }

    fn rest(&mut self, order: PackedOrder, peak: i64) {
        let list = self.exchange.accounts.hold_reserve(order.account, order.reserved());
        self.exchange.book.restore_order(order, list, peak);
    }

    /// Replaces `owners` by the accounts of a batch. Apart from the work on the batch, because the
    /// processor then waits for several at once.
    fn find_owners(&self, users: impl Iterator<Item = UserId>, owners: &mut Vec<Option<Slot>>) {
        owners.clear();
        owners.extend(users.map(|user_id| self.exchange.accounts.find(user_id)));
    }

    fn add_ended(&mut self, fields: &mut Fields) -> Result<(), RestoreError> {
        for _ in 0..fields.length()? {
            let mut ended = fields.take::<EndedV5>()?;
            self.attach_to(&mut ended.order);
            require(ended.is_sound(), "an ended order that no rule allows")?;
            ended.restore_into(&mut self.exchange)?;
        }
        for _ in 0..fields.length()? {
            let id = self.unpack_id(fields.take()?)?;
            self.exchange.ended.restore_id(id);
        }
        Ok(())
    }

    fn attach_to(&mut self, order: &mut Order) {
        let of_order = self.attached.next_if(|(order_id, _)| *order_id == order.order_id);
        order.trailing_stop_bps = of_order.map(|(_, callback_bps)| callback_bps);
    }

    /// Unpacks the id of a record that is no longer in memory.
    fn unpack_id(
        &self,
        (order_id, user_id, ended_at_ms): (OrderId, UserId, u64),
    ) -> Result<EndedId, RestoreError> {
        let account = self.exchange.accounts.find(user_id);
        let account = account.ok_or(RestoreError::Orphan(order_id))?;
        Ok(EndedId { order_id, account, ended_at_ms })
    }

    fn finish(self, totals: &TotalsV5) -> Result<Exchange, RestoreError> {
        let Self { mut exchange, mut attached, last_position, last_order, .. } = self;
        totals.check()?;
        let TotalsV5 { ledger, opened } = *totals;
        require(last_position.is_none_or(|last| last < opened), "a position of the future")?;
        require(last_order.is_none_or(|last| last < opened), "a resting order of the future")?;
        if let Some((order_id, _)) = attached.next() {
            return Err(RestoreError::Orphan(order_id));
        }
        exchange.opened = opened;
        exchange.accounts.restore_ledger(ledger);
        Ok(exchange)
    }
}
