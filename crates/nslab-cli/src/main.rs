//! The command `nslab`: three ways into one library.
//!
//! Called as `ip` or `ping`, or with that as its first word, it stands in for that program.
//! Otherwise the first word is a verb of the labs.

mod applet;
mod command;
mod output;

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut words: Vec<OsString> = std::env::args_os().collect();
    let called = words.first().and_then(|word| Path::new(word).file_name()).and_then(applet::find);
    if let Some(applet) = called {
        return applet(words.get(1..).unwrap_or_default());
    }
    if let Some(applet) = words.get(1).map(OsString::as_os_str).and_then(applet::find) {
        return applet(words.get(2..).unwrap_or_default());
    }
    if words.is_empty() {
        words.push(OsStr::new("nslab").into());
    }
    command::main(&words)
}
