//! How a route is printed.

mod cache;
mod encap;
mod metrics;
mod nexthops;

use std::collections::HashMap;
use std::net::IpAddr;

use nslab::ops::route::Route;
use nslab::wire::consts::{
    AF_INET, AF_INET6, RT_TABLE_MAIN, RTA_ENCAP, RTA_ENCAP_TYPE, RTA_FLOW, RTA_IIF, RTA_MARK, RTA_NH_ID, RTA_PREF,
    RTA_PRIORITY, RTA_UID, RTM_F_CLONED, RTM_F_NOTIFY, RTM_F_OFFLOAD, RTM_F_OFFLOAD_FAILED, RTM_F_TRAP, RTN_UNICAST,
    RTNH_F_DEAD, RTNH_F_LINKDOWN, RTNH_F_OFFLOAD, RTNH_F_ONLINK, RTNH_F_PERVASIVE, RTNH_F_TRAP, RTNH_F_UNRESOLVED,
    RTPROT_BOOT,
};

use super::parse;
use crate::applet::ip::names::Name;
use crate::applet::ip::print::{Color, Printer};
use crate::applet::ip::session::Session;

/// What is left out because a filter says it already.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Hidden {
    pub(super) tos: bool,
    pub(super) gateway: bool,
    pub(super) output: bool,
    pub(super) input: bool,
    pub(super) table: bool,
    pub(super) protocol: bool,
    pub(super) scope: bool,
    pub(super) source: bool,
    pub(super) priority: bool,
    pub(super) realms: bool,
    pub(super) mark: bool,
}

/// The flags that are printed, in their order.
static FLAGS: &[(u32, &str)] = &[
    (RTNH_F_DEAD, "dead"),
    (RTNH_F_ONLINK, "onlink"),
    (RTNH_F_PERVASIVE, "pervasive"),
    (RTNH_F_OFFLOAD, "offload"),
    (RTNH_F_TRAP, "trap"),
    (RTM_F_NOTIFY, "notify"),
    (RTNH_F_LINKDOWN, "linkdown"),
    (RTNH_F_UNRESOLVED, "unresolved"),
    (RTM_F_OFFLOAD, "rt_offload"),
    (RTM_F_TRAP, "rt_trap"),
    (RTM_F_OFFLOAD_FAILED, "rt_offload_failed"),
];

/// Prints the routes of one command, and remembers what many of them name.
#[derive(Debug, Default)]
pub(in crate::applet::ip) struct Lines {
    hidden: Hidden,
    /// The link that was named last.
    link: Option<(u32, Vec<u8>)>,
    /// Nexthop objects, by id.
    objects: HashMap<u32, Vec<u8>>,
    text: Vec<u8>,
}

impl Lines {
    pub(super) fn new(hidden: Hidden) -> Self {
        Self { hidden, ..Self::default() }
    }

    /// Prints a route into an object that the caller has begun.
    pub(super) fn print(&mut self, session: &mut Session, route: &Route<'_>) {
        if route.is_deleted() {
            session.print.boolean("deleted", "Deleted ", true);
        }
        self.key(session, route);
        self.way(session, route);
        self.attributes(session, route);
        if let Some(hops) = route.nexthops() {
            self.nexthops(session, route, hops);
        }
        session.print.text("\n");
    }

    /// Which packets it is for.
    fn key(&mut self, session: &mut Session, route: &Route<'_>) {
        if route.kind() != RTN_UNICAST || session.options.details {
            let name = if session.options.numeric { None } else { parse::type_name(route.kind()) };
            match name {
                Some(name) => session.print.string("type", "{} ", name),
                None => session.print.string("type", "{} ", route.kind().to_string()),
            }
        }
        let color = color(route.family());
        match (route.destination(), route.destination_len()) {
            (Some(address), len) => {
                self.prefix(session, address, len, route.max_len());
                session.print.colored(color, "dst", "{} ", &self.text);
            }
            (None, 0) => session.print.string("dst", "{} ", "default"),
            (None, len) => session.print.string("dst", "{} ", format!("0/{len}")),
        }
        match (route.source(), route.source_len()) {
            (Some(address), len) => {
                self.prefix(session, address, len, route.max_len());
                session.print.colored(color, "from", "from {} ", &self.text);
            }
            (None, 0) => {}
            (None, len) => session.print.string("from", "from {} ", format!("0/{len}")),
        }
        if let Some(address) = route.new_destination() {
            self.host(session, address);
            session.print.string("to", "as to {} ", &self.text);
        }
        if let Some(id) = route.number(RTA_NH_ID) {
            session.print.number("nhid", "nhid {} ", id);
        }
        if let (Some(kind), Some(encap)) = (route.attribute(RTA_ENCAP_TYPE), route.attribute(RTA_ENCAP)) {
            encap::print(&mut session.print, kind.u16().unwrap_or(0), encap);
        }
        if route.tos() != 0 && !self.hidden.tos {
            session.print.string("tos", "tos {} ", session.names.name(Name::DsField, route.tos().into()));
        }
    }

    /// Where it leads, and who says so.
    fn way(&mut self, session: &mut Session, route: &Route<'_>) {
        if let Some(address) = route.gateway().filter(|_| !self.hidden.gateway) {
            self.gateway(session, address);
        }
        if let Some(address) = route.via() {
            self.via(session, address);
        }
        if let Some(output) = route.output().filter(|_| !self.hidden.output) {
            session.print.text("dev ");
            let name = self.link(session, output);
            session.print.colored(Color::IfName, "dev", "{} ", name);
        }
        let details = session.options.details;
        let table = route.table();
        if table != 0 && !self.hidden.table && (table != RT_TABLE_MAIN || details) {
            session.print.string("table", "table {} ", session.names.name(Name::Table, table));
        }
        if route.flags() & RTM_F_CLONED == 0 {
            if !self.hidden.protocol && (route.protocol() != RTPROT_BOOT || details) {
                session.print.string(
                    "protocol",
                    "proto {} ",
                    session.names.name(Name::Protocol, route.protocol().into()),
                );
            }
            if !self.hidden.scope && (route.scope() != 0 || details) {
                session.print.string("scope", "scope {} ", session.names.name(Name::Scope, route.scope().into()));
            }
        }
        if let Some(address) = route.preferred_source().filter(|_| !self.hidden.source) {
            ip(&mut self.text, address);
            session.print.text("src ");
            session.print.colored(color(route.family()), "prefsrc", "{} ", &self.text);
        }
    }

    /// What else is to be said.
    fn attributes(&mut self, session: &mut Session, route: &Route<'_>) {
        if let Some(priority) = route.number(RTA_PRIORITY).filter(|_| !self.hidden.priority) {
            session.print.number("metric", "metric {} ", priority);
        }
        flags(&mut session.print, route.flags());
        if let Some(mark) = route.number(RTA_MARK).filter(|mark| *mark != 0 && !self.hidden.mark) {
            let shown = if mark >= 16 { format!("{mark:#x}") } else { mark.to_string() };
            session.print.number_as("mark", "mark {} ", mark, shown);
        }
        if let Some(realms) = route.number(RTA_FLOW).filter(|_| !self.hidden.realms) {
            print_realms(session, realms);
        }
        if let Some(uid) = route.number(RTA_UID) {
            session.print.number("uid", "uid {} ", uid);
        }
        if route.family() == AF_INET && route.flags() & RTM_F_CLONED != 0 {
            cache::flags(&mut session.print, route.flags());
        }
        if let Some(info) = route.cache_info() {
            cache::info(session, info);
        }
        if let Some(metrics) = route.metrics() {
            metrics::print(&mut session.print, &metrics);
        }
        if let Some(input) = route.number(RTA_IIF).filter(|_| !self.hidden.input) {
            let name = self.link(session, input);
            session.print.text("iif ");
            session.print.colored(Color::IfName, "iif", "{} ", name);
        }
        if let Some(preference) = route.attribute(RTA_PREF).and_then(|attribute| attribute.u8()) {
            match preference {
                0 => session.print.string("pref", "pref {}", "medium"),
                1 => session.print.string("pref", "pref {}", "high"),
                3 => session.print.string("pref", "pref {}", "low"),
                other => session.print.number("pref", "pref {}", other),
            }
        }
        if session.options.details
            && let Some(id) = route.number(RTA_NH_ID)
        {
            self.named_object(session, id);
        }
    }

    /// A router of the route's family.
    fn gateway(&mut self, session: &mut Session, address: IpAddr) {
        self.host(session, address);
        session.print.text("via ");
        session.print.colored(color_of(address), "gateway", "{} ", &self.text);
    }

    /// A router of another family.
    fn via(&mut self, session: &mut Session, address: IpAddr) {
        self.host(session, address);
        session.print.begin_object("via");
        session.print.string("family", "via {} ", if address.is_ipv4() { "inet" } else { "inet6" });
        session.print.colored(color_of(address), "host", "{} ", &self.text);
        session.print.end_object();
    }

    /// The name of a link.
    fn link(&mut self, session: &mut Session, index: u32) -> &[u8] {
        if self.link.as_ref().is_none_or(|(last, _)| *last != index) {
            let name = session.known(index).map_or_else(|| format!("if{index}").into_bytes(), |known| known.name);
            self.link = Some((index, name));
        }
        self.link.as_ref().map_or(&[], |(_, name)| name)
    }

    /// Makes `text` a prefix; an address where the length is full.
    fn prefix(&mut self, session: &Session, address: IpAddr, len: u8, max_len: u8) {
        if len == max_len {
            return self.host(session, address);
        }
        ip(&mut self.text, address);
        self.text.push(b'/');
        decimal(&mut self.text, len);
    }

    /// Makes `text` an address, or with `-resolve` its name.
    fn host(&mut self, session: &Session, address: IpAddr) {
        ip(&mut self.text, address);
        if session.options.resolve
            && let Some(name) = nslab::probe::name_of(address)
        {
            self.text = name.into_encoded_bytes();
        }
    }
}

/// Makes `text` an address, as inet_ntop(3) writes it.
fn ip(text: &mut Vec<u8>, address: IpAddr) {
    use std::io::Write;
    text.clear();
    match address {
        IpAddr::V4(address) => {
            let [a, b, c, d] = address.octets();
            decimal(text, a);
            for octet in [b, c, d] {
                text.push(b'.');
                decimal(text, octet);
            }
        }
        IpAddr::V6(address) => {
            // An address that is compatible with IPv4 ends like one.
            let _ = match address.segments() {
                [0, 0, 0, 0, 0, 0, high, low] if high != 0 => {
                    let [a, b] = high.to_be_bytes();
                    let [c, d] = low.to_be_bytes();
                    write!(text, "::{a}.{b}.{c}.{d}")
                }
                _ => write!(text, "{address}"),
            };
        }
    }
}

fn decimal(text: &mut Vec<u8>, number: u8) {
    if number >= 100 {
        text.push(b'0' + number / 100);
    }
    if number >= 10 {
        text.push(b'0' + number / 10 % 10);
    }
    text.push(b'0' + number % 10);
}

fn color(family: u8) -> Option<Color> {
    match family {
        AF_INET => Some(Color::Inet),
        AF_INET6 => Some(Color::Inet6),
        _ => None,
    }
}

fn color_of(address: IpAddr) -> Color {
    if address.is_ipv4() { Color::Inet } else { Color::Inet6 }
}

pub(in crate::applet::ip) fn flags(print: &mut Printer, flags: u32) {
    print.begin_array("flags");
    for (flag, name) in FLAGS {
        if flags & flag != 0 {
            print.string(None, "{} ", name);
        }
    }
    print.end_array();
}

fn print_realms(session: &mut Session, realms: u32) {
    let (from, to) = (realms >> 16, realms & 0xffff);
    session.print.begin_object("flow");
    if from == 0 {
        session.print.string("to", "realm {} ", session.names.name(Name::Realm, to));
    } else {
        session.print.string("from", "realms {}/", session.names.name(Name::Realm, from));
        session.print.string("to", "{} ", session.names.name(Name::Realm, to));
    }
    session.print.end_object();
}

#[cfg(test)]
mod tests {
    use super::ip;

    #[test]
    fn addresses_are_written_as_inet_ntop_writes_them() {
        for text in ["10.0.200.255", "::", "::1", "::10.0.0.1", "::ffff:1.2.3.4", "2001:db8::1:0:0:1", "fe80::1"] {
            let mut out = Vec::new();
            ip(&mut out, text.parse().unwrap());
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
    }
}
