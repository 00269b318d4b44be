//! Which interfaces hear each other: over cables and segments, and through the bridges, bonds, VLANs and tunnels of
//! nodes. Pure.
//!
//! A frame is followed with the tags that it bears. Walking from an interface outwards finds what it shares a
//! segment with, and costs no more than what it finds.

use std::collections::{HashMap, HashSet};

use super::kinds::{LinkKind, OptionValue};
use super::spec::{Device, End, Lab};
use crate::types::{IfName, NodeName, Prefix};

/// An interface that may have addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attached<'l> {
    /// Its node.
    pub node: &'l NodeName,
    /// Its name.
    pub ifname: &'l IfName,
    /// Its addresses.
    pub addresses: &'l [Prefix],
}

impl<'l> From<&'l End> for Attached<'l> {
    fn from(end: &'l End) -> Self {
        Self { node: &end.node, ifname: &end.ifname, addresses: &end.addresses }
    }
}

impl<'l> From<&'l Device> for Attached<'l> {
    fn from(device: &'l Device) -> Self {
        Self { node: &device.node, ifname: &device.ifname, addresses: &device.addresses }
    }
}

/// The interfaces of a lab in groups of those that hear each other, in the order of the lab: segments, links, and
/// what nodes have beside them. Without interfaces of nodes, a segment is a group and a link is one.
#[must_use]
pub fn domains(lab: &Lab) -> Vec<Vec<Attached<'_>>> {
    let of_segments = lab.segments.iter().map(|segment| segment.members.iter().collect::<Vec<_>>());
    let wires = of_segments.chain(lab.links.iter().map(|link| vec![&link.a, &link.b]));
    if lab.devices.is_empty() {
        return wires.map(|ends| ends.into_iter().map(Attached::from).collect()).collect();
    }
    let wires: Vec<Vec<&End>> = wires.collect();
    let map = Map::of(lab, &wires);
    let all = wires.iter().flatten().map(|end| Attached::from(*end)).chain(lab.devices.iter().map(Attached::from));
    let all: Vec<Attached<'_>> = all.collect();
    let places: HashMap<Name<'_>, usize> = all.iter().map(|one| (one.node, one.ifname)).zip(0..).collect();
    let mut found: Vec<Vec<Attached<'_>>> = Vec::new();
    let mut seen: HashSet<Point<'_>> = HashSet::new();
    for start in &all {
        let mut heard: Vec<usize> = Vec::new();
        let mut queue: Vec<Point<'_>> = vec![((start.node, start.ifname), Vec::new())];
        while let Some(point) = queue.pop() {
            if !seen.insert(point.clone()) {
                continue;
            }
            let (name, tags) = &point;
            if tags.is_empty() {
                heard.extend(places.get(name));
            }
            queue.extend(map.next(*name, tags));
        }
        heard.sort_unstable();
        if !heard.is_empty() {
            found.push(heard.into_iter().filter_map(|at| all.get(at).copied()).collect());
        }
    }
    found
}

type Name<'l> = (&'l NodeName, &'l IfName);

/// A frame at an interface, with its tags from the outermost.
type Point<'l> = (Name<'l>, Vec<u16>);

/// More tags than this on a frame are not followed.
const MOST_TAGS: usize = 4;

struct Map<'l> {
    devices: HashMap<Name<'l>, &'l Device>,
    /// What is on an interface.
    above: HashMap<Name<'l>, Vec<&'l Device>>,
    /// Of what an interface is a port.
    masters: HashMap<Name<'l>, &'l Device>,
    /// The others on the wire of an end, and on which wire.
    wires: Vec<Vec<Name<'l>>>,
    on_wire: HashMap<Name<'l>, usize>,
}

impl<'l> Map<'l> {
    fn of(lab: &'l Lab, wires: &[Vec<&'l End>]) -> Self {
        let mut map = Self {
            devices: HashMap::new(),
            above: HashMap::new(),
            masters: HashMap::new(),
            wires: Vec::new(),
            on_wire: HashMap::new(),
        };
        for wire in wires {
            let names: Vec<Name<'_>> = wire.iter().map(|end| (&end.node, &end.ifname)).collect();
            map.on_wire.extend(names.iter().map(|name| (*name, map.wires.len())));
            map.wires.push(names);
        }
        for device in &lab.devices {
            map.devices.insert((&device.node, &device.ifname), device);
            if let Some(link) = &device.link {
                map.above.entry((&device.node, link)).or_default().push(device);
            }
            for port in &device.ports {
                map.masters.insert((&device.node, port), device);
            }
        }
        map
    }

    /// Where a frame comes to next.
    fn next(&self, name: Name<'l>, tags: &[u16]) -> Vec<Point<'l>> {
        let mut next: Vec<Point<'l>> = Vec::new();
        if let Some(wire) = self.on_wire.get(&name).and_then(|wire| self.wires.get(*wire)) {
            next.extend(wire.iter().map(|end| (*end, tags.to_vec())));
        }
        for device in self.above.get(&name).into_iter().flatten() {
            let place = (&device.node, &device.ifname);
            match device.kind {
                LinkKind::Vlan if tags.first().copied() == id(device) => {
                    next.push((place, tags.get(1..).unwrap_or_default().to_vec()));
                }
                LinkKind::Macvlan | LinkKind::Macvtap | LinkKind::Ipvlan => next.push((place, tags.to_vec())),
                _ => {}
            }
        }
        if let Some(master) = self.masters.get(&name) {
            next.extend(into_master(master, name.1, tags));
        }
        if let Some(device) = self.devices.get(&name) {
            next.extend(self.out_of(device, tags));
        }
        next.retain(|(_, tags)| tags.len() <= MOST_TAGS);
        next
    }

    /// Where what is in a node's own interface goes.
    fn out_of(&self, device: &'l Device, tags: &[u16]) -> Vec<Point<'l>> {
        let beneath = device.link.as_ref().map(|link| (&device.node, link));
        match device.kind {
            LinkKind::Vlan => {
                let tagged = id(device).into_iter().chain(tags.iter().copied()).collect();
                beneath.map(|link| (link, tagged)).into_iter().collect()
            }
            LinkKind::Macvlan | LinkKind::Macvtap | LinkKind::Ipvlan => {
                beneath.map(|link| (link, tags.to_vec())).into_iter().collect()
            }
            LinkKind::Vxlan => {
                let peer = device.peer.as_ref().map(|(node, ifname)| ((node, ifname), tags.to_vec()));
                peer.into_iter().chain(self.same_vxlan(device, tags)).collect()
            }
            LinkKind::Wireguard => {
                let peer = device.peer.as_ref().map(|(node, ifname)| ((node, ifname), tags.to_vec()));
                peer.into_iter().collect()
            }
            LinkKind::Bond => ports(device).map(|port| (port, tags.to_vec())).collect(),
            LinkKind::Bridge if filters(device) => through_bridge(device, &device.ifname, tags),
            LinkKind::Bridge => ports(device).map(|port| (port, tags.to_vec())).collect(),
            _ => Vec::new(),
        }
    }

    /// Tunnels of one number, as far as nodes say them: that the packets get there is not looked at.
    fn same_vxlan(&self, device: &'l Device, tags: &[u16]) -> Vec<Point<'l>> {
        if device.peer.is_some() {
            return Vec::new();
        }
        let is_other = |other: &&&Device| {
            other.kind == LinkKind::Vxlan
                && other.peer.is_none()
                && other.node != device.node
                && ["id", "port"].iter().all(|name| other.options.get(*name) == device.options.get(*name))
        };
        let mut found: Vec<&Device> = self.devices.values().filter(is_other).copied().collect();
        found.sort_by(|a, b| (&a.node, &a.ifname).cmp(&(&b.node, &b.ifname)));
        found.into_iter().map(|other| ((&other.node, &other.ifname), tags.to_vec())).collect()
    }
}

fn id(device: &Device) -> Option<u16> {
    match device.options.get("id") {
        Some(OptionValue::Number(id)) => u16::try_from(*id).ok(),
        _ => None,
    }
}

fn ports(device: &Device) -> impl Iterator<Item = Name<'_>> {
    device.ports.iter().map(|port| (&device.node, port))
}

fn filters(bridge: &Device) -> bool {
    bridge.options.get("vlan_filtering") == Some(&OptionValue::Switch(true))
}

/// A frame that comes in by a port.
fn into_master<'l>(master: &'l Device, port: &IfName, tags: &[u16]) -> Vec<Point<'l>> {
    match master.kind {
        LinkKind::Bond => vec![((&master.node, &master.ifname), tags.to_vec())],
        LinkKind::Bridge if filters(master) => through_bridge(master, port, tags),
        LinkKind::Bridge => {
            let own = (&master.node, &master.ifname);
            ports(master).chain([own]).map(|name| (name, tags.to_vec())).collect()
        }
        _ => Vec::new(),
    }
}

/// A frame that comes into a bridge that filters, by a port or by the bridge itself: which VLAN it is in, and where
/// that one goes.
fn through_bridge<'l>(bridge: &'l Device, from: &IfName, tags: &[u16]) -> Vec<Point<'l>> {
    let default = match bridge.options.get("vlan_default_pvid") {
        Some(OptionValue::Number(id)) => u16::try_from(*id).unwrap_or(0),
        _ => 1,
    };
    let own = |port: &IfName| bridge.vlans.iter().filter(|vlan| vlan.port == *port).collect::<Vec<_>>();
    // Without a tag, by the port's own VLAN; with one, by that.
    let pvid = own(from).iter().find(|vlan| vlan.pvid).map(|vlan| vlan.first).or((default > 0).then_some(default));
    let (vlan, rest) = match tags.split_first() {
        None => (pvid, tags),
        Some((tag, rest)) => (Some(*tag), rest),
    };
    let Some(vlan) = vlan else { return Vec::new() };
    // Whether a port is in it, and whether its frames leave there without a tag.
    let leaves = |port: &IfName| match own(port).iter().find(|said| said.contains(vlan)) {
        Some(said) => Some(said.untagged),
        None => (vlan == default).then_some(true),
    };
    if leaves(from).is_none() {
        return Vec::new();
    }
    let all = ports(bridge).chain([(&bridge.node, &bridge.ifname)]).filter(|(_, port)| *port != from);
    let out = |(node, port): Name<'l>| {
        let tag = if leaves(port)? { None } else { Some(vlan) };
        Some(((node, port), tag.into_iter().chain(rest.iter().copied()).collect()))
    };
    all.filter_map(out).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::topology::spec::parse;

    /// The groups of those that have addresses, each as `node:ifname …`.
    fn heard(text: &str) -> Vec<String> {
        let lab = parse(text, Path::new("t.yaml")).unwrap_or_else(|error| panic!("{error}"));
        let group = |group: &Vec<Attached<'_>>| {
            let with_addresses = group.iter().filter(|one| !one.addresses.is_empty());
            with_addresses.map(|one| format!("{}:{}", one.node, one.ifname)).collect::<Vec<_>>().join(" ")
        };
        domains(&lab).iter().map(group).filter(|group| !group.is_empty()).collect()
    }

    #[test]
    fn vlans_over_a_trunk_between_bridges() {
        let text = "
nodes:
  s1: { interfaces: { br0: { kind: bridge, ports: [ p1, p2, up ], vlans: { p1: 10 pvid untagged, p2: 20 pvid untagged, up: [ 10, 20 ] } } } }
  s2: { interfaces: { br0: { kind: bridge, ports: [ p1, up ], vlans: { p1: 20 pvid untagged, up: 10-20, br0: 10 pvid untagged }, addresses: 10.0.0.9/24 } } }
  r: { interfaces: { eth0.20: { kind: vlan, link: eth0, id: 20, addresses: 10.1.0.9/24 } } }
links:
  - s1:up -- s2:up
  - s1:p1 -- h1 10.0.0.1/24
  - s1:p2 -- h2 10.1.0.1/24
  - s2:p1 -- h3 10.1.0.2/24
  - r:eth0 -- r2:eth0
";
        assert_eq!(heard(text), ["h1:eth0 s2:br0", "h2:eth0 h3:eth0", "r:eth0.20"]);
    }

    #[test]
    fn vlans_on_vlans_bonds_and_tunnels() {
        let text = "
nodes:
  a:
    interfaces:
      b0: { kind: bond, ports: [ x, y ] }
      v: { kind: vlan, link: b0, id: 7, addresses: 10.0.7.1/24 }
      w: { kind: vlan, link: v, id: 8, addresses: 10.0.8.1/24 }
      d: { kind: dummy, addresses: 10.9.0.1/24 }
  b:
    interfaces:
      b0: { kind: bond, ports: [ x, y ], addresses: 10.0.0.2/24 }
      v: { kind: vlan, link: b0, id: 7, addresses: 10.0.7.2/24 }
      w: { kind: vlan, link: v, id: 8, addresses: 10.0.8.2/24 }
      m: { kind: macvlan, link: z, addresses: 10.2.0.3/24 }
links:
  - a:x -- b:x
  - a:y -- b:y
  - a:z 10.2.0.1/24 -- b:z 10.2.0.2/24
  - { kind: vxlan, id: 5, a: { node: a, addresses: [ 10.3.0.1/24 ] }, b: { node: b, addresses: [ 10.3.0.2/24 ] } }
";
        let expected = ["a:z b:z b:m", "b:b0", "a:v b:v", "a:w b:w", "a:d", "a:vxlan0 b:vxlan0"];
        let mut found = heard(text);
        found.sort_by_key(|group| expected.iter().position(|expected| expected == group));
        assert_eq!(found, expected);
    }
}
