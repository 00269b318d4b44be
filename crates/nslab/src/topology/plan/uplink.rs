//! The uplink's part of a plan: what can be known of it without the machine. Pure.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use crate::topology::spec::{Lab, Routing, Uplink};
use crate::types::{Cidr, IfName, MacAddr, Prefix};

/// A way out through the machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UplinkPlan {
    /// Which of the plan's nodes has it, counted from 0.
    pub node: usize,
    /// The name of the interface in the node.
    pub ifname: IfName,
    /// The hardware address of that.
    pub mac: MacAddr,
    /// Whether packets leave with an address of the machine's.
    pub nat: bool,
    /// Its networks, if the file says them; else one is chosen among [`candidates`] when the machine is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prefixes: Vec<Prefix>,
    /// Whether the node gets a default route by it: of IPv4, of IPv6.
    pub default_routes: (bool, bool),
    /// The lab's own networks, which a chosen one must not overlap.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub own: Vec<Prefix>,
    /// Networks to which the machine gets routes by the node: without NAT, what `routing: auto` sends out by it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub behind: Vec<Prefix>,
}

impl UplinkPlan {
    pub(super) fn new(lab: &Lab) -> Option<Self> {
        let Uplink { node, ifname, nat, prefixes, mac } = lab.uplink.clone()?;
        let (at, node) = lab.nodes.iter().enumerate().find(|(_, there)| there.name == node)?;
        let has_default = |ipv6| node.routes.iter().any(|r| r.to == Prefix::all(ipv6) && r.table.is_none());
        let members = lab.segments.iter().flat_map(|segment| &segment.members);
        let ends = members.chain(lab.links.iter().flat_map(|link| [&link.a, &link.b]));
        let loopbacks = lab.nodes.iter().flat_map(|node| &node.loopback);
        let link_local = |p: &Prefix| matches!(p.address(), IpAddr::V6(address) if address.is_unicast_link_local());
        let own: BTreeSet<Prefix> = ends
            .flat_map(|end| &end.addresses)
            .chain(loopbacks)
            .filter(|prefix| !link_local(prefix))
            .map(Prefix::network)
            .collect();
        let own: Vec<Prefix> = own.into_iter().collect();
        let behind = if nat || lab.routing != Routing::Auto { Vec::new() } else { own.clone() };
        let default_routes = (!has_default(false), !has_default(true));
        Some(Self { node: at, ifname, mac, nat, prefixes, default_routes, own, behind })
    }

    /// Whether a network overlaps one of the lab's own.
    #[must_use]
    pub fn is_own(&self, prefix: Prefix) -> bool {
        self.own.iter().any(|own| overlap(*own, prefix))
    }
}

/// Whether two networks have an address in common.
#[must_use]
pub fn overlap(a: Prefix, b: Prefix) -> bool {
    a.is_ipv6() == b.is_ipv6() && (a.network().contains(b.address()) || b.network().contains(a.address()))
}

/// How many candidates there are: the /30s of 198.18.0.0/15.
const CANDIDATES: u32 = 1 << 15;

/// The networks that a lab's uplink may have if its file says none, in the order in which they are tried: a place in
/// the range that its name gives, and on from there.
///
/// IPv4: a /30 of 198.18.0.0/15, which is set aside for tests of network devices and routed nowhere (RFC 2544, RFC
/// 6890). IPv6: a /64 of a unique local prefix (RFC 4193, with the name's hash for the random part).
pub fn candidates(lab: &str, ipv6: bool) -> impl Iterator<Item = Prefix> {
    let [_, _, b, c, d, e] = MacAddr::derived(&[lab, "uplink"]).octets();
    let start = u32::from_be_bytes([b, c, d, e]);
    (0..CANDIDATES).filter_map(move |step| {
        let place = start.wrapping_add(step);
        if ipv6 {
            let (high, low) = (u16::try_from(place >> 16).ok()?, u16::try_from(place & 0xffff).ok()?);
            return Prefix::new(Ipv6Addr::new(0xfd6e, high, low, 0, 0, 0, 0, 0).into(), 64).ok();
        }
        let base = Ipv4Addr::new(198, 18, 0, 0).to_bits();
        Prefix::new(Ipv4Addr::from_bits(base | (place % CANDIDATES) << 2).into(), 30).ok()
    })
}

/// The machine's address in an uplink's network, and the node's: the first two that hosts can have.
#[must_use]
pub fn addresses(prefix: Prefix) -> Option<(Prefix, Prefix)> {
    let (next, first) = match Cidr::of(prefix).first_host() {
        IpAddr::V4(first) => (IpAddr::V4(Ipv4Addr::from_bits(first.to_bits().checked_add(1)?)), IpAddr::V4(first)),
        IpAddr::V6(first) => {
            // The lowest of an IPv6 network is that of its routers (RFC 4291, 2.6.1).
            let first = first.to_bits().checked_add(u128::from(prefix.len() < 127))?;
            (IpAddr::V6(Ipv6Addr::from_bits(first.checked_add(1)?)), IpAddr::V6(Ipv6Addr::from_bits(first)))
        }
    };
    let whole = |address| Prefix::new(address, prefix.len()).ok().filter(|whole| whole.network() == prefix.network());
    Some((whole(first)?, whole(next)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(text: &str) -> String {
        addresses(text.parse().unwrap()).map_or("none".into(), |(machine, node)| format!("{machine} {node}"))
    }

    #[test]
    fn the_first_two_hosts_are_the_ends() {
        assert_eq!(ends("192.0.2.0/30"), "192.0.2.1/30 192.0.2.2/30");
        assert_eq!(ends("192.0.2.0/31"), "192.0.2.0/31 192.0.2.1/31");
        assert_eq!(ends("2001:db8::/64"), "2001:db8::1/64 2001:db8::2/64");
        assert_eq!(ends("2001:db8::/127"), "2001:db8::/127 2001:db8::1/127");
        assert_eq!((ends("192.0.2.1/32"), ends("2001:db8::/128")), ("none".into(), "none".into()));
    }

    #[test]
    fn candidates_differ_and_stay_in_their_range() {
        let range: Prefix = "198.18.0.0/15".parse().unwrap();
        let all: BTreeSet<Prefix> = candidates("home", false).collect();
        assert_eq!(all.len(), 1 << 15);
        assert!(all.iter().all(|prefix| range.contains(prefix.address())));
        assert_eq!(candidates("home", true).next(), candidates("home", true).next());
        assert_ne!(candidates("home", false).next(), candidates("office", false).next());
        assert!(candidates("home", true).take(5).all(|prefix| prefix.to_string().starts_with("fd6e:")));
    }
}
