//! Fills: what an order does to positions. A fill is planned with all its guards first, and then
//! carried out.

use crate::exchange::Exchange;
use crate::execution::{Deal, FillAmounts, close_reason, execution, fill};
use crate::instruments::InstrumentIndex;
use crate::ledger::add;
use crate::position::{PackedPosition, Terms};
use crate::slab::Slot;
use crate::valuation;
use messages::{
    Event, EventKind, FillRole, Instrument, Order, PositionChange, PositionChanged, PositionMode,
    PositionState, Rejection, Side,
};
use price::{OutOfRange, Price, Qty, Rounding, Usd};
use std::sync::Arc;

/// The steps of a fill: close a position or a part of it, then open or increase one.
pub struct Plan {
    reduces: Option<(Slot, Qty)>,
    /// Apart, because most orders that arrive rest, and their outcome is passed on several times.
    opens: Option<Box<Opening>>,
}

/// A position that a fill opens, or the one that it increases.
struct Opening {
    increases: Option<Slot>,
    qty: Qty,
    margin: Usd,
    fee: Usd,
    /// The position afterwards.
    position: PackedPosition,
}

impl Opening {
    /// The money that it takes from the balance.
    fn required(&self) -> Usd {
        add(self.margin, self.fee)
    }
}

impl Plan {
    /// Reports whether the fill opens or increases a position.
    pub const fn opens(&self) -> bool {
        self.opens.is_some()
    }

    /// The quantity that the fill trades.
    pub fn qty(&self) -> Qty {
        let reduced = self.reduces.map_or(Qty::ZERO, |(_, qty)| qty);
        let opened = self.opens.as_ref().map_or(Qty::ZERO, |opening| opening.qty);
        reduced.checked_add(opened).expect("an order's quantity fits in 64 bits")
    }
}

impl Exchange {
    /// The position that an order would change, if there is one.
    ///
    /// # Errors
    /// [`Rejection::WouldNotReduce`] for an order that reduces, if there is none on the other side.
    pub(crate) fn target(
        &self,
        order: &Order,
        account: Slot,
        instrument: InstrumentIndex,
    ) -> Result<Option<Slot>, Rejection> {
        let named =
            |slot: &Slot| order.position_id.is_none_or(|id| self.book.get(*slot).order_id == id);
        let target = match self.accounts.get(account).mode {
            PositionMode::Separate => {
                let found = order.position_id.and_then(|id| self.book.find(id));
                found.filter(|slot| {
                    let position = self.book.get(*slot);
                    position.account == account && position.instrument == instrument
                })
            }
            PositionMode::OneWay => self.net_position(account, instrument, None).filter(named),
            PositionMode::Hedge => {
                self.net_position(account, instrument, order.position_side).filter(named)
            }
        };
        let is_opposite = |slot: &Slot| self.book.get(*slot).side != order.side.opens();
        if order.reduce_only && !target.as_ref().is_some_and(is_opposite) {
            return Err(Rejection::WouldNotReduce);
        }
        Ok(target)
    }

    /// The position of a netting account in an instrument, on one side if it is given.
    pub(crate) fn net_position(
        &self,
        account: Slot,
        instrument: InstrumentIndex,
        side: Option<Side>,
    ) -> Option<Slot> {
        let held = self.accounts.get(account).held;
        self.book.slots_of(held).find(|slot| {
            let position = self.book.get(*slot);
            position.instrument == instrument && side.is_none_or(|side| position.side == side)
        })
    }

    /// Plans a fill of an order at a price in a role. `reserved` is what the order itself has
    /// reserved.
    ///
    /// # Errors
    /// The reason for which the order can't be filled at this price.
    pub(crate) fn plan(
        &self,
        order: &Order,
        (account, instrument): (Slot, InstrumentIndex),
        deal: (Price, FillRole),
        reserved: Usd,
    ) -> Result<Plan, Rejection> {
        let target = self.target(order, account, instrument)?;
        let is_opposite = |slot: &Slot| self.book.get(*slot).side != order.side.opens();
        let reduces = target.filter(is_opposite).map(|slot| {
            let whole = self.book.get(slot).qty();
            (slot, if order.close_position { whole } else { order.qty.min(whole) })
        });
        let opened_qty = match reduces {
            Some(_) if order.reduce_only => Qty::ZERO,
            Some((_, qty)) => less(order.qty, qty),
            None => order.qty,
        };
        if !opened_qty.is_positive() {
            return Ok(Plan { reduces, opens: None });
        }

        let holder = self.accounts.get(account);
        let (mut payout, mut closed) = (Usd::ZERO, 0);
        if let Some((slot, qty)) = reduces {
            payout = self.closed_part(slot, qty, deal).payout();
            closed = usize::from(qty == self.book.get(slot).qty());
        }
        let increases = target.filter(|slot| !is_opposite(slot));
        self.check_count(account, increases, closed)?;
        let opens = self.opening(order, (account, instrument), (opened_qty, deal), increases)?;
        self.check_trailing_stop(order)?;
        let available = add(add(holder.balance, reserved), payout);
        let required = opens.required();
        if required > available {
            return Err(Rejection::InsufficientBalance { required, available });
        }
        Ok(Plan { reduces, opens: Some(Box::new(opens)) })
    }

    /// Checks that an account may open a position after it has closed a number of others, unless
    /// one is increased.
    pub(crate) fn check_count(
        &self,
        account: Slot,
        increases: Option<Slot>,
        closed: usize,
    ) -> Result<(), Rejection> {
        let limit = self.rules.max_open_positions;
        let count = self.accounts.get(account).held.count() - closed;
        if increases.is_none() && count >= limit as usize {
            return Err(Rejection::TooManyPositions { limit });
        }
        Ok(())
    }

    /// Plans the reversal of a position by an order that trades twice its quantity.
    ///
    /// # Errors
    /// The reason for which the order can't be filled at this price.
    pub(crate) fn plan_reversal(
        &self,
        order: &Order,
        slot: Slot,
        price: Price,
    ) -> Result<Plan, Rejection> {
        let position = self.book.get(slot);
        let (account, instrument, qty) = (position.account, position.instrument, position.qty());
        let increases = match self.accounts.get(account).mode {
            PositionMode::Hedge => self.net_position(account, instrument, order.position_side),
            PositionMode::Separate | PositionMode::OneWay => None,
        };
        self.check_count(account, increases, 1)?;
        let deal = (price, FillRole::Taker);
        let opens = self.opening(order, (account, instrument), (qty, deal), increases)?;
        let payout = self.closed_part(slot, qty, deal).payout();
        let available = add(self.accounts.get(account).balance, payout);
        let required = opens.required();
        if required > available {
            return Err(Rejection::InsufficientBalance { required, available });
        }
        Ok(Plan { reduces: Some((slot, qty)), opens: Some(Box::new(opens)) })
    }

    fn opening(
        &self,
        order: &Order,
        (account, instrument): (Slot, InstrumentIndex),
        (qty, (price, role)): (Qty, (Price, FillRole)),
        increases: Option<Slot>,
    ) -> Result<Opening, Rejection> {
        let margin = opening_margin(qty, price, order.leverage)?;
        let out_of_range = |OutOfRange| Rejection::AmountOutOfRange;
        let listed = self.instruments.get(instrument);
        let terms = &*listed.instrument;
        let fee = valuation::fee(qty, price, terms.fee_ppm(role)).map_err(out_of_range)?;
        let mut position = match increases {
            None => {
                let side = order.side.opens();
                let position = || {
                    let leverage = order.leverage;
                    let opened = (price, qty);
                    let liquidation_price =
                        valuation::liquidation_price_at_opening(terms, side, leverage, opened)?;
                    let amounts = Terms { qty, margin, entry_price: price, liquidation_price };
                    let who = (order.order_id, self.opened, account);
                    let what = (instrument, side, leverage);
                    PackedPosition::new(who, what, amounts, self.last_id.ms)
                };
                position().map_err(out_of_range)?
            }
            Some(slot) => {
                let before = self.book.get(slot);
                let after = increased(before, (qty, price), margin, terms);
                after.map_err(out_of_range)?
            }
        };
        check_size(terms, &position)?;
        listed.check_interest(position.side, qty)?;
        position.note_costs(fee, Usd::ZERO);
        let stop_loss = order.stop_loss.or(position.stop_loss());
        let take_profit = order.take_profit.or(position.take_profit());
        position.set_exits(stop_loss, take_profit).map_err(out_of_range)?;
        Ok(Opening { increases, qty, margin, fee, position })
    }

    /// Checks at the arrival of an order that the next tick would not liquidate what it opens.
    pub(crate) fn check_liquidation(&self, plan: &Plan) -> Result<(), Rejection> {
        match &plan.opens {
            None => Ok(()),
            Some(opening) => self.check_not_liquidated(&opening.position),
        }
    }

    /// Checks that a position is not liquidated at the current price.
    pub(crate) fn check_not_liquidated(&self, position: &PackedPosition) -> Result<(), Rejection> {
        let quote = self.tick_of(position).quote;
        let quote = self.instruments.get(position.instrument).liquidation_quote(quote);
        let reference = quote.close_price(position.side);
        let liquidation_price = position.liquidation_price();
        if crate::exits::is_worse(position.side, liquidation_price, reference) {
            return Ok(());
        }
        Err(Rejection::LiquidatedAtOnce { liquidation_price, reference })
    }

    /// Carries out a planned fill of an order that no longer rests. Returns the filled order, and
    /// the position that it left behind.
    pub(crate) fn execute(
        &mut self,
        mut order: Order,
        (plan, fingerprint): (Plan, u64),
        deal: &Deal,
        events: &mut Vec<Event>,
    ) -> (Arc<Order>, Option<Box<PositionState>>) {
        fill(&mut order, plan.qty(), deal, self.last_id.ms);
        let mut state = None;
        if let Some((slot, qty)) = plan.reduces {
            state = Some(if qty == self.book.get(slot).qty() {
                let reason = close_reason(order.kind);
                let closed = self.close_by_order(slot, reason, &order, deal, events);
                Box::new(PositionState::Closed(closed.clone()))
            } else {
                self.reduce(slot, qty, &order, deal, events);
                self.open_state(slot)
            });
        }
        if let Some(opening) = plan.opens {
            let slot = self.open(*opening, fingerprint, &order, deal, events);
            state = Some(self.open_state(slot));
        }
        (Arc::new(order), state)
    }

    fn open(
        &mut self,
        opening: Opening,
        fingerprint: u64,
        order: &Order,
        deal: &Deal,
        events: &mut Vec<Event>,
    ) -> Slot {
        let Opening { increases, qty, margin, fee, mut position } = opening;
        let (account, position_id) = (position.account, position.order_id);
        let (slot, kind) = if let Some(slot) = increases {
            self.instruments.get_mut(position.instrument).add_interest(position.side, qty);
            self.accounts.charge(account, fee);
            self.accounts.lock(account, margin);
            self.book.replace(slot, position);
            let order = self.order(self.book.get(slot));
            let change = PositionChange::Increased;
            let changed = PositionChanged { order, change, realized_pnl: None };
            (slot, EventKind::PositionChanged(Box::new(changed)))
        } else {
            position.fingerprint = std::num::NonZeroU64::new(fingerprint);
            let slot = self.open_position(position);
            (slot, EventKind::PositionOpened(self.order(self.book.get(slot))))
        };
        let amounts = FillAmounts { qty, realized_pnl: Usd::ZERO, fee };
        let execution = execution(order, position_id, amounts, deal);
        self.tell_fill(deal.request_id, account, events, || (kind, Some(execution)));
        if let Some(callback_bps) = order.trailing_stop_bps {
            self.rest_trailing_stop(slot, order, (qty, callback_bps), deal, events);
        }
        slot
    }

    fn reduce(
        &mut self,
        slot: Slot,
        qty: Qty,
        order: &Order,
        deal: &Deal,
        events: &mut Vec<Event>,
    ) {
        let part = self.closed_part(slot, qty, (deal.price, deal.role));
        let (account, position_id, final_pnl) = {
            let position = self.book.position_mut(slot);
            position.reduce(&part).expect("a part of a position fits where the whole does");
            (position.account, position.order_id, part.final_pnl)
        };
        self.reduce_interest(slot, qty);
        self.accounts.settle(account, &part);
        let changed = PositionChanged {
            order: self.order(self.book.get(slot)),
            change: PositionChange::Reduced,
            realized_pnl: Some(final_pnl),
        };
        let kind = EventKind::PositionChanged(Box::new(changed));
        let execution = execution(order, position_id, FillAmounts::of(&part), deal);
        self.tell_fill(deal.request_id, account, events, || (kind, Some(execution)));
        self.shrink_reducing(slot, deal.request_id, events);
    }
}

/// The margin of a quantity that a fill opens.
pub fn opening_margin(qty: Qty, price: Price, leverage: u8) -> Result<Usd, Rejection> {
    let margin = valuation::margin(qty, price, leverage);
    // A margin of one unit may be zero rounded up; check the exact value.
    if margin.is_ok_and(|margin| margin.scaled() == 1)
        && valuation::margin_vanishes(qty, price, leverage)
    {
        return Err(Rejection::QuantityTooSmall);
    }
    let margin = margin.and_then(|margin| margin.to_i64().map(|_| margin));
    margin.map_err(|OutOfRange| Rejection::AmountOutOfRange)
}

/// Checks that the leverage of a position allows its value at the entry price, rounded up.
pub fn check_size(instrument: &Instrument, position: &PackedPosition) -> Result<(), Rejection> {
    let terms = position.terms();
    check_value(instrument, position.leverage, (terms.qty, terms.entry_price))
}

/// Checks that a leverage allows a value.
pub fn check_value(
    instrument: &Instrument,
    leverage: u8,
    (qty, price): (Qty, Price),
) -> Result<(), Rejection> {
    let Some(max) = instrument.max_notional(leverage) else { return Ok(()) };
    let notional = (qty * price).round(Rounding::Ceiling);
    let notional = notional.map_err(|OutOfRange| Rejection::AmountOutOfRange)?;
    if notional > max {
        return Err(Rejection::PositionTooLarge { leverage, notional, max });
    }
    Ok(())
}

/// A position after a fill that adds to it.
fn increased(
    before: &PackedPosition,
    (qty, price): (Qty, Price),
    margin: Usd,
    instrument: &Instrument,
) -> Result<PackedPosition, OutOfRange> {
    let mut position = before.clone();
    position.note_increase(qty, price)?;
    let side = before.side;
    let entry_price =
        valuation::average_entry(side, [(before.qty(), before.entry_price()), (qty, price)])?;
    let (qty, margin) = (before.qty().checked_add(qty)?, before.margin().checked_add(margin)?);
    position.set_held(instrument, (entry_price, margin, qty))?;
    Ok(position)
}

/// The difference of two quantities of which the first is the larger.
pub fn less(a: Qty, b: Qty) -> Qty {
    a.checked_sub(b).expect("quantities fit in 64 bits")
}
