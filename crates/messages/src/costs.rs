//! The parameters of an instrument that say what trading it costs and when a position is liquidated.

use crate::words::words;
use price::{OutOfRange, Usd};
use serde::{Deserialize, Serialize};

/// One hundred per cent in millionths.
pub const WHOLE_PPM: u32 = 1_000_000;

/// The hours of a day, in which funding intervals fit.
const DAY_HOURS: u8 = 24;

words! {
    /// The condition under which a position is liquidated.
    #[derive(Default)]
    pub enum LiquidationModel {
        /// A share of the margin is lost at the quote ([`crate::Instrument::liquidation_loss_bps`]).
        #[default]
        MarginLoss,
        /// The margin and the P&L at the mark price are no more than the maintenance margin.
        Maintenance,
    }

    /// A price that reaches what waits for it.
    #[derive(Default)]
    pub enum PriceSource {
        /// The bid or the ask.
        #[default]
        Quote,
        /// The mark price.
        Mark,
    }

    /// The quote at which a market order fills.
    #[derive(Default)]
    pub enum FillPolicy {
        /// The last one before the order.
        #[default]
        Last,
        /// The first one after the order.
        Next,
    }

    /// The orders that an instrument accepts.
    #[derive(Default)]
    pub enum InstrumentStatus {
        /// All orders.
        #[default]
        Trading,
        /// Orders that reduce a position.
        ReduceOnly,
        /// No orders. Whatever waits for a price waits until the instrument is no longer halted.
        Halted,
    }

    /// The source of an instrument's funding rates.
    pub enum FundingSource {
        /// The rates that the venue has settled.
        Venue,
        /// The premium of the mark price over the index price, and the interest.
        Premium,
    }
}

/// The parameters of an instrument's funding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Funding {
    /// The source of the rates.
    pub source: FundingSource,
    /// The time between two fundings, in hours from midnight UTC; a divisor of 24.
    pub interval_hours: u8,
    /// The highest rate of one funding in either direction, in millionths of the notional.
    pub cap_ppm: u32,
}

impl Funding {
    /// The first parameter outside its range, and the problem.
    pub(crate) fn problem(self) -> Option<(&'static str, String)> {
        let Self { interval_hours: hours, cap_ppm, .. } = self;
        if !DAY_HOURS.is_multiple_of(hours) {
            return Some(("funding.interval_hours", format!("is {hours}, not a divisor of 24")));
        }
        let in_range = (1..=WHOLE_PPM).contains(&cap_ppm);
        (!in_range).then(|| ("funding.cap_ppm", format!("is {cap_ppm}, not 1 to {WHOLE_PPM}")))
    }
}

/// The terms of positions with a notional above the cap of the bracket before, up to the bracket's
/// own cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bracket {
    /// The highest notional of the bracket.
    #[serde(rename = "notionalCapInt")]
    pub notional_cap: Usd,
    /// The highest leverage.
    pub max_leverage: u8,
    /// The maintenance margin in millionths of the notional, before the amount is subtracted.
    pub maintenance_ppm: u32,
    /// The amount that is subtracted, so that the maintenance margin does not jump between brackets.
    #[serde(rename = "maintenanceAmountInt")]
    pub maintenance_amount: Usd,
}

/// Checks that brackets follow each other: caps and maintenance rates rise, leverages do not, and
/// the maintenance margin does not jump.
///
/// # Errors
/// The problem of the first bracket that does not fit, as the end of a sentence.
pub(crate) fn check_brackets(brackets: &[Bracket], max_leverage: u8) -> Result<(), String> {
    let mut before: Option<&Bracket> = None;
    for (bracket, number) in brackets.iter().zip(1..) {
        let amount = match before {
            None => Ok(Usd::ZERO),
            Some(before) => amount_after(before, bracket.maintenance_ppm),
        };
        let Bracket { notional_cap, max_leverage: leverage, maintenance_ppm, .. } = *bracket;
        let (last_cap, last_ppm) =
            before.map_or((Usd::ZERO, 0), |before| (before.notional_cap, before.maintenance_ppm));
        let last_leverage = before.map_or(max_leverage, |before| before.max_leverage);
        let is_leverage = match before {
            None => leverage == max_leverage,
            Some(_) => (1..=last_leverage).contains(&leverage),
        };
        let problem = if notional_cap <= last_cap || notional_cap.to_i64().is_err() {
            "a notional_cap that is not above the one before, or does not fit in 64 bits".to_owned()
        } else if !is_leverage {
            format!("a max_leverage of {leverage}; it starts at {max_leverage} and never rises")
        } else if maintenance_ppm <= last_ppm || maintenance_ppm > WHOLE_PPM / 2 {
            format!("a maintenance_ppm of {maintenance_ppm}; it rises and is at most 500,000")
        } else if amount.as_ref() != Ok(&bracket.maintenance_amount) {
            let amount = amount
                .map_or_else(|OutOfRange| "out of range".to_owned(), |amount| amount.to_string());
            format!("a maintenance_amount that is not {amount}, without which the margin jumps")
        } else {
            before = Some(bracket);
            continue;
        };
        return Err(format!("has in bracket {number} {problem}"));
    }
    Ok(())
}

/// The maintenance amount of the bracket after one, which makes both ask for the same margin at the
/// cap between them.
///
/// # Errors
/// When it is no whole number of units, or does not fit in 64 bits.
pub fn amount_after(before: &Bracket, maintenance_ppm: u32) -> Result<Usd, OutOfRange> {
    let rise = maintenance_ppm.saturating_sub(before.maintenance_ppm);
    let [down, up] = [price::Rounding::Floor, price::Rounding::Ceiling]
        .map(|rounding| before.notional_cap.ratio(rise, WHOLE_PPM, rounding));
    let more = down?;
    if more != up? {
        return Err(OutOfRange);
    }
    let amount = before.maintenance_amount.checked_add(more)?;
    amount.to_i64().map(|_| amount)
}
