//! What is asked of a link.

use std::fmt;
use std::os::fd::{AsRawFd, BorrowedFd};

use super::OperState;
use crate::types::IfName;
use crate::wire::Request;
use crate::wire::consts::{
    AF_INET, AF_INET6, AF_UNSPEC, IFF_UP, IFLA_ADDRESS, IFLA_AF_SPEC, IFLA_ALT_IFNAME, IFLA_BROADCAST, IFLA_CARRIER,
    IFLA_GRO_IPV4_MAX_SIZE, IFLA_GRO_MAX_SIZE, IFLA_GROUP, IFLA_GSO_IPV4_MAX_SIZE, IFLA_GSO_MAX_SEGS,
    IFLA_GSO_MAX_SIZE, IFLA_IFALIAS, IFLA_IFNAME, IFLA_INET_CONF, IFLA_INET6_ADDR_GEN_MODE, IFLA_INFO_DATA,
    IFLA_INFO_KIND, IFLA_INFO_SLAVE_DATA, IFLA_LINK, IFLA_LINK_NETNSID, IFLA_LINKINFO, IFLA_LINKMODE, IFLA_MASTER,
    IFLA_MTU, IFLA_NET_NS_FD, IFLA_NET_NS_PID, IFLA_NEW_IFINDEX, IFLA_NUM_RX_QUEUES, IFLA_NUM_TX_QUEUES,
    IFLA_OPERSTATE, IFLA_PARENT_DEV_NAME, IFLA_PROP_LIST, IFLA_PROTO_DOWN, IFLA_PROTO_DOWN_REASON,
    IFLA_PROTO_DOWN_REASON_MASK, IFLA_PROTO_DOWN_REASON_VALUE, IFLA_TXQLEN, IPV4_DEVCONF_PROMOTE_SECONDARIES,
    NLA_F_NESTED, NLM_F_APPEND, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE, RTM_DELLINK, RTM_DELLINKPROP, RTM_NEWLINK,
    RTM_NEWLINKPROP, VETH_INFO_PEER,
};

/// `struct ifinfomsg`.
pub(super) fn header(family: u8, index: u32, flags: u32, change: u32) -> [u8; 16] {
    let mut bytes = [0; 16];
    let (start, rest) = bytes.split_at_mut(4);
    if let Some(first) = start.first_mut() {
        *first = family;
    }
    for (place, value) in rest.chunks_exact_mut(4).zip([index, flags, change]) {
        place.copy_from_slice(&value.to_ne_bytes());
    }
    bytes
}

/// How a link is named in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Select<'a> {
    /// By index.
    Index(u32),
    /// By name or, where it is longer than an interface name can be or no interface has it, altname.
    Name(&'a [u8]),
    /// All links of a group; only for deleting them.
    Group(u32),
}

impl Select<'_> {
    pub(super) fn request(self, kind: u16) -> Request {
        self.request_with(kind, 0)
    }

    fn request_with(self, kind: u16, flags: u16) -> Request {
        match self {
            Self::Index(index) => Request::new(kind, flags, &header(AF_UNSPEC, index, 0, 0)),
            Self::Name(name) => {
                let mut request = Request::new(kind, flags, &header(AF_UNSPEC, 0, 0, 0));
                let attribute = if name.len() > IfName::MAX_BYTES { IFLA_ALT_IFNAME } else { IFLA_IFNAME };
                request.string(attribute, name);
                request
            }
            Self::Group(group) => {
                let mut request = Request::new(kind, flags, &header(AF_UNSPEC, 0, 0, 0));
                request.u32(IFLA_GROUP, group);
                request
            }
        }
    }

    fn altnames<'n>(self, kind: u16, flags: u16, names: impl IntoIterator<Item = &'n [u8]>) -> Request {
        let mut request = self.request_with(kind, flags);
        request.nest(IFLA_PROP_LIST | NLA_F_NESTED, |list| {
            for name in names {
                list.string(IFLA_ALT_IFNAME, name);
            }
        });
        request
    }

    /// The request that deletes it.
    #[must_use]
    pub fn delete(self) -> Request {
        self.request(RTM_DELLINK)
    }

    /// The request that gives it other names; `append` keeps those that it has.
    #[must_use]
    pub fn add_altnames<'n>(self, names: impl IntoIterator<Item = &'n [u8]>) -> Request {
        self.altnames(RTM_NEWLINKPROP, NLM_F_CREATE | NLM_F_EXCL | NLM_F_APPEND, names)
    }

    /// The request that takes other names from it.
    #[must_use]
    pub fn delete_altnames<'n>(self, names: impl IntoIterator<Item = &'n [u8]>) -> Request {
        self.altnames(RTM_DELLINKPROP, 0, names)
    }
}

impl fmt::Display for Select<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Index(index) => write!(f, "{index}"),
            Self::Name(name) => write!(f, "{:?}", String::from_utf8_lossy(name)),
            Self::Group(group) => write!(f, "group {group}"),
        }
    }
}

/// The network namespace that a link is put into.
#[derive(Debug, Clone, Copy)]
pub enum Netns<'a> {
    /// An open namespace.
    Fd(BorrowedFd<'a>),
    /// That of a process.
    Pid(u32),
}

/// What a new link is.
#[derive(Debug, Clone)]
pub enum Kind<'a> {
    /// A kind without options of its own here; the kernel says whether it has it.
    Plain(&'a str),
    /// A kind with options as they are on the wire.
    Other {
        /// The kind, or `KIND_slave` for what a link's master keeps of it.
        name: &'a [u8],
        /// The options.
        data: Data<'a>,
    },
    /// A virtual cable: the new link and its other end (veth(4)). The other end may be in another
    /// namespace from the start.
    Veth {
        /// The other end; what it leaves open, the kernel chooses.
        peer: Box<LinkConfig<'a>>,
    },
    /// A kind that is made two at a time, as a cable is: `netkit`, `vxcan`.
    Pair {
        /// The kind.
        name: &'a [u8],
        /// Its options as they are on the wire, without the other end.
        own: &'a [u8],
        /// The other end; what it leaves open, the kernel chooses.
        peer: Box<LinkConfig<'a>>,
    },
}

/// The options of a kind: attributes, as bytes.
#[derive(Debug, Clone, Copy)]
pub enum Data<'a> {
    /// Those of the kind itself (`IFLA_INFO_DATA`).
    Own(&'a [u8]),
    /// Those that its master keeps (`IFLA_INFO_SLAVE_DATA`).
    Slave(&'a [u8]),
}

/// The settings of a link, for making or changing one. What is `None` is left as it is, or to the kernel.
#[derive(Debug, Clone, Default)]
pub struct LinkConfig<'a> {
    /// Its name: at most 15 bytes.
    pub name: Option<&'a [u8]>,
    /// Its index, for a new link: 1 to 2³¹−1, not taken in its namespace.
    pub index: Option<u32>,
    /// Its hardware address, in as many bytes as its type has.
    pub address: Option<&'a [u8]>,
    /// Its hardware broadcast address.
    pub broadcast: Option<&'a [u8]>,
    /// The largest packet in bytes.
    pub mtu: Option<u32>,
    /// The transmit queue's length in packets.
    pub txqlen: Option<u32>,
    /// Whether it is up (`IFF_UP`). On the far end of a new veth the kernel refuses it (ENOTCONN).
    pub up: Option<bool>,
    /// Other flags (`IFF_…`) to be set or cleared, those of `change`, and what they are to be.
    pub flags: u32,
    /// Which of `flags` count.
    pub change: u32,
    /// How many transmit and receive queues a new link has.
    pub queues: Option<u32>,
    /// How many transmit queues a new link has.
    pub tx_queues: Option<u32>,
    /// How many receive queues a new link has.
    pub rx_queues: Option<u32>,
    /// The index of the bridge or other link that it belongs to; 0 for none.
    pub master: Option<u32>,
    /// The namespace it is in.
    pub netns: Option<Netns<'a>>,
    /// For a new link: the index of the link beneath it.
    pub link: Option<u32>,
    /// For a new link: the id of the namespace that the link beneath it is in.
    pub link_netnsid: Option<u32>,
    /// A text for people; empty for none.
    pub alias: Option<&'a [u8]>,
    /// The number of its group.
    pub group: Option<u32>,
    /// Its link mode: 0 default, 1 dormant (`IF_LINK_MODE_…`).
    pub link_mode: Option<u8>,
    /// Its operational state (`IF_OPER_…`); the kernel takes `DORMANT`, `TESTING` and what ends them.
    pub oper_state: Option<OperState>,
    /// Whether it has a carrier, where the driver lets that be set.
    pub carrier: Option<bool>,
    /// Whether a protocol holds it down.
    pub proto_down: Option<bool>,
    /// Reasons to hold it down: which bits to change, and what they are to be.
    pub proto_down_reason: Option<(u32, u32)>,
    /// How it makes IPv6 addresses of its own: `IN6_ADDR_GEN_MODE_…`.
    pub addr_gen_mode: Option<u8>,
    /// Whether IPv4 addresses stay when the first of their subnet goes (`promote_secondaries`).
    pub promote_secondaries: Option<bool>,
    /// The largest packet, in bytes, that it is handed to cut up itself.
    pub gso_max_size: Option<u32>,
    /// Into how many packets it may cut one.
    pub gso_max_segs: Option<u32>,
    /// The largest packet, in bytes, that received ones are put together to.
    pub gro_max_size: Option<u32>,
    /// As `gso_max_size`, of IPv4 alone.
    pub gso_ipv4_max_size: Option<u32>,
    /// As `gro_max_size`, of IPv4 alone.
    pub gro_ipv4_max_size: Option<u32>,
    /// For a new link: the device (on a bus) that it belongs to.
    pub parent_dev: Option<&'a [u8]>,
    /// For a new link: what it is.
    pub kind: Option<Kind<'a>>,
}

impl LinkConfig<'_> {
    /// The request that makes a link like this; an error if the name is taken.
    #[must_use]
    pub fn create(&self) -> Request {
        let header = header(AF_UNSPEC, self.index.unwrap_or(0), self.flags(), self.change());
        let mut request = Request::new(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &header);
        self.attributes(&mut request);
        request
    }

    /// The request that makes a link like this, or makes the one with the name like this.
    #[must_use]
    pub fn create_or_replace(&self) -> Request {
        let header = header(AF_UNSPEC, self.index.unwrap_or(0), self.flags(), self.change());
        let mut request = Request::new(RTM_NEWLINK, NLM_F_CREATE | NLM_F_REPLACE, &header);
        self.attributes(&mut request);
        request
    }

    /// The request that makes all links of the group in the settings like this.
    #[must_use]
    pub fn change_group(&self) -> Request {
        self.change_link(0)
    }

    /// The request that makes the link with an index like this. An index in the settings is the one it is to
    /// have in the namespace that it moves to.
    #[must_use]
    pub fn change_link(&self, index: u32) -> Request {
        let header = header(AF_UNSPEC, index, self.flags(), self.change());
        let mut request = Request::new(RTM_NEWLINK, 0, &header);
        if let Some(index) = self.index {
            request.u32(IFLA_NEW_IFINDEX, index);
        }
        self.attributes(&mut request);
        request
    }

    /// Asks for a flag (`IFF_…`) to be set or cleared.
    pub fn set_flag(&mut self, flag: u32, on: bool) {
        self.change |= flag;
        self.flags = if on { self.flags | flag } else { self.flags & !flag };
    }

    fn flags(&self) -> u32 {
        self.flags | if self.up == Some(true) { IFF_UP } else { 0 }
    }

    fn change(&self) -> u32 {
        self.change | if self.up.is_some() { IFF_UP } else { 0 }
    }

    fn attributes(&self, request: &mut Request) {
        if let Some(name) = self.name {
            request.string(IFLA_IFNAME, name);
        }
        if let Some(address) = self.address {
            request.attribute(IFLA_ADDRESS, address);
        }
        if let Some(broadcast) = self.broadcast {
            request.attribute(IFLA_BROADCAST, broadcast);
        }
        let numbers = [
            (IFLA_MTU, self.mtu),
            (IFLA_TXQLEN, self.txqlen),
            (IFLA_NUM_TX_QUEUES, self.tx_queues.or(self.queues)),
            (IFLA_NUM_RX_QUEUES, self.rx_queues.or(self.queues)),
            (IFLA_MASTER, self.master),
            (IFLA_LINK, self.link),
            (IFLA_LINK_NETNSID, self.link_netnsid),
            (IFLA_GROUP, self.group),
            (IFLA_GSO_MAX_SIZE, self.gso_max_size),
            (IFLA_GSO_MAX_SEGS, self.gso_max_segs),
            (IFLA_GRO_MAX_SIZE, self.gro_max_size),
            (IFLA_GSO_IPV4_MAX_SIZE, self.gso_ipv4_max_size),
            (IFLA_GRO_IPV4_MAX_SIZE, self.gro_ipv4_max_size),
        ];
        for (kind, value) in numbers {
            if let Some(value) = value {
                request.u32(kind, value);
            }
        }
        self.short_attributes(request);
        match self.netns {
            Some(Netns::Fd(fd)) => {
                request.u32(IFLA_NET_NS_FD, fd.as_raw_fd().cast_unsigned());
            }
            Some(Netns::Pid(pid)) => {
                request.u32(IFLA_NET_NS_PID, pid);
            }
            None => {}
        }
        if let Some(kind) = &self.kind {
            request.nest(IFLA_LINKINFO, |info| kind.attributes(info));
        }
    }

    fn short_attributes(&self, request: &mut Request) {
        let bytes = [
            (IFLA_LINKMODE, self.link_mode),
            (IFLA_OPERSTATE, self.oper_state.map(|state| state.0)),
            (IFLA_CARRIER, self.carrier.map(u8::from)),
            (IFLA_PROTO_DOWN, self.proto_down.map(u8::from)),
        ];
        for (kind, value) in bytes {
            if let Some(value) = value {
                request.u8(kind, value);
            }
        }
        if let Some(alias) = self.alias {
            request.attribute(IFLA_IFALIAS, alias);
        }
        if let Some((mask, value)) = self.proto_down_reason {
            request.nest(IFLA_PROTO_DOWN_REASON | NLA_F_NESTED, |reason| {
                reason.u32(IFLA_PROTO_DOWN_REASON_MASK, mask).u32(IFLA_PROTO_DOWN_REASON_VALUE, value);
            });
        }
        if let Some(mode) = self.addr_gen_mode {
            request.nest(IFLA_AF_SPEC, |families| {
                families.nest(AF_INET6.into(), |inet6| {
                    inet6.u8(IFLA_INET6_ADDR_GEN_MODE, mode);
                });
            });
        }
        if let Some(promote) = self.promote_secondaries {
            request.nest(IFLA_AF_SPEC, |families| {
                families.nest(AF_INET.into(), |inet| {
                    inet.nest(IFLA_INET_CONF, |conf| {
                        conf.u32(IPV4_DEVCONF_PROMOTE_SECONDARIES, promote.into());
                    });
                });
            });
        }
        if let Some(parent) = self.parent_dev {
            request.string(IFLA_PARENT_DEV_NAME, parent);
        }
    }
}

impl Kind<'_> {
    fn attributes(&self, info: &mut Request) {
        match self {
            Self::Plain(name) => {
                info.attribute(IFLA_INFO_KIND, name.as_bytes());
            }
            Self::Other { name, data } => {
                info.attribute(IFLA_INFO_KIND, name);
                match data {
                    Data::Own(options) => info.attribute(IFLA_INFO_DATA, options),
                    Data::Slave(options) => info.attribute(IFLA_INFO_SLAVE_DATA, options),
                };
            }
            Self::Veth { peer } => pair(info, b"veth", &[], peer),
            Self::Pair { name, own, peer } => pair(info, name, own, peer),
        }
    }
}

/// The other end stands under the same number in all kinds that have one: `VETH_INFO_PEER`, `VXCAN_INFO_PEER`
/// (`linux/can/vxcan.h`), `IFLA_NETKIT_PEER_INFO`.
fn pair(info: &mut Request, name: &[u8], own: &[u8], peer: &LinkConfig<'_>) {
    info.attribute(IFLA_INFO_KIND, name);
    info.nest(IFLA_INFO_DATA, |data| {
        data.raw(own);
        let header = header(AF_UNSPEC, peer.index.unwrap_or(0), peer.flags(), peer.change());
        data.nest_after(VETH_INFO_PEER, &header, |request| peer.attributes(request));
    });
}
