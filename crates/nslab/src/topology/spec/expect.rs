//! The key `expect`: who must reach whom or which port, and who must not.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use super::draft::{At, DraftLab, Expectation};
use super::keys::suggest;
use super::model::{Expect, Node};
use super::problems::Problems;
use super::range::{expand, node_names};
use super::short::{Words, tokens};
use super::tree::{Tree, Value};
use crate::error::{Error, Result};
use crate::types::{NodeName, Service, quote};

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
        lab.expect.extend(one(text, tree.span.clone(), |from, to| places.span(from, to), problems));
    }
}

/// Reads one; `span` gives the place of a part of the text.
fn one(
    text: &str,
    all: Range<usize>,
    span: impl Fn(usize, usize) -> Range<usize>,
    problems: &mut Problems<'_>,
) -> Option<Expectation> {
    let words: Vec<(usize, &str)> = tokens(text).collect();
    let (from_at, from, reach, to_at, to) = match words.as_slice() {
        [(from_at, from), (_, "->"), (to_at, to)] => (*from_at, *from, true, *to_at, *to),
        [(from_at, from), (_, "!>"), (to_at, to)] => (*from_at, *from, false, *to_at, *to),
        _ => {
            problems.add(all, format!("{} is no expectation", quote(text)), EXAMPLE);
            return None;
        }
    };
    let from = node_names(from, &span(from_at, from_at + from.len()), problems);
    let (node, services) = match to.split_once(':') {
        None => (to, Vec::new()),
        Some((node, text)) => {
            let read = services(text);
            let services = read.unwrap_or_else(|error| {
                let help = "write it as `h1 -> web:80` or `h1 -> web:53/udp`";
                problems.add(span(to_at + node.len() + 1, to_at + to.len()), error.to_string(), help);
                Vec::new()
            });
            // One whose port is wrong is not taken for one of the node.
            if services.is_empty() {
                return None;
            }
            (node, services)
        }
    };
    let to = node_names(node, &span(to_at, to_at + node.len()), problems);
    Some(Expectation { from, to, services, reach })
}

/// One port, or those of its ranges.
fn services(text: &str) -> Result<Vec<Service>> {
    if !text.contains('[') {
        return Ok(vec![text.parse()?]);
    }
    let texts = expand(text).map_err(|why| Error::invalid(format!("range {}: {why}", quote(text))))?;
    texts.iter().map(|text| text.parse()).collect()
}

/// A file says something of at most this many pairs.
const MOST_PAIRS: usize = 1_000_000;

/// How many pairs some expectations are of.
fn count(all: &[Expectation]) -> usize {
    let of = |one: &Expectation| one.from.len().saturating_mul(one.to.len()).saturating_mul(one.services.len().max(1));
    all.iter().map(of).fold(0, usize::saturating_add)
}

/// Each pair that expectations say something of; what comes later wins.
fn spread<'d>(all: &'d [Expectation], mut known: impl FnMut(&'d At<NodeName>) -> bool) -> Vec<Expect> {
    let mut pairs: BTreeMap<(&NodeName, &NodeName, Option<Service>), bool> = BTreeMap::new();
    for Expectation { from, to, services, reach } in all {
        let mut names = |names: &'d [At<NodeName>]| -> Vec<&'d NodeName> {
            names.iter().filter(|name| known(name)).map(|name| &name.value).collect()
        };
        let (from, to) = (names(from), names(to));
        let services: Vec<Option<Service>> =
            if services.is_empty() { vec![None] } else { services.iter().copied().map(Some).collect() };
        for from in &from {
            for to in to.iter().filter(|to| to != &from) {
                pairs.extend(services.iter().map(|service| ((*from, *to, *service), *reach)));
            }
        }
    }
    let made = |((from, to, service), reach): ((&NodeName, &NodeName, Option<Service>), bool)| Expect {
        from: from.clone(),
        to: to.clone(),
        service,
        reach,
    };
    pairs.into_iter().map(made).collect()
}

/// What the file expects of each pair that it says something of.
pub(super) fn pairs(draft: &DraftLab, nodes: &[Node], problems: &mut Problems<'_>) -> Vec<Expect> {
    let mut sum = 0usize;
    for one in &draft.expect {
        sum = sum.saturating_add(count(std::slice::from_ref(one)));
        if let (true, Some(first)) = (sum > MOST_PAIRS, one.from.first()) {
            let message = format!("expectations of more than {MOST_PAIRS} pairs");
            problems.add(first.span.clone(), message, "name fewer nodes");
            return Vec::new();
        }
    }
    let known: HashSet<&NodeName> = nodes.iter().map(|node| &node.name).collect();
    spread(&draft.expect, |name| {
        let there = known.contains(&name.value);
        if !there {
            let message = format!("the lab has no node \"{}\"", name.value);
            let names = nodes.iter().map(|node| node.name.as_str());
            let help = suggest(name.value.as_str(), names, "an expectation is of nodes", problems);
            problems.add(name.span.clone(), message, help);
        }
        there
    })
}

/// Reads expectations as a lab file has them, each a text like `h1 -> web:80` or `h[1-3] !> db`, and gives what they
/// say of each pair of nodes. What comes later wins. Whether there are such nodes is not known here.
///
/// # Errors
/// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) with the first thing that is wrong.
///
/// ```
/// use nslab::topology::spec;
/// let pairs = spec::expectations(["h[1-2] -> web:80"]).unwrap();
/// assert_eq!(pairs.iter().map(ToString::to_string).collect::<Vec<_>>(), ["h1 -> web:80", "h2 -> web:80"]);
/// assert_eq!(spec::expectations(["h1 > h2"]).unwrap_err().to_string(), "\"h1 > h2\" is no expectation");
/// ```
pub fn expectations<'t>(texts: impl IntoIterator<Item = &'t str>) -> Result<Vec<Expect>> {
    let mut all = Vec::new();
    for text in texts {
        all.extend(alone(text, |problems| one(text, 0..text.len(), |from, to| from..to, problems))?);
        if count(&all) > MOST_PAIRS {
            return Err(Error::invalid(format!("expectations of more than {MOST_PAIRS} pairs")));
        }
    }
    Ok(spread(&all, |_| true))
}

/// The nodes that a word as in a lab file stands for: `h1`, or `h[1-3]`.
///
/// # Errors
/// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) with what is wrong with it.
pub fn nodes(word: &str) -> Result<Vec<NodeName>> {
    let names = alone(word, |problems| node_names(word, &(0..word.len()), problems))?;
    Ok(names.into_iter().map(|name| name.value).collect())
}

/// Reads a text that is in no file.
fn alone<T>(text: &str, read: impl FnOnce(&mut Problems<'_>) -> T) -> Result<T> {
    let mut problems = Problems::new(text);
    let read = read(&mut problems);
    match problems.into_found().into_iter().next() {
        None => Ok(read),
        Some((_, message, help)) if help.is_empty() => Err(Error::invalid(message)),
        Some((_, message, help)) => Err(Error::invalid(message).with_help(help)),
    }
}
