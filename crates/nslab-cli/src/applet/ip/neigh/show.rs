//! `ip neigh show`.

use nslab::netlink::Connection;
use nslab::ops::link;
use nslab::ops::neighbour;

use super::filter::Filter;
use super::print;
use crate::applet::ip::fail::{FAILED, Fail, bytes};
use crate::applet::ip::session::Session;
use crate::applet::ip::words::Words;

pub(super) fn run(session: &mut Session, words: Words<'_>) -> Result<(), Fail> {
    let filter = Filter::parse(session, words, false)?;
    if filter.dev.is_none() {
        know_links(session)?;
    }
    // One of its own, for links may be asked for while the neighbours come in.
    let mut connection = Connection::open().map_err(|error| Fail::own(FAILED, &error))?;
    session.print.begin_document();
    let dumped = neighbour::dump(&mut connection, filter.of_kernel(), |seen| {
        if filter.passes(seen) {
            print::neighbour(session, seen, filter.dev.is_none());
        }
        Ok(())
    });
    dumped.map_err(|error| Fail::new(FAILED, bytes![Fail::kernel(&error).text, "\nDump terminated"]))?;
    session.print.end_document();
    Ok(())
}

/// Learns the names of all links at once.
fn know_links(session: &mut Session) -> Result<(), Fail> {
    let mut connection = Connection::open().map_err(|error| Fail::own(FAILED, &error))?;
    link::dump(&mut connection, link::DumpFilter::default(), |link| {
        session.remember(link);
        Ok(())
    })
    .map_err(|error| Fail::kernel(&error))?;
    Ok(())
}
