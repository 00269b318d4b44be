//! `ip address show`.

use std::collections::HashMap;

use nslab::ops::address::{self, Address};
use nslab::wire::Messages;
use nslab::wire::consts::{AF_INET, AF_INET6, AF_UNSPEC};

use super::print;
use crate::applet::ip::fail::Fail;
use crate::applet::ip::link::print::Shape;
use crate::applet::ip::link::{self, Filter};
use crate::applet::ip::session::Session;
use crate::applet::ip::words::{Family, Words};

pub(super) fn run(session: &mut Session, words: Words<'_>) -> Result<(), Fail> {
    let filter = Filter::parse(words)?;
    let family = match session.family {
        Family::Inet => AF_INET,
        Family::Inet6 => AF_INET6,
        _ => AF_UNSPEC,
    };
    let shape = match session.family {
        // Of one link alone, the kernel tells all also where only IPv6 is asked for.
        Family::Inet6 if filter.dev.is_none() => Shape::Inet6,
        Family::Inet | Family::Inet6 => Shape::Inet,
        _ => Shape::Address,
    };
    let link_messages = link::fetch(session, filter)?;
    let links = link::pass(session, &link_messages, filter)?;
    let one = filter.dev.and_then(|_| links.first()).map(|link| link.index());
    let address_messages = if session.family == Family::Link { Vec::new() } else { dump(session, family, one)? };
    let addresses = by_link(&address_messages)?;
    session.print.begin_document();
    for link in &links {
        let of_link = addresses.get(&link.index()).map(Vec::as_slice).unwrap_or_default();
        if of_link.is_empty() && matches!(session.family, Family::Inet | Family::Inet6) {
            continue;
        }
        session.print.begin_object(None);
        if !session.print.is_oneline() || session.print.is_json() {
            link::print::link(session, link, shape);
            session.print.text("\n");
        }
        session.print.begin_array("addr_info");
        for address in of_link {
            session.print.begin_object(None);
            print::address(session, link.name(), address);
            session.print.end_object();
        }
        session.print.end_array();
        session.print.end_object();
        session.print.flush_some();
    }
    session.print.end_document();
    Ok(())
}

fn by_link(messages: &[u8]) -> Result<HashMap<u32, Vec<Address<'_>>>, Fail> {
    let mut addresses: HashMap<u32, Vec<Address<'_>>> = HashMap::new();
    for message in Messages::new(messages).map_while(Result::ok) {
        let address = Address::parse(&message).map_err(|error| Fail::kernel(&error))?;
        addresses.entry(address.index()).or_default().push(address);
    }
    Ok(addresses)
}

fn dump(session: &mut Session, family: u8, index: Option<u32>) -> Result<Vec<u8>, Fail> {
    let mut seen = Vec::new();
    address::dump(session.connection()?, family, index, |address| {
        address.message().append_to(&mut seen);
        Ok(())
    })
    .map_err(|error| Fail::kernel(&error))?;
    Ok(seen)
}
