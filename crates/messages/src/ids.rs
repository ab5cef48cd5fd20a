//! Identifiers: accounts, orders, requests, mails and stream entries.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{fmt, str::FromStr};
use uuid::Uuid;

/// A text that is not a valid id, symbol, side or timeframe.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not {expected}")]
pub struct InvalidId {
    text: String,
    expected: &'static str,
}

impl InvalidId {
    pub(crate) fn new(text: &str, expected: &'static str) -> Self {
        // The fault shows at the start, and hostile input must not fill the logs.
        Self { text: text.chars().take(64).collect(), expected }
    }
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Uuid::parse_str(text).map(Self).map_err(|_| InvalidId::new(text, "a UUID"))
            }
        }
    };
}

uuid_id! {
    /// An account.
    UserId
}
uuid_id! {
    /// An order, from its opening to its closed record. The sender chooses it: a UUIDv7, or derived
    /// from the caller's idempotency key by [`OrderId::for_key`].
    OrderId
}
uuid_id! {
    /// A request, from the gateway through the logs of every service to the reply.
    RequestId
}
uuid_id! {
    /// A mail, from the service that requests it to the provider, which uses it to send no mail
    /// twice.
    MailId
}

/// The version of the ids of stops that were placed in the older way of Binance's API, as orders. No
/// other order has it.
const OLDER_WAY: usize = 8;

impl OrderId {
    /// Makes the id of such a stop: that of another version with the same time and the same random
    /// bits.
    pub fn of_older_way(id: Uuid) -> Self {
        Self(uuid::Builder::from_custom_bytes(*id.as_bytes()).into_uuid())
    }

    /// Reports whether the order is a stop that Binance's API shows as an order, not as an algo order.
    pub fn is_of_older_way(self) -> bool {
        self.0.get_version_num() == OLDER_WAY
    }

    /// Derives an order id from an idempotency key. The same user, key and period give the same id
    /// at every gateway.
    pub fn for_key(user_id: UserId, key: &str, period: u64) -> Self {
        // No key contains a line feed, so no two pairs of period and key give the same name.
        Self(Uuid::new_v5(&user_id.0, format!("{period}\n{key}").as_bytes()))
    }

    /// The id of the trailing stop that is placed for what this order opens.
    #[must_use]
    pub fn trailing_stop(self) -> Self {
        Self(Uuid::new_v5(&self.0, b"trailing stop"))
    }

    /// The id of the order by which an entry closes this position at the next quote.
    #[must_use]
    pub fn closing(self, entry: EntryId) -> Self {
        Self(Uuid::new_v5(&self.0, format!("close {entry}").as_bytes()))
    }
}

/// The id of a stream entry: the server's clock in Unix ms and a counter within the millisecond.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId {
    /// Unix time in ms.
    pub ms: u64,
    /// The counter of the entries within one millisecond.
    pub seq: u64,
}

impl EntryId {
    /// The id before that of every entry.
    pub const MIN: Self = Self { ms: 0, seq: 0 };

    /// Creates an id from its two halves.
    pub const fn new(ms: u64, seq: u64) -> Self {
        Self { ms, seq }
    }

    /// The id of the `n`th output of the request with this id: `ms-(seq × 2^32 + n)`.
    ///
    /// It depends on the request alone, so an engine that processes the request again asks Redis
    /// for the same id, and Redis refuses it the second time.
    ///
    /// # Panics
    /// When `seq` does not fit in 32 bits; see [`EntryId::check_request`].
    #[must_use]
    pub fn output(self, n: u32) -> Self {
        let seq = u32::try_from(self.seq).expect("fewer than 2^32 entries share a millisecond");
        Self { ms: self.ms, seq: (u64::from(seq) << 32) | u64::from(n) }
    }

    /// Checks that a request may have this id, so that its outputs have ids too.
    ///
    /// # Errors
    /// When `seq` does not fit in 32 bits. Redis generates no such id, but accepts one that was
    /// written by hand.
    pub fn check_request(self) -> Result<(), InvalidId> {
        match u32::try_from(self.seq) {
            Ok(_) => Ok(()),
            Err(_) => Err(InvalidId::new(
                &self.to_string(),
                "a request's id, with a sequence number below 2^32",
            )),
        }
    }

    /// The id of the entry that produced this output.
    #[must_use]
    pub const fn origin(self) -> Self {
        Self { ms: self.ms, seq: self.seq >> 32 }
    }
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.ms, self.seq)
    }
}

impl FromStr for EntryId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        text.split_once('-')
            .and_then(|(ms, seq)| Some(Self { ms: ms.parse().ok()?, seq: seq.parse().ok()? }))
            .ok_or_else(|| InvalidId::new(text, "a stream entry id such as 1703001234567-0"))
    }
}

impl Serialize for EntryId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            (self.ms, self.seq).serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for EntryId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
        } else {
            let (ms, seq) = Deserialize::deserialize(deserializer)?;
            Ok(Self { ms, seq })
        }
    }
}
