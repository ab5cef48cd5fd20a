//! `velox position`.

use crate::context::{Context, Verdict, absent};
use crate::events::{concerns, event_json, event_line, placed_order_of, position_of, quantity};
use crate::history::{Origin, Replay, Step};
use crate::words::{or_dash, time};
use anyhow::Result;
use messages::{
    AccountFill, ClosedPosition, EntryId, Event, EventKind, GetOpenOrders, Order, OrderId,
    OrderSide, Position, PositionState, Query, REQUEST_STREAM, Response,
};
use serde_json::{Value, json};

const EXAMPLES: &str = "\
Examples:
  velox position 0853d9e4-965f-518c-9cd8-65029e3511e3
  velox position 0853d9e4-965f-518c-9cd8-65029e3511e3 --json";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The position's id: that of the order that opened it.
    id: OrderId,
}

/// The known history of a position.
struct Story {
    id: OrderId,
    /// The position after its last known event.
    position: Option<Position>,
    closed: Option<ClosedPosition>,
    /// The orders that have opened, changed or closed it, or rest to do so, in the order in which
    /// they were first heard of.
    orders: Vec<Order>,
    fills: Vec<AccountFill>,
    /// The events as text and as JSON.
    events: Vec<(String, Value)>,
    /// The facts that are not known any more.
    missing: Vec<String>,
}

pub async fn run(arguments: &Arguments, context: &Context) -> Result<Verdict> {
    let id = arguments.id;
    let mut replay = Replay::oldest(context).await?;
    let mut story = Story::new(id);
    story.begin(&replay);
    let until = EntryId::new(u64::MAX, u64::MAX);
    replay
        .run(&context.redis, until, |step, _| {
            story.step(step);
            Ok(())
        })
        .await?;
    let Some(state) = story.state(&replay) else {
        let origin = replay.origin;
        return Err(absent(format!(
            "there is no position {id} in the engine's state or in the kept part of \
             {REQUEST_STREAM}, which begins with {origin}"
        )));
    };
    if context.output.is_json() {
        context.output.document(&story.json(&state))?;
    } else {
        story.print(context, &state)?;
    }
    Ok(Verdict::Well)
}

impl Story {
    const fn new(id: OrderId) -> Self {
        Self {
            id,
            position: None,
            closed: None,
            orders: Vec::new(),
            fills: Vec::new(),
            events: Vec::new(),
            missing: Vec::new(),
        }
    }

    /// Begins with the state of a position that is older than the kept history.
    fn begin(&mut self, replay: &Replay) {
        let Some(state) = replay.exchange.find_order(self.id) else { return };
        if replay.origin != Origin::Beginning {
            self.missing.push(format!(
                "orders, fills and events up to {}: {REQUEST_STREAM} is trimmed to it, and the \
                 position is older",
                replay.read
            ));
        }
        match state {
            PositionState::Open(open) => {
                let query = Query::GetOpenOrders(GetOpenOrders { asset: Some(open.order.asset) });
                let resting = replay.exchange.answer(open.order.user_id, query);
                self.position = Some(open.order);
                if let Ok(Response::OpenOrders { orders }) = resting {
                    for resting in &orders {
                        self.note(&resting.order);
                    }
                }
            }
            PositionState::Closed(closed) => self.closed = Some(closed),
        }
    }

    fn step(&mut self, step: &Step<'_>) {
        let Ok((request, outcome)) = &step.outcome else { return };
        let id = step.entry.id;
        for (n, event) in (0..).zip(&outcome.events) {
            self.event(id.output(n), event);
        }
        if let (Err(rejection), true) =
            (&outcome.response, concerns(&request.request, &outcome.response, self.id))
        {
            let (kind, code) = (request.request.kind(), rejection.code());
            let value = json!({
                "id": id, "refused": kind, "code": code, "reason": rejection.to_string(),
            });
            self.events.push((format!("{id}  refused {kind}  {code}: {rejection}"), value));
        }
    }

    /// Takes in an event; `id` is its own, not that of its request.
    fn event(&mut self, id: EntryId, event: &Event) {
        let is_about_it = position_of(event) == Some(self.id);
        match &event.kind {
            EventKind::PositionOpened(position) | EventKind::PositionModified(position)
                if is_about_it =>
            {
                self.position = Some(position.clone());
            }
            EventKind::PositionChanged(changed) if is_about_it => {
                self.position = Some(changed.order.clone());
            }
            EventKind::PositionClosed(closed) if is_about_it => {
                self.closed = Some(closed.clone());
                self.position = None;
            }
            _ => {}
        }
        if is_about_it {
            // The event that opens a position without an execution tells of a plain market order.
            event.order().iter().for_each(|order| self.put(order));
            self.fills.extend(event.fill(id));
        } else if let Some(order) = placed_order_of(event) {
            self.note(order);
        }
        let is_its_orders = placed_order_of(event)
            .is_some_and(|order| position_of(event).is_none() && self.knows(order));
        if is_about_it || is_its_orders {
            let id = id.origin();
            self.events.push((format!("{id}  {}", event_line(event)), event_json(id, event)));
        }
    }

    fn knows(&self, order: &Order) -> bool {
        self.orders.iter().any(|known| known.order_id == order.order_id)
    }

    /// Notes the new state of an order that works for the position.
    fn note(&mut self, order: &Order) {
        let works_for_it = order.order_id == self.id
            || order.position_id == Some(self.id)
            || self.position.as_ref().is_some_and(|position| reduces(order, position));
        if works_for_it || self.knows(order) {
            self.put(order);
        }
    }

    fn put(&mut self, order: &Order) {
        match self.orders.iter_mut().find(|known| known.order_id == order.order_id) {
            Some(known) => known.clone_from(order),
            None => self.orders.push(order.clone()),
        }
    }

    /// The position after all entries. The engine's memory values an open one.
    fn state(&self, replay: &Replay) -> Option<PositionState> {
        let in_memory = replay.exchange.find_order(self.id);
        in_memory.or_else(|| self.closed.clone().map(PositionState::Closed))
    }

    fn json(&self, state: &PositionState) -> Value {
        let (status, user_id) = status_and_owner(state);
        let view = match state {
            PositionState::Open(open) => json!(views::OpenOrder::from(open)),
            PositionState::Closed(closed) => json!(views::ClosedOrder::from(closed)),
        };
        let events: Vec<_> = self.events.iter().map(|(_, value)| value).collect();
        let fills: Vec<_> = self.fills.iter().map(views::Fill::from).collect();
        json!({
            "positionId": self.id, "status": status, "userId": user_id, "position": view,
            "orders": self.orders, "fills": fills, "events": events, "missing": self.missing,
        })
    }

    fn print(&self, context: &Context, state: &PositionState) -> Result<()> {
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
            output.table(names, self.fills.iter().map(fill_row))?;
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

/// Reports whether an order of a netting account reduces a position.
fn reduces(order: &Order, position: &Position) -> bool {
    order.reduce_only
        && order.position_id.is_none()
        && order.user_id == position.user_id
        && order.asset == position.asset
        && order.side == OrderSide::closing(position.side)
        && order.position_side.is_none_or(|side| side == position.side)
}

const fn status_and_owner(state: &PositionState) -> (&'static str, messages::UserId) {
    match state {
        PositionState::Open(open) => ("OPEN", open.order.user_id),
        PositionState::Closed(closed) => ("CLOSED", closed.order.user_id),
    }
}

fn facts(state: &PositionState) -> Vec<(&'static str, String)> {
    let (status, user_id) = status_and_owner(state);
    let position = match state {
        PositionState::Open(open) => &open.order,
        PositionState::Closed(closed) => &closed.order,
    };
    let mut facts = vec![
        ("position", format!("{} {status}", position.order_id)),
        ("user", user_id.to_string()),
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
        PositionState::Open(open) => facts.extend([
            ("now", open.mark_price.to_string()),
            ("unrealized P&L", open.unrealized_pnl.to_string()),
        ]),
        PositionState::Closed(closed) => facts.extend([
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
