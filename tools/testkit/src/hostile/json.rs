//! Damaged copies of valid JSON.

use super::bytes::{damaged_text, odd_text};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::Value;

const EDITS_MAX: usize = 3;

/// The deepest nesting: far deeper than any message, and enough to overflow a recursive parser's
/// stack.
const DEPTH_MAX: usize = 20_000;

/// A document whose members may be duplicated or arbitrary text, which `Value` can't represent.
#[derive(Clone, Debug)]
enum Node {
    /// The text of a value without members.
    Leaf(String),
    /// An object or a list; the members of a list have no names.
    Group { is_object: bool, members: Vec<(String, Node)> },
}

#[derive(Clone, Debug)]
enum Edit {
    Replace(String),
    Remove,
    Twice,
    Rename(String),
}

/// Generates one of the examples with members missing, duplicated, renamed or replaced; sometimes
/// with damaged text, which is mostly no longer JSON.
///
/// # Panics
/// When an example is not JSON.
pub fn nearly_json<T: AsRef<str>>(examples: &[T]) -> impl Strategy<Value = String> + use<T> {
    let parse = |text: &T| serde_json::from_str(text.as_ref()).expect("examples are JSON");
    let nodes = examples.iter().map(|text| Node::of(&parse(text))).collect::<Vec<_>>();
    let edits = prop::collection::vec((any::<Index>(), edit()), 1..=EDITS_MAX);
    let edited = (select(nodes), edits).prop_map(|(mut node, edits)| {
        for (place, edit) in &edits {
            let count = node.count();
            if count > 0 {
                node.edit(place.index(count), edit);
            }
        }
        node.print()
    });
    prop_oneof![6 => edited, 2 => damaged_text(examples), 1 => odd_json()]
}

/// Generates unexpected values as text; not all of them are JSON.
pub fn odd_json() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => select(vec!["null", "true", "false", "{}", "[]", "\"\"", "0", "-0", "[null]"])
            .prop_map(str::to_owned),
        6 => odd_text().prop_map(|text| quoted(&text)),
        6 => odd_text(),
        2 => any::<u64>().prop_map(|number| number.to_string()),
        1 => (1..DEPTH_MAX).prop_map(|depth| "[".repeat(depth)),
        1 => (1..DEPTH_MAX).prop_map(|depth| "{\"a\":".repeat(depth)),
        1 => (1_usize..300).prop_map(|depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth))),
    ]
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        4 => odd_json().prop_map(Edit::Replace),
        1 => Just(Edit::Remove),
        1 => Just(Edit::Twice),
        1 => odd_text().prop_map(|name| Edit::Rename(quoted(&name))),
    ]
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

impl Node {
    fn of(value: &Value) -> Self {
        match value {
            Value::Array(items) => {
                let members = items.iter().map(|item| (String::new(), Self::of(item)));
                Self::Group { is_object: false, members: members.collect() }
            }
            Value::Object(fields) => {
                let members = fields.iter().map(|(name, value)| (quoted(name), Self::of(value)));
                Self::Group { is_object: true, members: members.collect() }
            }
            leaf => Self::Leaf(leaf.to_string()),
        }
    }

    /// The number of members at all depths.
    fn count(&self) -> usize {
        match self {
            Self::Leaf(_) => 0,
            Self::Group { members, .. } => {
                members.iter().map(|(_, member)| 1 + member.count()).sum()
            }
        }
    }

    /// Edits the `n`th member.
    fn edit(&mut self, mut n: usize, edit: &Edit) {
        let Self::Group { members, .. } = self else { return };
        for at in 0..members.len() {
            if n == 0 {
                match edit {
                    Edit::Replace(text) => members[at].1 = Self::Leaf(text.clone()),
                    Edit::Remove => drop(members.remove(at)),
                    Edit::Twice => members.push(members[at].clone()),
                    Edit::Rename(name) => members[at].0.clone_from(name),
                }
                return;
            }
            let below = members[at].1.count();
            if n <= below {
                return members[at].1.edit(n - 1, edit);
            }
            n -= 1 + below;
        }
    }

    fn print(&self) -> String {
        match self {
            Self::Leaf(text) => text.clone(),
            Self::Group { is_object: false, members } => {
                let items: Vec<String> = members.iter().map(|(_, item)| item.print()).collect();
                format!("[{}]", items.join(","))
            }
            Self::Group { is_object: true, members } => {
                let fields =
                    members.iter().map(|(name, value)| format!("{name}:{}", value.print()));
                format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;

    #[test]
    fn much_is_still_json_and_little_is_as_it_was() {
        let example = r#"{"asset":"BTCUSDT","exits":[{"price":"1"},{"price":2}],"qty":null}"#;
        let strategy = nearly_json(&[example]);
        let mut runner = TestRunner::deterministic();
        let texts: Vec<String> = (0..2_000)
            .map(|_| strategy.new_tree(&mut runner).expect("the strategy generates").current())
            .collect();
        let are = |is: fn(&str) -> bool| texts.iter().filter(|text| is(text)).count();
        assert!(are(|text| serde_json::from_str::<Value>(text).is_ok()) > 800);
        assert!(are(|text| text.contains("\"exits\"")) > 1_000);
        assert!(are(|text| text.len() > 10_000) > 20);
        assert!(texts.iter().filter(|text| text.as_str() == example).count() < 100);
    }
}
