//! What is in a namespace, as a value: pure, and free of what a lab wants.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::topology::spec::Route as Way;
use crate::types::{Impair, MacAddr, Prefix};

/// A namespace as it was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node {
    /// Its links in the kernel's order, loopback among them.
    pub links: Vec<Link>,
    /// Its routes but for those that the kernel makes for addresses (`RTPROT_KERNEL`, and the table `local`).
    pub routes: Vec<Route>,
    /// Whether it passes IPv4 packets on; `None` where the kernel does not say.
    pub forward_v4: Option<bool>,
    /// The same of IPv6; `None` without IPv6.
    pub forward_v6: Option<bool>,
    /// The settings that were asked about, by their path below /proc/sys; `None` for one that is not there.
    pub sysctl: BTreeMap<String, Option<String>>,
}

/// A link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its number in its namespace.
    pub index: u32,
    /// Its name; one that is not UTF-8, as near as can be.
    pub name: String,
    /// What it is (`veth`, `bridge`, …); `None` for loopback and hardware.
    pub kind: Option<String>,
    /// Its hardware address, where it has one of six bytes.
    pub mac: Option<MacAddr>,
    /// The largest packet in bytes.
    pub mtu: u32,
    /// Whether it is set up (`IFF_UP`).
    pub up: bool,
    /// Whether it has a carrier (`IFF_LOWER_UP`).
    pub carrier: bool,
    /// The index of the link that it belongs to.
    pub master: Option<u32>,
    /// The link at its other end, or beneath it.
    pub peer: Option<Peer>,
    /// What happens to the packets that leave it; `None` where its queueing discipline is none of nslab's.
    pub impair: Option<Impair>,
    /// What the kernel tells of its kind (`IFLA_INFO_DATA`); of a veth, nothing.
    pub info: Vec<u8>,
    /// Whether IPv4 addresses stay when the first of their subnet goes (`promote_secondaries`).
    pub promotes: bool,
    /// The kind of its queueing discipline (`IFLA_QDISC`), where the kernel says.
    pub qdisc: Option<String>,
    /// Its addresses, in the kernel's order.
    pub addresses: Vec<Address>,
}

/// Where the other end of a cable is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// Its index in its own namespace.
    pub index: u32,
    /// The place, in the list that was asked for, of the namespace that it is in; `None` where it is in
    /// none that was asked about.
    pub node: Option<usize>,
}

/// An address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The address of this end, with its prefix length.
    pub prefix: Prefix,
    /// The address of the other end, where that differs.
    pub peer: Option<IpAddr>,
    /// The broadcast address.
    pub broadcast: Option<IpAddr>,
    /// Its label (IPv4), where that is not the link's name.
    pub label: Option<String>,
    /// Its scope (`RT_SCOPE_…`).
    pub scope: u8,
    /// Its flags (`IFA_F_…`).
    pub flags: u32,
    /// The metric of its prefix's route.
    pub metric: Option<u32>,
}

/// A route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// What it says. The metric and the table are always told; a link that is gone has no name.
    pub way: Way,
    /// Who made it (`RTPROT_…`).
    pub protocol: u8,
    /// Whether it says more than [`Way`] can: a type of service, a source, an encapsulation, an end.
    pub special: bool,
    /// The kernel's own description (`struct rtmsg` and its attributes): what deletes it, or makes it again.
    pub body: Vec<u8>,
}

impl Node {
    /// The link with a name.
    #[must_use]
    pub fn link(&self, name: &str) -> Option<&Link> {
        self.links.iter().find(|link| link.name == name)
    }

    /// The link with an index.
    #[must_use]
    pub fn link_at(&self, index: u32) -> Option<&Link> {
        self.links.iter().find(|link| link.index == index)
    }
}

/// The tunnels that the kernel makes in every namespace, with their kinds.
const KERNELS_OWN: [(&str, &str); 9] = [
    ("gre0", "gre"),
    ("gretap0", "gretap"),
    ("erspan0", "erspan"),
    ("ip6gre0", "ip6gre"),
    ("ip6tnl0", "ip6tnl"),
    ("tunl0", "ipip"),
    ("sit0", "sit"),
    ("ip_vti0", "vti"),
    ("ip6_vti0", "vti6"),
];

impl Link {
    /// Whether it is a tunnel that the kernel makes in every namespace once the module is loaded (`gre0`, `sit0` …), and
    /// nobody has taken it into use.
    #[must_use]
    pub fn is_kernels_own(&self) -> bool {
        let is = |(name, kind): &(&str, &str)| self.name == *name && self.kind.as_deref() == Some(*kind);
        !self.up && self.addresses.is_empty() && KERNELS_OWN.iter().any(is)
    }

    /// One that was just made and is up: with 1500 bytes, and nothing else known of it.
    #[must_use]
    pub fn new(index: u32, name: &str) -> Self {
        Self {
            index,
            name: name.into(),
            kind: None,
            mac: None,
            mtu: 1500,
            up: true,
            carrier: true,
            master: None,
            peer: None,
            impair: None,
            info: Vec::new(),
            promotes: false,
            qdisc: None,
            addresses: Vec::new(),
        }
    }

    /// Whether it is of a kind.
    #[must_use]
    pub fn is(&self, kind: &str) -> bool {
        self.kind.as_deref() == Some(kind)
    }
}
