//! Damaged copies of valid stream entries.

use super::bytes::{damaged, odd_text};
use super::json::{nearly_json, odd_json};
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// The fields of an entry, by name.
pub type RawFields = Vec<(String, Vec<u8>)>;

const EDITS_MAX: usize = 2;

#[derive(Clone, Debug)]
enum Edit {
    Replace(Index, Vec<u8>),
    Rename(Index, String),
    Remove(Index),
    /// Appends the field a second time, with this value.
    Again(Index, Vec<u8>),
    Swap(Index, Index),
}

/// Generates one of the examples with fields missing, duplicated, renamed or damaged, and with
/// nearly valid JSON in the field `payload`.
///
/// # Panics
/// When an example has no payload, or one that is not JSON.
pub fn damaged_fields(examples: Vec<RawFields>) -> impl Strategy<Value = RawFields> {
    let edits = prop::collection::vec(edit(), 0..=EDITS_MAX);
    let entry = select(examples).prop_flat_map(|fields| {
        let payload = fields.iter().find(|(name, _)| name == "payload");
        let payload = payload.expect("every entry has a payload").1.clone();
        let json = String::from_utf8(payload.clone()).expect("payloads are JSON");
        let values = prop_oneof![
            4 => nearly_json(&[json]).prop_map(String::into_bytes),
            1 => damaged(vec![payload.clone()]),
            2 => Just(payload),
        ];
        (Just(fields), values)
    });
    (entry, edits).prop_map(|((mut fields, payload), edits)| {
        for (_, value) in fields.iter_mut().filter(|(name, _)| name == "payload") {
            value.clone_from(&payload);
        }
        for edit in edits {
            if !fields.is_empty() {
                edit.apply(&mut fields);
            }
        }
        fields
    })
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = any::<Index>;
    let value = || {
        prop_oneof![
            2 => odd_text().prop_map(String::into_bytes),
            1 => odd_json().prop_map(String::into_bytes),
            1 => any::<Vec<u8>>(),
        ]
    };
    prop_oneof![
        4 => (at(), value()).prop_map(|(at, value)| Edit::Replace(at, value)),
        1 => (at(), odd_text()).prop_map(|(at, name)| Edit::Rename(at, name)),
        1 => at().prop_map(Edit::Remove),
        1 => (at(), value()).prop_map(|(at, value)| Edit::Again(at, value)),
        1 => (at(), at()).prop_map(|(a, b)| Edit::Swap(a, b)),
    ]
}

impl Edit {
    fn apply(self, fields: &mut RawFields) {
        let len = fields.len();
        match self {
            Self::Replace(at, value) => fields[at.index(len)].1 = value,
            Self::Rename(at, name) => fields[at.index(len)].0 = name,
            Self::Remove(at) => drop(fields.remove(at.index(len))),
            Self::Again(at, value) => fields.push((fields[at.index(len)].0.clone(), value)),
            Self::Swap(a, b) => {
                let (a, b) = (a.index(len), b.index(len));
                let (value, other) = (fields[a].1.clone(), fields[b].1.clone());
                (fields[a].1, fields[b].1) = (other, value);
            }
        }
    }
}
