//! All that is known when it is reasoned why a packet does not arrive: values, without I/O.
//!
//! Not everything is read beforehand. Whoever reasons says what it wants to know ([`Question`]); whoever reads adds
//! it here, and the reasoning begins again.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::ops::nft::rules::Ruleset;
use crate::topology::observe::seen;
use crate::topology::plan::Device;
use crate::topology::spec::Route;
use crate::types::{MacAddr, Prefix};

/// What the namespace that nslab runs in is called, where it has no name.
pub const MACHINE: &str = "(machine)";

/// The place of a namespace among those that are known by name.
pub type Place = usize;

/// What is known.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// The name of each namespace, by which it is shown and entered.
    pub names: Vec<String>,
    /// Those that were read.
    pub spaces: BTreeMap<Place, Space>,
    /// What a lab's description says of its nodes.
    pub intended: BTreeMap<Place, Intended>,
    /// What kernels answered to questions about routes.
    pub ways: Vec<(Asked, Way)>,
    /// Sockets that wait for somebody, of namespaces that were asked about.
    pub listeners: BTreeMap<Place, Vec<Listener>>,
}

/// What is to be found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// What is in a namespace.
    Space(Place),
    /// Which way a packet takes.
    Way(Asked),
    /// Which sockets wait for somebody in a namespace.
    Listeners(Place),
}

/// A packet, as far as routing looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The namespace.
    pub place: Place,
    /// Where to.
    pub to: IpAddr,
    /// Where from; without, the kernel chooses.
    pub from: Option<IpAddr>,
    /// The index of the link that it came in by.
    pub input: Option<u32>,
    /// The protocol inside.
    pub protocol: u8,
    /// Source and destination port.
    pub ports: Option<(u16, u16)>,
}

/// What the kernel says of a packet's way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// There is none; the error number.
    Refused(i32),
    /// There is one.
    Taken(Taken),
}

/// A way that a packet takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The type of the route (`RTN_…`).
    pub kind: u8,
    /// The index of the link that it leaves by.
    pub output: u32,
    /// The router that it is handed to.
    pub gateway: Option<IpAddr>,
    /// The source address that the kernel chooses.
    pub source: Option<IpAddr>,
}

/// A namespace as it was found.
#[derive(Debug, Clone, Default)]
pub struct Space {
    /// Links, addresses and forwarding.
    pub node: seen::Node,
    /// What else is known of links, by index.
    pub more: BTreeMap<u32, More>,
    /// Settings of the families, by the index of the link; -1 for all links.
    pub conf: BTreeMap<(bool, i32), Conf>,
    /// All routes.
    pub routes: Vec<Entry>,
    /// The rules that choose a table, in the order in which they are tried.
    pub rules: Vec<Rule>,
    /// Neighbours.
    pub neighbours: Vec<Neighbour>,
    /// The packet filter.
    pub filter: Ruleset,
    /// Whether it answers no ICMP echo of IPv4, and of IPv6.
    pub echo_ignored: (bool, bool),
}

/// What is known of a link beside what [`seen::Link`] has.
#[derive(Debug, Clone, Default)]
pub struct More {
    /// Of a bridge: whether it runs the spanning tree protocol.
    pub stp: bool,
    /// Of a bridge: whether it filters VLANs.
    pub filters: bool,
    /// Of a bridge's port: its state (`BR_STATE_…`, linux/if_bridge.h).
    pub state: Option<u8>,
    /// Of a bridge's port: whether it is kept apart from other ports like it.
    pub isolated: bool,
    /// Of a bridge that filters and of its ports: the VLANs that it is in.
    pub vlans: Vec<Vlan>,
    /// Of a VLAN interface: its number.
    pub vlan_id: Option<u16>,
    /// Of a macvlan: its mode (`MACVLAN_MODE_…`).
    pub macvlan: Option<u32>,
    /// Of a vxlan: its network, and the other end where there is one.
    pub vxlan: Option<Vxlan>,
    /// Whether it has no neighbours to ask for (`IFF_NOARP`).
    pub noarp: bool,
    /// Whether nothing at all leaves it, for it loses all packets.
    pub loses_all: bool,
}

/// A VLAN that a port is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vlan {
    /// The first number.
    pub first: u16,
    /// The last.
    pub last: u16,
    /// Whether frames without a tag belong to it.
    pub pvid: bool,
    /// Whether its frames leave without a tag.
    pub untagged: bool,
}

/// Where a vxlan leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vxlan {
    /// The number of its network.
    pub id: u32,
    /// The other end, or the group of them.
    pub remote: Option<IpAddr>,
    /// The own end.
    pub local: Option<IpAddr>,
}

/// What a family's settings of a link, or of all, say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Conf {
    /// Whether packets that come in by it are passed on.
    pub forwarding: bool,
    /// The reverse-path filter: 0 off, 1 strict, 2 loose (IPv4).
    pub rp_filter: u8,
    /// Whether it answers for others.
    pub proxy: bool,
}

/// A route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its table.
    pub table: u32,
    /// Where it leads.
    pub to: Prefix,
    /// Its type (`RTN_…`).
    pub kind: u8,
    /// Its metric.
    pub metric: u32,
    /// Who made it (`RTPROT_…`).
    pub protocol: u8,
    /// Whether it is for some packets only, by more than their destination.
    pub special: bool,
    /// The ways.
    pub hops: Vec<EntryHop>,
    /// The kernel's own description: what deletes it.
    pub body: Vec<u8>,
}

/// One way of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntryHop {
    /// The router.
    pub via: Option<IpAddr>,
    /// The index of the link.
    pub index: u32,
    /// Whether the kernel passes over it (`RTNH_F_DEAD`).
    pub dead: bool,
}

/// A rule that chooses a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rule {
    /// Whether it is for IPv6.
    pub ipv6: bool,
    /// The place in the order.
    pub priority: u32,
    /// What it does (`FR_ACT_…`).
    pub action: u8,
    /// Whether it holds for everything that does not match.
    pub invert: bool,
    /// Whose packets it is for.
    pub from: Option<Prefix>,
    /// Which destinations it is for.
    pub to: Option<Prefix>,
    /// The name of the interface that the packet came in by.
    pub input: Option<String>,
    /// The protocol inside.
    pub protocol: Option<u8>,
    /// Source ports.
    pub source_ports: Option<(u16, u16)>,
    /// Destination ports.
    pub destination_ports: Option<(u16, u16)>,
    /// Whether it looks at what an ordinary packet does not have: a mark, a bound socket, a type of service, …
    pub unusual: bool,
    /// The table.
    pub table: u32,
    /// The place to go on at.
    pub goto: Option<u32>,
    /// Results with a prefix of at most this length are not taken.
    pub suppress: Option<u32>,
    /// The kernel's own description: what deletes it.
    pub body: Vec<u8>,
}

/// A neighbour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Neighbour {
    /// The index of the link.
    pub index: u32,
    /// Whose hardware address it is.
    pub address: IpAddr,
    /// The hardware address.
    pub mac: Option<MacAddr>,
    /// Its state (`NUD_…`).
    pub state: u16,
}

/// A socket that waits for somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listener {
    /// The protocol: 6 for TCP, 17 for UDP.
    pub protocol: u8,
    /// The address that it is bound to; unspecified for any.
    pub address: IpAddr,
    /// The port.
    pub port: u16,
}

/// What a lab's description says of a node.
#[derive(Debug, Clone, Default)]
pub struct Intended {
    /// The lab.
    pub lab: String,
    /// The node's name in it.
    pub node: String,
    /// The file that it was made from.
    pub file: String,
    /// Whether it is a switch, which has no addresses.
    pub switch: bool,
    /// Whether the node passes packets on.
    pub forward: bool,
    /// Its ends of cables and other interfaces.
    pub links: Vec<Wish>,
    /// Addresses of its loopback interface.
    pub loopback: Vec<Prefix>,
    /// Its routes.
    pub routes: Vec<Route>,
    /// Its interfaces beside cables.
    pub devices: Vec<Device>,
}

/// What a lab's description says of an interface.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// Its name.
    pub name: String,
    /// Its hardware address, where that is known beforehand.
    pub mac: Option<MacAddr>,
    /// Its addresses.
    pub addresses: Vec<Prefix>,
    /// What it is a port of.
    pub master: Option<String>,
    /// Its MTU, where it says so.
    pub mtu: Option<u32>,
    /// Whether it is kept down by `nslab set`.
    pub down: bool,
}

impl Space {
    /// What else is known of a link.
    #[must_use]
    pub fn more(&self, index: u32) -> More {
        self.more.get(&index).cloned().unwrap_or_default()
    }

    /// The name of a link.
    #[must_use]
    pub fn link_name(&self, index: u32) -> &str {
        self.node.link_at(index).map_or("?", |link| link.name.as_str())
    }

    /// Every address with the link that has it.
    pub fn addresses(&self) -> impl Iterator<Item = (&seen::Link, &seen::Address)> {
        self.node.links.iter().flat_map(|link| link.addresses.iter().map(move |address| (link, address)))
    }

    /// The reverse-path filter that counts for a link: the stricter of its own and that of all.
    #[must_use]
    pub fn rp_filter(&self, index: u32) -> u8 {
        let of = |index: i32| self.conf.get(&(false, index)).map_or(0, |conf| conf.rp_filter);
        of(-1).max(i32::try_from(index).map_or(0, of))
    }

    /// Whether packets that come in by a link are passed on.
    #[must_use]
    pub fn forwards(&self, ipv6: bool, index: u32) -> bool {
        let of = |index: i32| self.conf.get(&(ipv6, index)).is_some_and(|conf| conf.forwarding);
        // IPv6 has one switch for all; what a link has is for router advertisements.
        if ipv6 { of(-1) } else { i32::try_from(index).is_ok_and(of) }
    }

    /// Whether it is a router at all.
    #[must_use]
    pub fn is_router(&self, ipv6: bool) -> bool {
        self.conf.get(&(ipv6, -1)).is_some_and(|conf| conf.forwarding)
    }
}

impl Intended {
    /// What it says of an interface.
    #[must_use]
    pub fn wish(&self, name: &str) -> Option<&Wish> {
        self.links.iter().find(|wish| wish.name == name)
    }
}

impl Evidence {
    /// The name of a namespace.
    #[must_use]
    pub fn name(&self, place: Place) -> &str {
        self.names.get(place).map_or("?", String::as_str)
    }

    /// The name of a namespace in commands; empty for the one that nslab runs in, where that has no name.
    #[must_use]
    pub fn command_name(&self, place: Place) -> &str {
        match self.name(place) {
            MACHINE => "",
            name => name,
        }
    }

    /// `node:ifname`.
    #[must_use]
    pub fn port(&self, place: Place, index: u32) -> String {
        let link = self.spaces.get(&place).map_or("?", |space| space.link_name(index));
        format!("{}:{link}", self.name(place))
    }

    /// The node of a lab that an interface with a hardware address belongs to, and what the lab says of it.
    #[must_use]
    pub fn home_of(&self, mac: MacAddr) -> Option<(Place, &Wish)> {
        let of = |(place, intended): (&Place, &'_ Intended)| {
            intended.links.iter().position(|wish| wish.mac == Some(mac)).map(|at| (*place, at))
        };
        let (place, at) = self.intended.iter().find_map(of)?;
        Some((place, self.intended.get(&place)?.links.get(at)?))
    }
}
