//! The effects of changed instruments, found by applying the changes to a copy of the state.

use anyhow::{Context as _, Result};
use exchange::Exchange;
use messages::{
    CloseReason, EntryId, Event, EventKind, Instrument, MarkPrice, OrderId, Position,
    PositionChange, PriceSource, PriceUpdate, Request, RequestEntry, Side, Symbol,
};
use price::{OutOfRange, Price};
use std::collections::{HashMap, HashSet};

/// The effects of a change.
#[derive(Default)]
pub struct Effects {
    /// The positions that it liquidates.
    pub liquidations: Vec<Liquidation>,
    /// The number of positions that stay open with another liquidation price.
    pub moved: usize,
    /// The other events: stops that are reached, orders that are filled or end.
    pub others: Vec<Event>,
}

impl Effects {
    /// Adds the effects on other accounts.
    pub fn extend(&mut self, others: Self) {
        self.liquidations.extend(others.liquidations);
        self.moved += others.moved;
        self.others.extend(others.others);
    }
}

/// A position that the change liquidates.
pub struct Liquidation {
    /// The position as it is closed, with its liquidation price after the change.
    pub position: Position,
    /// Its liquidation price before the change.
    pub price_before: Price,
    /// The price that reaches the liquidation price after the change.
    pub valued_at: Price,
}

/// The prices that a change meets.
struct Prices {
    quote: Option<(Price, Price)>,
    mark: Option<MarkPrice>,
    /// The one that liquidates.
    source: PriceSource,
}

/// Applies changes to a copy of the state, each followed by the last prices of its instrument, as if
/// the feed had just sent them. What these would do without the change is not among the effects.
pub fn foresee(copy: &mut Exchange, changed: &[Instrument]) -> Result<Effects> {
    let mut effects = Effects::default();
    for instrument in changed {
        let symbol = instrument.symbol;
        if let Some(before) = copy.instrument(symbol).cloned() {
            apply_prices(copy, symbol, &Prices::last(copy, &before));
        }
        let open = copy.positions_in(symbol).map(|open| open.order);
        let before: HashMap<OrderId, Price> =
            open.map(|order| (order.order_id, order.liquidation_price)).collect();
        let prices = Prices::next(copy, instrument).with_context(|| format!("{symbol}"))?;
        let mut events = apply(copy, Request::SetInstrument(Box::new(instrument.clone())));
        events.extend(apply_prices(copy, symbol, &prices));
        effects.add(events, &before, &prices);
    }
    Ok(effects)
}

/// Applies a request at the time of the last entry: no price gets older, and no order expires.
fn apply(copy: &mut Exchange, request: Request) -> Vec<Event> {
    let last = copy.last_id();
    let id = EntryId::new(last.ms, last.seq + 1);
    let entry = RequestEntry { request_id: None, timestamp_ms: id.ms, reply_to: None, request };
    copy.apply(id, &entry).events
}

fn apply_prices(copy: &mut Exchange, symbol: Symbol, prices: &Prices) -> Vec<Event> {
    let mut events = Vec::new();
    if let Some((bid, ask)) = prices.quote {
        events.extend(apply(copy, Request::PriceUpdate(PriceUpdate::new(symbol, bid, ask, 0))));
    }
    if let Some(mark) = prices.mark {
        events.extend(apply(copy, Request::MarkPrice(mark)));
    }
    events
}

impl Prices {
    /// The last prices of an instrument; the mark price only if the feed still sends it.
    fn last(exchange: &Exchange, instrument: &Instrument) -> Self {
        let mark = exchange.last_mark(instrument.symbol).filter(|_| instrument.has_mark());
        Self {
            quote: exchange.last_quote(instrument.symbol),
            mark: mark.map(|mark| MarkPrice { marked_at_ms: None, ..mark }),
            source: instrument.liquidation_source(),
        }
    }

    /// The last prices by the parameters to come: with their spread, and the price of the last trade
    /// as the mark price if the feed has not sent one so far.
    fn next(exchange: &Exchange, new: &Instrument) -> Result<Self, OutOfRange> {
        let Some(before) = exchange.instrument(new.symbol) else {
            return Ok(Self { quote: None, mark: None, source: new.liquidation_source() });
        };
        let mut prices = Self { source: new.liquidation_source(), ..Self::last(exchange, before) };
        let Some(quote) = prices.quote else { return Ok(prices) };
        let price = markets::quoted(quote)?;
        if before.spread_bps != new.spread_bps {
            prices.quote = Some(markets::quote(price, new.spread_bps)?);
        }
        if new.has_mark() {
            let stands_in = || MarkPrice::new(new.symbol, price, None);
            prices.mark = Some(prices.mark.unwrap_or_else(stands_in));
        }
        Ok(prices)
    }

    /// The price that reaches the liquidation price of a position.
    fn reaching(&self, position: &Position) -> Option<Price> {
        match self.source {
            PriceSource::Mark => self.mark.map(|mark| mark.mark),
            PriceSource::Quote => self.quote.map(|(bid, ask)| match position.side {
                Side::Long => bid,
                Side::Short => ask,
            }),
        }
    }
}

impl Effects {
    fn add(&mut self, events: Vec<Event>, before: &HashMap<OrderId, Price>, prices: &Prices) {
        let mut moved = Vec::new();
        for event in events {
            match &event.kind {
                EventKind::PositionClosed(closed)
                    if closed.close_reason == CloseReason::Liquidation =>
                {
                    let position = closed.order.clone();
                    let own = position.liquidation_price;
                    self.liquidations.push(Liquidation {
                        price_before: *before.get(&position.order_id).unwrap_or(&own),
                        valued_at: prices.reaching(&position).unwrap_or(closed.close_price),
                        position,
                    });
                }
                EventKind::PositionChanged(changed)
                    if changed.change == PositionChange::Instrument =>
                {
                    moved.push(changed.order.order_id);
                }
                _ => self.others.push(event),
            }
        }
        let liquidated: HashSet<OrderId> =
            self.liquidations.iter().map(|liquidation| liquidation.position.order_id).collect();
        self.moved += moved.iter().filter(|id| !liquidated.contains(id)).count();
    }
}
