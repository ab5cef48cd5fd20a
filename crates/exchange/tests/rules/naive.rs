//! A second implementation, as plain as can be: lists that are scanned, whole-number arithmetic
//! written out, no index, no cache, nothing shared with the crate but the message types.
//!
//! It is compared with the real one, so it must not be clever.

use messages::{
    AccountState, AdjustBalance, ClosePosition, CloseReason, ClosedPosition, EntryId, Event,
    EventKind, Instrument, OrderId, Position, PriceUpdate, RegisterUser, Request, RequestEntry,
    Rules, Side, Symbol, UserId,
};
use price::{Price, Qty, Usd};

const SCALE: i128 = 100_000_000;

pub struct Naive {
    pub rules: Rules,
    paused: bool,
    /// The clock of the last entry's sender.
    clock_ms: u64,
    pub accounts: Vec<NaiveAccount>,
    /// The open positions in the order in which they were opened.
    open: Vec<Position>,
    closed: Vec<(Position, u64)>,
    /// The ids of orders that are no longer in `closed`, with the times at which they were closed.
    closed_ids: Vec<(OrderId, u64)>,
    prices: Vec<NaivePrice>,
    pub instruments: Vec<NaiveInstrument>,
    disputed: Vec<Symbol>,
}

#[derive(Clone, Copy)]
struct NaivePrice {
    symbol: Symbol,
    bid: i128,
    ask: i128,
    tick: EntryId,
    traded_at_ms: Option<u64>,
    valid_for_ms: Option<u64>,
}

#[derive(Clone, Copy)]
pub struct NaiveInstrument {
    pub symbol: Symbol,
    pub max_leverage: i128,
    pub loss_bps: i128,
    pub stale_price_ms: Option<u64>,
}

pub struct NaiveAccount {
    pub user_id: UserId,
    pub balance: i128,
    pub used_margin: i128,
    sequence: u64,
}

impl Naive {
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            paused: false,
            clock_ms: 0,
            accounts: vec![],
            open: vec![],
            closed: vec![],
            closed_ids: vec![],
            disputed: vec![],
            prices: vec![],
            instruments: vec![],
        }
    }

    /// Returns the events, or `None` if the request is refused.
    pub fn apply(&mut self, id: EntryId, entry: &RequestEntry) -> Option<Vec<Event>> {
        let rules = self.rules;
        let id_retention_ms = rules.order_id_retention_ms.unwrap_or(0);
        while self.closed_ids.first().is_some_and(|(_, at)| id.ms - at > id_retention_ms) {
            self.closed_ids.remove(0);
        }
        while self.closed.first().is_some_and(|(_, at)| id.ms - at > rules.closed_retention_ms) {
            self.forget_oldest();
        }
        while self.closed.len() > rules.closed_retention_max as usize {
            self.forget_oldest();
        }
        self.clock_ms = entry.timestamp_ms;
        let mut events = self.changes(id, &entry.request)?;
        for event in &mut events {
            if !matches!(entry.request, Request::PriceUpdate(_)) {
                event.request_id = entry.request_id;
            }
        }
        Some(events)
    }

    fn changes(&mut self, id: EntryId, request: &Request) -> Option<Vec<Event>> {
        match request {
            Request::RegisterUser(user_id, RegisterUser { deposit }) => {
                self.register(id, *user_id, *deposit)
            }
            Request::PlaceOrder(..) => self.place(id, request),
            Request::ModifyPosition(..) => self.modify(id, request),
            Request::ClosePosition(user_id, ClosePosition { order_id, price_limit }) => {
                let index = self.open.iter().position(|o| o.order_id == *order_id)?;
                if self.open[index].user_id != *user_id {
                    return None;
                }
                let NaivePrice { bid, ask, tick, .. } = self.price(self.open[index].asset)?;
                let long = self.open[index].side == Side::Long;
                let limit = price_limit.map(Price::scaled);
                let is_beyond = |limit| if long { bid < limit } else { ask > limit };
                if !self.is_tradable(id, self.open[index].asset) || limit.is_some_and(is_beyond) {
                    return None;
                }
                Some(vec![self.settle(id, index, CloseReason::Manual, (bid, ask, tick), 0)])
            }
            Request::PriceUpdate(update) => {
                let (bid, ask) = (update.bid.scaled(), update.ask.scaled());
                self.instrument(update.symbol)?;
                if bid <= 0 || bid > ask {
                    return None;
                }
                let (symbol, tick) = (update.symbol, id);
                let PriceUpdate { traded_at_ms, valid_for_ms, .. } = *update;
                self.prices.retain(|price| price.symbol != symbol);
                self.prices.push(NaivePrice { symbol, bid, ask, tick, traded_at_ms, valid_for_ms });
                self.disputed.retain(|disputed| *disputed != symbol);
                Some(self.scan(id, update.symbol, (bid, ask, id)))
            }
            Request::DisputePrice(dispute) => {
                self.instrument(dispute.symbol)?;
                self.disputed.push(dispute.symbol);
                Some(vec![])
            }
            Request::SetRules(rules) => {
                self.rules = *rules;
                Some(vec![])
            }
            Request::SetInstrument(instrument) => {
                self.list(instrument);
                Some(vec![])
            }
            Request::PauseTrading(attribution) | Request::ResumeTrading(attribution) => {
                if attribution.by.is_empty() || attribution.reason.is_empty() {
                    return None;
                }
                self.paused = matches!(request, Request::PauseTrading(_));
                Some(vec![])
            }
            Request::AdjustBalance(user_id, AdjustBalance { amount, attribution }) => {
                let account = self.accounts.iter_mut().find(|a| a.user_id == *user_id)?;
                let is_attributed = !attribution.by.is_empty() && !attribution.reason.is_empty();
                let balance = account.balance + amount.scaled();
                if !is_attributed || amount.scaled() == 0 || balance < 0 {
                    return None;
                }
                account.balance = balance;
                let (amount, attribution) = (*amount, attribution.clone());
                let kind = EventKind::BalanceAdjusted(AdjustBalance { amount, attribution });
                Some(vec![self.event(id, *user_id, kind)])
            }
        }
    }

    fn register(&mut self, id: EntryId, user_id: UserId, deposit: Usd) -> Option<Vec<Event>> {
        if self.accounts.iter().any(|account| account.user_id == user_id) {
            return Some(vec![]);
        }
        if deposit.scaled() < 0 {
            return None;
        }
        let balance = deposit.scaled();
        self.accounts.push(NaiveAccount { user_id, balance, used_margin: 0, sequence: 0 });
        Some(vec![self.event(id, user_id, EventKind::UserRegistered(RegisterUser { deposit }))])
    }

    fn place(&mut self, id: EntryId, request: &Request) -> Option<Vec<Event>> {
        let Request::PlaceOrder(user_id, place) = request else { return None };
        let balance = self.accounts.iter().find(|a| a.user_id == *user_id)?.balance;
        // The same order or a different one: either way nothing happens.
        if self.knows(&[Some(place.order_id), place.earlier_order_id]) {
            return None;
        }
        let asset: Symbol = place.asset.parse().ok().filter(|_| !self.paused)?;
        let instrument = self.instrument(asset)?;
        let NaivePrice { bid, ask, .. } = self.price(asset)?;
        let long = place.side == Side::Long;
        let (entry, exit) = if long { (ask, bid) } else { (bid, ask) };
        let (leverage, qty) = (i128::from(place.leverage), place.qty.scaled());
        let fits = |value: i128| i64::try_from(value).is_ok();
        if !self.is_tradable(id, asset) || !(1..=instrument.max_leverage).contains(&leverage) {
            return None;
        }
        if self.rules.clock_lead_max_ms.is_some_and(|max| id.ms > self.clock_ms + max) {
            return None;
        }
        let limit = place.price_limit.map(Price::scaled);
        if limit.is_some_and(|limit| if long { ask > limit } else { bid < limit }) {
            return None;
        }
        if qty <= 0 || !fits(qty) {
            return None;
        }
        let divisor = SCALE * leverage;
        let (floor, ceiling) = (qty * entry / divisor, (qty * entry + divisor - 1) / divisor);
        let distance = entry * instrument.loss_bps / (10_000 * leverage);
        let liquidation = if long { entry - distance } else { entry + distance };
        if floor == 0 || !fits(ceiling) || !fits(liquidation) {
            return None;
        }
        let better = |a: i128, b: i128| if long { a > b } else { a < b };
        let stop_loss = place.stop_loss.map(Price::scaled);
        let take_profit = place.take_profit.map(Price::scaled);
        if !better(exit, liquidation) {
            return None;
        }
        if stop_loss.is_some_and(|stop| !better(exit, stop) || !better(stop, liquidation)) {
            return None;
        }
        if take_profit.is_some_and(|take| !better(take, entry) || take <= 0 || !fits(take)) {
            return None;
        }
        let count = self.open.iter().filter(|order| order.user_id == *user_id).count();
        if count >= self.rules.max_open_positions as usize || ceiling > balance {
            return None;
        }
        let order = Position {
            order_id: place.order_id,
            user_id: *user_id,
            asset,
            side: place.side,
            leverage: u8::try_from(leverage).unwrap(),
            qty: Qty::from_scaled(qty),
            margin: Usd::from_scaled(ceiling),
            entry_price: Price::from_scaled(entry),
            liquidation_price: Price::from_scaled(liquidation),
            stop_loss: place.stop_loss,
            take_profit: place.take_profit,
            created_at_ms: id.ms,
        };
        self.open.push(order.clone());
        let account = self.account(*user_id);
        account.balance -= ceiling;
        account.used_margin += ceiling;
        Some(vec![self.event(id, *user_id, EventKind::PositionOpened(order))])
    }

    fn knows(&self, ids: &[Option<OrderId>]) -> bool {
        let is_known = |order_id: &OrderId| ids.contains(&Some(*order_id));
        self.open.iter().any(|order| is_known(&order.order_id))
            || self.closed.iter().any(|(order, _)| is_known(&order.order_id))
            || self.closed_ids.iter().any(|(order_id, _)| is_known(order_id))
    }

    fn modify(&mut self, id: EntryId, request: &Request) -> Option<Vec<Event>> {
        let Request::ModifyPosition(user_id, modify) = request else { return None };
        let index = self.open.iter().position(|o| o.order_id == modify.order_id)?;
        let old = self.open[index].clone();
        if old.user_id != *user_id {
            return None;
        }
        let NaivePrice { bid, ask, .. } = self.price(old.asset)?;
        let long = old.side == Side::Long;
        let market = Price::from_scaled(if long { bid } else { ask });
        let better = |a: Price, b: Price| if long { a > b } else { a < b };
        let stop_loss = modify.stop_loss.apply(old.stop_loss);
        let take_profit = modify.take_profit.apply(old.take_profit);
        if (stop_loss, take_profit) == (old.stop_loss, old.take_profit) {
            return Some(vec![]);
        }
        if let messages::Edit::Set(stop) = modify.stop_loss
            && (!better(market, stop) || !better(stop, old.liquidation_price))
        {
            return None;
        }
        if let messages::Edit::Set(take) = modify.take_profit
            && (!better(take, market) || take.scaled() <= 0)
        {
            return None;
        }
        self.open[index].stop_loss = stop_loss;
        self.open[index].take_profit = take_profit;
        let order = self.open[index].clone();
        Some(vec![self.event(id, order.user_id, EventKind::PositionModified(order))])
    }

    /// Scans every position, sorts those that are reached, and closes them one by one.
    fn scan(&mut self, id: EntryId, symbol: Symbol, tick: (i128, i128, EntryId)) -> Vec<Event> {
        let mut reached: Vec<(CloseReason, Side, i128, usize)> = vec![];
        for (index, order) in self.open.iter().enumerate().filter(|(_, o)| o.asset == symbol) {
            let long = order.side == Side::Long;
            let at = if long { tick.0 } else { tick.1 };
            let hit_below = |level: Price| at <= level.scaled();
            let hit_above = |level: Price| at >= level.scaled();
            let loss = |level: Price| if long { hit_below(level) } else { hit_above(level) };
            let gain = |level: Price| if long { hit_above(level) } else { hit_below(level) };
            // The level that the price passed first sorts first.
            let falling = |level: Price| -level.scaled();
            let rising = |level: Price| level.scaled();
            if loss(order.liquidation_price) {
                let level = order.liquidation_price;
                let passed = if long { falling(level) } else { rising(level) };
                reached.push((CloseReason::Liquidation, order.side, passed, index));
            } else if let Some(level) = order.stop_loss.filter(|level| loss(*level)) {
                let passed = if long { falling(level) } else { rising(level) };
                reached.push((CloseReason::StopLoss, order.side, passed, index));
            } else if let Some(level) = order.take_profit.filter(|level| gain(*level)) {
                let passed = if long { rising(level) } else { falling(level) };
                reached.push((CloseReason::TakeProfit, order.side, passed, index));
            }
        }
        reached.sort();
        let orders: Vec<_> = reached
            .iter()
            .map(|(reason, .., index)| (*reason, self.open[*index].order_id))
            .collect();
        let mut events = vec![];
        for (n, (reason, order_id)) in orders.iter().enumerate() {
            let index = self.open.iter().position(|order| order.order_id == *order_id).unwrap();
            let following = orders.len() - 1 - n;
            events.push(self.settle(id, index, *reason, tick, following));
        }
        events
    }

    fn settle(
        &mut self,
        id: EntryId,
        index: usize,
        close_reason: CloseReason,
        (bid, ask, tick_id): (i128, i128, EntryId),
        following: usize,
    ) -> Event {
        let order = self.open.remove(index);
        let long = order.side == Side::Long;
        let close = if long { bid } else { ask };
        let entry = order.entry_price.scaled();
        let gain = if long { close - entry } else { entry - close };
        let pnl = (order.qty.scaled() * gain).div_euclid(SCALE);
        let margin = order.margin.scaled();
        let final_pnl = if pnl < -margin { -margin } else { pnl };
        let account = self.account(order.user_id);
        account.balance += margin + final_pnl;
        account.used_margin -= margin;
        let most = self.rules.closed_retention_max as usize;
        if following < most {
            self.closed.push((order.clone(), id.ms));
            if self.closed.len() > most {
                self.forget_oldest();
            }
        } else {
            self.remember_id(order.order_id, id.ms);
        }
        let closed = ClosedPosition {
            close_reason,
            close_price: Price::from_scaled(close),
            final_pnl: Usd::from_scaled(final_pnl),
            shortfall: Usd::from_scaled(final_pnl - pnl),
            tick_id,
            closed_at_ms: id.ms,
            order,
        };
        self.event(id, closed.order.user_id, EventKind::PositionClosed(closed))
    }

    fn price(&self, symbol: Symbol) -> Option<NaivePrice> {
        self.prices.iter().find(|price| price.symbol == symbol).copied()
    }

    fn list(&mut self, instrument: &Instrument) {
        let new = NaiveInstrument {
            symbol: instrument.symbol,
            max_leverage: instrument.max_leverage.into(),
            loss_bps: instrument.liquidation_loss_bps.into(),
            stale_price_ms: instrument.stale_price_ms,
        };
        match self.instruments.iter_mut().find(|known| known.symbol == new.symbol) {
            Some(known) => *known = new,
            None => self.instruments.push(new),
        }
    }

    /// Returns a listed instrument. A history that lists none has these three.
    fn instrument(&mut self, symbol: Symbol) -> Option<NaiveInstrument> {
        let three = ["BTCUSDT", "ETHUSDT", "SOLUSDT"];
        if self.instruments.is_empty() && three.contains(&symbol.as_str()) {
            self.instruments = three
                .map(|text| NaiveInstrument {
                    symbol: text.parse().unwrap(),
                    max_leverage: 100,
                    loss_bps: 9_000,
                    stale_price_ms: None,
                })
                .to_vec();
        }
        self.instruments.iter().find(|instrument| instrument.symbol == symbol).copied()
    }

    /// Reports whether orders are filled at the last price.
    fn is_tradable(&self, id: EntryId, symbol: Symbol) -> bool {
        let Some(price) = self.price(symbol) else { return false };
        let mut ages = vec![id.ms - price.tick.ms];
        if let Some(traded_at_ms) = price.traded_at_ms {
            ages.push(self.clock_ms.saturating_sub(traded_at_ms));
            ages.push(traded_at_ms.saturating_sub(self.clock_ms));
        }
        let instrument = self.instruments.iter().find(|listed| listed.symbol == symbol).unwrap();
        let stale_price_ms = instrument.stale_price_ms.unwrap_or(self.rules.stale_price_ms);
        let limits = [Some(stale_price_ms), price.valid_for_ms];
        let is_young = ages.iter().all(|age| limits.iter().flatten().all(|limit| age <= limit));
        is_young && !self.disputed.contains(&symbol)
    }

    fn forget_oldest(&mut self) {
        let (order, closed_at) = self.closed.remove(0);
        self.remember_id(order.order_id, closed_at);
    }

    fn remember_id(&mut self, order_id: OrderId, closed_at: u64) {
        if self.rules.order_id_retention_ms.is_some() {
            self.closed_ids.push((order_id, closed_at));
        }
    }

    fn account(&mut self, user_id: UserId) -> &mut NaiveAccount {
        self.accounts.iter_mut().find(|account| account.user_id == user_id).unwrap()
    }

    fn event(&mut self, id: EntryId, user_id: UserId, kind: EventKind) -> Event {
        let account = self.account(user_id);
        account.sequence += 1;
        let account = AccountState {
            balance: Usd::from_scaled(account.balance),
            used_margin: Usd::from_scaled(account.used_margin),
            sequence: account.sequence,
        };
        Event { request_id: None, user_id, timestamp_ms: id.ms, account, kind }
    }
}
