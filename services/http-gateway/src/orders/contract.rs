//! The request and response bodies of the order operations.

use crate::error::{ApiError, error_sets};
use crate::json::True;
use crate::market_list::Asset;
use messages::{
    CloseReason, DisputeReason, EntryId, LEVERAGE_MAX, OrderId, Rejection, Side, Symbol, UserId,
};
use price::{Price, Qty, Usd};
use serde::Serialize;
use serde_json::json;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{IntoParams, PartialSchema, ToSchema};
use uuid::{Uuid, uuid};
use views::{Account, BalanceSheet, Order, RealizedPnl};

const EXAMPLE_ID: Uuid = uuid!("0853d9e4-965f-518c-9cd8-65029e3511e3");

error_sets! {
    /// Errors of a path with an order's id.
    WrongId = [ApiError::field("orderId", "must be the UUID of an order")];
    /// Errors of a list's parameters.
    WrongQuery = [ApiError::field("limit", "must be a whole number from 1 to 100")];
    /// Errors of a sum's parameters.
    WrongCursor = [ApiError::field("cursor", "must be a nextCursor returned by this API")];
    /// Errors of the header `Idempotency-Key`.
    WrongKey = [ApiError::field(
        "Idempotency-Key",
        "must have 1 to 255 printable ASCII characters",
    )];
    /// Errors of opening a position.
    Placing = [
        ApiError::field("qty", "must be above zero"),
        ApiError::Rejected(Rejection::UnknownAsset { asset: "DOGEUSDT".to_owned() }),
        ApiError::Rejected(Rejection::InvalidLeverage { leverage: 100, max: 50 }),
        ApiError::Rejected(Rejection::QuantityTooSmall),
        ApiError::Rejected(Rejection::AmountOutOfRange),
        ApiError::Rejected(Rejection::OrderIdReused { order_id: OrderId(EXAMPLE_ID) }),
        ApiError::Rejected(Rejection::OrderClosedEarlier { order_id: OrderId(EXAMPLE_ID) }),
        ApiError::Rejected(Rejection::InsufficientBalance {
            required: Usd::from_scaled(101_000_000_000),
            available: Usd::from_scaled(100_000_000_000),
        }),
        ApiError::Rejected(Rejection::TooManyPositions { limit: 100 }),
        ApiError::Rejected(Rejection::LiquidatedAtOnce {
            liquidation_price: price(91_170),
            reference: price(91_000),
        }),
        ApiError::Rejected(Rejection::NoPrice),
        ApiError::Rejected(Rejection::StalePrice { age_ms: 12_000 }),
        ApiError::Rejected(Rejection::PriceDisputed { reason: DisputeReason::Held }),
        ApiError::Rejected(Rejection::PriceLimitExceeded {
            price: price(92_331),
            limit: price(92_300),
        }),
        ApiError::Rejected(Rejection::ClockAhead { ahead_ms: 3_600_000 }),
        ApiError::Rejected(Rejection::TradingPaused { reason: "a new release".to_owned() }),
        ApiError::EngineTimeout(Some(OrderId(EXAMPLE_ID))),
    ];
    /// Errors of a stop-loss and a take-profit.
    WrongExits = [
        ApiError::Rejected(Rejection::StopLossWrongSide {
            stop_loss: price(93_000),
            reference: price(92_000),
        }),
        ApiError::Rejected(Rejection::StopLossBeyondLiquidation {
            stop_loss: price(80_000),
            liquidation_price: price(84_021),
        }),
        ApiError::Rejected(Rejection::TakeProfitWrongSide {
            take_profit: price(91_000),
            reference: price(92_000),
        }),
    ];
    /// Errors of changing a position.
    Changing = [
        ApiError::field("stopLoss", "or takeProfit is required; null removes one"),
        ApiError::Rejected(Rejection::OrderNotFound),
        already_closed(),
    ];
    /// Errors of closing a position.
    Closing = [
        ApiError::Rejected(Rejection::OrderNotFound),
        already_closed(),
        ApiError::Rejected(Rejection::StalePrice { age_ms: 12_000 }),
        ApiError::Rejected(Rejection::PriceDisputed { reason: DisputeReason::Held }),
        ApiError::Rejected(Rejection::PriceLimitExceeded {
            price: price(91_970),
            limit: price(92_000),
        }),
    ];
    /// Errors of reading an order.
    Reading = [ApiError::Rejected(Rejection::OrderNotFound)];
}

const fn price(usd: i128) -> Price {
    Price::from_scaled(usd * price::SCALE)
}

fn already_closed() -> ApiError {
    let order = messages::Position {
        order_id: OrderId(EXAMPLE_ID),
        user_id: UserId(EXAMPLE_ID),
        asset: Symbol::from_static("BTCUSDT"),
        side: Side::Long,
        leverage: 10,
        qty: Qty::from_scaled(1_000_000),
        margin: Usd::from_scaled(9_233_144_265),
        entry_price: Price::from_scaled(9_233_144_265_000),
        liquidation_price: Price::from_scaled(8_402_161_281_150),
        stop_loss: None,
        take_profit: None,
        created_at_ms: 1_795_493_501_491,
    };
    let order = Box::new(messages::ClosedPosition {
        order,
        close_reason: CloseReason::Manual,
        close_price: Price::from_scaled(9_212_241_575_000),
        final_pnl: Usd::from_scaled(-209_026_900),
        shortfall: Usd::ZERO,
        tick_id: EntryId::new(1_795_493_504_403, 0),
        closed_at_ms: 1_795_493_504_531,
    });
    ApiError::Rejected(Rejection::OrderAlreadyClosed { order })
}

fn leverage() -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .description(Some(
            "The ratio of the position's value to its margin. A market may have a lower limit. A \
             string is accepted, too.",
        ))
        .minimum(Some(1))
        .maximum(Some(LEVERAGE_MAX))
        .examples([json!(10)])
}

/// An amount above zero: a JSON number or a decimal string, exact to 8 decimals either way.
///
/// A number's digits are read as written; clients whose numbers are floats should send strings.
pub struct PositiveDecimal;

impl PartialSchema for PositiveDecimal {
    fn schema() -> RefOr<Schema> {
        let number = ObjectBuilder::new()
            .schema_type(Type::Number)
            .description(Some("At most 8 decimals."))
            // Floats, because the schema's bounds have no other type.
            .minimum(Some(0.000_000_01))
            .maximum(Some(92_233_720_368_u64))
            .examples([json!(1)]);
        let text = ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::Custom("decimal".to_owned())))
            .description(Some("The same as a string."))
            .pattern(Some(POSITIVE_DECIMAL))
            .examples(["0.01"]);
        OneOfBuilder::new()
            .description(Some(
                "An amount above zero: a JSON number or a decimal string, exact to 8 decimals either \
                 way. Clients whose numbers are floats should send strings.",
            ))
            .item(number)
            .item(text)
            .into()
    }
}

impl ToSchema for PositiveDecimal {}

/// The pattern of a positive decimal: up to ten digits before the point and eight after it.
const POSITIVE_DECIMAL: &str = r"^([1-9][0-9]{0,9}(\.[0-9]{1,8})?|0\.[0-9]{0,7}[1-9])$";

/// The side of a position.
#[derive(ToSchema)]
#[schema(as = Side, rename_all = "UPPERCASE")]
#[expect(dead_code, reason = "describes what is read from a body")]
enum SideWord {
    Long,
    Short,
}

/// A position to open.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", example = json!({ "asset": "BTCUSDT", "orderType": "LONG", "leverage": 10, "qty": "0.01" }))]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes a body that is read field by field")]
pub struct NewOrder {
    /// The asset to trade. Lower case, and `BTC` for `BTCUSDT`, are accepted.
    asset: Asset,
    /// The side: `LONG` profits when the price rises, `SHORT` when it falls.
    #[schema(rename = "orderType")]
    side: SideWord,
    #[schema(schema_with = leverage)]
    leverage: u8,
    /// The quantity in the base asset.
    qty: PositiveDecimal,
    /// The price, in USD, at which the position is closed when the bid (long) falls to it or the
    /// ask (short) rises to it. It must be between the liquidation price and the price at which
    /// the position could be closed now. Null or absent means none.
    stop_loss: Option<PositiveDecimal>,
    /// The price, in USD, at which the position is closed when the bid (long) rises to it or the
    /// ask (short) falls to it. It must be beyond the price at which the position could be closed
    /// now. Null or absent means none.
    take_profit: Option<PositiveDecimal>,
    /// The worst price, in USD, to open at: the highest ask (long) or the lowest bid (short).
    /// Beyond it the order is refused. Null or absent means no limit.
    price_limit: Option<PositiveDecimal>,
}

/// The terms for closing a position, all optional.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", example = json!({ "priceLimit": "92000" }))]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes a body that is read field by field")]
pub struct CloseTerms {
    /// The worst price, in USD, to close at: the lowest bid (long) or the highest ask (short).
    /// Beyond it the position stays open. Null or absent means no limit.
    price_limit: Option<PositiveDecimal>,
}

/// A change of an open position: at least one of the two prices.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", min_properties = 1, example = json!({ "stopLoss": "90000", "takeProfit": null }))]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes a body that is read field by field")]
pub struct OrderChange {
    /// The new stop-loss, in USD. Null removes it; if absent, it stays.
    stop_loss: Option<PositiveDecimal>,
    /// The new take-profit, in USD. Null removes it; if absent, it stays.
    take_profit: Option<PositiveDecimal>,
}

/// The order's id.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "describes what is read from the path")]
pub struct OrderPath {
    /// The `orderId` of an order.
    #[param(rename = "orderId", example = "0853d9e4-965f-518c-9cd8-65029e3511e3")]
    order_id: Uuid,
}

/// The header that makes a request safe to send again.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes what is read from the headers")]
pub struct IdempotencyKey {
    /// A key, chosen by the caller, that makes the request safe to send again: a request with the
    /// same key gets the same response and is not carried out twice. A key is valid for 24 to 48
    /// hours; after that it stands for a new order. Printable ASCII; keys are separate per account.
    #[param(
        rename = "Idempotency-Key",
        nullable = false,
        min_length = 1,
        max_length = 255,
        pattern = "^[!-~]([ -~]*[!-~])?$",
        example = "my-first-trade"
    )]
    idempotency_key: Option<String>,
}

/// The orders to list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes what is read from the query")]
pub struct ListQuery {
    /// The status: `OPEN` lists all positions, `CLOSED` a page of closed orders.
    #[param(required = false, inline)]
    status: Status,
    /// The number of closed orders on a page.
    #[param(nullable = false, minimum = 1, maximum = 100, default = 50)]
    limit: Option<u8>,
    /// The `nextCursor` of the previous page.
    #[param(
        nullable = false,
        pattern = "^[0-9]{1,14}\\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
        example = "1795493504531.0853d9e4-965f-518c-9cd8-65029e3511e3"
    )]
    cursor: Option<String>,
}

/// The orders to sum up.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes what is read from the query")]
pub struct SumQuery {
    /// The `nextCursor` of a page of closed orders; only orders after that page count.
    #[param(
        nullable = false,
        pattern = "^[0-9]{1,14}\\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
        example = "1795493504531.0853d9e4-965f-518c-9cd8-65029e3511e3"
    )]
    cursor: Option<String>,
}

/// The status of orders to list.
struct Status;

impl PartialSchema for Status {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(["OPEN", "CLOSED"]))
            .default(Some(json!("OPEN")))
            .into()
    }
}

impl ToSchema for Status {}

/// An order and its account after a request.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrderAnswer {
    /// Always true.
    pub success: True,
    /// The order.
    pub order: Order,
    /// The account after the request.
    pub balance: Account,
    /// Present and true if the request succeeded before and changed nothing this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub repeated: Option<True>,
}

/// An order.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrderRead {
    /// Always true.
    pub success: True,
    /// The order.
    pub order: Order,
}

/// A list of orders.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrderList {
    /// Always true.
    pub success: True,
    /// The orders, newest first.
    pub orders: Vec<Order>,
    /// The `cursor` of the next page; null on the last one.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

/// The account's figures.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BalanceAnswer {
    /// Always true.
    pub success: True,
    /// The account, valued at the current prices.
    pub balance: BalanceSheet,
}

/// The realized P&L.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RealizedAnswer {
    /// Always true.
    pub success: True,
    /// The sum, exact.
    pub realized: RealizedPnl,
}
