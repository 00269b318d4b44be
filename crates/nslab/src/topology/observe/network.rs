//! A network as it was found, as a value: nodes, what is in them, and what joins them. Pictures are drawn of it, and
//! lab files written.
//!
//! Pure: what was read goes in, and nothing of it is asked for again.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use super::seen;
use crate::topology::kinds::{LinkKind, OptionValue, decode};
use crate::topology::spec::Route as Way;
use crate::types::Prefix;
use crate::wire::consts::RT_TABLE_MAIN;

/// What the namespace is called that all others were looked at from.
pub const MACHINE: &str = "(machine)";

/// A network.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Network {
    /// What it is called: the lab's name, or that of the machine.
    pub name: String,
    /// Its nodes. The places in [`seen::Peer`] are of this list.
    pub nodes: Vec<Node>,
    /// What is missing of it, one thing each.
    pub notes: Vec<String>,
}

/// A node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its name; no other node of the network has it. May have any characters.
    pub name: String,
    /// What it is.
    pub role: Role,
    /// What else is known of it: its lab, its processes.
    pub about: Vec<String>,
    /// What is in it.
    pub seen: seen::Node,
}

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A network namespace.
    Node,
    /// One that is a bridge and its ports and nothing else, or such a bridge of the machine's own namespace.
    Switch,
    /// The namespace that all others were looked at from.
    Machine,
}

/// What joins two interfaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wire {
    /// What it is.
    pub kind: WireKind,
    /// Its ends.
    pub ends: [End; 2],
}

/// An interface: the place of its node among the network's, and its own among the node's links.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct End {
    /// The node.
    pub node: usize,
    /// The link.
    pub link: usize,
}

/// What joins two interfaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WireKind {
    /// A virtual cable.
    Cable,
    /// A tunnel: VXLAN over what joins the nodes otherwise.
    Tunnel,
    /// One stands on the other, in another namespace.
    Stacked,
}

impl Network {
    /// The node at a place.
    #[must_use]
    pub fn node(&self, place: usize) -> Option<&Node> {
        self.nodes.get(place)
    }

    /// The interface at an end.
    #[must_use]
    pub fn link(&self, end: End) -> Option<&seen::Link> {
        self.nodes.get(end.node)?.seen.links.get(end.link)
    }

    /// `node:ifname` of an end.
    #[must_use]
    pub fn name_of(&self, end: End) -> String {
        let node = self.nodes.get(end.node).map_or("?", |node| node.name.as_str());
        format!("{node}:{}", self.link(end).map_or("?", |link| link.name.as_str()))
    }

    /// Everything that joins interfaces, in the order of the nodes and their links.
    #[must_use]
    pub fn wires(&self) -> Vec<Wire> {
        let mut places: HashMap<(usize, u32), usize> = HashMap::new();
        for (node, of_node) in self.nodes.iter().enumerate() {
            places.extend(of_node.seen.links.iter().zip(0..).map(|(link, at)| ((node, link.index), at)));
        }
        let mut wires = Vec::new();
        for (node, of_node) in self.nodes.iter().enumerate() {
            for (at, link) in of_node.seen.links.iter().enumerate() {
                let near = End { node, link: at };
                let Some(peer) = link.peer else { continue };
                let Some(place) = peer.node else { continue };
                let Some(far) = places.get(&(place, peer.index)).map(|link| End { node: place, link: *link }) else {
                    continue;
                };
                let back = self.link(far).and_then(|far| far.peer);
                let is_back = back == Some(seen::Peer { index: link.index, node: Some(node) });
                match link.is("veth") {
                    true if is_back && near <= far => wires.push(Wire { kind: WireKind::Cable, ends: [near, far] }),
                    true => {}
                    false if place != node => wires.push(Wire { kind: WireKind::Stacked, ends: [near, far] }),
                    false => {}
                }
            }
        }
        wires.extend(self.tunnels());
        wires
    }

    /// Tunnels whose ends name each other's addresses.
    fn tunnels(&self) -> Vec<Wire> {
        let mut owners: HashMap<IpAddr, HashSet<usize>> = HashMap::new();
        let mut ends: Vec<(End, Vxlan)> = Vec::new();
        for (node, of_node) in self.nodes.iter().enumerate() {
            for (at, link) in of_node.seen.links.iter().enumerate() {
                for address in &link.addresses {
                    owners.entry(address.prefix.address()).or_default().insert(node);
                }
                ends.extend(Vxlan::of(link).map(|vxlan| (End { node, link: at }, vxlan)));
            }
        }
        let mut found = Vec::new();
        for (at, (near, one)) in ends.iter().enumerate() {
            for (far, other) in ends.iter().skip(at + 1) {
                let leads = |from: &Vxlan, to: End| {
                    from.remote.is_some_and(|remote| owners.get(&remote).is_some_and(|it| it.contains(&to.node)))
                };
                if one.id == other.id && near.node != far.node && leads(one, *far) && leads(other, *near) {
                    found.push(Wire { kind: WireKind::Tunnel, ends: [*near, *far] });
                }
            }
        }
        found
    }

    /// Makes a switch of each bridge of the machine's own namespace that has neither addresses nor interfaces on it,
    /// and whose ports lead to other nodes, or to another such bridge. Its ports go with it.
    pub fn split_bridges(&mut self) {
        let Some(place) = self.nodes.iter().position(|node| node.role == Role::Machine) else { return };
        let Some(machine) = self.nodes.get(place).map(|node| &node.seen) else { return };
        let plain = |bridge: &&seen::Link| {
            let stood_on = |link: &seen::Link| {
                !link.is("veth") && link.peer.is_some_and(|peer| peer.node == Some(place) && peer.index == bridge.index)
            };
            bridge.is("bridge") && !has_addresses(bridge) && !machine.links.iter().any(stood_on)
        };
        let bridges: HashSet<u32> = machine.links.iter().filter(plain).map(|link| link.index).collect();
        let ports_of = |bridge: u32| machine.links.iter().filter(move |link| link.master == Some(bridge));
        let leads_out = |port: &seen::Link| {
            let Some(peer) = port.peer.filter(|_| port.is("veth") && !has_addresses(port)) else { return false };
            let Some(other) = peer.node.filter(|other| *other == place) else { return peer.node.is_some() };
            let there = self.nodes.get(other).and_then(|node| node.seen.link_at(peer.index));
            there.and_then(|link| link.master).is_some_and(|master| bridges.contains(&master))
        };
        let mut moves: HashMap<u32, usize> = HashMap::new();
        let mut switches = Vec::new();
        let mut taken: HashSet<String> = self.nodes.iter().map(|node| node.name.clone()).collect();
        for bridge in machine.links.iter().filter(|link| bridges.contains(&link.index)) {
            if ports_of(bridge.index).next().is_none() || !ports_of(bridge.index).all(leads_out) {
                continue;
            }
            let at = self.nodes.len() + switches.len();
            let links: Vec<seen::Link> = [bridge].into_iter().chain(ports_of(bridge.index)).cloned().collect();
            moves.extend(links.iter().map(|link| (link.index, at)));
            let name = unused(&bridge.name, &mut taken);
            let about = vec!["a bridge of the machine's own namespace".into()];
            switches.push(Node {
                name,
                role: Role::Switch,
                about,
                seen: seen::Node { links, ..seen::Node::default() },
            });
        }
        if let Some(machine) = self.nodes.get_mut(place) {
            machine.seen.links.retain(|link| !moves.contains_key(&link.index));
        }
        self.nodes.extend(switches);
        for peer in self.nodes.iter_mut().flat_map(|node| &mut node.seen.links).filter_map(|link| link.peer.as_mut()) {
            if let Some(to) = moves.get(&peer.index).filter(|_| peer.node == Some(place)) {
                peer.node = Some(*to);
            }
        }
    }

    /// Leaves of the machine's own namespace only those interfaces that lead to other nodes, and the bridges and bonds
    /// that they are ports of; nothing where there is none. Says how many others were left out.
    pub fn reduce_machine(&mut self) -> usize {
        let Some(place) = self.nodes.iter().position(|node| node.role == Role::Machine) else { return 0 };
        let joined: HashSet<u32> = self
            .wires()
            .iter()
            .filter(|wire| wire.ends.iter().any(|end| end.node != place))
            .flat_map(|wire| wire.ends)
            .filter(|end| end.node == place)
            .filter_map(|end| self.link(end).map(|link| link.index))
            .collect();
        let Some(machine) = self.nodes.get_mut(place) else { return 0 };
        let masters: HashSet<u32> = machine
            .seen
            .links
            .iter()
            .filter(|link| joined.contains(&link.index))
            .filter_map(|link| link.master)
            .collect();
        let before = machine.seen.links.iter().filter(|link| !is_loopback(link)).count();
        machine.seen.links.retain(|link| joined.contains(&link.index) || masters.contains(&link.index));
        let kept: HashSet<&str> = machine.seen.links.iter().map(|link| link.name.as_str()).collect();
        machine.seen.routes.retain(|route| {
            let hops = &route.way.hops;
            !hops.is_empty() && hops.iter().all(|hop| hop.dev.as_ref().is_some_and(|dev| kept.contains(dev.as_str())))
        });
        let left = before - machine.seen.links.len();
        if machine.seen.links.is_empty() {
            self.remove(place);
        }
        left
    }

    /// Takes a node out.
    pub fn remove(&mut self, place: usize) {
        if place >= self.nodes.len() {
            return;
        }
        self.nodes.remove(place);
        for peer in self.nodes.iter_mut().flat_map(|node| &mut node.seen.links).filter_map(|link| link.peer.as_mut()) {
            peer.node = match peer.node {
                Some(at) if at == place => None,
                Some(at) if at > place => Some(at - 1),
                other => other,
            };
        }
    }

    /// Leaves only nodes that are wanted; they are asked for in their order.
    pub fn retain(&mut self, mut wanted: impl FnMut(&Node) -> bool) {
        let goes: Vec<bool> = self.nodes.iter().map(|node| !wanted(node)).collect();
        for place in (0..goes.len()).rev().filter(|place| goes.get(*place) == Some(&true)) {
            self.remove(place);
        }
    }

    /// Puts the nodes in the order of their names, with numbers in them as numbers.
    pub fn sort(&mut self) {
        let mut order: Vec<usize> = (0..self.nodes.len()).collect();
        let name = |at: &usize| self.nodes.get(*at).map_or("", |node| node.name.as_str());
        order.sort_by(|a, b| natural(name(a), name(b)));
        let mut places: HashMap<usize, usize> = HashMap::new();
        let mut nodes: Vec<Option<Node>> = std::mem::take(&mut self.nodes).into_iter().map(Some).collect();
        for (to, from) in order.into_iter().enumerate() {
            places.insert(from, to);
            self.nodes.extend(nodes.get_mut(from).and_then(Option::take));
        }
        for peer in self.nodes.iter_mut().flat_map(|node| &mut node.seen.links).filter_map(|link| link.peer.as_mut()) {
            peer.node = peer.node.and_then(|at| places.get(&at).copied());
        }
    }
}

/// What a VXLAN interface says of its tunnel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vxlan {
    /// Its number.
    pub id: u32,
    /// The other end.
    pub remote: Option<IpAddr>,
}

impl Vxlan {
    /// That of a link, if it is one.
    #[must_use]
    pub fn of(link: &seen::Link) -> Option<Self> {
        if !link.is("vxlan") {
            return None;
        }
        let options = decode(LinkKind::Vxlan, &link.info, |_| None);
        let Some(OptionValue::Number(id)) = options.get("id") else { return None };
        let remote = match options.get("remote") {
            Some(OptionValue::Address(remote)) => Some(*remote),
            _ => None,
        };
        Some(Self { id: *id, remote })
    }
}

/// What a namespace is by what is in it: a switch is a bridge and its ports, without any addresses but those that the
/// kernel makes, and without routes.
#[must_use]
pub fn is_switch(node: &seen::Node) -> bool {
    let others: Vec<&seen::Link> = node.links.iter().filter(|link| !is_loopback(link)).collect();
    let mut bridges = others.iter().filter(|link| link.is("bridge"));
    let (Some(bridge), None) = (bridges.next(), bridges.next()) else { return false };
    let port = |link: &&&seen::Link| link.is("veth") && link.master == Some(bridge.index);
    let ports = others.iter().filter(port).count();
    ports + 1 == others.len()
        && node.routes.is_empty()
        && !others.iter().any(|link| has_addresses(link))
        && !node.links.iter().filter(|link| is_loopback(link)).any(|link| link.addresses.iter().any(is_own_loopback))
}

/// An address of loopback beyond those that every one has.
fn is_own_loopback(address: &seen::Address) -> bool {
    !address.prefix.address().is_loopback()
}

/// Whether a link is the loopback interface.
#[must_use]
pub fn is_loopback(link: &seen::Link) -> bool {
    link.kind.is_none() && link.name == "lo"
}

/// Whether somebody gave it addresses.
#[must_use]
pub fn has_addresses(link: &seen::Link) -> bool {
    link.addresses.iter().any(|address| !is_given(&address.prefix))
}

/// Whether the kernel gives an address like this to every interface.
#[must_use]
pub fn is_given(prefix: &Prefix) -> bool {
    matches!(prefix.address(), IpAddr::V6(ip) if ip.is_unicast_link_local())
}

/// A route without what the kernel tells of every route: the main table, the metric that it gives, equal shares.
#[must_use]
pub fn as_said(way: &Way) -> Way {
    let mut way = way.clone();
    way.metric = way.metric.filter(|metric| *metric != if way.to.is_ipv6() { 1024 } else { 0 });
    way.table = way.table.filter(|table| *table != RT_TABLE_MAIN);
    if way.hops.iter().all(|hop| hop.weight.unwrap_or(1) == 1) {
        way.hops.iter_mut().for_each(|hop| hop.weight = None);
    }
    way
}

/// A name that no other has, made of one that another may have.
pub(crate) fn unused(name: &str, taken: &mut HashSet<String>) -> String {
    let mut number = 1;
    loop {
        let name = if number == 1 { name.to_owned() } else { format!("{name}-{number}") };
        if taken.insert(name.clone()) {
            return name;
        }
        number += 1;
    }
}

/// The order of names with numbers in them as numbers: `h2` before `h10`.
#[must_use]
pub fn natural(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a.as_bytes(), b.as_bytes());
    loop {
        let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let order = match (digits(left), digits(right)) {
            (0, _) | (_, 0) => match (left.split_first(), right.split_first()) {
                (Some((x, after)), Some((y, behind))) => {
                    (left, right) = (after, behind);
                    x.cmp(y)
                }
                _ => return left.len().cmp(&right.len()).then_with(|| a.cmp(b)),
            },
            (x, y) => {
                let ((one, after), (other, behind)) = (left.split_at(x), right.split_at(y));
                (left, right) = (after, behind);
                let plain =
                    |digits: &[u8]| digits.iter().copied().skip_while(|digit| *digit == b'0').collect::<Vec<_>>();
                let (one, other) = (plain(one), plain(other));
                one.len().cmp(&other.len()).then_with(|| one.cmp(&other))
            }
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_are_numbers() {
        let mut names = vec!["h10", "h2", "h1", "h", "h02", "a3b1", "a3b", "gw", "h1a"];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(names, ["a3b", "a3b1", "gw", "h", "h1", "h1a", "h02", "h2", "h10"]);
    }

    fn link(index: u32, name: &str, kind: &str) -> seen::Link {
        seen::Link { kind: Some(kind.into()), ..seen::Link::new(index, name) }
    }

    fn cable(index: u32, name: &str, node: usize, other: u32) -> seen::Link {
        seen::Link { peer: Some(seen::Peer { index: other, node: Some(node) }), ..link(index, name, "veth") }
    }

    fn node(name: &str, role: Role, links: Vec<seen::Link>) -> Node {
        Node { name: name.into(), role, about: Vec::new(), seen: seen::Node { links, ..seen::Node::default() } }
    }

    /// As mininet makes it: hosts with namespaces, switches that are bridges of the machine.
    #[test]
    fn bridges_of_the_machine_become_switches() {
        let port = |link: seen::Link, bridge| seen::Link { master: Some(bridge), ..link };
        let machine = vec![
            link(1, "eth0", "none"),
            link(2, "s1", "bridge"),
            link(3, "s2", "bridge"),
            port(cable(4, "s1-eth1", 1, 2), 2),
            port(cable(5, "s1-eth2", 0, 6), 2),
            port(cable(6, "s2-eth2", 0, 5), 3),
            port(cable(7, "s2-eth1", 2, 2), 3),
        ];
        let nodes = vec![
            node("(machine)", Role::Machine, machine),
            node("h1", Role::Node, vec![cable(2, "h1-eth0", 0, 4)]),
            node("h2", Role::Node, vec![cable(2, "h2-eth0", 0, 7)]),
        ];
        let mut network = Network { nodes, ..Network::default() };
        network.split_bridges();
        assert_eq!(network.reduce_machine(), 1);
        network.sort();
        let wires: Vec<String> =
            network.wires().iter().map(|wire| wire.ends.map(|end| network.name_of(end)).join(" -- ")).collect();
        assert_eq!(wires, ["h1:h1-eth0 -- s1:s1-eth1", "h2:h2-eth0 -- s2:s2-eth1", "s1:s1-eth2 -- s2:s2-eth2"]);
        assert_eq!(network.nodes.iter().filter(|node| node.role == Role::Switch).count(), 2);
    }
}
