//! `ip nexthop list`, `get` and `flush`.

use nslab::ErrorKind;
use nslab::ops::nexthop::{self, Nexthop};
use nslab::wire::Messages;

use super::filter::{Filter, Which, op_flags};
use super::{id, usage};
use crate::applet::ip::fail::{FAILED, Fail, bytes};
use crate::applet::ip::route::print::Lines;
use crate::applet::ip::session::Session;
use crate::applet::ip::words::Words;

pub(super) fn list(session: &mut Session, words: Words<'_>) -> Result<(), Fail> {
    let filter = match Which::parse(session, words)? {
        Which::One(id) => return one(session, id),
        Which::All(filter) => filter,
    };
    // While nexthops come in on this connection, links are asked for on another.
    let mut connection = session.take_connection()?;
    let mut lines = Lines::default();
    session.print.begin_document();
    let dumped = nexthop::dump(&mut connection, filter.of_kernel, |hop| {
        if filter.passes(hop) {
            lines.object(session, hop);
            session.print.flush_some();
        }
        Ok(())
    });
    session.print.end_document();
    session.return_connection(connection);
    ended(session, dumped)
}

/// What a dump that was printed comes to.
pub(super) fn ended(session: &mut Session, dumped: nslab::Result<nslab::netlink::Dumped>) -> Result<(), Fail> {
    match dumped {
        Ok(dumped) => {
            if dumped.interrupted {
                session.tell(&Fail::new(0, "Dump was interrupted and may be inconsistent."));
            }
            Ok(())
        }
        Err(error) => {
            // That there is nothing of the kind is not told.
            let nothing = error.kind() == ErrorKind::NotFound && error.kernel_text().is_none();
            let fail = Fail::kernel(&error);
            let text = if nothing { Vec::new() } else { bytes![fail.text, "\n"] };
            Err(Fail::new(fail.status, bytes![text, "Dump terminated"]))
        }
    }
}

pub(super) fn get(session: &mut Session, mut words: Words<'_>) -> Result<(), Fail> {
    let mut wanted = 0;
    while let Some(word) = words.take() {
        if word != b"id" {
            return Err(usage());
        }
        wanted = id(words.value()?)?;
    }
    if wanted == 0 { Err(usage()) } else { one(session, wanted) }
}

fn one(session: &mut Session, id: u32) -> Result<(), Fail> {
    let op_flags = op_flags(session);
    let mut bytes = Vec::new();
    nexthop::get(session.connection()?, id, op_flags, |hop| {
        hop.message().append_to(&mut bytes);
        Ok(())
    })
    .map_err(|error| Fail::kernel(&error))?;
    session.print.begin_document();
    for message in Messages::new(&bytes).map_while(Result::ok) {
        let hop = Nexthop::parse(&message).map_err(|error| Fail::kernel(&error))?;
        Lines::default().object(session, &hop);
    }
    session.print.end_document();
    Ok(())
}

/// Deletes what passes. What cannot be deleted is told, and the rest deleted all the same.
pub(super) fn flush(session: &mut Session, words: Words<'_>) -> Result<(), Fail> {
    let mut deleted = 0;
    if words.is_empty() {
        // Groups first: the kernel deletes one with the last of its members, and it would be missing then.
        let mut groups = Filter::new(session);
        groups.of_kernel.groups = true;
        deleted += delete_all(session, &groups)?;
    }
    match Which::parse(session, words)? {
        Which::One(id) => {
            return session.talk(nexthop::delete(id)).map_err(|fail| Fail::new(FAILED, fail.text));
        }
        Which::All(filter) => deleted += delete_all(session, &filter)?,
    }
    session.print.text(match deleted {
        0 => "Nothing to flush\n".into(),
        _ => format!("Flushed {deleted} nexthops\n"),
    });
    Ok(())
}

/// Gives how many are gone.
fn delete_all(session: &mut Session, filter: &Filter) -> Result<usize, Fail> {
    let mut ids = Vec::new();
    let dumped = nexthop::dump(session.connection()?, filter.of_kernel, |hop| {
        ids.extend(hop.id().filter(|_| filter.passes(hop)));
        Ok(())
    });
    ended(session, dumped)?;
    let mut deleted = 0;
    for id in ids {
        match session.talk(nexthop::delete(id)) {
            Ok(()) => deleted += 1,
            Err(fail) => session.tell(&fail),
        }
    }
    Ok(deleted)
}
