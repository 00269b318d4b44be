//! What of a lab the kernel does not tell: variables, processes, and what `check` expects.

use std::collections::BTreeMap;

use super::Change;
use crate::topology::plan::Plan;
use crate::topology::spec::{Expect, Process};
use crate::types::ProcessName;

/// The changes from one plan to another.
pub(super) fn compare(from: Option<&Plan>, to: &Plan, changes: &mut Vec<Change>) {
    let Some(from) = from else { return };
    let none = BTreeMap::new();
    let before: BTreeMap<_, _> = from.nodes.iter().map(|node| (&node.name, &node.env)).collect();
    for node in &to.nodes {
        let before = before.get(&node.name).copied().unwrap_or(&none);
        let names = before.keys().chain(node.env.keys().filter(|name| !before.contains_key(*name)));
        for name in names {
            let text = |value: &String| format!("env {name}={value}");
            let (is, wanted) = (before.get(name).map(text), node.env.get(name).map(text));
            if is != wanted {
                changes.push(Change::Note { node: Some(node.name.clone()), from: is, to: wanted });
            }
        }
    }
    processes(from, to, changes);
    let text = |expect: &Expect| Some(format!("expect {expect}"));
    for gone in from.expect.iter().filter(|expect| !to.expect.contains(expect)) {
        changes.push(Change::Note { node: None, from: text(gone), to: None });
    }
    for new in to.expect.iter().filter(|expect| !from.expect.contains(expect)) {
        changes.push(Change::Note { node: None, from: None, to: text(new) });
    }
}

fn processes(from: &Plan, to: &Plan, changes: &mut Vec<Change>) {
    let none = Vec::new();
    let before: BTreeMap<_, _> = from.nodes.iter().map(|node| (&node.name, &node.run)).collect();
    for node in &to.nodes {
        let before = before.get(&node.name).copied().unwrap_or(&none);
        let of_name = |all: &[Process], name: &ProcessName| all.iter().find(|process| process.name == *name).cloned();
        let gone = before.iter().filter(|process| of_name(&node.run, &process.name).is_none());
        let pairs = node.run.iter().map(|process| (of_name(before, &process.name), Some(process.clone())));
        for (is, wanted) in gone.map(|process| (Some(process.clone()), None)).chain(pairs) {
            if is == wanted {
                continue;
            }
            let text = |process: &Process| format!("run {process}");
            let (is, mut wanted) = (is.as_ref().map(text), wanted.as_ref().map(text));
            if is == wanted {
                wanted = wanted.map(|text| format!("{text} (with other settings)"));
            }
            changes.push(Change::Note { node: Some(node.name.clone()), from: is, to: wanted });
        }
    }
}
