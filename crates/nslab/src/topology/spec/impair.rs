//! The key `impair`, and the braces behind a link or a member: delay, loss, rate and the like.

use std::ops::Range;
use std::str::FromStr;

use super::draft::{At, DraftEnd, DraftLink, word};
use super::keys::{Table, key};
use super::problems::Problems;
use super::schema::Schema;
use super::short::Words;
use super::tree::{self, Tree, Value};
use crate::error::{Error, Result};
use crate::types::{Delay, Impair, quote};

/// What is said of one direction, with the place of each value that another must go with.
#[derive(Default)]
struct Draft {
    impair: Impair,
    jitter: Option<At<Delay>>,
    reorder: Option<Range<usize>>,
    limit: Option<Range<usize>>,
}

static IMPAIR: Table<Draft> = Table {
    place: "`impair`",
    keys: &[
        key("delay", delay, TIME, "how long each packet is held back, as 20ms"),
        key("jitter", jitter, TIME, "by how much the delay varies to either side"),
        key("loss", loss, SHARE, "how many packets are lost, as 0.1%"),
        key("duplicate", duplicate, SHARE, "how many packets arrive twice"),
        key("reorder", reorder, SHARE, "how many packets are not held back, and overtake the others"),
        key("corrupt", corrupt, SHARE, "how many packets have one bit turned over"),
        key("rate", rate, RATE, "what passes in a second, as 10mbit"),
        key("limit", limit, &Schema::Number(1, u32::MAX), "how many packets are held back or wait at most"),
    ],
    later: &[],
};

/// What one direction has, as `impair` of an end or a segment.
pub(super) const IMPAIRED: &Schema = &Schema::Keys("impair", &IMPAIR, &[]);

/// What `impair` of a link looks like.
pub(super) const BOTH: &Schema = &Schema::Any(&[IMPAIRED, &Schema::Keys("sides", &SIDES, &[&["a"], &["b"]])]);

const TIME: &Schema = &Schema::Any(&[&Schema::Form(r"0+(\.0+)?|[0-9]+(\.[0-9]+)?[A-Za-z]+"), &Schema::Number(0, 0)]);

const SHARE: &Schema = &Schema::Form(r"[0-9]+(\.[0-9]+)?%");

const RATE: &Schema = &Schema::Form(r"[0-9]+(\.[0-9]+)?[A-Za-z]+");

/// What leaves each end of a link.
#[derive(Debug, Clone, Default)]
pub(super) struct Sides {
    a: Option<At<Impair>>,
    b: Option<At<Impair>>,
}

static SIDES: Table<Sides> = Table {
    place: "`impair` of a link by its sides",
    keys: &[
        key("a", |tree, sides, problems| sides.a = one(tree, problems), IMPAIRED, "of what leaves the first end"),
        key("b", |tree, sides, problems| sides.b = one(tree, problems), IMPAIRED, "of what leaves the other end"),
    ],
    later: &[],
};

impl Sides {
    /// Reads what both directions of a link have, or each of its own below `a` and `b`.
    pub(super) fn read(tree: &Tree<'_>, problems: &mut Problems<'_>) -> Self {
        let by_side =
            |(key, _): &(Tree<'_>, Tree<'_>)| matches!(&key.value, Value::Text(key) if matches!(&**key, "a" | "b"));
        if matches!(&tree.value, Value::Map(entries) if entries.iter().any(by_side)) {
            let mut sides = Self::default();
            SIDES.read(tree, &mut sides, problems);
            return sides;
        }
        let both = one(tree, problems);
        Self { a: both.clone(), b: both }
    }

    /// Gives them to the ends of a link. An end that has its own by now has been told twice.
    pub(super) fn give(&self, link: &mut DraftLink, problems: &mut Problems<'_>) {
        for (impair, end) in [(&self.a, &mut link.a), (&self.b, &mut link.b)] {
            let (Some(impair), Some(end)) = (impair, end) else { continue };
            match &end.impair {
                None => end.impair = Some(impair.clone()),
                Some(own) => problems.add(
                    own.span.clone(),
                    "this end is impaired here and by the link's own `impair`",
                    "say it once; for one direction, `impair: { a: { … } }`",
                ),
            }
        }
    }
}

/// Reads what one direction has.
pub(super) fn one(tree: &Tree<'_>, problems: &mut Problems<'_>) -> Option<At<Impair>> {
    let before = problems.count();
    let mut draft = Draft::default();
    IMPAIR.read(tree, &mut draft, problems);
    if problems.count() > before {
        return None;
    }
    if matches!(&tree.value, Value::Map(entries) if entries.is_empty()) {
        problems.add(tree.span.clone(), "`impair` says nothing", "write it as `{ delay: 20ms, rate: 10mbit }`");
    }
    draft.check(problems);
    Some(At { value: draft.impair, span: tree.span.clone() })
}

/// Reads what happens to the packets of one direction from words as in a lab file's braces: `delay: 20ms, loss: 1%`,
/// or without the punctuation, `delay 20ms loss 1%`.
///
/// # Errors
/// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) with the first thing that is wrong.
pub fn impairment(words: &str) -> Result<Impair> {
    let example = "write it as in the file, for example: delay 20ms loss 1%";
    let inner = words.trim();
    let inner = inner.strip_prefix('{').and_then(|inner| inner.strip_suffix('}')).unwrap_or(inner);
    let mut pairs: Vec<String> = Vec::new();
    let mut words = inner.split([' ', '\t', ',', ':']).filter(|word| !word.is_empty());
    while let Some(key) = words.next() {
        let value = words.next().ok_or_else(|| {
            Error::invalid(format!("{} has no value, or is none of the words here", quote(key))).with_help(example)
        })?;
        pairs.push(format!("{key}: {value}"));
    }
    if pairs.is_empty() {
        return Err(Error::invalid("an impairment of no words").with_help(example));
    }
    let text = format!("{{ {} }}", pairs.join(", "));
    let mut problems = Problems::new(&text);
    let read = tree::fragment(&text, |span| span, &mut problems).and_then(|tree| one(&tree, &mut problems));
    match (problems.into_found().into_iter().next(), read) {
        (None, Some(At { value, .. })) => Ok(value),
        (Some((_, message, help)), _) => {
            Err(Error::invalid(message).with_help(if help.is_empty() { example.into() } else { help }))
        }
        (None, None) => Err(Error::invalid(format!("{} is no impairment", quote(inner))).with_help(example)),
    }
}

/// The key `impair` of an end.
pub(super) fn of_end(tree: &Tree<'_>, end: &mut DraftEnd, problems: &mut Problems<'_>) {
    end.impair = one(tree, problems);
}

/// Where the braces in a short form begin.
pub(super) fn braces(text: &str) -> Option<usize> {
    text.match_indices('{')
        .map(|(at, _)| at)
        .find(|at| text.get(..*at).and_then(|before| before.chars().next_back()).is_none_or(char::is_whitespace))
}

/// Reads the braces in a short form, which begin at a byte of its text.
pub(super) fn in_text<'t>(text: &'t str, at: usize, words: &Words, problems: &mut Problems<'_>) -> Option<Tree<'t>> {
    let braces = text.get(at..)?.trim_end();
    let place = |span: Range<usize>| words.span(at + span.start, at + span.end);
    if !braces.ends_with('}') {
        problems.add(place(0..braces.len()), format!("these braces ({}) have no end", quote(braces)), EXAMPLE);
        return None;
    }
    tree::fragment(braces, place, problems)
}

const EXAMPLE: &str = "write it as `r1 192.0.2.1/24 -- r2 192.0.2.2/24 { delay: 20ms, rate: 10mbit }`";

/// What to say of braces behind a link that YAML does not take for a part of it: the byte of the line at which
/// they start, the message, the help.
pub(super) fn astray(line: &str) -> Option<(usize, &'static str, &'static str)> {
    let dashes = line.find(" -- ")?;
    let start = dashes + line.get(dashes..)?.find(" {")? + 1;
    let message = if line.get(start..)?.contains('}') {
        "YAML does not take these braces for a part of the link"
    } else {
        "these braces have no end on their line"
    };
    Some((
        start,
        message,
        "write the link on one line, in quotation marks if need be, or in the long form with `impair`",
    ))
}

fn value<T: FromStr<Err = Error>>(what: &str, tree: &Tree<'_>, problems: &mut Problems<'_>) -> Option<T> {
    let text = tree.text(what, problems)?;
    word(text, &tree.span, problems).map(|at| at.value)
}

fn delay(tree: &Tree<'_>, draft: &mut Draft, problems: &mut Problems<'_>) {
    draft.impair.delay = value("`delay`", tree, problems);
}

fn loss(tree: &Tree<'_>, draft: &mut Draft, problems: &mut Problems<'_>) {
    draft.impair.loss = value("`loss`", tree, problems);
}

fn duplicate(tree: &Tree<'_>, draft: &mut Draft, problems: &mut Problems<'_>) {
    draft.impair.duplicate = value("`duplicate`", tree, problems);
}

fn corrupt(tree: &Tree<'_>, draft: &mut Draft, problems: &mut Problems<'_>) {
    draft.impair.corrupt = value("`corrupt`", tree, problems);
}

fn rate(tree: &Tree<'_>, draft: &mut Draft, problems: &mut Problems<'_>) {
    draft.impair.rate = value("`rate`", tree, problems);
}

fn jitter(tree: &Tree<'_>, draft: &mut Draft, problems: &mut Problems<'_>) {
    draft.impair.jitter = value("`jitter`", tree, problems);
    draft.jitter = draft.impair.jitter.map(|value| At { value, span: tree.span.clone() });
}

fn reorder(tree: &Tree<'_>, draft: &mut Draft, problems: &mut Problems<'_>) {
    draft.impair.reorder = value("`reorder`", tree, problems);
    draft.reorder = Some(tree.span.clone());
}

fn limit(tree: &Tree<'_>, draft: &mut Draft, problems: &mut Problems<'_>) {
    let Some(text) = tree.text("`limit`", problems) else { return };
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    draft.impair.limit = text.parse().ok().filter(|limit| digits && *limit > 0);
    draft.limit = Some(tree.span.clone());
    if draft.impair.limit.is_none() {
        let message = format!("`limit` is {}", quote(text));
        problems.add(tree.span.clone(), message, format!("it is a number of packets, from 1 to {}", u32::MAX));
    }
}

impl Draft {
    /// What goes only with something else.
    fn check(&self, problems: &mut Problems<'_>) {
        let delay = self.impair.delay.unwrap_or_default();
        if let Some(At { value, span }) = self.jitter.as_ref().filter(|jitter| jitter.value > delay) {
            let (message, help) = if self.impair.delay.is_none() {
                ("`jitter` without a `delay`".to_owned(), "it is by how much the delay varies: say `delay` too")
            } else {
                let message = format!("a `jitter` of {value} is more than the `delay` of {delay}");
                (message, "no packet arrives before it is sent: at most the delay")
            };
            problems.add(span.clone(), message, help);
        } else if let Some(At { value, span }) = self.jitter.as_ref()
            && value.nanoseconds() > Impair::MAX_JITTER
        {
            let most = Impair::MAX_JITTER;
            let message = format!("a `jitter` of {value} is more than the kernel takes");
            problems.add(span.clone(), message, format!("at most {most}ns, some 2.147s"));
        }
        let share = self.impair.reorder.unwrap_or_default();
        if let Some(span) = self.reorder.as_ref().filter(|_| share.scaled() > 0 && delay.nanoseconds() == 0) {
            let help = "it is how many packets are not held back: say `delay` too";
            problems.add(span.clone(), "`reorder` without a `delay`", help);
        }
        let waits = delay.nanoseconds() > 0 || self.impair.rate.is_some();
        if let Some(span) = self.limit.as_ref().filter(|_| !waits) {
            let help = "it is how many packets wait at most, and none waits: say `delay` or `rate` too";
            problems.add(span.clone(), "`limit` without a `delay` or a `rate`", help);
        }
    }
}
