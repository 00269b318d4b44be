//! `type veth`: a virtual cable (veth(4)).

use super::keywords::Settings;
use crate::applet::ip::fail::{FAILED, Fail};
use crate::applet::ip::session::Session;
use crate::applet::ip::words::Words;

/// Reads `peer SETTINGS`.
pub(super) fn parse<'a>(session: &mut Session, mut words: Words<'a>) -> Result<Option<Settings<'a>>, Fail> {
    if words.take() != Some(b"peer".as_slice()) {
        return Err(Fail::new(
            FAILED,
            "Usage: ip link <options> type veth [peer <options>]\nTo get <options> type 'ip link add help'",
        ));
    }
    let peer = Settings::parse(session, &mut words)?;
    match peer.kind {
        Some(kind) => Err(Fail::duplicate("type", kind)),
        None => Ok(Some(peer)),
    }
}
