//! `velox position`.

mod print;

use crate::context::{Context, Verdict, absent};
use crate::events::{concerns, event_json, event_line, placed_order_of, position_of};
use crate::history::{Origin, Replay, Step, kept_events};
use crate::stored::Stored;
use anyhow::Result;
use messages::{
    AccountFill, ClosedPosition, EntryId, Event, EventKind, GetOpenOrders, OpenPosition, Order,
    OrderId, OrderSide, Position, PositionState, Query, REQUEST_STREAM, Response,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

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
    /// The position as the engine's state values it.
    valued: Option<OpenPosition>,
    closed: Option<ClosedPosition>,
    /// The orders that have opened, changed or closed it, or rest to do so.
    orders: Vec<Order>,
    /// The fills by the ids of their events, so that a fill in a table and in a stream is one.
    fills: BTreeMap<EntryId, AccountFill>,
    /// The events as text and as JSON.
    events: Vec<(String, Value)>,
    /// Whether the events begin with the one that opened the position.
    has_opening: bool,
    /// The facts that are not known any more.
    missing: Vec<String>,
}

/// The last known state of a position.
enum State<'a> {
    Open(&'a Position),
    Valued(&'a OpenPosition),
    Closed(&'a ClosedPosition),
}

pub async fn run(arguments: &Arguments, context: &Context) -> Result<Verdict> {
    let id = arguments.id;
    let mut story = Story::new(id);
    // Before the streams, so that an order's state in a stream is never older than in its row.
    let stored = Stored::of_position(&context.pool, id).await;
    // The rows name the account; without them, any shard may have the position.
    let owner = stored.as_ref().ok().and_then(Stored::owner);
    let unread = stored.map(|stored| story.recall(stored)).err();
    let mut followed = Ok(());
    for place in &context.places(owner) {
        story.missing.clear();
        followed = story.follow(place, unread.is_none()).await;
        if story.state().is_some() {
            break;
        }
    }
    let is_known = story.state().is_some();
    match (followed, unread) {
        (Err(error), _) | (Ok(()), Some(error)) if !is_known => return Err(error),
        (followed, unread) => {
            story.missing.extend(followed.err().map(|error| format!("history: {error:#}")));
            story.missing.extend(unread.map(|error| format!("rows: {error:#}")));
        }
    }
    let Some(state) = story.state() else {
        return Err(absent(format!(
            "there is no position {id} in the engine's state, in the kept part of \
             {REQUEST_STREAM}, or in closed_orders"
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
            valued: None,
            closed: None,
            orders: Vec::new(),
            fills: BTreeMap::new(),
            events: Vec::new(),
            has_opening: false,
            missing: Vec::new(),
        }
    }

    /// Takes in the rows.
    fn recall(&mut self, stored: Stored) {
        self.orders = stored.orders;
        self.fills = stored.fills.into_iter().map(|fill| (fill.id, fill)).collect();
        self.closed = stored.closed;
    }

    /// Replays the kept history. Without a snapshot to start from, it takes in the kept events.
    async fn follow(&mut self, context: &Context, has_rows: bool) -> Result<()> {
        let facts = if has_rows { "events" } else { "orders, fills and events" };
        match Replay::oldest(context).await {
            Ok(replay) => self.replay(context, replay, facts).await?,
            Err(error) => {
                let show = |id, event: &Event| self.event(id, event);
                let begins = kept_events(context, show).await?;
                self.missing.push(format!("refusals, and older {facts}: {begins}"));
                self.missing.push(format!("the engine's state: {error:#}"));
            }
        }
        self.orders.sort_by_key(|order| order.created_at_ms);
        Ok(())
    }

    async fn replay(&mut self, context: &Context, mut replay: Replay, facts: &str) -> Result<()> {
        let (origin, begins) = (replay.origin, replay.read);
        let is_older = self.begin(&replay);
        let until = EntryId::new(u64::MAX, u64::MAX);
        replay
            .run(context, until, |step, _| {
                self.step(step);
                Ok(())
            })
            .await?;
        match replay.exchange.find_order(self.id) {
            Some(PositionState::Open(open)) => self.valued = Some(open),
            Some(PositionState::Closed(closed)) => self.closed = Some(closed),
            None => {}
        }
        if origin != Origin::Beginning && (is_older || !self.has_opening) {
            self.missing.push(format!(
                "{facts} up to {begins}: {REQUEST_STREAM} is trimmed to it, and the position is \
                 older"
            ));
        }
        Ok(())
    }

    /// Begins with the state of a position, or of the order that opens it, and reports whether there
    /// is one.
    fn begin(&mut self, replay: &Replay) -> bool {
        match replay.exchange.find_order(self.id) {
            Some(PositionState::Open(open)) => {
                let query = Query::GetOpenOrders(GetOpenOrders { asset: Some(open.order.asset) });
                let resting = replay.exchange.answer(open.order.user_id, query);
                self.position = Some(open.order);
                if let Ok(Response::OpenOrders { orders }) = resting {
                    for resting in &orders {
                        self.note(&resting.order);
                    }
                }
                true
            }
            Some(PositionState::Closed(closed)) => {
                self.closed = Some(closed);
                true
            }
            None => replay.exchange.find_placed_order(self.id).is_some(),
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
                self.has_opening |= matches!(event.kind, EventKind::PositionOpened(_));
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
            self.fills.extend(event.fill(id).map(|fill| (id, fill)));
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

    /// The last known state: that of the engine, the stream's, or the row's.
    fn state(&self) -> Option<State<'_>> {
        if let Some(closed) = &self.closed {
            return Some(State::Closed(closed));
        }
        let valued = self.valued.as_ref().map(State::Valued);
        valued.or_else(|| self.position.as_ref().map(State::Open))
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
