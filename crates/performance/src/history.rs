//! A period of an account: its days, its curve, and the figures of the whole.

use crate::calendar::{self, EndedDay, Span};
use crate::curve::{Change, Curve, Growth};
use crate::ratios;
use price::{OutOfRange, Rate, Usd};

/// The length of a day in milliseconds.
pub const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// The number of points of a curve, unless another one is set.
pub const POINTS: u64 = 500;

/// A day that has not ended yet, with the growth and the P&L at its beginning.
#[derive(Clone, Copy)]
struct OpenDay {
    /// The number of the day since 1970.
    number: u64,
    growth: Growth,
    pnl: Usd,
}

/// A day of UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// The beginning, Unix ms.
    pub start_ms: u64,
    /// The worth of the account at the end.
    pub equity: Usd,
    /// The P&L of the day.
    pub pnl: Usd,
    /// The return of the day.
    pub rate: Rate,
}

/// A point of a curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// The time, Unix ms.
    pub time_ms: u64,
    /// The worth of the account.
    pub equity: Usd,
    /// The part of the highest growth before that was lost.
    pub drawdown: Rate,
}

/// The figures of a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Performance {
    /// The worth of the account at the end.
    pub equity: Usd,
    /// The money that came in, less what went out.
    pub net_flows: Usd,
    /// The difference between the worth at the end and at the beginning, without the flows.
    pub pnl: Usd,
    /// The return.
    pub total_return: Rate,
    /// The largest drawdown.
    pub max_drawdown: Rate,
    /// The annualised Sharpe ratio, if there is one.
    pub sharpe: Option<Rate>,
    /// The annualised Sortino ratio, if there is one.
    pub sortino: Option<Rate>,
    /// The days, oldest first.
    pub days: Vec<Day>,
    /// The weeks from Monday to Sunday that the days are in, oldest first.
    pub weeks: Vec<Span>,
    /// The months that the days are in, oldest first.
    pub months: Vec<Span>,
    /// The curve: the last point of each of equal parts of the period, at most as many as were asked
    /// for, in which there was a change.
    pub points: Vec<Point>,
}

/// A period whose changes are applied one after another.
pub struct History {
    curve: Curve,
    /// The beginning and the end of the period, Unix ms.
    period: (u64, u64),
    day: Option<OpenDay>,
    days: Vec<EndedDay>,
    points: Vec<Point>,
    /// The number of parts of the period that have a point each.
    parts: u64,
}

impl Performance {
    /// The day with the highest P&L, the first one of several.
    pub fn best_day(&self) -> Option<Day> {
        self.days.iter().rev().max_by_key(|day| day.pnl).copied()
    }

    /// The day with the lowest P&L, the first one of several.
    pub fn worst_day(&self) -> Option<Day> {
        self.days.iter().min_by_key(|day| day.pnl).copied()
    }
}

impl History {
    /// Begins a period. An account that is about to be opened is not worth anything yet, and has no
    /// days before its first change.
    pub fn new(from_ms: u64, to_ms: u64, before: Option<Usd>) -> Self {
        let mut history = Self {
            curve: Curve::new(before.unwrap_or(Usd::ZERO)),
            period: (from_ms, to_ms),
            day: None,
            days: Vec::new(),
            points: Vec::new(),
            parts: POINTS,
        };
        if before.is_some() {
            history.day = Some(history.open_day(from_ms / DAY_MS, Usd::ZERO));
            history.points.push(history.point(from_ms));
        }
        history
    }

    /// Sets the largest number of points of the curve; zero counts as one. Nothing is applied yet.
    #[must_use]
    pub fn with_points(mut self, points: u64) -> Self {
        self.parts = points.max(1);
        self
    }

    /// Applies a change at a time in the period (Unix ms), after all earlier ones.
    ///
    /// # Errors
    /// When an amount is out of range.
    pub fn apply(&mut self, time_ms: u64, change: Change) -> Result<(), OutOfRange> {
        self.end_days_before(time_ms / DAY_MS)?;
        self.curve.apply(change)?;
        let point = self.point(time_ms);
        let part = self.part(time_ms);
        if self.points.last().is_some_and(|last| self.part(last.time_ms) == part) {
            self.points.pop();
        }
        self.points.push(point);
        Ok(())
    }

    /// Ends the period.
    ///
    /// # Errors
    /// When an amount is out of range.
    pub fn finish(mut self) -> Result<Performance, OutOfRange> {
        let (from_ms, to_ms) = self.period;
        if self.day.is_some() {
            self.end_days_before(to_ms.saturating_sub(1).max(from_ms) / DAY_MS + 1)?;
        }
        let days: Vec<Day> = self.days.iter().map(|ended| ended.day).collect();
        let returns: Vec<Rate> = days.iter().map(|day| day.rate).collect();
        Ok(Performance {
            equity: self.curve.equity(),
            net_flows: self.curve.net_flows(),
            pnl: self.curve.pnl()?,
            total_return: self.curve.total_return(),
            max_drawdown: self.curve.max_drawdown(),
            sharpe: ratios::sharpe(&returns),
            sortino: ratios::sortino(&returns),
            weeks: calendar::weeks(&self.days)?,
            months: calendar::months(&self.days)?,
            days,
            points: self.points,
        })
    }

    fn open_day(&self, number: u64, pnl: Usd) -> OpenDay {
        OpenDay { number, growth: self.curve.growth(), pnl }
    }

    /// Ends all days before one, and begins it.
    fn end_days_before(&mut self, number: u64) -> Result<(), OutOfRange> {
        let pnl = self.curve.pnl()?;
        let mut day = self.day.unwrap_or_else(|| self.open_day(number, pnl));
        while day.number < number {
            let ended = Day {
                start_ms: day.number * DAY_MS,
                equity: self.curve.equity(),
                pnl: pnl.checked_sub(day.pnl)?,
                rate: self.curve.growth().since(day.growth),
            };
            self.days.push(EndedDay { day: ended, from: day.growth, to: self.curve.growth() });
            day = self.open_day(day.number + 1, pnl);
        }
        self.day = Some(day);
        Ok(())
    }

    fn point(&self, time_ms: u64) -> Point {
        Point { time_ms, equity: self.curve.equity(), drawdown: self.curve.drawdown() }
    }

    /// The part of the period that a time is in.
    fn part(&self, time_ms: u64) -> u64 {
        let (from_ms, to_ms) = self.period;
        let length = to_ms.saturating_sub(from_ms).div_ceil(self.parts).max(1);
        time_ms.saturating_sub(from_ms) / length
    }
}
