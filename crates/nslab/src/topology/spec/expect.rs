//! The key `expect`: who must reach whom, and who must not.

use super::draft::{At, DraftLab};
use super::model::{Expect, Node};
use super::problems::Problems;
use super::range::node_names;
use super::short::{Words, tokens};
use super::tree::{Tree, Value};
use crate::types::{NodeName, quote};

const EXAMPLE: &str = "write it as `h1 -> h2` (must reach) or `h1 !> db` (must not)";

pub(super) fn expects(tree: &Tree<'_>, lab: &mut DraftLab, problems: &mut Problems<'_>) {
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

/// Each pair that the file says something of; what comes later wins.
pub(super) fn pairs(draft: &DraftLab, nodes: &[Node], problems: &mut Problems<'_>) -> Vec<Expect> {
    let mut pairs: Vec<Expect> = Vec::new();
    let known = |name: &At<NodeName>, problems: &mut Problems<'_>| {
        let there = nodes.iter().any(|node| node.name == name.value);
        if !there {
            let message = format!("the lab has no node \"{}\"", name.value);
            problems.add(name.span.clone(), message, "an expectation is of nodes");
        }
        there
    };
    for (from, to, reach) in &draft.expect {
        let to: Vec<&At<NodeName>> = to.iter().filter(|name| known(name, problems)).collect();
        for from in from {
            if !known(from, problems) {
                continue;
            }
            for to in to.iter().filter(|to| to.value != from.value) {
                let (from, to) = (&from.value, &to.value);
                pairs.retain(|pair| pair.from != *from || pair.to != *to);
                pairs.push(Expect { from: from.clone(), to: to.clone(), reach: *reach });
            }
        }
    }
    pairs
}
