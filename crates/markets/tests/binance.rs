//! The list of instruments that trade like Binance's.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use messages::{Instrument, LiquidationModel};
use std::path::Path;

fn instruments() -> Vec<Instrument> {
    markets::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../markets.binance.toml"))
        .unwrap()
}

/// The smallest amount with so many decimals, at scale 10^8.
fn smallest(decimals: u8) -> i128 {
    10_i128.pow(8 - u32::from(decimals))
}

#[test]
fn it_lists_about_twenty_instruments_beside_those_of_the_shipped_list() {
    let instruments = instruments();
    assert!((19..=25).contains(&instruments.len()), "{}", instruments.len());
    for shipped in markets::shipped() {
        assert!(instruments.iter().any(|listed| listed.symbol == shipped.symbol));
    }
    for Instrument { symbol, base_asset, quote_asset, .. } in &instruments {
        assert_eq!(symbol.as_str(), format!("{base_asset}{quote_asset}"));
    }
}

#[test]
fn every_instrument_has_the_costs_and_limits_of_the_venue() {
    for instrument in instruments() {
        let Instrument { symbol, brackets, max_leverage, .. } = &instrument;
        assert_eq!((instrument.maker_fee_ppm, instrument.taker_fee_ppm), (200, 500), "{symbol}");
        assert!((5_000..=25_000).contains(&instrument.liquidation_fee_ppm), "{symbol}");
        let funding = instrument.funding.unwrap();
        assert_eq!(funding.interval_hours, 8);
        assert_eq!(funding.cap_ppm, brackets[0].maintenance_ppm * 3 / 4, "{symbol}");
        assert_eq!(instrument.liquidation_model, LiquidationModel::Maintenance);
        assert!((1..=5).contains(&instrument.spread_bps), "{symbol}");
        assert!(instrument.min_notional.is_some() && instrument.min_quantity.is_some());

        assert!(brackets.len() >= 9 && brackets[0].max_leverage == *max_leverage, "{symbol}");
        for pair in brackets.windows(2) {
            assert!(pair[0].notional_cap < pair[1].notional_cap, "{symbol}");
            assert!(pair[0].max_leverage >= pair[1].max_leverage, "{symbol}");
            assert!(pair[0].maintenance_ppm < pair[1].maintenance_ppm, "{symbol}");
            assert!(pair[0].maintenance_amount < pair[1].maintenance_amount, "{symbol}");
        }
        let last = brackets.last().unwrap();
        assert_eq!((last.max_leverage, last.maintenance_ppm), (1, 500_000), "{symbol}");
        for bracket in brackets {
            // A position with the highest leverage must not be liquidated at once.
            let margin_ppm = 1_000_000 / u32::from(bracket.max_leverage);
            assert!(bracket.maintenance_ppm < margin_ppm, "{symbol}: {bracket:?}");
        }
    }
}

#[test]
fn maintenance_amounts_are_those_that_the_venue_publishes() {
    // The column `cum` of the table from which the file was made.
    let published = [
        ("BTCUSDT", [0, 50, 950, 11_450, 131_450]),
        ("ETHUSDT", [0, 50, 950, 11_450, 131_450]),
        ("SOLUSDT", [0, 30, 380, 8_380, 28_380]),
    ];
    for (symbol, amounts) in published {
        let instruments = instruments();
        let listed = instruments.iter().find(|listed| listed.symbol.as_str() == symbol).unwrap();
        let derived = listed.brackets.iter().map(|bracket| bracket.maintenance_amount.scaled());
        let derived: Vec<i128> = derived.take(amounts.len()).collect();
        assert_eq!(derived, amounts.map(|amount| amount * 100_000_000), "{symbol}");
    }
}

#[test]
fn ticks_and_steps_fit_the_decimals_and_the_prices() {
    for instrument in instruments() {
        let Instrument { symbol, price_decimals, quantity_decimals, simulation, .. } = &instrument;
        let tick = instrument.price_tick.unwrap().scaled();
        let step = instrument.quantity_step.unwrap().scaled();
        // What is shown, and simulated, is on the tick; what is on the tick can be shown.
        assert_eq!(tick, smallest(*price_decimals), "{symbol}");
        assert_eq!(step, smallest(*quantity_decimals), "{symbol}");
        assert_eq!(instrument.min_quantity.unwrap().scaled() % step, 0, "{symbol}");
        let price = simulation.first_price.scaled();
        assert_eq!(price % tick, 0, "{symbol}");
        assert!(price / tick >= 1_000, "{symbol}: a tick is a large move of the simulated price");
    }
}
