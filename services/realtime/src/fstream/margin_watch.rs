//! Watches the positions of the accounts with listen keys in use, and notices when a price comes
//! close to the liquidation of one.
//!
//! The engine is asked for an account's positions when a client connects; from then on they follow
//! its events. A tick costs a look at the nearest positions of its instrument.

use super::margin_ladder::{Key, Ladder, Levels, place};
use markets::Followed;
use messages::{
    Event, EventKind, MarkPrice, MarketPrice, OrderId, Position, PriceSource, Side, Symbol, UserId,
};
use price::{Price, Usd};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};

/// The positions of the accounts with listen keys in use.
pub struct MarginWatch {
    markets: Followed,
    /// Held for an event or a price, never across an await.
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    accounts: HashMap<UserId, Account>,
    /// The positions of an instrument, by the price that liquidates them and their side.
    ladders: HashMap<(Symbol, PriceSource, Side), Ladder>,
    due: BTreeMap<UserId, Vec<Called>>,
}

#[derive(Default)]
struct Account {
    /// Free to trade with; not known before the engine has answered.
    balance: Option<Usd>,
    positions: HashMap<OrderId, Watched>,
    /// The number of the last question to the engine.
    asked: u64,
    /// The positions that events have told of since; they know better than its answer.
    told: HashSet<OrderId>,
}

struct Watched {
    position: Position,
    source: PriceSource,
    levels: Levels,
}

/// A warning to an account.
#[derive(Clone, Debug)]
pub struct MarginCall {
    /// The free balance of the account.
    pub balance: Usd,
    pub positions: Vec<Called>,
}

/// A position close to its liquidation, and the price that has come so close.
#[derive(Clone, Debug)]
pub struct Called {
    pub position: Position,
    pub price: Price,
}

impl MarginWatch {
    pub fn new(markets: Followed) -> Self {
        Self { markets, inner: Mutex::default() }
    }

    /// Begins to follow an account's events. Returns the number of the question that the engine is
    /// to be asked from now on.
    pub fn expect(&self, account: UserId) -> u64 {
        let mut inner = self.inner();
        let account = inner.accounts.entry(account).or_default();
        account.asked += 1;
        account.told.clear();
        account.asked
    }

    /// Returns whether the answer to a question is still wanted.
    pub fn expects(&self, account: UserId, asked: u64) -> bool {
        self.inner().accounts.get(&account).is_some_and(|account| account.asked == asked)
    }

    /// Takes the engine's answer to a question.
    pub fn learn(&self, id: UserId, asked: u64, (balance, open): (Usd, Vec<Position>)) {
        let inner = &mut *self.inner();
        let Some(account) = inner.accounts.get_mut(&id) else { return };
        if account.asked != asked {
            return;
        }
        account.balance.get_or_insert(balance);
        let told = account.told.clone();
        let is_open: HashSet<_> = open.iter().map(|position| position.order_id).collect();
        let known: Vec<_> = account.positions.keys().copied().collect();
        for gone in known.iter().filter(|known| !is_open.contains(known) && !told.contains(known)) {
            inner.remove((id, *gone));
        }
        for position in open {
            if !told.contains(&position.order_id) {
                self.put(inner, position);
            }
        }
    }

    /// Takes an event of any account, in order.
    pub fn take(&self, event: &Event) {
        let inner = &mut *self.inner();
        let Some(account) = inner.accounts.get_mut(&event.user_id) else { return };
        account.balance = Some(event.account.balance);
        let open = match &event.kind {
            EventKind::PositionOpened(position) | EventKind::PositionModified(position) => position,
            EventKind::PositionChanged(changed) => &changed.order,
            EventKind::FundingSettled(funding) => &funding.order,
            EventKind::PositionClosed(closed) => {
                account.told.insert(closed.order.order_id);
                inner.remove((event.user_id, closed.order.order_id));
                return;
            }
            EventKind::UserRegistered(_)
            | EventKind::BalanceAdjusted(_)
            | EventKind::OrderAccepted(_)
            | EventKind::OrderAmended(_)
            | EventKind::OrderActivated(_)
            | EventKind::OrderCanceled(_)
            | EventKind::OrderExpired(_)
            | EventKind::PositionModeChanged(_)
            | EventKind::LeverageChanged(_)
            | EventKind::AccountReset(_) => return,
        };
        account.told.insert(open.order_id);
        self.put(inner, open.clone());
    }

    /// Takes a price; one in dispute liquidates nothing.
    pub fn take_price(&self, price: &MarketPrice) {
        if price.disputed.is_none() {
            let symbol = price.trade.symbol;
            self.move_to((symbol, PriceSource::Quote), (price.bid, price.ask));
        }
    }

    pub fn take_mark(&self, mark: &MarkPrice) {
        self.move_to((mark.symbol, PriceSource::Mark), (mark.mark, mark.mark));
    }

    /// Takes the warnings that are due, of positions that are still open.
    pub fn take_due(&self) -> Vec<(UserId, Arc<MarginCall>)> {
        let mut inner = self.inner();
        let due = std::mem::take(&mut inner.due);
        let calls = due.into_iter().filter_map(|(id, positions)| {
            let account = inner.accounts.get(&id)?;
            let is_open =
                |called: &Called| account.positions.contains_key(&called.position.order_id);
            let positions: Vec<Called> = positions.into_iter().filter(is_open).collect();
            let balance = account.balance.unwrap_or(Usd::ZERO);
            (!positions.is_empty()).then(|| (id, Arc::new(MarginCall { balance, positions })))
        });
        calls.collect()
    }

    /// Returns whether an account's events are followed.
    pub fn has(&self, account: UserId) -> bool {
        self.inner().accounts.contains_key(&account)
    }

    /// Forgets the accounts of which nobody hears any more.
    pub fn retain(&self, is_heard: impl Fn(UserId) -> bool) {
        let inner = &mut *self.inner();
        let gone: Vec<_> = inner.accounts.keys().copied().filter(|id| !is_heard(*id)).collect();
        for id in gone {
            let positions =
                inner.accounts.get(&id).map(|account| account.positions.keys().copied());
            for position in positions.into_iter().flatten().collect::<Vec<_>>() {
                inner.remove((id, position));
            }
            inner.accounts.remove(&id);
        }
    }

    /// Replaces a position. One that was warned stays so until a price shows that it is calm.
    fn put(&self, inner: &mut Inner, position: Position) {
        let key = (position.user_id, position.order_id);
        let is_warned = inner.remove(key);
        let markets = self.markets.now();
        let Some(instrument) = markets.get(position.asset) else { return };
        let Some(levels) = Levels::of(&position) else { return };
        let Some(account) = inner.accounts.get_mut(&key.0) else { return };
        let watched = Watched { source: instrument.liquidation_source(), levels, position };
        inner.ladders.entry(watched.ladder()).or_default().insert(key, levels, is_warned);
        account.positions.insert(key.1, watched);
    }

    fn move_to(&self, (symbol, source): (Symbol, PriceSource), (bid, ask): (Price, Price)) {
        let Inner { accounts, ladders, due } = &mut *self.inner();
        for (side, price) in [(Side::Long, bid), (Side::Short, ask)] {
            let Some(ladder) = ladders.get_mut(&(symbol, source, side)) else { continue };
            ladder.move_to(place(side, price), |(id, position)| {
                let account = accounts.get(&id);
                let Some(watched) = account.and_then(|account| account.positions.get(&position))
                else {
                    return;
                };
                let position = watched.position.clone();
                // It is liquidated by this price: a warning would come after that.
                let is_over = match side {
                    Side::Long => price <= position.liquidation_price,
                    Side::Short => price >= position.liquidation_price,
                };
                if is_over {
                    return;
                }
                due.entry(id).or_default().push(Called { position, price });
            });
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("nothing panics while it holds this lock")
    }
}

impl Inner {
    /// Removes a position, if it is there; returns whether it was warned.
    fn remove(&mut self, key: Key) -> bool {
        let account = self.accounts.get_mut(&key.0);
        let Some(watched) = account.and_then(|account| account.positions.remove(&key.1)) else {
            return false;
        };
        let Some(ladder) = self.ladders.get_mut(&watched.ladder()) else { return false };
        let was_warned = ladder.remove(key, watched.levels);
        if ladder.is_empty() {
            self.ladders.remove(&watched.ladder());
        }
        was_warned
    }
}

impl Watched {
    const fn ladder(&self) -> (Symbol, PriceSource, Side) {
        (self.position.asset, self.source, self.position.side)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fstream::margin_ladder::tests::position;
    use markets::Markets;
    use messages::{AccountState, LiquidationModel};
    use testkit::symbols::{ETH, shipped};
    use uuid::Uuid;

    const ID: UserId = UserId(Uuid::from_u128(2));

    fn watch(liquidation_model: LiquidationModel) -> MarginWatch {
        let instrument = messages::Instrument { liquidation_model, ..shipped(ETH) };
        MarginWatch::new(Followed::fixed(Markets::from(vec![instrument])))
    }

    fn numbered(n: u128) -> Position {
        let order_id = OrderId(Uuid::from_u128(n));
        Position { order_id, ..position(Side::Long, "1000", "900") }
    }

    fn opened(n: u128) -> Event {
        let amount = |text: &str| text.parse().unwrap();
        let account = AccountState {
            balance: amount("7"),
            used_margin: amount("1"),
            reserved: Usd::ZERO,
            sequence: 1,
        };
        let kind = EventKind::PositionOpened(numbered(n));
        Event { request_id: None, user_id: ID, timestamp_ms: 1, account, kind, execution: None }
    }

    /// The numbers of the positions that a price warns of.
    fn warned(watch: &MarginWatch, source: PriceSource, price: &str) -> Vec<u128> {
        let price = price.parse().unwrap();
        watch.move_to((ETH, source), (price, price));
        let calls = watch.take_due();
        let positions = calls.iter().flat_map(|(_, call)| &call.positions);
        positions.map(|called| called.position.order_id.0.as_u128()).collect()
    }

    #[test]
    fn the_price_that_liquidates_is_the_one_that_warns() {
        let rows = [
            (LiquidationModel::MarginLoss, PriceSource::Quote, PriceSource::Mark),
            (LiquidationModel::Maintenance, PriceSource::Mark, PriceSource::Quote),
        ];
        for (model, source, other) in rows {
            let watch = watch(model);
            watch.expect(ID);
            watch.take(&opened(1));
            assert!(warned(&watch, other, "901").is_empty());
            assert_eq!(warned(&watch, source, "901"), [1]);
        }
    }

    #[test]
    fn no_warning_comes_after_the_liquidation() {
        let watch = watch(LiquidationModel::MarginLoss);
        watch.expect(ID);
        watch.take(&opened(1));
        assert!(warned(&watch, PriceSource::Quote, "900").is_empty(), "this price liquidates");
        // The other way round: the warning is due, and the position is closed before it is taken.
        watch.take(&opened(2));
        let price = "901".parse().unwrap();
        watch.move_to((ETH, PriceSource::Quote), (price, price));
        watch.inner().remove((ID, OrderId(Uuid::from_u128(2))));
        assert!(watch.take_due().iter().all(|(_, call)| {
            call.positions.iter().all(|called| called.position.order_id.0.as_u128() != 2)
        }));
    }

    #[test]
    fn events_know_better_than_an_answer_that_comes_after_them() {
        let watch = watch(LiquidationModel::MarginLoss);
        watch.take(&opened(1));
        assert!(warned(&watch, PriceSource::Quote, "901").is_empty(), "nobody listens");
        watch.learn(ID, watch.expect(ID), (Usd::ZERO, vec![numbered(1), numbered(2)]));
        assert_eq!(warned(&watch, PriceSource::Quote, "901"), [1, 2]);
        // A client comes back: what has gone in the meantime is gone, and the warnings stay.
        let outdated = watch.expect(ID);
        let asked = watch.expect(ID);
        watch.take(&opened(3));
        watch.learn(ID, outdated, (Usd::ZERO, Vec::new()));
        watch.learn(ID, asked, (Usd::ZERO, vec![numbered(2)]));
        assert_eq!(warned(&watch, PriceSource::Quote, "901"), [3]);
        assert!(warned(&watch, PriceSource::Quote, "1000").is_empty());
        assert_eq!(warned(&watch, PriceSource::Quote, "901"), [2, 3]);
        watch.retain(|_| false);
        assert!(!watch.has(ID) && watch.inner().ladders.is_empty());
    }
}
