//! The nexthops of a route: those in it, and objects of their own that it names by id (ip-nexthop(8)).

use std::net::IpAddr;

use super::{address_in, address_via, put_gateway};
use crate::error::Result;
use crate::netlink::{Connection, Transport};
use crate::wire::consts::{
    NHA_BLACKHOLE, NHA_FDB, NHA_GATEWAY, NHA_GROUP, NHA_GROUP_STATS, NHA_GROUP_STATS_ENTRY_ID,
    NHA_GROUP_STATS_ENTRY_PACKETS, NHA_GROUP_STATS_ENTRY_PACKETS_HW, NHA_GROUP_TYPE, NHA_HW_STATS_ENABLE,
    NHA_HW_STATS_USED, NHA_ID, NHA_OIF, NHA_OP_FLAGS, NHA_SLOTS, NLMSG_ALIGN_LEN, RTA_FLOW, RTA_GATEWAY, RTA_NEWDST,
    RTA_SLOTS, RTA_VIA, RTM_GETNEXTHOP,
};
use crate::wire::{Attribute, Attributes, Malformed, Message, Request, Table};

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

/// Asks for a nexthop object, and hands it to `take`. `op_flags` is what is wanted besides (`NHA_OP_FLAG_…`):
/// 1 for statistics.
///
/// # Errors
/// What the kernel answers, or what `take` returns.
pub fn get_object<T: Transport, R>(
    connection: &mut Connection<T>,
    id: u32,
    op_flags: u32,
    mut take: impl FnMut(&NextHopObject<'_>) -> Result<R>,
) -> Result<R> {
    let mut request = Request::new(RTM_GETNEXTHOP, 0, &[0; 8]);
    request.u32(NHA_ID, id).u32(NHA_OP_FLAGS, op_flags);
    connection.get(request, || format!("looking for nexthop {id}"), |message| take(&NextHopObject::parse(message)?))
}

/// What went by way of a member of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberStatistics {
    /// The id of the member.
    pub id: u32,
    /// How many packets.
    pub packets: u64,
    /// How many of them the hardware forwarded.
    pub hardware_packets: Option<u64>,
}

/// A number of four or eight bytes, as the kernel likes.
fn number(attribute: Attribute<'_>) -> Option<u64> {
    attribute.u64().or_else(|| attribute.u32().map(u64::from))
}

/// A nexthop object as the kernel describes it. Borrows from the message.
#[derive(Debug, Clone)]
pub struct NextHopObject<'a> {
    message: Message<'a>,
    family: u8,
    scope: u8,
    protocol: u8,
    flags: u32,
    table: Table<'a, NHA_SLOTS>,
}

impl<'a> NextHopObject<'a> {
    /// Reads an `RTM_NEWNEXTHOP` message.
    ///
    /// # Errors
    /// [`ErrorKind::Reply`](crate::ErrorKind::Reply) where it is malformed.
    pub fn parse(message: &Message<'a>) -> Result<Self> {
        Self::read(message).map_err(|error| crate::ops::malformed("a nexthop", error))
    }

    fn read(message: &Message<'a>) -> Result<Self, Malformed> {
        let (header, attributes) = message.body.split_first_chunk::<8>().ok_or(Malformed)?;
        let [family, scope, protocol, _, f0, f1, f2, f3] = *header;
        let flags = u32::from_ne_bytes([f0, f1, f2, f3]);
        Ok(Self { message: *message, family, scope, protocol, flags, table: Table::parse(attributes)? })
    }

    /// The message that it was read from.
    #[must_use]
    pub fn message(&self) -> &Message<'a> {
        &self.message
    }

    /// The scope (`RT_SCOPE_…`).
    #[must_use]
    pub fn scope(&self) -> u8 {
        self.scope
    }

    /// Who made it (`RTPROT_…`).
    #[must_use]
    pub fn protocol(&self) -> u8 {
        self.protocol
    }

    /// Flags (`RTNH_F_…`).
    #[must_use]
    pub fn flags(&self) -> u32 {
        self.flags
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.table.get(NHA_ID)?.u32()
    }

    /// The index of the link.
    #[must_use]
    pub fn output(&self) -> Option<u32> {
        self.table.get(NHA_OIF)?.u32()
    }

    /// The router.
    #[must_use]
    pub fn gateway(&self) -> Option<IpAddr> {
        address_in(self.family, self.table.get(NHA_GATEWAY)?)
    }

    /// Whether it drops all packets.
    #[must_use]
    pub fn is_blackhole(&self) -> bool {
        self.table.get(NHA_BLACKHOLE).is_some()
    }

    /// Whether it is for forwarding of a bridge or tunnel.
    #[must_use]
    pub fn is_fdb(&self) -> bool {
        self.table.get(NHA_FDB).is_some()
    }

    /// Whether it is a group with buckets.
    #[must_use]
    pub fn is_resilient(&self) -> bool {
        self.table.get(NHA_GROUP_TYPE).and_then(|kind| kind.u16()) == Some(1)
    }

    /// Of a group that was asked for with statistics: whether those of the hardware are enabled, and used.
    #[must_use]
    pub fn hardware_statistics(&self) -> Option<(bool, bool)> {
        let flag = |kind| self.table.get(kind)?.u32().map(|value| value != 0);
        Some((flag(NHA_HW_STATS_ENABLE)?, flag(NHA_HW_STATS_USED).unwrap_or(false)))
    }

    /// Of a group that was asked for with statistics: those of its members.
    pub fn statistics(&self) -> impl Iterator<Item = MemberStatistics> + use<'a> {
        let entries = self.table.get(NHA_GROUP_STATS).map(|stats| stats.payload).unwrap_or_default();
        Attributes::new(entries).map_while(std::result::Result::ok).filter_map(|entry| {
            let table = Table::<4>::parse(entry.payload).ok()?;
            Some(MemberStatistics {
                id: table.get(NHA_GROUP_STATS_ENTRY_ID)?.u32()?,
                packets: number(table.get(NHA_GROUP_STATS_ENTRY_PACKETS)?)?,
                hardware_packets: table.get(NHA_GROUP_STATS_ENTRY_PACKETS_HW).and_then(number),
            })
        })
    }

    /// Of a group: the ids of its members and their weights (`struct nexthop_grp`).
    pub fn group(&self) -> impl Iterator<Item = (u32, u16)> + use<'a> {
        let members = self.table.get(NHA_GROUP).map(|group| group.payload).unwrap_or_default();
        members.chunks_exact(8).filter_map(|member| {
            let [i0, i1, i2, i3, less_one, high, ..] = *member.first_chunk::<8>()?;
            // The second byte of the weight is zero in kernels before 6.12.
            let weight = u16::from_le_bytes([less_one, high]).saturating_add(1);
            Some((u32::from_ne_bytes([i0, i1, i2, i3]), weight))
        })
    }
}
