//! Rows of a table, as they are given and as they are stored.

use crate::StoreError;
use std::collections::HashMap;

/// A row that can be compared with the one that is stored under its key.
pub trait Row {
    /// Each column in which the stored row has another value, with both.
    fn differences(&self, stored: &Self) -> Vec<String>;
}

/// Defines a table's row, the same by column for `insert … select from unnest(…)`, and how two
/// rows are compared.
#[macro_export]
macro_rules! table {
    (
        $(#[$about:meta])*
        $row:ident, $columns:ident;
        $($field:ident: $type:ty = $column:literal,)+
    ) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        struct $row {
            $($field: $type,)+
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

/// Compares rows of which some were not inserted, because their keys are taken, with those that are
/// stored. `subject` names a row by its key.
///
/// # Errors
/// [`StoreError::Unstorable`] for the first that is not stored as it was given.
pub fn compare<R: Row>(
    given: &[R],
    stored: &[R],
    subject: impl Fn(&R) -> String,
) -> Result<(), StoreError> {
    let stored: HashMap<String, &R> = stored.iter().map(|row| (subject(row), row)).collect();
    for row in given {
        let subject = subject(row);
        let Some(stored) = stored.get(&subject) else {
            return Err(StoreError::Unstorable(format!("{subject} was stored and is gone again")));
        };
        let differences = row.differences(stored);
        if !differences.is_empty() {
            let differences = differences.join(", ");
            let reason = format!("{subject} is stored already and is another: {differences}");
            return Err(StoreError::Unstorable(reason));
        }
    }
    Ok(())
}
