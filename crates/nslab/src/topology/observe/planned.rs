//! A lab that is not up, as the network that it would be. Pure.

use std::collections::HashMap;

use super::network::{Network, Node, Role};
use super::seen::{self, Peer};
use crate::topology::kinds::encode;
use crate::topology::plan::uplink::addresses;
use crate::topology::plan::{BRIDGE, BRIDGE_INDEX, LOOPBACK, NodePlan, Plan, Port, bridge_mac};
use crate::topology::spec::{Hop, Route as Way};
use crate::types::{IfName, Prefix};
use crate::wire::consts::{IFA_F_PERMANENT, RT_TABLE_MAIN, RTPROT_BOOT};

impl Network {
    /// The network that a plan makes. What the kernel chooses for itself is left open.
    #[must_use]
    pub fn of_plan(plan: &Plan) -> Self {
        let mut nodes: Vec<Node> = plan.nodes.iter().map(|node| start(plan, node)).collect();
        let mut indexes: HashMap<(usize, &IfName), u32> = HashMap::new();
        for cable in &plan.cables {
            for (port, other) in [(&cable.a, &cable.b), (&cable.b, &cable.a)] {
                indexes.insert((port.node, &port.ifname), port.index);
                if let Some(node) = nodes.get_mut(port.node) {
                    node.seen.links.push(port_link(port, other));
                }
            }
        }
        indexes.extend(plan.devices.iter().map(|device| ((device.node, &device.ifname), device.index)));
        for device in &plan.devices {
            let index = |name: &IfName| indexes.get(&(device.node, name)).copied();
            let beneath = device.link.as_ref().and_then(index);
            let link = seen::Link {
                kind: Some(device.kind.kernel_name().into()),
                mac: device.mac,
                mtu: device.mtu.unwrap_or(1500),
                peer: beneath.map(|index| Peer { index, node: Some(device.node) }),
                info: encode(device.kind, &device.options, beneath, index).unwrap_or_default(),
                addresses: device.addresses.iter().copied().map(address).collect(),
                ..seen::Link::new(device.index, device.ifname.as_str())
            };
            let Some(node) = nodes.get_mut(device.node) else { continue };
            node.seen.links.push(link);
            for port in &device.ports {
                let port = node.seen.links.iter_mut().find(|link| link.name == port.as_str());
                port.into_iter().for_each(|port| port.master = Some(device.index));
            }
        }
        uplink(plan, &mut nodes);
        nodes.iter_mut().for_each(by_which);
        for node in &mut nodes {
            node.seen.links.sort_by_key(|link| link.index);
        }
        let notes = Vec::new();
        Self { name: plan.lab.as_str().into(), nodes, notes }
    }
}

fn address(prefix: Prefix) -> seen::Address {
    let (peer, broadcast, label, metric) = (None, None, None, None);
    seen::Address { prefix, peer, broadcast, label, scope: 0, flags: IFA_F_PERMANENT, metric }
}

fn start(plan: &Plan, node: &NodePlan) -> Node {
    let mut loopback = seen::Link { mtu: 65536, ..seen::Link::new(LOOPBACK, "lo") };
    loopback.addresses.extend(node.loopback.iter().copied().map(address));
    let mut links = vec![loopback];
    if node.switch {
        let mac = Some(bridge_mac(&plan.lab, &node.name));
        links.push(seen::Link { kind: Some("bridge".into()), mac, ..seen::Link::new(BRIDGE_INDEX, BRIDGE) });
    }
    let route = |route: &Way| {
        let mut way = route.clone();
        way.metric = Some(way.metric.unwrap_or(if way.to.is_ipv6() { 1024 } else { 0 }));
        way.table = Some(way.table.unwrap_or(RT_TABLE_MAIN));
        seen::Route { way, protocol: RTPROT_BOOT, special: false, body: Vec::new() }
    };
    let (forward_v4, forward_v6) = (Some(node.forward), Some(node.forward));
    let routes = node.routes.iter().map(route).collect();
    let role = if node.switch { Role::Switch } else { Role::Node };
    let seen = seen::Node { links, routes, forward_v4, forward_v6, ..seen::Node::default() };
    Node { name: node.name.as_str().into(), role, about: Vec::new(), seen }
}

fn port_link(port: &Port, other: &Port) -> seen::Link {
    seen::Link {
        kind: Some("veth".into()),
        mac: Some(port.mac),
        mtu: port.mtu.unwrap_or(1500),
        up: !port.down,
        carrier: !port.down && !other.down,
        master: port.bridged.then_some(BRIDGE_INDEX),
        peer: Some(Peer { index: other.index, node: Some(other.node) }),
        impair: port.impair,
        addresses: port.addresses.iter().copied().map(address).collect(),
        ..seen::Link::new(port.index, port.ifname.as_str())
    }
}

/// The kernel finds the interface by which a gateway is reached.
fn by_which(node: &mut Node) {
    let links = &node.seen.links;
    for hop in node.seen.routes.iter_mut().flat_map(|route| &mut route.way.hops) {
        let Some(via) = hop.via.filter(|_| hop.dev.is_none()) else { continue };
        let on_it = |link: &&seen::Link| link.addresses.iter().any(|address| address.prefix.contains(via));
        hop.dev = links.iter().find(on_it).and_then(|link| link.name.parse().ok());
    }
}

/// The machine, and the cable to it, with the addresses that are tried first where the file says none.
fn uplink(plan: &Plan, nodes: &mut Vec<Node>) {
    let Some(uplink) = &plan.uplink else { return };
    let machine = nodes.len();
    let Some(node) = nodes.get_mut(uplink.node) else { return };
    let index = node.seen.links.iter().map(|link| link.index).max().unwrap_or(LOOPBACK) + 1;
    let chosen = || crate::topology::plan::uplink::candidates(plan.lab.as_str(), false).find(|it| !uplink.is_own(*it));
    let prefixes = if uplink.prefixes.is_empty() { chosen().into_iter().collect() } else { uplink.prefixes.clone() };
    let both: Vec<(Prefix, Prefix)> = prefixes.into_iter().filter_map(addresses).collect();
    let end = |index, name: &str, other, place, addresses: Vec<Prefix>| seen::Link {
        kind: Some("veth".into()),
        peer: Some(Peer { index: other, node: Some(place) }),
        addresses: addresses.into_iter().map(address).collect(),
        ..seen::Link::new(index, name)
    };
    for (via, _) in
        both.iter().filter(|(it, _)| if it.is_ipv6() { uplink.default_routes.1 } else { uplink.default_routes.0 })
    {
        let hop = Hop { via: Some(via.address()), dev: Some(uplink.ifname.clone()), weight: None };
        let way = Way {
            hops: vec![hop],
            metric: Some(0),
            table: Some(RT_TABLE_MAIN),
            ..Way::new(Prefix::all(via.is_ipv6()))
        };
        node.seen.routes.push(seen::Route { way, protocol: RTPROT_BOOT, special: false, body: Vec::new() });
    }
    let theirs = both.iter().map(|(_, node)| *node).collect();
    node.seen
        .links
        .push(seen::Link { mac: Some(uplink.mac), ..end(index, uplink.ifname.as_str(), 2, machine, theirs) });
    let ours = both.iter().map(|(machine, _)| *machine).collect();
    let links = vec![end(2, plan.lab.as_str(), index, uplink.node, ours)];
    let seen = seen::Node { links, ..seen::Node::default() };
    nodes.push(Node { name: super::network::MACHINE.into(), role: Role::Machine, about: Vec::new(), seen });
}
