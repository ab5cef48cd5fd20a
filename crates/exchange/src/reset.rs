//! A new beginning of an account.

use crate::exchange::Exchange;
use crate::ledger::sub;
use crate::resting::End;
use messages::{
    AccountReset, Event, EventKind, RESET_BALANCE_USD, Rejection, RequestId, ResetAccount,
    Response, UserId,
};

impl Exchange {
    /// Cancels all orders of an account, closes all its positions at the quote, and sets the balance.
    /// The request that did so last does nothing when it arrives again.
    pub(crate) fn reset(
        &mut self,
        request_id: Option<RequestId>,
        user_id: UserId,
        ResetAccount { balance }: ResetAccount,
        events: &mut Vec<Event>,
    ) -> Result<Response, Rejection> {
        let account = self.account_of(user_id)?;
        if request_id.is_some()
            && self.accounts.get(account).reset_by.as_deref() == request_id.as_ref()
        {
            return Ok(Response::Account { account: self.accounts.get(account).state() });
        }
        let [least, most] = [RESET_BALANCE_USD.start(), RESET_BALANCE_USD.end()]
            .map(|usd| i128::from(*usd) * price::SCALE);
        if !(least..=most).contains(&balance.scaled()) {
            return Err(Rejection::InvalidResetBalance);
        }
        let positions = self.positions_of(account, None);
        for slot in &positions {
            self.fresh_tick(self.book.get(*slot).instrument)?;
        }
        for slot in self.orders_of(account, |_| true) {
            self.end_order(slot, End::Canceled, request_id, events);
        }
        for slot in positions {
            let tick = self.tick_of(self.book.get(slot));
            self.close_manually(slot, &tick, request_id, events);
        }
        let previous = self.accounts.get(account).balance;
        self.accounts.deposit(account, sub(balance, previous));
        if let Some(request_id) = request_id {
            self.accounts.note_reset(account, request_id);
        }
        let reset = AccountReset { balance, previous };
        self.tell(request_id, account, events, || EventKind::AccountReset(reset));
        Ok(Response::Account { account: self.accounts.get(account).state() })
    }
}
