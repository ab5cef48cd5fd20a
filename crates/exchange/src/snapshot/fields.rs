//! The fields of an encoded state, decoded one after the other, so that the values of a long
//! sequence are never in memory at once.

use super::RestoreError;
use postcard::Deserializer;
use postcard::de_flavors::Slice;
use serde::Deserialize;

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
    pub fn next<'a>(&mut self, fields: &mut Fields<'a>) -> Result<Option<&mut [T]>, RestoreError>
    where
        T: Deserialize<'a>,
    {
        self.batch.clear();
        for _ in 0..self.left.min(BATCH) {
            self.batch.push(fields.take()?);
        }
        self.left -= self.batch.len();
        Ok(Some(&mut *self.batch).filter(|batch| !batch.is_empty()))
    }
}
