//! What is asked of a link.

use std::fmt;
use std::os::fd::{AsRawFd, BorrowedFd};

use crate::types::IfName;
use crate::wire::Request;
use crate::wire::consts::{
    AF_UNSPEC, IFF_UP, IFLA_ADDRESS, IFLA_ALT_IFNAME, IFLA_BROADCAST, IFLA_IFNAME, IFLA_INFO_DATA, IFLA_INFO_KIND,
    IFLA_INFO_SLAVE_DATA, IFLA_LINK, IFLA_LINKINFO, IFLA_MASTER, IFLA_MTU, IFLA_NET_NS_FD, IFLA_NET_NS_PID,
    IFLA_NEW_IFINDEX, IFLA_NUM_RX_QUEUES, IFLA_NUM_TX_QUEUES, IFLA_TXQLEN, NLM_F_CREATE, NLM_F_EXCL, RTM_DELLINK,
    RTM_NEWLINK, VETH_INFO_PEER,
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
}

impl Select<'_> {
    pub(super) fn request(self, kind: u16) -> Request {
        match self {
            Self::Index(index) => Request::new(kind, 0, &header(AF_UNSPEC, index, 0, 0)),
            Self::Name(name) => {
                let mut request = Request::new(kind, 0, &header(AF_UNSPEC, 0, 0, 0));
                let attribute = if name.len() > IfName::MAX_BYTES { IFLA_ALT_IFNAME } else { IFLA_IFNAME };
                request.string(attribute, name);
                request
            }
        }
    }

    /// The request that deletes it.
    #[must_use]
    pub fn delete(self) -> Request {
        self.request(RTM_DELLINK)
    }
}

impl fmt::Display for Select<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Index(index) => write!(f, "{index}"),
            Self::Name(name) => write!(f, "{:?}", String::from_utf8_lossy(name)),
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
    /// How many transmit and receive queues a new link has.
    pub queues: Option<u32>,
    /// The index of the bridge or other link that it belongs to; 0 for none.
    pub master: Option<u32>,
    /// The index of the link beneath it.
    pub link: Option<u32>,
    /// The namespace it is in.
    pub netns: Option<Netns<'a>>,
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

    fn flags(&self) -> u32 {
        if self.up == Some(true) { IFF_UP } else { 0 }
    }

    fn change(&self) -> u32 {
        if self.up.is_some() { IFF_UP } else { 0 }
    }

    fn attributes(&self, request: &mut Request) {
        if let Some(link) = self.link {
            request.u32(IFLA_LINK, link);
        }
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
            (IFLA_NUM_TX_QUEUES, self.queues),
            (IFLA_NUM_RX_QUEUES, self.queues),
            (IFLA_MASTER, self.master),
        ];
        for (kind, value) in numbers {
            if let Some(value) = value {
                request.u32(kind, value);
            }
        }
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
            Self::Veth { peer } => {
                info.attribute(IFLA_INFO_KIND, b"veth");
                info.nest(IFLA_INFO_DATA, |data| {
                    let header = header(AF_UNSPEC, peer.index.unwrap_or(0), peer.flags(), peer.change());
                    data.nest_after(VETH_INFO_PEER, &header, |request| peer.attributes(request));
                });
            }
        }
    }
}
