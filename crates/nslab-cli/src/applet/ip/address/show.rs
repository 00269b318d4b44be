//! `ip address show`.

use std::collections::HashMap;

use nslab::ops::address::{self, Address};
use nslab::ops::link::{self, Detail, DumpFilter, Link, Select};
use nslab::wire::Messages;

use super::filter::{Filter, Master};
use super::print;
use crate::applet::ip::fail::{FAILED, Fail, bytes};
use crate::applet::ip::link::print as link_print;
use crate::applet::ip::link::print::Shape;
use crate::applet::ip::session::Session;
use crate::applet::ip::words::{Family, Words};

pub(super) fn run(session: &mut Session, words: Words<'_>) -> Result<(), Fail> {
    let filter = Filter::parse(session, words)?;
    let link_messages = links(session, &filter)?;
    let mut first = None;
    // A line may name a link that comes later.
    for message in Messages::new(&link_messages).map_while(Result::ok) {
        let link = Link::parse(&message).map_err(|error| Fail::kernel(&error))?;
        session.remember(&link);
        first.get_or_insert(link.index());
    }
    let one = first.filter(|_| filter.dev.is_some());
    let address_messages = if filter.family == Family::Link { Vec::new() } else { dump(session, &filter, one)? };
    let addresses = by_link(&address_messages)?;
    session.print.begin_document();
    for message in Messages::new(&link_messages).map_while(Result::ok) {
        let link = Link::parse(&message).map_err(|error| Fail::kernel(&error))?;
        let of_link = addresses.get(&link.index()).map(Vec::as_slice).unwrap_or_default();
        if filter.any_passes(link.name(), of_link) {
            session.print.begin_object(None);
            one_link(session, &filter, &link, of_link);
            session.print.end_object();
            session.print.flush_some();
        }
    }
    session.print.end_document();
    Ok(())
}

/// A link and its addresses, or, where the link is none of those asked for, nothing (in JSON, `{}`).
fn one_link(session: &mut Session, filter: &Filter<'_>, link: &Link<'_>, addresses: &[Address<'_>]) {
    let (brief, plain_oneline) = (session.options.brief, session.print.is_oneline() && !session.options.brief);
    let of_links = filter.family == Family::Link;
    // With -oneline each address tells its link; with a label, none does.
    if filter.label.is_none() && (of_links || !plain_oneline) {
        let shape = shape(session, filter);
        let passes = if shape == Shape::Inet6 { filter.bare_link_passes(link) } else { filter.link_passes(link) };
        if !passes {
            return;
        }
        if brief && of_links {
            link_print::brief(session, link);
        } else if brief {
            link_print::brief_head(session, link, shape);
        } else {
            link_print::link(session, link, shape);
            session.print.text("\n");
        }
    }
    let counted = session.options.statistics > 0 && filter.label.is_none();
    let with_statistics = counted && !brief && (of_links || !plain_oneline);
    if of_links {
        if with_statistics {
            link_print::statistics(session, link);
            session.print.line_end();
        }
        return;
    }
    session.print.begin_array("addr_info");
    if filter.state_passes(link) {
        for address in addresses {
            session.print.begin_object(None);
            if filter.address_passes(link.name(), address) && filter.protocol_passes(address) {
                print::address(session, link.name(), address, plain_oneline);
            }
            session.print.end_object();
        }
    }
    session.print.end_array();
    if with_statistics {
        link_print::statistics(session, link);
    }
    if brief || with_statistics {
        session.print.text("\n");
    }
}

fn shape(session: &Session, filter: &Filter<'_>) -> Shape {
    match session.family {
        // Of one link alone, the kernel tells all also where only IPv6 is asked for.
        Family::Inet6 if filter.dev.is_none() => Shape::Inet6,
        _ if session.options.details => Shape::Address,
        _ if matches!(filter.family, Family::Inet | Family::Inet6) => Shape::Inet,
        _ => Shape::Address,
    }
}

/// The kernel's messages about the links that the filter may let pass: one link, or all.
fn links(session: &mut Session, filter: &Filter<'_>) -> Result<Vec<u8>, Fail> {
    let mut seen = Vec::new();
    let mut keep = |link: &Link<'_>| {
        link.message().append_to(&mut seen);
        Ok(())
    };
    let detail = Detail { statistics: session.options.statistics > 0, no_functions: filter.no_functions };
    if let Some(name) = filter.dev {
        // An alias' name, as in `eth0:1`, leads to the link by its index alone.
        let alias = name.contains(&b':').then(|| session.index(name).ok()).flatten();
        let select = alias.map_or(Select::Name(name), Select::Index);
        link::get_with(session.connection()?, select, detail, keep).map_err(|error| match error.errno() {
            Some(_) => no_such_device(name),
            None => Fail::kernel(&error),
        })?;
    } else {
        let master = filter.master.map(|master| match master {
            Master::None => u32::MAX,
            Master::Index(index) => index,
        });
        // Only a list for no family is asked for in parts.
        let in_parts = !matches!(session.family, Family::Inet | Family::Inet6);
        let asked =
            DumpFilter { master: master.filter(|_| in_parts), kind: filter.kernel_kind().filter(|_| in_parts), detail };
        link::dump(session.connection()?, asked, &mut keep).map_err(|error| Fail::kernel(&error))?;
    }
    Ok(seen)
}

/// No such link, where a command only looks.
pub(in crate::applet::ip) fn no_such_device(name: &[u8]) -> Fail {
    Fail::new(FAILED, bytes!["Device \"", name, "\" does not exist."])
}

fn by_link(messages: &[u8]) -> Result<HashMap<u32, Vec<Address<'_>>>, Fail> {
    let mut addresses: HashMap<u32, Vec<Address<'_>>> = HashMap::new();
    for message in Messages::new(messages).map_while(Result::ok) {
        let address = Address::parse(&message).map_err(|error| Fail::kernel(&error))?;
        addresses.entry(address.index()).or_default().push(address);
    }
    Ok(addresses)
}

/// The kernel's messages about the addresses of a family, of one link or of all.
pub(super) fn dump(session: &mut Session, filter: &Filter<'_>, index: Option<u32>) -> Result<Vec<u8>, Fail> {
    let mut seen = Vec::new();
    address::dump(session.connection()?, filter.family.number(), index, |address| {
        address.message().append_to(&mut seen);
        Ok(())
    })
    .map_err(|error| Fail::kernel(&error))?;
    Ok(seen)
}
