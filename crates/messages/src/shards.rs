//! The shards of a deployment: each has a part of the accounts, with streams and an engine of its own.

use crate::ids::UserId;
use crate::instrument::Instrument;
use price::Qty;
use std::fmt;

/// The highest number of shards: their numbers take the upper 6 bits of an output's number.
pub const SHARDS_MAX: u16 = 64;

/// The bits of an output's number that count the outputs of one entry.
const OUTPUT_BITS: u32 = 26;

/// The shards of a deployment. Their number changes only while no service runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shards {
    count: u16,
    is_tagged: bool,
}

/// One of the shards of a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shard {
    number: u16,
    is_tagged: bool,
}

impl Shards {
    /// Creates the shards of a deployment: `count`, at least one and at most [`SHARDS_MAX`]. Their keys
    /// are tagged if there are several, or on a Redis Cluster, whose transactions are confined to the
    /// keys of one tag.
    pub fn new(count: u16, on_cluster: bool) -> Self {
        Self { count: count.clamp(1, SHARDS_MAX), is_tagged: count > 1 || on_cluster }
    }

    /// The number of shards.
    pub const fn count(self) -> u16 {
        self.count
    }

    /// Whether the names of the shards' keys and channels contain their tags.
    pub const fn is_tagged(self) -> bool {
        self.is_tagged
    }

    /// The shard of an account: the last 32 bits of its id, which are random in every UUID that Velox
    /// makes, modulo the number of shards. In PostgreSQL that is
    /// `('x' || right(id::text, 8))::bit(32)::bigint % count`.
    pub fn of(self, account: UserId) -> Shard {
        let bits = account.0.as_u128() & u128::from(u32::MAX);
        let number = bits % u128::from(self.count);
        self.shard(u16::try_from(number).expect("a remainder is less than its divisor"))
    }

    /// All shards, in the order of their numbers.
    pub fn all(self) -> impl ExactSizeIterator<Item = Shard> {
        (0..self.count).map(move |number| self.shard(number))
    }

    /// The shard of this number, if there is one.
    pub fn get(self, number: u16) -> Option<Shard> {
        (number < self.count).then(|| self.shard(number))
    }

    /// The first shard, which publishes what is the same in all.
    pub fn first(self) -> Shard {
        self.shard(0)
    }

    const fn shard(self, number: u16) -> Shard {
        Shard { number, is_tagged: self.is_tagged }
    }
}

impl Shard {
    /// The shard of a deployment that has one, without a tag.
    pub const ONLY: Self = Self { number: 0, is_tagged: false };

    /// The number of the shard, from 0.
    pub const fn number(self) -> u16 {
        self.number
    }

    /// Whether the names of the shard's keys and channels contain its tag.
    pub const fn is_tagged(self) -> bool {
        self.is_tagged
    }

    /// The name of a key, stream or channel in this shard: `request:stream:{2}`. The braces are Redis
    /// Cluster's hash tag: all keys of a shard are on one server. Without tags, the name itself.
    pub fn key(self, name: &str) -> String {
        if self.is_tagged { format!("{name}:{{{}}}", self.number) } else { name.to_owned() }
    }

    /// The channel of an account's changes: with tags, that of all accounts of the shard.
    pub fn user_channel(self, account: UserId) -> String {
        if self.is_tagged { self.user_channels() } else { crate::user_channel(account) }
    }

    /// The channel or the pattern of channels with the changes of all accounts of the shard.
    pub fn user_channels(self) -> String {
        if self.is_tagged { self.key("users") } else { "user:*".to_owned() }
    }

    /// The number of the first output of an entry: outputs of different shards have different ids.
    pub const fn first_output(self) -> u32 {
        (self.number as u32) << OUTPUT_BITS
    }
}

impl Instrument {
    /// The instrument as one of `shards` shards has it: each admits an equal part of the open interest,
    /// rounded down.
    #[must_use]
    pub fn in_shard(mut self, shards: u16) -> Self {
        let part = |cap: Qty| Qty::from_scaled(cap.scaled() / i128::from(shards));
        self.open_interest_cap = self.open_interest_cap.map(part);
        self
    }

    /// The instrument as `shards` shards have it together, from that of one of them.
    #[must_use]
    pub fn of_shards(mut self, shards: u16) -> Self {
        let whole = |cap: Qty| Qty::from_scaled(cap.scaled().saturating_mul(i128::from(shards)));
        self.open_interest_cap = self.open_interest_cap.map(whole);
        self
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "shard {}", self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn one_shard_has_the_plain_names_and_more_have_tags() {
        let account = UserId(Uuid::from_u128(7));
        let only = Shards::new(1, false).of(account);
        assert_eq!(only, Shard::ONLY);
        assert_eq!(only.key(crate::REQUEST_STREAM), "request:stream");
        assert_eq!(only.user_channel(account), format!("user:{account}"));
        let shard = Shards::new(4, false).of(account);
        assert_eq!(shard.number(), 3);
        assert_eq!(shard.key(crate::REQUEST_STREAM), "request:stream:{3}");
        assert_eq!(shard.user_channel(account), "users:{3}");
        let dead = crate::dead_letter_stream(crate::REQUEST_STREAM);
        assert_eq!(crate::dead_letter_stream(&shard.key(crate::REQUEST_STREAM)), shard.key(&dead));
        assert_eq!(Shards::new(1, true).of(account).key(crate::QUERY_STREAM), "query:stream:{0}");
    }

    #[test]
    fn accounts_are_spread_evenly_and_always_to_the_same_shard() {
        let shards = Shards::new(8, false);
        let mut counts = [0_u32; 8];
        for _ in 0..8_000 {
            let account = UserId(Uuid::new_v4());
            assert_eq!(shards.of(account), shards.of(account));
            counts[usize::from(shards.of(account).number())] += 1;
        }
        assert!(counts.iter().all(|count| (800..1_200).contains(count)), "{counts:?}");
    }

    #[test]
    fn outputs_of_different_shards_never_share_an_id() {
        let last = Shards::new(SHARDS_MAX, false).all().last().unwrap();
        assert_eq!(last.first_output() >> OUTPUT_BITS, u32::from(SHARDS_MAX) - 1);
        assert_eq!(Shard::ONLY.first_output(), 0);
    }
}
