//! Funding: a payment between the house and every position of an instrument.

use crate::exchange::Exchange;
use crate::ledger::{add, sub};
use crate::position::Terms;
use crate::slab::Slot;
use crate::sweep::{Change, Sweep};
use crate::valuation::{self, Quote};
use messages::{Event, EventKind, FundingSettled, Rejection, SettleFunding};
use price::{Price, Rate, Usd};

/// The greatest lead of a funding's time over the entry that settles it: clocks differ.
const LEAD_MAX_MS: u64 = 60_000;

/// The units of a rate at scale 10^8 in one millionth.
const UNITS_PER_PPM: i128 = 100;

/// The payment of one funding, by which each position of an instrument pays or receives.
#[derive(Clone, Copy)]
pub struct Payment {
    /// Positions that were opened later do not take part.
    at_ms: u64,
    rate: Rate,
    mark: Price,
}

impl Exchange {
    pub(crate) fn settle_funding(
        &mut self,
        settle: &SettleFunding,
        limit: usize,
        events: &mut Vec<Event>,
    ) -> Result<(), Rejection> {
        let SettleFunding { symbol, funding_ms, rate, mark } = *settle;
        let instrument = self.find_instrument(symbol)?;
        let now_ms = self.last_id.ms;
        let listed = self.instruments.get_mut(instrument);
        let Some(terms) = listed.instrument.funding else {
            return Err(invalid("belongs to no instrument without funding"));
        };
        if Quote::of_mark(mark).is_none() {
            return Err(invalid("has a mark price that is not above zero or out of range"));
        }
        if funding_ms > now_ms.saturating_add(LEAD_MAX_MS) {
            return Err(invalid("is one of the future"));
        }
        if listed.funded_ms.is_some_and(|funded_ms| funding_ms <= funded_ms) {
            return Ok(());
        }
        listed.funded_ms = Some(funding_ms);
        let cap = i128::from(terms.cap_ppm) * UNITS_PER_PPM;
        let rate = Rate::from_scaled(rate.scaled().clamp(-cap, cap));
        let change = Change::Funding(Payment { at_ms: funding_ms, rate, mark });
        let next = self.book.oldest(instrument);
        self.begin_sweep(Sweep { instrument, next, change }, limit, events);
        Ok(())
    }

    /// Pays a funding to a position, or takes it from the balance of its owner, and what that does not
    /// have from the margin. A unit of margin stays: what exceeds the rest is not paid.
    pub(crate) fn fund(&mut self, slot: Slot, payment: Payment, events: &mut Vec<Event>) {
        let Payment { at_ms, rate, mark } = payment;
        let position = self.book.get(slot);
        if position.created_at_ms > at_ms {
            return;
        }
        let (account, terms) = (position.account, position.terms());
        let owed = valuation::funding(position.side, terms.qty, mark, rate);
        let owed = owed.expect("a rate is at most one, and the value fits");
        let balance = self.accounts.get(account).balance;
        let to_balance = owed.max(sub(Usd::ZERO, balance));
        let spare = sub(terms.margin, Usd::from_scaled(1));
        let to_margin = sub(owed, to_balance).max(sub(Usd::ZERO, spare));
        let amount = add(to_balance, to_margin);
        if amount.is_zero() {
            return;
        }
        self.accounts.fund(account, to_balance, to_margin);
        if to_margin.is_zero() {
            self.book.position_mut(slot).note_costs(Usd::ZERO, amount);
        } else {
            self.take_from_margin(
                slot,
                Terms { margin: add(terms.margin, to_margin), ..terms },
                amount,
            );
        }
        let settled = FundingSettled {
            order: self.order(self.book.get(slot)),
            amount,
            from_margin: sub(Usd::ZERO, to_margin),
            rate,
            mark,
            funding_ms: at_ms,
        };
        self.tell(None, account, events, || EventKind::FundingSettled(Box::new(settled)));
    }

    /// Gives a position the margin that a funding leaves, and the liquidation price with it. It keeps
    /// the one that it has where the new one does not fit.
    fn take_from_margin(&mut self, slot: Slot, terms: Terms, amount: Usd) {
        let mut position = self.book.get(slot).clone();
        let held = (terms.entry_price, terms.margin, terms.qty);
        let instrument = &self.instruments.get(position.instrument).instrument;
        if position.set_held(instrument, held).is_err() {
            position.set_terms(terms).expect("less margin fits where more did");
        }
        position.note_costs(Usd::ZERO, amount);
        self.book.replace(slot, position);
    }
}

fn invalid(problem: &str) -> Rejection {
    Rejection::InvalidFunding { problem: problem.to_owned() }
}
