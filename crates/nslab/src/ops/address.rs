//! Addresses of links (`RTM_NEWADDR` and family; rtnetlink(7), ip-address(8)).

use std::net::IpAddr;

use crate::error::Result;
use crate::netlink::{Connection, Dumped, Transport};
use crate::types::Prefix;
use crate::wire::consts::{
    AF_INET, AF_INET6, IFA_ADDRESS, IFA_ANYCAST, IFA_BROADCAST, IFA_CACHEINFO, IFA_FLAGS, IFA_LABEL, IFA_LOCAL,
    IFA_PROTO, IFA_RT_PRIORITY, IFA_TABLE, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE, RTM_DELADDR, RTM_GETADDR,
    RTM_NEWADDR,
};
use crate::wire::{Attribute, Malformed, Message, Request, Table};

/// A lifetime that does not end (`INFINITY_LIFE_TIME`).
pub const FOREVER: u32 = u32::MAX;

/// An address to give to a link, to change or to take away.
#[derive(Debug, Clone, Default)]
pub struct AddressConfig {
    /// The index of the link.
    pub index: u32,
    /// The address family: that of the addresses, or 0 for a request without any.
    pub family: u8,
    /// The length of the network part in bits: of the peer where there is one, else of the address.
    pub prefix_len: u8,
    /// The address of this end.
    pub local: Option<IpAddr>,
    /// The address of the other end of a point-to-point link; without one, that of this end is repeated.
    pub peer: Option<IpAddr>,
    /// Whether a delete request names this end alone, and so means any prefix length (IPv4).
    pub any_prefix: bool,
    /// The broadcast address (IPv4).
    pub broadcast: Option<IpAddr>,
    /// The anycast address, which today's kernels ignore.
    pub anycast: Option<IpAddr>,
    /// The label (IPv4): the link's name, or that with something behind it. At most 15 bytes.
    pub label: Option<Vec<u8>>,
    /// The metric of the prefix's route.
    pub metric: Option<u32>,
    /// Who made it (`IFAPROT_…`).
    pub protocol: Option<u8>,
    /// The preferred and the valid lifetime in seconds, or [`FOREVER`].
    pub lifetimes: Option<(u32, u32)>,
    /// The scope (`RT_SCOPE_…`): 0 for global, 253 link, 254 host. IPv6 addresses have that of their kind.
    pub scope: u8,
    /// Flags (`IFA_F_…`).
    pub flags: u32,
}

impl AddressConfig {
    /// An address on a link, of the scope that `ip address add` gives it by default.
    #[must_use]
    pub fn new(index: u32, local: Prefix) -> Self {
        let host = matches!(local.address(), IpAddr::V4(address) if address.is_loopback());
        Self {
            index,
            family: if local.is_ipv6() { AF_INET6 } else { AF_INET },
            prefix_len: local.len(),
            local: Some(local.address()),
            scope: if host { 254 } else { 0 },
            ..Self::default()
        }
    }

    /// The request that adds it; an error if the link has it already.
    #[must_use]
    pub fn add(&self) -> Request {
        self.request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL)
    }

    /// The request that changes what the link already has.
    #[must_use]
    pub fn change(&self) -> Request {
        self.request(RTM_NEWADDR, NLM_F_REPLACE)
    }

    /// The request that adds or changes it.
    #[must_use]
    pub fn replace(&self) -> Request {
        self.request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE)
    }

    /// The request that takes it away.
    #[must_use]
    pub fn delete(&self) -> Request {
        self.request(RTM_DELADDR, 0)
    }

    fn request(&self, kind: u16, flags: u16) -> Request {
        let [low, high @ ..] = self.flags.to_le_bytes();
        // Flags of which one does not fit into the header's byte go into an attribute, all of them.
        let wide = high != [0; 3];
        let head = header(self.family, self.prefix_len, if wide { 0 } else { low }, self.scope, self.index);
        let mut request = Request::new(kind, flags, &head);
        let far = if self.any_prefix { None } else { self.peer.or(self.local) };
        for (kind, address) in
            [(IFA_LOCAL, self.local), (IFA_ADDRESS, far), (IFA_BROADCAST, self.broadcast), (IFA_ANYCAST, self.anycast)]
        {
            if let Some(address) = address {
                put_address(&mut request, kind, address);
            }
        }
        if let Some(label) = &self.label {
            request.string(IFA_LABEL, label);
        }
        if let Some(metric) = self.metric {
            request.u32(IFA_RT_PRIORITY, metric);
        }
        if let Some(protocol) = self.protocol {
            request.u8(IFA_PROTO, protocol);
        }
        if wide {
            request.u32(IFA_FLAGS, self.flags);
        }
        if let Some((preferred, valid)) = self.lifetimes {
            // struct ifa_cacheinfo; the times of creation and change are the kernel's own.
            let mut info = [0; 16];
            for (place, byte) in info.iter_mut().zip([preferred, valid].map(u32::to_ne_bytes).as_flattened()) {
                *place = *byte;
            }
            request.attribute(IFA_CACHEINFO, &info);
        }
        request
    }
}

/// The request that takes away an address that the kernel told of: the same message back.
#[must_use]
pub fn delete(seen: &Address<'_>) -> Request {
    Request::new(RTM_DELADDR, 0, seen.message().body)
}

fn put_address(request: &mut Request, kind: u16, address: IpAddr) {
    match address {
        IpAddr::V4(address) => request.attribute(kind, &address.octets()),
        IpAddr::V6(address) => request.attribute(kind, &address.octets()),
    };
}

/// `struct ifaddrmsg`.
fn header(family: u8, prefix_len: u8, flags: u8, scope: u8, index: u32) -> [u8; 8] {
    let [i0, i1, i2, i3] = index.to_ne_bytes();
    [family, prefix_len, flags, scope, i0, i1, i2, i3]
}

/// Hands every address to `take`, in the kernel's order: IPv4 before IPv6.
///
/// `family` 0 asks for all; `index` asks for one link's where the kernel can filter (4.20), else for all.
///
/// # Errors
/// What the kernel answers, or what `take` returns.
pub fn dump<T: Transport>(
    connection: &mut Connection<T>,
    family: u8,
    index: Option<u32>,
    mut take: impl FnMut(&Address<'_>) -> Result<()>,
) -> Result<Dumped> {
    let request = Request::new(RTM_GETADDR, 0, &header(family, 0, 0, 0, index.unwrap_or(0)));
    connection.dump_each(request, || "listing addresses".into(), |message| take(&Address::parse(message)?))
}

/// An address as the kernel describes it. Borrows from the message.
#[derive(Debug, Clone)]
pub struct Address<'a> {
    message: Message<'a>,
    family: u8,
    prefix_len: u8,
    flags: u8,
    scope: u8,
    index: u32,
    table: Table<'a, IFA_TABLE>,
}

impl<'a> Address<'a> {
    /// Reads an `RTM_NEWADDR` or `RTM_DELADDR` message.
    ///
    /// # Errors
    /// [`ErrorKind::Reply`](crate::ErrorKind::Reply) where it is malformed.
    pub fn parse(message: &Message<'a>) -> Result<Self> {
        Self::read(message).map_err(|error| crate::ops::malformed("an address", error))
    }

    fn read(message: &Message<'a>) -> Result<Self, Malformed> {
        let (header, attributes) = message.body.split_first_chunk::<8>().ok_or(Malformed)?;
        let [family, prefix_len, flags, scope, i0, i1, i2, i3] = *header;
        let index = u32::from_ne_bytes([i0, i1, i2, i3]);
        Ok(Self { message: *message, family, prefix_len, flags, scope, index, table: Table::parse(attributes)? })
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

    /// The length of the network part in bits.
    #[must_use]
    pub fn prefix_len(&self) -> u8 {
        self.prefix_len
    }

    /// The scope (`RT_SCOPE_…`).
    #[must_use]
    pub fn scope(&self) -> u8 {
        self.scope
    }

    /// The index of its link.
    #[must_use]
    pub fn index(&self) -> u32 {
        self.index
    }

    /// Flags (`IFA_F_…`).
    #[must_use]
    pub fn flags(&self) -> u32 {
        self.attribute(IFA_FLAGS).and_then(|a| a.u32()).unwrap_or_else(|| u32::from(self.flags))
    }

    /// Any attribute of the message (`IFA_…`).
    #[must_use]
    pub fn attribute(&self, kind: u16) -> Option<Attribute<'a>> {
        self.table.get(kind)
    }

    /// The address of this end.
    #[must_use]
    pub fn local(&self) -> Option<IpAddr> {
        self.ip(IFA_LOCAL).or_else(|| self.ip(IFA_ADDRESS))
    }

    /// The address of the other end of a point-to-point link, where that differs.
    #[must_use]
    pub fn peer(&self) -> Option<IpAddr> {
        self.ip(IFA_ADDRESS).filter(|far| Some(*far) != self.local())
    }

    /// The address with its prefix length.
    #[must_use]
    pub fn prefix(&self) -> Option<Prefix> {
        Prefix::new(self.local()?, self.prefix_len).ok()
    }

    /// The broadcast address.
    #[must_use]
    pub fn broadcast(&self) -> Option<IpAddr> {
        self.ip(IFA_BROADCAST)
    }

    /// An IPv4 label: the link's name, or that with something behind it.
    #[must_use]
    pub fn label(&self) -> Option<&'a [u8]> {
        self.attribute(IFA_LABEL).map(|a| a.string())
    }

    /// The metric of the prefix's route, where one was given.
    #[must_use]
    pub fn metric(&self) -> Option<u32> {
        self.attribute(IFA_RT_PRIORITY)?.u32()
    }

    /// Who made it (`IFAPROT_…`).
    #[must_use]
    pub fn protocol(&self) -> Option<u8> {
        self.attribute(IFA_PROTO)?.u8()
    }

    /// Its preferred and valid lifetime in seconds; [`FOREVER`] for without end.
    #[must_use]
    pub fn lifetimes(&self) -> Option<(u32, u32)> {
        let info = self.attribute(IFA_CACHEINFO)?.payload;
        let number = |at: usize| Some(u32::from_ne_bytes(*info.get(at..)?.first_chunk()?));
        Some((number(0)?, number(4)?))
    }

    /// An attribute that holds an address of this family.
    #[must_use]
    pub fn ip(&self, kind: u16) -> Option<IpAddr> {
        let payload = self.attribute(kind)?.payload;
        match self.family {
            AF_INET => payload.first_chunk::<4>().map(|octets| IpAddr::from(*octets)),
            AF_INET6 => payload.first_chunk::<16>().map(|octets| IpAddr::from(*octets)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netlink::fake;
    use crate::wire::Messages;
    use crate::wire::consts::IFA_F_NOPREFIXROUTE;

    fn config() -> AddressConfig {
        AddressConfig {
            peer: "10.0.0.2".parse().ok(),
            broadcast: "10.0.0.255".parse().ok(),
            label: Some(b"v0:1".to_vec()),
            metric: Some(7),
            protocol: Some(3),
            lifetimes: Some((50, 100)),
            flags: IFA_F_NOPREFIXROUTE,
            ..AddressConfig::new(4, "10.0.0.1/24".parse().unwrap())
        }
    }

    #[test]
    fn what_is_asked_for_reads_back() {
        let bytes = config().replace().finish(1, 0);
        let message = Messages::new(&bytes).next().unwrap().unwrap();
        let address = Address::parse(&message).unwrap();
        assert_eq!((address.index(), address.family(), address.scope()), (4, AF_INET, 0));
        assert_eq!(address.prefix().unwrap().to_string(), "10.0.0.1/24");
        assert_eq!((address.peer(), address.broadcast()), ("10.0.0.2".parse().ok(), "10.0.0.255".parse().ok()));
        assert_eq!((address.label(), address.metric(), address.protocol()), (Some(&b"v0:1"[..]), Some(7), Some(3)));
        assert_eq!((address.lifetimes(), address.flags()), (Some((50, 100)), IFA_F_NOPREFIXROUTE));
    }

    #[test]
    fn without_a_peer_the_address_is_given_twice_unless_any_prefix_is_meant() {
        let mut config = AddressConfig::new(4, "127.0.0.5/8".parse().unwrap());
        assert_eq!(config.scope, 254);
        let bytes = config.add().finish(1, 0);
        let address = Address::parse(&Messages::new(&bytes).next().unwrap().unwrap()).unwrap();
        assert_eq!(address.ip(IFA_ADDRESS), address.ip(IFA_LOCAL));
        config.any_prefix = true;
        let bytes = config.delete().finish(1, 0);
        let address = Address::parse(&Messages::new(&bytes).next().unwrap().unwrap()).unwrap();
        assert_eq!(address.ip(IFA_ADDRESS), None);
    }

    #[test]
    fn every_truncation_of_the_body_is_an_error_or_less() {
        let bytes = config().add().finish(1, 0);
        for end in 16..bytes.len() {
            let cut = fake::message(RTM_NEWADDR, 0, 1, &bytes[16..end]);
            let message = Messages::new(&cut).next().unwrap().unwrap();
            if let Ok(address) = Address::parse(&message) {
                let _ = (address.prefix(), address.peer(), address.lifetimes(), address.flags());
            }
        }
    }
}
