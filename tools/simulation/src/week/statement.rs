//! The statements of all accounts: the lines of income add up to what each account holds.

use crate::verdict::Failure;
use exchange::{Exchange, Ledger};
use messages::{EntryId, Event, Income, IncomeKind, Query, Response, UserId};
use price::Usd;
use std::collections::BTreeMap;

/// The sums of all lines of income.
#[derive(Default)]
pub struct Statement {
    pub lines: u64,
    by_user: BTreeMap<UserId, i128>,
    by_kind: BTreeMap<&'static str, i128>,
}

impl Statement {
    pub fn add(&mut self, id: EntryId, event: &Event) {
        for Income { kind, user_id, amount, .. } in event.income(id) {
            self.lines += 1;
            *self.by_user.entry(user_id).or_default() += amount.scaled();
            *self.by_kind.entry(kind.as_str()).or_default() += amount.scaled();
        }
    }

    /// Compares the sums with the accounts and the ledger.
    pub fn check(&self, exchange: &Exchange) -> Result<(), Failure> {
        let differs = |what: String, lines, held| {
            let difference = format!("{what}: {lines} in the lines, {held} held");
            if lines == held { Ok(()) } else { Err(Failure::Statement(difference)) }
        };
        let mut all = 0;
        for (user_id, sum) in &self.by_user {
            let answer = exchange.answer(*user_id, Query::GetBalance);
            let Ok(Response::Balance { balance: sheet }) = answer else {
                return Err(Failure::Statement(format!("{user_id} is unknown")));
            };
            let held = scaled([sheet.balance, sheet.used_margin, sheet.reserved]);
            differs(user_id.to_string(), *sum, held)?;
            all += held;
        }
        let Ledger { deposits, balances, locked, reserved, house, fees, insurance, .. } =
            exchange.ledger();
        let of = |kinds: &[IncomeKind]| -> i128 {
            kinds.iter().filter_map(|kind| self.by_kind.get(kind.as_str())).sum()
        };
        let moved = of(&[IncomeKind::Transfer, IncomeKind::Adjustment]);
        let traded =
            of(&[IncomeKind::RealizedPnl, IncomeKind::FundingFee, IncomeKind::LiquidationFee]);
        differs("all accounts".to_owned(), all, scaled([balances, locked, reserved]))?;
        differs("deposits".to_owned(), moved, scaled([deposits]))?;
        differs("fees".to_owned(), -of(&[IncomeKind::Commission]), scaled([fees]))?;
        differs("house and insurance".to_owned(), -traded, scaled([house, insurance]))
    }
}

fn scaled<const N: usize>(amounts: [Usd; N]) -> i128 {
    amounts.into_iter().map(Usd::scaled).sum()
}
