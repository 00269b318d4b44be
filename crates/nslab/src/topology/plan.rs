//! What has to be done to make a lab: a value that can be printed, compared and kept.
//!
//! Pure: the same description always gives the same plan, down to the interface indexes.

pub mod uplink;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use self::uplink::UplinkPlan;
use super::kinds::{BridgeVlan, LinkKind, Options, Wireguard};
use super::routing;
use super::spec::{self, End, Expect, Lab, Node, Process, Route, Routing, Segment, Sysctl};
use crate::types::{IfName, Impair, LabName, MacAddr, NamePrefix, NodeName, Prefix};

/// Everything that a lab is made of, in the order in which it is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The lab's name.
    pub lab: LabName,
    /// What stands in front of node names where they are names of namespaces.
    #[serde(default, skip_serializing_if = "NamePrefix::is_empty")]
    pub prefix: NamePrefix,
    /// One namespace each: the lab's nodes, then its switches.
    pub nodes: Vec<NodePlan>,
    /// One virtual cable (veth) each.
    pub cables: Vec<Cable>,
    /// Interfaces of nodes that are no ends of cables; each behind what it is on, and behind its ports.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<Device>,
    /// What [`check`](crate::lab::check) holds it to, beyond everyone reaching everyone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expect: Vec<Expect>,
    /// A way out through the machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uplink: Option<UplinkPlan>,
}

/// A namespace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodePlan {
    /// Its name.
    pub name: NodeName,
    /// Whether it is a switch: nothing but the bridge [`BRIDGE`] with the index [`BRIDGE_INDEX`].
    #[serde(default, skip_serializing_if = "is_false")]
    pub switch: bool,
    /// Whether it passes packets on.
    #[serde(default, skip_serializing_if = "is_false")]
    pub forward: bool,
    /// Settings of the kernel's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sysctl: Vec<Sysctl>,
    /// Addresses of its loopback interface beyond 127.0.0.1 and ::1.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub loopback: Vec<Prefix>,
    /// Its routes, beyond those that the kernel makes for its addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<Route>,
    /// Variables of the programs that are started in it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, String>,
    /// The processes that are started in it, once the network is up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub run: Vec<Process>,
}

/// The name of a switch's bridge, in the switch's own namespace.
pub const BRIDGE: &str = "br0";

/// The index of a switch's bridge.
pub const BRIDGE_INDEX: u32 = 2;

/// The index of the loopback interface in every namespace.
pub(crate) const LOOPBACK: u32 = 1;

/// The hardware address of a switch's bridge.
pub(super) fn bridge_mac(lab: &LabName, switch: &NodeName) -> MacAddr {
    MacAddr::derived(&[lab.as_str(), switch.as_str(), BRIDGE])
}

fn is_false(value: &bool) -> bool {
    !value
}

/// A cable between two interfaces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cable {
    /// One end.
    pub a: Port,
    /// The other end.
    pub b: Port,
}

/// An interface at the end of a cable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Port {
    /// Which of the plan's nodes it is in, counted from 0.
    pub node: usize,
    /// Its index in the node's namespace. Loopback has 1.
    pub index: u32,
    /// Its name.
    pub ifname: IfName,
    /// Its hardware address.
    pub mac: MacAddr,
    /// The largest packet in bytes, where that is not the kernel's choice of 1500.
    pub mtu: Option<u32>,
    /// What happens to the packets that leave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impair: Option<Impair>,
    /// Its addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<Prefix>,
    /// Whether it is a port of its switch's bridge.
    #[serde(default, skip_serializing_if = "is_false")]
    pub bridged: bool,
    /// Whether it is kept down (`nslab set`); no file says so.
    #[serde(default, skip_serializing_if = "is_false")]
    pub down: bool,
    /// The interface of its node, one of the plan's devices, that it is a port of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub master: Option<IfName>,
}

/// An interface of a node that is no end of a cable.
///
/// What the kernel tells of it (`RTM_GETLINK`) has all of this but the ports, which tell of their master, and the VLANs:
/// the kind's kernel name, [`encode`](super::kinds::encode)d options, the link beneath, hardware address and MTU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Which of the plan's nodes it is in, counted from 0.
    pub node: usize,
    /// Its index in the node's namespace.
    pub index: u32,
    /// Its name.
    pub ifname: IfName,
    /// What it is.
    pub kind: LinkKind,
    /// The options of its kind.
    #[serde(default, skip_serializing_if = "Options::is_empty")]
    pub options: Options,
    /// The interface that it is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<IfName>,
    /// The interfaces that belong to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<IfName>,
    /// Of a bridge that filters: which VLANs its ports and it itself are in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vlans: Vec<BridgeVlan>,
    /// Of the kind `wireguard`: its keys and peers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wireguard: Option<Wireguard>,
    /// Its hardware address, where it has one of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mac: Option<MacAddr>,
    /// The largest packet in bytes, where that is not the kernel's choice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mtu: Option<u32>,
    /// Its addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<Prefix>,
    /// The interface of its node, one of the plan's devices, that it is a port of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub master: Option<IfName>,
    /// Of an end of a link that is a tunnel: the other end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<(NodeName, IfName)>,
}

impl Plan {
    /// The plan that makes a lab from nothing.
    #[must_use]
    pub fn new(lab: &Lab) -> Self {
        let mut nodes: Vec<NodePlan> = lab.nodes.iter().map(node).collect();
        if lab.routing == Routing::Auto {
            for (node, routes) in nodes.iter_mut().zip(routing::routes(lab)) {
                node.routes.extend(routes);
            }
        }
        nodes.extend(lab.segments.iter().map(|segment| switch(&segment.name)));
        let places: HashMap<&NodeName, usize> = lab
            .nodes
            .iter()
            .map(|node| &node.name)
            .chain(lab.segments.iter().map(|segment| &segment.name))
            .zip(0..)
            .collect();
        let masters = masters(lab);
        let mut last_index: HashMap<usize, u32> = HashMap::new();
        let mut port = |end: &End| {
            // The description names every node of its links among its nodes.
            let node = places.get(&end.node).copied()?;
            let index = last_index.entry(node).or_insert(1);
            *index += 1;
            Some(Port {
                node,
                index: *index,
                ifname: end.ifname.clone(),
                mac: end.mac,
                mtu: end.mtu,
                impair: end.impair,
                addresses: end.addresses.clone(),
                bridged: false,
                down: false,
                master: masters.get(&(&end.node, &end.ifname)).map(|master| (*master).clone()),
            })
        };
        let mut cables = Vec::new();
        for segment in &lab.segments {
            let switch = places.get(&segment.name).copied().unwrap_or_default();
            let names = port_names(segment);
            for ((member, ifname), index) in segment.members.iter().zip(names).zip(BRIDGE_INDEX + 1..) {
                let mac = MacAddr::derived(&[lab.name.as_str(), segment.name.as_str(), ifname.as_str()]);
                let a = Port {
                    node: switch,
                    index,
                    ifname,
                    mac,
                    mtu: member.mtu,
                    impair: None,
                    addresses: Vec::new(),
                    bridged: true,
                    down: false,
                    master: None,
                };
                cables.extend(port(member).map(|b| Cable { a, b }));
            }
        }
        cables.extend(lab.links.iter().filter_map(|link| Some(Cable { a: port(&link.a)?, b: port(&link.b)? })));
        let device = |device: &spec::Device| {
            let node = places.get(&device.node).copied()?;
            let index = last_index.entry(node).or_insert(1);
            *index += 1;
            Some(Device {
                node,
                index: *index,
                ifname: device.ifname.clone(),
                kind: device.kind,
                options: device.options.clone(),
                link: device.link.clone(),
                ports: device.ports.clone(),
                vlans: device.vlans.clone(),
                wireguard: device.wireguard.clone(),
                mac: device.mac,
                mtu: device.mtu,
                addresses: device.addresses.clone(),
                master: masters.get(&(&device.node, &device.ifname)).map(|master| (*master).clone()),
                peer: device.peer.clone(),
            })
        };
        let devices = in_order(lab).into_iter().filter_map(device).collect();
        let (expect, uplink) = (lab.expect.clone(), UplinkPlan::new(lab));
        let (lab, prefix) = (lab.name.clone(), lab.prefix.clone());
        Self { lab, prefix, nodes, cables, devices, expect, uplink }
    }

    /// A plan of nodes of which nothing is known but their names.
    pub(crate) fn of_names(lab: LabName, names: impl Iterator<Item = NodeName>) -> Self {
        let nodes = names.map(|name| NodePlan { switch: false, ..switch(&name) }).collect();
        let (prefix, cables, devices) = (NamePrefix::default(), Vec::new(), Vec::new());
        Self { lab, prefix, nodes, cables, devices, expect: Vec::new(), uplink: None }
    }

    /// How many nodes, segments and links it makes: a segment's switch is no node, its cables are no links.
    #[must_use]
    pub fn counts(&self) -> (usize, usize, usize) {
        let switches = self.nodes.iter().filter(|node| node.switch).count();
        let cables = self.cables.iter().filter(|cable| !cable.a.bridged).count();
        let tunnels = self.devices.iter().filter(|device| device.peer.is_some()).count() / 2;
        (self.nodes.len() - switches, switches, cables + tunnels)
    }

    fn show_uplink(&self, uplink: &UplinkPlan, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let node = self.nodes.get(uplink.node).map_or("?", |node| node.name.as_str());
        let name = format!("{node}:{}", uplink.ifname);
        writeln!(f, "uplink {name} -- the machine{}", if uplink.nat { ", with NAT" } else { "" })?;
        writeln!(f, "  {name} mac {}", uplink.mac)?;
        let chosen = || uplink::candidates(self.lab.as_str(), false).find(|prefix| !uplink.is_own(*prefix));
        let (prefixes, or) = match uplink.prefixes.as_slice() {
            [] => (chosen().into_iter().collect(), ", or the next that the machine has free"),
            given => (given.to_vec(), ""),
        };
        for (_, address) in prefixes.into_iter().filter_map(uplink::addresses) {
            writeln!(f, "  {name} address {address}{or}")?;
        }
        for prefix in &uplink.behind {
            writeln!(f, "  the machine: {prefix} via {node}")?;
        }
        Ok(())
    }

    /// A hosts file (hosts(5)) by which every node's name stands for its addresses.
    #[must_use]
    pub fn hosts(&self) -> String {
        let mut text = String::from("127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n");
        for (node, addresses) in self.nodes.iter().zip(self.addresses()) {
            for address in addresses {
                text.push_str(&format!("{} {}\n", address.address(), node.name));
            }
        }
        text
    }

    /// `node:ifname`, as users read and type it.
    #[must_use]
    pub fn port_name(&self, port: &Port) -> String {
        let node = self.nodes.get(port.node).map_or("?", |node| node.name.as_str());
        format!("{node}:{}", port.ifname)
    }

    /// The addresses of each node, in the order of the file.
    #[must_use]
    pub fn addresses(&self) -> Vec<Vec<Prefix>> {
        let mut all: Vec<Vec<Prefix>> = self.nodes.iter().map(|node| node.loopback.clone()).collect();
        for port in self.cables.iter().flat_map(|cable| [&cable.a, &cable.b]) {
            if let Some(of_node) = all.get_mut(port.node) {
                of_node.extend(&port.addresses);
            }
        }
        for device in &self.devices {
            if let Some(of_node) = all.get_mut(device.node) {
                of_node.extend(&device.addresses);
            }
        }
        all
    }

    /// `node:ifname` of a device.
    #[must_use]
    pub fn device_name(&self, device: &Device) -> String {
        let node = self.nodes.get(device.node).map_or("?", |node| node.name.as_str());
        format!("{node}:{}", device.ifname)
    }
}

/// Of what each interface is a port.
fn masters(lab: &Lab) -> HashMap<(&NodeName, &IfName), &IfName> {
    let pairs = lab.devices.iter().flat_map(|device| device.ports.iter().map(move |port| (device, port)));
    pairs.map(|(device, port)| ((&device.node, port), &device.ifname)).collect()
}

/// The devices of a lab, each behind those that it stands on; otherwise in the order of the file.
fn in_order(lab: &Lab) -> Vec<&spec::Device> {
    let places: HashMap<(&NodeName, &IfName), usize> =
        lab.devices.iter().map(|device| (&device.node, &device.ifname)).zip(0..).collect();
    let mut seen: HashSet<usize> = HashSet::new();
    let mut order = Vec::new();
    // A device is pushed again beneath what it stands on, and is next when all of that is done.
    let mut stack: Vec<(usize, bool)> = (0..lab.devices.len()).rev().map(|at| (at, false)).collect();
    while let Some((at, ready)) = stack.pop() {
        let Some(device) = lab.devices.get(at) else { continue };
        if ready {
            order.push(device);
        } else if seen.insert(at) {
            stack.push((at, true));
            let beneath = device.link.iter().chain(&device.ports).rev();
            stack.extend(beneath.filter_map(|name| Some((*places.get(&(&device.node, name))?, false))));
        }
    }
    order
}

fn node(node: &Node) -> NodePlan {
    NodePlan {
        name: node.name.clone(),
        switch: false,
        forward: node.forward,
        sysctl: node.sysctl.clone(),
        loopback: node.loopback.clone(),
        routes: node.routes.clone(),
        env: node.env.clone(),
        run: node.run.clone(),
    }
}

fn switch(name: &NodeName) -> NodePlan {
    NodePlan {
        name: name.clone(),
        switch: true,
        forward: false,
        sysctl: Vec::new(),
        loopback: Vec::new(),
        routes: Vec::new(),
        env: BTreeMap::new(),
        run: Vec::new(),
    }
}

/// A switch's ports are named as the nodes at them; where that is no name for an interface, or taken, by
/// their number.
fn port_names(segment: &Segment) -> Vec<IfName> {
    let mut taken: HashSet<String> = HashSet::from([BRIDGE.into()]);
    let mut name = |(at, member): (usize, &End)| {
        // The kernel refuses an interface named as its own entries in net.ipv4.conf.
        let free = |name: &IfName| !matches!(name.as_str(), "lo" | "all" | "default");
        let own: Option<IfName> = member.node.as_str().parse().ok().filter(free);
        let own = own.filter(|name| taken.insert(name.as_str().to_owned()));
        let numbered = || (at..).map(|n| format!("port{n}")).find(|name| taken.insert(name.clone()))?.parse().ok();
        own.or_else(numbered)
    };
    segment.members.iter().enumerate().filter_map(&mut name).collect()
}

impl Plan {
    fn fmt_device(&self, device: &Device, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.device_name(device);
        let facts = device.kind.facts();
        write!(f, "{} {name}", device.kind)?;
        if let (Some(link), Some((word, _))) = (&device.link, facts.link) {
            write!(f, " {word} {link}")?;
        }
        for option in facts.options {
            device
                .options
                .get(option.name)
                .map_or(Ok(()), |value| write!(f, " {} {}", option.name, value.shown(option)))?;
        }
        writeln!(f)?;
        if let Some(settings) = &device.wireguard {
            if let Some(port) = settings.listen_port {
                writeln!(f, "  {name} listen-port {port}")?;
            }
            settings.peers.iter().try_for_each(|peer| writeln!(f, "  {name} {peer}"))?;
        }
        if device.mac.is_some() || device.mtu.is_some() {
            let mac = device.mac.map(|mac| format!(" mac {mac}")).unwrap_or_default();
            let mtu = device.mtu.map(|mtu| format!(" mtu {mtu}")).unwrap_or_default();
            writeln!(f, "  {name}{mac}{mtu}")?;
        }
        for port in &device.ports {
            writeln!(f, "  {name} port {port}")?;
        }
        for vlan in &device.vlans {
            writeln!(f, "  {name} port {} vlan {vlan}", vlan.port)?;
        }
        for address in &device.addresses {
            writeln!(f, "  {name} address {address}")?;
        }
        writeln!(f, "  {name} up")
    }
}

/// The steps, one a line, as `nslab up --dry-run` shows them.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for node in &self.nodes {
            let name = self.prefix.netns_name(&node.name);
            writeln!(f, "{} {name}", if node.switch { "switch" } else { "namespace" })?;
            if node.forward {
                writeln!(f, "  {} forwards", node.name)?;
            }
            for Sysctl { path, value } in &node.sysctl {
                writeln!(f, "  {} {path} = {value}", node.name)?;
            }
            for address in &node.loopback {
                writeln!(f, "  {}:lo address {address}", node.name)?;
            }
        }
        for Cable { a, b } in &self.cables {
            writeln!(f, "cable {} -- {}", self.port_name(a), self.port_name(b))?;
            for port in [a, b] {
                let name = self.port_name(port);
                writeln!(
                    f,
                    "  {name} mac {}{}",
                    port.mac,
                    port.mtu.map(|mtu| format!(" mtu {mtu}")).unwrap_or_default()
                )?;
                for address in &port.addresses {
                    writeln!(f, "  {name} address {address}")?;
                }
                if let Some(impair) = &port.impair {
                    writeln!(f, "  {name} impair {impair}")?;
                }
                writeln!(f, "  {name} up")?;
            }
        }
        for device in &self.devices {
            self.fmt_device(device, f)?;
        }
        for node in &self.nodes {
            for route in &node.routes {
                writeln!(f, "route {}: {route}", node.name)?;
            }
        }
        for node in &self.nodes {
            for process in &node.run {
                writeln!(f, "run {}/{process}", node.name)?;
            }
        }
        self.uplink.as_ref().map_or(Ok(()), |uplink| self.show_uplink(uplink, f))
    }
}
