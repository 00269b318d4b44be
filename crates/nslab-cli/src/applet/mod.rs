//! Programs that nslab stands in for: same words, same output, same exit status.

mod ip;
mod ping;

use std::ffi::{OsStr, OsString};
use std::process::ExitCode;

/// An applet takes the words behind its own name, as they were typed.
pub(crate) type Applet = fn(&[OsString]) -> ExitCode;

/// The names of all of them.
pub(crate) const NAMES: &[&str] = &["ip", "ping"];

/// The applet of a program's name.
pub(crate) fn find(name: &OsStr) -> Option<Applet> {
    match name.to_str()? {
        "ip" => Some(ip::main),
        "ping" => Some(ping::main),
        _ => None,
    }
}
