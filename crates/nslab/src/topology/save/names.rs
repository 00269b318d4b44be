//! Names as a lab file can say them.

use std::collections::{HashMap, HashSet};

use super::doc::Doc;
use crate::topology::observe::network::{End, MACHINE, Network, is_loopback, unused};
use crate::types::{IfName, NodeName};

/// The names of nodes and interfaces in the file.
#[derive(Debug, Default)]
pub(super) struct Names {
    nodes: Vec<String>,
    links: HashMap<End, String>,
}

/// Whether a word needs no quotation marks anywhere, and stands for itself alone.
fn is_plain(text: &str) -> bool {
    let mut characters = text.chars();
    let first = characters.next().is_some_and(|character| character.is_ascii_alphanumeric() || character == '_');
    let rest = characters.all(|character| character.is_ascii_alphanumeric() || "._-@+".contains(character));
    first && rest && !matches!(text, "null" | "Null" | "NULL")
}

fn tame(text: &str, most: usize) -> String {
    let keep = |character: char| {
        if character.is_ascii_alphanumeric() || "._-@+".contains(character) { character } else { '-' }
    };
    let tame: String = text.chars().map(keep).take(most).collect();
    let tame = tame.trim_start_matches(|character: char| !character.is_ascii_alphanumeric() && character != '_');
    if tame.is_empty() { "x".into() } else { tame.into() }
}

impl Names {
    pub(super) fn of(network: &Network, doc: &mut Doc) -> Self {
        let mut names = Self::default();
        let mut taken: HashSet<String> = network.nodes.iter().map(|node| node.name.clone()).collect();
        for (place, node) in network.nodes.iter().enumerate() {
            let good = is_plain(&node.name) && node.name.parse::<NodeName>().is_ok();
            let name = match good {
                true => node.name.clone(),
                false => {
                    // Room for a number behind it.
                    let wish = if node.name == MACHINE { "machine".into() } else { tame(&node.name, 50) };
                    let name = unused(&wish, &mut taken);
                    doc.missing(format!("the name {:?} of a node: here it is {name}", node.name));
                    name
                }
            };
            let mut taken: HashSet<String> = node.seen.links.iter().map(|link| link.name.clone()).collect();
            for (at, link) in node.seen.links.iter().enumerate() {
                let end = End { node: place, link: at };
                let allowed = is_plain(&link.name) && !matches!(link.name.as_str(), "all" | "default");
                let good = allowed && link.name.parse::<IfName>().is_ok();
                let called = match good || is_loopback(link) {
                    true => link.name.clone(),
                    false => {
                        let called = unused(&tame(&link.name, 11), &mut taken);
                        doc.missing(format!("the name {:?} of an interface of {name}: here it is {called}", link.name));
                        called
                    }
                };
                names.links.insert(end, called);
            }
            names.nodes.push(name);
        }
        names
    }

    pub(super) fn node(&self, place: usize) -> &str {
        self.nodes.get(place).map_or("x", String::as_str)
    }

    pub(super) fn link(&self, end: End) -> &str {
        self.links.get(&end).map_or("x", String::as_str)
    }

    /// `node:ifname`.
    pub(super) fn end(&self, end: End) -> String {
        format!("{}:{}", self.node(end.node), self.link(end))
    }
}

/// A word as YAML has it within braces and brackets too.
pub(super) fn word(text: &str) -> String {
    let plain = is_plain(text)
        || (text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"./-_".contains(&byte))
            && !text.is_empty()
            && !text.starts_with(['-', '.']));
    if plain { text.to_owned() } else { quoted(text) }
}

/// In quotation marks; only ASCII, and nothing that stands for a variable.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.replace("${", "$${").chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            ' '..='~' => quoted.push(character),
            _ => quoted.push_str(&format!("\\U{:08x}", u32::from(character))),
        }
    }
    quoted.push('"');
    quoted
}

/// A list within brackets; one word alone stands for itself.
pub(super) fn list(words: &[String]) -> String {
    match words {
        [one] => word(one),
        _ => format!("[ {} ]", words.iter().map(|one| word(one)).collect::<Vec<_>>().join(", ")),
    }
}
