//! Answers from memory. Nothing here changes anything.

use crate::exchange::Exchange;
use crate::ledger::add;
use crate::position::Position;
use crate::slab::Slot;
use crate::valuation;
use messages::{Answer, BalanceSheet, OpenOrder, OrderId, OrderState, Query, Rejection, UserId};
use price::{Price, Usd};

impl Exchange {
    /// Answers a question about one account.
    pub fn answer(&self, user_id: UserId, query: Query) -> Result<Answer, Rejection> {
        let slot = self.accounts.find(user_id).ok_or(Rejection::UnknownUser)?;
        let account = self.accounts.get(slot);
        match query {
            Query::GetBalance => Ok(Answer::Balance { balance: self.balance_sheet(slot) }),
            Query::GetOrder { order_id } => {
                let order = self.find_order(order_id).filter(|order| owner(order) == user_id);
                let order = Box::new(order.ok_or(Rejection::OrderNotFound)?);
                Ok(Answer::Order { order, account: account.state(), repeated: false })
            }
            Query::GetUserOrders => {
                let newest_first = self.holdings.iter(account.held);
                let orders = newest_first.map(|slot| self.open_order(slot)).collect();
                Ok(Answer::Orders { orders })
            }
        }
    }

    pub(crate) fn find_open(&self, order_id: OrderId) -> Option<Slot> {
        self.open.get(order_id, |slot| self.positions.get(slot).order_id)
    }

    /// An order, whoever owns it: for operators.
    pub fn find_order(&self, order_id: OrderId) -> Option<OrderState> {
        if let Some(slot) = self.find_open(order_id) {
            return Some(OrderState::Open(self.open_order(slot)));
        }
        self.closed.get(order_id).map(|closed| OrderState::Closed(self.closed_order(closed)))
    }

    pub(crate) fn open_order(&self, slot: Slot) -> OpenOrder {
        let position = self.positions.get(slot);
        let (mark_price, unrealized_pnl) = self.mark(position);
        OpenOrder { order: self.order(position), mark_price, unrealized_pnl }
    }

    fn mark(&self, position: &Position) -> (Price, Usd) {
        let (order_type, entry) = (position.order_type, position.execution_price());
        let price = self.tick_of(position).quote.close_price(order_type);
        (price, valuation::pnl(order_type, position.qty(), entry, price))
    }

    fn balance_sheet(&self, slot: Slot) -> BalanceSheet {
        let account = self.accounts.get(slot);
        let positions = self.holdings.iter(account.held).map(|slot| self.positions.get(slot));
        let unrealized_pnl = positions.map(|position| self.mark(position).1).fold(Usd::ZERO, add);
        BalanceSheet {
            balance: account.balance,
            used_margin: account.used_margin,
            unrealized_pnl,
            equity: add(add(account.balance, account.used_margin), unrealized_pnl),
        }
    }
}

fn owner(order: &OrderState) -> UserId {
    match order {
        OrderState::Open(open) => open.order.user_id,
        OrderState::Closed(closed) => closed.order.user_id,
    }
}
