//! A state that is restored value by value, in the order in which snapshots store them.

use super::RestoreError;
use super::fields::{Batches, Fields};
use super::orders::{EndedV5, RestingV5};
use super::plausible::require;
use super::v5::{AccountV5, HeadV5, TotalsV5};
use super::v7::{ClosedV7, HeadV7, OrderV7, OrderV9, PositionV7, TotalsV7};
use crate::ended::EndedId;
use crate::exchange::Exchange;
use crate::order::PackedOrder;
use crate::slab::Slot;
use messages::{Order, OrderId, UserId};
use price::Usd;
use serde::Deserialize;
use std::iter::Peekable;
use std::vec::IntoIter;

/// The layout of the values of a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// The layout of versions 5 and 6.
    V5,
    /// The layout of versions 7 and 8.
    V7,
    /// The layout of version 9.
    V9,
}

impl Layout {
    fn head(self, fields: &mut Fields) -> Result<Exchange, RestoreError> {
        match self {
            Self::V5 => fields.take::<HeadV5>()?.restore(),
            Self::V7 | Self::V9 => fields.take::<HeadV7>()?.restore(),
        }
    }

    fn position(self, fields: &mut Fields) -> Result<PositionV7, RestoreError> {
        let (commission, funding) = (Usd::ZERO, Usd::ZERO);
        match self {
            Self::V5 => Ok(PositionV7 { position: fields.take()?, commission, funding }),
            Self::V7 | Self::V9 => fields.take(),
        }
    }

    fn closed(self, fields: &mut Fields) -> Result<ClosedV7, RestoreError> {
        match self {
            Self::V5 => Ok(ClosedV7 {
                closed: fields.take()?,
                commission: Usd::ZERO,
                funding: Usd::ZERO,
                liquidation_fee: Usd::ZERO,
            }),
            Self::V7 | Self::V9 => fields.take(),
        }
    }

    fn order<'a, T: Deserialize<'a>>(
        self,
        fields: &mut Fields<'a>,
    ) -> Result<OrderV9<T>, RestoreError> {
        match self {
            Self::V5 => {
                let (order, trailing_stop_bps) = (fields.take()?, None);
                let order = OrderV7 { order, trailing_stop_bps, awaits_quote: false };
                Ok(OrderV9 { order, sequence: 0 })
            }
            Self::V7 => Ok(OrderV9 { order: fields.take()?, sequence: 0 }),
            Self::V9 => fields.take(),
        }
    }

    fn totals(self, fields: &mut Fields) -> Result<TotalsV5, RestoreError> {
        match self {
            Self::V5 => fields.take(),
            Self::V7 | Self::V9 => Ok(fields.take::<TotalsV7>()?.into_totals()),
        }
    }
}

/// A state of which a part is restored. Each value is checked before it is added.
pub struct Restoring {
    exchange: Exchange,
    layout: Layout,
    /// The trailing stops that orders to come attach.
    attached: Peekable<IntoIter<(OrderId, u16)>>,
    last_user: Option<UserId>,
    last_position: Option<u64>,
    last_order: Option<u64>,
}

impl Restoring {
    /// Restores a state in a layout. Orders in that of version 5 attach these trailing stops.
    pub fn restore(
        mut fields: Fields,
        layout: Layout,
        attached: Vec<(OrderId, u16)>,
    ) -> Result<Exchange, RestoreError> {
        let mut restoring = Self {
            exchange: layout.head(&mut fields)?,
            layout,
            attached: attached.into_iter().peekable(),
            last_user: None,
            last_position: None,
            last_order: None,
        };
        restoring.add_accounts(&mut fields)?;
        restoring.add_positions(&mut fields)?;
        restoring.add_resting(&mut fields)?;
        restoring.add_ended(&mut fields)?;
        restoring.finish(&layout.totals(&mut fields)?)
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
        let layout = self.layout;
        let mut batches = Batches::<PositionV7>::of(fields)?;
        let mut owners = Vec::new();
        while let Some(batch) = batches.next(fields, |fields| layout.position(fields))? {
            let users = batch.iter().map(|position| position.position.order.user_id);
            self.find_owners(users, &mut owners);
            for (position, &owner) in batch.iter_mut().zip(&owners) {
                let number = position.position.number;
                let last = self.last_position.replace(number);
                require(last.is_none_or(|last| last < number), "a position twice")?;
                require(position.position.is_sound(), "a position that no rule allows")?;
                position.restore_into(&mut self.exchange, owner)?;
            }
        }
        require(self.exchange.book.index_all(), "an order twice")?;
        for _ in 0..fields.length()? {
            layout.closed(fields)?.restore_into(&mut self.exchange)?;
        }
        for _ in 0..fields.length()? {
            let id = self.unpack_id(fields.take()?)?;
            self.exchange.closed.restore_id(id);
        }
        Ok(())
    }

    fn add_resting(&mut self, fields: &mut Fields) -> Result<(), RestoreError> {
        let layout = self.layout;
        let mut batches = Batches::<OrderV9<RestingV5>>::of(fields)?;
        let (mut owners, mut trails) = (Vec::new(), Vec::new());
        while let Some(batch) = batches.next(fields, |fields| layout.order(fields))? {
            let users = batch.iter().map(|resting| resting.order.order.order.user_id);
            self.find_owners(users, &mut owners);
            for (resting, &owner) in batch.iter_mut().zip(&owners) {
                let OrderV9 { order: resting, sequence } = resting;
                let OrderV7 { order: resting, trailing_stop_bps, awaits_quote } = resting;
                resting.order.awaits_quote = *awaits_quote;
                resting.order.sequence = *sequence;
                self.attach_to(&mut resting.order, *trailing_stop_bps);
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
        if order.awaits_quote {
            let listed = self.exchange.instruments.get_mut(order.instrument);
            (listed.has_waiting, listed.is_plain) = (true, false);
        }
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
            let OrderV9 { order, sequence } = self.layout.order::<EndedV5>(fields)?;
            let OrderV7 { order: mut ended, trailing_stop_bps, awaits_quote } = order;
            ended.order.awaits_quote = awaits_quote;
            ended.order.sequence = sequence;
            self.attach_to(&mut ended.order, trailing_stop_bps);
            require(ended.is_sound(), "an ended order that no rule allows")?;
            ended.restore_into(&mut self.exchange)?;
        }
        for _ in 0..fields.length()? {
            let id = self.unpack_id(fields.take()?)?;
            self.exchange.ended.restore_id(id);
        }
        Ok(())
    }

    fn attach_to(&mut self, order: &mut Order, trailing_stop_bps: Option<u16>) {
        let of_order = self.attached.next_if(|(order_id, _)| *order_id == order.order_id);
        let listed = of_order.map(|(_, callback_bps)| callback_bps);
        order.trailing_stop_bps = trailing_stop_bps.or(listed);
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
