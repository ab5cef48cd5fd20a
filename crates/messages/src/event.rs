//! The events of `response:stream`, also published on the user's own channel.

use crate::codec::{DecodeError, Fields, StreamMessage, decode_payload};
use crate::ids::{EntryId, RequestId, UserId};
use crate::position::{ClosedPosition, Position};
use crate::request::Attribution;
use price::Usd;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

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
    /// The number of the account's change, counted from 1, so that a client notices a missed one.
    pub sequence: u64,
}

/// The kind of a change, with its data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// The account was registered with this deposit.
    UserRegistered {
        /// Virtual money to start with.
        deposit: Usd,
    },
    /// A position was opened.
    PositionOpened(Position),
    /// The stop-loss or take-profit of a position changed.
    PositionModified(Position),
    /// A position was closed.
    PositionClosed(ClosedPosition),
    /// An operator changed the balance.
    BalanceAdjusted {
        /// The amount added; negative if money was taken.
        amount: Usd,
        /// The operator and the reason.
        attribution: Attribution,
    },
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
struct RegisteredPayload {
    account: AccountState,
    #[serde(rename = "depositInt")]
    deposit: Usd,
}

#[derive(Serialize, Deserialize)]
struct AdjustedPayload<T> {
    account: AccountState,
    #[serde(rename = "amountInt")]
    amount: Usd,
    #[serde(flatten)]
    attribution: T,
}

#[derive(Serialize, Deserialize)]
struct OrderPayload<T> {
    account: AccountState,
    order: T,
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
    const fn type_name(&self) -> &'static str {
        match self.kind {
            EventKind::UserRegistered { .. } => "USER_REGISTERED",
            EventKind::PositionOpened(_) => "ORDER_OPENED",
            EventKind::PositionModified(_) => "ORDER_MODIFIED",
            EventKind::PositionClosed(_) => "ORDER_CLOSED",
            EventKind::BalanceAdjusted { .. } => "BALANCE_ADJUSTED",
        }
    }

    fn payload(&self) -> String {
        let account = self.account;
        let json = match &self.kind {
            EventKind::UserRegistered { deposit } => {
                serde_json::to_string(&RegisteredPayload { account, deposit: *deposit })
            }
            EventKind::PositionOpened(order) | EventKind::PositionModified(order) => {
                serde_json::to_string(&OrderPayload { account, order })
            }
            EventKind::PositionClosed(order) => {
                serde_json::to_string(&OrderPayload { account, order })
            }
            EventKind::BalanceAdjusted { amount, attribution } => {
                serde_json::to_string(&AdjustedPayload { account, amount: *amount, attribution })
            }
        };
        json.expect("messages have string keys and no failing parts")
    }
}

impl Event {
    /// Encodes the fields of the stream entry and the text of the [`Notification`], serializing the
    /// shared payload once.
    pub fn encode_for(&self, id: EntryId) -> (Fields, String) {
        let payload = self.payload();
        let notification = self.notification(id, &payload);
        (self.encode_with(payload), notification)
    }

    fn encode_with(&self, payload: String) -> Fields {
        Fields::of_type(self.type_name())
            .with_some("requestId", self.request_id)
            .with("userId", self.user_id)
            .with("timestamp", self.timestamp_ms)
            .with_text("payload", payload)
    }

    fn notification(&self, id: EntryId, payload: &str) -> String {
        let json = NotificationJson {
            id,
            kind: self.type_name().into(),
            request_id: self.request_id,
            user_id: self.user_id,
            timestamp: self.timestamp_ms,
            payload: serde_json::from_str(payload).expect("it was just made as JSON"),
        };
        serde_json::to_string(&json).expect("messages have string keys and no failing parts")
    }
}

fn decode_kind(type_name: &str, payload: &str) -> Result<(AccountState, EventKind), DecodeError> {
    match type_name {
        "USER_REGISTERED" => {
            let RegisteredPayload { account, deposit } = decode_payload(payload)?;
            Ok((account, EventKind::UserRegistered { deposit }))
        }
        "ORDER_OPENED" => {
            let OrderPayload { account, order } = decode_payload(payload)?;
            Ok((account, EventKind::PositionOpened(order)))
        }
        "ORDER_MODIFIED" => {
            let OrderPayload { account, order } = decode_payload(payload)?;
            Ok((account, EventKind::PositionModified(order)))
        }
        "ORDER_CLOSED" => {
            let OrderPayload { account, order } = decode_payload(payload)?;
            Ok((account, EventKind::PositionClosed(order)))
        }
        "BALANCE_ADJUSTED" => {
            let AdjustedPayload { account, amount, attribution } = decode_payload(payload)?;
            Ok((account, EventKind::BalanceAdjusted { amount, attribution }))
        }
        other => Err(DecodeError::new("type", format!("is the unknown event type {other:?}"))),
    }
}

impl StreamMessage for Event {
    fn encode(&self) -> Fields {
        self.encode_with(self.payload())
    }

    fn decode(fields: &Fields) -> Result<Self, DecodeError> {
        let (account, kind) = decode_kind(fields.kind()?, fields.required("payload")?)?;
        Ok(Self {
            request_id: fields.optional_id("requestId")?,
            user_id: fields.id("userId")?,
            timestamp_ms: fields.timestamp_ms()?,
            account,
            kind,
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
        let (account, kind) = decode_kind(&read.kind, read.payload.get())?;
        Ok(Self {
            id: read.id,
            event: Event {
                request_id: read.request_id,
                user_id: read.user_id,
                timestamp_ms: read.timestamp,
                account,
                kind,
            },
        })
    }
}
