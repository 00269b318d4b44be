//! `ip link help`.

use super::kinds;
use crate::applet::ip::fail::{Fail, MISUSE};
use crate::applet::ip::session::Session;
use crate::applet::ip::words::Words;

/// The usage, as the failure that asking for it is.
pub(super) fn usage() -> Fail {
    Fail::new(MISUSE, include_str!("usage.txt").trim_end())
}

/// `ip link help [TYPE]`: that of a kind goes to standard output, as what was asked for.
pub(super) fn help(session: &mut Session, mut words: Words<'_>) -> Result<(), Fail> {
    let usage = words.take().and_then(kinds::usage).ok_or_else(usage)?;
    session.print.text(usage);
    Ok(())
}
