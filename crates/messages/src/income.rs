//! The lines of an account's statement that one event tells of.

use crate::event::{Event, EventKind};
use crate::ids::{EntryId, OrderId, UserId};
use crate::symbol::Symbol;
use crate::words::words;
use price::Usd;

words! {
    /// The kind of a line of a statement.
    pub enum IncomeKind {
        /// Money that came from outside the account or went there: the first deposit, a reset.
        Transfer,
        /// The profit or loss of a fill, before its fee.
        RealizedPnl,
        /// The fee of a fill.
        Commission,
        /// A funding.
        FundingFee,
        /// The fee of a liquidation, beside that of the fill.
        LiquidationFee,
        /// An operator's change of the balance.
        Adjustment,
    }
}

/// A line of an account's statement. The lines of an account add up to its balance, used margin and
/// reserve: what a position or an order holds still belongs to the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Income {
    /// The id of the event in `response:stream`; its first half is the time. An event has at most
    /// one line of each kind.
    pub id: EntryId,
    /// The [`AccountState::sequence`] of the event. Zero if no event told of the line, or if it was
    /// stored before lines had it.
    ///
    /// [`AccountState::sequence`]: crate::AccountState::sequence
    pub sequence: u64,
    /// The kind.
    pub kind: IncomeKind,
    /// The owner.
    pub user_id: UserId,
    /// The amount, negative for what the account paid.
    pub amount: Usd,
    /// The symbol, if the line belongs to one.
    pub asset: Option<Symbol>,
    /// The order that filled; the position, if none did.
    pub order_id: Option<OrderId>,
    /// The position.
    pub position_id: Option<OrderId>,
}

impl Event {
    /// Returns the lines of the account's statement that the event tells of. `id` is the event's.
    pub fn income(&self, id: EntryId) -> Vec<Income> {
        let line = |kind, amount| Income {
            id,
            sequence: self.account.sequence,
            kind,
            user_id: self.user_id,
            amount,
            asset: None,
            order_id: None,
            position_id: None,
        };
        let negated = |amount: Usd| amount.checked_neg().unwrap_or(Usd::ZERO);
        let mut lines = Vec::new();
        match &self.kind {
            EventKind::UserRegistered(register) => {
                lines.push(line(IncomeKind::Transfer, register.deposit));
            }
            EventKind::BalanceAdjusted(adjust) => {
                lines.push(line(IncomeKind::Adjustment, adjust.amount));
            }
            EventKind::AccountReset(reset) => {
                let difference = reset.balance.checked_sub(reset.previous);
                lines.push(line(IncomeKind::Transfer, difference.unwrap_or(Usd::ZERO)));
            }
            EventKind::FundingSettled(funding) => lines.push(Income {
                asset: Some(funding.order.asset),
                position_id: Some(funding.order.order_id),
                ..line(IncomeKind::FundingFee, funding.amount)
            }),
            _ => {}
        }
        if let Some(fill) = self.fill(id) {
            let of_fill = |kind, amount| Income {
                asset: Some(fill.asset),
                order_id: Some(fill.order_id),
                position_id: Some(fill.position_id),
                ..line(kind, amount)
            };
            lines.push(of_fill(IncomeKind::RealizedPnl, fill.realized_pnl));
            lines.push(of_fill(IncomeKind::Commission, negated(fill.fee)));
            if let EventKind::PositionClosed(closed) = &self.kind {
                let fee = negated(closed.liquidation_fee);
                lines.push(of_fill(IncomeKind::LiquidationFee, fee));
            }
        }
        lines.retain(|line| !line.amount.is_zero());
        lines
    }
}
