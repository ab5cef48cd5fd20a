//! Return in proportion to risk.

use price::Rate;

/// The days of the year for which ratios are told.
const YEAR_DAYS: u128 = 365;

/// The square of the scale of a ratio.
const SCALE_SQUARED: u128 = 10_u128.pow(16);

/// The factor that makes the root of a sum of squares exact to four more digits, and its square.
const FINER: u128 = 10_u128.pow(4);
const FINER_SQUARED: u128 = FINER * FINER;

/// The last digit of a ratio at scale 10^8: four decimals are exact, more mean nothing.
const LAST_DIGIT: i128 = 10_i128.pow(4);

/// Returns the annualised Sharpe ratio of daily returns, if there is one.
pub fn sharpe(returns: &[Rate]) -> Option<Rate> {
    let days = u128::try_from(returns.len()).ok().filter(|days| *days > 1)?;
    let sum: i128 = returns.iter().map(|day| day.scaled()).sum();
    // n × Σr² − (Σr)² is n (n − 1) times the variance.
    let spread = days
        .checked_mul(squares(returns.iter().copied())?)?
        .checked_sub(sum.unsigned_abs().checked_pow(2)?)?;
    ratio(sum, YEAR_DAYS * (days - 1) * SCALE_SQUARED / days, spread)
}

/// Returns the annualised Sortino ratio of daily returns, if there is one.
pub fn sortino(returns: &[Rate]) -> Option<Rate> {
    let days = u128::try_from(returns.len()).ok().filter(|days| *days > 1)?;
    let sum: i128 = returns.iter().map(|day| day.scaled()).sum();
    let losses = squares(returns.iter().copied().filter(|day| day.is_negative()))?;
    ratio(sum, YEAR_DAYS * SCALE_SQUARED, days.checked_mul(losses)?)
}

fn squares(returns: impl Iterator<Item = Rate>) -> Option<u128> {
    returns
        .map(|day| day.scaled().unsigned_abs().checked_pow(2))
        .try_fold(0_u128, |sum, square| sum.checked_add(square?))
}

/// Returns sum × √factor ÷ √spread, rounded to four decimals.
fn ratio(sum: i128, factor: u128, spread: u128) -> Option<Rate> {
    let divisor = i128::try_from(spread.checked_mul(FINER_SQUARED)?.isqrt()).ok()?;
    let factor = i128::try_from(factor.isqrt() * FINER).ok()?;
    let ratio = sum.checked_mul(factor)?.checked_div_euclid(divisor)?;
    Some(Rate::from_scaled((ratio + LAST_DIGIT / 2).div_euclid(LAST_DIGIT) * LAST_DIGIT))
}
