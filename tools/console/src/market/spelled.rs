//! The parameters of an instrument as `markets.toml` spells them, and how two differ.

use messages::{Bracket, Instrument, Simulation};

/// A parameter that differs between two versions of an instrument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The name of the parameter.
    pub parameter: String,
    /// The value before; none if there was none.
    pub from: Option<String>,
    /// The value after.
    pub to: Option<String>,
}

/// The parameters that differ, in the order of the table of parameters.
pub fn differences(before: &Instrument, after: &Instrument) -> Vec<Difference> {
    let (before, after) = (spelled(before), spelled(after));
    let value = |parameters: &[(String, Option<String>)], name: &str| {
        let found = parameters.iter().find(|(known, _)| known == name);
        found.and_then(|(_, value)| value.clone())
    };
    let is_gone = |name: &&String| after.iter().all(|(known, _)| known != *name);
    let names = after.iter().map(|(name, _)| name);
    let names = names.chain(before.iter().map(|(name, _)| name).filter(is_gone));
    let differences = names.map(|name| Difference {
        parameter: name.clone(),
        from: value(&before, name),
        to: value(&after, name),
    });
    differences.filter(|difference| difference.from != difference.to).collect()
}

/// All parameters but the symbol. A new one does not compile without a place here.
fn spelled(instrument: &Instrument) -> Vec<(String, Option<String>)> {
    let Instrument {
        symbol: _,
        name,
        base_asset,
        quote_asset,
        feed_symbol,
        price_decimals,
        quantity_decimals,
        max_leverage,
        spread_bps,
        liquidation_loss_bps,
        stale_price_ms,
        price_tick,
        quantity_step,
        min_notional,
        min_quantity,
        brackets,
        maker_fee_ppm,
        taker_fee_ppm,
        liquidation_fee_ppm,
        funding,
        liquidation_model,
        trigger_price,
        fill,
        open_interest_cap,
        status,
        simulation: Simulation { first_price, volatility_ppb },
    } = instrument;
    let mut parameters = vec![
        ("name", Some(name.clone())),
        ("base_asset", Some(base_asset.clone())),
        ("quote_asset", Some(quote_asset.clone())),
        ("feed_symbol", text(Some(feed_symbol))),
        ("price_decimals", text(Some(price_decimals))),
        ("quantity_decimals", text(Some(quantity_decimals))),
        ("max_leverage", text(Some(max_leverage))),
        ("spread_bps", text(Some(spread_bps))),
        ("liquidation_loss_bps", text(Some(liquidation_loss_bps))),
        ("price_tick", text(*price_tick)),
        ("quantity_step", text(*quantity_step)),
        ("min_notional", text(*min_notional)),
        ("min_quantity", text(*min_quantity)),
        ("maker_fee_ppm", text(Some(maker_fee_ppm))),
        ("taker_fee_ppm", text(Some(taker_fee_ppm))),
        ("liquidation_fee_ppm", text(Some(liquidation_fee_ppm))),
        ("funding.source", funding.map(|funding| small(&funding.source))),
        ("funding.interval_hours", text(funding.map(|funding| funding.interval_hours))),
        ("funding.cap_ppm", text(funding.map(|funding| funding.cap_ppm))),
        ("liquidation_model", Some(small(liquidation_model))),
        ("trigger_price", Some(small(trigger_price))),
        ("fill", Some(small(fill))),
        ("open_interest_cap", text(*open_interest_cap)),
        ("status", Some(small(status))),
        ("stale_price_ms", text(*stale_price_ms)),
        ("simulation.first_price", text(Some(first_price))),
        ("simulation.volatility_ppb", text(Some(volatility_ppb))),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect::<Vec<_>>();
    let brackets = (1..).zip(brackets);
    parameters.extend(
        brackets.map(|(n, bracket)| (format!("brackets, {n}"), Some(bracket_words(bracket)))),
    );
    parameters
}

fn text(value: Option<impl ToString>) -> Option<String> {
    value.map(|value| value.to_string())
}

/// A word as the file has it, such as `reduce_only`.
fn small(word: &impl ToString) -> String {
    word.to_string().to_lowercase()
}

fn bracket_words(bracket: &Bracket) -> String {
    let Bracket { notional_cap, max_leverage, maintenance_ppm, maintenance_amount } = bracket;
    format!(
        "up to {notional_cap}: {max_leverage}x, {maintenance_ppm} ppm less {maintenance_amount}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn every_parameter_that_differs_is_named_as_in_the_file() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../markets.binance.toml");
        let after = markets::read(&file).unwrap().remove(0);
        let before = markets::shipped().remove(0);
        assert_eq!(differences(&after, &after), []);
        let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "–".to_owned());
        let found: Vec<_> = differences(&before, &after)
            .iter()
            .map(|found| format!("{} {} {}", found.parameter, text(&found.from), text(&found.to)))
            .collect();
        for line in [
            "spread_bps 10 1",
            "maker_fee_ppm 0 200",
            "funding.source – venue",
            "liquidation_model margin_loss maintenance",
            "brackets, 2 – up to 600000: 100x, 5000 ppm less 50",
        ] {
            assert!(found.iter().any(|known| known == line), "{line:?} is not in {found:#?}");
        }
        let back = differences(&after, &before);
        let is_gone = |found: &Difference| found.parameter == "brackets, 1" && found.to.is_none();
        assert!(back.iter().any(is_gone), "{back:#?}");
        assert_eq!(back.len(), found.len());
    }
}
