//! How a link is printed.

use nslab::ops::link::Link;
use nslab::wire::consts::{
    IFF_ALLMULTI, IFF_AUTOMEDIA, IFF_BROADCAST, IFF_DEBUG, IFF_DORMANT, IFF_DYNAMIC, IFF_ECHO, IFF_LOOPBACK,
    IFF_LOWER_UP, IFF_MASTER, IFF_MULTICAST, IFF_NOARP, IFF_NOTRAILERS, IFF_POINTOPOINT, IFF_PORTSEL, IFF_PROMISC,
    IFF_RUNNING, IFF_SLAVE, IFF_UP,
};

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

/// Prints a link without its last line break.
pub(in crate::applet::ip) fn link(session: &mut Session, link: &Link<'_>, shape: Shape) {
    let mut line = Vec::new();
    line.extend(format!("{}: ", link.index()).bytes());
    let lower_down = name(session, link, shape, &mut line);
    line.extend_from_slice(b": ");
    line.extend(flags(link.flags(), lower_down).bytes());
    if let Some(mtu) = link.mtu() {
        line.extend(format!(" mtu {mtu}").bytes());
    }
    if let Some(qdisc) = link.qdisc().filter(|_| shape != Shape::Inet6) {
        line.extend_from_slice(b" qdisc ");
        line.extend_from_slice(qdisc);
    }
    if let Some(master) = link.master().filter(|_| shape != Shape::Inet6) {
        line.extend_from_slice(b" master ");
        line.extend(name_or_index(session, master));
    }
    line.push(b' ');
    if let Some(state) = link.oper_state() {
        line.extend(format!("state {state} ").bytes());
    }
    if shape == Shape::Link
        && let Some(mode) = link.link_mode()
    {
        let word = match mode {
            0 => "DEFAULT".into(),
            1 => "DORMANT".into(),
            other => other.to_string(),
        };
        line.extend(format!("mode {word} ").bytes());
    }
    if let Some(group) = link.group().filter(|_| shape != Shape::Inet6) {
        line.extend_from_slice(b"group ");
        line.extend(session.tables.group(group));
        line.push(b' ');
    }
    if let Some(len) = link.txqlen().filter(|len| *len > 0) {
        line.extend(format!("qlen {}", len.cast_signed()).bytes());
    }
    session.out.extend(line);
    hardware(session, link, shape);
}

/// The second line: hardware addresses, and where the other end is.
fn hardware(session: &mut Session, link: &Link<'_>, shape: Shape) {
    if shape == Shape::Inet6 {
        return;
    }
    let mut line = Vec::new();
    if shape != Shape::Inet {
        line.extend(session.line_end().bytes());
        line.extend(format!("    link/{} ", link.hw_type()).bytes());
        if let Some(address) = link.address() {
            line.extend(hex(address).bytes());
        }
        if let Some(broadcast) = link.broadcast() {
            line.extend(if link.has(IFF_POINTOPOINT) { " peer " } else { " brd " }.bytes());
            line.extend(hex(broadcast).bytes());
        }
    }
    if let Some(permanent) = link.permanent_address()
        && link.address().is_some_and(|address| address != permanent)
    {
        line.extend(format!(" permaddr {}", hex(permanent)).bytes());
    }
    match link.link_netnsid() {
        Some(id) if id >= 0 => match session.netns_name(id.cast_unsigned()) {
            Some(name) => {
                line.extend_from_slice(b" link-netns ");
                line.extend(name);
            }
            None => line.extend(format!(" link-netnsid {id}").bytes()),
        },
        Some(_) => line.extend_from_slice(b" link-netnsid unknown"),
        None => {}
    }
    if link.proto_down() {
        line.extend_from_slice(b" protodown on");
    }
    if let Some(alias) = link.alias() {
        line.extend(session.line_end().bytes());
        line.extend_from_slice(b"    alias ");
        line.extend_from_slice(alias);
    }
    for altname in link.altnames() {
        line.extend(session.line_end().bytes());
        line.extend_from_slice(b"    altname ");
        line.extend_from_slice(altname);
    }
    session.out.extend(line);
}

/// Writes the name, and behind `@` what is beneath or at the other end. Says whether that is down.
fn name(session: &mut Session, link: &Link<'_>, shape: Shape, line: &mut Vec<u8>) -> bool {
    line.extend_from_slice(link.name());
    match (link.link(), link.link_netnsid().filter(|_| shape != Shape::Inet6)) {
        (None, _) => false,
        (Some(0), _) => {
            line.extend_from_slice(b"@NONE");
            false
        }
        (Some(lower), Some(_)) => {
            line.extend(format!("@if{lower}").bytes());
            false
        }
        (Some(lower), None) => {
            line.push(b'@');
            line.extend(name_or_index(session, lower));
            session.known(lower).is_some_and(|known| known.flags & IFF_UP == 0)
        }
    }
}

fn name_or_index(session: &mut Session, index: u32) -> Vec<u8> {
    session.known(index).map_or_else(|| format!("if{index}").into_bytes(), |known| known.name)
}

fn flags(flags: u32, lower_down: bool) -> String {
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
    format!("<{}>", words.join(","))
}

fn hex(bytes: &[u8]) -> String {
    let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    pairs.join(":")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_in_the_order_of_ip() {
        assert_eq!(flags(IFF_UP | IFF_BROADCAST | IFF_MULTICAST, true), "<NO-CARRIER,BROADCAST,MULTICAST,UP,M-DOWN>");
        assert_eq!(flags(IFF_LOOPBACK | IFF_UP | IFF_RUNNING | IFF_LOWER_UP, false), "<LOOPBACK,UP,LOWER_UP>");
        assert_eq!(flags(0x8000_0000, false), "<80000000>");
    }
}
