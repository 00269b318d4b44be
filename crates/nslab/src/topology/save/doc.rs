//! The text in lines, of which some may turn out to be refused.

use std::path::Path;

use crate::error::{Error, Result};
use crate::topology::spec;

/// A lab file that is being written.
#[derive(Debug, Default)]
pub(super) struct Doc {
    missing: Vec<String>,
    name: String,
    lines: Vec<Line>,
}

/// A line, and what may stand in its place.
#[derive(Debug, Clone)]
struct Line {
    depth: usize,
    text: String,
    /// The same with less, and what is left out of it; then a comment takes its place.
    less: Option<(String, String)>,
    /// Whether it may be left out.
    free: bool,
}

/// How often lines are taken out before the text counts as hopeless.
const TRIES: usize = 200;

impl Doc {
    pub(super) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// Says at the top what is not in the file.
    pub(super) fn missing(&mut self, what: String) {
        if !self.missing.contains(&what) {
            self.missing.push(what);
        }
    }

    /// A line that others depend on.
    pub(super) fn line(&mut self, depth: usize, text: String) {
        self.lines.push(Line { depth, text, less: None, free: false });
    }

    /// A line that may be left out.
    pub(super) fn free(&mut self, depth: usize, text: String) {
        self.lines.push(Line { depth, text, less: None, free: true });
    }

    /// A line that can do with less.
    pub(super) fn reducible(&mut self, depth: usize, text: String, less: String, without: String) {
        self.lines.push(Line { depth, text, less: Some((less, without)), free: true });
    }

    /// The text, once it is one that is not refused.
    pub(super) fn finish(mut self) -> Result<String> {
        for _ in 0..TRIES {
            let (text, places) = self.text();
            let Err(error) = spec::parse(&text, Path::new("saved.yaml")) else { return Ok(text) };
            if !self.reduce(&error, &places) {
                let help = "this is a fault of nslab: tell of it, with what nslab graph --format json says";
                return Err(error.within("writing what is there as a lab file").with_help(help));
            }
        }
        Err(Error::invalid("what is there cannot be written as a lab file: too much of it is refused"))
    }

    /// Leaves out what is refused; whether there was any.
    fn reduce(&mut self, error: &Error, places: &[Option<usize>]) -> bool {
        let Some(problems) = error.file_problems() else { return false };
        let mut reasons: Vec<(usize, String)> = Vec::new();
        for problem in &problems.problems {
            let at = problem.line.checked_sub(1).and_then(|line| places.get(line).copied().flatten());
            reasons.extend(at.map(|at| (at, problem.message.clone())));
        }
        reasons.sort();
        reasons.dedup_by_key(|(at, _)| *at);
        let mut any = false;
        for (at, reason) in reasons {
            let Some(line) = self.lines.get_mut(at).filter(|line| line.free) else { continue };
            let said = line.text.trim_start_matches("- ").to_owned();
            let without = match line.less.take() {
                Some((less, without)) => {
                    line.text = less;
                    format!("{without} ({reason})")
                }
                None => {
                    line.text = String::new();
                    format!("{said} ({reason})")
                }
            };
            any = true;
            self.missing(without);
        }
        any
    }

    /// The text, and which line each of its lines is.
    fn text(&self) -> (String, Vec<Option<usize>>) {
        let mut head = vec!["# Saved from what was there.".to_owned()];
        if !self.missing.is_empty() {
            head.push("# Not in this file:".into());
            head.extend(self.missing.iter().map(|what| format!("# - {}", comment(what))));
        }
        head.push(format!("name: {}", super::names::word(&self.name)));
        let mut places: Vec<Option<usize>> = head.iter().map(|_| None).collect();
        let mut text = head.join("\n") + "\n";
        for (at, line) in
            self.lines.iter().enumerate().filter(|(at, line)| !line.text.is_empty() && self.is_needed(*at))
        {
            text.push_str(&format!("{}{}\n", "  ".repeat(line.depth), line.text));
            places.push(Some(at));
        }
        (text, places)
    }

    /// A heading without anything beneath it is none, but for a node's.
    fn is_needed(&self, at: usize) -> bool {
        let Some(line) = self.lines.get(at).filter(|line| line.text.ends_with(':')) else { return true };
        let beneath = self.lines.iter().skip(at + 1).take_while(|next| next.depth > line.depth);
        line.depth == 1 || beneath.into_iter().any(|next| !next.text.is_empty())
    }
}

/// A comment stays on its line, and shows what it says.
fn comment(text: &str) -> String {
    text.chars()
        .map(|character| {
            if character.is_ascii_graphic() || character == ' ' {
                character.to_string()
            } else {
                character.escape_default().to_string()
            }
        })
        .collect()
}
