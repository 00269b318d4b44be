//! The nexthops of a route. What routes name by id are objects of their own: [`nexthop`](crate::ops::nexthop).

use std::net::IpAddr;

use super::{address_in, address_via, put_gateway};
use crate::wire::consts::{NLMSG_ALIGN_LEN, RTA_FLOW, RTA_GATEWAY, RTA_NEWDST, RTA_SLOTS, RTA_VIA};
use crate::wire::{Attribute, Request, Table};

/// One of several nexthops of a new route.
#[derive(Debug, Clone, Default)]
pub struct NextHop {
    /// The router, of either family.
    pub gateway: Option<IpAddr>,
    /// The index of the link; 0 leaves it to the kernel.
    pub output: u32,
    /// Its share of the traffic, less one.
    pub weight_less_one: u8,
    /// Flags (`RTNH_F_…`).
    pub flags: u8,
    /// Realms, as in [`RouteConfig`](super::RouteConfig::realms).
    pub realms: Option<u32>,
    /// The destination that packets get (MPLS).
    pub new_destination: Option<IpAddr>,
}

impl NextHop {
    /// `struct rtnexthop` and its attributes, for a route of a family.
    pub(super) fn bytes(&self, family: u8) -> Vec<u8> {
        // A request serves as a buffer for attributes; its header is cut off.
        let mut attributes = Request::new(0, 0, &[]);
        if let Some(gateway) = self.gateway {
            put_gateway(&mut attributes, family, gateway);
        }
        if let Some(realms) = self.realms {
            attributes.u32(RTA_FLOW, realms);
        }
        if let Some(address) = self.new_destination {
            super::put_address(&mut attributes, RTA_NEWDST, address);
        }
        let attributes = attributes.finish(0, 0);
        let attributes = attributes.get(NLMSG_ALIGN_LEN..).unwrap_or_default();
        let len = u16::try_from(8 + attributes.len()).unwrap_or(0);
        let mut bytes = len.to_ne_bytes().to_vec();
        bytes.extend([self.flags, self.weight_less_one]);
        bytes.extend(self.output.to_ne_bytes());
        bytes.extend(attributes);
        bytes
    }
}

/// The nexthops of a route, one after the other. Ends before the first malformed one.
#[derive(Debug, Clone)]
pub struct NextHops<'a> {
    pub(super) family: u8,
    pub(super) rest: &'a [u8],
}

/// One of several nexthops as the kernel describes it.
#[derive(Debug, Clone)]
pub struct NextHopReply<'a> {
    family: u8,
    /// Flags (`RTNH_F_…`).
    pub flags: u8,
    /// Its share of the traffic.
    pub weight: u16,
    /// The index of the link.
    pub output: u32,
    table: Table<'a, RTA_SLOTS>,
}

impl<'a> Iterator for NextHops<'a> {
    type Item = NextHopReply<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let (header, _) = self.rest.split_first_chunk::<8>()?;
        let [l0, l1, flags, hops, o0, o1, o2, o3] = *header;
        let len = usize::from(u16::from_ne_bytes([l0, l1]));
        let attributes = self.rest.get(8..len)?;
        self.rest = self.rest.get(len.next_multiple_of(4)..).unwrap_or_default();
        Some(NextHopReply {
            family: self.family,
            flags,
            weight: u16::from(hops) + 1,
            output: u32::from_ne_bytes([o0, o1, o2, o3]),
            table: Table::parse(attributes).ok()?,
        })
    }
}

impl<'a> NextHopReply<'a> {
    /// Any attribute (`RTA_…`).
    #[must_use]
    pub fn attribute(&self, kind: u16) -> Option<Attribute<'a>> {
        self.table.get(kind)
    }

    /// The router, of the route's family.
    #[must_use]
    pub fn gateway(&self) -> Option<IpAddr> {
        address_in(self.family, self.attribute(RTA_GATEWAY)?)
    }

    /// The router, of another family.
    #[must_use]
    pub fn via(&self) -> Option<IpAddr> {
        address_via(self.attribute(RTA_VIA)?)
    }
}
