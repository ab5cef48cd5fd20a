//! Answers to queries from memory, without changes of the state.

use crate::exchange::Exchange;
use crate::instruments::Mark;
use crate::ledger::add;
use crate::order::PackedOrder;
use crate::position::PackedPosition;
use crate::slab::Slot;
use messages::{
    BalanceSheet, GetOpenOrders, GetOrder, MarkPrice, OpenInterest, OpenPosition, Order, OrderId,
    PositionState, Query, Rejection, Response, RestingOrder, Symbol, UserId,
};
use price::{Price, Usd};

impl Exchange {
    /// Answers a query about one account.
    pub fn answer(&self, user_id: UserId, query: Query) -> Result<Response, Rejection> {
        let slot = self.account_of(user_id)?;
        let account = self.accounts.get(slot);
        match query {
            Query::GetBalance => Ok(Response::Balance { balance: self.balance_sheet(slot) }),
            Query::GetOrder(GetOrder { order_id }) => {
                let order =
                    self.find_order(order_id).filter(|order| order.position().user_id == user_id);
                let order = Box::new(order.ok_or(Rejection::OrderNotFound)?);
                Ok(Response::Position { order, account: account.state(), repeated: false })
            }
            Query::GetPlacedOrder(order) => match self.find_resting(slot, &order) {
                Ok(found) => {
                    let order = self.resting_order(self.book.order(found));
                    Ok(self.order_response(order.into(), None, slot, false))
                }
                Err(Rejection::OrderAlreadyDone { order }) => {
                    Ok(self.order_response(order, None, slot, false))
                }
                Err(rejection) => Err(rejection),
            },
            Query::GetOpenOrders(GetOpenOrders { asset }) => {
                let is_meant = |order: &PackedOrder| {
                    asset.is_none_or(|asset| self.symbol_at(order.instrument) == asset)
                };
                let resting = self.orders_of(slot, is_meant).into_iter().map(|slot| {
                    let packed = self.book.order(slot);
                    RestingOrder {
                        order: self.resting_order(packed),
                        stop_price: self.book.peak_and_stop(packed).map(|(_, stop)| stop),
                    }
                });
                Ok(Response::OpenOrders { orders: resting.collect() })
            }
            Query::GetAccountSettings => {
                Ok(Response::AccountSettings { settings: self.account_settings(slot) })
            }
            Query::GetUserOrders => {
                let newest_first = self.book.slots_of(account.held);
                let orders = newest_first.map(|slot| self.open_order(slot)).collect();
                Ok(Response::Positions { orders })
            }
        }
    }

    /// Returns an order of any owner, for operators.
    pub fn find_order(&self, order_id: OrderId) -> Option<PositionState> {
        if let Some(slot) = self.book.find(order_id) {
            return Some(PositionState::Open(self.open_order(slot)));
        }
        self.closed.get(order_id).map(|closed| PositionState::Closed(self.closed_order(closed)))
    }

    /// Returns a resting order, or one that has ended, of any owner, for operators.
    pub fn find_placed_order(&self, order_id: OrderId) -> Option<Order> {
        if let Some(slot) = self.book.find_order(order_id) {
            return Some(self.resting_order(self.book.order(slot)));
        }
        self.ended.get(order_id).map(|ended| self.ended_order(ended))
    }

    /// The open positions in an instrument, oldest first, for operators.
    pub fn positions_in(&self, symbol: Symbol) -> impl Iterator<Item = OpenPosition> {
        let slots = self.instruments.find(symbol).map(|index| self.book.positions_in(index));
        slots.unwrap_or_default().into_iter().map(|slot| self.open_order(slot))
    }

    /// The last bid and ask of an instrument, whatever their age, for operators.
    pub fn last_quote(&self, symbol: Symbol) -> Option<(Price, Price)> {
        let listed = self.instruments.get(self.instruments.find(symbol)?);
        Some(listed.tick?.quote.prices())
    }

    /// The last mark price of an instrument, whatever its age, for operators.
    pub fn last_mark(&self, symbol: Symbol) -> Option<MarkPrice> {
        let Mark { tick, index, funding_rate, next_funding_ms } =
            self.instruments.get(self.instruments.find(symbol)?).mark?;
        let (mark, _) = tick.quote.prices();
        let marked_at_ms = tick.traded_at_ms;
        Some(MarkPrice { symbol, mark, index, funding_rate, next_funding_ms, marked_at_ms })
    }

    /// The quantities of the open positions in each instrument that has some.
    pub fn open_interest(&self) -> impl Iterator<Item = OpenInterest> {
        let all = self.instruments.all().iter().map(|listed| {
            let [long, short] = listed.open_interest;
            OpenInterest { symbol: listed.symbol, long, short }
        });
        all.filter(|open| !open.long.is_zero() || !open.short.is_zero())
    }

    /// An open position, for a response.
    pub(crate) fn open_state(&self, slot: Slot) -> Box<PositionState> {
        Box::new(PositionState::Open(self.open_order(slot)))
    }

    pub(crate) fn open_order(&self, slot: Slot) -> OpenPosition {
        let position = self.book.get(slot);
        let (mark_price, unrealized_pnl) = self.mark(position);
        OpenPosition { order: self.order(position), mark_price, unrealized_pnl }
    }

    fn mark(&self, position: &PackedPosition) -> (Price, Usd) {
        self.instruments.get(position.instrument).value(position)
    }

    fn balance_sheet(&self, slot: Slot) -> BalanceSheet {
        let account = self.accounts.get(slot);
        let positions = self.book.of(account.held);
        let unrealized_pnl = positions.map(|position| self.mark(position).1).fold(Usd::ZERO, add);
        BalanceSheet {
            balance: account.balance,
            used_margin: account.used_margin,
            reserved: account.reserved,
            unrealized_pnl,
            equity: add(account.wallet_balance(), unrealized_pnl),
        }
    }
}
