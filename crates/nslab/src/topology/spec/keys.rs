//! Which keys a mapping may have: said once, for reading, for messages, and for the near miss.

use std::collections::HashMap;

use super::problems::Problems;
use super::schema::{Described, Keys, Schema};
use super::tree::{Tree, Value};
use crate::types::quote;

/// Reads the value of one key into a draft.
pub(super) type Reader<T> = fn(&Tree<'_>, &mut T, &mut Problems<'_>);

/// A key: how it is read, what an editor should know of it, and what is said of it there.
pub(super) struct Key<T: 'static> {
    name: &'static str,
    read: Reader<T>,
    schema: &'static Schema,
    about: &'static str,
}

/// A key of a table.
pub(super) const fn key<T>(
    name: &'static str,
    read: Reader<T>,
    schema: &'static Schema,
    about: &'static str,
) -> Key<T> {
    Key { name, read, schema, about }
}

/// The keys of one kind of mapping.
pub(super) struct Table<T: 'static> {
    /// The mapping, as a message names it: "a link".
    pub(super) place: &'static str,
    /// The keys that are read.
    pub(super) keys: &'static [Key<T>],
    /// The keys that the format has and this version does not.
    pub(super) later: &'static [&'static str],
}

impl<T> Table<T> {
    /// Reads a mapping into a draft. Whatever cannot be read is reported and skipped; false where that
    /// happened to a key.
    pub(super) fn read(&self, tree: &Tree<'_>, into: &mut T, problems: &mut Problems<'_>) -> bool {
        let Value::Map(entries) = &tree.value else {
            problems.add(
                tree.span.clone(),
                format!("{} is a mapping; here is {}", self.place, tree.kind()),
                self.allowed(),
            );
            return false;
        };
        let mut clean = true;
        each_once(entries, problems, |key, name, value, problems| {
            match self.keys.iter().find(|key| key.name == name) {
                Some(key) => (key.read)(value, into, problems),
                None => {
                    clean = false;
                    self.refuse(key, name, problems);
                }
            }
        });
        clean
    }

    fn refuse(&self, key: &Tree<'_>, name: &str, problems: &mut Problems<'_>) {
        if self.later.contains(&name) {
            let message = format!("key {} of {} is not supported yet in this version", quote(name), self.place);
            return problems.add(key.span.clone(), message, self.allowed());
        }
        let known = self.keys.iter().map(|key| key.name).chain(self.later.iter().copied());
        let help = suggest(name, known, self.allowed(), problems);
        problems.add(key.span.clone(), format!("{} has no key {}", self.place, quote(name)), help);
    }

    fn allowed(&self) -> String {
        let names: Vec<String> = self.keys.iter().map(|key| format!("`{}`", key.name)).collect();
        match names.as_slice() {
            [] => format!("{} has no keys yet in this version", self.place),
            names => format!("allowed here: {}", names.join(", ")),
        }
    }
}

impl<T> Keys for Table<T> {
    fn described(&self) -> Vec<Described> {
        self.keys.iter().map(|key| (key.name, key.schema, key.about)).collect()
    }
}

/// Visits the entries of a mapping whose keys are text, each key once, and reports the others.
pub(super) fn each_once<'t, 's>(
    entries: &'t [(Tree<'s>, Tree<'s>)],
    problems: &mut Problems<'_>,
    mut visit: impl FnMut(&'t Tree<'s>, &'t str, &'t Tree<'s>, &mut Problems<'_>),
) {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for (key, value) in entries {
        let Some(name) = key.text("a key", problems) else { continue };
        match seen.get(name) {
            None => {
                seen.insert(name, key.span.start);
                visit(key, name, value, problems);
            }
            Some(first) => {
                let line = problems.line_of(*first);
                let message = format!("key {} is there twice; line {line} has it already", quote(name));
                problems.add(key.span.clone(), message, "each key is allowed once");
            }
        }
    }
}

/// Help that begins with the known word that is likely to be meant, where there is one.
pub(super) fn suggest<'k>(
    word: &str,
    known: impl Iterator<Item = &'k str>,
    help: impl Into<String>,
    problems: &Problems<'_>,
) -> String {
    // A lab may have many thousand nodes, and a file as many mistakes.
    const MOST: usize = 2000;
    let help = help.into();
    match nearest(word, known.take(MOST)).filter(|_| !problems.is_full()) {
        Some(near) => format!("did you mean `{near}`? {help}"),
        None => help,
    }
}

/// The same without a place to report to.
pub(super) fn suggested<'k>(word: &str, known: impl Iterator<Item = &'k str>, help: &str) -> String {
    nearest(word, known).map_or_else(|| help.to_owned(), |near| format!("did you mean `{near}`? {help}"))
}

/// The known word that differs least from this one, where that is little enough to be a slip.
pub(super) fn nearest<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    if word.len() > 40 {
        return None;
    }
    let scored = known.map(|known| (distance(word, known), known));
    let (distance, known) = scored.min_by_key(|(distance, _)| *distance)?;
    // As many slips as there are letters make any word of any other.
    let length = known.chars().count();
    (distance < length && (distance <= 1 || distance * 3 <= length)).then_some(known)
}

/// How many letters to insert, delete, replace or swap with their neighbour (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.to_lowercase().chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let at = |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX / 2);
            let mut best = (at(&above, j) + usize::from(x != y)).min(at(&above, j + 1) + 1).min(at(&row, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if swapped {
                best = best.min(at(&before, j - 1) + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut above, row);
    }
    above.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_found() {
        let known = ["name", "nodes", "links", "segments"];
        for (word, expected) in [
            ("nods", Some("nodes")),
            ("ndoes", Some("nodes")),
            ("Links", Some("links")),
            ("link", Some("links")),
            ("nmae", Some("name")),
            ("segmnets", Some("segments")),
            ("xyz", None),
            ("", None),
            ("a", None),
        ] {
            assert_eq!(nearest(word, known.into_iter()), expected, "{word}");
        }
        assert_eq!((nearest("c", ["a", "b"].into_iter()), nearest("B", ["a", "b"].into_iter())), (None, Some("b")));
    }
}
