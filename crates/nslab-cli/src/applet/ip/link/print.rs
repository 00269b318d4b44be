//! How a link is printed.

use nslab::ops::link::Link;
use nslab::wire::consts::{
    IFF_ALLMULTI, IFF_AUTOMEDIA, IFF_BROADCAST, IFF_DEBUG, IFF_DORMANT, IFF_DYNAMIC, IFF_ECHO, IFF_LOOPBACK,
    IFF_LOWER_UP, IFF_MASTER, IFF_MULTICAST, IFF_NOARP, IFF_NOTRAILERS, IFF_POINTOPOINT, IFF_PORTSEL, IFF_PROMISC,
    IFF_RUNNING, IFF_SLAVE, IFF_UP,
};

use crate::applet::ip::names::Name;
use crate::applet::ip::print::Color;
use crate::applet::ip::session::Session;

/// In the order in which `ip` prints them.
const FLAGS: &[(u32, &str)] = &[
    (IFF_LOOPBACK, "LOOPBACK"),
    (IFF_BROADCAST, "BROADCAST"),
    (IFF_POINTOPOINT, "POINTOPOINT"),
    (IFF_MULTICAST, "MULTICAST"),
    (IFF_NOARP, "NOARP"),
    (IFF_ALLMULTI, "ALLMULTI"),
    (IFF_PROMISC, "PROMISC"),
    (IFF_MASTER, "MASTER"),
    (IFF_SLAVE, "SLAVE"),
    (IFF_DEBUG, "DEBUG"),
    (IFF_DYNAMIC, "DYNAMIC"),
    (IFF_AUTOMEDIA, "AUTOMEDIA"),
    (IFF_PORTSEL, "PORTSEL"),
    (IFF_NOTRAILERS, "NOTRAILERS"),
    (IFF_UP, "UP"),
    (IFF_LOWER_UP, "LOWER_UP"),
    (IFF_DORMANT, "DORMANT"),
    (IFF_ECHO, "ECHO"),
];

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
    let lower_down = name(session, link, shape);
    flags(session, link.flags(), lower_down);
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
    let print = &mut session.print;
    print.text(" ");
    if let Some(state) = link.oper_state() {
        print.text("state ");
        print.colored(state_color(link), "operstate", "{} ", state.to_string());
    }
    if shape == Shape::Link
        && let Some(mode) = link.link_mode()
    {
        let word = match mode {
            0 => "DEFAULT".into(),
            1 => "DORMANT".into(),
            other => other.to_string(),
        };
        print.string("linkmode", "mode {} ", word);
    }
    if let Some(group) = link.group().filter(|_| shape != Shape::Inet6) {
        print.string("group", "group {} ", session.names.name(Name::Group, group));
    }
    if let Some(len) = link.txqlen().filter(|len| *len > 0) {
        print.number("txqlen", "qlen {}", len.cast_signed());
    }
    hardware(session, link, shape);
}

fn state_color(link: &Link<'_>) -> Option<Color> {
    match link.oper_state()?.0 {
        6 => Some(Color::Up),
        2 => Some(Color::Down),
        _ => None,
    }
}

/// The second line: hardware addresses, and where the other end is.
fn hardware(session: &mut Session, link: &Link<'_>, shape: Shape) {
    if shape == Shape::Inet6 {
        return;
    }
    let print = &mut session.print;
    if shape != Shape::Inet {
        print.line_end();
        print.string("link_type", "    link/{} ", link.hw_type().to_string());
        if let Some(address) = link.address() {
            print.colored(Color::Mac, "address", "{}", hex(address));
        }
        if let Some(broadcast) = link.broadcast() {
            if link.has(IFF_POINTOPOINT) {
                print.text(" peer ");
                print.boolean("link_pointtopoint", "", true);
            } else {
                print.text(" brd ");
            }
            print.colored(Color::Mac, "broadcast", "{}", hex(broadcast));
        }
    }
    if let Some(permanent) = link.permanent_address()
        && link.address().is_some_and(|address| address != permanent)
    {
        print.string("permaddr", " permaddr {}", hex(permanent));
    }
    match link.link_netnsid() {
        Some(id) if id >= 0 => match session.netns_name(id.cast_unsigned()) {
            Some(name) if !session.print.is_json() => session.print.string(None, " link-netns {}", name),
            _ => session.print.number("link_netnsid", " link-netnsid {}", id),
        },
        Some(_) => session.print.text(" link-netnsid unknown"),
        None => {}
    }
    let print = &mut session.print;
    if link.proto_down() {
        print.text(" protodown on");
    }
    if session.options.details {
        details(session, link);
    }
    let print = &mut session.print;
    if let Some(alias) = link.alias() {
        print.line_end();
        print.string("ifalias", "    alias {}", alias);
    }
    if link.altnames().next().is_some() {
        print.begin_array("altnames");
        for altname in link.altnames() {
            print.line_end();
            print.string(None, "    altname {}", altname);
        }
        print.end_array();
    }
}

/// What only `-details` shows, with the part of the link's kind in the middle.
fn details(session: &mut Session, link: &Link<'_>) {
    numbers(
        session,
        link,
        &[
            (30, "promiscuity", " promiscuity {} "),
            (61, "allmulti", "allmulti {} "),
            (50, "min_mtu", "minmtu {} "),
            (51, "max_mtu", "maxmtu {} "),
        ],
    );
    super::kinds::print_details(session, link);
    let of_family = |family: u16| link.attribute(26)?.nested().flatten().find(|a| a.kind == family);
    let mode = of_family(10).and_then(|spec| spec.nested().flatten().find(|a| a.kind == 8)?.u8());
    if let Some(mode) = mode {
        let words = ["eui64", "none", "stable_secret", "random"];
        let word = words.get(usize::from(mode)).copied().unwrap_or("unknown");
        session.print.string("inet6_addr_gen_mode", "addrgenmode {} ", word);
    }
    numbers(
        session,
        link,
        &[
            (31, "num_tx_queues", "numtxqueues {} "),
            (32, "num_rx_queues", "numrxqueues {} "),
            (41, "gso_max_size", "gso_max_size {} "),
            (40, "gso_max_segs", "gso_max_segs {} "),
            (59, "tso_max_size", "tso_max_size {} "),
            (60, "tso_max_segs", "tso_max_segs {} "),
            (58, "gro_max_size", "gro_max_size {} "),
            (63, "gso_ipv4_max_size", "gso_ipv4_max_size {} "),
            (64, "gro_ipv4_max_size", "gro_ipv4_max_size {} "),
        ],
    );
}

fn numbers(session: &mut Session, link: &Link<'_>, fields: &[(u16, &'static str, &str)]) {
    for (attribute, key, format) in fields {
        if let Some(number) = link.attribute(*attribute).and_then(|a| a.u32()) {
            session.print.number(*key, format, number);
        }
    }
}

/// Writes the name, and behind `@` what is beneath or at the other end. Says whether that is down.
fn name(session: &mut Session, link: &Link<'_>, shape: Shape) -> bool {
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
        let mut text = link.name().to_vec();
        if let Some(lower) = lower {
            text.push(b'@');
            text.extend(lower);
        }
        print.colored(Color::IfName, None, "{}: ", text);
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

pub(super) fn name_or_index(session: &mut Session, index: u32) -> Vec<u8> {
    session.known(index).map_or_else(|| format!("if{index}").into_bytes(), |known| known.name)
}

fn flags(session: &mut Session, flags: u32, lower_down: bool) {
    let print = &mut session.print;
    print.begin_array("flags");
    print.text("<");
    let mut between = "";
    for word in flag_words(flags, lower_down) {
        print.text(between);
        print.string(None, "{}", word);
        between = ",";
    }
    print.text(">");
    print.end_array();
}

fn flag_words(flags: u32, lower_down: bool) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    if flags & IFF_UP != 0 && flags & IFF_RUNNING == 0 {
        words.push("NO-CARRIER".into());
    }
    let mut rest = flags & !IFF_RUNNING;
    for (flag, word) in FLAGS {
        if rest & flag != 0 {
            words.push((*word).into());
            rest &= !flag;
        }
    }
    if rest != 0 {
        words.push(format!("{rest:x}"));
    }
    if lower_down {
        words.push("M-DOWN".into());
    }
    words
}

pub(super) fn hex(bytes: &[u8]) -> String {
    let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    pairs.join(":")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(flags: u32, lower_down: bool) -> String {
        flag_words(flags, lower_down).join(",")
    }

    #[test]
    fn flags_in_the_order_of_ip() {
        assert_eq!(words(IFF_UP | IFF_BROADCAST | IFF_MULTICAST, true), "NO-CARRIER,BROADCAST,MULTICAST,UP,M-DOWN");
        assert_eq!(words(IFF_LOOPBACK | IFF_UP | IFF_RUNNING | IFF_LOWER_UP, false), "LOOPBACK,UP,LOWER_UP");
        assert_eq!(words(0x8000_0000, false), "80000000");
    }
}
