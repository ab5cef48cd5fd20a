//! What requests about orders hold, and what is answered.

use crate::assets::Asset;
use crate::error::{ApiError, error_sets};
use crate::json::True;
use messages::{CloseReason, DisputeReason, EntryId, OrderId, Rejection, Side, Symbol, UserId};
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
    /// Of a path with an order's id.
    WrongId = [ApiError::field("orderId", "is not an order id, which is a UUID")];
    /// Of a list's parameters.
    WrongQuery = [ApiError::field("limit", "must be a whole number from 1 to 100")];
    /// Of a sum's parameters.
    WrongCursor = [ApiError::field("cursor", "is not a nextCursor that this API gave")];
    /// Of a header that makes a request safe to send again.
    WrongKey = [ApiError::field(
        "Idempotency-Key",
        "must have 1 to 255 characters of printable ASCII",
    )];
    /// Of opening a position.
    Placing = [
        ApiError::field("qty", "must be above zero"),
        ApiError::Rejected(Rejection::UnknownAsset { asset: "DOGEUSDT".to_owned() }),
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
    /// Of a stop-loss and a take-profit.
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
    /// Of changing a position.
    Changing = [
        ApiError::field("stopLoss", "or takeProfit is needed; null removes one"),
        ApiError::Rejected(Rejection::OrderNotFound),
        already_closed(),
    ];
    /// Of closing one.
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
    /// Of reading one.
    Reading = [ApiError::Rejected(Rejection::OrderNotFound)];
}

const fn price(usd: i128) -> Price {
    Price::from_scaled(usd * price::SCALE)
}

fn already_closed() -> ApiError {
    let order = messages::Position {
        order_id: OrderId(EXAMPLE_ID),
        user_id: UserId(EXAMPLE_ID),
        asset: Symbol::BtcUsdt,
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

/// An amount above zero: a JSON number or the same in a text, exact to 8 decimals either way.
///
/// The number's digits are read as they are written; a client whose numbers are floats keeps them
/// exact by sending a text.
pub struct PositiveDecimal;

impl PartialSchema for PositiveDecimal {
    fn schema() -> RefOr<Schema> {
        let number = ObjectBuilder::new()
            .schema_type(Type::Number)
            .description(Some("At most 8 decimals."))
            // Bounds of a description, in whose numbers there are no others.
            .minimum(Some(0.000_000_01))
            .maximum(Some(92_233_720_368_u64))
            .examples([json!(1)]);
        let text = ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::Custom("decimal".to_owned())))
            .description(Some("The same as a text."))
            .pattern(Some(POSITIVE_DECIMAL))
            .examples(["0.01"]);
        OneOfBuilder::new()
            .description(Some(
                "An amount above zero: a JSON number or the same in a text, exact to 8 decimals \
                 either way. A client whose numbers are floats sends a text.",
            ))
            .item(number)
            .item(text)
            .into()
    }
}

impl ToSchema for PositiveDecimal {}

/// Ten digits before the point, eight behind it, and not zero.
const POSITIVE_DECIMAL: &str = r"^([1-9][0-9]{0,9}(\.[0-9]{1,8})?|0\.[0-9]{0,7}[1-9])$";

/// Which way a position earns.
#[derive(ToSchema)]
#[schema(as = Side, rename_all = "UPPERCASE")]
#[expect(dead_code, reason = "describes what is read from a body")]
enum SideWord {
    Long,
    Short,
}

/// A position to be opened.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", example = json!({ "asset": "BTCUSDT", "orderType": "LONG", "leverage": 10, "qty": "0.01" }))]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes a body that is read field by field")]
pub struct NewOrder {
    /// What to trade. Small letters, and `BTC` for `BTCUSDT`, are understood.
    asset: Asset,
    /// `LONG` earns when the price rises, `SHORT` when it falls.
    #[schema(rename = "orderType")]
    side: SideWord,
    /// How many times the margin the position is worth. The number in a text is understood.
    #[schema(minimum = 1, maximum = 100, examples(10))]
    leverage: u8,
    /// How much of the base asset (BTC, ETH or SOL).
    qty: PositiveDecimal,
    /// The price, in USD, that closes the position when the bid (long) falls to it or the ask
    /// (short) rises to it. Between the liquidation price and where the position could be closed
    /// now; none if null or absent.
    stop_loss: Option<PositiveDecimal>,
    /// The price, in USD, that closes the position when the bid (long) rises to it or the ask
    /// (short) falls to it. Beyond where the position could be closed now; none if null or absent.
    take_profit: Option<PositiveDecimal>,
    /// The worst price, in USD, to open at: the highest ask (long) or the lowest bid (short). Beyond
    /// it the order is refused; none if null or absent.
    price_limit: Option<PositiveDecimal>,
}

/// How to close a position; all of it may be left out.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", example = json!({ "priceLimit": "92000" }))]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes a body that is read field by field")]
pub struct CloseTerms {
    /// The worst price, in USD, to close at: the lowest bid (long) or the highest ask (short).
    /// Beyond it the position stays open; none if null or absent.
    price_limit: Option<PositiveDecimal>,
}

/// A change of an open position; at least one of the two.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", min_properties = 1, example = json!({ "stopLoss": "90000", "takeProfit": null }))]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes a body that is read field by field")]
pub struct OrderChange {
    /// The new stop-loss, a price in USD; null removes it, and absent it stays.
    stop_loss: Option<PositiveDecimal>,
    /// The new take-profit, a price in USD; null removes it, and absent it stays.
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
    /// Makes the request safe to send again: the same key is the same request, and gets the same
    /// answer without being carried out twice. A key holds for 24 hours at least, and for 48 at
    /// most; after that it stands for a new order. Printable ASCII, chosen by the caller, one's own.
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

/// What to list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes what is read from the query")]
pub struct ListQuery {
    /// `OPEN`: all positions. `CLOSED`: closed orders, page by page.
    #[param(required = false, inline)]
    status: Status,
    /// Closed orders on a page.
    #[param(nullable = false, minimum = 1, maximum = 100, default = 50)]
    limit: Option<u8>,
    /// The `nextCursor` of the page before.
    #[param(
        nullable = false,
        pattern = "^[0-9]{1,14}\\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
        example = "1795493504531.0853d9e4-965f-518c-9cd8-65029e3511e3"
    )]
    cursor: Option<String>,
}

/// What to sum up.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes what is read from the query")]
pub struct SumQuery {
    /// The `nextCursor` of a page of closed orders: only those behind that page count.
    #[param(
        nullable = false,
        pattern = "^[0-9]{1,14}\\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
        example = "1795493504531.0853d9e4-965f-518c-9cd8-65029e3511e3"
    )]
    cursor: Option<String>,
}

/// What can be listed.
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

/// An order after a request, and the account that it belongs to.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrderAnswer {
    /// Always true.
    pub success: True,
    /// The order.
    pub order: Order,
    /// The account.
    pub balance: Account,
    /// Present, and true, if the request had been granted before and has changed nothing now.
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
    /// The newest first.
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
