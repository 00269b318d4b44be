//! Variables in a file's texts: `${VAR}`, and `${VAR:-default}` where it is not set or empty.
//!
//! `$${` stands for `${`; every other `$` stands for itself.

use std::ops::Range;

use super::problems::Problems;
use super::tree::{Letters, Piece, Tree, Value};
use crate::types::quote;

/// What a lab file may refer to by `${…}`.
pub type Variables<'v> = &'v dyn Fn(&str) -> Option<String>;

const EXAMPLE: &str = "write `${NAME}` or `${NAME:-default}`; `$${` stands for `${` itself";

/// Puts the variables' values in place, in keys and in values. `room` is how many bytes they may take.
pub(super) fn substitute(
    tree: &mut Tree<'_>,
    source: &str,
    variables: Variables<'_>,
    room: &mut usize,
    problems: &mut Problems<'_>,
) {
    match &mut tree.value {
        Value::Text(text) if text.contains("${") => {
            let whole = text.clone().into_owned();
            let letters = tree.letters(source);
            let mut reader = Reader { variables, text: &whole, start: letters.map(|letters| letters.start), room };
            match reader.read() {
                Ok((text, pieces)) => {
                    let letters = reader.start.map(|start| Letters { start, pieces });
                    tree.replace(Some(text), letters);
                }
                Err((at, message, help)) => {
                    let span = reader.start.map_or(tree.span.clone(), |start| start + at.start..start + at.end);
                    problems.add(span, message, help);
                    tree.replace(None, None);
                }
            }
        }
        Value::List(list) => list.iter_mut().for_each(|tree| substitute(tree, source, variables, room, problems)),
        Value::Map(entries) => entries.iter_mut().for_each(|(key, value)| {
            substitute(key, source, variables, room, problems);
            substitute(value, source, variables, room, problems);
        }),
        _ => {}
    }
}

struct Reader<'r> {
    variables: Variables<'r>,
    text: &'r str,
    start: Option<usize>,
    room: &'r mut usize,
}

type Problem = (Range<usize>, String, String);

impl Reader<'_> {
    /// The text with the values in place, and which piece of it stands where in the source.
    fn read(&mut self) -> Result<(String, Vec<Piece>), Problem> {
        let (mut made, mut pieces, mut at) = (String::new(), Vec::new(), 0);
        while let Some(found) = self.text.get(at..).and_then(|rest| rest.find("${")) {
            let begin = at + found;
            let before = self.text.get(at..begin).unwrap_or_default();
            let (end, value) = if let Some(before) = before.strip_suffix('$') {
                made.push_str(before);
                (begin + 2, "${".to_owned())
            } else {
                made.push_str(before);
                self.variable(begin)?
            };
            let first = if before.ends_with('$') { begin - 1 } else { begin };
            *self.room = self.room.checked_sub(value.len()).ok_or_else(|| {
                let help = "a variable is for a word or some; include a file for more";
                (first..end, "the values of variables get larger than a lab file may be".into(), help.into())
            })?;
            let source = |at: usize| self.start.unwrap_or_default() + at;
            pieces.push(Piece { text: made.len()..made.len() + value.len(), source: source(first)..source(end) });
            made.push_str(&value);
            at = end;
        }
        made.push_str(self.text.get(at..).unwrap_or_default());
        Ok((made, pieces))
    }

    /// The value of the variable whose `${` is at this byte, and the byte behind its `}`.
    fn variable(&self, begin: usize) -> Result<(usize, String), Problem> {
        let rest = self.text.get(begin + 2..).unwrap_or_default();
        let Some(length) = rest.find('}') else {
            return Err((begin..self.text.len(), "`${` without `}`".into(), EXAMPLE.into()));
        };
        let inside = rest.get(..length).unwrap_or_default();
        let end = begin + 2 + length + 1;
        let (name, default) = inside.split_once(":-").map_or((inside, None), |(name, text)| (name, Some(text)));
        if default.is_some_and(|text| text.contains("${")) {
            return Err((begin..end, "a variable in the default of another".into(), "write the default out".into()));
        }
        let letter = |c: char| c.is_ascii_alphabetic() || c == '_';
        if !name.starts_with(letter) || !name.chars().all(|c| letter(c) || c.is_ascii_digit()) {
            return Err((begin..end, format!("{} is no name of a variable", quote(name)), EXAMPLE.into()));
        }
        let value = (self.variables)(name).filter(|value| default.is_none() || !value.is_empty());
        match value.or_else(|| default.map(str::to_owned)) {
            Some(value) => Ok((end, value)),
            None => {
                let help = format!("set it (`{name}=… nslab up FILE`), or say what else: `${{{name}:-default}}`");
                Err((begin..end, format!("the variable {} is not set", quote(name)), help))
            }
        }
    }
}
