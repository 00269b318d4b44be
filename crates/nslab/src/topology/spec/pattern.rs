//! Patterns that stand for several links: ring, chain, mesh, star.

use std::collections::HashSet;
use std::ops::Range;

use super::draft::{At, DraftEnd, DraftLink};
use super::problems::Problems;
use crate::types::NodeName;

/// One entry stands for at most this many links.
const MOST_LINKS: usize = 100_000;

/// What the links of a pattern look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Each with the next, and the last with the first.
    Ring,
    /// Each with the next.
    Chain,
    /// Each with each.
    Mesh,
    /// The hub with each.
    Star,
}

/// A pattern as the file has it.
pub(super) struct Pattern {
    pub(super) shape: Shape,
    pub(super) nodes: Vec<At<NodeName>>,
    pub(super) span: Range<usize>,
}

impl Pattern {
    /// The links that it stands for, in the order in which they are made.
    pub(super) fn links(
        self,
        hub: Option<At<NodeName>>,
        pool: Option<At<String>>,
        problems: &mut Problems<'_>,
    ) -> Vec<DraftLink> {
        let before = problems.count();
        self.check(hub.as_ref(), problems);
        if problems.count() > before {
            return Vec::new();
        }
        let nodes = &self.nodes;
        let pairs: Vec<(&At<NodeName>, &At<NodeName>)> = match self.shape {
            Shape::Ring => nodes.iter().zip(nodes.iter().skip(1).chain(nodes.first())).collect(),
            Shape::Chain => nodes.iter().zip(nodes.iter().skip(1)).collect(),
            Shape::Mesh => {
                nodes.iter().enumerate().flat_map(|(at, a)| nodes.iter().skip(at + 1).map(move |b| (a, b))).collect()
            }
            Shape::Star => hub.iter().flat_map(|hub| nodes.iter().map(move |node| (hub, node))).collect(),
        };
        let end = |node: &At<NodeName>| Some(DraftEnd { node: Some(node.clone()), ..DraftEnd::default() });
        pairs.into_iter().map(|(a, b)| DraftLink { a: end(a), b: end(b), pool: pool.clone(), tunnel: None }).collect()
    }

    fn check(&self, hub: Option<&At<NodeName>>, problems: &mut Problems<'_>) {
        let mut seen = HashSet::new();
        let count = self.nodes.len();
        if let Some(twice) = self.nodes.iter().find(|node| !seen.insert(&node.value)) {
            problems.add(twice.span.clone(), format!("node \"{}\" is there twice", twice.value), "name each once");
        }
        let (name, least) = match self.shape {
            Shape::Ring => ("ring", 3),
            Shape::Chain => ("chain", 2),
            Shape::Mesh => ("mesh", 2),
            Shape::Star => ("star", 1),
        };
        if count < least {
            let message = format!("a {name} of {count} node{}", if count == 1 { "" } else { "s" });
            problems.add(self.span.clone(), message, format!("it takes {least} or more, as \"r[1-{}]\"", least.max(3)));
        }
        if self.shape == Shape::Mesh && count.saturating_mul(count) / 2 > MOST_LINKS {
            problems.add(self.span.clone(), format!("a mesh of {count} nodes has more than {MOST_LINKS} links"), "");
        }
        match (self.shape == Shape::Star, hub) {
            (true, None) => {
                problems.add(self.span.clone(), "a star without a `hub`", "say the node in the middle: `hub: r1`");
            }
            (false, Some(hub)) => problems.add(hub.span.clone(), "`hub` is for a star", "leave it out"),
            (true, Some(hub)) if self.nodes.iter().any(|node| node.value == hub.value) => {
                problems.add(self.span.clone(), format!("node \"{}\" is linked with itself", hub.value), "");
            }
            _ => {}
        }
    }
}
