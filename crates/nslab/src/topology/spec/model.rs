//! What a lab file says, validated.

use serde::{Deserialize, Serialize};

use crate::types::{IfName, LabName, MacAddr, NodeName, Prefix};

/// A whole lab.
///
/// As [`parse`](super::parse) returns it: it has a node; each node is in `nodes` once; each end of a
/// link and each member of a segment names a node that is; no two of them have the same node and interface
/// name; no segment has a node's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lab {
    /// Its name: the file's `name`, or else the stem of the file's own.
    pub name: LabName,
    /// The nodes, in the order in which the file first names them.
    pub nodes: Vec<Node>,
    /// The segments, in the order of the file.
    pub segments: Vec<Segment>,
    /// The links, in the order of the file.
    pub links: Vec<Link>,
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
}

/// A setting of the kernel's for a network namespace (sysctl(8)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sysctl {
    /// Its path below /proc/sys: `net/…`.
    pub path: String,
    /// What is written there.
    pub value: String,
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
}
