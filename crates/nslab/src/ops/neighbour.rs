//! Neighbours: which hardware address a protocol address has on a link (`RTM_NEWNEIGH` and family;
//! rtnetlink(7), `linux/neighbour.h`, ip-neighbour(8)).

use std::net::IpAddr;

use crate::error::Result;
use crate::netlink::{Connection, Dumped, Transport};
use crate::wire::consts::{
    AF_INET, AF_INET6, NDA_CACHEINFO, NDA_DST, NDA_FLAGS_EXT, NDA_IFINDEX, NDA_LLADDR, NDA_MASTER, NDA_PROBES,
    NDA_PROTOCOL, NDA_TABLE, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE, NTF_PROXY, NUD_PERMANENT, RTM_DELNEIGH,
    RTM_GETNEIGH, RTM_NEWNEIGH,
};
use crate::wire::{Attribute, Malformed, Message, Request, Table};

/// A neighbour to add, to change, to look for or to take away.
#[derive(Debug, Clone)]
pub struct NeighbourConfig {
    /// The index of the link; 0 for all, where it is a proxy.
    pub index: u32,
    /// The address family: 2 for IPv4, 10 for IPv6.
    pub family: u8,
    /// The protocol address, in the family's bytes.
    pub destination: Vec<u8>,
    /// The hardware address.
    pub hardware: Option<Vec<u8>>,
    /// The state (`NUD_…`).
    pub state: u16,
    /// Flags (`NTF_…`).
    pub flags: u8,
    /// Further flags (`NTF_EXT_…`).
    pub more_flags: u32,
    /// Who made it (`RTPROT_…`).
    pub protocol: Option<u8>,
}

impl NeighbourConfig {
    /// A permanent neighbour on a link.
    #[must_use]
    pub fn new(index: u32, destination: IpAddr) -> Self {
        let (family, destination) = match destination {
            IpAddr::V4(address) => (AF_INET, address.octets().to_vec()),
            IpAddr::V6(address) => (AF_INET6, address.octets().to_vec()),
        };
        Self {
            index,
            family,
            destination,
            hardware: None,
            state: NUD_PERMANENT,
            flags: 0,
            more_flags: 0,
            protocol: None,
        }
    }

    /// The request that adds it; an error if it is there already.
    #[must_use]
    pub fn add(&self) -> Request {
        self.request(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_EXCL)
    }

    /// The request that changes it; an error if it is not there.
    #[must_use]
    pub fn change(&self) -> Request {
        self.request(RTM_NEWNEIGH, NLM_F_REPLACE)
    }

    /// The request that adds or changes it.
    #[must_use]
    pub fn replace(&self) -> Request {
        self.request(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE)
    }

    /// The request that takes it away.
    #[must_use]
    pub fn delete(&self) -> Request {
        self.request(RTM_DELNEIGH, 0)
    }

    fn request(&self, kind: u16, flags: u16) -> Request {
        let mut request = Request::new(kind, flags, &header(self.family, self.index, self.state, self.flags));
        if let Some(protocol) = self.protocol {
            request.u8(NDA_PROTOCOL, protocol);
        }
        request.attribute(NDA_DST, &self.destination);
        if self.more_flags != 0 {
            request.u32(NDA_FLAGS_EXT, self.more_flags);
        }
        if let Some(hardware) = &self.hardware {
            request.attribute(NDA_LLADDR, hardware);
        }
        request
    }
}

/// `struct ndmsg`.
fn header(family: u8, index: u32, state: u16, flags: u8) -> [u8; 12] {
    let ([i0, i1, i2, i3], [s0, s1]) = (index.to_ne_bytes(), state.to_ne_bytes());
    [family, 0, 0, 0, i0, i1, i2, i3, s0, s1, flags, 0]
}

/// The request that takes away a neighbour that the kernel told of: the same message back.
#[must_use]
pub fn delete(seen: &Neighbour<'_>) -> Request {
    Request::new(RTM_DELNEIGH, 0, seen.message().body)
}

/// Which neighbours a dump asks the kernel for.
#[derive(Debug, Clone, Copy, Default)]
pub struct DumpFilter {
    /// The address family; 0 for all.
    pub family: u8,
    /// Only those on this link.
    pub index: Option<u32>,
    /// Only those on links with this master; `u32::MAX` for those on links without one.
    pub master: Option<u32>,
    /// The proxy entries instead.
    pub proxy: bool,
}

/// Hands every neighbour to `take`, in the kernel's order, which is none.
///
/// # Errors
/// What the kernel answers, or what `take` returns.
pub fn dump<T: Transport>(
    connection: &mut Connection<T>,
    filter: DumpFilter,
    mut take: impl FnMut(&Neighbour<'_>) -> Result<()>,
) -> Result<Dumped> {
    let flags = if filter.proxy { NTF_PROXY } else { 0 };
    let mut request = Request::new(RTM_GETNEIGH, 0, &header(filter.family, 0, 0, flags));
    if let Some(index) = filter.index {
        request.u32(NDA_IFINDEX, index);
    }
    if let Some(master) = filter.master {
        request.u32(NDA_MASTER, master);
    }
    connection.dump_each(request, || "listing neighbours".into(), |message| take(&Neighbour::parse(message)?))
}

/// Hands one neighbour to `take`: that of a link (or, with `NTF_PROXY` among the flags, of a proxy) with
/// a destination.
///
/// # Errors
/// What the kernel answers, which is `ENOENT` where there is none; or what `take` returns.
pub fn get<T: Transport, R>(
    connection: &mut Connection<T>,
    which: &NeighbourConfig,
    mut take: impl FnMut(&Neighbour<'_>) -> Result<R>,
) -> Result<R> {
    let mut request = Request::new(RTM_GETNEIGH, 0, &header(which.family, which.index, 0, which.flags));
    request.attribute(NDA_DST, &which.destination);
    connection.get(request, || "looking for a neighbour".into(), |message| take(&Neighbour::parse(message)?))
}

/// How long ago, in hundredths of a second, and how often a neighbour was used (`struct nda_cacheinfo`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheInfo {
    /// Since it was last known to be right.
    pub confirmed: u32,
    /// Since it was last used.
    pub used: u32,
    /// Since it last changed.
    pub updated: u32,
    /// How many use it now.
    pub references: u32,
}

/// A neighbour as the kernel describes it. Borrows from the message.
#[derive(Debug, Clone)]
pub struct Neighbour<'a> {
    message: Message<'a>,
    family: u8,
    index: u32,
    state: u16,
    flags: u8,
    table: Table<'a, NDA_TABLE>,
}

impl<'a> Neighbour<'a> {
    /// Reads an `RTM_NEWNEIGH` or `RTM_DELNEIGH` message.
    ///
    /// # Errors
    /// [`ErrorKind::Reply`](crate::ErrorKind::Reply) where it is malformed.
    pub fn parse(message: &Message<'a>) -> Result<Self> {
        Self::read(message).map_err(|error| super::malformed("a neighbour", error))
    }

    fn read(message: &Message<'a>) -> Result<Self, Malformed> {
        let (header, attributes) = message.body.split_first_chunk::<12>().ok_or(Malformed)?;
        let [family, _, _, _, i0, i1, i2, i3, s0, s1, flags, _] = *header;
        Ok(Self {
            message: *message,
            family,
            index: u32::from_ne_bytes([i0, i1, i2, i3]),
            state: u16::from_ne_bytes([s0, s1]),
            flags,
            table: Table::parse(attributes)?,
        })
    }

    /// The message that it was read from.
    #[must_use]
    pub fn message(&self) -> &Message<'a> {
        &self.message
    }

    /// The address family: 2 for IPv4, 10 for IPv6, or another.
    #[must_use]
    pub fn family(&self) -> u8 {
        self.family
    }

    /// The index of its link; 0 for all.
    #[must_use]
    pub fn index(&self) -> u32 {
        self.index
    }

    /// Its state (`NUD_…`); 0 for none.
    #[must_use]
    pub fn state(&self) -> u16 {
        self.state
    }

    /// Its flags (`NTF_…`).
    #[must_use]
    pub fn flags(&self) -> u8 {
        self.flags
    }

    /// Its further flags (`NTF_EXT_…`).
    #[must_use]
    pub fn more_flags(&self) -> u32 {
        self.attribute(NDA_FLAGS_EXT).and_then(|a| a.u32()).unwrap_or(0)
    }

    /// Any attribute of the message (`NDA_…`).
    #[must_use]
    pub fn attribute(&self, kind: u16) -> Option<Attribute<'a>> {
        self.table.get(kind)
    }

    /// Its protocol address, if it is an IP address.
    #[must_use]
    pub fn destination(&self) -> Option<IpAddr> {
        let payload = self.attribute(NDA_DST)?.payload;
        match self.family {
            AF_INET => payload.first_chunk::<4>().map(|octets| IpAddr::from(*octets)),
            AF_INET6 => payload.first_chunk::<16>().map(|octets| IpAddr::from(*octets)),
            _ => None,
        }
    }

    /// Its hardware address, once known.
    #[must_use]
    pub fn hardware(&self) -> Option<&'a [u8]> {
        self.attribute(NDA_LLADDR).map(|a| a.payload)
    }

    /// Who made it (`RTPROT_…`), where that is known.
    #[must_use]
    pub fn protocol(&self) -> Option<u8> {
        self.attribute(NDA_PROTOCOL)?.u8()
    }

    /// How often it was asked for and did not answer.
    #[must_use]
    pub fn probes(&self) -> Option<u32> {
        self.attribute(NDA_PROBES)?.u32()
    }

    /// When it was used.
    #[must_use]
    pub fn cache_info(&self) -> Option<CacheInfo> {
        let info = self.attribute(NDA_CACHEINFO)?.payload;
        let number = |at: usize| Some(u32::from_ne_bytes(*info.get(at..)?.first_chunk()?));
        Some(CacheInfo { confirmed: number(0)?, used: number(4)?, updated: number(8)?, references: number(12)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netlink::fake;
    use crate::wire::Messages;
    use crate::wire::consts::{NTF_EXT_MANAGED, NTF_ROUTER, NUD_STALE};

    fn config() -> NeighbourConfig {
        NeighbourConfig {
            hardware: Some(vec![2, 0, 0, 0, 0, 1]),
            state: NUD_STALE,
            flags: NTF_ROUTER,
            more_flags: NTF_EXT_MANAGED,
            protocol: Some(4),
            ..NeighbourConfig::new(7, "192.0.2.1".parse().unwrap())
        }
    }

    #[test]
    fn what_is_asked_for_reads_back() {
        let bytes = config().add().finish(1, 0);
        let message = Messages::new(&bytes).next().unwrap().unwrap();
        let seen = Neighbour::parse(&message).unwrap();
        assert_eq!((seen.index(), seen.family(), seen.state(), seen.flags()), (7, AF_INET, NUD_STALE, NTF_ROUTER));
        assert_eq!(seen.destination(), "192.0.2.1".parse().ok());
        assert_eq!((seen.hardware(), seen.protocol()), (Some(&[2, 0, 0, 0, 0, 1][..]), Some(4)));
        assert_eq!((seen.more_flags(), seen.cache_info(), seen.probes()), (NTF_EXT_MANAGED, None, None));
    }

    #[test]
    fn every_truncation_of_the_body_is_an_error_or_less() {
        let bytes = config().add().finish(1, 0);
        for end in 16..bytes.len() {
            let cut = fake::message(RTM_NEWNEIGH, 0, 1, &bytes[16..end]);
            let message = Messages::new(&cut).next().unwrap().unwrap();
            if let Ok(seen) = Neighbour::parse(&message) {
                let _ = (seen.destination(), seen.hardware(), seen.protocol(), seen.cache_info(), seen.more_flags());
            }
        }
    }
}
