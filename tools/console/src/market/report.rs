//! What `velox market set` found and did, as tables or JSON.

use super::effects::{Effects, Liquidation};
use super::spelled::Difference;
use crate::context::Context;
use crate::events::{placed_order_of, position_of};
use crate::words::or_dash;
use anyhow::Result;
use messages::{EntryId, Event, EventKind, Instrument, OrderId, Symbol};
use serde_json::{Value, json};

/// A comparison of a file with the history, and what its changes do.
pub struct Report {
    /// The last entry of the state that was compared.
    pub until: EntryId,
    /// The instruments to set.
    pub changed: Vec<Instrument>,
    /// Those of them that are new.
    pub listed: Vec<Symbol>,
    pub unchanged: Vec<Symbol>,
    /// The instruments that the file does not list.
    pub left: Vec<Symbol>,
    pub differences: Vec<(Symbol, Difference)>,
    pub effects: Effects,
    /// The instruments that were set.
    pub set: Vec<Symbol>,
}

impl Report {
    /// Adds what is found in another shard: the effects on its accounts, and what only it lacks, because
    /// an earlier command has not reached it.
    pub fn add(&mut self, other: Self) {
        self.effects.extend(other.effects);
        for instrument in other.changed {
            let symbol = instrument.symbol;
            if self.changed.iter().any(|changed| changed.symbol == symbol) {
                continue;
            }
            self.unchanged.retain(|unchanged| *unchanged != symbol);
            if other.listed.contains(&symbol) {
                self.listed.push(symbol);
            }
            let differences = other.differences.iter();
            self.differences.extend(differences.filter(|(of, _)| *of == symbol).cloned());
            self.changed.push(instrument);
        }
    }

    pub fn show(&self, context: &Context) -> Result<()> {
        if context.output.is_json() {
            context.output.document(&self.json())
        } else {
            self.print(context)
        }
    }

    /// Ends the output after everything was set: the tables were printed before.
    pub fn conclude(&self, context: &Context) -> Result<()> {
        if context.output.is_json() {
            context.output.document(&self.json())
        } else {
            context.output.say(format_args!("\nset: {}", names(&self.set)))
        }
    }

    pub fn print(&self, context: &Context) -> Result<()> {
        let output = &context.output;
        if !self.differences.is_empty() {
            let names = ["symbol", "parameter", "from", "to"];
            output.table(names, self.differences.iter().map(difference_row))?;
        }
        let rest = [
            ("new", &self.listed),
            ("unchanged", &self.unchanged),
            ("not in the file, left as they are", &self.left),
        ];
        for (what, symbols) in rest.into_iter().filter(|(_, symbols)| !symbols.is_empty()) {
            output.say(format_args!("{what}: {}", names(symbols)))?;
        }
        if self.changed.is_empty() {
            return output.say("nothing differs from the file");
        }
        self.print_effects(context)
    }

    fn print_effects(&self, context: &Context) -> Result<()> {
        let (output, effects) = (&context.output, &self.effects);
        output.heading(&format!("Positions liquidated: {}", effects.liquidations.len()))?;
        if !effects.liquidations.is_empty() {
            let names = [
                "account",
                "position",
                "asset",
                "side",
                ">qty",
                ">entry",
                ">valued at",
                ">liquidation before",
                ">after",
            ];
            output.table(names, effects.liquidations.iter().map(liquidation_row))?;
        }
        if effects.moved > 0 {
            output.say(format_args!(
                "other positions with a new liquidation price: {}",
                effects.moved
            ))?;
        }
        if !effects.others.is_empty() {
            output.heading(&format!("Other effects: {}", effects.others.len()))?;
            let names = ["account", "event", "order", "asset", "reason"];
            output.table(names, effects.others.iter().map(|event| Other::of(event).row()))?;
        }
        output.say(format_args!("\nby the state and the prices after entry {}", self.until))
    }

    fn json(&self) -> Value {
        let Self { until, listed, unchanged, left, effects, set, .. } = self;
        let differences = self.differences.iter().map(|(symbol, difference)| {
            let Difference { parameter, from, to } = difference;
            json!({ "symbol": symbol, "parameter": parameter, "from": from, "to": to })
        });
        json!({
            "lastEntry": until,
            "changes": differences.collect::<Vec<_>>(),
            "new": listed,
            "unchanged": unchanged,
            "left": left,
            "liquidations": effects.liquidations.iter().map(liquidation_json).collect::<Vec<_>>(),
            "moved": effects.moved,
            "others":
                effects.others.iter().map(|event| Other::of(event).json()).collect::<Vec<_>>(),
            "set": set,
        })
    }
}

fn names(symbols: &[Symbol]) -> String {
    let symbols: Vec<String> = symbols.iter().map(Symbol::to_string).collect();
    symbols.join(", ")
}

fn difference_row((symbol, difference): &(Symbol, Difference)) -> [String; 4] {
    let Difference { parameter, from, to } = difference;
    [symbol.to_string(), parameter.clone(), or_dash(from.as_ref()), or_dash(to.as_ref())]
}

fn liquidation_row(liquidation: &Liquidation) -> [String; 9] {
    let Liquidation { position, price_before, valued_at } = liquidation;
    [
        position.user_id.to_string(),
        position.order_id.to_string(),
        position.asset.to_string(),
        position.side.to_string(),
        position.qty.to_string(),
        position.entry_price.to_string(),
        valued_at.to_string(),
        price_before.to_string(),
        position.liquidation_price.to_string(),
    ]
}

fn liquidation_json(liquidation: &Liquidation) -> Value {
    let Liquidation { position, price_before, valued_at } = liquidation;
    json!({
        "accountId": position.user_id,
        "positionId": position.order_id,
        "asset": position.asset,
        "side": position.side,
        "qtyInt": position.qty,
        "entryPriceInt": position.entry_price,
        "valuedAtInt": valued_at,
        "liquidationPriceBeforeInt": price_before,
        "liquidationPriceAfterInt": position.liquidation_price,
    })
}

/// An effect that is not a liquidation.
struct Other<'a> {
    event: &'a Event,
    /// The order that was filled or has ended, otherwise the position.
    order_id: Option<OrderId>,
    asset: Option<Symbol>,
    reason: Option<String>,
}

impl<'a> Other<'a> {
    fn of(event: &'a Event) -> Self {
        let order = placed_order_of(event);
        let closed = match &event.kind {
            EventKind::PositionClosed(closed) => Some(closed),
            _ => None,
        };
        let order_reason = order.and_then(|order| order.reason.map(|reason| reason.to_string()));
        Self {
            event,
            order_id: order.map(|order| order.order_id).or_else(|| position_of(event)),
            asset: order.map(|order| order.asset).or_else(|| closed.map(|it| it.order.asset)),
            reason: order_reason.or_else(|| closed.map(|closed| closed.close_reason.to_string())),
        }
    }

    fn row(&self) -> [String; 5] {
        [
            self.event.user_id.to_string(),
            self.event.kind.type_name().to_owned(),
            or_dash(self.order_id),
            or_dash(self.asset),
            or_dash(self.reason.as_ref()),
        ]
    }

    fn json(&self) -> Value {
        json!({
            "accountId": self.event.user_id, "type": self.event.kind.type_name(),
            "orderId": self.order_id, "asset": self.asset, "reason": self.reason,
        })
    }
}
