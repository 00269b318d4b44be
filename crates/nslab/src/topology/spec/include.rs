//! The key `include`: files that are read before the one that names them.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::problems::{Found, Problems};
use super::tree::{self, Tree, Value};
use super::variables::{Variables, substitute};
use super::{MAX_BYTES, MAX_VALUES};
use crate::error::Result;
use crate::types::{NamePrefix, quote};

/// A file that was opened for reading.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// Its text.
    pub text: String,
    /// What tells it from other files, however they are named.
    pub id: u128,
}

/// What a lab file may refer to beyond its own text.
pub struct Given<'g> {
    /// The value of a variable, where it is set.
    pub variable: Variables<'g>,
    /// Stands in front of the lab's name, and in place of the file's `prefix`.
    pub prefix: Option<&'g NamePrefix>,
    /// Reads a file of at most so many bytes.
    #[allow(clippy::type_complexity, reason = "a function of two arguments")]
    pub file: &'g dyn Fn(&Path, usize) -> Result<Loaded>,
}

/// Files within files go this deep.
const MOST_DEPTH: usize = 16;

/// As many files make one lab.
const MOST_FILES: usize = 256;

/// A file that is read and understood as YAML, or not, which is among its problems.
pub(super) struct File<'s> {
    pub(super) path: PathBuf,
    pub(super) tree: Option<Tree<'s>>,
    pub(super) found: Vec<Found>,
}

/// Reads a file and all that it includes.
pub(super) struct Gatherer<'g> {
    given: &'g Given<'g>,
    /// The included files and their texts, each behind those that it includes itself.
    pub(super) included: Vec<(File<'static>, String)>,
    seen: HashSet<u128>,
    within: Vec<u128>,
    bytes: usize,
    values: usize,
    room: usize,
}

impl<'g> Gatherer<'g> {
    pub(super) fn new(given: &'g Given<'g>) -> Self {
        let (seen, within, included) = (HashSet::new(), Vec::new(), Vec::new());
        Self { given, included, seen, within, bytes: MAX_BYTES, values: MAX_VALUES, room: MAX_BYTES }
    }

    /// Reads a file's text, and first what it includes. `id` is that of the file, where it is one.
    pub(super) fn read<'t>(&mut self, path: &Path, text: &'t str, id: Option<u128>) -> File<'t> {
        self.within.extend(id);
        self.seen.extend(id);
        self.bytes = self.bytes.saturating_sub(text.len());
        let mut problems = Problems::new(text);
        let mut tree = tree::read(text, &mut problems);
        if let Some(tree) = &mut tree {
            substitute(tree, text, self.given.variable, &mut self.room, &mut problems);
            self.values = self.values.saturating_sub(tree.count());
            self.includes(tree, path, &mut problems);
        }
        if id.is_some() {
            self.within.pop();
        }
        File { path: path.into(), tree, found: problems.into_found() }
    }

    fn includes(&mut self, tree: &Tree<'_>, path: &Path, problems: &mut Problems<'_>) {
        let Value::Map(entries) = &tree.value else { return };
        let is_include = |key: &Tree<'_>| matches!(&key.value, Value::Text(text) if text == "include");
        let Some((_, value)) = entries.iter().find(|(key, _)| is_include(key)) else { return };
        match &value.value {
            Value::Null => {}
            Value::List(list) => list.iter().for_each(|tree| self.include(tree, path, problems)),
            _ => self.include(value, path, problems),
        }
    }

    fn include(&mut self, tree: &Tree<'_>, from: &Path, problems: &mut Problems<'_>) {
        let Some(name) = tree.text("a file to include", problems) else { return };
        let mut refuse = |message: String, help: String| problems.add(tree.span.clone(), message, help);
        if name.is_empty() {
            return refuse("a file without a name".into(), "write it as `common.yaml`".into());
        }
        let path = from.parent().unwrap_or(Path::new("")).join(name);
        if self.within.len() > MOST_DEPTH || self.included.len() >= MOST_FILES {
            let message = format!("{} is one file too many", quote(name));
            return refuse(message, format!("{MOST_DEPTH} levels and {MOST_FILES} files are allowed"));
        }
        let loaded = match (self.given.file)(&path, self.bytes) {
            Ok(loaded) => loaded,
            Err(error) => {
                let help = "a file to include is named as seen from the folder of the file that includes it";
                return refuse(format!("cannot include {}: {error}", quote(name)), error.help().unwrap_or(help).into());
            }
        };
        if self.within.contains(&loaded.id) {
            let message = format!("{} includes itself, here or by way of others", quote(name));
            return refuse(message, "take out one of the includes".into());
        }
        if loaded.text.len() > self.bytes || self.values == 0 {
            let message = format!("with {} the files get larger than a lab file may be", quote(name));
            return refuse(message, format!("{} MiB and {MAX_VALUES} values in all", MAX_BYTES >> 20));
        }
        // A file that two others share is read once.
        if !self.seen.contains(&loaded.id) {
            let file = self.read(&path, &loaded.text, Some(loaded.id));
            let tree = file.tree.map(Tree::into_owned);
            self.included.push((File { path: file.path, tree, found: file.found }, loaded.text));
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
