//! What a lab file says, validated.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::process::Process;
use crate::topology::kinds::{BridgeVlan, LinkKind, Options, Wireguard};
use crate::types::{IfName, Impair, LabName, MacAddr, NamePrefix, NodeName, Prefix, Service};

/// A whole lab.
///
/// As [`parse`](super::parse) returns it: it has a node; each node is in `nodes` once; each end of a
/// link and each member of a segment names a node that is; no two of them have the same node and interface
/// name; no segment has a node's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lab {
    /// Its name: the file's `name`, or else the stem of the file's own.
    pub name: LabName,
    /// What stands in front of node names where they are names of namespaces: the file's `prefix`.
    pub prefix: NamePrefix,
    /// Whether routes are found for it; see [`routing`](crate::topology::routing).
    pub routing: Routing,
    /// The nodes, in the order in which the file first names them.
    pub nodes: Vec<Node>,
    /// The segments, in the order of the file.
    pub segments: Vec<Segment>,
    /// The links, in the order of the file.
    pub links: Vec<Link>,
    /// The interfaces that nodes have beside the ends of their links, those of tunnels last.
    pub devices: Vec<Device>,
    /// What is expected beyond everyone reaching everyone; no pair is there twice.
    pub expect: Vec<Expect>,
    /// A way out through the machine.
    pub uplink: Option<Uplink>,
}

/// A way out through the machine: a cable between a node and the namespace that the lab is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uplink {
    /// The node; one of the lab's.
    pub node: NodeName,
    /// The name of the interface in the node.
    pub ifname: IfName,
    /// Whether packets leave with an address of the machine's instead of their own.
    pub nat: bool,
    /// Its networks where the file says them, at most one a family, each with room for two.
    pub prefixes: Vec<Prefix>,
    /// The hardware address in the node, derived from the names of lab, node and interface.
    pub mac: MacAddr,
}

impl Lab {
    /// The nodes that have no interface at all, in a lab that has links or segments: nobody reaches them, which is
    /// allowed and seldom meant.
    #[must_use]
    pub fn unlinked(&self) -> Vec<&NodeName> {
        let members = self.segments.iter().flat_map(|segment| &segment.members);
        let ends = members.chain(self.links.iter().flat_map(|link| [&link.a, &link.b]));
        let own = self.devices.iter().map(|device| &device.node).chain(self.uplink.iter().map(|uplink| &uplink.node));
        let linked: HashSet<&NodeName> = ends.map(|end| &end.node).chain(own).collect();
        let all = self.nodes.iter().map(|node| &node.name);
        all.filter(|name| !linked.is_empty() && !linked.contains(name)).collect()
    }
}

impl fmt::Display for Expect {
    /// As in a lab file.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arrow = if self.reach { "->" } else { "!>" };
        write!(f, "{} {arrow} {}", self.from, self.to)?;
        self.service.map_or(Ok(()), |service| write!(f, ":{service}"))
    }
}

/// Who must reach whom, or must not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expect {
    /// The node that asks.
    pub from: NodeName,
    /// The node that is asked.
    pub to: NodeName,
    /// The port that must be reached, or must not; without one, each of the node's addresses, by ICMP echo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<Service>,
    /// Whether it must be reached; else it must not.
    pub reach: bool,
}

/// Who makes the routes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Routing {
    /// Only what the nodes say.
    #[default]
    None,
    /// Shortest paths, so that every node reaches every prefix.
    Auto,
}

/// A node: a network namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its name.
    pub name: NodeName,
    /// Whether it passes packets on, IPv4 and IPv6: a router.
    pub forward: bool,
    /// Settings of the kernel's, in the order in which they are made.
    pub sysctl: Vec<Sysctl>,
    /// Addresses of its loopback interface beyond 127.0.0.1 and ::1.
    pub loopback: Vec<Prefix>,
    /// Its routes, beyond those that the kernel makes for its addresses.
    pub routes: Vec<Route>,
    /// Variables of the programs that are started in it, by name.
    pub env: BTreeMap<String, String>,
    /// The processes that are started in it; no two have the same name.
    pub run: Vec<Process>,
}

/// A route (ip-route(8)).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Route {
    /// What becomes of a packet.
    #[serde(default)]
    pub kind: RouteKind,
    /// The destinations.
    pub to: Prefix,
    /// The ways there; several share the packets. None where the kind goes nowhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hops: Vec<Hop>,
    /// The lower is preferred; without one, the kernel's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<u32>,
    /// The routing table, by number; main (254) without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<u32>,
    /// The source address that the node's own packets take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub src: Option<IpAddr>,
    /// The largest packet on the way, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mtu: Option<u32>,
    /// Whether gateways are taken to be on the link although no address says so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub onlink: bool,
}

/// What becomes of a packet on a route (`RTN_…`, linux/rtnetlink.h).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RouteKind {
    /// It is sent on.
    #[default]
    Unicast,
    /// It is dropped without a word.
    Blackhole,
    /// It is refused with "host unreachable".
    Unreachable,
    /// It is refused with "administratively prohibited".
    Prohibit,
    /// The table is left, as if it had no route.
    Throw,
}

/// One way of a route.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Hop {
    /// The gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<IpAddr>,
    /// The interface.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dev: Option<IfName>,
    /// Its share of the packets against the others': 1 to 256.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<u16>,
}

impl Route {
    /// A route without a way yet.
    #[must_use]
    pub fn new(to: Prefix) -> Self {
        let kind = RouteKind::Unicast;
        Self { kind, to, hops: Vec::new(), metric: None, table: None, src: None, mtu: None, onlink: false }
    }
}

/// In the words of `ip route`.
impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            RouteKind::Unicast => "",
            RouteKind::Blackhole => "blackhole ",
            RouteKind::Unreachable => "unreachable ",
            RouteKind::Prohibit => "prohibit ",
            RouteKind::Throw => "throw ",
        })?;
        if self.to.len() == 0 { f.write_str("default") } else { write!(f, "{}", self.to) }?;
        for hop in &self.hops {
            f.write_str(if self.hops.len() > 1 { " nexthop" } else { "" })?;
            hop.via.map_or(Ok(()), |via| write!(f, " via {via}"))?;
            hop.dev.as_ref().map_or(Ok(()), |dev| write!(f, " dev {dev}"))?;
            hop.weight.map_or(Ok(()), |weight| write!(f, " weight {weight}"))?;
        }
        for (word, value) in [("table", self.table), ("metric", self.metric)] {
            value.map_or(Ok(()), |value| write!(f, " {word} {value}"))?;
        }
        self.src.map_or(Ok(()), |src| write!(f, " src {src}"))?;
        self.mtu.map_or(Ok(()), |mtu| write!(f, " mtu {mtu}"))?;
        f.write_str(if self.onlink { " onlink" } else { "" })
    }
}

/// A setting of the kernel's for a network namespace (sysctl(8)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sysctl {
    /// Its path below /proc/sys: `net/…`.
    pub path: String,
    /// What is written there.
    pub value: String,
}

/// Which of the interfaces that links and segments make a setting is about, by its path.
pub(crate) fn interface_of(path: &str) -> Option<&str> {
    let mut parts = path.split('/').skip(2);
    parts.next().filter(|part| matches!(*part, "conf" | "neigh"))?;
    parts.next().filter(|name| !matches!(*name, "all" | "default" | "lo"))
}

/// A switch and those on it: a bridge in a namespace of its own.
///
/// No two members have the same address, and where it has prefixes of a family, all addresses of that family
/// are in one of them and each member has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Its name, also that of the switch's namespace.
    pub name: NodeName,
    /// The members' interfaces, in the order of the file.
    pub members: Vec<End>,
}

/// A cable between two interfaces.
///
/// Their MAC addresses differ, no address is on both, and where both ends have addresses of a family,
/// two of these share a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The end that the file names first (`a` in the long form).
    pub a: End,
    /// The other end.
    pub b: End,
}

/// One end of a link, or a member of a segment: an interface of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// The node that the interface is in.
    pub node: NodeName,
    /// The interface's name: given, or the next free `eth0`, `eth1`, … of the node in the order of the file.
    pub ifname: IfName,
    /// Its addresses, each with a prefix length and usable for a host, in the order of the file.
    pub addresses: Vec<Prefix>,
    /// Its hardware address: given, or derived from the names of lab, node and interface.
    pub mac: MacAddr,
    /// Its MTU in bytes, 68 to 65535, where the file says one; else what the kernel takes.
    pub mtu: Option<u32>,
    /// What happens to the packets that leave it, in its [normal](Impair::normal) form.
    pub impair: Option<Impair>,
}

/// An interface of a node that is no end of a cable.
///
/// What it stands on is there, and nothing stands on itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// The node that it is in.
    pub node: NodeName,
    /// Its name.
    pub ifname: IfName,
    /// What it is.
    pub kind: LinkKind,
    /// The options of its kind.
    pub options: Options,
    /// The interface of the node that it is on.
    pub link: Option<IfName>,
    /// Interfaces of the node that belong to it.
    pub ports: Vec<IfName>,
    /// Of a bridge that filters: which VLANs its ports and it itself are in.
    pub vlans: Vec<BridgeVlan>,
    /// Of the kind `wireguard`: its keys and peers.
    pub wireguard: Option<Wireguard>,
    /// Its addresses, in the order of the file.
    pub addresses: Vec<Prefix>,
    /// Its hardware address: given, or derived from the names of lab, node and interface; none where it has that of
    /// its link, or has none.
    pub mac: Option<MacAddr>,
    /// Its MTU in bytes, 68 to 65535, where the file says one; else what the kernel takes.
    pub mtu: Option<u32>,
    /// The other end, where it is one of a tunnel that the file has as a link.
    pub peer: Option<(NodeName, IfName)>,
}
