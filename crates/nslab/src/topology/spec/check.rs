//! What shows only when the whole file is read, and the model made of what is left without a fault.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::complete::{self, complete, ends};
use super::device::{self, DraftDevice};
use super::device_check;
use super::draft::{At, DraftEnd, DraftLab, DraftLink, DraftSegment};
use super::expect;
use super::gateways;
use super::model::{Device, End, Lab, Link, Segment};
use super::overlap;
use super::problems::Problems;
use super::run;
use super::tunnel;
use super::uplink;
use crate::topology::kinds::LinkKind;
use crate::types::cidr::Sharing;
use crate::types::{AddressKind, Cidr, IfName, LabName, MacAddr, NodeName, Prefix};

/// More addresses than this on one interface make no lab, and much work: each is compared with each.
const MOST_ADDRESSES: usize = 256;

/// A bridge of Linux takes this many ports.
const MOST_PORTS: usize = 1023;

/// Checks a draft and makes the model of it. What is wrong is reported; the model is only good if nothing
/// was, and missing where its name is.
pub(super) fn lab(name: Option<LabName>, mut draft: DraftLab, problems: &mut Problems<'_>) -> Option<Lab> {
    device::expand(&mut draft);
    interfaces_once(&draft, problems);
    complete(&mut draft, problems);
    for end in ends(&draft) {
        check_end(end, problems);
    }
    for link in &draft.links {
        if let (Some(a), Some(b)) = (&link.a, &link.b) {
            check_link(a, b, problems);
        }
    }
    let mut nodes = complete::nodes(&draft, problems);
    let uplink = uplink::made(name.as_ref(), &draft, &mut nodes, problems);
    check_loopbacks(&draft, problems);
    run::check(&draft, &nodes, problems);
    device_check::check(&draft, problems);
    gateways::check(&draft, problems);
    overlap::check(&draft, &nodes, problems);
    let names: HashSet<&NodeName> = nodes.iter().map(|node| &node.name).collect();
    for segment in &draft.segments {
        check_members(segment, problems);
        if names.contains(&segment.name.value) {
            let message = format!("\"{}\" is a node and a segment", segment.name.value);
            problems.add(segment.name.span.clone(), message, "both are namespaces: give one another name");
        }
    }
    let expect = expect::pairs(&draft, &nodes, problems);
    let name = name?;
    let underlay = tunnel::underlay(&draft);
    let tunnels: Vec<Range<usize>> =
        draft.links.iter().filter_map(|link| Some(link.tunnel.as_ref()?.kind.span.clone())).collect();
    let segments: Vec<Segment> = draft.segments.into_iter().map(|segment| made_segment(&name, segment)).collect();
    let mut devices: Vec<Device> = draft.devices.into_iter().filter_map(|device| made_device(&name, device)).collect();
    let mut links = Vec::new();
    for mut link in draft.links {
        let tunnel = link.tunnel.take();
        let Some(link) = made(&name, link, problems) else { continue };
        match tunnel {
            Some(tunnel) => {
                let made = tunnel::devices(&name, &tunnel, (link.a, link.b), &underlay, &devices, problems);
                devices.extend(made);
            }
            None => links.push(link),
        }
    }
    check_tunnels(&devices, &tunnels, problems);
    let prefix = draft.prefix.unwrap_or_default();
    Some(Lab { name, prefix, routing: draft.routing, nodes, segments, links, devices, expect, uplink })
}

fn interfaces_once(draft: &DraftLab, problems: &mut Problems<'_>) {
    let mut seen: HashMap<(&NodeName, &IfName), usize> = HashMap::new();
    for end in ends(draft) {
        let (Some(node), Some(ifname)) = (&end.node, &end.ifname) else { continue };
        if let Some(first) = seen.insert((&node.value, &ifname.value), ifname.span.start) {
            let line = problems.line_of(first);
            let message =
                format!("interface \"{}:{}\" is there twice; line {line} has it already", node.value, ifname.value);
            problems.add(ifname.span.clone(), message, "each end of a link is an interface of its own");
        }
    }
}

/// Addresses of loopback interfaces may be anything that a host can have, with any length.
fn check_loopbacks(draft: &DraftLab, problems: &mut Problems<'_>) {
    let profiles = draft.profiles.iter().map(|(_, settings)| settings);
    let all = profiles.chain(draft.nodes.iter().map(|node| &node.settings));
    for (ifname, addresses) in all.flat_map(|settings| &settings.addresses) {
        for address in addresses.iter().filter(|_| ifname.value.as_str() == "lo") {
            let kind = AddressKind::of(address.value.address());
            if matches!(kind, AddressKind::Multicast | AddressKind::Unspecified | AddressKind::LimitedBroadcast) {
                let message = format!("\"{}\" is no address that an interface can have", address.value);
                problems.add(address.span.clone(), message, "take one for hosts, as 10.255.0.1/32");
            }
        }
    }
}

fn check_members(segment: &DraftSegment, problems: &mut Problems<'_>) {
    if let Some(extra) = segment.members.get(MOST_PORTS).and_then(|member| member.node.as_ref()) {
        let message = format!("segment \"{}\" has {} members", segment.name.value, segment.members.len());
        let help =
            format!("a switch is a bridge, which takes {MOST_PORTS}: make several segments, with a router between");
        problems.add(extra.span.clone(), message, help);
    }
    let mut seen = HashMap::new();
    for address in segment.members.iter().flat_map(|member| &member.addresses) {
        let (prefix, start) = (address.value, address.span.start);
        if let Some(first) = seen.insert(prefix.address(), start) {
            let line = problems.line_of(first);
            let message = format!("address {} is on this segment twice; line {line} has it already", prefix.address());
            problems.add(address.span.clone(), message, "on a segment each address belongs to one interface");
        }
    }
}

fn check_end(end: &DraftEnd, problems: &mut Problems<'_>) {
    if let Some(extra) = end.addresses.get(MOST_ADDRESSES) {
        let message = format!("{} addresses on one interface", end.addresses.len());
        problems.add(extra.span.clone(), message, format!("at most {MOST_ADDRESSES} are allowed"));
    }
    for address in &end.addresses {
        check_address(address, problems);
    }
    if let Some(mac) = end.mac.as_ref().filter(|mac| !mac.value.is_usable()) {
        let why = if mac.value.octets() == [0; 6] { "is all zeros" } else { "is a group address" };
        let message = format!("MAC address \"{}\" {why}, which no interface can have", mac.value);
        problems.add(mac.span.clone(), message, "make the first octet even, as in 02:00:00:00:00:01");
    }
    let ipv6 = end.addresses.iter().any(|address| address.value.is_ipv6());
    if let Some(mtu) = end.mtu.as_ref().filter(|mtu| ipv6 && mtu.value < 1280) {
        let message = format!("an MTU of {} is too small for IPv6, of which this interface has an address", mtu.value);
        problems.add(mtu.span.clone(), message, "IPv6 needs 1280 or more (RFC 8200)");
    }
}

fn check_address(address: &At<Prefix>, problems: &mut Problems<'_>) {
    let (prefix, cidr) = (address.value, Cidr::of(address.value));
    let what = match cidr.kind() {
        AddressKind::Multicast => "a multicast address".into(),
        AddressKind::Unspecified => "the unspecified address".into(),
        AddressKind::Loopback => "a loopback address".into(),
        _ if cidr.broadcast() == Some(prefix.address()) => format!("the broadcast address of {}", cidr.network()),
        AddressKind::LimitedBroadcast => "the limited broadcast address".into(),
        _ if cidr.broadcast().is_some() && prefix == cidr.network() => {
            format!("the address of the network {prefix} itself")
        }
        _ => return,
    };
    let help = match cidr.kind() {
        AddressKind::Multicast | AddressKind::Unspecified | AddressKind::Loopback | AddressKind::LimitedBroadcast => {
            "take one for hosts, as 192.0.2.1/24 or 2001:db8::1/64".into()
        }
        _ => format!("for hosts there are {} to {}", cidr.first_host(), cidr.last_host()),
    };
    let message = format!("\"{prefix}\" is {what}, which no interface on a link can have");
    problems.add(address.span.clone(), message, help);
}

fn check_link(a: &DraftEnd, b: &DraftEnd, problems: &mut Problems<'_>) {
    let mut seen = HashMap::new();
    for address in a.addresses.iter().chain(&b.addresses) {
        if let Some(first) = seen.insert(address.value.address(), address.span.start) {
            let line = problems.line_of(first);
            let message =
                format!("address {} is on this link twice; line {line} has it already", address.value.address());
            problems.add(address.span.clone(), message, "on a segment each address belongs to one interface");
            return;
        }
    }
    if let (Some(one), Some(other)) = (&a.mac, &b.mac)
        && one.value == other.value
    {
        let message = format!("MAC address \"{}\" is on both ends of this link", other.value);
        problems.add(other.span.clone(), message, "give each end its own, or none to have one made");
    }
    if a.addresses.len() <= MOST_ADDRESSES && b.addresses.len() <= MOST_ADDRESSES {
        check_segment(a, b, false, problems);
        check_segment(a, b, true, problems);
    }
}

/// Where both ends have addresses of a family, two of them must be in each other's network.
fn check_segment(a: &DraftEnd, b: &DraftEnd, ipv6: bool, problems: &mut Problems<'_>) {
    let of_family = |end: &DraftEnd| -> Vec<At<Prefix>> {
        let usable = |address: &Prefix| AddressKind::of(address.address()).is_for_an_interface();
        let fits = |address: &&At<Prefix>| address.value.is_ipv6() == ipv6 && usable(&address.value);
        end.addresses.iter().filter(fits).cloned().collect()
    };
    let (ours, theirs) = (of_family(a), of_family(b));
    let pairs = || ours.iter().flat_map(|one| theirs.iter().map(move |other| (one, other)));
    let sharing = |(one, other): (&At<Prefix>, &At<Prefix>)| Sharing::of(one.value, other.value);
    if pairs().any(|pair| sharing(pair) == Sharing::Both) {
        return;
    }
    // A pair that half works is the likeliest to be meant.
    let half = pairs().find(|pair| sharing(*pair) != Sharing::Neither);
    let Some((one, other)) = half.or_else(|| pairs().next()) else { return };
    let (here, there) = (one.value, other.value);
    let message = format!(
        "the ends of this link are in different segments: \"{here}\" is in {}, \"{there}\" is in {}",
        here.network(),
        there.network()
    );
    let help = if half.is_some() {
        "the networks overlap, but only one end sees the other in its own; give both the same prefix length".into()
    } else {
        match other_host(here) {
            Some(example) => format!("give both ends addresses of one network, as {example} here"),
            None => format!("a /{} has no room for another host; give both a shorter prefix length", here.len()),
        }
    };
    problems.add(other.span.clone(), message, help);
}

/// Another host's address in the same network, where there is one.
fn other_host(prefix: Prefix) -> Option<Prefix> {
    let cidr = Cidr::of(prefix);
    let mut hosts = prefix.to_ipnet().hosts().take(3);
    let of_host = |address: &std::net::IpAddr| {
        *address != prefix.address() && (prefix.len() + 1 >= prefix.max_len() || *address != cidr.network().address())
    };
    hosts.find(of_host).and_then(|address| Prefix::new(address, prefix.len()).ok())
}

fn made_segment(lab: &LabName, segment: DraftSegment) -> Segment {
    let members = segment.members.into_iter().filter_map(|member| made_end(lab, member)).collect();
    Segment { name: segment.name.value, members }
}

fn made(lab: &LabName, link: DraftLink, problems: &mut Problems<'_>) -> Option<Link> {
    let (a, b) = (link.a?, link.b?);
    let given = a.mac.as_ref().xor(b.mac.as_ref()).map(|mac| mac.span.clone());
    let link = Link { a: made_end(lab, a)?, b: made_end(lab, b)? };
    // Two given ones have been compared; here one is given and happens to be what the other gets.
    if let Some(span) = given.filter(|_| link.a.mac == link.b.mac) {
        let message = format!("MAC address \"{}\" is the one that the other end is given", link.a.mac);
        problems.add(span, message, "take another, or none to have one made");
    }
    Some(link)
}

fn made_device(lab: &LabName, device: DraftDevice) -> Option<Device> {
    let DraftDevice { end, kind, options, link, ports, vlans, wireguard, .. } = device;
    let has_mac = kind.facts().has_mac;
    let End { node, ifname, addresses, mac, mtu, .. } = made_end(lab, end)?;
    Some(Device {
        node,
        ifname,
        kind,
        options,
        link: link.map(|link| link.value),
        ports: ports.into_iter().map(|port| port.value).collect(),
        vlans: vlans.into_iter().map(|vlan| vlan.value).collect(),
        wireguard: if kind == LinkKind::Wireguard { Some(wireguard.made()?) } else { None },
        addresses,
        mac: has_mac.then_some(mac),
        mtu,
        peer: None,
    })
}

/// A node has one tunnel of an `id` and a port. `spans` are those of the links that are tunnels, which are the last
/// of the interfaces, two each.
fn check_tunnels(devices: &[Device], spans: &[Range<usize>], problems: &mut Problems<'_>) {
    let mut seen: HashMap<(&NodeName, String), &IfName> = HashMap::new();
    let own = devices.iter().filter(|device| device.peer.is_none()).map(|device| (device, None));
    let of_links = devices.iter().filter(|device| device.peer.is_some());
    let of_links = of_links.enumerate().map(|(at, device)| (device, spans.get(at / 2)));
    for (device, span) in own.chain(of_links).filter(|(device, _)| device.kind == LinkKind::Vxlan) {
        let key = format!("{:?} {:?}", device.options.get("id"), device.options.get("port"));
        let earlier = seen.insert((&device.node, key), &device.ifname);
        if let (Some(other), Some(span)) = (earlier, span) {
            let message =
                format!("node \"{}\" has two tunnels of one `id`: {other} and {}", device.node, device.ifname);
            problems.add(span.clone(), message, "give each another `id`, or another `port`");
        }
    }
}

fn made_end(lab: &LabName, end: DraftEnd) -> Option<End> {
    let (node, ifname) = (end.node?.value, end.ifname?.value);
    let mac =
        end.mac.map_or_else(|| MacAddr::derived(&[lab.as_str(), node.as_str(), ifname.as_str()]), |mac| mac.value);
    let addresses = end.addresses.into_iter().map(|address| address.value).collect();
    let impair = end.impair.and_then(|impair| impair.value.normal());
    Some(End { node, ifname, addresses, mac, mtu: end.mtu.map(|mtu| mtu.value), impair })
}
