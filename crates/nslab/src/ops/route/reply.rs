//! A route as the kernel describes it.

use std::net::IpAddr;

use super::{MetricsReply, NextHops, address_in, address_via};
use crate::error::Result;
use crate::wire::consts::{
    RTA_CACHEINFO, RTA_DST, RTA_GATEWAY, RTA_METRICS, RTA_MULTIPATH, RTA_NEWDST, RTA_OIF, RTA_PREFSRC, RTA_SLOTS,
    RTA_SRC, RTA_TABLE, RTA_VIA, RTM_DELROUTE,
};
use crate::wire::{Attribute, Malformed, Message, Request, Table};

/// A route. Borrows from the message.
#[derive(Debug, Clone)]
pub struct Route<'a> {
    message: Message<'a>,
    header: super::Header,
    table: Table<'a, RTA_SLOTS>,
}

/// What the kernel remembers of a route that is in use (`struct rta_cacheinfo`). Times are in ticks of
/// `sysconf(_SC_CLK_TCK)` a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheInfo {
    /// How many refer to it.
    pub users: u32,
    /// Ticks since it was last used.
    pub last_use: u32,
    /// Ticks until it ends; 0 for never.
    pub expires: i32,
    /// The error that a sender gets, or 0.
    pub error: u32,
    /// How often it was used.
    pub used: u32,
}

impl<'a> Route<'a> {
    /// Reads an `RTM_NEWROUTE` or `RTM_DELROUTE` message.
    ///
    /// # Errors
    /// [`ErrorKind::Reply`](crate::ErrorKind::Reply) where it is malformed.
    pub fn parse(message: &Message<'a>) -> Result<Self> {
        Self::read(message).map_err(|error| crate::ops::malformed("a route", error))
    }

    fn read(message: &Message<'a>) -> Result<Self, Malformed> {
        let (header, attributes) = message.body.split_first_chunk::<12>().ok_or(Malformed)?;
        let [family, destination_len, source_len, tos, table, protocol, scope, kind, f0, f1, f2, f3] = *header;
        let flags = u32::from_ne_bytes([f0, f1, f2, f3]);
        let header = super::Header { family, destination_len, source_len, tos, table, protocol, scope, kind, flags };
        Ok(Self { message: *message, header, table: Table::parse(attributes)? })
    }

    /// The message that it was read from.
    #[must_use]
    pub fn message(&self) -> &Message<'a> {
        &self.message
    }

    /// Whether the message says that it is gone.
    #[must_use]
    pub fn is_deleted(&self) -> bool {
        self.message.header.kind == RTM_DELROUTE
    }

    /// The request that deletes it.
    #[must_use]
    pub fn delete(&self) -> Request {
        Request::new(RTM_DELROUTE, 0, self.message.body)
    }

    /// The address family: 2 for IPv4, 10 for IPv6, or another.
    #[must_use]
    pub fn family(&self) -> u8 {
        self.header.family
    }

    /// The length of an address of its family in bits.
    #[must_use]
    pub fn max_len(&self) -> u8 {
        match self.header.family {
            crate::wire::consts::AF_INET => 32,
            crate::wire::consts::AF_INET6 => 128,
            _ => 0,
        }
    }

    /// Where it leads; `None` for everywhere, or for an address that the message leaves out.
    #[must_use]
    pub fn destination(&self) -> Option<IpAddr> {
        self.ip(RTA_DST)
    }

    /// The length of the destination's prefix in bits.
    #[must_use]
    pub fn destination_len(&self) -> u8 {
        self.header.destination_len
    }

    /// Whose packets it is for.
    #[must_use]
    pub fn source(&self) -> Option<IpAddr> {
        self.ip(RTA_SRC)
    }

    /// The length of the source's prefix in bits.
    #[must_use]
    pub fn source_len(&self) -> u8 {
        self.header.source_len
    }

    /// The type of service that it is for.
    #[must_use]
    pub fn tos(&self) -> u8 {
        self.header.tos
    }

    /// Its table.
    #[must_use]
    pub fn table(&self) -> u32 {
        self.number(RTA_TABLE).unwrap_or_else(|| self.header.table.into())
    }

    /// Who made it (`RTPROT_…`).
    #[must_use]
    pub fn protocol(&self) -> u8 {
        self.header.protocol
    }

    /// How far away the destination is (`RT_SCOPE_…`).
    #[must_use]
    pub fn scope(&self) -> u8 {
        self.header.scope
    }

    /// Its type (`RTN_…`).
    #[must_use]
    pub fn kind(&self) -> u8 {
        self.header.kind
    }

    /// Flags (`RTM_F_…`, `RTNH_F_…`, and `RTCF_…` of one that was asked for).
    #[must_use]
    pub fn flags(&self) -> u32 {
        self.header.flags
    }

    /// Any attribute of the message (`RTA_…`).
    #[must_use]
    pub fn attribute(&self, kind: u16) -> Option<Attribute<'a>> {
        self.table.get(kind)
    }

    /// An attribute that holds a number of 32 bits.
    #[must_use]
    pub fn number(&self, kind: u16) -> Option<u32> {
        self.attribute(kind)?.u32()
    }

    /// An attribute that holds an address of its family.
    #[must_use]
    pub fn ip(&self, kind: u16) -> Option<IpAddr> {
        address_in(self.header.family, self.attribute(kind)?)
    }

    /// The router that it leads to, of its family.
    #[must_use]
    pub fn gateway(&self) -> Option<IpAddr> {
        self.ip(RTA_GATEWAY)
    }

    /// The router that it leads to, of another family.
    #[must_use]
    pub fn via(&self) -> Option<IpAddr> {
        address_via(self.attribute(RTA_VIA)?)
    }

    /// The destination that packets get (MPLS).
    #[must_use]
    pub fn new_destination(&self) -> Option<IpAddr> {
        self.ip(RTA_NEWDST)
    }

    /// The address that own packets get.
    #[must_use]
    pub fn preferred_source(&self) -> Option<IpAddr> {
        self.ip(RTA_PREFSRC)
    }

    /// The index of the link that it leaves by.
    #[must_use]
    pub fn output(&self) -> Option<u32> {
        self.number(RTA_OIF)
    }

    /// What it says about the path.
    #[must_use]
    pub fn metrics(&self) -> Option<MetricsReply<'a>> {
        MetricsReply::parse(self.attribute(RTA_METRICS)?).ok()
    }

    /// Its nexthops, where it has several.
    #[must_use]
    pub fn nexthops(&self) -> Option<NextHops<'a>> {
        let rest = self.attribute(RTA_MULTIPATH)?.payload;
        Some(NextHops { family: self.header.family, rest })
    }

    /// What the kernel remembers of its use.
    #[must_use]
    pub fn cache_info(&self) -> Option<CacheInfo> {
        let info = self.attribute(RTA_CACHEINFO)?.payload;
        let number = |at: usize| Some(u32::from_ne_bytes(*info.get(at..)?.first_chunk()?));
        Some(CacheInfo {
            users: number(0)?,
            last_use: number(4)?,
            expires: number(8)?.cast_signed(),
            error: number(12)?,
            used: number(16)?,
        })
    }
}
