//! `type veth`: a virtual cable (veth(4)).

use crate::applet::ip::fail::{FAILED, Fail};
use crate::applet::ip::link::keywords::Settings;
use crate::applet::ip::session::Session;
use crate::applet::ip::words::Words;

pub(super) const USAGE: &str =
    "Usage: ip link <options> type veth [peer <options>]\nTo get <options> type 'ip link add help'\n";

/// Reads `peer SETTINGS`.
pub(super) fn parse<'a>(session: &mut Session, mut words: Words<'a>) -> Result<Settings<'a>, Fail> {
    if words.take() != Some(b"peer".as_slice()) {
        // On standard output, where `ip` prints it.
        session.print.text(USAGE);
        return Err(Fail::silent(FAILED));
    }
    let peer = Settings::parse(session, &mut words)?;
    match peer.kind {
        Some(kind) => Err(Fail::duplicate("type", kind)),
        None => Ok(peer),
    }
}
