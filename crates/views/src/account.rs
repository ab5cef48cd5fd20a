//! The API's views of accounts.

use crate::absent::OrAbsent;
use crate::part::views;
use crate::word::Leverage;
use messages::{AccountState, BalanceSheet as Valuation, Symbol};
use price::Usd;

views! {
    /// An account after a change.
    pub struct Account {
        /// The number of the account's last change, counted from 1: a lower number is older, and a
        /// gap means that a change was missed.
        sequence: u64 = "sequence", "2";
        /// The money free to trade with, without the margins of open positions.
        balance: Usd = "balance", "907.66855735";
        /// The margins locked in open positions.
        used_margin: Usd = "usedMargin", "92.33144265";
        /// The money reserved for resting orders, in neither of the two above. Absent if there is
        /// none.
        reserved: OrAbsent = "reserved", "9.2";
        /// The money free to trade with, as `balance` says it, beside `reserved`. Absent if nothing
        /// is reserved.
        available: OrAbsent = "available", "907.66855735";
    }

    /// An account valued at the current prices.
    pub struct BalanceSheet {
        /// The money free to trade with, without the margins of open positions.
        balance: Usd = "balance", "907.66855735";
        /// The margins locked in open positions.
        used_margin: Usd = "usedMargin", "92.33144265";
        /// The money reserved for resting orders, in neither of the two above. Absent if there is
        /// none.
        reserved: OrAbsent = "reserved", "9.2";
        /// The money free to trade with, as `balance` says it, beside `reserved`. Absent if nothing
        /// is reserved.
        available: OrAbsent = "available", "907.66855735";
        /// The profit of closing all positions now; negative for a loss.
        unrealized_pnl: Usd = "unrealizedPnL", "-2.090269";
        /// Balance + used margin + reserved + unrealized P&L.
        equity: Usd = "equity", "997.909731";
    }

    /// The totals of closed orders.
    pub struct RealizedPnl {
        /// The sum of their final P&L; negative for a loss.
        realized_pnl: Usd = "realizedPnL", "-2.090269";
        /// The number of these orders.
        orders: u64 = "orders", "2";
        /// The number of those with a profit.
        won: u64 = "won", "1";
        /// The fees of all their fills.
        commission: Usd = "commission", "0.92227465";
        /// The sum of their fundings; negative for what they paid.
        funding: Usd = "funding", "-0.01";
        /// The fees of their liquidations, beside those of the fills.
        liquidation_fee: Usd = "liquidationFee", "0";
        /// Realized P&L − commission + funding − liquidation fee.
        net_pnl: Usd = "netPnL", "-3.02254365";
    }

    /// The leverage that an account has set for an instrument.
    pub struct LeverageSetting {
        /// The traded contract.
        asset: Symbol = "asset", "BTCUSDT";
        /// The leverage.
        leverage: Leverage = "leverage", "10";
    }
}

impl From<&AccountState> for Account {
    fn from(account: &AccountState) -> Self {
        let AccountState { balance, used_margin, reserved, sequence } = *account;
        let reserved = OrAbsent::unless_zero(reserved);
        Self { sequence, balance, used_margin, reserved, available: reserved.beside(balance) }
    }
}

impl From<&Valuation> for BalanceSheet {
    fn from(sheet: &Valuation) -> Self {
        let Valuation { balance, used_margin, reserved, unrealized_pnl, equity } = *sheet;
        let reserved = OrAbsent::unless_zero(reserved);
        let available = reserved.beside(balance);
        Self { balance, used_margin, reserved, available, unrealized_pnl, equity }
    }
}

impl From<&(Symbol, u8)> for LeverageSetting {
    fn from((asset, leverage): &(Symbol, u8)) -> Self {
        Self { asset: *asset, leverage: Leverage(*leverage) }
    }
}
