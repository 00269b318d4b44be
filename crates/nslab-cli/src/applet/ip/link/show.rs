//! `ip link show`.

use nslab::ops::link::{self, Detail, DumpFilter, Link, Select};
use nslab::wire::Messages;

use super::{print, usage};
use crate::applet::ip::address::filter::{Filter, Master};
use crate::applet::ip::address::no_such_device;
use crate::applet::ip::fail::Fail;
use crate::applet::ip::session::Session;
use crate::applet::ip::words::{Family, Words};

pub(super) fn run(session: &mut Session, words: Words<'_>) -> Result<(), Fail> {
    let filter = Filter::read(session, words, Family::Link, usage::usage)?;
    let messages = fetch(session, &filter)?;
    // A line may name a link that comes later.
    for message in Messages::new(&messages).map_while(Result::ok) {
        let link = Link::parse(&message).map_err(|error| Fail::kernel(&error))?;
        session.remember(&link);
    }
    session.print.begin_document();
    for message in Messages::new(&messages).map_while(Result::ok) {
        let link = Link::parse(&message).map_err(|error| Fail::kernel(&error))?;
        session.print.begin_object(None);
        // A label is one of an address: no link has it.
        if filter.link_passes(&link) && filter.label.is_none() {
            if session.options.brief {
                print::brief(session, &link);
            } else {
                print::link(session, &link, print::Shape::Link);
                session.print.text("\n");
            }
        }
        session.print.end_object();
        session.print.flush_some();
    }
    session.print.end_document();
    Ok(())
}

/// The kernel's messages about the links that the filter may let pass: one link, or all.
fn fetch(session: &mut Session, filter: &Filter<'_>) -> Result<Vec<u8>, Fail> {
    let mut seen = Vec::new();
    let mut keep = |link: &Link<'_>| {
        link.message().append_to(&mut seen);
        Ok(())
    };
    let detail = Detail { statistics: session.options.statistics > 0, no_functions: filter.no_functions };
    if let Some(name) = filter.dev {
        link::get_with(session.connection()?, Select::Name(name), detail, keep).map_err(|error| {
            match error.errno() {
                Some(_) => no_such_device(name),
                None => Fail::kernel(&error),
            }
        })?;
    } else {
        let master = filter.master.map(|master| match master {
            Master::None => u32::MAX,
            Master::Index(index) => index,
        });
        let asked = DumpFilter { master, kind: filter.kernel_kind(), detail };
        link::dump(session.connection()?, asked, &mut keep).map_err(|error| Fail::kernel(&error))?;
    }
    Ok(seen)
}
