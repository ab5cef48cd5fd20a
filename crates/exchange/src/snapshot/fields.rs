//! The fields of a state, encoded and decoded one after the other, so that the values of a long
//! sequence are never in memory at once.

use super::RestoreError;
use postcard::de_flavors::Slice;
use postcard::ser_flavors::{AllocVec, Flavor as _};
use postcard::{Deserializer, Serializer};
use serde::{Deserialize, Serialize};

/// The fields of a state that is being encoded.
pub struct Output(Serializer<AllocVec>);

impl Output {
    pub fn new() -> Self {
        Self(Serializer { output: AllocVec::new() })
    }

    /// Encodes the next field.
    pub fn put(&mut self, value: &impl Serialize) {
        value.serialize(&mut self.0).expect("no field fails to be encoded, and memory grows");
    }

    /// Encodes a sequence.
    pub fn put_all<T: Serialize>(&mut self, values: impl ExactSizeIterator<Item = T>) {
        self.put(&values.len());
        values.for_each(|value| self.put(&value));
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.0.output.finalize().expect("the bytes are there already")
    }
}

/// The fields of an encoded state.
pub struct Fields<'a>(Deserializer<'a, Slice<'a>>);

impl<'a> Fields<'a> {
    pub fn of(bytes: &'a [u8]) -> Self {
        Self(Deserializer::from_bytes(bytes))
    }

    /// Decodes the next field.
    pub fn take<T: Deserialize<'a>>(&mut self) -> Result<T, RestoreError> {
        Ok(T::deserialize(&mut self.0)?)
    }

    /// Decodes the length of the sequence that comes next. Damaged bytes may claim any length.
    pub fn length(&mut self) -> Result<usize, RestoreError> {
        self.take()
    }
}

/// The number of values of a sequence that are decoded together: enough that the processor looks
/// up several of their owners at once, and few enough that they stay in its cache.
const BATCH: usize = 64;

/// A sequence that is decoded in batches.
pub struct Batches<T> {
    left: usize,
    batch: Vec<T>,
}

impl<T> Batches<T> {
    pub fn of(fields: &mut Fields) -> Result<Self, RestoreError> {
        Ok(Self { left: fields.length()?, batch: Vec::with_capacity(BATCH) })
    }

    /// Decodes the next batch, unless the sequence has ended.
    pub fn next<'a>(
        &mut self,
        fields: &mut Fields<'a>,
        decode: impl Fn(&mut Fields<'a>) -> Result<T, RestoreError>,
    ) -> Result<Option<&mut [T]>, RestoreError> {
        self.batch.clear();
        for _ in 0..self.left.min(BATCH) {
            self.batch.push(decode(fields)?);
        }
        self.left -= self.batch.len();
        Ok(Some(&mut *self.batch).filter(|batch| !batch.is_empty()))
    }
}
