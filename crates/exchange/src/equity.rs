//! The equity of every account at the moment of a freeze.

use crate::ledger::add;
use crate::snapshot::FrozenExchange;
use messages::Equity;
use price::Usd;

impl FrozenExchange {
    /// Returns the equity of every account, in an order that changes only when an engine starts over.
    /// Takes time in proportion to the accounts and positions, as [`Self::encode`] does.
    pub fn equities(&self) -> Vec<Equity> {
        let mut unrealized = Vec::new();
        for position in self.positions.iter() {
            let index = position.account.index();
            if unrealized.len() <= index {
                unrealized.resize(index + 1, Usd::ZERO);
            }
            let (_, pnl) = self.instruments[position.instrument.get()].value(position);
            unrealized[index] = add(unrealized[index], pnl);
        }
        let accounts = self.accounts.entries();
        accounts
            .map(|(slot, account)| Equity {
                user_id: account.user_id,
                wallet_balance: account.wallet_balance(),
                unrealized_pnl: unrealized.get(slot.index()).copied().unwrap_or(Usd::ZERO),
            })
            .collect()
    }
}
