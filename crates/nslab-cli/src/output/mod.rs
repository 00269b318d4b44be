//! What a person or a program gets to read: the answer on standard output, the rest on standard error.

mod diagnostics;
mod progress;

use std::io::Write;
use std::process::ExitCode;

use nslab::{Error, ErrorKind};
pub(crate) use progress::Bar;
use unicode_width::UnicodeWidthStr;

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ColorWhen {
    Auto,
    Always,
    Never,
}

impl ColorWhen {
    /// Makes it the choice of this process; `auto` looks at the terminal and NO_COLOR.
    pub(crate) fn apply(self) {
        match self {
            Self::Auto => anstream::ColorChoice::Auto,
            Self::Always => anstream::ColorChoice::Always,
            Self::Never => anstream::ColorChoice::Never,
        }
        .write_global();
    }
}

/// Writes an answer to standard output in one go. A closed pipe is the reader's way to say "enough",
/// and no error.
pub(crate) fn answer(text: &str) -> nslab::Result<()> {
    let mut out = anstream::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::os("writing to standard output", error))
        }
        _ => Ok(()),
    }
}

/// Writes a remark to standard error; one that cannot be written is lost.
pub(crate) fn remark(text: &str) {
    // At once, so that what two commands say at the same time does not mix.
    let _ = anstream::stderr().write_all(format!("{text}\n").as_bytes());
}

/// Tells the user of an error and gives the exit status for it.
pub(crate) fn report(error: &Error) -> ExitCode {
    let mut text = match error.file_problems() {
        Some(problems) => diagnostics::render(problems),
        None => format!("nslab: {}", diagnostics::printable(&error.to_string())),
    };
    if let Some(help) = error.help() {
        text.push_str("\n  help: ");
        text.push_str(&diagnostics::printable(help));
    }
    remark(&text);
    ExitCode::from(status(error))
}

/// 2 for what the user can put right in words or file, 3 for what the machine refuses.
fn status(error: &Error) -> u8 {
    let misuse = error.kind() == ErrorKind::Invalid || error.file_problems().is_some();
    if misuse { 2 } else { 3 }
}

/// `1 node`, `2 nodes`.
pub(crate) fn count(n: usize, noun: &str) -> String {
    let plural = match n {
        1 => "",
        _ if noun.ends_with('s') => "es",
        _ => "s",
    };
    format!("{n} {noun}{plural}")
}

/// Writes a value as JSON, for programs and for people.
pub(crate) fn json(value: &impl serde::Serialize) -> nslab::Result<()> {
    let mut text =
        serde_json::to_string_pretty(value).map_err(|error| Error::invalid(format!("writing JSON: {error}")))?;
    text.push('\n');
    answer(&text)
}

/// Rows with their columns below each other, two spaces apart. The last column is not padded.
pub(crate) fn table<const N: usize>(rows: impl IntoIterator<Item = [String; N]>) -> String {
    table_of(rows.into_iter().map(Vec::from))
}

/// The same for as many columns as there are. A cell stays in its line, whatever it says.
pub(crate) fn table_of(rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let shown = |cell: &String| diagnostics::printable(cell).replace('\n', "\u{2424}");
    let rows: Vec<Vec<String>> = rows.into_iter().map(|row| row.iter().map(shown).collect()).collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in &rows {
        let padded = |(cell, width): (&String, &usize)| cell.clone() + &" ".repeat(width.saturating_sub(cell.width()));
        let cells: Vec<String> = row.iter().zip(&widths).map(padded).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}
