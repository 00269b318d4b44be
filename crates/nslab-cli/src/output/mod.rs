//! What a person or a program gets to read: the answer on standard output, the rest on standard error.

mod diagnostics;

use std::io::Write;
use std::process::ExitCode;

use nslab::{Error, ErrorKind};

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
    let _ = writeln!(anstream::stderr(), "{text}");
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
    ExitCode::from(status(error.kind()))
}

fn status(kind: ErrorKind) -> u8 {
    match kind {
        ErrorKind::Invalid => 2,
        _ => 3,
    }
}
