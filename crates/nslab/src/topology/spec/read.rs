//! Lab files on disk: read with a limit, and only if they are files.

use std::fs::OpenOptions;
use std::io::Read;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use super::{Given, Lab, Loaded, MAX_BYTES, Variables, parse_with};
use crate::error::{Diagnostic, Error, ErrorKind, Result};

/// Reads a lab file and those that it includes, and validates it, as [`parse_with`] does.
///
/// Only regular files are read, so that a pipe cannot keep the caller waiting, and only up to
/// [`MAX_BYTES`], which is looked at before and while reading. The environment is not read: `variable` gives the
/// values of `${…}`.
///
/// # Errors
/// [`ErrorKind::NotFound`] where there is no such file, [`ErrorKind::Permission`] where it may not be read,
/// [`ErrorKind::Invalid`] where it is no regular file, too large, not UTF-8, or for what [`parse_with`] says.
pub fn read(path: &Path, variable: Variables<'_>) -> Result<Lab> {
    let Loaded { text, id } = load(path, MAX_BYTES).map_err(|error| match error.kind() {
        ErrorKind::NotFound => error.with_help(
            "name the lab file, or write one; two nodes and a cable are one line: \
            `links: [ ns1 192.0.2.1/24 -- ns2 192.0.2.2/24 ]`",
        ),
        _ => error,
    })?;
    parse_with(&text, path, Some(id), &Given { variable, file: &load })
}

/// Reads a file of at most so many bytes.
fn load(path: &Path, most: usize) -> Result<Loaded> {
    let name = path.display();
    let failed = |error: std::io::Error| Error::os(format_args!("reading the lab file {name}"), error);
    // Without O_NONBLOCK, opening a FIFO waits for its other end.
    let file =
        OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    let kind = metadata.file_type();
    if !kind.is_file() {
        let what = match () {
            () if kind.is_dir() => "a directory",
            () if kind.is_fifo() => "a pipe",
            () if kind.is_socket() => "a socket",
            () => "a device",
        };
        return Err(Error::invalid(format!("{name} is {what}, not a lab file")).with_help("name a regular file"));
    }
    let too_large = || {
        Error::invalid(format!("{name} is larger than a lab file may be"))
            .with_help(format!("at most {} MiB are read", MAX_BYTES >> 20))
    };
    let limit = u64::try_from(most).unwrap_or(u64::MAX);
    if metadata.len() > limit {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() > most {
        return Err(too_large());
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Loaded { text, id: u128::from(metadata.dev()) << 64 | u128::from(metadata.ino()) }),
        Err(error) => Err(not_utf8(path, error.as_bytes(), error.utf8_error().valid_up_to())),
    }
}

fn not_utf8(path: &Path, bytes: &[u8], at: usize) -> Error {
    // What stands before the bad byte is whole, so places in it are the same in the text shown.
    let source = String::from_utf8_lossy(bytes);
    let before = source.get(..at).unwrap_or_default();
    let help = match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "this looks like UTF-16; save it as UTF-8",
        _ => "save the file as UTF-8",
    };
    let byte = bytes.get(at).copied().unwrap_or_default();
    let problem = Diagnostic {
        file: 0,
        message: format!("the byte 0x{byte:02x} is not UTF-8"),
        span: Some(at..at.saturating_add('\u{fffd}'.len_utf8()).min(source.len())),
        line: before.matches('\n').count() + 1,
        column: before.rsplit('\n').next().unwrap_or_default().chars().count() + 1,
        help: Some(help.into()),
    };
    Error::file(path, &source, vec![problem])
}
