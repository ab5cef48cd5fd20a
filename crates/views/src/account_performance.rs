//! The API's view of how well an account has traded.

use crate::part::views;
use crate::position;
use messages::{ClosedPosition, IncomeKind, Side, Symbol};
use performance::{Day, Point, Span};
use price::{OutOfRange, Rate, SCALE, Usd};

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
        /// The traded volume, with its results and costs.
        traded: Traded = "", "";
    }

    /// Results and costs of the fills and fundings of a period, also those of positions that are still open.
    pub struct Traded {
        /// The P&L of fills before all costs.
        realized_pnl: Usd = "realizedPnL", "54.1";
        /// The fees of fills, negative.
        commission: Usd = "commission", "-1.25";
        /// The fundings; negative if more was paid than received.
        funding: Usd = "funding", "-0.4";
        /// The part of the fundings that was paid, negative.
        funding_paid: Usd = "fundingPaid", "-0.5";
        /// The part of the fundings that was received.
        funding_received: Usd = "fundingReceived", "0.1";
        /// The fees of liquidations beside those of their fills, negative.
        liquidation_fees: Usd = "liquidationFees", "0";
        /// The P&L of fills after fees, fundings and liquidation fees.
        net_pnl: Usd = "netPnL", "52.45";
        /// The number of fills.
        fills: u64 = "fills", "24";
        /// The sum of quantity × price of the fills, each rounded down at the eighth decimal.
        volume: Usd = "volume", "48210.5";
    }

    /// The number of positions that were closed in a period, and how many of them won.
    pub struct Outcomes {
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
    }

    /// The performance of one instrument in a period.
    pub struct MarketPerformance {
        /// The traded contract.
        asset: Symbol = "asset", "BTCUSDT";
        /// Results and costs of its fills and fundings.
        traded: Traded = "", "";
        /// Its closed positions.
        outcomes: Outcomes = "", "";
    }

    /// The performance of the positions of one side in a period.
    pub struct SidePerformance {
        /// The side of the positions.
        side: Side = "side", "LONG";
        /// Results and costs of their fills and fundings.
        traded: Traded = "", "";
        /// The closed ones.
        outcomes: Outcomes = "", "";
    }

    /// The positions that were closed in a period. A position wins if its P&L is above zero after all
    /// its costs, and loses if it is below.
    pub struct ClosedPositions {
        /// Their number, and how many of them won.
        outcomes: Outcomes = "", "";
        /// The highest P&L of one after its costs; null if there are none.
        best: Option<Usd> = "bestPnl", "31.2";
        /// The lowest P&L of one after its costs; null if there are none.
        worst: Option<Usd> = "worstPnl", "-12.05";
        /// The average time from opening to close in milliseconds, rounded down; null if there are none.
        average_holding_ms: Option<u64> = "averageHoldingMs", "5400000";
    }

    /// A closed position with what became of its margin.
    pub struct PositionResult {
        /// The position.
        position: position::ClosedPosition = "", "";
        /// The P&L after fees, fundings and the fee of a liquidation.
        net_pnl: Usd = "netPnL", "-2.552";
        /// The net P&L in proportion to the margin, rounded down; null of a position without margin.
        return_on_margin: Option<Rate> = "returnOnMargin", "-0.02763908";
        /// The time from opening to close, in milliseconds.
        held_ms: u64 = "heldMs", "3040";
    }

    /// Money that came into an account, or went out if it is negative, otherwise than by a reset.
    pub struct Deposit {
        /// The time, in Unix milliseconds.
        time_ms: u64 = "time", "1795493501491";
        /// The kind: `TRANSFER` for the first deposit, `ADJUSTMENT` for what an operator changed.
        kind: IncomeKind = "kind", "TRANSFER";
        /// The amount.
        amount: Usd = "amount", "1000";
    }

    /// The days of a week or a month of UTC that are in a period.
    pub struct PerformanceSpan {
        /// The beginning of the week or month, in Unix milliseconds. A week begins on Monday.
        start_ms: u64 = "start", "1795392000000";
        /// The P&L of the days.
        pnl: Usd = "pnl", "31.2";
        /// The return of the days together.
        rate: Rate = "return", "0.03012651";
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

impl From<&Span> for PerformanceSpan {
    fn from(span: &Span) -> Self {
        let Span { start_ms, pnl, rate } = *span;
        Self { start_ms, pnl, rate }
    }
}

impl TryFrom<&ClosedPosition> for PositionResult {
    type Error = OutOfRange;

    fn try_from(closed: &ClosedPosition) -> Result<Self, OutOfRange> {
        let position = &closed.order;
        let net_pnl = closed
            .final_pnl
            .checked_sub(position.commission)?
            .checked_add(position.funding)?
            .checked_sub(closed.liquidation_fee)?;
        Ok(Self {
            position: closed.into(),
            net_pnl,
            return_on_margin: share(net_pnl, position.margin),
            held_ms: closed.closed_at_ms.saturating_sub(position.created_at_ms),
        })
    }
}

/// Returns an amount in proportion to another one, rounded down, if there is one.
fn share(part: Usd, whole: Usd) -> Option<Rate> {
    let scaled = part.scaled().checked_mul(SCALE)?;
    scaled.checked_div_euclid(whole.scaled()).map(Rate::from_scaled)
}

impl From<&Point> for EquityPoint {
    fn from(point: &Point) -> Self {
        let Point { time_ms, equity, drawdown } = *point;
        Self { time_ms, equity, drawdown }
    }
}
