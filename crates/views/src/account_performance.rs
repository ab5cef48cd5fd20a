//! The API's view of how well an account has traded.

use crate::part::views;
use performance::{Day, Point};
use price::{Rate, Usd};

views! {
    /// The performance of an account in a period. Money that came in or went out is neither profit nor loss.
    pub struct Performance {
        /// The worth of the account at the end: balance, used margin, reserve and unrealized P&L.
        equity: Usd = "equity", "1052.1";
        /// The money that came in, such as the first deposit, less what went out.
        net_deposits: Usd = "netDeposits", "1000";
        /// The P&L of the period, realized and unrealized, after all costs.
        pnl: Usd = "pnl", "52.1";
        /// The time-weighted return.
        total_return: Rate = "return", "0.0521";
        /// The largest part of the highest equity before that was lost.
        max_drawdown: Rate = "maxDrawdown", "0.02";
        /// The annualised Sharpe ratio of the daily returns; null if there are fewer than two days, or
        /// if they do not differ.
        sharpe: Option<Rate> = "sharpe", "1.8721";
        /// The annualised Sortino ratio of the daily returns; null if there are fewer than two days, or
        /// if none had a loss.
        sortino: Option<Rate> = "sortino", "2.5402";
        /// The fees of fills, negative.
        commission: Usd = "commission", "-1.25";
        /// The fundings; negative if more was paid than received.
        funding: Usd = "funding", "-0.4";
        /// The fees of liquidations beside those of their fills, negative.
        liquidation_fees: Usd = "liquidationFees", "0";
    }

    /// The positions that were closed in a period. A position wins if its P&L is above zero after all
    /// its costs, and loses if it is below.
    pub struct ClosedPositions {
        /// Their number.
        closed: u64 = "closedPositions", "12";
        /// The number of those that won.
        won: u64 = "wonPositions", "7";
        /// The number of those that lost.
        lost: u64 = "lostPositions", "5";
        /// The part of them that won; null if there are none.
        win_rate: Option<Rate> = "winRate", "0.58333333";
        /// The sum that the winners won, divided by the sum that the losers lost; null if none lost.
        profit_factor: Option<Rate> = "profitFactor", "1.61";
        /// The highest P&L of one after its costs; null if there are none.
        best: Option<Usd> = "bestPnl", "31.2";
        /// The lowest P&L of one after its costs; null if there are none.
        worst: Option<Usd> = "worstPnl", "-12.05";
        /// The average time from opening to close in milliseconds, rounded down; null if there are none.
        average_holding_ms: Option<u64> = "averageHoldingMs", "5400000";
    }

    /// A day of UTC.
    pub struct PerformanceDay {
        /// The beginning, in Unix milliseconds.
        start_ms: u64 = "start", "1795478400000";
        /// The worth of the account at the end.
        equity: Usd = "equity", "1052.1";
        /// The P&L of the day.
        pnl: Usd = "pnl", "12.4";
        /// The return of the day.
        rate: Rate = "return", "0.01192651";
    }

    /// A point of an account's curve.
    pub struct EquityPoint {
        /// The time, in Unix milliseconds.
        time_ms: u64 = "time", "1795493501491";
        /// The worth of the account.
        equity: Usd = "equity", "1052.1";
        /// The part of the highest equity before that was lost.
        drawdown: Rate = "drawdown", "0.004";
    }

    /// A reset of an account.
    pub struct PastReset {
        /// The time, in Unix milliseconds.
        time_ms: u64 = "time", "1795493501491";
        /// The balance after all positions were closed.
        previous: Usd = "previousBalance", "12.4";
        /// The balance that replaced it.
        balance: Usd = "balance", "1000";
    }

    /// An account on the leaderboard.
    pub struct Standing {
        /// The place, from 1.
        rank: u64 = "rank", "1";
        /// A short name that only this account has, made of its id.
        trader: String = "trader", "3f2a91bc04de";
        /// The name that its owner has given it.
        name: String = "name", "Grid bot";
        /// The time-weighted return of the period.
        total_return: Rate = "return", "0.0521";
        /// The largest part of the highest equity before that was lost in the period.
        max_drawdown: Rate = "maxDrawdown", "0.02";
        /// The P&L of the period, realized and unrealized, after all costs.
        pnl: Usd = "pnl", "52.1";
        /// The worth of the account.
        equity: Usd = "equity", "1052.1";
        /// The number of its resets in the period. A reset does not wash away a loss.
        resets: u64 = "resets", "0";
        /// The time of its last reset in the period, in Unix milliseconds; null if there was none.
        last_reset_ms: Option<u64> = "lastReset", "1795493501491";
    }
}

impl From<&Day> for PerformanceDay {
    fn from(day: &Day) -> Self {
        let Day { start_ms, equity, pnl, rate } = *day;
        Self { start_ms, equity, pnl, rate }
    }
}

impl From<&Point> for EquityPoint {
    fn from(point: &Point) -> Self {
        let Point { time_ms, equity, drawdown } = *point;
        Self { time_ms, equity, drawdown }
    }
}
