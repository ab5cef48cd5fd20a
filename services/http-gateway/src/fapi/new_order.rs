//! The reading of new orders, as orders and as algo orders.

use super::error::Error;
use super::market;
use super::order_view::BOTH;
use super::params::{Moment, Param, Params};
use messages::{
    CALLBACK_BPS, CLIENT_ORDER_ID_CHARS_MAX, Instrument, OrderId, OrderKind, OrderSide, PlaceOrder,
    Side, TimeInForce,
};
use price::{Price, Qty, Usd};
use uuid::Uuid;

/// The characters of a client order id, as clients are told.
const CLIENT_ID_RANGE: &str = r"^[\.A-Z\:/a-z0-9_-]{1,36}$";

/// A new order.
#[derive(Debug)]
pub struct NewOrder {
    /// The request to the engine.
    pub place: PlaceOrder,
    /// Whether the response shows the order as it was accepted, and not what it did at once.
    pub is_acknowledgement: bool,
}

/// The names of the parameters that the two kinds of orders call differently.
struct Names {
    trigger_price: &'static str,
    activation_price: &'static str,
    client_id: &'static str,
}

const OF_ORDER: Names = Names {
    trigger_price: "stopPrice",
    activation_price: "activationPrice",
    client_id: "newClientOrderId",
};

const OF_ALGO_ORDER: Names = Names {
    trigger_price: "triggerPrice",
    activation_price: "activatePrice",
    client_id: "clientAlgoId",
};

impl NewOrder {
    /// Reads an order, which may be a stop that is placed in the older way.
    ///
    /// # Errors
    /// The first parameter that is missing, malformed, or does not belong to the kind of order.
    pub fn read(params: &Params, instrument: &Instrument) -> Result<Self, Error> {
        let kind: OrderKind = params.required("type")?;
        let id = Uuid::now_v7();
        let id = if kind.has_trigger() { OrderId::of_older_way(id) } else { OrderId(id) };
        read(params, instrument, (kind, id), &OF_ORDER)
    }

    /// Reads an algo order.
    ///
    /// # Errors
    /// The first parameter that is missing, malformed, or does not belong to the kind of order.
    pub fn read_algo(params: &Params, instrument: &Instrument) -> Result<Self, Error> {
        if params.required::<String>("algoType")? != "CONDITIONAL" {
            return Err(Error::invalid("algoType"));
        }
        let kind: OrderKind = params.required("type")?;
        if !kind.has_trigger() {
            return Err(Error::ORDER_TYPE);
        }
        read(params, instrument, (kind, OrderId(Uuid::now_v7())), &OF_ALGO_ORDER)
    }
}

fn read(
    params: &Params,
    instrument: &Instrument,
    (kind, order_id): (OrderKind, OrderId),
    names: &Names,
) -> Result<NewOrder, Error> {
    let side: OrderSide = params.required("side")?;
    check_extras(params)?;
    let close_position = params.flag("closePosition")?;
    let position_side: Option<Side> =
        params.optional::<PositionSide>("positionSide")?.and_then(|side| side.0);
    let qty = quantity(params, kind, close_position)?;
    let place = PlaceOrder {
        kind: (kind != OrderKind::Market).then_some(kind),
        price: own(params, "price", kind.has_price())?,
        trigger_price: trigger_price(params, kind, names)?,
        callback_bps: callback(params, kind)?,
        reduce_only: reduce_only(params, close_position, position_side)?,
        close_position,
        position_side,
        // Clients find their orders by it, whether they chose it or not.
        client_order_id: Some(match params.get(names.client_id) {
            Some(text) => client_id(names.client_id, text)?,
            None => order_id.0.simple().to_string(),
        }),
        ..PlaceOrder::market(order_id, instrument.symbol.as_str(), side.opens(), 0, qty)
    };
    let qty = Some(place.qty).filter(|qty| qty.is_positive());
    check_grid(instrument, qty, [place.price, place.trigger_price])?;
    let place = with_time_in_force(place, params, kind)?;
    Ok(NewOrder { place, is_acknowledgement: is_acknowledgement(params)? })
}

/// Checks amounts against the steps that `exchangeInfo` names: instruments without steps of their own are
/// shown with those of their decimals.
///
/// # Errors
/// -1111 for a quantity off the step, -4014 for a price off the tick, -4005 for too large a quantity.
pub fn check_grid(
    instrument: &Instrument,
    qty: Option<Qty>,
    prices: impl IntoIterator<Item = Option<Price>>,
) -> Result<(), Error> {
    if let Some(qty) = qty {
        if qty.scaled() % instrument.shown_step().scaled() != 0 {
            return Err(Error::PRECISION);
        }
        if qty > market::max_quantity(instrument) {
            return Err(Error::TOO_LARGE);
        }
    }
    let tick = instrument.shown_tick().scaled();
    let is_off = |price: Price| price.scaled() % tick != 0;
    if prices.into_iter().flatten().any(is_off) { Err(Error::PRICE_OFF_TICK) } else { Ok(()) }
}

/// Refuses what Velox has not, unless it is asked for in its absence.
fn check_extras(params: &Params) -> Result<(), Error> {
    let absent = [
        (
            "selfTradePreventionMode",
            "The house is the only counterparty, so only NONE is possible.",
        ),
        ("priceMatch", "There is one price level, so only NONE is possible."),
    ];
    for (name, reason) in absent {
        if params.get(name).is_some_and(|mode| mode != "NONE") {
            return Err(Error::unsupported(name, reason));
        }
    }
    if params.flag("priceProtect")? {
        return Err(Error::unsupported("priceProtect", "Only false is possible."));
    }
    match params.get("workingType") {
        None | Some("CONTRACT_PRICE" | "MARK_PRICE") => Ok(()),
        Some(_) => Err(Error::invalid("workingType")),
    }
}

fn quantity(params: &Params, kind: OrderKind, close_position: bool) -> Result<Qty, Error> {
    let closes = matches!(kind, OrderKind::StopMarket | OrderKind::TakeProfitMarket);
    if !close_position {
        let qty: Qty = params.required("quantity")?;
        return if qty.is_positive() { Ok(qty) } else { Err(Error::QUANTITY) };
    }
    if !closes {
        return Err(Error::not_required("closePosition"));
    }
    match params.get("quantity") {
        None => Ok(Qty::ZERO),
        Some(_) => Err(Error::not_required("quantity")),
    }
}

/// Reads a price that orders of this kind must have, or must not.
fn own(params: &Params, name: &'static str, is_own: bool) -> Result<Option<Price>, Error> {
    let given: Option<Price> = params.optional(name)?;
    // Clients send zero for a price that the order has not.
    let given = given.filter(|price| is_own || !price.is_zero());
    match given {
        Some(_) if !is_own => Err(Error::not_required(name)),
        None if is_own => Err(Error::missing(name)),
        Some(price) if !price.is_positive() => Err(Error::PRICE),
        given => Ok(given),
    }
}

fn trigger_price(params: &Params, kind: OrderKind, names: &Names) -> Result<Option<Price>, Error> {
    if kind != OrderKind::TrailingStopMarket {
        return own(params, names.trigger_price, kind.has_trigger());
    }
    // Either name is understood: clients mix them up.
    let name = [names.activation_price, "activationPrice", "activatePrice"];
    let name = name.into_iter().find(|name| params.get(name).is_some());
    name.map_or(Ok(None), |name| own(params, name, true))
}

/// Reads the callback of a trailing stop, a percentage, in basis points.
fn callback(params: &Params, kind: OrderKind) -> Result<Option<u32>, Error> {
    if kind != OrderKind::TrailingStopMarket {
        return match params.get("callbackRate") {
            None => Ok(None),
            Some(_) => Err(Error::not_required("callbackRate")),
        };
    }
    let percent: Usd = params.required("callbackRate")?;
    let scaled = percent.scaled();
    let bps = u32::try_from(scaled / 1_000_000).unwrap_or(u32::MAX);
    let is_whole = scaled % 1_000_000 == 0;
    if is_whole && CALLBACK_BPS.contains(&bps) {
        Ok(Some(bps))
    } else {
        Err(Error::invalid("callbackRate"))
    }
}

fn reduce_only(
    params: &Params,
    close_position: bool,
    position_side: Option<Side>,
) -> Result<bool, Error> {
    let is_reducing = params.flag("reduceOnly")?;
    // With a position side, the sides of order and position say which one it is.
    if is_reducing && (close_position || position_side.is_some()) {
        return Err(Error::not_required("reduceOnly"));
    }
    Ok(is_reducing)
}

fn with_time_in_force(
    place: PlaceOrder,
    params: &Params,
    kind: OrderKind,
) -> Result<PlaceOrder, Error> {
    let time = match params.get("timeInForce") {
        None if kind == OrderKind::Limit => return Err(Error::missing("timeInForce")),
        // An older name of an order that lives as long as the position that it closes.
        None | Some("GTE_GTC") => TimeInForce::Gtc,
        Some(text) => TimeInForce::read("timeInForce", text)?,
    };
    if kind == OrderKind::Market && time != TimeInForce::Gtc {
        return Err(Error::not_required("timeInForce"));
    }
    let expires_at_ms = match time {
        TimeInForce::Gtd => {
            let Moment(ms) = params.required("goodTillDate")?;
            Some(ms)
        }
        _ => None,
    };
    let time_in_force = (time != TimeInForce::Gtc).then_some(time);
    Ok(PlaceOrder { time_in_force, expires_at_ms, ..place })
}

fn is_acknowledgement(params: &Params) -> Result<bool, Error> {
    match params.get("newOrderRespType") {
        None | Some("ACK") => Ok(true),
        Some("RESULT") => Ok(false),
        Some(_) => Err(Error::invalid("newOrderRespType")),
    }
}

/// Checks a client order id.
///
/// # Errors
/// When it is too long, or has other characters than it may have.
pub fn client_id(name: &str, text: &str) -> Result<String, Error> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".:/_-".contains(&byte);
    if text.len() > CLIENT_ORDER_ID_CHARS_MAX {
        return Err(Error::CLIENT_ORDER_ID);
    }
    if !text.bytes().all(is_allowed) {
        return Err(Error::illegal_characters(name, CLIENT_ID_RANGE));
    }
    Ok(text.to_owned())
}

/// The side of the position that an order works for: none in one-way mode.
struct PositionSide(Option<Side>);

impl Param for PositionSide {
    fn read(name: &'static str, text: &str) -> Result<Self, Error> {
        match text {
            BOTH => Ok(Self(None)),
            text => text.parse().map(|side| Self(Some(side))).map_err(|_| Error::invalid(name)),
        }
    }
}

impl Param for OrderKind {
    fn read(_: &'static str, text: &str) -> Result<Self, Error> {
        text.parse().map_err(|_| Error::ORDER_TYPE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instrument() -> Instrument {
        markets::shipped().into_iter().next().expect("there are markets")
    }

    fn order(query: &str) -> Result<NewOrder, Error> {
        NewOrder::read(&Params::parse(query, b""), &instrument())
    }

    fn algo(query: &str) -> Result<NewOrder, Error> {
        let query = format!("algoType=CONDITIONAL&{query}");
        NewOrder::read_algo(&Params::parse(&query, b""), &instrument())
    }

    #[test]
    fn each_kind_has_the_parameters_that_belong_to_it() {
        let market = order("side=BUY&type=MARKET&quantity=0.1").unwrap();
        assert!(market.is_acknowledgement);
        let id = market.place.order_id.0.simple().to_string();
        assert_eq!(market.place.client_order_id, Some(id));
        let limit = "side=SELL&type=LIMIT&quantity=0.1";
        assert_eq!(order(limit).unwrap_err(), Error::missing("price"));
        let limit = format!("{limit}&price=5");
        assert_eq!(order(&limit).unwrap_err(), Error::missing("timeInForce"));
        let placed = order(&format!("{limit}&timeInForce=GTX&newOrderRespType=RESULT")).unwrap();
        assert_eq!(placed.place.time_in_force, Some(TimeInForce::Gtx));
        assert_eq!((placed.place.side, placed.is_acknowledgement), (Side::Short, false));
        let trailing = "side=SELL&type=TRAILING_STOP_MARKET&quantity=1&callbackRate=";
        assert_eq!(algo(&format!("{trailing}1.5")).unwrap().place.callback_bps, Some(150));
        for wrong in ["0.05", "0.155", "10.1", "-1"] {
            let wrong = algo(&format!("{trailing}{wrong}")).unwrap_err();
            assert_eq!(wrong, Error::invalid("callbackRate"));
        }
        let stop = "side=SELL&type=STOP_MARKET&closePosition=true";
        assert!(algo(&format!("{stop}&triggerPrice=5")).unwrap().place.close_position);
        let older = order(&format!("{stop}&stopPrice=5")).unwrap();
        assert!(older.place.order_id.is_of_older_way());
    }

    #[test]
    fn what_does_not_belong_together_is_refused() {
        let stop = "side=SELL&type=STOP_MARKET&stopPrice=5";
        let rows = [
            ("side=BUY&quantity=1".to_owned(), Error::missing("type")),
            ("side=BUY&type=X&quantity=1".to_owned(), Error::ORDER_TYPE),
            ("side=X&type=MARKET&quantity=1".to_owned(), Error::SIDE),
            ("type=MARKET&quantity=1".to_owned(), Error::missing("side")),
            ("side=BUY&type=MARKET".to_owned(), Error::missing("quantity")),
            ("side=BUY&type=MARKET&quantity=0".to_owned(), Error::QUANTITY),
            ("side=BUY&type=MARKET&quantity=1&price=5".to_owned(), Error::not_required("price")),
            (
                "side=BUY&type=MARKET&quantity=1&timeInForce=IOC".to_owned(),
                Error::not_required("timeInForce"),
            ),
            ("side=BUY&type=MARKET&quantity=0.000000001".to_owned(), Error::PRECISION),
            (format!("{stop}&closePosition=true&quantity=1"), Error::not_required("quantity")),
            (
                format!("{stop}&closePosition=true&reduceOnly=true"),
                Error::not_required("reduceOnly"),
            ),
            (
                "side=BUY&type=MARKET&quantity=1&positionSide=X".to_owned(),
                Error::invalid("positionSide"),
            ),
            (
                "side=SELL&type=MARKET&quantity=1&positionSide=LONG&reduceOnly=true".to_owned(),
                Error::not_required("reduceOnly"),
            ),
            (
                "side=BUY&type=MARKET&quantity=1&newClientOrderId=a%20b".to_owned(),
                Error::illegal_characters("newClientOrderId", CLIENT_ID_RANGE),
            ),
            (
                format!("side=BUY&type=MARKET&quantity=1&newClientOrderId={}", "x".repeat(37)),
                Error::CLIENT_ORDER_ID,
            ),
        ];
        for (query, expected) in rows {
            assert_eq!(order(&query).unwrap_err(), expected, "{query}");
        }
        for (name, value) in [
            ("selfTradePreventionMode", "EXPIRE_TAKER"),
            ("priceMatch", "QUEUE"),
            ("priceProtect", "true"),
        ] {
            let query = format!("side=BUY&type=MARKET&quantity=1&{name}={value}");
            assert_eq!(order(&query).unwrap_err().code(), -1130, "{name}");
        }
        assert_eq!(algo("side=BUY&type=LIMIT&quantity=1").unwrap_err(), Error::ORDER_TYPE);
    }
}
