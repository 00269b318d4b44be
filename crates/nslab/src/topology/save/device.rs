//! Interfaces beside cables.

use super::Plan;
use super::doc::Doc;
use super::names::{list, word};
use crate::topology::kinds::{LinkKind, OptionValue, Options, decode};
use crate::topology::observe::network::{End, Node, Role, is_loopback};
use crate::topology::observe::seen::Link;
use crate::types::{IfName, MacAddr};
use crate::wire::Attributes;
use crate::wire::consts::kinds::{IFF_TUN, IFLA_TUN_TYPE, IFLA_VXLAN_LINK};

/// What the kernel gives options of a kind that nobody says, in the words of the file (Linux 6.18).
const USUAL: &[(LinkKind, &[(&str, &str)])] = &[
    (
        LinkKind::Bridge,
        &[
            ("stp", "false"),
            ("priority", "32768"),
            ("forward_delay", "15s"),
            ("hello_time", "2s"),
            ("max_age", "20s"),
            ("ageing_time", "300s"),
            ("mcast_snooping", "true"),
            ("group_fwd_mask", "0"),
            ("vlan_filtering", "false"),
            ("vlan_default_pvid", "1"),
            ("vlan_protocol", "802.1Q"),
        ],
    ),
    (
        LinkKind::Vxlan,
        &[("port", "4789"), ("ttl", "0"), ("tos", "0"), ("learning", "true"), ("ageing", "300s"), ("udpcsum", "true")],
    ),
    (LinkKind::Vlan, &[("protocol", "802.1Q")]),
    (LinkKind::Macvlan, &[("mode", "bridge")]),
    (LinkKind::Macvtap, &[("mode", "bridge")]),
    (LinkKind::Ipvlan, &[("mode", "l3"), ("flag", "bridge")]),
    (LinkKind::Tun, &[("multi_queue", "false"), ("pi", "false"), ("vnet_hdr", "false")]),
    (LinkKind::Tap, &[("multi_queue", "false"), ("pi", "false"), ("vnet_hdr", "false")]),
    (
        LinkKind::Bond,
        &[
            ("mode", "balance-rr"),
            ("miimon", "0ms"),
            ("updelay", "0ms"),
            ("downdelay", "0ms"),
            ("primary_reselect", "always"),
            ("xmit_hash_policy", "layer2"),
            ("lacp_rate", "slow"),
            ("min_links", "0"),
        ],
    ),
];

/// Whether an option is as it is where nobody says it.
pub(super) fn is_usual(kind: LinkKind, name: &str, value: &str) -> bool {
    let of_kind = USUAL.iter().filter(|(of, _)| *of == kind).flat_map(|(_, options)| options.iter());
    of_kind.into_iter().any(|(of, usual)| *of == name && *usual == value)
}

impl Plan<'_> {
    /// What a link is, if it is one that a file makes beside cables.
    pub(super) fn device_kind(&self, place: usize, link: &Link) -> Option<LinkKind> {
        let kind = link.kind.as_deref()?;
        if kind == "tun" {
            let told = Attributes::new(&link.info).filter_map(Result::ok).find(|it| it.kind == IFLA_TUN_TYPE);
            let is_tun = told.and_then(|it| it.payload.first().copied()).map(u32::from) == Some(u32::from(IFF_TUN));
            return Some(if is_tun { LinkKind::Tun } else { LinkKind::Tap });
        }
        let kind =
            LinkKind::ALL.into_iter().filter(|kind| !kind.is_tuntap()).find(|known| known.facts().name == kind)?;
        // What it must stand on is in the file too.
        let needs = kind.facts().link.is_some_and(|(_, required)| required);
        let is_there = || {
            let peer = link.peer.filter(|peer| peer.node == Some(place))?;
            let at = self.network.node(place)?.seen.links.iter().position(|other| other.index == peer.index)?;
            self.is_written(End { node: place, link: at }).then_some(())
        };
        (!needs || is_there().is_some()).then_some(kind)
    }

    pub(super) fn derived(&self, place: usize, ifname: &str) -> MacAddr {
        MacAddr::derived(&[self.wish.name.as_str(), self.names.node(place), ifname])
    }

    pub(super) fn devices(&self, place: usize, node: &Node, doc: &mut Doc) {
        let mut lines = Vec::new();
        for (at, link) in node.seen.links.iter().enumerate() {
            let end = End { node: place, link: at };
            if is_loopback(link) {
                continue;
            }
            let name = self.names.end(end);
            if !link.up && (self.wired.contains(&end) || self.device_kind(place, link).is_some()) {
                doc.missing(format!("{name} is down: up sets it up"));
            }
            self.queueing(&name, link, self.wired.contains(&end), doc);
            if self.wired.contains(&end) {
                continue;
            }
            match self.device_kind(place, link) {
                Some(kind) => {
                    lines.push((self.names.link(end).to_owned(), self.device(place, node, end, link, kind, doc)))
                }
                None if node.role == Role::Machine => {}
                None if link.is("veth") => doc.missing(format!("{name}: a cable whose other end is not in the file")),
                None => {
                    let kind = link.kind.as_deref().unwrap_or("hardware");
                    doc.missing(format!("{name}: an interface of kind {kind} that a file does not make"));
                }
            }
        }
        if !lines.is_empty() {
            doc.line(2, "interfaces:".into());
        }
        for (name, words) in lines {
            doc.free(3, format!("{}: {words}", word(&name)));
        }
    }

    /// What packets wait in is nothing that a file says, unless it is an impairment.
    fn queueing(&self, name: &str, link: &Link, wired: bool, doc: &mut Doc) {
        let usual = ["noop", "noqueue", "pfifo_fast", "fq_codel", "fq", "mq", "pfifo", "netem", "tbf"];
        let Some(qdisc) = link.qdisc.as_deref() else { return };
        let odd = !usual.contains(&qdisc) || (matches!(qdisc, "netem" | "tbf") && link.impair.is_none());
        if odd || (link.impair.is_some() && !wired) {
            doc.missing(format!("{name}: queueing discipline {}", qdisc.escape_debug()));
        }
    }

    fn device(&self, place: usize, node: &Node, end: End, link: &Link, kind: LinkKind, doc: &mut Doc) -> String {
        let name = self.names.end(end);
        let name_at = |index: u32| -> Option<IfName> {
            let at = node.seen.links.iter().position(|other| other.index == index)?;
            self.names.link(End { node: place, link: at }).parse().ok()
        };
        let mut words = vec![format!("kind: {kind}")];
        let facts = kind.facts();
        let beneath = match kind {
            LinkKind::Vxlan => {
                let told = Attributes::new(&link.info).filter_map(Result::ok).find(|it| it.kind == IFLA_VXLAN_LINK);
                told.and_then(|it| it.payload.try_into().ok()).map(u32::from_ne_bytes).filter(|index| *index != 0)
            }
            _ => link.peer.map(|peer| peer.index),
        };
        if let (Some((key, _)), Some(beneath)) = (facts.link, beneath.and_then(name_at)) {
            words.push(format!("{key}: {}", word(beneath.as_str())));
        }
        let ports: Vec<String> = node
            .seen
            .links
            .iter()
            .enumerate()
            .filter(|(_, port)| port.master == Some(link.index))
            .map(|(link, _)| End { node: place, link })
            .filter(|port| self.is_written(*port))
            .map(|port| self.names.link(port).to_owned())
            .collect();
        if facts.has_ports && !ports.is_empty() {
            words.push(format!("ports: [ {} ]", ports.iter().map(|port| word(port)).collect::<Vec<_>>().join(", ")));
        }
        let options: Options = decode(kind, &link.info, name_at);
        for option in facts.options {
            let Some(value) = options.get(option.name).map(|value| value.shown(option)) else { continue };
            // A multicast address stands where that of the other end would.
            let twice = option.name == "remote" && options.contains_key("group");
            if !is_usual(kind, option.name, &value) && !twice {
                words.push(format!("{}: {}", option.name, word(&value)));
            }
        }
        if options.get("vlan_filtering") == Some(&OptionValue::Switch(true)) {
            doc.missing(format!("{name}: the VLANs of its ports"));
        }
        let addresses = self.addresses(&name, link.addresses.iter(), doc);
        if !addresses.is_empty() {
            words.push(format!("addresses: {}", list(&addresses)));
        }
        let usual = match kind {
            LinkKind::Bridge => ports_mtu(node, link),
            LinkKind::Vxlan | LinkKind::Bond | LinkKind::Dummy | LinkKind::Tun | LinkKind::Tap => 1500,
            LinkKind::Vrf => 65575,
            _ => beneath.and_then(|index| node.seen.link_at(index)).map_or(1500, |beneath| beneath.mtu),
        };
        if link.mtu != usual && (68..=65535).contains(&link.mtu) {
            words.push(format!("mtu: {}", link.mtu));
        }
        if self.wish.macs
            && facts.has_mac
            && let Some(mac) = link.mac.filter(|mac| *mac != self.derived(place, self.names.link(end)))
        {
            words.push(format!("mac: \"{mac}\""));
        }
        format!("{{ {} }}", words.join(", "))
    }
}

/// A bridge has the smallest of its ports' where nobody says another.
fn ports_mtu(node: &Node, bridge: &Link) -> u32 {
    let ports = node.seen.links.iter().filter(|link| link.master == Some(bridge.index));
    ports.map(|port| port.mtu).min().unwrap_or(1500)
}
