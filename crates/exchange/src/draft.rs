//! An order as it is asked for: the fields that belong together, the instrument's steps, and the
//! hash by which a repeated order is known.

use crate::account::Account;
use crate::text::padded;
use messages::{
    CALLBACK_BPS, CLIENT_ORDER_ID_CHARS_MAX, Instrument, Order, OrderKind, OrderSide, OrderStatus,
    PlaceOrder, PositionMode, Rejection, ReversePosition, Side, Symbol, TimeInForce, WHOLE_BPS,
};
use price::{Price, Qty, Rounding, Usd};

/// The last millisecond of the year 9999: databases and calendars go no further.
const LAST_MS: u64 = 253_402_300_799_999;

/// Checks the fields of an order by themselves. Returns whether it may only reduce a position.
///
/// # Errors
/// [`Rejection::InvalidOrder`] names the first field that does not fit the others.
pub fn check_fields(place: &PlaceOrder, mode: PositionMode) -> Result<bool, Rejection> {
    let kind = place.kind();
    let time_in_force = place.time_in_force.unwrap_or(TimeInForce::Gtc);
    check_prices(place, kind)?;
    check_time(place, kind, time_in_force)?;
    let reduce_only = reduces(place, mode)?;
    check_quantity(place, kind, reduce_only)?;
    check_limits(place, kind, reduce_only)?;
    check_client_order_id(place)?;
    Ok(reduce_only)
}

/// Returns the order that a request with checked fields asks for, before it is known what it meets.
/// No other event of its owner comes before the first one that tells of it.
pub fn draft(
    place: &PlaceOrder,
    reduce_only: bool,
    (owner, asset, now_ms): (&Account, Symbol, u64),
) -> Order {
    // Distances were checked to be far below the largest number of 16 bits.
    let small = |bps: Option<u32>| bps.and_then(|bps| u16::try_from(bps).ok());
    Order {
        order_id: place.order_id,
        user_id: owner.user_id,
        // That of the next event of the account, which tells of the order.
        sequence: owner.sequence + 1,
        client_order_id: place.client_order_id.clone(),
        asset,
        side: OrderSide::from(place.side),
        position_side: place.position_side,
        position_id: place.position_id,
        kind: place.kind(),
        time_in_force: place.time_in_force.unwrap_or(TimeInForce::Gtc),
        qty: place.qty,
        price: place.price,
        trigger_price: place.trigger_price,
        callback_bps: small(place.callback_bps),
        activated_at_ms: None,
        reduce_only,
        close_position: place.close_position,
        leverage: 0,
        stop_loss: place.stop_loss,
        take_profit: place.take_profit,
        trailing_stop_bps: small(place.trailing_stop_bps),
        price_limit: place.price_limit,
        max_slippage_bps: small(place.max_slippage_bps),
        expires_at_ms: place.expires_at_ms,
        awaits_quote: false,
        reserved: Usd::ZERO,
        status: OrderStatus::New,
        reason: None,
        filled_qty: Qty::ZERO,
        average_price: None,
        created_at_ms: now_ms,
        updated_at_ms: now_ms,
    }
}

#[cold]
pub fn invalid(field: &str, problem: &str) -> Rejection {
    Rejection::InvalidOrder { field: field.to_owned(), problem: problem.to_owned() }
}

pub fn require(is_so: bool, field: &str, problem: &str) -> Result<(), Rejection> {
    if is_so { Ok(()) } else { Err(invalid(field, problem)) }
}

/// Checks that a price, if it is given, is one.
pub fn check_price(field: &str, price: Option<Price>) -> Result<(), Rejection> {
    let is_price = price.is_none_or(|price| price.is_positive() && price.to_i64().is_ok());
    require(is_price, field, "must be above zero and fit in 64 bits")
}

/// Checks that a callback, if it is given, is in its range.
pub fn check_callback(field: &str, bps: Option<u32>) -> Result<(), Rejection> {
    let in_range = bps.is_none_or(|bps| CALLBACK_BPS.contains(&bps));
    require(in_range, field, "must be from 10 to 1000")
}

fn check_prices(place: &PlaceOrder, kind: OrderKind) -> Result<(), Rejection> {
    let wants = |field, given: bool, allowed: bool, required: bool| {
        let fits = if given { allowed } else { !required };
        if fits { Ok(()) } else { Err(misplaced(field, given, kind)) }
    };
    let is_trailing = kind == OrderKind::TrailingStopMarket;
    let has_trigger = kind.has_trigger();
    wants("priceInt", place.price.is_some(), kind.has_price(), kind.has_price())?;
    let given = place.trigger_price.is_some();
    wants("triggerPriceInt", given, has_trigger, has_trigger && !is_trailing)?;
    wants("callbackBps", place.callback_bps.is_some(), is_trailing, is_trailing)?;
    let prices = [
        ("priceInt", place.price),
        ("triggerPriceInt", place.trigger_price),
        ("priceLimitInt", place.price_limit),
    ];
    for (field, price) in prices {
        check_price(field, price)?;
    }
    check_callback("callbackBps", place.callback_bps)
}

#[cold]
fn misplaced(field: &str, given: bool, kind: OrderKind) -> Rejection {
    let problem = if given { "does not belong to" } else { "is required for" };
    invalid(field, &format!("{problem} {kind}"))
}

fn check_time(place: &PlaceOrder, kind: OrderKind, time: TimeInForce) -> Result<(), Rejection> {
    let is_allowed = match time {
        TimeInForce::Gtc => true,
        TimeInForce::Ioc | TimeInForce::Fok | TimeInForce::Gtx => kind.has_price(),
        TimeInForce::Gtd => kind != OrderKind::Market,
    };
    if !is_allowed {
        return Err(invalid("timeInForce", &format!("{time} does not belong to {kind}")));
    }
    let is_dated = time == TimeInForce::Gtd;
    let is_given = place.expires_at_ms.is_some();
    require(is_given || !is_dated, "expiresAt", "is required for GTD")?;
    require(!is_given || is_dated, "expiresAt", "belongs to GTD alone")?;
    let is_time = place.expires_at_ms.is_none_or(|at_ms| at_ms <= LAST_MS);
    require(is_time, "expiresAt", "must be in Unix ms, before the year 10000")
}

/// Reports whether the order may only reduce a position.
fn reduces(place: &PlaceOrder, mode: PositionMode) -> Result<bool, Rejection> {
    let is_asked = place.reduce_only || place.close_position;
    let is_hedge = mode == PositionMode::Hedge;
    let side = place.position_side;
    require(side.is_some() || !is_hedge, "positionSide", "is required in the mode hedge")?;
    require(side.is_none() || is_hedge, "positionSide", "belongs to the mode hedge alone")?;
    let opens = side.is_none_or(|side| side == place.side);
    let contradicts = place.reduce_only && is_hedge && opens;
    require(!contradicts, "reduceOnly", "contradicts positionSide: the order would open")?;
    let contradicts = place.close_position && is_hedge && opens;
    require(!contradicts, "closePosition", "contradicts positionSide: the order would open")?;
    let reduces = is_asked || !opens;
    let needs_id = reduces && mode == PositionMode::Separate;
    let is_given = place.position_id.is_some();
    require(is_given || !needs_id, "positionId", "is required to reduce a position")?;
    require(!is_given || reduces, "positionId", "belongs to orders that reduce a position")?;
    Ok(reduces)
}

fn check_quantity(place: &PlaceOrder, kind: OrderKind, reduce_only: bool) -> Result<(), Rejection> {
    if place.close_position {
        require(!kind.has_price(), "closePosition", "needs an order without a limit price")?;
        require(place.qty == Qty::ZERO, "qtyInt", "must be 0 with closePosition")?;
        require(place.share_bps.is_none(), "shareBps", "does not go with closePosition")?;
    }
    if let Some(share) = place.share_bps {
        let is_allowed = reduce_only && kind == OrderKind::Market;
        require(is_allowed, "shareBps", "needs a market order that reduces a position")?;
        require(place.qty == Qty::ZERO, "qtyInt", "must be 0 with shareBps")?;
        require((1..=WHOLE_BPS).contains(&share), "shareBps", "must be from 1 to 10000")?;
    }
    Ok(())
}

fn check_limits(place: &PlaceOrder, kind: OrderKind, reduce_only: bool) -> Result<(), Rejection> {
    let exits = [("stopLossInt", place.stop_loss), ("takeProfitInt", place.take_profit)];
    for (field, price) in exits {
        require(price.is_none() || !reduce_only, field, "belongs to an order that opens")?;
    }
    let trailing = place.trailing_stop_bps;
    let is_allowed = trailing.is_none() || !reduce_only;
    require(is_allowed, "trailingStopBps", "belongs to an order that opens")?;
    check_callback("trailingStopBps", trailing)?;
    let (limit, slippage) = (place.price_limit, place.max_slippage_bps);
    let is_market = !kind.has_price();
    require(limit.is_none() || is_market, "priceLimitInt", "belongs to market kinds")?;
    require(slippage.is_none() || is_market, "maxSlippageBps", "belongs to market kinds")?;
    require(
        limit.is_none() || slippage.is_none(),
        "maxSlippageBps",
        "does not go with priceLimitInt",
    )?;
    let in_range = slippage.is_none_or(|bps| bps <= WHOLE_BPS);
    require(in_range, "maxSlippageBps", "must be from 0 to 10000")
}

fn check_client_order_id(place: &PlaceOrder) -> Result<(), Rejection> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".:/_-".contains(&byte);
    let is_valid = place.client_order_id.as_ref().is_none_or(|id| {
        (1..=CLIENT_ORDER_ID_CHARS_MAX).contains(&id.len()) && id.bytes().all(is_allowed)
    });
    require(is_valid, "clientOrderId", "must be 1 to 36 letters, digits and . : / _ -")
}

/// Checks a quantity against the instrument's step, and prices against its tick.
pub fn check_steps(
    instrument: &Instrument,
    qty: Option<Qty>,
    prices: impl IntoIterator<Item = Option<Price>>,
) -> Result<(), Rejection> {
    if let (Some(step), Some(qty)) = (instrument.quantity_step, qty)
        && qty.scaled() % step.scaled() != 0
    {
        return Err(Rejection::QuantityOffStep { step });
    }
    let Some(tick) = instrument.price_tick else { return Ok(()) };
    let mut prices = prices.into_iter().flatten();
    match prices.find(|price| price.scaled() % tick.scaled() != 0) {
        Some(price) => Err(Rejection::PriceOffTick { price, tick }),
        None => Ok(()),
    }
}

/// Checks an order that opens a position against the minimums of quantity and value, rounded down.
pub fn check_notional(instrument: &Instrument, qty: Qty, price: Price) -> Result<(), Rejection> {
    if let Some(min) = instrument.min_quantity.filter(|min| qty < *min) {
        return Err(Rejection::BelowMinQuantity { min });
    }
    let Some(min) = instrument.min_notional else { return Ok(()) };
    let notional = (qty * price).round(Rounding::Floor);
    let notional = notional.map_err(|price::OutOfRange| Rejection::AmountOutOfRange)?;
    if notional < min { Err(Rejection::BelowMinNotional { notional, min }) } else { Ok(()) }
}

/// A hash with a fixed definition: the hashes of resting orders are part of the state, so it must
/// never change.
struct Fingerprint(u64);

impl Fingerprint {
    fn word(&mut self, word: u64) {
        /// An odd constant without a pattern: 2^64 divided by the golden ratio.
        const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;
        let mixed = (self.0.rotate_left(29) ^ word).wrapping_mul(MULTIPLIER);
        self.0 = mixed ^ (mixed >> 32);
    }

    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.word(bytes.len() as u64);
        let (words, rest) = bytes.as_chunks();
        for word in words {
            self.word(u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            self.word(padded(rest));
        }
    }

    #[inline]
    fn number(&mut self, number: Option<i128>) {
        let Some(number) = number else { return self.word(0) };
        // Only numbers of 64 bits are accepted; the upper half tells the others apart from them.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is halved")]
        let (low, high) = (number as u64, (number >> 64) as u64);
        self.word(high.saturating_add(1));
        self.word(low);
    }
}

/// Hashes the fields of an order beyond its ids.
pub fn fingerprint_of(place: &PlaceOrder) -> u64 {
    let mut hash = Fingerprint(0);
    hash.text(&place.asset);
    hash.text(place.side.as_str());
    hash.text(place.kind().as_str());
    hash.text(place.time_in_force.unwrap_or(TimeInForce::Gtc).as_str());
    hash.text(place.position_side.map_or("", Side::as_str));
    hash.text(place.client_order_id.as_deref().unwrap_or_default());
    hash.number(Some(place.leverage.into()));
    hash.number(Some(place.qty.scaled()));
    hash.number(place.stop_loss.map(Price::scaled));
    hash.number(place.take_profit.map(Price::scaled));
    hash.number(place.price_limit.map(Price::scaled));
    hash.number(place.price.map(Price::scaled));
    hash.number(place.trigger_price.map(Price::scaled));
    hash.number(place.callback_bps.map(i128::from));
    hash.number(place.expires_at_ms.map(i128::from));
    hash.number(Some(place.reduce_only.into()));
    hash.number(Some(place.close_position.into()));
    hash.number(place.share_bps.map(i128::from));
    hash.number(place.max_slippage_bps.map(i128::from));
    if let Some(position_id) = place.position_id {
        hash.bytes(position_id.0.as_bytes());
    }
    // Absent from the hash without it, as from those of earlier versions.
    if let Some(bps) = place.trailing_stop_bps {
        hash.bytes(b"trailing stop");
        hash.word(bps.into());
    }
    hash.0
}

/// Hashes the fields of a reversal beyond its ids.
pub fn fingerprint_of_reversal(reverse: &ReversePosition) -> u64 {
    let mut hash = Fingerprint(0);
    hash.bytes(b"reversal");
    hash.bytes(reverse.position_id.0.as_bytes());
    hash.number(reverse.price_limit.map(Price::scaled));
    hash.0
}
