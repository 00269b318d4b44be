//! Braces behind a plain text, as in `- r1 -- r2 { delay: 20ms }`, which YAML does not allow there.
//!
//! They are made a part of the text before YAML sees it: covered, byte for byte, with a letter that the file does
//! not have, and put back into what YAML has read. So every place in the file stays what it is. Covered is only
//! what YAML would refuse or take for a mapping with an odd key; where the same letters are in a text of several
//! lines or in a comment, they are put back too, or were never looked at.

use std::ops::Range;

use super::tree::{Tree, Value};

/// A file with its braces covered.
pub(super) struct Masked {
    pub(super) text: String,
    filler: char,
    /// What is covered, in order.
    regions: Vec<Range<usize>>,
}

/// What may stand in a plain text everywhere, and in few files.
const FILLERS: &str = "~^$=+;()<>QZXJKWVYqzxjkwvy0123456789";

impl Masked {
    /// Covers the braces of a file; none where there is nothing to cover.
    pub(super) fn of(source: &str) -> Option<Self> {
        let mut regions = Vec::new();
        let mut start = 0;
        for line in source.split_inclusive('\n') {
            if line.contains(" {") {
                regions.extend(of_line(line).into_iter().map(|region| start + region.start..start + region.end));
            }
            start += line.len();
        }
        if regions.is_empty() {
            return None;
        }
        let filler = FILLERS.chars().find(|filler| !source.contains(*filler))?;
        let mut text = String::with_capacity(source.len());
        let mut done = 0;
        for region in &regions {
            text.push_str(source.get(done..region.start)?);
            text.extend(std::iter::repeat_n(filler, region.len()));
            done = region.end;
        }
        text.push_str(source.get(done..)?);
        Some(Self { text, filler, regions })
    }

    /// The same values with the texts of the file itself.
    pub(super) fn uncover<'s>(&self, tree: Tree<'_>, source: &'s str) -> Tree<'s> {
        let Tree { value, span, defined, replaced } = tree;
        let value = match value {
            Value::Null => Value::Null,
            Value::Untyped => Value::Untyped,
            Value::Text(text) => Value::Text(self.text_of(&text, &defined, source).into()),
            Value::List(list) => Value::List(list.into_iter().map(|tree| self.uncover(tree, source)).collect()),
            Value::Map(entries) => Value::Map(
                entries
                    .into_iter()
                    .map(|(key, value)| (self.uncover(key, source), self.uncover(value, source)))
                    .collect(),
            ),
        };
        Tree { value, span, defined, replaced }
    }

    fn text_of(&self, text: &str, defined: &Range<usize>, source: &str) -> String {
        let first = self.regions.partition_point(|region| region.start < defined.start);
        let mut regions = self.regions.iter().skip(first);
        let (mut rest, mut whole) = (text, String::with_capacity(text.len()));
        while let Some(at) = rest.find(self.filler) {
            let covered = regions.next().and_then(|region| source.get(region.clone())).unwrap_or_default();
            whole.push_str(rest.get(..at).unwrap_or_default());
            whole.push_str(covered);
            rest = rest.get(at + covered.len().max(1)..).unwrap_or_default();
        }
        whole + rest
    }
}

/// The braces of a line that are to be covered.
fn of_line(line: &str) -> Vec<Range<usize>> {
    let mut regions: Vec<Range<usize>> = Vec::new();
    let mut from = 0;
    while let Some(space) = line.get(from..).and_then(|rest| rest.find(" {")) {
        let brace = from + space + 1;
        from = brace + 1;
        let before = regions.last().map_or(0, |region| region.end);
        let Some(end) = matching(line, brace) else { break };
        let head = line.get(..before).unwrap_or_default();
        let text = line.get(before..brace).unwrap_or_default();
        let behind = line.get(end..).unwrap_or_default();
        if is_behind_a_text(head, text, behind)
            && !line.get(brace..end).is_some_and(|it| it.contains(['\\']) || it.contains("''"))
        {
            regions.push(brace..end);
            from = end;
        }
    }
    regions
}

/// The end of the braces that begin at a byte.
fn matching(line: &str, brace: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (at, c) in line.get(brace..)?.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return Some(brace + at + 1);
        }
    }
    None
}

/// Whether braces are behind a plain text: `text` is what stands before them and behind the last braces of `head`.
fn is_behind_a_text(head: &str, text: &str, behind: &str) -> bool {
    let quoted = head.contains(['"', '\'']) || text.contains(['"', '\'']);
    let comment = text.trim_start().starts_with('#') || text.contains(" #") || text.contains("\t#");
    if quoted || comment {
        return false;
    }
    let mut item = text.trim_start();
    let listed = item.starts_with("- ");
    while let Some(inner) = item.strip_prefix("- ") {
        item = inner.trim_start();
    }
    // In a list of lines, brackets may be in a text; between brackets they may not.
    let block = listed && !item.starts_with(['[', '{']);
    let separator = if block { None } else { text.rfind(['[', ',', '{']) };
    let item = separator.map_or(item, |at| text.get(at + 1..).unwrap_or_default().trim_start()).trim_end();
    let apart = block || separator.is_some() || item.contains(" -- ");
    let plain =
        !item.is_empty() && !item.starts_with(['&', '*', '!', '|', '>', '%', '@', '`', '?', ':', '-', '[', ']', '}']);
    let key = item.contains(": ") || item.ends_with(':') || item.contains(":\t");
    let rest = behind.trim_start();
    let ends = rest.is_empty() || (rest.starts_with('#') && rest.len() < behind.len());
    apart && plain && !key && (ends || (!block && rest.starts_with([',', ']', '}'])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_behind_a_text_are_covered_and_no_others() {
        let covered = |line: &str| -> Vec<String> { of_line(line).into_iter().map(|at| line[at].to_owned()).collect() };
        for (line, braces) in [
            (
                "  - r1:up 198.51.100.1/30 -- isp { delay: 20ms, rate: 1mbit } # far",
                vec!["{ delay: 20ms, rate: 1mbit }"],
            ),
            ("- a -- b {a: {loss: 1%}, b: {}}\r\n", vec!["{a: {loss: 1%}, b: {}}"]),
            ("  - h[1-3] { delay: 5ms }", vec!["{ delay: 5ms }"]),
            ("links: [ a -- b { loss: 1% }, c -- d { loss: 2% } ]", vec!["{ loss: 1% }", "{ loss: 2% }"]),
            ("  a -- b { loss: 1% },", vec!["{ loss: 1% }"]),
            ("  - { a: { node: r1 }, b: { node: r2 } }", vec![]),
            ("  - a: { node: r1 }", vec![]),
            ("  lan: { members: [ h1, h2 ] }", vec![]),
            ("  - &x { a: b }", vec![]),
            ("- [ { a: b } ]", vec![]),
            ("  - \"a -- b { loss: 1% }\"", vec![]),
            ("# - a -- b { loss: 1% }", vec![]),
            ("  - x # a -- b { loss: 1% }", vec![]),
            ("  - a -- b { loss: 1%", vec![]),
            ("  - a -- b { loss: 1% } c", vec![]),
            ("key: { a: 1, b: { c: 2 } }", vec![]),
        ] {
            assert_eq!(covered(line), braces, "{line}");
        }
    }
}
