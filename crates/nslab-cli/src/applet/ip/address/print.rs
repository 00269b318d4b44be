//! How an address is printed.

use nslab::ops::address::{Address, FOREVER};
use nslab::wire::consts::{
    AF_INET, AF_INET6, IFA_ANYCAST, IFA_BROADCAST, IFA_F_DADFAILED, IFA_F_DEPRECATED, IFA_F_HOMEADDRESS,
    IFA_F_MANAGETEMPADDR, IFA_F_MCAUTOJOIN, IFA_F_NODAD, IFA_F_NOPREFIXROUTE, IFA_F_OPTIMISTIC, IFA_F_PERMANENT,
    IFA_F_SECONDARY, IFA_F_STABLE_PRIVACY, IFA_F_TENTATIVE,
};

use crate::applet::ip::names::Name;
use crate::applet::ip::print::{Color, Printer};
use crate::applet::ip::session::Session;

/// In the order in which `ip` prints them; `dynamic` stands for a permanent flag that is not set.
const FLAGS: &[(u32, &str)] = &[
    (IFA_F_SECONDARY, "secondary"),
    (IFA_F_NODAD, "nodad"),
    (IFA_F_OPTIMISTIC, "optimistic"),
    (IFA_F_DADFAILED, "dadfailed"),
    (IFA_F_HOMEADDRESS, "home"),
    (IFA_F_DEPRECATED, "deprecated"),
    (IFA_F_TENTATIVE, "tentative"),
    (IFA_F_PERMANENT, "dynamic"),
    (IFA_F_MANAGETEMPADDR, "mngtmpaddr"),
    (IFA_F_NOPREFIXROUTE, "noprefixroute"),
    (IFA_F_MCAUTOJOIN, "autojoin"),
    (IFA_F_STABLE_PRIVACY, "stable-privacy"),
];

/// Prints an address of a link, into an object that the caller has begun: with its link before it, or
/// with `-brief` next to others on a line.
pub(super) fn address(session: &mut Session, link_name: &[u8], address: &Address<'_>, with_link: bool) {
    let brief = session.options.brief;
    if with_link && !brief {
        let print = &mut session.print;
        print.number("index", "{}: ", address.index());
        print.string("dev", "{}", link_name);
    }
    let (family, color) = match address.family() {
        AF_INET => ("inet".into(), Some(Color::Inet)),
        AF_INET6 => ("inet6".into(), Some(Color::Inet6)),
        other => (format!("family {other}"), None),
    };
    if !brief {
        session.print.string("family", "    {} ", family);
    }
    if let Some(local) = address.local() {
        let local = session.host(local);
        session.print.colored(color, "local", "{}", local);
        if let Some(peer) = address.peer() {
            let peer = session.host(peer);
            session.print.text(" peer ");
            session.print.colored(color, "address", "{}", peer);
        }
        session.print.number("prefixlen", "/{} ", address.prefix_len());
    }
    let print = &mut session.print;
    if let Some(metric) = address.metric().filter(|metric| *metric != 0) {
        print.number("metric", "metric {} ", metric);
    }
    if brief {
        return;
    }
    for (kind, key, word) in [(IFA_BROADCAST, "broadcast", "brd "), (IFA_ANYCAST, "anycast", "any ")] {
        if let Some(other) = address.ip(kind) {
            let other = session.host(other);
            session.print.text(word);
            session.print.colored(color, key, "{} ", other);
        }
    }
    let print = &mut session.print;
    print.string("scope", "scope {} ", session.names.name(Name::Scope, address.scope().into()));
    flags(print, address);
    if let Some(protocol) = address.protocol() {
        print.string("protocol", "proto {} ", session.names.name(Name::AddressProtocol, protocol.into()));
    }
    if let Some(label) = address.label() {
        print.string("label", "{}", label);
    }
    if let Some((preferred, valid)) = address.lifetimes() {
        print.line_end();
        print.text("       ");
        print.number_as("valid_life_time", "valid_lft {}", valid, lifetime(valid));
        // A deprecated address counts on below zero.
        if address.flags() & IFA_F_DEPRECATED != 0 && preferred != FOREVER {
            let left = preferred.cast_signed();
            print.number("preferred_life_time", " preferred_lft {}sec", left);
        } else {
            print.number_as("preferred_life_time", " preferred_lft {}", preferred, lifetime(preferred));
        }
    }
    print.text("\n");
}

fn flags(print: &mut Printer, address: &Address<'_>) {
    let flags = address.flags();
    let mut rest = flags;
    for (flag, word) in FLAGS {
        let shown = if *flag == IFA_F_PERMANENT { flags & flag == 0 } else { flags & flag != 0 };
        rest &= !flag;
        if shown {
            let temporary = *flag == IFA_F_SECONDARY && address.family() == AF_INET6;
            let word = if temporary { "temporary" } else { *word };
            print.boolean(word, "", true);
            print.text(word);
            print.text(" ");
        }
    }
    if rest != 0 {
        print.string("ifa_flags", "flags {} ", format!("{rest:02x}"));
    }
}

fn lifetime(seconds: u32) -> String {
    if seconds == FOREVER { "forever".into() } else { format!("{seconds}sec") }
}
