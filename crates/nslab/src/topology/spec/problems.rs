//! What is wrong with a file, gathered.

use std::ops::Range;
use std::path::Path;

use crate::error::{Diagnostic, Error};

/// The first problems found, up to `MOST`, each with the bytes of the source that it is about.
#[derive(Debug)]
pub(super) struct Problems<'s> {
    source: &'s str,
    found: Vec<(Range<usize>, String, String)>,
    count: usize,
    line_starts: Vec<usize>,
}

/// Nobody reads more, and a large file with a fault in each line would take much memory.
const MOST: usize = 1000;

impl<'s> Problems<'s> {
    pub(super) fn new(source: &'s str) -> Self {
        Self { source, found: Vec::new(), count: 0, line_starts: Vec::new() }
    }

    pub(super) fn source(&self) -> &'s str {
        self.source
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

    /// The line of a byte of the source, counted from 1.
    pub(super) fn line_of(&mut self, offset: usize) -> usize {
        if self.line_starts.is_empty() {
            let ends = self.source.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
            self.line_starts = std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect();
        }
        self.line_starts.partition_point(|start| *start <= offset)
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

    /// All of them as one error, in the order of the file.
    pub(super) fn into_error(mut self, path: &Path) -> Error {
        self.found.sort_by_key(|(span, ..)| span.start);
        let mut place = Place { offset: 0, line: 1, column: 1 };
        let problems = self.found.into_iter().map(|(span, message, help)| {
            place.advance(self.source, span.start);
            Diagnostic {
                message,
                span: Some(span),
                line: place.line,
                column: place.column,
                help: (!help.is_empty()).then_some(help),
            }
        });
        Error::file(path, self.source, problems.collect())
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
