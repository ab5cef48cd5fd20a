//! The events of `response:stream`, also published on the user's own channel.

use crate::codec::{DecodeError, Fields, StreamMessage, decode_payload};
use crate::ids::{EntryId, RequestId, UserId};
use crate::order::{Execution, Order, PositionMode};
use crate::position::{ClosedPosition, Position};
use crate::request::{AdjustBalance, RegisterUser};
use crate::symbol::Symbol;
use crate::words::words;
use price::{Price, Rate, Usd};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::sync::Arc;

/// A change of one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The request that caused it; a position closed by a price has none.
    pub request_id: Option<RequestId>,
    /// The owner of the account.
    pub user_id: UserId,
    /// Stream time (Unix ms) of the entry that caused it.
    pub timestamp_ms: u64,
    /// The account after the change.
    pub account: AccountState,
    /// The kind of the change.
    pub kind: EventKind,
    /// The order and the fill that changed a position. Absent where the position says it all: when
    /// a market order of mode `separate` opens it without a fee, and when it is closed whole without
    /// an order and a fee.
    pub execution: Option<Box<Execution>>,
}

/// An account after a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountState {
    /// Free to trade with; margins are not in it.
    #[serde(rename = "balanceInt")]
    pub balance: Usd,
    /// Locked in open positions.
    #[serde(rename = "usedMarginInt")]
    pub used_margin: Usd,
    /// Reserved for resting orders; neither in the balance nor in the used margin.
    #[serde(rename = "reservedInt", default, skip_serializing_if = "Usd::is_zero")]
    pub reserved: Usd,
    /// The number of the account's change, counted from 1, so that a client notices a missed one.
    pub sequence: u64,
}

words! {
    /// The way in which a position changed.
    pub enum PositionChange {
        /// A fill added to it.
        Increased,
        /// A fill closed a part of it.
        Reduced,
        /// Its owner added or removed margin.
        Margin,
        /// Its owner changed the leverage.
        Leverage,
        /// The parameters of its instrument changed.
        Instrument,
    }
}

/// A position after a change that neither opened nor closed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PositionChanged {
    /// The position after the change.
    pub order: Position,
    /// The way in which it changed.
    pub change: PositionChange,
    /// The profit or loss of the part that was closed.
    #[serde(rename = "realizedPnLInt", default, skip_serializing_if = "Option::is_none")]
    pub realized_pnl: Option<Usd>,
}

/// A funding of one position.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FundingSettled {
    /// The position after the funding.
    pub order: Position,
    /// The amount that the position received, negative if it paid.
    #[serde(rename = "amountInt")]
    pub amount: Usd,
    /// The part of the payment that the balance did not have, and that was taken from the margin.
    #[serde(rename = "fromMarginInt", default, skip_serializing_if = "Usd::is_zero")]
    pub from_margin: Usd,
    /// The rate.
    #[serde(rename = "fundingRateInt")]
    pub rate: Rate,
    /// The mark price of the funding.
    #[serde(rename = "markPriceInt")]
    pub mark: Price,
    /// The time of the funding (Unix ms).
    #[serde(rename = "fundingTime")]
    pub funding_ms: u64,
}

/// The new beginning of an account without positions and orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountReset {
    /// The balance from here on.
    #[serde(rename = "balanceInt")]
    pub balance: Usd,
    /// The balance before, after everything was closed.
    #[serde(rename = "previousInt")]
    pub previous: Usd,
}

/// The new leverage of an account in an instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeverageChanged {
    /// The symbol.
    pub asset: Symbol,
    /// The leverage.
    pub leverage: u8,
}

/// Declares the kinds of events, one row a kind: the variant, its data with the attributes of its
/// place in the payload, beside the `account` of every event, and the `type` of its entries.
macro_rules! events {
    ($($(#[$doc:meta])* $Kind:ident($(#[$place:meta])+ $Data:ty) = $type_name:literal,)+) => {
        /// The kind of a change, with its data.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum EventKind {
            $($(#[$doc])* $Kind($Data),)+
        }

        impl EventKind {
            /// The `type` of the event's entries.
            pub const fn type_name(&self) -> &'static str {
                match self {
                    $(Self::$Kind(_) => $type_name,)+
                }
            }

            fn payload(&self, account: AccountState, execution: Option<&Execution>) -> String {
                let json = match self {
                    $(Self::$Kind(data) => {
                        #[derive(Serialize)]
                        struct Payload<'a> {
                            account: AccountState,
                            $(#[$place])+
                            data: &'a $Data,
                            #[serde(skip_serializing_if = "Option::is_none")]
                            execution: Option<&'a Execution>,
                        }
                        serde_json::to_string(&Payload { account, data, execution })
                    })+
                };
                json.expect("messages have string keys and no failing parts")
            }

            fn decode(type_name: &str, payload: &str) -> Result<Decoded, DecodeError> {
                match type_name {
                    $($type_name => {
                        #[derive(Deserialize)]
                        struct Payload {
                            account: AccountState,
                            $(#[$place])+
                            data: $Data,
                            #[serde(default)]
                            execution: Option<Box<Execution>>,
                        }
                        let Payload { account, data, execution } = decode_payload(payload)?;
                        Ok((account, Self::$Kind(data), execution))
                    })+
                    other => {
                        Err(DecodeError::new("type", format!("is the unknown event type {other:?}")))
                    }
                }
            }
        }
    };
}

/// The account, the kind and the execution of an event.
type Decoded = (AccountState, EventKind, Option<Box<Execution>>);

events! {
    /// The account was registered with this deposit.
    UserRegistered(#[serde(flatten)] RegisterUser) = "USER_REGISTERED",
    /// A position was opened.
    PositionOpened(#[serde(rename = "order")] Position) = "ORDER_OPENED",
    /// The stop-loss or take-profit of a position changed.
    PositionModified(#[serde(rename = "order")] Position) = "ORDER_MODIFIED",
    /// A position was closed.
    PositionClosed(#[serde(rename = "order")] ClosedPosition) = "ORDER_CLOSED",
    /// An operator changed the balance.
    BalanceAdjusted(#[serde(flatten)] AdjustBalance) = "BALANCE_ADJUSTED",
    /// A position changed, and is still open.
    PositionChanged(#[serde(flatten)] Box<PositionChanged>) = "POSITION_CHANGED",
    /// An order rests.
    OrderAccepted(#[serde(rename = "order")] Arc<Order>) = "ORDER_ACCEPTED",
    /// A resting order changed.
    OrderAmended(#[serde(rename = "order")] Arc<Order>) = "ORDER_AMENDED",
    /// The trigger of a limit order, or the activation price of a trailing stop, was reached; the
    /// order rests on.
    OrderActivated(#[serde(rename = "order")] Arc<Order>) = "ORDER_ACTIVATED",
    /// The trader canceled an order.
    OrderCanceled(#[serde(rename = "order")] Arc<Order>) = "ORDER_CANCELED",
    /// An order ended without a fill.
    OrderExpired(#[serde(rename = "order")] Arc<Order>) = "ORDER_EXPIRED",
    /// The account's orders make positions in another way from here on.
    PositionModeChanged(#[serde(rename = "mode")] PositionMode) = "POSITION_MODE_CHANGED",
    /// The account's leverage in an instrument changed.
    LeverageChanged(#[serde(flatten)] LeverageChanged) = "LEVERAGE_CHANGED",
    /// A position paid or received a funding.
    FundingSettled(#[serde(flatten)] Box<FundingSettled>) = "FUNDING_SETTLED",
    /// The account began anew.
    AccountReset(#[serde(flatten)] AccountReset) = "ACCOUNT_RESET",
}

/// The message published on [`crate::user_channel`]: an event with the id of its stream entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// The event's id in `response:stream`.
    pub id: EntryId,
    /// The event.
    pub event: Event,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct NotificationJson<'a> {
    id: EntryId,
    #[serde(rename = "type", borrow)]
    kind: std::borrow::Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    request_id: Option<RequestId>,
    user_id: UserId,
    timestamp: u64,
    #[serde(borrow)]
    payload: &'a RawValue,
}

impl Event {
    /// Encodes the fields of the stream entry and the text of the [`Notification`], serializing the
    /// shared payload once.
    pub fn encode_for(&self, id: EntryId) -> (Fields, String) {
        let payload = self.payload();
        let notification = self.notification(id, &payload);
        (self.encode_with(payload), notification)
    }

    fn payload(&self) -> String {
        self.kind.payload(self.account, self.execution.as_deref())
    }

    fn encode_with(&self, payload: String) -> Fields {
        Fields::of_type(self.kind.type_name())
            .with_some("requestId", self.request_id)
            .with("userId", self.user_id)
            .with("timestamp", self.timestamp_ms)
            .with_text("payload", payload)
    }

    fn notification(&self, id: EntryId, payload: &str) -> String {
        let json = NotificationJson {
            id,
            kind: self.kind.type_name().into(),
            request_id: self.request_id,
            user_id: self.user_id,
            timestamp: self.timestamp_ms,
            payload: serde_json::from_str(payload).expect("it was just made as JSON"),
        };
        serde_json::to_string(&json).expect("messages have string keys and no failing parts")
    }
}

impl StreamMessage for Event {
    fn encode(&self) -> Fields {
        self.encode_with(self.payload())
    }

    fn decode(fields: &Fields) -> Result<Self, DecodeError> {
        let (account, kind, execution) =
            EventKind::decode(fields.kind()?, fields.required("payload")?)?;
        Ok(Self {
            request_id: fields.optional_id("requestId")?,
            user_id: fields.id("userId")?,
            timestamp_ms: fields.timestamp_ms()?,
            account,
            kind,
            execution,
        })
    }
}

impl Notification {
    /// The JSON text that is published.
    pub fn to_json(&self) -> String {
        self.event.notification(self.id, &self.event.payload())
    }

    /// Parses the output of [`Notification::to_json`].
    pub fn from_json(json: &str) -> Result<Self, DecodeError> {
        let read: NotificationJson<'_> = serde_json::from_str(json)
            .map_err(|error| DecodeError::new("notification", format!("is wrong: {error}")))?;
        let (account, kind, execution) = EventKind::decode(&read.kind, read.payload.get())?;
        Ok(Self {
            id: read.id,
            event: Event {
                request_id: read.request_id,
                user_id: read.user_id,
                timestamp_ms: read.timestamp,
                account,
                kind,
                execution,
            },
        })
    }
}
