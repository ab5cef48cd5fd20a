//! The known history of a position as text and as JSON.

use super::{State, Story};
use crate::context::Context;
use crate::events::quantity;
use crate::words::{or_dash, time};
use anyhow::Result;
use messages::{AccountFill, Order, Position};
use serde_json::{Value, json};

impl Story {
    pub(super) fn json(&self, state: &State<'_>) -> Value {
        let view = match state {
            State::Open(position) => json!(views::OpenedOrder::from(*position)),
            State::Valued(open) => json!(views::OpenOrder::from(*open)),
            State::Closed(closed) => json!(views::ClosedOrder::from(*closed)),
        };
        let events: Vec<_> = self.events.iter().map(|(_, value)| value).collect();
        let fills: Vec<_> = self.fills.values().map(views::Fill::from).collect();
        json!({
            "positionId": self.id, "status": state.status(), "userId": state.position().user_id,
            "position": view,
            "orders": self.orders, "fills": fills, "events": events, "missing": self.missing,
        })
    }

    pub(super) fn print(&self, context: &Context, state: &State<'_>) -> Result<()> {
        let output = &context.output;
        output.facts(&facts(state))?;
        output.heading(&format!("Orders: {}", self.orders.len()))?;
        if !self.orders.is_empty() {
            let names = [
                "order",
                "side",
                "kind",
                ">qty",
                ">price",
                ">trigger",
                "status",
                ">filled at",
                "updated",
            ];
            output.table(names, self.orders.iter().map(order_row))?;
        }
        output.heading(&format!("Fills: {}", self.fills.len()))?;
        if !self.fills.is_empty() {
            let names = ["entry", "order", "side", ">qty", ">price", ">P&L", "role", "tick"];
            output.table(names, self.fills.values().map(fill_row))?;
        }
        output.heading(&format!("Events: {}", self.events.len()))?;
        for (line, _) in &self.events {
            output.say(line)?;
        }
        for missing in &self.missing {
            output.say(format_args!("not known: {missing}"))?;
        }
        Ok(())
    }
}

impl State<'_> {
    const fn status(&self) -> &'static str {
        match self {
            Self::Open(_) | Self::Valued(_) => "OPEN",
            Self::Closed(_) => "CLOSED",
        }
    }

    const fn position(&self) -> &Position {
        match self {
            Self::Open(position) => position,
            Self::Valued(open) => &open.order,
            Self::Closed(closed) => &closed.order,
        }
    }
}

fn facts(state: &State<'_>) -> Vec<(&'static str, String)> {
    let position = state.position();
    let mut facts = vec![
        ("position", format!("{} {}", position.order_id, state.status())),
        ("user", position.user_id.to_string()),
        ("holds", format!("{} {} {}x", position.side, position.asset, position.leverage)),
        ("qty", position.qty.to_string()),
        ("entry", position.entry_price.to_string()),
        ("margin", position.margin.to_string()),
        ("liquidation", position.liquidation_price.to_string()),
        ("SL", or_dash(position.stop_loss)),
        ("TP", or_dash(position.take_profit)),
        ("opened", time(position.created_at_ms)),
    ];
    match state {
        State::Open(_) => {}
        State::Valued(open) => facts.extend([
            ("now", open.mark_price.to_string()),
            ("unrealized P&L", open.unrealized_pnl.to_string()),
        ]),
        State::Closed(closed) => facts.extend([
            ("closed", format!("{} ({})", time(closed.closed_at_ms), closed.close_reason)),
            ("close", format!("{} by tick {}", closed.close_price, closed.tick_id)),
            ("P&L", closed.final_pnl.to_string()),
            ("shortfall", closed.shortfall.to_string()),
        ]),
    }
    facts
}

fn order_row(order: &Order) -> [String; 9] {
    let reduces = if order.reduce_only { " reduce only" } else { "" };
    let reason = order.reason.map_or_else(String::new, |reason| format!(" ({reason})"));
    [
        order.order_id.to_string(),
        order.side.to_string(),
        format!("{}{reduces}", order.kind),
        quantity(order),
        or_dash(order.price),
        or_dash(order.trigger_price),
        format!("{}{reason}", order.status),
        or_dash(order.average_price),
        time(order.updated_at_ms),
    ]
}

fn fill_row(fill: &AccountFill) -> [String; 8] {
    [
        fill.id.origin().to_string(),
        fill.order_id.to_string(),
        fill.side.to_string(),
        fill.qty.to_string(),
        fill.price.to_string(),
        fill.realized_pnl.to_string(),
        fill.role.to_string(),
        or_dash(fill.tick_id),
    ]
}
