//! How a link is printed.

mod details;
mod flags;
mod hardware;
mod statistics;

use nslab::ops::link::Link;
use nslab::wire::consts::IFF_UP;

use crate::applet::ip::names::Name;
use crate::applet::ip::print::Color;
use crate::applet::ip::session::Session;

/// What of a link is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::applet::ip) enum Shape {
    /// All, with the mode: `ip link`.
    Link,
    /// All but the mode: `ip address`.
    Address,
    /// No hardware addresses: `ip -4 address`.
    Inet,
    /// What the kernel's IPv6 part knows of a link: `ip -6 address`.
    Inet6,
}

/// Prints a link, into an object that the caller has begun, without the text's last line break.
pub(in crate::applet::ip) fn link(session: &mut Session, link: &Link<'_>, shape: Shape) {
    session.print.number("ifindex", "{}: ", link.index());
    let lower_down = name(session, link, shape, "{}: ");
    flags::print(&mut session.print, link.flags(), lower_down);
    let print = &mut session.print;
    if let Some(mtu) = link.mtu() {
        print.number("mtu", " mtu {}", mtu);
    }
    if let Some(qdisc) = link.qdisc().filter(|_| shape != Shape::Inet6) {
        print.string("qdisc", " qdisc {}", qdisc);
    }
    if let Some(master) = link.master().filter(|_| shape != Shape::Inet6) {
        let master = name_or_index(session, master);
        session.print.string("master", " master {}", master);
    }
    session.print.text(" ");
    if link.oper_state().is_some() {
        session.print.text("state ");
        state(session, link, "{} ");
    }
    let print = &mut session.print;
    if shape == Shape::Link
        && let Some(mode) = link.link_mode()
    {
        match mode {
            0 => print.string("linkmode", "mode {} ", "DEFAULT"),
            1 => print.string("linkmode", "mode {} ", "DORMANT"),
            other => print.number("linkmode", "mode {} ", other),
        }
    }
    if let Some(group) = link.group().filter(|_| shape != Shape::Inet6) {
        print.string("group", "group {} ", session.names.name(Name::Group, group));
    }
    if let Some(len) = link.txqlen().filter(|len| *len > 0) {
        print.number("txqlen", "qlen {}", len.cast_signed());
    }
    if shape == Shape::Inet6 {
        if session.options.details {
            hardware::own_address(session, link);
        }
        return;
    }
    hardware::print(session, link, shape);
    if session.options.details {
        details::print(session, link, shape);
    }
    let of_links = shape == Shape::Link;
    let with_alias = of_links || session.options.details;
    let print = &mut session.print;
    if let Some(alias) = link.alias().filter(|_| with_alias) {
        print.line_end();
        print.string("ifalias", "    alias {}", alias);
    }
    if session.options.statistics > 0 && of_links {
        session.print.line_end();
        statistics(session, link);
    }
    let print = &mut session.print;
    if link.altnames().next().is_some() {
        print.begin_array("altnames");
        for altname in link.altnames() {
            print.line_end();
            print.string(None, "    altname {}", altname);
        }
        print.end_array();
    }
}

/// Prints what a link has counted, without the text's last line break: for `ip address`, which has it last.
pub(in crate::applet::ip) fn statistics(session: &mut Session, link: &Link<'_>) {
    statistics::print(session, link);
}

/// Prints the columns of `-brief`, into an object that the caller has begun.
pub(in crate::applet::ip) fn brief(session: &mut Session, link: &Link<'_>) {
    let lower_down = brief_head(session, link, Shape::Link);
    if let Some(address) = link.address() {
        session.print.colored(Color::Mac, "address", "{} ", hardware::address_of(link, address));
    }
    flags::print(&mut session.print, link.flags(), lower_down);
    session.print.text(" \n");
}

/// Prints the first two of those columns: name and state. Says whether what is beneath is down.
pub(in crate::applet::ip) fn brief_head(session: &mut Session, link: &Link<'_>, shape: Shape) -> bool {
    let lower_down = name(session, link, shape, "{:16} ");
    state(session, link, "{:14} ");
    lower_down
}

fn state(session: &mut Session, link: &Link<'_>, format: &str) {
    if let Some(state) = link.oper_state() {
        let color = match state.0 {
            6 => Some(Color::Up),
            2 => Some(Color::Down),
            _ => None,
        };
        match state.word() {
            Some(word) => session.print.colored(color, "operstate", format, word),
            None => session.print.string("operstate", format, state.to_string()),
        }
    }
}

/// Bytes in hexadecimal with colons between them.
pub(in crate::applet::ip) fn hex(bytes: &[u8]) -> String {
    String::from_utf8_lossy(hardware::Hex::of(bytes).as_ref()).into_owned()
}

/// Writes the name, and behind `@` what is beneath or at the other end. Says whether that is down.
fn name(session: &mut Session, link: &Link<'_>, shape: Shape, format: &str) -> bool {
    let id = link.link_netnsid().filter(|_| shape != Shape::Inet6);
    let (lower, down) = match (link.link(), id) {
        (None, _) => (None, false),
        (Some(0), _) => (Some(b"NONE".to_vec()), false),
        (Some(lower), Some(_)) => (Some(format!("if{lower}").into_bytes()), false),
        (Some(lower), None) => {
            let down = session.known(lower).is_some_and(|known| known.flags & IFF_UP == 0);
            (Some(name_or_index(session, lower)), down)
        }
    };
    let print = &mut session.print;
    if !print.is_json() {
        match lower {
            None => print.colored(Color::IfName, None, format, link.name()),
            Some(lower) => print.colored(Color::IfName, None, format, [link.name(), b"@", &lower].concat()),
        }
        return down;
    }
    match (link.link(), id, lower) {
        (Some(lower), Some(_), _) if lower != 0 => print.number("link_index", "", lower),
        (Some(0), _, _) => print.null("link", ""),
        (_, _, Some(lower)) => print.string("link", "", lower),
        (_, _, None) => {}
    }
    print.string("ifname", "", link.name());
    down
}

pub(in crate::applet::ip) fn name_or_index(session: &mut Session, index: u32) -> Vec<u8> {
    session.known(index).map_or_else(|| format!("if{index}").into_bytes(), |known| known.name)
}
