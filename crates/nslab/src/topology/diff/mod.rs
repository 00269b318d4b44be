//! What a lab is against what it is to be. Pure: a plan, what was found, and what nslab made, in; changes out.
//!
//! Nodes are matched by name, interfaces by node and name. What the file knows of (links that nslab made, their
//! addresses and settings, routes made by hand or by nslab) is to be as the file says; everything else in the
//! nodes is somebody's, and left alone.

mod change;
mod devices;
mod notes;
mod routes;
mod settings;
mod uplink;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::net::IpAddr;

pub use change::{Change, End, Line, Setting};
pub(crate) use settings::default_path;
pub(crate) use uplink::added as added_uplink;
pub use uplink::{Part, UplinkPart};

use super::observe::seen;
use super::plan::{BRIDGE, BRIDGE_INDEX, Cable, Device, LOOPBACK, NodePlan, Plan, Port, bridge_mac};
use super::spec::Hop;
use crate::types::{IfName, Impair, MacAddr, NodeName, Prefix};
use crate::wire::consts::IFA_F_PERMANENT;

/// What nslab has made or may have made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ours {
    /// Interfaces at the ends of cables.
    pub links: HashSet<(NodeName, IfName)>,
    /// Their hardware addresses: they know one that was given another name.
    pub macs: HashSet<(NodeName, MacAddr)>,
    /// Interfaces beside cables.
    pub devices: HashSet<(NodeName, IfName)>,
    /// Settings of the kernel's.
    pub sysctl: BTreeSet<(NodeName, String)>,
}

impl Ours {
    /// Adds what a plan makes.
    pub fn add(&mut self, plan: &Plan) {
        for port in plan.cables.iter().flat_map(|cable| [&cable.a, &cable.b]) {
            let Some(node) = plan.nodes.get(port.node) else { continue };
            self.links.insert((node.name.clone(), port.ifname.clone()));
            self.macs.insert((node.name.clone(), port.mac));
        }
        for device in &plan.devices {
            let Some(node) = plan.nodes.get(device.node) else { continue };
            self.devices.insert((node.name.clone(), device.ifname.clone()));
        }
        for node in &plan.nodes {
            self.sysctl.extend(node.sysctl.iter().map(|sysctl| (node.name.clone(), sysctl.path.clone())));
        }
    }
}

/// What is compared.
#[derive(Debug, Clone, Copy)]
pub struct Known<'k> {
    /// What is to be.
    pub plan: &'k Plan,
    /// What was to be before.
    pub recorded: Option<&'k Plan>,
    /// What nslab made.
    pub ours: &'k Ours,
    /// All nodes of before and after, and what was found of each: `None` where it is not there. The places in
    /// [`seen::Peer`] are of this list.
    pub seen: &'k [(NodeName, Option<seen::Node>)],
    /// What a node has that says nothing, where that was asked.
    pub fresh: Option<&'k seen::Node>,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// The changes, in an order in which they can be made.
    pub changes: Vec<Change>,
    /// Interfaces in the way: named as one of the plan, and not made by nslab.
    pub in_the_way: Vec<(NodeName, String)>,
    /// Interfaces that somebody else made, in nodes that stay.
    pub foreign: Vec<(NodeName, String)>,
}

/// Everything that makes a lab of which nothing is there.
#[must_use]
pub fn from_nothing(plan: &Plan) -> Vec<Change> {
    let seen: Vec<_> = plan.nodes.iter().map(|node| (node.name.clone(), None)).collect();
    let mut changes = diff(Known { plan, recorded: None, ours: &Ours::default(), seen: &seen, fresh: None }).changes;
    changes.extend(uplink::added(plan));
    changes
}

/// Compares.
#[must_use]
pub fn diff(known: Known<'_>) -> Difference {
    let mut work = Work::new(known);
    work.nodes();
    work.cables();
    work.strays();
    for (at, node) in known.plan.nodes.iter().enumerate() {
        work.node(at, node);
    }
    uplink::compare(known, &mut work.found.changes);
    notes::compare(known.recorded, known.plan, &mut work.found.changes);
    work.found.changes.sort_by_key(Change::turn);
    work.found
}

struct Work<'k> {
    known: Known<'k>,
    /// The place of each name in the list of what was seen.
    places: HashMap<&'k NodeName, usize>,
    /// The ports of each of the plan's nodes.
    ports: Vec<Vec<&'k Port>>,
    /// Links that go or are gone, by place and index.
    gone: HashSet<(usize, u32)>,
    /// Interfaces that are made anew, by place.
    new: HashSet<(usize, &'k str)>,
    found: Difference,
}

impl<'k> Work<'k> {
    fn new(known: Known<'k>) -> Self {
        let places = known.seen.iter().map(|(name, _)| name).zip(0..).collect();
        let mut ports: Vec<Vec<&Port>> = known.plan.nodes.iter().map(|_| Vec::new()).collect();
        for port in known.plan.cables.iter().flat_map(|cable| [&cable.a, &cable.b]) {
            if let Some(of_node) = ports.get_mut(port.node) {
                of_node.push(port);
            }
        }
        Self { known, places, ports, gone: HashSet::new(), new: HashSet::new(), found: Difference::default() }
    }

    /// What was seen of the node with a name.
    fn there(&self, name: &NodeName) -> Option<(usize, &'k seen::Node)> {
        let place = *self.places.get(name)?;
        Some((place, self.known.seen.get(place)?.1.as_ref()?))
    }

    fn change(&mut self, change: Change) {
        self.found.changes.push(change);
    }

    fn nodes(&mut self) {
        let planned: HashSet<&NodeName> = self.known.plan.nodes.iter().map(|node| &node.name).collect();
        let switches: HashSet<&NodeName> = self.known.recorded.map_or_else(HashSet::new, |plan| {
            plan.nodes.iter().filter(|node| node.switch).map(|node| &node.name).collect()
        });
        for NodePlan { name: node, switch, .. } in &self.known.plan.nodes {
            if self.there(node).is_none() {
                self.change(Change::AddNode { node: node.clone(), switch: *switch });
            }
        }
        for (name, seen) in self.known.seen {
            if seen.is_some() && !planned.contains(name) {
                self.change(Change::RemoveNode { node: name.clone(), switch: switches.contains(name) });
            }
        }
    }

    fn cables(&mut self) {
        for cable in &self.known.plan.cables {
            let ends = [&cable.a, &cable.b].map(|port| {
                let node = self.known.plan.nodes.get(port.node)?;
                let (place, seen) = self.there(&node.name)?;
                Some((node, place, seen.link(port.ifname.as_str())?))
            });
            if let [Some((_, _, a)), Some((_, place, b))] = ends
                && a.is("veth")
                && b.is("veth")
                && a.peer == Some(seen::Peer { index: b.index, node: Some(place) })
            {
                continue;
            }
            for (node, place, link) in ends.into_iter().flatten() {
                if self.is_ours(&node.name, link) {
                    self.remove(place, link);
                } else {
                    self.found.in_the_way.push((node.name.clone(), link.name.clone()));
                }
            }
            self.lay(cable);
        }
    }

    fn is_ours(&self, node: &NodeName, link: &seen::Link) -> bool {
        let named = || link.name.parse().is_ok_and(|name| self.known.ours.links.contains(&(node.clone(), name)));
        let known = || link.mac.is_some_and(|mac| self.known.ours.macs.contains(&(node.clone(), mac)));
        link.is("veth") && (named() || known())
    }

    fn lay(&mut self, cable: &'k Cable) {
        let end = |port: &'k Port| {
            let node = self.known.plan.nodes.get(port.node)?;
            Some(Box::new(End {
                node: node.name.clone(),
                ifname: port.ifname.clone(),
                index: port.index,
                mac: port.mac,
                mtu: port.mtu,
                bridged: port.bridged,
            }))
        };
        let (Some(a), Some(b)) = (end(&cable.a), end(&cable.b)) else { return };
        for (end, port) in [(&a, &cable.a), (&b, &cable.b)] {
            if let Some(place) = self.places.get(&end.node) {
                self.new.insert((*place, port.ifname.as_str()));
            }
        }
        self.change(Change::AddCable { a, b });
    }

    /// Takes a link away, and what hangs on its other end.
    fn remove(&mut self, place: usize, link: &seen::Link) {
        if !self.gone.insert((place, link.index)) {
            return;
        }
        let seen = self.known.seen;
        let peer = link.peer.and_then(|peer| {
            let at = peer.node?;
            let (name, node) = seen.get(at)?;
            self.gone.insert((at, peer.index));
            Some((name.clone(), node.as_ref()?.link_at(peer.index)?.name.clone()))
        });
        if let Some((node, _)) = seen.get(place) {
            self.change(Change::RemoveLink { node: node.clone(), ifname: link.name.clone(), peer });
        }
    }

    /// Links that the plan does not have: ours go, others stay.
    fn strays(&mut self) {
        let plan = self.known.plan;
        for (at, node) in plan.nodes.iter().enumerate() {
            let Some((place, seen)) = self.there(&node.name) else { continue };
            let uplinks = [Some(plan), self.known.recorded].into_iter().flatten().filter_map(|plan| {
                let uplink = plan.uplink.as_ref()?;
                let is_here = plan.nodes.get(uplink.node).is_some_and(|of| of.name == node.name);
                is_here.then_some(uplink.ifname.as_str())
            });
            let ports = self.ports.get(at).into_iter().flatten().map(|port| port.ifname.as_str());
            let devices = plan.devices.iter().filter(|device| device.node == at).map(|device| device.ifname.as_str());
            let planned: HashSet<&str> = ports.chain(uplinks).chain(devices).collect();
            // What stands on others comes behind them, and goes first.
            for link in seen.links.iter().rev() {
                let kept = planned.contains(link.name.as_str()) || link.index == LOOPBACK;
                if kept || (node.switch && link.name == BRIDGE) || self.gone.contains(&(place, link.index)) {
                    continue;
                }
                if self.is_ours(&node.name, link) {
                    self.remove(place, link);
                } else if let Some(ifname) = self.our_device(&node.name, link) {
                    self.gone.insert((place, link.index));
                    self.remove_device(&node.name, ifname);
                } else if !link.is_kernels_own() {
                    self.found.foreign.push((node.name.clone(), link.name.clone()));
                }
            }
        }
    }

    /// All that is in a node that stays or comes.
    fn node(&mut self, at: usize, node: &'k NodePlan) {
        let blank;
        let (place, seen) = match self.there(&node.name) {
            Some(there) => there,
            None => {
                blank = self.blank(node);
                (self.places.get(&node.name).copied().unwrap_or(usize::MAX), &blank)
            }
        };
        if node.switch {
            self.bridge(node, seen);
        } else {
            self.loopback(node, seen);
        }
        self.new_devices(at, node, place, seen);
        let ports = self.ports.get(at).cloned().unwrap_or_default();
        for port in &ports {
            let is_new = self.new.contains(&(place, port.ifname.as_str()));
            let link = seen.link(port.ifname.as_str()).filter(|_| !is_new);
            match link {
                Some(link) => self.link(node, port, link, seen),
                None => {
                    self.set(node, &port.ifname, Setting::Impair(normal(port.impair)), Setting::Impair(None));
                    self.set(node, &port.ifname, Setting::Up(!port.down), Setting::Up(true));
                    let master = port.master.as_ref().map(|master| master.as_str().to_owned());
                    self.set(node, &port.ifname, Setting::Master(master), Setting::Master(None));
                }
            }
            // The kernel drops the IPv6 addresses of a link that is down.
            let counts = |prefix: &Prefix| !(port.down && prefix.is_ipv6());
            let wanted: Vec<Prefix> = port.addresses.iter().copied().filter(counts).collect();
            let found = link.map(|link| link.addresses.as_slice()).unwrap_or_default();
            let found: Vec<seen::Address> = found.iter().filter(|address| counts(&address.prefix)).cloned().collect();
            self.addresses(node, &port.ifname, &wanted, &found);
        }
        self.devices(at, node, place, seen);
        let is_new = |name: &str| self.new.contains(&(place, name));
        let is_there = self.there(&node.name).is_some();
        settings::compare(self.known, node, is_there.then_some(seen), is_new, &mut self.found.changes);
        if !node.switch {
            self.routes(place, node, &ports, seen);
        }
    }

    /// What a node is that was just made.
    fn blank(&self, node: &NodePlan) -> seen::Node {
        let link = |index, name: &str, kind: Option<&str>, mac| seen::Link {
            kind: kind.map(str::to_owned),
            mac,
            ..seen::Link::new(index, name)
        };
        let mut links = vec![link(LOOPBACK, "lo", None, None)];
        if let Some(loopback) = links.first_mut() {
            loopback
                .addresses
                .extend(LOCALHOST.map(|(address, len)| Prefix::new(address, len)).into_iter().flatten().map(plain));
        }
        if node.switch {
            links.push(link(BRIDGE_INDEX, BRIDGE, Some("bridge"), Some(bridge_mac(&self.known.plan.lab, &node.name))));
        }
        let forward = |of: fn(&seen::Node) -> Option<bool>| self.known.fresh.and_then(of).or(Some(false));
        seen::Node {
            links,
            forward_v4: forward(|fresh| fresh.forward_v4),
            forward_v6: forward(|fresh| fresh.forward_v6),
            ..seen::Node::default()
        }
    }

    fn set(&mut self, node: &NodePlan, ifname: &IfName, to: Setting, from: Setting) {
        if to != from {
            self.change(Change::SetLink { node: node.name.clone(), ifname: ifname.clone(), to, from });
        }
    }

    fn bridge(&mut self, node: &NodePlan, seen: &seen::Node) {
        let mac = bridge_mac(&self.known.plan.lab, &node.name);
        let Ok(ifname) = BRIDGE.parse::<IfName>() else { return };
        match seen.link(BRIDGE) {
            None => self.change(Change::AddBridge { node: node.name.clone(), mac }),
            Some(link) if !link.is("bridge") => self.found.in_the_way.push((node.name.clone(), BRIDGE.into())),
            Some(link) => {
                self.set(node, &ifname, Setting::Mac(Some(mac)), Setting::Mac(link.mac));
                self.set(node, &ifname, Setting::Up(true), Setting::Up(link.up));
            }
        }
    }

    fn loopback(&mut self, node: &NodePlan, seen: &seen::Node) {
        let (Ok(ifname), Some(link)) = ("lo".parse::<IfName>(), seen.link_at(LOOPBACK)) else { return };
        self.set(node, &ifname, Setting::Up(true), Setting::Up(link.up));
        let mut wanted = node.loopback.clone();
        let local: Vec<Prefix> = LOCALHOST.into_iter().filter_map(|(ip, len)| Prefix::new(ip, len).ok()).collect();
        // The kernel gives it these when it is set up; ::1 only where there is IPv6.
        let missing = |own: &&Prefix| !own.is_ipv6() && link.up && !wanted.contains(own);
        let own: Vec<Prefix> = local.iter().filter(missing).copied().collect();
        wanted.extend(own);
        let judged: Vec<seen::Address> = link
            .addresses
            .iter()
            .filter(|address| wanted.contains(&address.prefix) || !local.contains(&address.prefix))
            .cloned()
            .collect();
        self.addresses(node, &ifname, &wanted, &judged);
    }

    /// The settings of a link that stays.
    fn link(&mut self, node: &NodePlan, port: &Port, link: &seen::Link, seen: &seen::Node) {
        let name_at = |index| seen.link_at(index).map(|master| master.name.clone());
        let master = link.master.map(|index| name_at(index).unwrap_or_else(|| index.to_string()));
        let of_device = port.master.as_ref().map(|master| master.as_str().to_owned());
        let wanted = if port.bridged { Some(BRIDGE.to_owned()) } else { of_device };
        // A master of another kind than a switch's bridge may give its ports others (a bond does).
        if port.master.is_none() {
            self.set(node, &port.ifname, Setting::Mac(Some(port.mac)), Setting::Mac(link.mac));
            self.set(node, &port.ifname, Setting::Mtu(port.mtu.unwrap_or(DEFAULT_MTU)), Setting::Mtu(link.mtu));
        }
        self.set(node, &port.ifname, Setting::Master(wanted), Setting::Master(master));
        self.set(node, &port.ifname, Setting::Impair(normal(port.impair)), Setting::Impair(normal(link.impair)));
        self.set(node, &port.ifname, Setting::Up(!port.down), Setting::Up(link.up));
    }

    fn addresses(&mut self, node: &NodePlan, ifname: &IfName, wanted: &[Prefix], found: &[seen::Address]) {
        let is_wanted = |address: &seen::Address| address.peer.is_none() && wanted.contains(&address.prefix);
        let missing: Vec<Prefix> = wanted
            .iter()
            .filter(|prefix| !found.iter().any(|address| address.peer.is_none() && address.prefix == **prefix))
            .copied()
            .collect();
        for address in found.iter().filter(|address| !is_wanted(address) && is_judged(address)) {
            let first = missing.iter().any(|prefix| prefix.address() == address.prefix.address());
            let (node, ifname) = (node.name.clone(), ifname.clone());
            self.change(Change::RemoveAddress { node, ifname, address: Box::new(address.clone()), first });
        }
        for address in missing {
            self.change(Change::AddAddress { node: node.name.clone(), ifname: ifname.clone(), address });
        }
    }

    fn routes(&mut self, place: usize, node: &NodePlan, ports: &[&Port], seen: &seen::Node) {
        let down: Vec<&&Port> = ports.iter().filter(|port| port.down).collect();
        let over = |hop: &Hop, port: &Port| match (&hop.dev, hop.via) {
            (Some(dev), _) => *dev == port.ifname,
            (None, Some(via)) => port.addresses.iter().any(|address| address.contains(via)),
            (None, None) => false,
        };
        let can_be = |hops: &[Hop]| !hops.iter().any(|hop| down.iter().any(|port| over(hop, port)));
        // A link that goes takes its routes with it; those over somebody else's link are theirs.
        let stays = |hop: &Hop| {
            let Some(dev) = &hop.dev else { return true };
            let dev = dev.as_str();
            let of_device = |device: &Device| {
                self.known.plan.nodes.get(device.node).is_some_and(|of| of.name == node.name)
                    && device.ifname.as_str() == dev
            };
            let ours = dev == "lo"
                || self.known.plan.devices.iter().any(of_device)
                || ports.iter().any(|port| port.ifname.as_str() == dev);
            ours && !self.new.contains(&(place, dev))
        };
        let wanted = node.routes.iter().filter(|route| can_be(&route.hops));
        let judged = seen.routes.iter().filter(|route| routes::is_judged(route));
        let found = judged.filter(|route| route.way.hops.iter().all(stays) && can_be(&route.way.hops));
        let mut changes = Vec::new();
        routes::compare(&node.name, wanted, found, &mut changes);
        self.found.changes.extend(changes);
    }
}

/// Impairments of one effect in one form.
fn normal(impair: Option<Impair>) -> Option<Impair> {
    impair.and_then(|impair| impair.normal())
}

/// Of a veth that nothing is said of.
const DEFAULT_MTU: u32 = 1500;

/// What loopback has of its own.
const LOCALHOST: [(IpAddr, u8); 2] =
    [(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8), (IpAddr::V6(std::net::Ipv6Addr::LOCALHOST), 128)];

/// Whether an address is the file's business: it does not end, and the kernel did not make it.
fn is_judged(address: &seen::Address) -> bool {
    let own = matches!(address.prefix.address(), IpAddr::V6(ip) if ip.is_unicast_link_local());
    address.flags & IFA_F_PERMANENT != 0 && !own
}

/// An address without anything special.
fn plain(prefix: Prefix) -> seen::Address {
    let (peer, broadcast, label, metric) = (None, None, None, None);
    seen::Address { prefix, peer, broadcast, label, scope: 0, flags: IFA_F_PERMANENT, metric }
}

#[cfg(test)]
mod tests;
