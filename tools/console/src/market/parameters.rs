//! The parameters of an instrument in words.

use messages::{
    Bracket, FillPolicy, Funding, FundingSource, Instrument, InstrumentStatus, LiquidationModel,
    PriceSource,
};
use std::fmt::Display;

/// Formats millionths as a percentage: `0.02 %`.
pub fn percent(ppm: u32) -> String {
    let (whole, rest) = (ppm / 10_000, format!("{:04}", ppm % 10_000));
    let rest = rest.trim_end_matches('0');
    if rest.is_empty() { format!("{whole} %") } else { format!("{whole}.{rest} %") }
}

/// Formats a word of a message: `reduce only`.
pub fn word(word: impl Display) -> String {
    word.to_string().to_lowercase().replace('_', " ")
}

/// All parameters but the brackets.
pub fn facts(instrument: &Instrument) -> Vec<(&'static str, String)> {
    let base = &instrument.base_asset;
    let of = |amount: Option<String>, asset: &str, none: &str| {
        amount.map_or_else(|| none.to_owned(), |amount| format!("{amount} {asset}"))
    };
    vec![
        ("symbol", instrument.symbol.to_string()),
        ("name", instrument.name.clone()),
        ("quantities in", shown(base, instrument.quantity_decimals)),
        ("prices in", shown(&instrument.quote_asset, instrument.price_decimals)),
        ("at the venue", instrument.feed_symbol.to_string()),
        ("status", status(instrument.status).to_owned()),
        ("price tick", of(text(instrument.price_tick), &instrument.quote_asset, "none")),
        ("quantity step", of(text(instrument.quantity_step), base, "none")),
        ("least quantity", of(text(instrument.min_quantity), base, "none")),
        ("least notional", of(text(instrument.min_notional), "USD", "none")),
        ("highest leverage", format!("{}x", instrument.max_leverage)),
        ("spread", format!("{} of the price", percent(instrument.spread_bps * 100))),
        ("maker fee", format!("{} of the notional", percent(instrument.maker_fee_ppm))),
        ("taker fee", format!("{} of the notional", percent(instrument.taker_fee_ppm))),
        ("liquidation fee", format!("{} of the notional", percent(instrument.liquidation_fee_ppm))),
        ("funding", instrument.funding.map_or_else(|| "none".to_owned(), funding)),
        ("liquidated", liquidation(instrument)),
        ("triggers go by", trigger(instrument.trigger_price).to_owned()),
        ("market orders fill", fill(instrument.fill).to_owned()),
        ("open interest", of(text(instrument.open_interest_cap), base, "not limited")),
        ("stale price", stale_price(instrument)),
        ("simulation", simulation(instrument)),
    ]
}

fn text(amount: Option<impl Display>) -> Option<String> {
    amount.map(|amount| amount.to_string())
}

fn shown(asset: &str, decimals: u8) -> String {
    format!("{asset}, shown with {decimals} decimals")
}

const fn status(status: InstrumentStatus) -> &'static str {
    match status {
        InstrumentStatus::Trading => "trading: all orders are accepted",
        InstrumentStatus::ReduceOnly => "reduce only: only orders that reduce a position",
        InstrumentStatus::Halted => "halted: no orders, and nothing is closed",
    }
}

fn funding(funding: Funding) -> String {
    let source = match funding.source {
        FundingSource::Venue => "at the venue's rate",
        FundingSource::Premium => "by the premium of the mark price",
    };
    let hours = funding.interval_hours;
    format!("every {hours} h {source}, at most {}", percent(funding.cap_ppm))
}

fn liquidation(instrument: &Instrument) -> String {
    match instrument.liquidation_model {
        LiquidationModel::MarginLoss => {
            let share = percent(instrument.liquidation_loss_bps * 100);
            format!("when {share} of the margin is lost at the quote")
        }
        LiquidationModel::Maintenance => {
            "when the maintenance margin is reached at the mark price".to_owned()
        }
    }
}

const fn trigger(source: PriceSource) -> &'static str {
    match source {
        PriceSource::Quote => "the quote (bid or ask)",
        PriceSource::Mark => "the mark price",
    }
}

const fn fill(policy: FillPolicy) -> &'static str {
    match policy {
        FillPolicy::Last => "at the last quote before them",
        FillPolicy::Next => "at the first quote after them",
    }
}

fn stale_price(instrument: &Instrument) -> String {
    instrument
        .stale_price_ms
        .map_or_else(|| "as everywhere (STALE_PRICE_MS)".to_owned(), |ms| format!("after {ms} ms"))
}

fn simulation(instrument: &Instrument) -> String {
    let simulation = instrument.simulation;
    let (first, volatility) = (simulation.first_price, simulation.volatility_ppb);
    format!("from {first}, moving by some {volatility} billionths a second")
}

/// A row of the table of brackets.
pub fn bracket(bracket: &Bracket) -> [String; 4] {
    [
        bracket.notional_cap.to_string(),
        format!("{}x", bracket.max_leverage),
        percent(bracket.maintenance_ppm),
        bracket.maintenance_amount.to_string(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn millionths_are_shown_as_percentages() {
        let rows =
            [(0, "0 %"), (200, "0.02 %"), (12_500, "1.25 %"), (500_000, "50 %"), (1, "0.0001 %")];
        for (ppm, text) in rows {
            assert_eq!(percent(ppm), text);
        }
        assert_eq!(word(InstrumentStatus::ReduceOnly), "reduce only");
    }
}
