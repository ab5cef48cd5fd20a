//! `MARGIN_CALL`: positions that a price has brought close to their liquidation.

use super::margin_watch::{Called, MarginCall};
use super::user_account::{signed, unrealized};
use super::user_events::Circumstances;
use price::Usd;
use serde_json::{Value, json};

/// Encodes a warning.
pub fn text(call: &MarginCall, circumstances: &Circumstances<'_>) -> String {
    let positions = call.positions.iter().map(|called| shown(called, circumstances));
    json!({
        "e": "MARGIN_CALL",
        "E": circumstances.now_ms,
        "cw": call.balance.to_string(),
        "p": positions.collect::<Vec<_>>(),
    })
    .to_string()
}

fn shown(Called { position, price }: &Called, circumstances: &Circumstances<'_>) -> Value {
    let instrument = (circumstances.instrument)(position.asset);
    let maintenance = instrument.map_or(Usd::ZERO, |instrument| {
        instrument.maintenance_margin(position.margin, position.qty, *price)
    });
    json!({
        "s": position.asset,
        "ps": circumstances.position_side(position.side),
        "pa": signed(position).to_string(),
        "mt": "ISOLATED",
        "iw": position.margin.to_string(),
        "mp": price.to_string(),
        "up": unrealized(position, (*price, *price)).to_string(),
        "mm": maintenance.to_string(),
    })
}
