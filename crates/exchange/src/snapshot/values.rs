//! A state as its values, in the order in which the newest version stores them: [`FrozenExchange::write`]
//! writes, and [`Restoring`] checks, the same fields one after the other.
//!
//! [`FrozenExchange::write`]: super::FrozenExchange::write
//! [`Restoring`]: super::restoring::Restoring

use super::RestoreError;
use super::fields::{Fields, Output};
use super::orders::{EndedV5, RestingV5};
use super::v1::OrderV1;
use super::v5::AccountV5;
use super::v7::{ClosedV7, HeadV7, OrderV9, PositionV7, TotalsV7};
use crate::exchange::Exchange;
use messages::{OrderId, RequestId, UserId};
use serde::{Deserialize, Serialize};

/// The values of a state.
#[derive(Serialize, Deserialize)]
pub struct Values {
    pub version: u32,
    pub resets: Vec<(UserId, RequestId)>,
    pub head: HeadV7,
    pub accounts: Vec<AccountV5>,
    pub positions: Vec<PositionV7>,
    pub closed: Vec<ClosedV7>,
    pub closed_ids: Vec<(OrderId, UserId, u64)>,
    pub resting: Vec<OrderV9<RestingV5>>,
    pub ended: Vec<OrderV9<EndedV5>>,
    pub ended_ids: Vec<(OrderId, UserId, u64)>,
    pub totals: TotalsV7,
}

impl Values {
    pub fn of(exchange: &Exchange) -> Result<Self, RestoreError> {
        Fields::of(&exchange.freeze().encode().bytes).take()
    }

    /// The values of a state without accounts.
    pub fn empty(head: HeadV7, totals: TotalsV7) -> Self {
        Self {
            version: super::VERSION,
            resets: Vec::new(),
            head,
            accounts: Vec::new(),
            positions: Vec::new(),
            closed: Vec::new(),
            closed_ids: Vec::new(),
            resting: Vec::new(),
            ended: Vec::new(),
            ended_ids: Vec::new(),
            totals,
        }
    }

    /// Restores the state, with all checks of a snapshot.
    pub fn restore(&self) -> Result<Exchange, RestoreError> {
        let mut output = Output::new();
        output.put(self);
        let bytes = output.into_bytes();
        Exchange::restore(&bytes, blake3::hash(&bytes).to_hex().as_str())
    }

    /// The terms of all positions, open and closed.
    pub fn terms_mut(&mut self) -> impl Iterator<Item = &mut OrderV1> {
        let open = self.positions.iter_mut().map(|position| &mut position.position.order);
        open.chain(self.closed.iter_mut().map(|closed| &mut closed.closed.order))
    }

    /// The numbers by which the older positions and resting orders are told from the younger.
    pub fn numbers_mut(&mut self) -> impl Iterator<Item = &mut u64> {
        let positions = self.positions.iter_mut().map(|position| &mut position.position.number);
        positions.chain(self.resting.iter_mut().map(|resting| &mut resting.order.order.number))
    }
}
