//! What a lab file says, validated.

use crate::types::{IfName, LabName, MacAddr, NodeName, Prefix};

/// A whole lab.
///
/// As [`parse`](super::parse) returns it: it has a node; each node is in `nodes` once; each end of a
/// link names a node that is; no two ends have the same node and interface name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lab {
    /// Its name: the file's `name`, or else the stem of the file's own.
    pub name: LabName,
    /// The nodes, in the order in which the file first names them.
    pub nodes: Vec<Node>,
    /// The links, in the order of the file.
    pub links: Vec<Link>,
}

/// A node: a network namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its name.
    pub name: NodeName,
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

/// One end of a link: an interface of a node.
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
