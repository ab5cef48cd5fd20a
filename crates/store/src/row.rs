//! Table rows, and the comparison of given rows with stored ones.

use crate::StoreError;
use std::collections::HashMap;
use std::hash::Hash;

/// A row that can be compared with the one stored under its key.
pub trait Row {
    /// Describes each column that differs from the stored row, with both values.
    fn differences(&self, stored: &Self) -> Vec<String>;
}

/// Defines a table's row, its columns for `insert … select from unnest(…)`, and the comparison of
/// two rows. The row and its fields have the visibility that stands before its name.
#[macro_export]
macro_rules! table {
    (
        $(#[$about:meta])*
        $visibility:vis $row:ident, $columns:ident;
        $($(#[$meaning:meta])* $field:ident: $type:ty = $column:literal,)+
    ) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        $visibility struct $row {
            $($(#[$meaning])* $visibility $field: $type,)+
        }

        /// Rows by column.
        #[derive(Default)]
        struct $columns {
            $($field: Vec<$type>,)+
        }

        impl $columns {
            fn of(rows: &[$row]) -> Self {
                let mut columns = Self::default();
                for $row { $($field),+ } in rows.iter().cloned() {
                    $(columns.$field.push($field);)+
                }
                columns
            }
        }

        impl $crate::Row for $row {
            fn differences(&self, stored: &Self) -> Vec<String> {
                let mut found = Vec::new();
                $(if self.$field != stored.$field {
                    let (given, stored) = (&self.$field, &stored.$field);
                    found.push(format!(concat!($column, " is {:?}, stored is {:?}"), given, stored));
                })+
                found
            }
        }
    };
}

/// Compares the given rows with the stored ones, after an insert skipped rows whose keys were
/// taken. `subject` names a row by its key.
///
/// # Errors
/// [`StoreError::Unstorable`] for the first row that is not stored as it was given.
pub fn compare<R: Row>(
    given: &[R],
    stored: &[R],
    subject: impl Fn(&R) -> String,
) -> Result<(), StoreError> {
    let stored: HashMap<String, &R> = stored.iter().map(|row| (subject(row), row)).collect();
    for row in given {
        let subject = subject(row);
        let Some(stored) = stored.get(&subject) else {
            return Err(StoreError::Unstorable(format!("{subject} was stored but is gone")));
        };
        let differences = row.differences(stored);
        if !differences.is_empty() {
            let differences = differences.join(", ");
            let reason = format!("{subject} is already stored with other values: {differences}");
            return Err(StoreError::Unstorable(reason));
        }
    }
    Ok(())
}

/// Changes the given rows by those that are stored under their keys.
pub fn follow_stored<R, K: Eq + Hash>(
    given: &mut [R],
    stored: &[R],
    key: impl Fn(&R) -> K,
    change: impl Fn(&mut R, &R),
) {
    let stored: HashMap<K, &R> = stored.iter().map(|row| (key(row), row)).collect();
    for row in given {
        if let Some(stored) = stored.get(&key(row)) {
            change(row, stored);
        }
    }
}

/// Converts the sequence of an event for its column. Zero is none.
pub fn stored_sequence(sequence: u64) -> Result<Option<i64>, StoreError> {
    Ok(Some(sequence_column(sequence)?).filter(|sequence| *sequence != 0))
}

/// Converts a sequence for a column that has zero for none.
pub fn sequence_column(sequence: u64) -> Result<i64, StoreError> {
    let unstorable = |_| StoreError::Unstorable(format!("the sequence {sequence} is out of range"));
    i64::try_from(sequence).map_err(unstorable)
}
