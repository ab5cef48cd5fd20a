//! Damaged copies of valid bytes and texts.

use proptest::prelude::*;
use proptest::sample::{Index, select};

/// The most changes to one example. Some code needs several changes to be reached; after too many,
/// everything is rejected early.
const DAMAGES_MAX: usize = 4;

/// Texts that parsers stumble over: terminators, characters with a meaning in some syntax, and
/// numbers out of every range.
const ODD: [&str; 40] = [
    "",
    "\0",
    " ",
    "\n",
    "\r\n",
    "\t",
    "\u{feff}",
    "\u{202e}",
    "é",
    "١",
    "\u{1f4a9}",
    "\"",
    "\\",
    "\\u0000",
    "\\ud800",
    "{",
    "}",
    "[",
    "]",
    ",",
    ";",
    ":",
    "=",
    "&",
    "%00",
    "%",
    ".",
    "..",
    "-",
    "+",
    "-0",
    "e",
    "E+",
    "1e999999999",
    "1e-999999999",
    "NaN",
    "18446744073709551616",
    "-170141183460469231731687303715884105728",
    "null",
    "::ffff:127.0.0.1",
];

#[derive(Clone, Debug)]
enum Damage {
    Flip {
        at: Index,
        bit: u32,
    },
    Insert {
        at: Index,
        what: Vec<u8>,
    },
    Overwrite {
        at: Index,
        what: Vec<u8>,
    },
    Remove {
        at: Index,
        len: usize,
    },
    /// Copies a range to another place.
    Copy {
        from: Index,
        len: usize,
        to: Index,
    },
    Cut {
        at: Index,
    },
}

/// Generates one of the examples, damaged in a few places.
pub fn damaged(examples: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let damages = prop::collection::vec(damage(), 1..=DAMAGES_MAX);
    (select(examples), damages).prop_map(|(mut bytes, damages)| {
        for damage in &damages {
            damage.apply(&mut bytes);
        }
        bytes
    })
}

/// Generates a damaged example as text; bytes that are no longer UTF-8 are replaced.
pub fn damaged_text<T: AsRef<str>>(examples: &[T]) -> impl Strategy<Value = String> + use<T> {
    let examples = examples.iter().map(|text| text.as_ref().as_bytes().to_vec()).collect();
    damaged(examples).prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// Generates odd texts: empty, strange, or far too long.
pub fn odd_text() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => select(&ODD[..]).prop_map(str::to_owned),
        4 => any::<String>(),
        4 => any::<i128>().prop_map(|number| number.to_string()),
        4 => "-?[0-9]{0,45}(\\.[0-9]{0,45})?([eE][-+]?[0-9]{0,12})?",
        1 => (select(&ODD[..]), 2_usize..100_000).prop_map(|(odd, len)| {
            odd.repeat(len / odd.len().max(1))
        }),
        1 => (1_usize..100_000).prop_map(|len| "9".repeat(len)),
    ]
}

fn odd_bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => select(&ODD[..]).prop_map(|text| text.as_bytes().to_vec()),
        2 => prop::collection::vec(any::<u8>(), 1..8),
        // Variable-length integers: the largest ones, and ones that never end.
        1 => (select(vec![0_u8, 1, 0x7f, 0x80, 0xff]), 1_usize..24).prop_map(|(b, n)| vec![b; n]),
        1 => (1_usize..19).prop_map(|len| [vec![0xff; len], vec![1]].concat()),
    ]
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<Index>;
    prop_oneof![
        3 => (at(), 0..8_u32).prop_map(|(at, bit)| Damage::Flip { at, bit }),
        3 => (at(), odd_bytes()).prop_map(|(at, what)| Damage::Insert { at, what }),
        3 => (at(), odd_bytes()).prop_map(|(at, what)| Damage::Overwrite { at, what }),
        2 => (at(), 1_usize..40).prop_map(|(at, len)| Damage::Remove { at, len }),
        2 => (at(), 1_usize..200, at())
            .prop_map(|(from, len, to)| Damage::Copy { from, len, to }),
        1 => at().prop_map(|at| Damage::Cut { at }),
    ]
}

impl Damage {
    fn apply(&self, bytes: &mut Vec<u8>) {
        // The position after the last byte is a place, too.
        let places = bytes.len() + 1;
        let stretch = |at: &Index, len: usize| {
            let start = at.index(places);
            start..(start + len).min(places - 1)
        };
        match self {
            Self::Flip { at, bit } => {
                if let Some(byte) = bytes.get_mut(at.index(places)) {
                    *byte ^= 1 << bit;
                }
            }
            Self::Insert { at, what } => {
                let at = at.index(places);
                bytes.splice(at..at, what.iter().copied());
            }
            Self::Overwrite { at, what } => {
                bytes.splice(stretch(at, what.len()), what.iter().copied());
            }
            Self::Remove { at, len } => {
                bytes.drain(stretch(at, *len));
            }
            Self::Copy { from, len, to } => {
                let copy = bytes[stretch(from, *len)].to_vec();
                let to = to.index(places);
                bytes.splice(to..to, copy);
            }
            Self::Cut { at } => bytes.truncate(at.index(places)),
        }
    }
}
