//! `type veth`: a virtual cable (veth(4)).

use super::keywords::Settings;
use crate::applet::ip::fail::{FAILED, Fail};
use crate::applet::ip::session::Session;
use crate::applet::ip::words::Words;

/// Reads `peer SETTINGS`.
pub(super) fn parse<'a>(session: &mut Session, mut words: Words<'a>) -> Result<Option<Settings<'a>>, Fail> {
    if words.take() != Some(b"peer".as_slice()) {
        // On standard output, where `ip` prints it.
        session.print.text("Usage: ip link <options> type veth [peer <options>]\n");
        session.print.text("To get <options> type 'ip link add help'\n");
        return Err(Fail::new(FAILED, Vec::new()));
    }
    let peer = Settings::parse(session, &mut words)?;
    match peer.kind {
        Some(kind) => Err(Fail::duplicate("type", kind)),
        None => Ok(Some(peer)),
    }
}
