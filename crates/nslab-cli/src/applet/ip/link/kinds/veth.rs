//! `type veth`: a virtual cable (veth(4)); `type vxcan`: one for CAN.

use crate::applet::ip::fail::{FAILED, Fail};
use crate::applet::ip::link::keywords::Settings;
use crate::applet::ip::session::Session;
use crate::applet::ip::words::Words;

pub(super) fn usage(kind: &str) -> String {
    format!("Usage: ip link <options> type {kind} [peer <options>]\nTo get <options> type 'ip link add help'\n")
}

/// Reads `peer SETTINGS`.
pub(super) fn parse<'a>(session: &mut Session, kind: &str, mut words: Words<'a>) -> Result<Settings<'a>, Fail> {
    if words.take() != Some(b"peer".as_slice()) {
        // On standard output, where `ip` prints it.
        session.print.text(usage(kind));
        return Err(Fail::silent(FAILED));
    }
    let peer = Settings::parse(session, &mut words)?;
    match peer.kind {
        Some(second) => Err(Fail::duplicate("type", second)),
        None => Ok(peer),
    }
}
