//! `ip route show`.

use nslab::ErrorKind;
use nslab::ops::route;

use super::filter::Filter;
use super::print::Lines;
use crate::applet::ip::fail::{Fail, bytes};
use crate::applet::ip::session::Session;
use crate::applet::ip::words::Words;

pub(super) fn run(session: &mut Session, words: Words<'_>) -> Result<(), Fail> {
    let filter = Filter::parse(session, words)?;
    let mut lines = Lines::new(filter.hidden());
    // While routes come in on this connection, links are asked for on another.
    let mut connection = session.take_connection()?;
    session.print.begin_document();
    let asked = filter.dump(session);
    let dumped = route::dump(&mut connection, asked, |route| {
        if filter.passes(route) {
            session.print.begin_object(None);
            lines.print(session, route);
            session.print.end_object();
            session.print.flush_some();
        }
        Ok(())
    });
    session.print.end_document();
    session.return_connection(connection);
    match dumped {
        Ok(dumped) if dumped.interrupted => {
            session.tell(&Fail::new(0, "Dump was interrupted and may be inconsistent."));
            Ok(())
        }
        Ok(_) => Ok(()),
        // The kernel makes the main table with the first route in it.
        Err(error) if filter.is_of_main_table() && error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => {
            let fail = Fail::kernel(&error);
            Err(Fail::new(fail.status, bytes![fail.text, "\nDump terminated"]))
        }
    }
}
