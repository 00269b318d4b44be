//! The key `expect`: who must reach whom, and who must not.

use std::collections::{BTreeMap, HashSet};

use super::draft::{At, DraftLab};
use super::keys::suggest;
use super::model::{Expect, Node};
use super::problems::Problems;
use super::range::node_names;
use super::short::{Words, tokens};
use super::tree::{Tree, Value};
use crate::types::{NodeName, quote};

const EXAMPLE: &str = "write it as `h1 -> h2` (must reach) or `h1 !> db` (must not)";

pub(super) fn expects(tree: &Tree<'_>, lab: &mut DraftLab, problems: &mut Problems<'_>) {
    if matches!(tree.value, Value::Null) {
        return;
    }
    let Value::List(list) = &tree.value else {
        let message = format!("`expect` is a list; here is {}", tree.kind());
        return problems.add(tree.span.clone(), message, EXAMPLE);
    };
    for tree in list {
        let Some(text) = tree.text("an expectation", problems) else { continue };
        let places = Words { all: tree.span.clone(), letters: tree.letters(problems.source()) };
        let words: Vec<(usize, &str)> = tokens(text).collect();
        let [(from_at, from), (_, arrow), (to_at, to)] = words.as_slice() else {
            problems.add(tree.span.clone(), format!("{} is no expectation", quote(text)), EXAMPLE);
            continue;
        };
        let reach = match *arrow {
            "->" => true,
            "!>" => false,
            _ => {
                problems.add(tree.span.clone(), format!("{} is no expectation", quote(text)), EXAMPLE);
                continue;
            }
        };
        if to.contains(':') && !to.contains('[') {
            let message = format!("ports ({}) are not supported yet in this version", quote(to));
            problems.add(places.span(*to_at, to_at + to.len()), message, "name the node alone");
            continue;
        }
        let from = node_names(from, &places.span(*from_at, from_at + from.len()), problems);
        let to = node_names(to, &places.span(*to_at, to_at + to.len()), problems);
        lab.expect.push((from, to, reach));
    }
}

/// A file says something of at most this many pairs.
const MOST_PAIRS: usize = 1_000_000;

/// Each pair that the file says something of; what comes later wins.
pub(super) fn pairs(draft: &DraftLab, nodes: &[Node], problems: &mut Problems<'_>) -> Vec<Expect> {
    let known: HashSet<&NodeName> = nodes.iter().map(|node| &node.name).collect();
    let check = |name: &At<NodeName>, problems: &mut Problems<'_>| {
        let there = known.contains(&name.value);
        if !there {
            let message = format!("the lab has no node \"{}\"", name.value);
            let names = nodes.iter().map(|node| node.name.as_str());
            let help = suggest(name.value.as_str(), names, "an expectation is of nodes", problems);
            problems.add(name.span.clone(), message, help);
        }
        there
    };
    let mut pairs: BTreeMap<(&NodeName, &NodeName), bool> = BTreeMap::new();
    let mut count = 0usize;
    for (from, to, reach) in &draft.expect {
        count = count.saturating_add(from.len().saturating_mul(to.len()));
        if let (true, Some(first)) = (count > MOST_PAIRS, from.first()) {
            problems.add(
                first.span.clone(),
                format!("expectations of more than {MOST_PAIRS} pairs"),
                "name fewer nodes",
            );
            return Vec::new();
        }
        let from: Vec<&NodeName> = from.iter().filter(|name| check(name, problems)).map(|name| &name.value).collect();
        let to: Vec<&NodeName> = to.iter().filter(|name| check(name, problems)).map(|name| &name.value).collect();
        let both = from.iter().flat_map(|from| to.iter().map(move |to| (*from, *to)));
        pairs.extend(both.filter(|(from, to)| from != to).map(|pair| (pair, *reach)));
    }
    let made =
        |((from, to), reach): ((&NodeName, &NodeName), bool)| Expect { from: from.clone(), to: to.clone(), reach };
    pairs.into_iter().map(made).collect()
}
