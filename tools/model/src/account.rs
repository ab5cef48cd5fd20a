//! Accounts, and the events that number their changes.

use crate::amount::fits;
use crate::entry::Entry;
use crate::model::{Model, Outcome, Verdict};
use crate::payload::{Payload, Unreadable};
use serde_json::{Value, json};

/// A user's money.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// The funds that are free to trade with.
    pub balance: i128,
    /// The funds locked in positions.
    pub used_margin: i128,
    /// The funds reserved for resting orders.
    pub reserved: i128,
    /// The number of changes so far.
    pub sequence: u64,
}

/// An account valued at the current prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BalanceSheet {
    /// The funds that are free to trade with.
    pub balance: i128,
    /// The funds locked in positions.
    pub used_margin: i128,
    /// The funds reserved for resting orders.
    pub reserved: i128,
    /// The P&L of closing all positions now.
    pub unrealized_pnl: i128,
    /// Balance + used margin + reserved + unrealized P&L.
    pub equity: i128,
}

/// One entry of `response:stream`: one change of one account.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The type of the event, such as `ORDER_OPENED`.
    pub kind: &'static str,
    /// The id of the request that caused it; none where a price closed a position.
    pub request_id: Option<String>,
    /// The owner of the account.
    pub user_id: String,
    /// The account after the event.
    pub account: Account,
    /// The whole payload.
    pub payload: Value,
}

impl Account {
    /// All that the account has: the sum of the lines of its statement.
    #[must_use]
    pub const fn total(&self) -> i128 {
        self.balance + self.used_margin + self.reserved
    }
}

impl Model {
    /// Opens an account with its first deposit. A known user gets the account as it is.
    pub(crate) fn register(
        &mut self,
        entry: &Entry,
        payload: Payload<'_>,
    ) -> Result<Outcome, Unreadable> {
        let (user_id, deposit) =
            (entry.optional("userId").ok_or(Unreadable)?, payload.amount("depositInt")?);
        if let Some(account) = self.accounts.get(user_id) {
            return Ok(Outcome::without_events(Verdict::Account(*account)));
        }
        if deposit < 0 {
            return Ok(Outcome::rejected("INVALID_DEPOSIT"));
        }
        if !fits(deposit) {
            return Ok(Outcome::rejected("AMOUNT_OUT_OF_RANGE"));
        }
        let account = Account { balance: deposit, ..Account::default() };
        self.accounts.insert(user_id.to_owned(), account);
        self.deposits += deposit;
        let payload = json!({ "depositInt": deposit.to_string() });
        let event = self.event("USER_REGISTERED", entry.optional("requestId"), user_id, payload);
        Ok(Outcome { verdict: Verdict::Account(event.account), events: vec![event] })
    }

    /// The balance sheet of a user.
    pub fn balance_sheet(&self, user_id: &str) -> BalanceSheet {
        let Account { balance, used_margin, reserved, .. } =
            self.accounts.get(user_id).copied().unwrap_or_default();
        let open = self.open_of(user_id);
        let unrealized_pnl = open.map(|position| position.pnl(self.mark_price(position))).sum();
        let equity = balance + used_margin + reserved + unrealized_pnl;
        BalanceSheet { balance, used_margin, reserved, unrealized_pnl, equity }
    }

    /// Counts one more change of an account, and returns the event with the account after it.
    pub(crate) fn event(
        &mut self,
        kind: &'static str,
        request_id: Option<&str>,
        user_id: &str,
        mut payload: Value,
    ) -> Event {
        let account = self.accounts.get_mut(user_id).expect("events are about registered users");
        account.sequence += 1;
        let account = *account;
        payload["account"] = account.message();
        let (request_id, user_id) = (request_id.map(str::to_owned), user_id.to_owned());
        Event { kind, request_id, user_id, account, payload }
    }
}
