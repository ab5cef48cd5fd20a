#![doc = include_str!("../README.md")]

mod absent;
mod account;
mod account_performance;
mod amount;
pub mod binance;
mod fill;
mod funding;
mod income;
mod market;
mod order;
mod part;
mod placed_order;
mod position;
mod ticker;
mod word;

pub use absent::OrAbsent;
pub use account::{Account, BalanceSheet, LeverageSetting, RealizedPnl};
pub use account_performance::{
    ClosedPositions, Deposit, EquityPoint, MarketPerformance, Outcomes, PastReset, Performance,
    PerformanceDay, PerformanceSpan, PositionResult, SidePerformance, Standing, Traded,
};
pub use fill::{Fill, FillTotals};
pub use funding::{Funding, FundingRate, MarkedMarket};
pub use income::{Income, IncomeId, IncomeSum, IncomeTotal, InvalidIncomeId};
pub use market::Market;
pub use order::{ClosedOrder, OpenOrder, OpenedOrder, Order, OrderTerms};
pub use part::Part;
pub use placed_order::{OrderTotals, PlacedOrder};
pub use position::{ClosedPosition, OpenPosition, Position};
pub use ticker::{Sparkline, Ticker};
pub use word::{Closed, Leverage, Open};
