//! `velox order`.

use crate::context::{Context, Verdict, absent};
use crate::events::{concerns, event_json, event_line, order_words, placed_order_of, position_of};
use crate::history::{Origin, Replay, Step, field, kept_events};
use crate::stored::Stored;
use crate::words::{or_dash, time};
use anyhow::Result;
use messages::{
    AccountFill, ClosedPosition, EntryId, Event, EventKind, Order, OrderId, OrderStatus,
    PositionState, PriceUpdate, REQUEST_STREAM, Request, RequestEntry, Symbol,
};
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};
use streams::Entry;

const EXAMPLES: &str = "\
Examples:
  velox order show 0853d9e4-965f-518c-9cd8-65029e3511e3
  velox order show 0853d9e4-965f-518c-9cd8-65029e3511e3 --json";

#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Shows requests, changes, fills and end of an order with the deciding ticks, and the position
    /// that it opened with its database row. What the stream no longer has comes from the tables.
    #[command(after_help = EXAMPLES)]
    Show {
        /// The order's id.
        id: OrderId,
    },
}

/// The known history of an order.
#[derive(Default)]
struct Life {
    /// The history, line by line, as text and as JSON.
    lines: Vec<(String, Value)>,
    /// The facts that are not known any more, or not yet.
    missing: Vec<String>,
    /// The status of an order that has one of its own, apart from its position.
    order: Option<OrderStatus>,
    /// The status of the position that it opened, or of the request.
    status: Option<&'static str>,
    /// Whether the history tells of the order itself, and not just of its position.
    is_told: bool,
    /// The fills that the history tells of, by the ids of their events.
    told_fills: BTreeSet<EntryId>,
    is_opened: bool,
    is_closed: bool,
}

/// The last price of each asset, with its entry.
type Ticks = HashMap<Symbol, (EntryId, PriceUpdate)>;

pub async fn run(arguments: &Arguments, context: &Context) -> Result<Verdict> {
    let Action::Show { id } = arguments.action;
    let stored = Stored::of_order(&context.pool, id).await;
    let mut life = Life::default();
    // The rows name the account; without them, any shard may have the order.
    let owner = stored.as_ref().ok().and_then(Stored::owner);
    let mut followed = Ok(());
    for context in &context.places(owner) {
        life.missing.clear();
        followed = match Replay::oldest(context).await {
            Ok(replay) => life.follow(context, id, replay).await,
            Err(error) => life.follow_events(context, id, &error).await,
        };
        if !life.lines.is_empty() {
            break;
        }
    }
    let has_rows = stored.as_ref().is_ok_and(|stored| !stored.is_empty());
    if life.lines.is_empty() && !has_rows {
        followed?;
        stored?;
        return Err(absent(format!(
            "there is no order {id} in the tables orders and closed_orders, in the engine's state, \
             or in the kept part of {REQUEST_STREAM}"
        )));
    }
    // The rows alone are still useful, and so is the history.
    life.missing.extend(followed.err().map(|error| format!("history: {error:#}")));
    match stored {
        Ok(stored) => life.conclude(stored),
        Err(error) => life.missing.push(format!("rows: {error:#}")),
    }
    life.print(context, id)?;
    Ok(Verdict::Well)
}

impl Life {
    fn print(&self, context: &Context, id: OrderId) -> Result<()> {
        let position = self.status.filter(|_| self.is_opened);
        if context.output.is_json() {
            let lines: Vec<_> = self.lines.iter().map(|(_, value)| value).collect();
            let mut document = json!({
                "orderId": id, "status": self.status, "life": lines, "missing": self.missing,
            });
            if let Some(order) = self.order {
                (document["status"], document["position"]) = (json!(order), json!(position));
            }
            return context.output.document(&document);
        }
        match (self.order, position) {
            (Some(order), Some(position)) => context.output.say(format_args!(
                "order {id}: {order}; the position that it opened: {position}"
            ))?,
            (Some(order), None) => context.output.say(format_args!("order {id}: {order}"))?,
            (None, _) => {
                let status = self.status.unwrap_or("unknown");
                context.output.say(format_args!("order {id}: {status}"))?;
            }
        }
        for (line, _) in &self.lines {
            context.output.say(line)?;
        }
        for missing in &self.missing {
            context.output.say(format_args!("not known: {missing}"))?;
        }
        Ok(())
    }

    async fn follow(&mut self, context: &Context, id: OrderId, mut replay: Replay) -> Result<()> {
        if let Some(order) = replay.exchange.find_placed_order(id) {
            self.begin_placed(&order, replay.origin, replay.read);
        }
        if let Some(state) = replay.exchange.find_order(id) {
            self.begin(&state, replay.origin, replay.read);
        }
        let mut ticks = Ticks::default();
        let until = EntryId::new(u64::MAX, u64::MAX);
        let origin = replay.origin;
        replay
            .run(context, until, |step, _| {
                self.step(id, step, &mut ticks);
                Ok(())
            })
            .await?;
        if self.lines.is_empty() && origin != Origin::Beginning {
            let begins = format!("the kept part of {} begins with {origin}", context.requests());
            self.missing
                .push(format!("requests and events: {begins}, after this order was closed"));
        }
        Ok(())
    }

    /// Takes in the kept events, without a snapshot to start a replay from.
    async fn follow_events(
        &mut self,
        context: &Context,
        id: OrderId,
        obstacle: &anyhow::Error,
    ) -> Result<()> {
        let ticks = Ticks::default();
        let show = |event_id, event: &Event| self.take(id, event_id, event, &ticks);
        let begins = kept_events(context, show).await?;
        self.missing.push(format!("requests, and older events: {begins}"));
        self.missing.push(format!("the engine's state: {obstacle:#}"));
        Ok(())
    }

    /// Begins with the state of an order that is older than the kept history.
    fn begin(&mut self, state: &PositionState, origin: Origin, read: EntryId) {
        let (word, value) = match state {
            PositionState::Open(open) => {
                let order = &open.order;
                self.is_opened = true;
                self.status = Some("OPEN");
                let filled = format!("filled at {}", order.entry_price);
                (filled, json!(views::OpenedOrder::from(order)))
            }
            PositionState::Closed(closed) => {
                (self.is_opened, self.is_closed) = (true, true);
                self.status = Some("CLOSED");
                let order = &closed.order;
                let word = format!(
                    "filled at {}, closed at {} ({})",
                    order.entry_price, closed.close_price, closed.close_reason
                );
                (word, json!(views::ClosedOrder::from(closed)))
            }
        };
        let line = format!("{read}  already in the state of {origin}: {word}");
        self.lines.push((line, json!({"what": "STATE", "id": read, "order": value})));
        self.missing.push(format!(
            "the request and the tick of the fill: {REQUEST_STREAM} is trimmed to {read}, and the \
             order is older"
        ));
    }

    /// Begins with the state of a resting or ended order that is older than the kept history.
    fn begin_placed(&mut self, order: &Order, origin: Origin, read: EntryId) {
        self.order = Some(order.status);
        self.is_told = true;
        let line = format!("{read}  already in the state of {origin}: {}", order_words(order));
        self.lines.push((line, json!({"what": "STATE", "id": read, "order": order})));
        self.missing.push(format!(
            "the requests and events up to {read}: {REQUEST_STREAM} is trimmed to it, and the \
             order is older"
        ));
    }

    fn step(&mut self, id: OrderId, step: &Step<'_>, ticks: &mut Ticks) {
        let Ok((request, outcome)) = &step.outcome else { return };
        if let Request::PriceUpdate(update) = &request.request {
            ticks.insert(update.symbol, (step.entry.id, *update));
        }
        let is_about_it = concerns(&request.request, &outcome.response, id);
        if is_about_it {
            self.request(step.entry, request);
        }
        for (event_id, event) in step.events() {
            self.take(id, event_id, event, ticks);
        }
        if let (Err(rejection), true) = (&outcome.response, is_about_it) {
            if self.order.is_none() {
                self.status = self.status.or(Some("REFUSED"));
            }
            let line = format!("{}  refused: {} ({rejection})", step.entry.id, rejection.code());
            let value = json!({
                "what": "REFUSED", "id": step.entry.id, "code": rejection.code(),
                "reason": rejection.to_string(),
            });
            self.lines.push((line, value));
        }
    }

    fn request(&mut self, entry: &Entry, request: &RequestEntry) {
        let kind = field(&entry.fields, "type");
        let sender = request.reply_to.as_deref().unwrap_or("a sender that expects no reply");
        let request_id = request.request_id.map_or_else(|| "–".to_owned(), |id| id.to_string());
        let (sent, payload) = (request.timestamp_ms, field(&entry.fields, "payload"));
        let line = format!(
            "{}  {kind} sent {} by {sender}, request {request_id}\n    {payload}",
            entry.id,
            time(sent)
        );
        let payload: Value = serde_json::from_str(&payload).unwrap_or_default();
        let value = json!({
            "what": "REQUEST", "id": entry.id, "type": kind, "sentAt": sent,
            "replyTo": request.reply_to, "requestId": request.request_id, "payload": payload,
        });
        self.lines.push((line, value));
    }

    /// Takes in an event if it is about the order or the position that it opened.
    fn take(&mut self, id: OrderId, event_id: EntryId, event: &Event, ticks: &Ticks) {
        let placed = placed_order_of(event).filter(|order| order.order_id == id);
        self.order = placed.map(|order| order.status).or(self.order);
        if placed.is_some() || position_of(event) == Some(id) {
            self.is_told |= event.order().is_some_and(|order| order.order_id == id);
            self.told_fills.extend(event.fill(event_id).map(|fill| fill.id));
            self.event(id, event_id.origin(), event, ticks);
        }
    }

    fn event(&mut self, id: OrderId, entry: EntryId, event: &Event, ticks: &Ticks) {
        let tick = |symbol: Symbol| ticks.get(&symbol).copied();
        let is_its_position = position_of(event) == Some(id);
        let (word, tick) = match (&event.kind, &event.execution) {
            (EventKind::PositionOpened(order), _) if is_its_position => {
                self.is_opened = true;
                self.status = Some("OPEN");
                ("filled by", tick(order.asset))
            }
            (EventKind::PositionClosed(closed), _) if is_its_position => {
                self.is_closed = true;
                self.status = Some("CLOSED");
                let tick = tick(closed.order.asset).filter(|(id, _)| *id == closed.tick_id);
                ("closed by", tick)
            }
            (_, Some(execution)) => {
                let asset = event.fill(entry).map(|fill| fill.asset);
                let tick = asset.and_then(tick);
                ("filled by", tick.filter(|(id, _)| *id == execution.fill.tick_id))
            }
            _ => ("", None),
        };
        let tick_words = match tick {
            None => String::new(),
            Some((id, PriceUpdate { bid, ask, trade_id, .. })) => {
                format!(
                    "\n    {word} tick {id}: bid {bid} ask {ask}, trade {trade_id} of the venue"
                )
            }
        };
        if tick.is_none() && !word.is_empty() {
            self.missing
                .push(format!("the tick that the order was {word}: it is not in the kept history"));
        }
        let line = format!("{entry}  {}{tick_words}", event_line(event));
        let mut value = event_json(entry, event);
        value["what"] = "EVENT".into();
        value["tick"] = tick.map_or(Value::Null, |(id, update)| {
            json!({"id": id, "bidInt": update.bid, "askInt": update.ask, "tradeId": update.trade_id})
        });
        self.lines.push((line, value));
    }

    /// Concludes with the rows: of the order and its fills those that the history no longer tells
    /// of, of the position always.
    fn conclude(&mut self, stored: Stored) {
        let Stored { orders, fills, closed } = stored;
        if !self.is_told {
            for order in &orders {
                // A plain market order has no status but that of its position.
                self.order = self.order.or((!is_plain(order, &fills)).then_some(order.status));
                let line = format!("orders  {}  {}", time(order.updated_at_ms), order_words(order));
                self.lines.push((line, json!({"what": "ORDER_ROW", "order": order})));
            }
        }
        let untold = fills.iter().rev().filter(|fill| !self.told_fills.contains(&fill.id));
        self.lines.extend(untold.map(fill_row));
        match &closed {
            Some(closed) => {
                (self.is_opened, self.status) = (true, Some("CLOSED"));
                self.lines.push(closed_row(closed));
            }
            None if self.is_closed => self
                .missing
                .push("the row in closed_orders: db-worker has not written it yet".to_owned()),
            None => {}
        }
    }
}

/// Reports whether an order did no more than open a position at the market: the fill of such a one
/// does not name its tick.
fn is_plain(order: &Order, fills: &[AccountFill]) -> bool {
    fills.iter().any(|fill| fill.order_id == order.order_id && fill.tick_id.is_none())
}

fn fill_row(fill: &AccountFill) -> (String, Value) {
    let reason = fill.reason.map_or_else(String::new, |reason| format!(" {reason}"));
    let line = format!(
        "fills  {}  {} {} {} at {} P&L {} {}{reason} tick {} position {}",
        time(fill.id.ms),
        fill.side,
        fill.asset,
        fill.qty,
        fill.price,
        fill.realized_pnl,
        fill.role,
        or_dash(fill.tick_id),
        fill.position_id,
    );
    (line, json!({"what": "FILL_ROW", "fill": views::Fill::from(fill)}))
}

fn closed_row(closed: &ClosedPosition) -> (String, Value) {
    let ClosedPosition { order, .. } = closed;
    let line = format!(
        "closed_orders  {} {} {}x from {} at {} to {} at {}: {}, tick {}, P&L {}",
        order.side,
        order.asset,
        order.leverage,
        time(order.created_at_ms),
        order.entry_price,
        time(closed.closed_at_ms),
        closed.close_price,
        closed.close_reason,
        closed.tick_id,
        closed.final_pnl,
    );
    let value = json!({
        "what": "ROW", "asset": order.asset, "orderType": order.side,
        "leverage": order.leverage, "executionPriceInt": order.entry_price,
        "closePriceInt": closed.close_price, "finalPnLInt": closed.final_pnl,
        "closeReason": closed.close_reason, "tickId": closed.tick_id,
        "createdAt": order.created_at_ms, "closedAt": closed.closed_at_ms,
    });
    (line, value)
}
