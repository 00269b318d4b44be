//! The key `nodes`.

use super::draft::{DraftLab, node_name};
use super::keys::{Table, each_once};
use super::problems::Problems;
use super::tree::{Tree, Value};

/// What a node's own mapping may say. Nothing of it is built yet, so there is no draft to fill.
static NODE: Table<()> =
    Table { place: "a node", keys: &[], later: &["forward", "sysctl", "routes", "addresses", "run", "env", "use"] };

pub(super) fn nodes(tree: &Tree<'_>, lab: &mut DraftLab, problems: &mut Problems<'_>) {
    let entries = match &tree.value {
        Value::Null => return,
        Value::Map(entries) => entries,
        _ => {
            let message = format!("`nodes` is a mapping of names; here is {}", tree.kind());
            return problems.add(tree.span.clone(), message, "write a line for each node, as `r1: {}`");
        }
    };
    each_once(entries, problems, |key, name, value, problems| {
        lab.nodes.extend(node_name(name, &key.span, problems));
        match &value.value {
            Value::Null => {}
            Value::Map(_) => {
                NODE.read(value, &mut (), problems);
            }
            _ => problems.add(
                value.span.clone(),
                format!("a node is a mapping; here is {}", value.kind()),
                "write `{}`, or nothing",
            ),
        }
    });
}
