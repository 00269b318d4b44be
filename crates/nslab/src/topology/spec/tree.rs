//! YAML as values that know where they stand. Knows nothing of labs.
//!
//! Scalars are text here, whatever they look like: a node may be named `1`, `1e3` or `yes`. Only the
//! plain nulls (`~`, `null`, nothing at all) are not text. Aliases are replaced by what they stand for.

use std::borrow::Cow;
use std::ops::Range;

use serde::de::{self, Deserialize, Deserializer};
use serde_saphyr::{Location, Spanned};

use super::mask::Masked;
use super::problems::Problems;
use super::yaml_error::explain;
use crate::types::quote;

/// A value and the bytes of the source that it stands in (its first, for a list or mapping of lines).
#[derive(Debug)]
pub(super) struct Tree<'s> {
    pub(super) value: Value<'s>,
    pub(super) span: Range<usize>,
    /// The same for the value itself, where `span` is that of an alias for it.
    pub(super) defined: Range<usize>,
    /// Where its text has values of variables in it.
    pub(super) replaced: Option<Box<Replaced>>,
}

/// What became of a text with variables.
#[derive(Debug)]
pub(super) struct Replaced {
    /// Whether a variable had no value, which has been reported.
    failed: bool,
    letters: Option<Letters>,
}

/// Where in the source the letters of a text are.
#[derive(Debug, Clone)]
pub(super) struct Letters {
    pub(super) start: usize,
    /// What stands there by a variable, in order.
    pub(super) pieces: Vec<Piece>,
}

/// Bytes of a text that come of a variable, and those of the source that name it.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) text: Range<usize>,
    pub(super) source: Range<usize>,
}

impl Letters {
    /// Where these bytes of the text are in the source: of a variable's value, all of the variable.
    pub(super) fn span(&self, from: usize, to: usize) -> Range<usize> {
        let start = self.place(from).start;
        let end = if to > from { self.place(to - 1).end } else { start };
        start..end.max(start)
    }

    fn place(&self, at: usize) -> Range<usize> {
        let (mut text, mut source) = (0, self.start);
        for piece in self.pieces.iter().take_while(|piece| piece.text.start <= at) {
            if piece.text.contains(&at) {
                return piece.source.clone();
            }
            (text, source) = (piece.text.end, piece.source.end);
        }
        let place = source + at.saturating_sub(text);
        place..place + 1
    }
}

#[derive(Debug)]
pub(super) enum Value<'s> {
    Null,
    Text(Cow<'s, str>),
    List(Vec<Tree<'s>>),
    Map(Vec<(Tree<'s>, Tree<'s>)>),
    /// A number or a truth value; `settle` turns it into its text.
    Untyped,
}

impl<'s> Tree<'s> {
    /// What it is, for a message.
    pub(super) fn kind(&self) -> String {
        match &self.value {
            Value::Null => "nothing".into(),
            Value::Text(text) => format!("the text {}", quote(text)),
            Value::List(_) => "a list".into(),
            Value::Map(_) => "a mapping".into(),
            Value::Untyped => "a value".into(),
        }
    }

    /// Its text; anything else is reported as no `what`.
    pub(super) fn text(&self, what: &str, problems: &mut Problems<'_>) -> Option<&str> {
        match &self.value {
            Value::Text(_) if self.replaced.as_ref().is_some_and(|replaced| replaced.failed) => None,
            Value::Text(text) => Some(text),
            _ => {
                problems.add(self.span.clone(), format!("{what} is one word of text; here is {}", self.kind()), "");
                None
            }
        }
    }

    /// Where in the source the letters of the text are; none where they are not there one by one
    /// (escapes, several lines, an alias).
    pub(super) fn letters(&self, source: &str) -> Option<Letters> {
        if let Some(replaced) = &self.replaced {
            return replaced.letters.clone();
        }
        let (Value::Text(text), true) = (&self.value, self.span == self.defined) else { return None };
        let there = source.get(self.span.clone())?;
        let bare = |quote| there.strip_prefix(quote).and_then(|there| there.strip_suffix(quote));
        let start = if there == text {
            self.span.start
        } else if bare('"').or_else(|| bare('\'')) == Some(text) {
            self.span.start + 1
        } else {
            return None;
        };
        Some(Letters { start, pieces: Vec::new() })
    }

    /// Takes a text with the values of variables in it for its own; none where one had no value.
    pub(super) fn replace(&mut self, text: Option<String>, letters: Option<Letters>) {
        self.replaced = Some(Box::new(Replaced { failed: text.is_none(), letters }));
        if let Some(text) = text {
            self.value = Value::Text(Cow::Owned(text));
        }
    }

    /// Of how many values it is made.
    pub(super) fn count(&self) -> usize {
        1 + match &self.value {
            Value::List(list) => list.iter().map(Tree::count).sum(),
            Value::Map(entries) => entries.iter().map(|(key, value)| key.count() + value.count()).sum(),
            _ => 0usize,
        }
    }

    /// Moves all places, as if so many bytes stood before the source.
    pub(super) fn shift(&mut self, by: usize) {
        let shift = |span: &mut Range<usize>| *span = span.start + by..span.end + by;
        shift(&mut self.span);
        shift(&mut self.defined);
        if let Some(letters) = self.replaced.as_mut().and_then(|replaced| replaced.letters.as_mut()) {
            letters.start += by;
            letters.pieces.iter_mut().for_each(|piece| shift(&mut piece.source));
        }
        match &mut self.value {
            Value::List(list) => list.iter_mut().for_each(|tree| tree.shift(by)),
            Value::Map(entries) => entries.iter_mut().for_each(|(key, value)| {
                key.shift(by);
                value.shift(by);
            }),
            _ => {}
        }
    }

    /// The same without the source.
    pub(super) fn into_owned(self) -> Tree<'static> {
        let value = match self.value {
            Value::Null => Value::Null,
            Value::Untyped => Value::Untyped,
            Value::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
            Value::List(list) => Value::List(list.into_iter().map(Tree::into_owned).collect()),
            Value::Map(entries) => {
                Value::Map(entries.into_iter().map(|(key, value)| (key.into_owned(), value.into_owned())).collect())
            }
        };
        Tree { value, span: self.span, defined: self.defined, replaced: self.replaced }
    }
}

/// Reads a YAML text of one document. None where it is not YAML, which is reported.
pub(super) fn read<'s>(source: &'s str, problems: &mut Problems<'_>) -> Option<Tree<'s>> {
    let Some(masked) = Masked::of(source) else { return read_plain(source, problems) };
    let tree = read_plain(&masked.text, problems)?;
    Some(masked.uncover(tree, source))
}

/// Reads a part of a text as a YAML text of its own. `place` says where in the source its bytes are.
pub(super) fn fragment<'t>(
    text: &'t str,
    place: impl Fn(Range<usize>) -> Range<usize>,
    problems: &mut Problems<'_>,
) -> Option<Tree<'t>> {
    let mut own = Problems::new(text);
    let tree = read_plain(text, &mut own);
    problems.absorb(own, &place);
    tree.map(|tree| moved(tree, &place))
}

fn moved<'t>(tree: Tree<'t>, place: &impl Fn(Range<usize>) -> Range<usize>) -> Tree<'t> {
    let value = match tree.value {
        Value::List(list) => Value::List(list.into_iter().map(|tree| moved(tree, place)).collect()),
        Value::Map(entries) => {
            Value::Map(entries.into_iter().map(|(key, value)| (moved(key, place), moved(value, place))).collect())
        }
        value => value,
    };
    Tree { value, span: place(tree.span), defined: place(tree.defined), replaced: tree.replaced }
}

fn read_plain<'s>(source: &'s str, problems: &mut Problems<'_>) -> Option<Tree<'s>> {
    match serde_saphyr::from_str_with_options::<Tree<'s>>(source, options()) {
        Ok(mut tree) => {
            settle(&mut tree, source);
            Some(tree)
        }
        Err(error) => {
            explain(error.without_snippet(), problems);
            None
        }
    }
}

/// A lab of 10,000 links in the long form has 250,000 nodes of YAML; a bomb of aliases has no end.
fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_nodes: super::MAX_VALUES,
            max_events: 4_000_000,
            max_depth: 32,
            flow_nesting_limit: 32,
            max_documents: 2,
            max_aliases: 10_000,
            max_anchors: 10_000,
            max_recorded_anchor_events: 100_000,
            max_recorded_anchor_bytes: 16 << 20,
            enforce_alias_anchor_ratio: false,
        },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: 100_000, max_replay_stack_depth: 16 },
        // All duplicates are reported at once, each with its first place; see `keys`.
        duplicate_keys: serde_saphyr::options::DuplicateKeyPolicy::PassThrough,
        merge_keys: serde_saphyr::options::MergeKeyPolicy::Error,
        non_finite_float_policy: serde_saphyr::NonFiniteFloatPolicy::PassThrough,
        strict_booleans: true,
        reject_unsupported_tags: true,
    }
}

impl<'s> Deserialize<'s> for Tree<'s> {
    fn deserialize<D: Deserializer<'s>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Value<'s>>::deserialize(deserializer)?;
        let span = bytes(&spanned.referenced);
        Ok(Self { value: spanned.value, span, defined: bytes(&spanned.defined), replaced: None })
    }
}

fn bytes(location: &Location) -> Range<usize> {
    let span = location.span();
    let number = |value: Option<u64>| value.and_then(|value| usize::try_from(value).ok()).unwrap_or_default();
    let start = number(span.byte_offset());
    start..start.saturating_add(number(span.byte_len()))
}

impl<'s> Deserialize<'s> for Value<'s> {
    fn deserialize<D: Deserializer<'s>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'s> de::Visitor<'s> for AnyValue {
    type Value = Value<'s>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'s>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_borrowed_str<E>(self, text: &'s str) -> Result<Self::Value, E> {
        Ok(Value::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Value::Text(Cow::Owned(text.into())))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Value::Untyped)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Value::Untyped)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Value::Untyped)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Self::Value, E> {
        Ok(Value::Untyped)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Self::Value, E> {
        Ok(Value::Untyped)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Value::Untyped)
    }

    fn visit_seq<A: de::SeqAccess<'s>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        Ok(Value::List(values))
    }

    fn visit_map<A: de::MapAccess<'s>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Value::Map(entries))
    }
}

/// Gives numbers and truth values back the text that they are written in.
fn settle<'s>(tree: &mut Tree<'s>, source: &'s str) {
    match &mut tree.value {
        Value::Untyped => {
            tree.value = Value::Text(Cow::Borrowed(source.get(tree.defined.clone()).unwrap_or_default()));
        }
        Value::List(values) => values.iter_mut().for_each(|value| settle(value, source)),
        Value::Map(entries) => entries.iter_mut().for_each(|(key, value)| {
            settle(key, source);
            settle(value, source);
        }),
        Value::Null | Value::Text(_) => {}
    }
}
