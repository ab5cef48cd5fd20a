//! The events of `response:stream`, also published on the user's own channel.

use crate::codec::{DecodeError, Fields, StreamMessage, decode_payload};
use crate::ids::{EntryId, RequestId, UserId};
use crate::position::{ClosedPosition, Position};
use crate::request::{AdjustBalance, RegisterUser};
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
            const fn type_name(&self) -> &'static str {
                match self {
                    $(Self::$Kind(_) => $type_name,)+
                }
            }

            fn payload(&self, account: AccountState) -> String {
                let json = match self {
                    $(Self::$Kind(data) => {
                        #[derive(Serialize)]
                        struct Payload<'a> {
                            account: AccountState,
                            $(#[$place])+
                            data: &'a $Data,
                        }
                        serde_json::to_string(&Payload { account, data })
                    })+
                };
                json.expect("messages have string keys and no failing parts")
            }

            fn decode(type_name: &str, payload: &str) -> Result<(AccountState, Self), DecodeError> {
                match type_name {
                    $($type_name => {
                        #[derive(Deserialize)]
                        struct Payload {
                            account: AccountState,
                            $(#[$place])+
                            data: $Data,
                        }
                        let Payload { account, data } = decode_payload(payload)?;
                        Ok((account, Self::$Kind(data)))
                    })+
                    other => {
                        Err(DecodeError::new("type", format!("is the unknown event type {other:?}")))
                    }
                }
            }
        }
    };
}

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
        let payload = self.kind.payload(self.account);
        let notification = self.notification(id, &payload);
        (self.encode_with(payload), notification)
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
        self.encode_with(self.kind.payload(self.account))
    }

    fn decode(fields: &Fields) -> Result<Self, DecodeError> {
        let (account, kind) = EventKind::decode(fields.kind()?, fields.required("payload")?)?;
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
        self.event.notification(self.id, &self.event.kind.payload(self.event.account))
    }

    /// Parses the output of [`Notification::to_json`].
    pub fn from_json(json: &str) -> Result<Self, DecodeError> {
        let read: NotificationJson<'_> = serde_json::from_str(json)
            .map_err(|error| DecodeError::new("notification", format!("is wrong: {error}")))?;
        let (account, kind) = EventKind::decode(&read.kind, read.payload.get())?;
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
