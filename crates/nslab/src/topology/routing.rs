//! `routing: auto`: static routes along shortest paths. Pure.
//!
//! Every node gets a route to every prefix of the lab that it can reach over nodes that forward and is not
//! in itself; equal paths share the packets. A node that does not forward and has the same way to all of
//! them gets a default route instead. What a node's description routes, it keeps.
//!
//! Interfaces in a VRF are left out: their routes are another table's, which the description says itself.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::net::IpAddr;

use super::domains::{Attached, domains};
use super::kinds::LinkKind;
use super::spec::{Hop, Lab, Node, Route};
use crate::types::{IfName, NodeName, Prefix};

/// The routes of each node, in the order of the lab's nodes.
#[must_use]
pub fn routes(lab: &Lab) -> Vec<Vec<Route>> {
    let network = Network::of(lab);
    let mut routes: Vec<Vec<Route>> = lab.nodes.iter().map(|_| Vec::new()).collect();
    // Where there is one way to everything, the first route found is the default route of its family.
    let single: Vec<bool> = (0..lab.nodes.len()).map(|node| network.has_one_way(node)).collect();
    let is_single = |node: usize| single.get(node).copied().unwrap_or_default();
    for (prefix, attached) in network.prefixes() {
        let default = Prefix::all(prefix.is_ipv6());
        let has_default = |node: usize| {
            is_single(node) && routes.get(node).is_some_and(|routes| routes.iter().any(|route| route.to == default))
        };
        for (node, hops) in network.ways(prefix, &attached, has_default) {
            if let Some(of_node) = routes.get_mut(node) {
                let to = if is_single(node) { default } else { prefix };
                of_node.push(Route { hops, ..Route::new(to) });
            }
        }
    }
    for ((at, node), found) in lab.nodes.iter().enumerate().zip(&mut routes) {
        if !node.forward && network.uplink != Some(at) {
            shorten(found);
        }
        let said: HashSet<Prefix> =
            node.routes.iter().filter(|route| route.table.is_none()).map(|route| route.to).collect();
        found.retain(|route| !said.contains(&route.to));
    }
    routes
}

/// One way to all prefixes of a family is a default route.
fn shorten(routes: &mut Vec<Route>) {
    for ipv6 in [false, true] {
        let mut of_family = routes.iter().filter(|route| route.to.is_ipv6() == ipv6);
        let Some(first) = of_family.next() else { continue };
        if of_family.all(|route| route.hops == first.hops) {
            let default = Route { to: Prefix::all(ipv6), ..first.clone() };
            routes.retain(|route| route.to.is_ipv6() != ipv6);
            routes.push(default);
        }
    }
}

/// Who can hand packets to whom.
struct Network<'l> {
    nodes: &'l [Node],
    /// The wires, links and segments alike, and what hears each other over them: who is on them.
    wires: Vec<Vec<(usize, Attached<'l>)>>,
    /// What each node has for itself: addresses of loopback, and of interfaces on which nobody else is.
    own: Vec<Vec<Prefix>>,
    /// The wires that each node is on.
    of_node: Vec<Vec<usize>>,
    /// The node with the way out.
    uplink: Option<usize>,
}

impl<'l> Network<'l> {
    fn of(lab: &'l Lab) -> Self {
        let places: HashMap<&NodeName, usize> = lab.nodes.iter().map(|node| &node.name).zip(0..).collect();
        let apart = in_vrfs(lab);
        let place = |end: Attached<'l>| {
            // Between ports and what they belong to, those with addresses count.
            let here = lab.devices.is_empty() || !end.addresses.is_empty();
            let here = here && !apart.contains(&(end.node, end.ifname));
            Some((*places.get(end.node)?, end)).filter(|_| here)
        };
        let made: HashSet<(&NodeName, &IfName)> =
            lab.devices.iter().map(|device| (&device.node, &device.ifname)).collect();
        let mut own: Vec<Vec<Prefix>> = lab.nodes.iter().map(|node| node.loopback.clone()).collect();
        let mut wires: Vec<Vec<(usize, Attached<'_>)>> = Vec::new();
        for ends in domains(lab) {
            let ends: Vec<(usize, Attached<'_>)> = ends.into_iter().filter_map(place).collect();
            match ends.as_slice() {
                [(node, alone)] if made.contains(&(alone.node, alone.ifname)) => {
                    own.get_mut(*node).into_iter().for_each(|own| own.extend(alone.addresses));
                }
                _ => wires.push(ends),
            }
        }
        let mut of_node = vec![Vec::new(); lab.nodes.len()];
        for (wire, ends) in wires.iter().enumerate() {
            for (node, _) in ends {
                if let Some(wires) = of_node.get_mut(*node)
                    && wires.last() != Some(&wire)
                {
                    wires.push(wire);
                }
            }
        }
        let uplink = lab.uplink.as_ref().and_then(|uplink| places.get(&uplink.node).copied());
        Self { nodes: &lab.nodes, wires, own, of_node, uplink }
    }

    /// Every network that there is, in order, and the nodes that are in it. Everything is where the uplink is.
    fn prefixes(&self) -> BTreeMap<Prefix, Vec<usize>> {
        let mut prefixes: BTreeMap<Prefix, Vec<usize>> = BTreeMap::new();
        if let Some(node) = self.uplink {
            prefixes.extend([false, true].map(|ipv6| (Prefix::all(ipv6), vec![node])));
        }
        let on_wires = self.wires.iter().flatten().map(|(node, end)| (*node, end.addresses));
        let own = self.own.iter().enumerate().map(|(at, own)| (at, own.as_slice()));
        for (node, addresses) in on_wires.chain(own) {
            for address in addresses {
                let nodes = prefixes.entry(address.network()).or_default();
                if !nodes.contains(&node) {
                    nodes.push(node);
                }
            }
        }
        prefixes
    }

    /// Whether a node hands whatever is not for its own wire to the same neighbour: it does not forward, it is on
    /// one wire, and there is one there that forwards, and nobody else with a loopback address to be reached.
    fn has_one_way(&self, node: usize) -> bool {
        let forwards = |node: usize| self.nodes.get(node).is_some_and(|node| node.forward);
        let of_node = self.of_node.get(node).map(Vec::as_slice).unwrap_or_default();
        let [wire] = of_node else { return false };
        let ends = self.wires.get(*wire).map(Vec::as_slice).unwrap_or_default();
        let own = ends.iter().filter(|(other, _)| *other == node).count();
        let relays = ends.iter().filter(|(other, _)| *other != node && forwards(*other)).count();
        let others = ends.iter().filter(|(other, _)| *other != node && !forwards(*other));
        let reached = |other: usize| self.own.get(other).is_some_and(|own| !own.is_empty());
        self.uplink != Some(node)
            && !forwards(node)
            && own == 1
            && relays == 1
            && others.into_iter().all(|(other, _)| !reached(*other))
    }

    /// From the nodes in a prefix outwards: each further node's next hops towards it, but for those that need
    /// no more of them.
    fn ways(&self, prefix: Prefix, attached: &[usize], done: impl Fn(usize) -> bool) -> Vec<(usize, Vec<Hop>)> {
        let mut distance: HashMap<usize, usize> = attached.iter().map(|node| (*node, 0)).collect();
        let mut found: BTreeMap<usize, Vec<Hop>> = BTreeMap::new();
        let mut queue: VecDeque<usize> = attached.iter().copied().collect();
        while let Some(relay) = queue.pop_front() {
            let Some(node) = self.nodes.get(relay) else { continue };
            let far = distance.get(&relay).copied().unwrap_or_default() + 1;
            // What is a node's own is reached without its forwarding.
            let own = self.own.get(relay).map(Vec::as_slice).unwrap_or_default();
            let own = far == 1 && own.iter().any(|address| address.network() == prefix);
            if !node.forward && !own {
                continue;
            }
            for wire in self.of_node.get(relay).into_iter().flatten() {
                let ends = self.wires.get(*wire).map(Vec::as_slice).unwrap_or_default();
                let Some((_, gateway)) = ends.iter().find(|(node, _)| *node == relay) else { continue };
                for (neighbour, end) in ends.iter().filter(|(node, _)| *node != relay && !done(*node)) {
                    let Some(via) = address_for(gateway, end, prefix.is_ipv6()) else { continue };
                    let known = *distance.entry(*neighbour).or_insert_with(|| {
                        queue.push_back(*neighbour);
                        far
                    });
                    if known == far {
                        let hop = Hop { via: Some(via), dev: Some(end.ifname.clone()), weight: None };
                        let hops = found.entry(*neighbour).or_default();
                        if !hops.contains(&hop) {
                            hops.push(hop);
                        }
                    }
                }
            }
        }
        found.into_iter().collect()
    }
}

/// The interfaces that have another routing table.
fn in_vrfs(lab: &Lab) -> HashSet<(&NodeName, &IfName)> {
    let vrfs = lab.devices.iter().filter(|device| device.kind == LinkKind::Vrf);
    vrfs.flat_map(|vrf| vrf.ports.iter().chain([&vrf.ifname]).map(|name| (&vrf.node, name))).collect()
}

/// The gateway's address that is in a network of the other's interface.
fn address_for(gateway: &Attached<'_>, end: &Attached<'_>, ipv6: bool) -> Option<IpAddr> {
    let of_family = |address: &&Prefix| address.is_ipv6() == ipv6;
    let ours = || end.addresses.iter().filter(of_family);
    let near = gateway.addresses.iter().filter(of_family).map(Prefix::address);
    near.into_iter().find(|address| ours().any(|own| own.network().contains(*address)))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::topology::spec::parse;

    /// `node: route`, one each.
    fn found(text: &str) -> Vec<String> {
        let lab = parse(text, Path::new("t.yaml")).unwrap_or_else(|error| panic!("{error}"));
        let of_node = |(node, routes): (&Node, Vec<Route>)| {
            let name = node.name.clone();
            routes.into_iter().map(move |route| format!("{name}: {route}")).collect::<Vec<_>>()
        };
        lab.nodes.iter().zip(routes(&lab)).flat_map(of_node).collect()
    }

    #[test]
    fn hosts_get_a_default_route_and_routers_what_they_need() {
        let text = "
nodes: { r1: { forward: true, addresses: { lo: 10.255.0.1/32 } }, r2: { forward: true } }
segments:
  lan: { prefix: [ 10.0.0.0/24, 2001:db8::/64 ], members: [ h1, 'r1:in .254' ] }
  dmz: { prefix: 10.1.0.0/24, members: [ web, 'r2:in .254' ] }
links: [ r1:out 10.9.0.1/30 -- r2:out 10.9.0.2/30 ]
";
        let expected = [
            "r1: 10.1.0.0/24 via 10.9.0.2 dev out",
            "r2: 10.0.0.0/24 via 10.9.0.1 dev out",
            "r2: 10.255.0.1/32 via 10.9.0.1 dev out",
            "h1: default via 10.0.0.254 dev eth0",
            "web: default via 10.1.0.254 dev eth0",
        ];
        let mut found = found(text);
        found.sort_by_key(|line| expected.iter().position(|expected| expected == line));
        assert_eq!(found, expected);
    }

    #[test]
    fn equal_paths_share_and_what_the_file_says_stays() {
        let text = "
nodes: { a: { forward: true, routes: [ 10.4.0.0/24 via 10.1.0.2 ] }, b: { forward: true }, c: { forward: true }, d: { forward: true } }
links:
  - a 10.1.0.1/24 -- b 10.1.0.2/24
  - a 10.2.0.1/24 -- c 10.2.0.2/24
  - b 10.3.0.1/24 -- d 10.3.0.2/24
  - c 10.4.0.1/24 -- d 10.4.0.2/24
  - d 10.5.0.1/24 -- e 10.5.0.2/24
";
        let found = found(text);
        let of = |node: &str| found.iter().filter(|line| line.starts_with(node)).cloned().collect::<Vec<_>>();
        assert_eq!(
            of("a"),
            [
                "a: 10.3.0.0/24 via 10.1.0.2 dev eth0",
                "a: 10.5.0.0/24 nexthop via 10.1.0.2 dev eth0 nexthop via 10.2.0.2 dev eth1"
            ]
        );
        assert_eq!(of("e"), ["e: default via 10.5.0.1 dev eth0"]);
    }

    #[test]
    fn an_uplink_is_everybodys_default() {
        let text = "
nodes: { r: { forward: true } }
routing: auto
uplink: { node: isp }
segments: { lan: { prefix: 10.0.0.0/24, members: [ pc, 'r .254' ] } }
links: [ r 10.9.0.1/30 -- isp 10.9.0.2/30 ]
";
        let mut found = found(text);
        found.sort();
        let expected = [
            "isp: 10.0.0.0/24 via 10.9.0.1 dev eth0",
            "pc: default via 10.0.0.254 dev eth0",
            "r: default via 10.9.0.2 dev eth1",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn nobody_is_sent_over_a_node_that_does_not_forward() {
        let text = "links: [ a 10.1.0.1/24 -- b 10.1.0.2/24, b 10.2.0.1/24 -- c 10.2.0.2/24 ]";
        assert_eq!(found(text), Vec::<String>::new());
        let unaddressed = "nodes: { r: { forward: true } }\nlinks: [ a 10.1.0.1/24 -- r, r -- b ]";
        assert_eq!(found(unaddressed), Vec::<String>::new());
    }
}
