//! The fields of `PLACE_ORDER`, and whether those that are given fit together.

use crate::amount::fits;
use crate::mode::Mode;
use crate::order::{Kind, TimeInForce};
use crate::payload::{Payload, Unreadable};
use crate::position::Position;
use crate::symbol::Symbol;

/// The last millisecond of the year 9999, which every calendar has.
const LAST_MS: u64 = 253_402_300_799_999;

/// The fields that make an order more than a plain one.
const MORE_THAN_PLAIN: [&str; 13] = [
    "trailingStopBps",
    "priceInt",
    "triggerPriceInt",
    "callbackBps",
    "timeInForce",
    "expiresAt",
    "reduceOnly",
    "closePosition",
    "shareBps",
    "positionSide",
    "positionId",
    "clientOrderId",
    "maxSlippageBps",
];

const CLIENT_ID_LEN_MAX: usize = 36;
const CALLBACK_BPS_MIN: i128 = 10;
const CALLBACK_BPS_MAX: i128 = 1_000;
const WHOLE_BPS: i128 = 10_000;

/// The order that a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// None if the text is not a symbol.
    pub asset: Option<Symbol>,
    pub is_long: bool,
    /// Zero if none is given.
    pub leverage: i128,
    pub qty: i128,
    pub stop_loss: Option<i128>,
    pub take_profit: Option<i128>,
    pub trailing_stop_bps: Option<i128>,
    pub price_limit: Option<i128>,
    pub kind: Kind,
    pub price: Option<i128>,
    pub trigger_price: Option<i128>,
    pub callback_bps: Option<i128>,
    pub time_in_force: TimeInForce,
    pub expires_at: Option<u64>,
    pub reduce_only: bool,
    pub close_position: bool,
    pub share_bps: Option<i128>,
    pub on_long: Option<bool>,
    pub position_id: Option<String>,
    pub client_order_id: Option<String>,
    pub max_slippage_bps: Option<i128>,
}

/// Reports whether a `PLACE_ORDER` has no field that plain orders lack.
pub fn is_plain(payload: Payload<'_>) -> bool {
    let is_market = payload.given("kind").is_none_or(|kind| kind == "MARKET");
    // A flag that is not set says as little as one that is absent.
    let is_given = |name: &&str| payload.given(name).is_some_and(|value| *value != false);
    is_market && !MORE_THAN_PLAIN.iter().any(is_given)
}

impl Ticket {
    pub fn read(payload: Payload<'_>) -> Result<Self, Unreadable> {
        let number = |name| Ok(payload.optional_number(name)?.map(i128::from));
        let text = |name| Ok(payload.optional_text(name)?.map(str::to_owned));
        let kind = payload.optional_text("kind")?.unwrap_or("MARKET");
        let time_in_force = payload.optional_text("timeInForce")?.unwrap_or("GTC");
        Ok(Self {
            asset: Symbol::read(payload.text("asset")?),
            is_long: is_long(payload.text("orderType")?)?,
            leverage: number("leverage")?.unwrap_or(0),
            qty: payload.optional_amount("qtyInt")?.unwrap_or(0),
            stop_loss: payload.optional_amount("stopLossInt")?,
            take_profit: payload.optional_amount("takeProfitInt")?,
            trailing_stop_bps: number("trailingStopBps")?,
            price_limit: payload.optional_amount("priceLimitInt")?,
            kind: Kind::read(kind).ok_or(Unreadable)?,
            price: payload.optional_amount("priceInt")?,
            trigger_price: payload.optional_amount("triggerPriceInt")?,
            callback_bps: number("callbackBps")?,
            time_in_force: TimeInForce::read(time_in_force).ok_or(Unreadable)?,
            expires_at: payload.optional_number("expiresAt")?,
            reduce_only: payload.flag("reduceOnly")?,
            close_position: payload.flag("closePosition")?,
            share_bps: number("shareBps")?,
            on_long: payload.optional_text("positionSide")?.map(is_long).transpose()?,
            position_id: text("positionId")?,
            client_order_id: text("clientOrderId")?,
            max_slippage_bps: number("maxSlippageBps")?,
        })
    }

    /// Reports whether this order opened the position: every field is the same.
    pub fn opened(&self, position: &Position) -> bool {
        position.opened_by.as_ref() == Some(self)
    }

    /// Reports whether the order only reduces: it says so, or in hedge mode it works against its
    /// position.
    pub fn reduces(&self, mode: Mode) -> bool {
        let is_against = self.on_long.is_some_and(|on_long| on_long != self.is_long);
        self.reduce_only || self.close_position || (mode == Mode::Hedge && is_against)
    }

    /// Reports whether every field belongs to the order's kind and to the account's mode.
    pub fn is_sound(&self, mode: Mode) -> bool {
        self.has_its_prices()
            && self.has_its_time()
            && self.has_its_quantity(mode)
            && self.has_its_protection(mode)
            && self.has_its_position(mode)
            && self.client_order_id.as_deref().is_none_or(is_client_order_id)
    }

    fn has_its_prices(&self) -> bool {
        let is_trailing = self.kind == Kind::TrailingStopMarket;
        let needs_trigger = self.kind.is_stop() || self.kind.is_take_profit();
        let has_trigger = self.trigger_price.is_some();
        let callback_fits = match self.callback_bps {
            Some(bps) => is_trailing && is_callback(bps),
            None => !is_trailing,
        };
        self.price.is_some() == self.kind.has_price()
            && (is_trailing || has_trigger == needs_trigger)
            && callback_fits
            && [self.price, self.trigger_price].into_iter().flatten().all(is_price)
    }

    fn has_its_time(&self) -> bool {
        let is_possible = match self.time_in_force {
            TimeInForce::Gtc => true,
            TimeInForce::Ioc | TimeInForce::Fok | TimeInForce::Gtx => self.kind.has_price(),
            TimeInForce::Gtd => self.kind != Kind::Market,
        };
        let is_dated = self.time_in_force == TimeInForce::Gtd;
        let is_time = self.expires_at.is_none_or(|at| at <= LAST_MS);
        is_possible && self.expires_at.is_some() == is_dated && is_time
    }

    fn has_its_quantity(&self, mode: Mode) -> bool {
        let closes_whole = !self.kind.has_price() && self.qty == 0 && self.share_bps.is_none();
        let takes_share = self.kind == Kind::Market && self.reduces(mode) && self.qty == 0;
        (!self.close_position || closes_whole)
            && self.share_bps.is_none_or(|share| takes_share && (1..=WHOLE_BPS).contains(&share))
    }

    fn has_its_protection(&self, mode: Mode) -> bool {
        let exits = [self.stop_loss, self.take_profit, self.trailing_stop_bps];
        let has_exits = exits.iter().any(Option::is_some);
        let (limit, slippage) = (self.price_limit, self.max_slippage_bps);
        let has_limit = limit.is_some() || slippage.is_some();
        (!has_exits || !self.reduces(mode))
            && self.trailing_stop_bps.is_none_or(is_callback)
            && (!has_limit || !self.kind.has_price())
            && (limit.is_none() || slippage.is_none())
            && limit.is_none_or(is_price)
            && slippage.is_none_or(|bps| (0..=WHOLE_BPS).contains(&bps))
    }

    fn has_its_position(&self, mode: Mode) -> bool {
        let names_position = self.position_id.is_some();
        let opens = self.on_long == Some(self.is_long);
        let contradicts = mode == Mode::Hedge && opens && self.reduces(mode);
        self.on_long.is_some() == (mode == Mode::Hedge)
            && (names_position || !self.reduces(mode) || mode != Mode::Separate)
            && (!names_position || self.reduces(mode))
            && !contradicts
    }
}

/// Reports whether an amount can be a price.
pub fn is_price(amount: i128) -> bool {
    amount > 0 && fits(amount)
}

fn is_long(text: &str) -> Result<bool, Unreadable> {
    match text {
        "LONG" => Ok(true),
        "SHORT" => Ok(false),
        _ => Err(Unreadable),
    }
}

fn is_client_order_id(text: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || ".:/_-".contains(c);
    (1..=CLIENT_ID_LEN_MAX).contains(&text.len()) && text.chars().all(is_allowed)
}

/// Reports whether a trailing stop can have this callback.
pub fn is_callback(bps: i128) -> bool {
    (CALLBACK_BPS_MIN..=CALLBACK_BPS_MAX).contains(&bps)
}
