//! `ip netns list`.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use nslab::namespace::{NETNS_DIR, Names};

use crate::applet::ip::fail::{FAILED, Fail};
use crate::applet::ip::session::{Session, tell};
use crate::applet::ip::words::Words;

pub(super) fn run(session: &mut Session, _words: Words<'_>) -> Result<(), Fail> {
    // Without a directory there is nothing to list, not even an empty list.
    if std::fs::read_dir(NETNS_DIR).is_err() {
        return Ok(());
    }
    let names = Names::default();
    let list = names.list().map_err(|error| Fail::own(FAILED, &error))?;
    // `ip` asks for all ids before it lists, and for each again: of a stray file it complains twice.
    session.find_netns_names();
    session.print.begin_document();
    for name in &list {
        session.print.begin_object(None);
        session.print.string("name", "{}", name.as_bytes());
        if let Some(id) = id_of(session, &names, name) {
            session.print.number("id", " (id: {})", id);
        }
        session.print.text("\n");
        session.print.end_object();
        session.print.flush_some();
    }
    session.print.end_document();
    Ok(())
}

/// The id of a name's namespace, if it has one. A stray file is listed all the same.
fn id_of(session: &mut Session, names: &Names, name: &OsStr) -> Option<u32> {
    let namespace = names.open(name).ok()?;
    session.netns_id(&namespace).unwrap_or_else(|error| {
        tell(&Fail::kernel(&error));
        None
    })
}
