//! Stream entries as Redis returns them; the model does not use the services' codecs.

use serde::{Serialize, Serializer};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

/// The distance between the output ids of two requests in the same millisecond.
const OUTPUTS_OF_ONE: u64 = 1 << 32;

/// The id of an entry: milliseconds, and a counter within one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id {
    /// Unix time in ms.
    pub ms: u64,
    /// The counter within the millisecond.
    pub seq: u64,
}

impl Id {
    /// Reads `ms-seq`.
    pub fn parse(text: &str) -> Option<Self> {
        let (ms, seq) = text.split_once('-')?;
        Some(Self { ms: ms.parse().ok()?, seq: seq.parse().ok()? })
    }

    /// Reports whether the outputs of this request have ids.
    #[must_use]
    pub const fn has_outputs(self) -> bool {
        self.seq < OUTPUTS_OF_ONE
    }

    /// The expected id of this request's `n`th output: `ms-(seq × 2^32 + n)`.
    #[must_use]
    pub fn output(self, n: u64) -> Self {
        Self { ms: self.ms, seq: self.seq * OUTPUTS_OF_ONE + n }
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.ms, self.seq)
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// An entry whose fields are strings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Its id.
    pub id: Id,
    /// Its fields.
    pub fields: BTreeMap<String, String>,
}

impl Entry {
    /// The value of a field; empty when it is missing.
    pub fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }

    /// The value of a field, if it is there.
    pub fn optional(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }

    /// The payload, if it is JSON.
    pub fn payload(&self) -> Option<Value> {
        serde_json::from_str(self.field("payload")).ok()
    }
}
