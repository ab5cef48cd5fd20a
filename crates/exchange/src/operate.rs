//! Operators' commands: pausing and resuming trading, and adjusting a balance.

use crate::exchange::Exchange;
use crate::ledger::add;
use messages::{
    AdjustBalance, Attribution, Event, EventKind, Rejection, RequestId, Response, UserId,
};

/// The maximum length of a name and of a reason, in characters.
const ATTRIBUTION_CHARS_MAX: usize = 200;

impl Exchange {
    /// The attribution of the pause, while trading is paused.
    pub fn pause(&self) -> Option<&Attribution> {
        self.pause.as_deref()
    }

    pub(crate) fn pause_trading(&mut self, by: &Attribution) -> Result<Response, Rejection> {
        check(by)?;
        self.pause = Some(Box::new(by.clone()));
        Ok(Response::Done)
    }

    pub(crate) fn resume_trading(&mut self, by: &Attribution) -> Result<Response, Rejection> {
        check(by)?;
        self.pause = None;
        Ok(Response::Done)
    }

    pub(crate) fn adjust_balance(
        &mut self,
        request_id: Option<RequestId>,
        user_id: UserId,
        adjust: &AdjustBalance,
        events: &mut Vec<Event>,
    ) -> Result<Response, Rejection> {
        let amount = adjust.amount;
        check(&adjust.attribution)?;
        let slot = self.account_of(user_id)?;
        if amount.scaled() == 0 {
            return Err(Rejection::InvalidAdjustment);
        }
        let available = self.accounts.get(slot).balance;
        amount.to_i64().map_err(|_| Rejection::AmountOutOfRange)?;
        let balance = add(available, amount);
        if balance.is_negative() {
            return Err(Rejection::BalanceTooLow { amount, available });
        }
        balance.to_i64().map_err(|_| Rejection::AmountOutOfRange)?;

        self.accounts.deposit(slot, amount);
        self.tell(request_id, slot, events, || EventKind::BalanceAdjusted(adjust.clone()));
        Ok(Response::Account { account: self.accounts.get(slot).state() })
    }
}

fn check(attribution: &Attribution) -> Result<(), Rejection> {
    let is_given = |text: &str| {
        let length = text.chars().take(ATTRIBUTION_CHARS_MAX + 1).count();
        !text.trim().is_empty() && length <= ATTRIBUTION_CHARS_MAX
    };
    let is_complete = is_given(&attribution.by) && is_given(&attribution.reason);
    if is_complete { Ok(()) } else { Err(Rejection::InvalidAttribution) }
}
