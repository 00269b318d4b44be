//! What is wrong with a file, gathered; or with several, one text behind the other.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::error::{Diagnostic, Error, Source};

/// A problem: the bytes of the source that it is about, what is wrong, and help.
pub(super) type Found = (Range<usize>, String, String);

/// The first problems found, up to `MOST`, each with the bytes of the source that it is about.
///
/// The source is the text of one file, or those of several: the files that are included first, the file itself
/// last. Spans are of the whole, so that a later place is one that counts later.
#[derive(Debug)]
pub(super) struct Problems<'s> {
    source: &'s str,
    /// The files and where each starts; empty for a text of one.
    parts: Vec<Part>,
    found: Vec<Found>,
    count: usize,
    line_starts: Vec<usize>,
}

/// A file within the source.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) path: PathBuf,
    pub(super) start: usize,
}

/// Nobody reads more, and a large file with a fault in each line would take much memory.
const MOST: usize = 1000;

impl<'s> Problems<'s> {
    pub(super) fn new(source: &'s str) -> Self {
        Self { source, parts: Vec::new(), found: Vec::new(), count: 0, line_starts: Vec::new() }
    }

    /// Of several files, whose texts are one behind the other.
    pub(super) fn of_parts(source: &'s str, parts: Vec<Part>) -> Self {
        Self { parts, ..Self::new(source) }
    }

    pub(super) fn source(&self) -> &'s str {
        self.source
    }

    /// Where the file itself starts, behind those that it includes.
    pub(super) fn start(&self) -> usize {
        self.parts.last().map_or(0, |part| part.start)
    }

    /// Notes one. `help` says what is allowed there or what to do; it may be empty.
    pub(super) fn add(&mut self, span: Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        self.count += 1;
        if self.count <= MOST {
            self.found.push((span, message.into(), help.into()));
        }
    }

    /// Takes over what is wrong with a part of the source, which `place` says where it is.
    pub(super) fn absorb(&mut self, part: Problems<'_>, place: impl Fn(Range<usize>) -> Range<usize>) {
        for (span, message, help) in part.found {
            self.add(place(span), message, help);
        }
    }

    /// How many there are, whether kept or not.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Whether no more are kept, so that nobody needs to think of help for one.
    pub(super) fn is_full(&self) -> bool {
        self.count >= MOST
    }

    /// Those that are kept.
    pub(super) fn into_found(self) -> Vec<Found> {
        self.found
    }

    /// The line of a byte of the source, counted from 1; of an included file with its name.
    pub(super) fn line_of(&mut self, offset: usize) -> Line<'_> {
        if self.line_starts.is_empty() {
            let ends = self.source.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
            self.line_starts = std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect();
        }
        let line = |offset: usize| self.line_starts.partition_point(|start| *start <= offset);
        let at = self.part_of(offset);
        let part = self.parts.get(at);
        let before = part.map_or(0, |part| line(part.start).saturating_sub(1));
        Line { line: line(offset) - before, path: part.filter(|_| at + 1 < self.parts.len()).map(|part| &*part.path) }
    }

    /// The byte at which a line and column (in characters), both counted from 1, are.
    pub(super) fn offset_of(&self, line: usize, column: usize) -> usize {
        let mut start = 0;
        for text in self.source.split_inclusive('\n').take(line.saturating_sub(1)) {
            start += text.len();
        }
        let text = self.source.get(start..).unwrap_or_default();
        // The mark in front of a file in UTF-8 is no character of the first line.
        let mark = if start == 0 && text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let text = text.get(mark..).unwrap_or_default();
        start + mark + text.char_indices().nth(column.saturating_sub(1)).map_or(text.len(), |(at, _)| at)
    }

    /// Which of the files a byte is in.
    fn part_of(&self, offset: usize) -> usize {
        self.parts.partition_point(|part| part.start <= offset).saturating_sub(1)
    }

    /// All of them as one error, in the order of the files. `path` is that of a text of one file.
    pub(super) fn into_error(mut self, path: &Path) -> Error {
        self.found.sort_by_key(|(span, ..)| span.start);
        if self.parts.is_empty() {
            self.parts.push(Part { path: path.into(), start: 0 });
        }
        let (mut sources, mut problems, mut last) = (Vec::new(), Vec::new(), None);
        let mut place = Place { offset: 0, line: 1, column: 1 };
        for (span, message, help) in std::mem::take(&mut self.found) {
            let at = self.part_of(span.start);
            let start = self.parts.get(at).map_or(0, |part| part.start);
            let end = self.parts.get(at + 1).map_or(self.source.len(), |part| part.start);
            let text = self.source.get(start..end).unwrap_or_default();
            if last.replace(at) != Some(at) {
                place = Place { offset: 0, line: 1, column: 1 };
                let path = self.parts.get(at).map(|part| part.path.clone()).unwrap_or_default();
                sources.push(Source { path, text: text.into() });
            }
            let span = span.start - start..(span.end - start).min(text.len());
            place.advance(text, span.start);
            problems.push(Diagnostic {
                file: sources.len().saturating_sub(1),
                message,
                span: Some(span),
                line: place.line,
                column: place.column,
                help: (!help.is_empty()).then_some(help),
            });
        }
        Error::files(sources, problems)
    }
}

/// A line of a file, as a message names it: `7`, or `7 of common.yaml` in a file that is included.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line<'p> {
    line: usize,
    path: Option<&'p Path>,
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.line)?;
        self.path.map_or(Ok(()), |path| write!(f, " of {}", path.display()))
    }
}

/// A place that only moves forward, so that all places of a file take one pass.
struct Place {
    offset: usize,
    line: usize,
    column: usize,
}

impl Place {
    fn advance(&mut self, source: &str, to: usize) {
        for c in source.get(self.offset..to).unwrap_or_default().chars() {
            match c {
                '\n' => (self.line, self.column) = (self.line + 1, 1),
                '\u{feff}' if self.offset == 0 && self.line == 1 && self.column == 1 => {}
                _ => self.column += 1,
            }
        }
        self.offset = self.offset.max(to);
    }
}
