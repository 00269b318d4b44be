//! Nexthops that are objects of their own, which routes name by id, and groups of them
//! (`RTM_NEWNEXTHOP` and family; ip-nexthop(8), `linux/nexthop.h`).

use std::net::IpAddr;

use super::route::address_in;
use crate::error::Result;
use crate::netlink::{Connection, Dumped, Transport};
use crate::wire::consts::{
    NEXTHOP_GRP_TYPE_RES, NHA_BLACKHOLE, NHA_ENCAP, NHA_ENCAP_TYPE, NHA_FDB, NHA_GATEWAY, NHA_GROUP, NHA_GROUP_STATS,
    NHA_GROUP_STATS_ENTRY_ID, NHA_GROUP_STATS_ENTRY_PACKETS, NHA_GROUP_STATS_ENTRY_PACKETS_HW, NHA_GROUP_TYPE,
    NHA_GROUPS, NHA_HW_STATS_ENABLE, NHA_HW_STATS_USED, NHA_ID, NHA_MASTER, NHA_OIF, NHA_OP_FLAGS, NHA_RES_BUCKET,
    NHA_RES_BUCKET_IDLE_TIME, NHA_RES_BUCKET_INDEX, NHA_RES_BUCKET_NH_ID, NHA_RES_GROUP, NHA_RES_GROUP_BUCKETS,
    NHA_RES_GROUP_IDLE_TIMER, NHA_RES_GROUP_UNBALANCED_TIME, NHA_RES_GROUP_UNBALANCED_TIMER, NHA_SLOTS, NLA_F_NESTED,
    NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE, RTM_DELNEXTHOP, RTM_GETNEXTHOP, RTM_GETNEXTHOPBUCKET, RTM_NEWNEXTHOP,
};
use crate::wire::{Attribute, Attributes, Malformed, Message, Request, Table};

/// `struct nhmsg`.
const HEADER: usize = 8;

/// A member of a new group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// The id of the nexthop.
    pub id: u32,
    /// Its share of the traffic, less one. Kernels before 6.12 have 8 bits for it.
    pub weight_less_one: u16,
}

/// How a new group with buckets works. What is `None` is left to the kernel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Resilience {
    /// The number of buckets.
    pub buckets: Option<u16>,
    /// After how long without packets a bucket may be given to another nexthop; in hundredths of a second.
    pub idle_timer: Option<u32>,
    /// After how long out of balance buckets are given away although they are used; in hundredths of a
    /// second, 0 for never.
    pub unbalanced_timer: Option<u32>,
}

impl Resilience {
    /// Whether all is left to the kernel.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A nexthop to add or replace, or as much of one as tells which to delete: its id. What is `None` is left
/// out of the request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NexthopConfig {
    /// The address family: 2 for IPv4, 10 for IPv6, 0 for groups.
    pub family: u8,
    /// Who makes it (`RTPROT_…`).
    pub protocol: u8,
    /// Flags (`RTNH_F_…`).
    pub flags: u32,
    /// Its id; the kernel finds one where there is none or it is 0.
    pub id: Option<u32>,
    /// Drops all packets.
    pub blackhole: bool,
    /// The index of the link.
    pub output: Option<u32>,
    /// The router.
    pub gateway: Option<IpAddr>,
    /// For forwarding of a bridge or tunnel, not of routes.
    pub fdb: bool,
    /// Makes it a group of these.
    pub group: Option<Vec<Member>>,
    /// The type of the group (`NEXTHOP_GRP_TYPE_…`).
    pub group_type: Option<u16>,
    /// Of a group with buckets: how it works.
    pub resilience: Option<Resilience>,
    /// Of a group: whether the hardware counts packets.
    pub hardware_statistics: Option<bool>,
}

impl NexthopConfig {
    /// The request that adds it; an error if its id is taken.
    #[must_use]
    pub fn add(&self) -> Request {
        self.request(RTM_NEWNEXTHOP, NLM_F_CREATE | NLM_F_EXCL)
    }

    /// The request that puts it in the place of that with its id, or adds it.
    #[must_use]
    pub fn replace(&self) -> Request {
        self.request(RTM_NEWNEXTHOP, NLM_F_CREATE | NLM_F_REPLACE)
    }

    /// The request that deletes it. The kernel refuses anything beside an id.
    #[must_use]
    pub fn delete(&self) -> Request {
        self.request(RTM_DELNEXTHOP, 0)
    }

    fn request(&self, kind: u16, flags: u16) -> Request {
        let [f0, f1, f2, f3] = self.flags.to_ne_bytes();
        let header = [self.family, 0, self.protocol, 0, f0, f1, f2, f3];
        let mut request = Request::new(kind, flags, &header);
        if let Some(id) = self.id {
            request.u32(NHA_ID, id);
        }
        if let Some(members) = &self.group {
            let bytes: Vec<u8> = members.iter().flat_map(|member| member.bytes()).collect();
            request.attribute(NHA_GROUP, &bytes);
        }
        if let Some(resilience) = self.resilience {
            request.nest(NHA_RES_GROUP | NLA_F_NESTED, |nest| {
                if let Some(buckets) = resilience.buckets {
                    nest.u16(NHA_RES_GROUP_BUCKETS, buckets);
                }
                let timers = [
                    (NHA_RES_GROUP_IDLE_TIMER, resilience.idle_timer),
                    (NHA_RES_GROUP_UNBALANCED_TIMER, resilience.unbalanced_timer),
                ];
                for (kind, timer) in timers {
                    if let Some(timer) = timer {
                        nest.u32(kind, timer);
                    }
                }
            });
        }
        if let Some(kind) = self.group_type {
            request.u16(NHA_GROUP_TYPE, kind);
        }
        for (kind, flag) in [(NHA_BLACKHOLE, self.blackhole), (NHA_FDB, self.fdb)] {
            if flag {
                request.attribute(kind, &[]);
            }
        }
        match self.gateway {
            Some(IpAddr::V4(address)) => request.attribute(NHA_GATEWAY, &address.octets()),
            Some(IpAddr::V6(address)) => request.attribute(NHA_GATEWAY, &address.octets()),
            None => &mut request,
        };
        let numbers = [(NHA_OIF, self.output), (NHA_HW_STATS_ENABLE, self.hardware_statistics.map(u32::from))];
        for (kind, number) in numbers {
            if let Some(number) = number {
                request.u32(kind, number);
            }
        }
        request
    }
}

impl Member {
    /// `struct nexthop_grp`.
    fn bytes(self) -> [u8; 8] {
        let [i0, i1, i2, i3] = self.id.to_ne_bytes();
        let [low, high] = self.weight_less_one.to_le_bytes();
        [i0, i1, i2, i3, low, high, 0, 0]
    }
}

/// Which nexthops a dump asks the kernel for.
#[derive(Debug, Clone, Copy, Default)]
pub struct DumpFilter {
    /// 2 for IPv4, 10 for IPv6, 0 for all, and for groups.
    pub family: u8,
    /// Only those that leave by the link with this index.
    pub output: Option<u32>,
    /// Only those that leave by a link with this master.
    pub master: Option<u32>,
    /// Only groups.
    pub groups: bool,
    /// Those for bridges and tunnels. The kernel (6.18) takes it, and gives the others too.
    pub fdb: bool,
    /// What is wanted besides (`NHA_OP_FLAG_…`): 1 for statistics, 2 for those of the hardware.
    pub op_flags: u32,
}

/// Hands every nexthop to `take`, in the order of their ids.
///
/// # Errors
/// What the kernel answers, or what `take` returns.
pub fn dump<T: Transport>(
    connection: &mut Connection<T>,
    filter: DumpFilter,
    mut take: impl FnMut(&Nexthop<'_>) -> Result<()>,
) -> Result<Dumped> {
    let mut request = Request::new(RTM_GETNEXTHOP, 0, &header(filter.family));
    put_links(&mut request, filter.output, filter.master);
    for (kind, flag) in [(NHA_GROUPS, filter.groups), (NHA_FDB, filter.fdb)] {
        if flag {
            request.attribute(kind, &[]);
        }
    }
    if filter.op_flags != 0 {
        request.u32(NHA_OP_FLAGS, filter.op_flags);
    }
    connection.dump_each(request, || "listing nexthops".into(), |message| take(&Nexthop::parse(message)?))
}

/// Asks for a nexthop, and hands it to `take`. `op_flags` is what is wanted besides, as in a
/// [`DumpFilter`].
///
/// # Errors
/// What the kernel answers, or what `take` returns.
pub fn get<T: Transport, R>(
    connection: &mut Connection<T>,
    id: u32,
    op_flags: u32,
    mut take: impl FnMut(&Nexthop<'_>) -> Result<R>,
) -> Result<R> {
    let mut request = Request::new(RTM_GETNEXTHOP, 0, &header(0));
    request.u32(NHA_ID, id).u32(NHA_OP_FLAGS, op_flags);
    connection.get(request, || format!("looking for nexthop {id}"), |message| take(&Nexthop::parse(message)?))
}

/// The request that deletes a nexthop.
#[must_use]
pub fn delete(id: u32) -> Request {
    NexthopConfig { id: Some(id), ..NexthopConfig::default() }.delete()
}

/// Which buckets a dump asks the kernel for.
#[derive(Debug, Clone, Copy, Default)]
pub struct BucketFilter {
    /// The family, as in [`DumpFilter::family`].
    pub family: u8,
    /// Only those of the group with this id.
    pub group: Option<u32>,
    /// Only those that the nexthop with this id has.
    pub nexthop: Option<u32>,
    /// Only those whose nexthop leaves by the link with this index.
    pub output: Option<u32>,
    /// Only those whose nexthop leaves by a link with this master.
    pub master: Option<u32>,
}

/// Hands every bucket of the groups that have them to `take`.
///
/// # Errors
/// What the kernel answers, or what `take` returns.
pub fn dump_buckets<T: Transport>(
    connection: &mut Connection<T>,
    filter: BucketFilter,
    mut take: impl FnMut(&Bucket<'_>) -> Result<()>,
) -> Result<Dumped> {
    let mut request = Request::new(RTM_GETNEXTHOPBUCKET, 0, &header(filter.family));
    put_links(&mut request, filter.output, filter.master);
    if let Some(id) = filter.group {
        request.u32(NHA_ID, id);
    }
    if let Some(id) = filter.nexthop {
        request.nest(NHA_RES_BUCKET | NLA_F_NESTED, |nest| {
            nest.u32(NHA_RES_BUCKET_NH_ID, id);
        });
    }
    connection.dump_each(request, || "listing nexthop buckets".into(), |message| take(&Bucket::parse(message)?))
}

/// Asks for a bucket of a group, and hands it to `take`.
///
/// # Errors
/// What the kernel answers, or what `take` returns.
pub fn get_bucket<T: Transport, R>(
    connection: &mut Connection<T>,
    group: u32,
    index: u16,
    mut take: impl FnMut(&Bucket<'_>) -> Result<R>,
) -> Result<R> {
    let mut request = Request::new(RTM_GETNEXTHOPBUCKET, 0, &header(0));
    request.u32(NHA_ID, group).nest(NHA_RES_BUCKET | NLA_F_NESTED, |nest| {
        nest.u16(NHA_RES_BUCKET_INDEX, index);
    });
    let operation = || format!("looking for bucket {index} of nexthop {group}");
    connection.get(request, operation, |message| take(&Bucket::parse(message)?))
}

fn header(family: u8) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    header[0] = family;
    header
}

fn put_links(request: &mut Request, output: Option<u32>, master: Option<u32>) {
    for (kind, index) in [(NHA_OIF, output), (NHA_MASTER, master)] {
        if let Some(index) = index {
            request.u32(kind, index);
        }
    }
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

/// How a group with buckets works, as the kernel describes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResilienceReply {
    /// The number of buckets.
    pub buckets: u16,
    /// As in [`Resilience::idle_timer`].
    pub idle_timer: u32,
    /// As in [`Resilience::unbalanced_timer`].
    pub unbalanced_timer: u32,
    /// How long it has been out of balance, in hundredths of a second.
    pub unbalanced_time: u64,
}

/// A number of four or eight bytes, as the kernel likes.
fn number(attribute: Attribute<'_>) -> Option<u64> {
    attribute.u64().or_else(|| attribute.u32().map(u64::from))
}

/// The header and the attributes of a nexthop or a bucket.
#[derive(Debug, Clone)]
struct Body<'a> {
    header: [u8; HEADER],
    table: Table<'a, NHA_SLOTS>,
}

impl<'a> Body<'a> {
    fn read(message: &Message<'a>) -> Result<Self, Malformed> {
        let (header, attributes) = message.body.split_first_chunk::<HEADER>().ok_or(Malformed)?;
        Ok(Self { header: *header, table: Table::parse(attributes)? })
    }

    fn flags(&self) -> u32 {
        let [.., f0, f1, f2, f3] = self.header;
        u32::from_ne_bytes([f0, f1, f2, f3])
    }
}

/// A nexthop as the kernel describes it. Borrows from the message.
#[derive(Debug, Clone)]
pub struct Nexthop<'a> {
    message: Message<'a>,
    body: Body<'a>,
}

impl<'a> Nexthop<'a> {
    /// Reads an `RTM_NEWNEXTHOP` or `RTM_DELNEXTHOP` message.
    ///
    /// # Errors
    /// [`ErrorKind::Reply`](crate::ErrorKind::Reply) where it is malformed.
    pub fn parse(message: &Message<'a>) -> Result<Self> {
        let body = Body::read(message).map_err(|error| crate::ops::malformed("a nexthop", error))?;
        Ok(Self { message: *message, body })
    }

    /// The message that it was read from.
    #[must_use]
    pub fn message(&self) -> &Message<'a> {
        &self.message
    }

    /// Whether the message says that it was deleted.
    #[must_use]
    pub fn is_deleted(&self) -> bool {
        self.message.header.kind == RTM_DELNEXTHOP
    }

    /// The address family: 2 for IPv4, 10 for IPv6, 0 for groups.
    #[must_use]
    pub fn family(&self) -> u8 {
        self.body.header[0]
    }

    /// The scope (`RT_SCOPE_…`).
    #[must_use]
    pub fn scope(&self) -> u8 {
        self.body.header[1]
    }

    /// Who made it (`RTPROT_…`).
    #[must_use]
    pub fn protocol(&self) -> u8 {
        self.body.header[2]
    }

    /// Flags (`RTNH_F_…`).
    #[must_use]
    pub fn flags(&self) -> u32 {
        self.body.flags()
    }

    /// Any attribute of the message (`NHA_…`).
    #[must_use]
    pub fn attribute(&self, kind: u16) -> Option<Attribute<'a>> {
        self.body.table.get(kind)
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.attribute(NHA_ID)?.u32()
    }

    /// The index of the link.
    #[must_use]
    pub fn output(&self) -> Option<u32> {
        self.attribute(NHA_OIF)?.u32()
    }

    /// The router.
    #[must_use]
    pub fn gateway(&self) -> Option<IpAddr> {
        address_in(self.family(), self.attribute(NHA_GATEWAY)?)
    }

    /// The tunnel that packets are put into: its kind (`LWTUNNEL_ENCAP_…`), and what there is to say of it.
    #[must_use]
    pub fn encapsulation(&self) -> Option<(u16, Attribute<'a>)> {
        Some((self.attribute(NHA_ENCAP_TYPE)?.u16()?, self.attribute(NHA_ENCAP)?))
    }

    /// Whether it drops all packets.
    #[must_use]
    pub fn is_blackhole(&self) -> bool {
        self.attribute(NHA_BLACKHOLE).is_some()
    }

    /// Whether it is for forwarding of a bridge or tunnel.
    #[must_use]
    pub fn is_fdb(&self) -> bool {
        self.attribute(NHA_FDB).is_some()
    }

    /// Whether it is a group with buckets.
    #[must_use]
    pub fn is_resilient(&self) -> bool {
        self.attribute(NHA_GROUP_TYPE).and_then(|kind| kind.u16()) == Some(NEXTHOP_GRP_TYPE_RES)
    }

    /// Of a group with buckets: how it works.
    #[must_use]
    pub fn resilience(&self) -> Option<ResilienceReply> {
        let table = Table::<5>::parse(self.attribute(NHA_RES_GROUP)?.payload).ok()?;
        Some(ResilienceReply {
            buckets: table.get(NHA_RES_GROUP_BUCKETS)?.u16()?,
            idle_timer: table.get(NHA_RES_GROUP_IDLE_TIMER)?.u32()?,
            unbalanced_timer: table.get(NHA_RES_GROUP_UNBALANCED_TIMER)?.u32()?,
            unbalanced_time: number(table.get(NHA_RES_GROUP_UNBALANCED_TIME)?)?,
        })
    }

    /// Of a group that was asked for with statistics: whether those of the hardware are enabled, and used.
    #[must_use]
    pub fn hardware_statistics(&self) -> Option<(bool, bool)> {
        let flag = |kind| self.attribute(kind)?.u32().map(|value| value != 0);
        Some((flag(NHA_HW_STATS_ENABLE)?, flag(NHA_HW_STATS_USED).unwrap_or(false)))
    }

    /// Of a group that was asked for with statistics: those of its members.
    pub fn statistics(&self) -> impl Iterator<Item = MemberStatistics> + use<'a> {
        let entries = self.attribute(NHA_GROUP_STATS).map(|stats| stats.payload).unwrap_or_default();
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
        let members = self.attribute(NHA_GROUP).map(|group| group.payload).unwrap_or_default();
        members.chunks_exact(8).filter_map(|member| {
            let [i0, i1, i2, i3, less_one, high, ..] = *member.first_chunk::<8>()?;
            // The second byte of the weight is zero in kernels before 6.12.
            let weight = u16::from_le_bytes([less_one, high]).saturating_add(1);
            Some((u32::from_ne_bytes([i0, i1, i2, i3]), weight))
        })
    }
}

/// A bucket of a group as the kernel describes it. Borrows from the message.
#[derive(Debug, Clone)]
pub struct Bucket<'a> {
    message: Message<'a>,
    body: Body<'a>,
    table: Table<'a, 4>,
}

impl<'a> Bucket<'a> {
    /// Reads an `RTM_NEWNEXTHOPBUCKET` message.
    ///
    /// # Errors
    /// [`ErrorKind::Reply`](crate::ErrorKind::Reply) where it is malformed.
    pub fn parse(message: &Message<'a>) -> Result<Self> {
        Self::read(message).map_err(|error| crate::ops::malformed("a nexthop bucket", error))
    }

    fn read(message: &Message<'a>) -> Result<Self, Malformed> {
        let body = Body::read(message)?;
        let table = Table::parse(body.table.get(NHA_RES_BUCKET).ok_or(Malformed)?.payload)?;
        Ok(Self { message: *message, body, table })
    }

    /// The message that it was read from.
    #[must_use]
    pub fn message(&self) -> &Message<'a> {
        &self.message
    }

    /// Flags of its nexthop (`RTNH_F_…`).
    #[must_use]
    pub fn flags(&self) -> u32 {
        self.body.flags()
    }

    /// The id of the group.
    #[must_use]
    pub fn group(&self) -> Option<u32> {
        self.body.table.get(NHA_ID)?.u32()
    }

    /// Its place in the group.
    #[must_use]
    pub fn index(&self) -> Option<u16> {
        self.table.get(NHA_RES_BUCKET_INDEX)?.u16()
    }

    /// For how long it has had no packets, in hundredths of a second.
    #[must_use]
    pub fn idle_time(&self) -> Option<u64> {
        self.table.get(NHA_RES_BUCKET_IDLE_TIME).and_then(number)
    }

    /// The id of the nexthop that has it.
    #[must_use]
    pub fn nexthop(&self) -> Option<u32> {
        self.table.get(NHA_RES_BUCKET_NH_ID)?.u32()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Messages;
    use crate::wire::consts::{AF_INET, RTNH_F_ONLINK};

    fn read(request: Request, check: impl Fn(&Nexthop<'_>)) {
        let bytes = request.finish(1, 0);
        let message = Messages::new(&bytes).next().unwrap().unwrap();
        check(&Nexthop::parse(&message).unwrap());
        for end in 0..message.body.len() {
            let cut = Message { header: message.header, body: &message.body[..end] };
            let _ = Nexthop::parse(&cut).map(|hop| (hop.gateway(), hop.resilience(), hop.group().count()));
            let _ = Bucket::parse(&cut).map(|bucket| (bucket.index(), bucket.idle_time(), bucket.nexthop()));
        }
    }

    #[test]
    fn what_is_asked_for_reads_back() {
        let config = NexthopConfig {
            family: AF_INET,
            protocol: 4,
            flags: RTNH_F_ONLINK,
            id: Some(7),
            output: Some(3),
            gateway: Some([10, 0, 0, 2].into()),
            ..NexthopConfig::default()
        };
        read(config.add(), |hop| {
            assert_eq!((hop.family(), hop.protocol(), hop.flags()), (AF_INET, 4, RTNH_F_ONLINK));
            assert_eq!((hop.id(), hop.output(), hop.gateway()), (config.id, config.output, config.gateway));
            assert!(!hop.is_blackhole() && !hop.is_fdb() && !hop.is_deleted() && hop.resilience().is_none());
        });
        read(delete(7), |hop| assert!(hop.is_deleted() && hop.id() == Some(7)));
    }

    #[test]
    fn a_group_reads_back() {
        let resilience = Resilience { buckets: Some(4), idle_timer: Some(6000), unbalanced_timer: None };
        let config = NexthopConfig {
            group: Some(vec![Member { id: 1, weight_less_one: 299 }, Member { id: 2, weight_less_one: 0 }]),
            group_type: Some(NEXTHOP_GRP_TYPE_RES),
            resilience: Some(resilience),
            fdb: true,
            hardware_statistics: Some(true),
            ..NexthopConfig::default()
        };
        read(config.replace(), |hop| {
            assert_eq!(hop.group().collect::<Vec<_>>(), [(1, 300), (2, 1)]);
            assert!(hop.is_resilient() && hop.is_fdb());
            assert_eq!(hop.hardware_statistics(), Some((true, false)));
            // The kernel tells all four numbers.
            assert_eq!(hop.resilience(), None);
        });
    }
}
