//! The short form of a link: `r1:up 198.51.100.1/30 -- isp:eth0 198.51.100.2/30`.
//!
//! Each side is a node, or `node:ifname`, and then any number of addresses; ` -- ` is between them, and
//! braces behind them have what is impaired.

use std::ops::Range;

use super::draft::{DraftEnd, DraftLink, address, link_ifname, node_name};
use super::impair::{self, Sides};
use super::problems::Problems;
use super::tree::{Letters, Tree};
use crate::types::quote;

pub(super) const EXAMPLE: &str = "r1:eth0 192.0.2.1/24 -- r2:eth0 192.0.2.2/24";

/// Reads the short form, which is the text of this value.
pub(super) fn link(tree: &Tree<'_>, text: &str, problems: &mut Problems<'_>) -> DraftLink {
    let letters = tree.letters(problems.source());
    let words = Words { all: tree.span.clone(), letters };
    let mut link = DraftLink::default();
    let braces = impair::braces(text);
    let tokens: Vec<(usize, &str)> = tokens(text.get(..braces.unwrap_or(text.len())).unwrap_or_default()).collect();
    let mut sides = tokens.split(|(_, word)| *word == "--");
    let (Some(left), Some(right)) = (sides.next(), sides.next()) else {
        if let Some(at) = braces.filter(|at| text.get(*at..).is_some_and(|behind| behind.contains(" -- "))) {
            let help =
                "of one end they are `r1 -- r2 { a: { delay: 20ms } }`, with `a` for the first and `b` for the second";
            problems.add(words.span(at, at + 1), "braces in front of the link's ` -- `: they stand behind it", help);
            return link;
        }
        let help = if text.contains("--") { "there is a space on each side of ` -- `" } else { "" };
        let help = if help.is_empty() { format!("write it as `{EXAMPLE}`") } else { help.into() };
        problems.add(tree.span.clone(), format!("the link {} has no ` -- ` between two ends", quote(text)), help);
        return link;
    };
    if let Some((at, _)) = tokens.iter().filter(|(_, word)| *word == "--").nth(1) {
        problems.add(words.span(*at, at + 2), "a second ` -- `: a link has two ends", "write a link for each cable");
        return link;
    }
    let dashes = tokens.get(left.len()).map_or(0, |(at, _)| *at);
    for (side, name, end) in [(left, "before", &mut link.a), (right, "behind", &mut link.b)] {
        if side.is_empty() {
            let message = format!("the link {} has nothing {name} its ` -- `", quote(text));
            problems.add(words.span(dashes, dashes + 2), message, format!("write it as `{EXAMPLE}`"));
        } else {
            *end = Some(read_end(side, &words, problems));
        }
    }
    if let Some(tree) = braces.and_then(|at| impair::in_text(text, at, &words, problems)) {
        Sides::read(&tree, problems).give(&mut link, problems);
    }
    link
}

fn read_end(tokens: &[(usize, &str)], words: &Words, problems: &mut Problems<'_>) -> DraftEnd {
    let mut end = DraftEnd::default();
    let Some(((at, word), rest)) = tokens.split_first() else { return end };
    let (node, ifname) = word.split_once(':').map_or((*word, None), |(node, ifname)| (node, Some(ifname)));
    end.node = node_name(node, &words.span(*at, at + node.len()), problems);
    if let Some(ifname) = ifname {
        let start = at + node.len() + 1;
        end.ifname = link_ifname(ifname, &words.span(start, start + ifname.len()), problems);
    }
    end.addresses =
        rest.iter().filter_map(|(at, word)| address(word, &words.span(*at, at + word.len()), problems)).collect();
    end
}

/// Where the words of a text are in the source.
pub(super) struct Words {
    pub(super) all: Range<usize>,
    pub(super) letters: Option<Letters>,
}

impl Words {
    pub(super) fn span(&self, from: usize, to: usize) -> Range<usize> {
        self.letters.as_ref().map_or(self.all.clone(), |letters| letters.span(from, to))
    }
}

/// The words of a text with the byte at which each starts.
pub(super) fn tokens(text: &str) -> impl Iterator<Item = (usize, &str)> {
    // Words are slices of the text, so their distance from its start is where they are.
    text.split_whitespace().map(|word| (word.as_ptr() as usize - text.as_ptr() as usize, word))
}
