//! The requests of the operations on orders.

use super::fit;
use crate::csv::Format;
use crate::market_list::Asset;
use crate::orders::requests::Key;
use crate::request::{
    CommaList, Count, Defaulted, Description, FieldType, Flag, Leverage, List, Moment, Nullable,
    Optional, Positive, Problem, Raw, Whole, joined, requests,
};
use markets::Markets;
use messages::{
    AmendOrder, CALLBACK_BPS, CLIENT_ORDER_ID_CHARS_MAX, OrderId, OrderKind, OrderRef, OrderSide,
    OrderStatus, Side, TimeInForce, WHOLE_BPS,
};
use percent_encoding::percent_decode_str;
use price::{Price, Qty};
use serde_json::value::RawValue;
use store::orders::Cursor;
use utoipa::PartialSchema as _;
use utoipa::openapi::schema::{ObjectBuilder, Type};

/// The number of orders that one request may place or cancel.
const BATCH_LEN_MAX: usize = 10;

/// The default number of orders on a page.
const PAGE_LEN: u32 = 50;
const PAGE_LEN_MAX: u32 = 100;

/// The numbers of states and of kinds, and so of those that a request may name.
const STATUSES: usize = OrderStatus::ALL.len();
const KINDS: usize = OrderKind::ALL.len();

/// The distance of a trailing stop from its peak, in basis points.
pub type Callback = Whole<{ *CALLBACK_BPS.start() }, { *CALLBACK_BPS.end() }>;

/// A share of a position, in basis points.
pub type Share = Whole<1, WHOLE_BPS>;

requests! {
    /// An order to place. Its quantity is `qty`, or the whole position (`closePosition`), or a share
    /// of it (`shareBps`).
    pub struct OrderInstruction in JsonBody given Markets {
        /// The asset to trade. Lower case, and `BTC` for `BTCUSDT`, are accepted.
        market: Asset = "asset";
        /// The side. `BUY` opens or increases a long, and reduces or closes a short.
        side: OrderSide = "side";
        /// The kind of the order; `MARKET` if absent.
        kind: OrderKind = "type";
        /// Whether the order may only reduce a position.
        reduce_only: Flag = "reduceOnly", false;
        /// Whether the order closes the whole position, whatever its quantity.
        close_position: Flag = "closePosition", false,
            check: |close, _| fit::close_position(kind, *close);
        /// The share of the position to close, in basis points, for an order of type `MARKET`.
        share_bps: Nullable<Share> = "shareBps", 5_000,
            check: |share, _| fit::share(kind, close_position, *share);
        /// The quantity in the base asset.
        qty: Nullable<Positive<Qty>> = "qty",
            check: |qty, _| {
                fit::qty(close_position, share_bps.map(|share| share.is_some()), *qty)
            };
        /// The limit price, in USD, of a `LIMIT`, `STOP` or `TAKE_PROFIT` order.
        price: Nullable<Positive<Price>> = "price", check: |price, _| fit::price(kind, *price);
        /// The trigger price, in USD, of a stop or take-profit order. Of a `TRAILING_STOP_MARKET`
        /// order it is the activation price, which may be absent.
        trigger_price: Nullable<Positive<Price>> = "triggerPrice",
            check: |price, _| fit::trigger_price(kind, *price);
        /// The distance of a `TRAILING_STOP_MARKET` order from its peak, in basis points.
        callback_bps: Nullable<Callback> = "callbackBps", 100,
            check: |callback, _| fit::callback(kind, *callback);
        /// The time in force; `GTC` if absent.
        time_in_force: TimeInForce = "timeInForce",
            check: |time, _| fit::time_in_force(kind, *time);
        /// The time at which the order expires, in Unix milliseconds, with the time in force `GTD`.
        expires_at_ms: Nullable<Moment> = "expiresAt", 1_795_579_901_491_u64,
            check: |expires_at, _| fit::expires_at(time_in_force, *expires_at);
        /// The leverage: required to open a position in position mode `separate`; in the others it
        /// must be the one that is set for the instrument, if it is given.
        leverage: Nullable<Leverage> = "leverage", 10;
        /// The stop-loss, in USD, of the position that the order opens.
        stop_loss: Nullable<Positive<Price>> = "stopLoss",
            check: |price, _| fit::exit(reduce_only, close_position, *price);
        /// The take-profit, in USD, of the position that the order opens.
        take_profit: Nullable<Positive<Price>> = "takeProfit",
            check: |price, _| fit::exit(reduce_only, close_position, *price);
        /// The distance from its peak, in basis points, of a trailing stop that is placed for what the
        /// order opens, when it does.
        trailing_stop_bps: Nullable<Callback> = "trailingStopBps", 100,
            check: |callback, _| fit::exit(reduce_only, close_position, *callback);
        /// The worst price, in USD, at which an order without a limit price may trade.
        price_limit: Nullable<Positive<Price>> = "priceLimit",
            check: |limit, _| fit::worst_price(kind, limit.is_some());
        /// The greatest distance, in basis points, of the fill of an order without a limit price from
        /// its trigger price, or from the quote at its arrival.
        max_slippage_bps: Nullable<Whole<0, WHOLE_BPS>> = "maxSlippageBps", 50,
            check: |slippage, _| {
                fit::slippage(kind, price_limit.map(|limit| limit.is_some()), *slippage)
            };
        /// The side of the position that the order works for: required in position mode `hedge`.
        position_side: Nullable<Side> = "positionSide";
        /// The position to reduce: required for a reducing order in position mode `separate`, and
        /// allowed in the others, where it must be the one that the order would reduce.
        position_id: Nullable<OrderId> = "positionId", "0853d9e4-965f-518c-9cd8-65029e3511e3";
        /// The caller's own id of the order, unique among the account's resting orders.
        client_order_id: Nullable<ClientOrderId> = "clientOrderId", "grid-7";
    } example {
        "asset": "BTCUSDT", "side": "BUY", "type": "LIMIT", "qty": "0.01", "price": "92000",
        "leverage": 10
    };

    /// A change of a resting order: at least one of its values.
    pub struct OrderAmendment in JsonBody {
        /// The new quantity in the base asset.
        qty: Nullable<Positive<Qty>> = "qty";
        /// The new limit price, in USD.
        price: Nullable<Positive<Price>> = "price";
        /// The new trigger price, in USD, until it is reached.
        trigger_price: Nullable<Positive<Price>> = "triggerPrice";
        /// The new distance of a trailing stop from its peak, in basis points.
        callback_bps: Nullable<Callback> = "callbackBps", 100;
    } example { "price": "91900" } with at least 1;

    /// Orders to place, one after the other.
    pub struct OrderBatch in JsonBody {
        /// The orders.
        orders: List<BatchItem, BATCH_LEN_MAX> = "orders";
    } example {
        "orders": [
            { "asset": "BTCUSDT", "side": "BUY", "qty": "0.01", "leverage": 10 },
            {
                "asset": "BTCUSDT", "side": "SELL", "type": "LIMIT", "qty": "0.01",
                "price": "95000", "leverage": 10, "idempotencyKey": "exit-1"
            }
        ]
    };

    /// Orders to cancel, by their ids or by the caller's own ids.
    pub struct CancelBatch in JsonBody {
        /// The ids.
        order_ids: Nullable<List<OrderId, BATCH_LEN_MAX>> = "orderIds";
        /// The caller's own ids.
        client_order_ids: Nullable<List<ClientOrderId, BATCH_LEN_MAX>> = "clientOrderIds",
            check: |ids, ()| fit::either("orderIds", order_ids.as_ref(), ids.as_ref());
    } example { "clientOrderIds": ["grid-7", "grid-8"] } with at least 1;

    /// The order that a message is about, by its id or by the caller's own id.
    pub struct OrderTarget in JsonBody {
        /// The id.
        order_id: Nullable<OrderId> = "orderId";
        /// The caller's own id.
        client_order_id: Nullable<ClientOrderId> = "clientOrderId",
            check: |id, ()| fit::either("orderId", order_id.as_ref(), id.as_ref());
    }

    /// The orders to list: those that match everything that is given.
    pub struct PlacedOrdersQuery in Query given Markets {
        /// The states: `NEW`, or absent, lists all resting orders; any of the others, separated by
        /// commas, a page of those that have ended so.
        statuses: CommaList<OrderStatus, STATUSES> = "status",
            check: |statuses, _| fit::statuses(statuses);
        /// The asset.
        market: Optional<Asset> = "asset";
        /// The caller's own id.
        client_order_id: Optional<ClientOrderId> = "clientOrderId", "grid-7";
        /// The side.
        side: Optional<OrderSide> = "side";
        /// The kinds, separated by commas; absent means all.
        kinds: CommaList<OrderKind, KINDS> = "type";
        /// The earliest time of acceptance, in Unix milliseconds.
        from_ms: Optional<Moment> = "from", 1_795_493_501_491_u64;
        /// The time before which the orders were accepted, in Unix milliseconds.
        to_ms: Optional<Moment> = "to", 1_795_579_901_491_u64;
        /// The number of ended orders on a page. A CSV file has all orders.
        limit: Defaulted<Count<PAGE_LEN_MAX>, PAGE_LEN> = "limit";
        /// The `nextCursor` of the previous page. A CSV file has all orders.
        cursor: Optional<Cursor> = "cursor",
            "1795493504531.0853d9e4-965f-518c-9cd8-65029e3511e3";
        /// The format: `json` for a page, `csv` for a file of all orders that match, oldest first.
        format: Format = "format";
    }

    /// The orders to sum up, all of which have ended: those that match everything that is given.
    pub struct OrderSumQuery in Query given Markets {
        /// The states, separated by commas; absent means all but `NEW`.
        statuses: CommaList<OrderStatus, STATUSES> = "status",
            check: |statuses, _| fit::ended(statuses);
        /// The asset.
        market: Optional<Asset> = "asset";
        /// The caller's own id.
        client_order_id: Optional<ClientOrderId> = "clientOrderId", "grid-7";
        /// The side.
        side: Optional<OrderSide> = "side";
        /// The kinds, separated by commas; absent means all.
        kinds: CommaList<OrderKind, KINDS> = "type";
        /// The earliest time of acceptance, in Unix milliseconds.
        from_ms: Optional<Moment> = "from", 1_795_493_501_491_u64;
        /// The time before which the orders were accepted, in Unix milliseconds.
        to_ms: Optional<Moment> = "to", 1_795_579_901_491_u64;
    }

    /// The orders to cancel: one by the caller's own id, or all.
    pub struct CancelQuery in Query given Markets {
        /// The asset whose orders are canceled; all if absent.
        market: Optional<Asset> = "asset";
        /// The caller's own id of the one order to cancel.
        client_order_id: Optional<ClientOrderId> = "clientOrderId", "grid-7",
            check: |id, _| match (&market, id) {
                (Some(Some(_)), Some(_)) => Err("is not allowed together with asset".into()),
                _ => Ok(()),
            };
    }

    /// The order to change, by the caller's own id.
    pub struct ClientOrderQuery in Query {
        /// The caller's own id of the order.
        client_order_id: ClientOrderId = "clientOrderId", "grid-7";
    }
}

impl OrderAmendment {
    /// Returns the request to the engine, or `None` if there is nothing to change.
    pub fn of(self, order: OrderRef) -> Option<AmendOrder> {
        let Self { qty, price, trigger_price, callback_bps } = self;
        let is_empty =
            qty.is_none() && price.is_none() && trigger_price.is_none() && callback_bps.is_none();
        (!is_empty).then_some(AmendOrder { order, qty, price, trigger_price, callback_bps })
    }
}

/// Returns the reference to an order by the caller's own id.
pub const fn called(client_order_id: String) -> OrderRef {
    OrderRef { order_id: None, client_order_id: Some(client_order_id), sequence: None }
}

/// An id that the caller has chosen for an order.
pub struct ClientOrderId;

impl FieldType for ClientOrderId {
    type Value = String;
    type Given = ();

    fn read(raw: Raw<'_>, (): &()) -> Result<String, Problem> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".:/_-".contains(&byte);
        let text = raw.text()?;
        // Clients encode some of these characters in a query; none of them is a per cent sign.
        let text = percent_decode_str(&text).decode_utf8_lossy();
        let is_valid =
            (1..=CLIENT_ORDER_ID_CHARS_MAX).contains(&text.len()) && text.bytes().all(is_allowed);
        if is_valid {
            return Ok(text.into_owned());
        }
        let problem = format!(
            "must have 1 to {CLIENT_ORDER_ID_CHARS_MAX} letters, digits and characters of .:/_-"
        );
        Err(problem.into())
    }

    fn description() -> Description {
        Description::inline(
            ObjectBuilder::new()
                .schema_type(Type::String)
                .min_length(Some(1))
                .max_length(Some(CLIENT_ORDER_ID_CHARS_MAX))
                .pattern(Some("^[A-Za-z0-9.:/_-]+$")),
        )
    }
}

/// An item of [`OrderBatch`], unread: a mistake in one of the orders is no mistake in the others.
pub struct BatchItem;

impl FieldType for BatchItem {
    type Value = Box<RawValue>;
    type Given = ();

    fn read(raw: Raw<'_>, (): &()) -> Result<Box<RawValue>, Problem> {
        match raw {
            Raw::Json(json) => Ok(json.to_owned()),
            Raw::Text(_) | Raw::Undecodable => Err("must be an object".into()),
        }
    }

    fn description() -> Description {
        Description::shared("BatchOrder", BatchOrder::schema())
    }
}

requests! {
    /// The key of an order that is sent in a body together with others.
    pub struct KeyInBody in JsonBody {
        /// A key that makes the order safe to send again, like the header `Idempotency-Key` of an
        /// order that is sent alone.
        key: Nullable<BatchKey> = "idempotencyKey", "my-trade";
    }
}

joined! {
    /// An order of several that are placed together.
    pub struct BatchOrder of order: OrderInstruction, key: KeyInBody, given Markets;

    /// A change of the resting order that a message is about.
    pub struct TargetedAmendment of target: OrderTarget, change: OrderAmendment, given ();
}

impl From<OrderTarget> for OrderRef {
    fn from(OrderTarget { order_id, client_order_id }: OrderTarget) -> Self {
        Self { order_id, client_order_id, sequence: None }
    }
}

/// An idempotency key in a body, which takes the characters that a header takes.
pub struct BatchKey;

impl FieldType for BatchKey {
    type Value = String;
    type Given = ();

    fn read(raw: Raw<'_>, (): &()) -> Result<String, Problem> {
        let key = Key::read(raw, &())?;
        if key.bytes().all(|byte| (b' '..=b'~').contains(&byte)) && key.trim() == key {
            Ok(key)
        } else {
            Err("must have 1 to 255 printable ASCII characters".into())
        }
    }

    fn description() -> Description {
        Key::description()
    }
}
