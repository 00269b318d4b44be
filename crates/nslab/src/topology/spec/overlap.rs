//! Networks that overlap where a packet would have two ways to go: on two segments that a node is on, and with
//! `routing: auto` on any two segments that routers join.
//!
//! Left alone is what is alone by its nature (one address, link scope) and what is on one segment. Sorted and
//! swept: prefixes are within one another or apart, so those around one are a stack.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::ops::Range;

use super::complete::ends;
use super::draft::{DraftEnd, DraftLab};
use super::model::{Node, Routing};
use super::problems::Problems;
use super::wires::Wires;
use crate::topology::kinds::LinkKind;
use crate::types::{AddressKind, IfName, NodeName, Prefix};

/// A network where an interface is in it.
#[derive(Clone, Copy)]
struct Place<'d> {
    /// What may not have it twice, by number.
    group: usize,
    network: Prefix,
    /// The segment, by number.
    wire: usize,
    span: &'d Range<usize>,
    end: (&'d NodeName, &'d IfName),
}

/// Checks all interfaces but those of loopback.
pub(super) fn check(draft: &DraftLab, nodes: &[Node], problems: &mut Problems<'_>) {
    let ends = ends(draft);
    let mut wires = Wires::of(draft, &ends);
    let routers = routers(draft, &ends);
    let mut reported: HashSet<usize> = HashSet::new();
    let of_nodes = sweep(places(&ends, &mut wires, |at| routers.get(at).copied()));
    let help = "a node sends what is for both to one of them: give each link or segment a network of its own";
    of_nodes.iter().for_each(|pair| report(pair, help, &mut reported, problems));
    if draft.routing != Routing::Auto {
        return;
    }
    let forwards: HashSet<&NodeName> = nodes.iter().filter(|node| node.forward).map(|node| &node.name).collect();
    let mut domains = wires.clone();
    let mut first: HashMap<usize, usize> = HashMap::new();
    for (at, end) in ends.iter().enumerate() {
        if let (Some(router), Some(_)) = (routers.get(at), end.node.as_ref().filter(|it| forwards.contains(&it.value)))
        {
            let first = *first.entry(*router).or_insert(at);
            domains.join(first, at);
        }
    }
    let help = "with `routing: auto` a network is in one place: give each link or segment one of its own";
    let of_domains = sweep(places(&ends, &mut wires, |at| Some(domains.find(at))));
    of_domains.iter().for_each(|pair| report(pair, help, &mut reported, problems));
}

/// Reports a pair, the later of the file first, unless that has been reported.
fn report(
    (later, earlier): &(Place<'_>, Place<'_>),
    help: &str,
    reported: &mut HashSet<usize>,
    problems: &mut Problems<'_>,
) {
    if !reported.insert(later.span.start) {
        return;
    }
    let line = problems.line_of(earlier.span.start);
    let name = |(node, ifname): (&NodeName, &IfName)| format!("\"{node}:{ifname}\"");
    let message = format!(
        "{} is in {}, which overlaps {} of {} (line {line}) on another segment",
        name(later.end),
        later.network,
        earlier.network,
        name(earlier.end)
    );
    problems.add(later.span.clone(), message, help);
}

/// The routing table that each end is in, by number: its node's, or that of a VRF of the node.
fn routers(draft: &DraftLab, ends: &[&DraftEnd]) -> Vec<usize> {
    let mut vrfs: HashMap<(&NodeName, &IfName), &IfName> = HashMap::new();
    for vrf in draft.devices.iter().filter(|device| device.kind == LinkKind::Vrf) {
        let (Some(node), Some(ifname)) = (&vrf.end.node, &vrf.end.ifname) else { continue };
        vrfs.extend(vrf.ports.iter().map(|port| ((&node.value, &port.value), &ifname.value)));
    }
    let mut numbers: HashMap<(Option<&NodeName>, Option<&IfName>), usize> = HashMap::new();
    let mut of_ends = Vec::new();
    for end in ends {
        let node = end.node.as_ref().map(|node| &node.value);
        let vrf = node.zip(end.ifname.as_ref()).and_then(|(node, ifname)| vrfs.get(&(node, &ifname.value)).copied());
        let next = numbers.len();
        of_ends.push(*numbers.entry((node, vrf)).or_insert(next));
    }
    of_ends
}

fn places<'d>(
    ends: &[&'d DraftEnd],
    wires: &mut Wires,
    mut group: impl FnMut(usize) -> Option<usize>,
) -> Vec<Place<'d>> {
    let mut places = Vec::new();
    for (at, end) in ends.iter().enumerate() {
        let (Some(node), Some(ifname), Some(group)) = (&end.node, &end.ifname, group(at)) else { continue };
        let wire = wires.find(at);
        for address in end.addresses.iter().filter(|address| counts(address.value)) {
            let network = address.value.network();
            places.push(Place { group, network, wire, span: &address.span, end: (&node.value, &ifname.value) });
        }
    }
    places
}

/// Whether an address says that a network is on its link, and one that is nowhere else.
fn counts(prefix: Prefix) -> bool {
    let link_local = match prefix.address() {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    };
    prefix.len() < prefix.max_len() && !link_local && AddressKind::of(prefix.address()).is_for_an_interface()
}

/// The pairs of one group that overlap and are on different segments, the later of the file first: for each place
/// one at most, with the earliest.
fn sweep(mut places: Vec<Place<'_>>) -> Vec<(Place<'_>, Place<'_>)> {
    places.sort_by(|a, b| {
        let key = |place: &Place<'_>| (place.group, place.network, place.span.start);
        key(a).cmp(&key(b))
    });
    let mut seen = HashSet::new();
    places.retain(|place| seen.insert((place.group, place.network, place.wire)));
    let mut pairs = Vec::new();
    // The networks around, the widest first: of each the earliest place, and the earliest on another segment.
    let mut around: Vec<(usize, Option<usize>)> = Vec::new();
    for (at, place) in places.iter().enumerate() {
        let get = |at: usize| places.get(at).filter(|other| other.group == place.group);
        let holds = |other: &Place<'_>| other.network.contains(place.network.address());
        while around.last().is_some_and(|(first, _)| !get(*first).is_some_and(holds)) {
            around.pop();
        }
        let clash = around.iter().flat_map(|(first, second)| [Some(*first), *second]).flatten();
        let clash = clash.filter_map(|at| Some((at, get(at)?))).filter(|(_, other)| other.wire != place.wire);
        if let Some((other, _)) = clash.min_by_key(|(_, other)| other.span.start) {
            pairs.push((at, other));
        }
        match around.last_mut() {
            Some((first, second)) if get(*first).is_some_and(|other| other.network == place.network) => {
                if second.is_none() && get(*first).is_some_and(|other| other.wire != place.wire) {
                    *second = Some(at);
                }
            }
            _ => around.push((at, None)),
        }
    }
    let place = |at: usize| places.get(at).copied();
    let ordered = |(a, b): (usize, usize)| {
        let (a, b) = (place(a)?, place(b)?);
        Some(if a.span.start < b.span.start { (b, a) } else { (a, b) })
    };
    let mut pairs: Vec<_> = pairs.into_iter().filter_map(ordered).collect();
    pairs.sort_by_key(|(later, earlier)| (later.span.start, earlier.span.start));
    pairs
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;
    use std::path::Path;

    use super::super::parse;

    /// What is wrong with a file: the line, and the message.
    fn problems(text: &str) -> Vec<String> {
        let Err(error) = parse(text, Path::new("t.yaml")) else { return Vec::new() };
        error.file_problems().unwrap().problems.iter().map(|it| format!("{} {}", it.line, it.message)).collect()
    }

    const ROUTERS: &str = "routing: auto\nnodes: { 'r[1-3]': { forward: true } }\n";

    #[test]
    fn a_node_is_in_each_network_once() {
        for (text, expected) in [
            (
                "links:\n  - r 10.0.0.1/24 -- a 10.0.0.2/24\n  - r 10.0.0.3/24 -- b 10.0.0.4/24\n",
                "3 \"r:eth1\" is in 10.0.0.0/24, which overlaps 10.0.0.0/24 of \"r:eth0\" (line 2) on another segment",
            ),
            (
                "links:\n  - r 10.1.0.1/16 -- a 10.1.0.2/16\n  - r 10.0.0.1/8 -- b 10.0.0.2/8\n",
                "3 \"r:eth1\" is in 10.0.0.0/8, which overlaps 10.1.0.0/16 of \"r:eth0\" (line 2) on another segment",
            ),
            (
                "links:\n  - r 2001:db8::1/48 -- a\nsegments:\n  s: { prefix: '2001:db8:0:1::/64', members: [ h, r ] }\n",
                "4 \"r:eth1\" is in 2001:db8:0:1::/64, which overlaps 2001:db8::/48 of \"r:eth0\" (line 2) on another segment",
            ),
            (
                "nodes:\n  r:\n    interfaces:\n      v1: { kind: vlan, link: eth0, id: 1, addresses: 10.0.0.1/24 }\n      v2: { kind: vlan, link: eth0, id: 2, addresses: 10.0.0.2/24 }\nlinks: [ r -- a ]\n",
                "5 \"r:v2\" is in 10.0.0.0/24, which overlaps 10.0.0.0/24 of \"r:v1\" (line 4) on another segment",
            ),
        ] {
            assert_eq!(problems(text), [expected], "{text}");
        }
    }

    #[test]
    fn what_routers_join_is_in_one_place() {
        let clash = "links:\n  - r1 10.0.0.1/24 -- a 10.0.0.2/24\n  - r1 10.9.0.1/30 -- r2 10.9.0.2/30\n  - r2 10.0.0.3/24 -- b 10.0.0.4/24\n";
        let message =
            "6 \"r2:eth1\" is in 10.0.0.0/24, which overlaps 10.0.0.0/24 of \"r1:eth0\" (line 4) on another segment";
        assert_eq!(problems(&format!("{ROUTERS}{clash}")), [message]);
        assert_eq!(problems(clash), [""; 0]);
        // Where nobody forwards between them, each is a world of its own.
        assert_eq!(problems(&format!("routing: auto\n{clash}")), [""; 0]);
        let apart = "links:\n  - r1 10.0.0.1/24 -- a 10.0.0.2/24\n  - r2 10.0.0.3/24 -- b 10.0.0.4/24\n";
        assert_eq!(problems(&format!("{ROUTERS}{apart}")), [""; 0]);
    }

    #[test]
    fn what_is_meant_so_is_left_alone() {
        for text in [
            "links: [ r1 10.0.0.1/32 -- a, r1 10.0.0.1/32 -- b, r1 fe80::1/64 -- c, r1 fe80::1/64 -- d, r1 169.254.0.1/16 -- e, r1 169.254.0.2/16 -- f ]",
            "segments: { s: { prefix: [ 10.0.0.0/24, 10.0.1.0/24 ], members: [ r1, r1, 'r1:x .9 10.0.1.9/24' ] } }",
            "nodes: { 'r[1-2]': { addresses: { lo: [ 10.0.0.9/24, 192.0.2.1/32 ] } } }\nlinks: [ r1 10.0.0.1/24 -- r2 10.0.0.2/24 ]",
            "nodes: { r1: { interfaces: { m: { kind: macvlan, link: eth0, addresses: 10.0.0.9/24 } } } }\nlinks: [ r1:eth0 10.0.0.1/24 -- a ]",
            "nodes: { r1: { interfaces: { v: { kind: vrf, table: 9, ports: [ y ] } } } }\nlinks: [ r1:x 10.0.0.1/24 -- a, r1:y 10.0.0.1/24 -- b ]",
            "nodes: { r1: { interfaces: { b: { kind: bridge, ports: [ p, q ], vlans: { p: 10 pvid untagged, q: 10 } } } }, r2: { interfaces: { v: { kind: vlan, link: t, id: 10, addresses: 10.0.0.1/24 } } } }\nlinks: [ r1:p -- h 10.0.0.2/24, r1:q -- r2:t ]",
            "nodes: { 'r[1-2]': { interfaces: { v: { kind: vlan, link: t, id: 10, addresses: [] } } } }\nlinks: [ r1:t -- r2:t ]",
        ] {
            let text =
                if text.starts_with("nodes") { format!("routing: auto\n{text}") } else { format!("{ROUTERS}{text}") };
            assert_eq!(problems(&text), [""; 0], "{text}");
        }
    }

    #[test]
    fn large_labs_are_swept() {
        let mut text = "routing: auto\nnodes: { r: { forward: true } }\nlinks:\n".to_owned();
        for n in 0..10_000 {
            writeln!(text, "  - r 10.0.0.1/24 -- h{n} 10.0.0.2/24").unwrap();
        }
        assert_eq!(problems(&text).len(), 1000);
    }
}
